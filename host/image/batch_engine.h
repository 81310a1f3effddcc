/* SPDX-License-Identifier: MIT
 *
 * The inside of a batch run, shared by batch.c (set-up, worker loop), batch_summary.c (the end),
 * batch_search.c and batch_devices.c (which devices are used), batch_files.c, batch_decode.c and
 * batch_encode.c (the stages of a file), batch_bands.c (rows on devices), batch_driver.c (one thread per
 * OpenCL device) and batch_faults.c (devices that fail).
 *
 * Threads: the pool's workers (the caller is one), the I/O thread (its callbacks), the drivers. One lock
 * guards the whole engine; it is released while anything is read, decoded, computed, encoded or reported.
 * Lock order: the engine's lock, then the I/O queue's own.
 */
#ifndef YOKE_IMAGE_BATCH_ENGINE_H
#define YOKE_IMAGE_BATCH_ENGINE_H

#include <pthread.h>

#include <yoke/batch.h>
#include <yoke/codec.h>

#include "batch_rates.h"
#include "batch_usage.h"
#include "decorate.h"
#include "job.h"
#include "shelf.h"
#include "splitter.h"
#include "trace.h"

enum work_stage {
    WORK_READING,   /* with the I/O thread */
    WORK_READ,      /* waits for a worker to decode it, and for memory */
    WORK_BUSY,      /* one worker has it: decoding, planning the next phase, encoding */
    WORK_COMPUTING, /* its rows are being handed out */
    WORK_COMPUTED,  /* waits for a worker to begin encoding */
    WORK_ENCODING,  /* its parts are being handed out */
    WORK_WRITING,   /* with the I/O thread */
    WORK_ENDED      /* its outcome is to be reported */
};

struct engine;

/* One file in flight. */
struct work {
    struct engine *engine;
    struct yk_batch_item *item;
    struct work *next; /* in the order of admission */
    enum work_stage stage;
    uint8_t *data; /* the encoded input, until it is decoded */
    size_t size;
    const struct yk_codec *codec;
    bool animated, parallel;        /* what the file has and its result will not: yoke/codec.h */
    uint64_t charge, decode_charge; /* of the memory budget: now; more once it is decoded */
    bool has_job;
    struct yk_job job;
    struct yk_splitter splitter;
    struct yk_rate_kind *kind; /* of the present phase's work; NULL: nothing is known or learnt of it */
    uint64_t most[YK_POLICY_DEVICES]; /* rows of the present phase that fit each device's memory; 0: not asked
                                         yet */
    unsigned bands;                   /* in flight */
    bool cancelled;
    bool abandoned; /* a device hangs with a band of it and may still write: its images are given up, not
                       freed */
    bool again;     /* it was begun anew after that, or after wrong results */
    bool redo;      /* it is to be begun anew: a device computed wrong rows of it */
    bool planning;  /* while WORK_BUSY: the next phase is being planned */
    struct yk_error error;      /* status is YK_OK while all is well */
    struct yk_image *result;    /* owned; while it is encoded */
    struct yk_encoder *encoder; /* owned; NULL before and after */
    size_t parts, next_part, parts_done;
    struct yk_bytes encoded;
};

/* How a device has failed so far without being retired. */
struct device_faults {
    bool wrong;       /* it computed wrong rows: what it still had is computed again (its driver's alone) */
    int row_limit;    /* bands of more rows did not fit its memory; 0: none was too large */
    unsigned strikes; /* bands that did not fit in pieces either: in this run, ... */
    unsigned file_strikes;              /* ... and of one file, ... */
    const struct yk_batch_item *struck; /* ... which is this */
};

/* What became of a band of a device besides its status. */
struct band_result {
    unsigned by;    /* the device whose rows they are now: the one that had it, or the CPU instead */
    bool checked;   /* they were computed twice, ... */
    bool wrong;     /* ... with different results: they are the CPU's */
    bool too_large; /* they did not fit the device's memory: they are the CPU's, and `shortage` says why */
    struct yk_error shortage;
};

struct engine_device {
    struct yk_device *device; /* NULL until its driver has opened it */
    struct yk_device_info info;
    struct yk_batch_device statistics;
    pthread_t driver;
    bool has_driver;
    struct engine *engine;
    unsigned number;
    uint64_t last_end; /* when its driver's last band ended */
    uint16_t track;    /* of the trace */
    bool hung;         /* it must not be called again (its driver's alone) */
    struct device_faults faults;
    struct yk_decoration decoration;
    bool decorated;
    struct yk_decorated_counts *counts; /* borrowed, the test's; may be NULL */
};

struct engine {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* something changed: work became ready, a file ended, the run is stopping */
    struct yk_batch_plan *plan;
    const struct yk_pipeline *pipeline;
    const struct yk_batch_options *options;
    const struct yk_batch_observer *observer;
    const struct yk_policy *policy;
    struct yk_policy_arguments policy_arguments;
    struct yk_limits limits; /* resolved */
    struct yk_io *io;
    struct yk_shelf *shelf, *inputs; /* memory of pictures, of files that were read */
    unsigned threads;

    struct engine_device devices[YK_POLICY_DEVICES];
    struct yk_policy_device device_states[YK_POLICY_DEVICES]; /* parallel; what policies see */
    double busy[YK_POLICY_DEVICES]; /* parallel; the part of their lanes' time that is not for rows */
    unsigned device_count,
        cpu; /* cpu: the CPU's number; it is always open, retired unless chosen or needed */

    struct work *first, *last; /* files in flight, oldest first */
    unsigned in_flight, most_in_flight;
    size_t next_item;
    uint64_t memory_used, memory_budget, memory_peak;
    struct yk_rates rates; /* of the devices, learnt in this run */
    uint64_t codec_time;   /* ns that the workers spent in decoding and encoding so far */

    bool stopping;                      /* no new files (fail-fast) */
    bool cancelled;                     /* give up the ones in flight too */
    uint32_t wrong_devices;             /* bit k: device k computed wrong rows */
    struct yk_error fatal;              /* status is not YK_OK: the run as a whole failed */
    bool told_animation, told_parallel; /* the notice about such files was given */
    bool reporting;                     /* a worker is in a callback */
    uint64_t started, last_progress;
    struct yk_batch_progress progress;
    struct yk_usage usage;
    struct yk_trace *trace; /* NULL: none */
    uint16_t track_reads, track_writes;
    struct yk_batch_summary *summary;
};

/* ---- batch.c ---- */

/* An engine that knows its plan, its number of CPU threads and its policy, and has nothing open. `observer`:
 * NULL is nobody. Success: *made is owned by the caller; what it is given is borrowed. Errors: YK_ERR_NOMEM,
 * those of yk_policy_parse. */
enum yk_status yk_engine_make(struct engine **made, struct yk_batch_plan *plan,
                              const struct yk_pipeline *pipeline, const struct yk_batch_options *options,
                              const struct yk_batch_observer *observer, struct yk_error *error);

/* The `stop` of a band that a worker runs; `engine` is the engine. Between the strips: a long band would
 * otherwise hold up the answer to a signal, and the progress bar. Takes the lock. */
bool yk_engine_stop_band(void *engine);

/* ---- batch_search.c ---- */

enum {
    YK_ENGINE_SEARCH_MS = 250 /* where computing is expected to take the CPU less, "auto" does not look for
                                 OpenCL devices: the search takes 50 ms, and to open a GPU and build its
                                 kernels several times that */
};

/* Whether the run does not even look for OpenCL devices. */
bool yk_engine_cpu_only(const struct engine *engine);

/* ---- batch_devices.c ---- */

/* Fills the device table: the chosen ones in listing order, and the CPU in any case, as the last resort.
 * Before any thread runs. Errors: as yk_batch_run for `devices`. */
enum yk_status yk_engine_choose_devices(struct engine *engine, struct yk_error *error);

/* ---- batch_files.c; all but the callbacks with the lock held, which they release around long work ---- */

/* Starts reading further files, as far as the observer, the memory budget and the read-ahead limit allow. */
void yk_engine_admit(struct engine *engine);

/* Sets what the file takes of the memory budget. */
void yk_engine_charge(struct work *work, uint64_t bytes);

/* Whether a WORK_READ file may be decoded now under the memory budget. */
bool yk_engine_may_decode(const struct engine *engine, const struct work *work);

/* Sets what the file takes of the budget to what its job holds now: the picture and the result of the phase.
 */
void yk_engine_recharge(struct work *work);

/* The file is finished, well or not (work->error, work->cancelled): frees what it holds and marks it for its
 * report. No band of it may be in flight. */
void yk_engine_end(struct work *work);

/* Begins a file anew that a device left abandoned or wrong: reads it again, for the devices that are left.
 * Where that cannot be (standard input, a run that is stopping) it ends. No band of it may be in flight. */
void yk_engine_restart(struct work *work);

/* Reports an ended file to the observer and frees it. */
void yk_engine_report(struct engine *engine, struct work *work);

/* Gives the run up: no new files, the ones in flight end as soon as they can. With the lock held. */
void yk_engine_stop(struct engine *engine);

/* Sends one line to the observer; with the lock held, released meanwhile. */
void yk_engine_notice(struct engine *engine, const char *text);

/* ---- batch_decode.c; with the lock held, which it releases around long work ---- */

/* Decodes a WORK_READ file and starts its job. Where the CPU has the run for itself and enough other files
 * wait for the other workers, the job's rows are computed while they are decoded, and the picture never
 * exists as a whole. `thread`: the worker's slot of the CPU. */
void yk_engine_decode(struct engine *engine, struct work *work, unsigned thread);

/* ---- batch_encode.c; with the lock held, which they release around long work ---- */

/* Begins to encode a WORK_COMPUTED file: its parts can then be claimed. */
void yk_engine_encode(struct engine *engine, struct work *work);

/* Encodes the next part of a WORK_ENCODING file that has one left; the last part hands the file to the I/O
 * thread. */
void yk_engine_encode_part(struct engine *engine, struct work *work);

/* ---- batch_bands.c; with the lock held ---- */

/* Makes the job's present phase available to devices, or marks the file WORK_COMPUTED. */
void yk_engine_start_phase(struct work *work);

/* Claims rows of some file for a device, oldest file first: fills the band in. NULL: nothing for it now. */
struct work *yk_engine_claim(struct engine *engine, unsigned device, struct yk_band *band);

/* A claimed band is back: commits it, or, when `status` says that it failed, retires the device (an OpenCL
 * one) or ends the file (the CPU, or YK_ERR_TIMEOUT: the device hangs). `result` may be NULL: the device's
 * own rows. Frees the band's statistic. Releases the lock while the next phase is planned. */
void yk_engine_finish_band(struct work *work, unsigned device, const struct yk_band *band,
                           uint64_t nanoseconds, enum yk_status status, const struct band_result *result,
                           const struct yk_error *error);

/* Counts a band that came back in the device's statistics; nanoseconds and, with YK_OK, its work. */
void yk_engine_count_band(const struct work *work, unsigned device, const struct yk_band *band,
                          double row_work, uint64_t nanoseconds, enum yk_status status);

/* Takes a device out of the run; what it had goes elsewhere, to the CPU where nothing else is left. One
 * notice says so; `item`, if not NULL, is the file whose rows [y0, y1) it could not do. Releases the lock. */
void yk_engine_retire(struct engine *engine, unsigned device, const struct yk_batch_item *item, int y0,
                      int y1, const struct yk_error *error);

/* ---- batch_faults.c ---- */

/* How long a device may take for a band before it counts as hung, in ns. With the lock held. */
uint64_t yk_engine_patience(const struct engine *engine, unsigned device, const struct work *work,
                            const struct yk_band *band);

/* What is done about a band that a driver's device gave back from submit or wait with `status`, before it is
 * committed: one that did not fit its memory is computed in smaller pieces, the last ones on the CPU; of
 * those that went well the chosen ones are computed once more on the CPU and compared. Returns the status of
 * the band as it is then. Without the lock; long. */
enum yk_status yk_engine_settle(struct engine *engine, unsigned device, unsigned slot,
                                const struct work *work, const struct yk_band *band, uint64_t patience,
                                enum yk_status status, struct band_result *result, struct yk_error *error);

/* Before a wrong band is committed: whatever of files in flight the device computed unseen is to be done
 * anew. With the lock held. */
void yk_engine_distrust(struct engine *engine, unsigned device);

/* After a band that was too large, or wrong, was committed: counts, warns, retires. With the lock held,
 * released meanwhile. */
void yk_engine_blame(struct engine *engine, unsigned device, const struct yk_batch_item *item,
                     const struct yk_band *band, const struct band_result *result);

/* ---- batch_devices.c: opening ---- */

/* Opens a device of the table, tests it as the options say, and decorates it; for `slots` bands at a time. */
enum yk_status yk_engine_open_device(struct engine *engine, unsigned device, unsigned slots,
                                     struct yk_device **opened, struct yk_error *error);

/* Closes it, if it was opened. */
void yk_engine_close_device(struct engine *engine, unsigned device, struct yk_device *opened);

/* ---- batch_trace.c; any thread, with or without the lock ---- */

/* Begins to record, where the options have a trace; then, once they are known, adds the devices. Before any
 * thread runs. */
void yk_engine_trace_begin(struct engine *engine);
void yk_engine_trace_devices(struct engine *engine);

/* Records a finished read or write, which ended now. */
void yk_engine_trace_io(struct engine *engine, const struct yk_batch_item *item, bool write,
                        const struct yk_io_result *result, uint64_t now);

/* Records what a thread of the CPU or a slot of another device did, for a file or not (NULL); `name` is a
 * string of the program. */
void yk_engine_trace_stage(struct engine *engine, unsigned device, unsigned lane, const char *name,
                           const struct yk_batch_item *item, uint64_t start, uint64_t end);

/* Records a band on a thread of the CPU or in a slot of another device; there with its copies apart, where
 * the backend measured them. */
void yk_engine_trace_band(struct engine *engine, unsigned device, unsigned lane,
                          const struct yk_batch_item *item, const struct yk_band *band,
                          const struct yk_band_timing *timing, uint64_t start, uint64_t end, bool failed);

/* ---- batch_summary.c ---- */

/* Fills the summary in, after the last thread has ended. */
void yk_engine_summarise(struct engine *engine);

/* ---- batch_profile.c, batch_calibrate.c; before and after the workers and drivers ---- */

/* Reads the profile where it is wanted and there is more than one device to choose among. */
void yk_engine_load_profile(struct engine *engine);

/* Writes what was learnt. With the lock held: where the file was named and cannot be written, the observer
 * is told. */
void yk_engine_save_profile(struct engine *engine);

/* Opens every device and has each work on a few bands of the first file, so that the run begins with rates.
 * A device that fails is left to its driver, which will tell. */
void yk_engine_calibrate(struct engine *engine);

/* ---- batch_driver.c ---- */

enum { YK_DRIVER_SLOTS = 2 }; /* bands in flight on an OpenCL device */

/* Starts the driver thread of a device. false: no thread could be made. */
bool yk_engine_start_driver(struct engine *engine, unsigned device);

/* Whether nothing is left to do. */
bool yk_engine_finished(const struct engine *engine);

#endif
