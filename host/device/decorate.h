/* SPDX-License-Identifier: MIT
 *
 * Decorators: an open device behind another face that is slower than it, or that fails as it is told to. For
 * tests, for the simulator's real-time counterpart, and for `yoke image --throttle`. The decorated device has
 * the same table and the same description as the one inside, so that nothing above knows the difference.
 */
#ifndef YOKE_DEVICE_DECORATE_H
#define YOKE_DEVICE_DECORATE_H

#include "backend.h"

enum { YK_DECORATE_NEVER = -1 };

/* What a decoration does. Packages are numbered from 0 in the order in which they are submitted; one that is
 * refused for want of memory does not count. */
struct yk_decoration {
    double throttle;      /* a package takes so many times as long; the rest of the time nobody computes */
    double jitter;        /* and up to so much more, as a part of that: the same numbers in every run */
    uint64_t warmup_ns;   /* added to the first package */
    uint64_t latency_ns;  /* added to each package ... */
    double bytes_per_ns;  /* ... with its bytes, there and back, divided by this; 0: nothing for them */
    int64_t slow_at;      /* from that package on ... */
    uint64_t slow_ns;     /* ... or so long after it was opened; 0: not by time ... */
    double slow_factor;   /* ... it takes so many times as long on top */
    int rows;             /* the most rows of a package; 0: as the device inside */
    int64_t alloc_fails;  /* so many submits are refused for want of memory ... */
    int alloc_rows;       /* ... of packages of more rows than this */
    bool open_fails;      /* it cannot be opened: decorating ends in YK_ERR_DEVICE */
    int64_t build_fails;  /* from that package on the code cannot be made ready */
    int64_t submit_fails; /* that package cannot be submitted: YK_ERR_LOST, as all after it */
    int64_t fail_at;      /* that package is lost while it is waited for: YK_ERR_LOST, as all after it */
    int64_t hang_at;      /* that package never ends, and the device inside is never called again ... */
    uint64_t hang_ns;     /* ... the wait for it reports its deadline after so long; 0: at the deadline */
    int64_t wrong_at;     /* one bit of that package's result is wrong */
};

/* Reads a decoration: words with commas between, as in "throttle=4,fail-at=2".
 *   throttle=F  jitter=PART  warmup=MS  latency=US or latency=US:MB_PER_S
 *   slow-at=PACKAGE:F  slow-after=MS:F  rows=N
 *   alloc-fail=N or alloc-fail=N:ROWS (ROWS is 1 where it is not given)
 *   open-fail  build-fail  build-fail=PACKAGE  submit-fail=PACKAGE  fail-at=PACKAGE  wrong-at=PACKAGE
 *   hang-at=PACKAGE or hang-at=PACKAGE:MS (MS: for tests that do not want to wait for a real deadline)
 * Each once at most; an empty text decorates nothing. F is from 1 to 1000000. Errors:
 * YK_ERR_PARSE, YK_ERR_UNKNOWN, YK_ERR_RANGE. Any thread. */
enum yk_status yk_decoration_parse(struct yk_decoration *decoration, const char *text,
                                   struct yk_error *error);

/* Puts the decoration around *device, which then belongs to it: closing the new *device closes both. `slots`
 * as they were given to open. `side_by_side`: its slots work at the same time, as the CPU's do, so that each
 * has its own clock; else the packages of one device follow one another. Failure: *device is as it was.
 * Errors: YK_ERR_NOMEM, YK_ERR_DEVICE (open-fail). Thread rule: as the device inside. */
enum yk_status yk_device_decorate(struct yk_device **device, const struct yk_decoration *decoration,
                                  unsigned slots, bool side_by_side, struct yk_error *error);

/* What happened to a decorated device so far. Any thread. */
struct yk_decorated_counts yk_decorated_counts(struct yk_device *device);

#endif
