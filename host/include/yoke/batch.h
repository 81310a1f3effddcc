/* SPDX-License-Identifier: MIT
 *
 * The image batch job: many files through one pipeline. First a plan (which file becomes which, checked as a
 * whole, nothing touched), then the run (read, decode, compute, encode, write, all overlapping, under one
 * memory budget). A bad file fails alone; the rest is done.
 */
#ifndef YOKE_BATCH_H
#define YOKE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/codec.h>
#include <yoke/device.h>
#include <yoke/image.h>
#include <yoke/io.h>
#include <yoke/metadata.h>
#include <yoke/pipeline.h>
#include <yoke/status.h>
#include <yoke/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Plan ---- */

struct yk_batch_sources {
    const char *const *paths; /* files, folders (with `recursive`), "-" for standard input */
    size_t path_count;
    bool recursive;         /* go into folders; their PNG files, sorted by name, hidden ones left out */
    const char *files_from; /* a file with one name per line, "-" for standard input; NULL: none */
    bool nul_separated;     /* names in files_from end with a NUL byte instead of a line feed */
    const char *output;     /* a folder, a template with {dir} {name} {ext} {index}, one file, or "-" */
    enum yk_overwrite overwrite;
    bool in_place; /* an output may be its own input */
};

enum yk_item_state {
    YK_ITEM_PLANNED,
    YK_ITEM_SKIPPED, /* the output exists and the overwrite policy keeps it */
    YK_ITEM_DONE,
    YK_ITEM_FAILED,
    YK_ITEM_CANCELLED /* the run was stopped before this file was finished */
};

/* Nanoseconds a file spent in each stage. */
struct yk_stage_times {
    uint64_t read, decode, compute, encode, write;
};

struct yk_batch_item {
    char *input, *output; /* owned */
    uint64_t input_bytes; /* size when planned; 0 for standard input */
    enum yk_item_state state;
    char *reason; /* owned; why it FAILED or was SKIPPED, else NULL */
    uint64_t output_bytes;
    uint32_t in_width, in_height, out_width, out_height;
    struct yk_stage_times times;
    uint32_t devices;    /* bit k: device k of the run computed rows of it */
    uint32_t unverified; /* bit k: of which some were not recomputed; only where `verify` is above 0 */
    bool suspect; /* DONE, with unverified rows of a device that was found to compute wrong ones later */
};

struct yk_batch_plan {
    struct yk_batch_item *items; /* owned; in input order */
    size_t count;
};

/* Finds the inputs, derives the outputs and checks the whole: two inputs to one output, output = an input
 * without in_place, a template that names no file, many inputs to one file. Existing outputs become SKIPPED
 * items. An input that does not exist becomes a FAILED item, so that the others are still done; a folder
 * without `recursive` is an error. Success: *plan owned by the caller, free with yk_batch_plan_free (also
 * when it holds no items). Errors: YK_ERR_INVALID, YK_ERR_PARSE (template), YK_ERR_IO (files_from, a named
 * folder that cannot be read), YK_ERR_NOMEM. */
enum yk_status yk_batch_plan_make(struct yk_batch_plan *plan, const struct yk_batch_sources *sources,
                                  struct yk_error *error);
void yk_batch_plan_free(struct yk_batch_plan *plan);

/* ---- Run ---- */

/* For developers and tests: a device of the run gets a decoration around it ("throttle=4,fail-at=2"; the
 * words are in host/device/decorate.h). `device` is "cpu", the name of an OpenCL device, or "cpu:N", N from
 * 1: a further device made of the CPU's code, with a thread of its own, which `devices` of the options can
 * then name. Such a run leaves the user's own
 * profile alone. */
struct yk_batch_decoration {
    const char *device, *spec;
    struct yk_decorated_counts
        *counts; /* may be NULL; filled in when the run ends, if the device was opened */
};

enum yk_self_test {
    YK_SELF_TEST_ONCE,   /* before the first use of a device with this driver and this program */
    YK_SELF_TEST_ALWAYS, /* in every run, and with its decoration */
    YK_SELF_TEST_NEVER
};

struct yk_batch_options {
    const char *devices; /* selection as in yk_device_select; NULL: "auto" */
    const char *sched;   /* policy; NULL: "auto" */
    const char *profile; /* file of rates from earlier runs (yoke/profile.h), read and written where several
                            devices are used; NULL: the user's; "": none */
    bool calibrate;      /* first measure each of several devices on the first file, about 0.15 s each */
    bool strict_devices; /* a class of devices that matches nothing, or a device that fails, is an error */
    bool stop_on_device_error; /* a device that fails ends the run (one that is missing does not) */
    unsigned verify; /* per cent of the bands, chosen by file and row, that the CPU computes once more */
    unsigned device_timeout_ms; /* a band that takes longer is a hung device; 0: 5 s or 20 times as long as is
                                   to be expected from its speed so far, whichever is more */
    enum yk_self_test self_test; /* known answers of the pipeline's operations on each device but the CPU */
    const struct yk_batch_decoration *decorations; /* borrowed */
    size_t decoration_count;
    unsigned threads; /* CPU threads; 0: one per processor of this process */
    uint64_t memory;  /* budget in bytes; 0: a quarter of the machine's memory */
    enum yk_overwrite overwrite;
    bool fail_fast; /* stop taking new files after the first failure */
    struct yk_limits limits;
    struct yk_encode_options encode;
    unsigned depth; /* bits per sample of the outputs: 8, 16, or 0: as the input */
    unsigned drop;  /* enum yk_metadata_kind bits that are not written */
    enum yk_io_engine io;
    struct yk_trace *trace; /* borrowed; what the run does is recorded here; NULL: nothing is */
};

/* One moment of a run. */
struct yk_batch_progress {
    size_t total, done, failed, skipped; /* files */
    uint64_t input_bytes, total_input_bytes;
    uint64_t elapsed; /* ns */
};

/* All callbacks may be NULL. They come from worker threads, one at a time, without any lock of the library
 * held. */
struct yk_batch_observer {
    void *context;
    /* At most ten times a second, and once at the end. */
    void (*progress)(void *context, const struct yk_batch_progress *progress);
    /* One line for a person: no OpenCL here, a device was retired. No line end. */
    void (*notice)(void *context, const char *text);
    /* A file reached its end state. */
    void (*item)(void *context, const struct yk_batch_item *item);
    /* Asked every tenth of a second and before every file: true stops the run. */
    bool (*stop)(void *context);
};

enum { YK_BATCH_DEVICES = 32 };

struct yk_batch_device {
    char id[32];
    char name[128];
    uint64_t rows, bands, busy; /* busy in ns, summed over threads */
    uint64_t idle;     /* ns, summed over threads: of the run, neither computing nor, the CPU, decoding or
                          encoding */
    uint64_t work;     /* in the rows: steps of arithmetic, roughly; comparable between devices and files */
    uint64_t finished; /* ns from the first band's start, on any device, to this one's last band's end */
    uint64_t bytes_up, bytes_down;   /* copied to the device and back; 0 where nothing is */
    uint64_t uploading, downloading; /* ns that these copies took, computing beside them or not; 0 where a
                                        driver does not tell */
    uint64_t returned;               /* bands that it failed to do, and that were done elsewhere */
    unsigned lanes;                  /* threads for the CPU, 1 for others */
    bool retired;
};

/* How well several devices worked together, from the rates of this run: a device's rate is its work / busy x
 * lanes. All times are of computing alone, from which the time of the CPU's threads that decoded or encoded
 * meanwhile is taken out. No device was run alone, so that "alone" is always predicted. */
struct yk_batch_together {
    unsigned devices;  /* that computed rows; 0: fewer than two, and then all is 0 */
    unsigned best;     /* the number of the one that would have been done first, alone */
    uint64_t alone;    /* ns that it would have taken, predicted */
    double speedup;    /* alone / computing */
    double efficiency; /* the time that all would have taken at their rates without ever waiting / computing
                        */
    double balance;    /* the first of the devices to finish / the last; without those that were retired */
};

struct yk_batch_summary {
    size_t done, failed, skipped, cancelled;
    size_t wrong_bands, suspects; /* bands that `verify` found wrong (and replaced), suspect items */
    bool device_failed; /* the run ended because a device failed (strict_devices, stop_on_device_error) */
    uint64_t elapsed;   /* ns, wall */
    uint64_t input_bytes, output_bytes, input_pixels;
    struct yk_stage_times times; /* sums over files: compute over all devices */
    unsigned threads;
    uint64_t memory_peak; /* bytes of the budget in use at most */
    size_t streamed; /* files that were computed on while they were decoded, never in memory as a whole */
    const char *io_engine;
    const char *cpu_level;
    char bound[32]; /* the stage that bounds the run: "read", "decode", "compute", "encode", "write" */
    struct yk_batch_device devices[YK_BATCH_DEVICES];
    size_t device_count;
    uint64_t computing; /* ns during which some device was computing */
    struct yk_batch_together together;
};

/* Runs every PLANNED item of the plan through the pipeline and fills its outcome in. Returns YK_OK when the
 * run went through, whatever became of single files; YK_ERR_CANCELLED when it was stopped; YK_ERR_MISSING for
 * a demanded device; YK_ERR_PARSE / _UNKNOWN / _RANGE for `devices`, `sched` and decorations; the device's
 * own error where its failure ends the run (summary->device_failed); YK_ERR_NOMEM. `summary` is filled in
 * every case. Files that were not finished leave no trace. One run per plan at a time; the calling thread
 * works too. */
enum yk_status yk_batch_run(struct yk_batch_plan *plan, const struct yk_pipeline *pipeline,
                            const struct yk_batch_options *options, const struct yk_batch_observer *observer,
                            struct yk_batch_summary *summary, struct yk_error *error);

/* ---- What a run would do with the devices, before it ---- */

struct yk_batch_outlook_device {
    char id[32];
    char name[128];
    bool used;                /* is there to compute rows */
    double pixels_per_second; /* of the first file's work, as earlier runs measured it; 0: not known, or one
                                 device alone has no use for it */
    char why[256];            /* why it is used or not, and what is known of it, without a full stop */
};

struct yk_batch_outlook {
    struct yk_batch_outlook_device devices[YK_BATCH_DEVICES];
    size_t device_count;
    char search[256]; /* why there are no OpenCL devices in the list; empty where there are */
    char conclusion[512];
};

/* Makes the choice of devices that yk_batch_run would make, and says why. Opens no device; reads the profile
 * and the first file where several devices are used. Errors (outlook untouched): those of yk_batch_run for
 * `devices` and `sched`, YK_ERR_NOMEM. */
enum yk_status yk_batch_outlook_make(struct yk_batch_outlook *outlook, struct yk_batch_plan *plan,
                                     const struct yk_pipeline *pipeline,
                                     const struct yk_batch_options *options, struct yk_error *error);

/* Checks `devices` and `sched` as texts without opening anything: for a plan that is complete before it
 * starts. */
enum yk_status yk_batch_check(const struct yk_batch_options *options, struct yk_error *error);

#ifdef __cplusplus
}
#endif

#endif
