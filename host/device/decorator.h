/* SPDX-License-Identifier: MIT
 *
 * Decorators: a device that wraps another and makes it slower or faulty. `--throttle` uses them, and the
 * tests: a throttled device sleeps, so that many of them share few cores and still behave like devices of
 * different speed.
 *
 * A decorated device owns the one inside, has its description, and is a device like any other, so that it can
 * be decorated again. Bands are numbered from 1 in the order of their submission, over all slots.
 */
#ifndef YOKE_DEVICE_DECORATOR_H
#define YOKE_DEVICE_DECORATOR_H

#include "backend.h"

/* All zero: nothing is changed. Numbers of bands: 0 is never. */
struct yk_decoration {
    double throttle;     /* a band takes that many times as long; 0 is 1 */
    uint64_t latency_ns; /* and that much longer */
    double bytes_per_us; /* and the time of its source and target rows at that rate; 0: none */
    double jitter;       /* and 1 to 1 + jitter times as long, uniform, by seed and number */
    uint64_t seed;
    unsigned slow_at;           /* from that band on... */
    double slow_factor;         /* ... it takes that many times as long */
    unsigned fail_at;           /* that band ends in fail_status, its rows hold rubbish, the device is lost */
    enum yk_status fail_status; /* 0: YK_ERR_LOST */
    unsigned hang_at; /* that band never ends: its wait sleeps until the deadline (ends at once where there is
                         none), its rows hold rubbish, the device is lost */
    unsigned wrong_at;      /* that band is reported as done with one bit wrong (statistics: one count) */
    unsigned alloc_fail_at; /* the submission of that band ends in YK_ERR_NOMEM */
    unsigned alloc_rows;    /* and so does that of bands of more rows than this; 0: any number will do */
    bool build_fails;       /* prepare ends in YK_ERR_UNSUPPORTED */
};

/* Reads "throttle=4,fail-at=3": names as above with '-' for '_', times of latency in microseconds
 * ("latency-us"), "bytes-per-us", "build-fails=1"; fail_status has no name. Members without a name in the
 * text become 0. Errors: YK_ERR_PARSE, YK_ERR_UNKNOWN (with the names), YK_ERR_RANGE. */
enum yk_status yk_decoration_parse(const char *text, struct yk_decoration *decoration,
                                   struct yk_error *error);

/* Wraps *device, opened with `slots` slots. Success: *device is the decorated device, which owns the other:
 * closing it closes both. Failure: *device is as it was. Errors: YK_ERR_INVALID (no slots), YK_ERR_NOMEM. */
enum yk_status yk_device_decorate(struct yk_device **device, const struct yk_decoration *decoration,
                                  unsigned slots, struct yk_error *error);

#endif
