/* SPDX-License-Identifier: MIT
 * The options of `yoke image`, as its files share them. */
#ifndef YOKE_CLI_IMAGE_OPTIONS_H
#define YOKE_CLI_IMAGE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <yoke/batch.h>

#include "option.h"

/* The words of --overwrite and --io, in the order of enum yk_overwrite and enum yk_io_engine. */
extern const char *const cli_overwrite_words[];
extern const char *const cli_io_words[];
/* Of --png: the efforts by name, then 0 .. 9. */
extern const char *const cli_png_words[];

struct cli_image {
    const char *pipeline; /* the first argument */
    const char *output, *files_from, *devices, *sched, *report, *trace, *profile;
    bool recursive, null, in_place, fail_fast, dry_run, stats, explain, quiet, strict_devices, calibrate;
    unsigned overwrite, progress, io;     /* positions in their words */
    uint64_t threads, memory, max_pixels; /* 0: the library's default */
    unsigned png, depth;                  /* positions in their words */
    bool strip;
    const char *keep;
    struct cli_texts throttle;
    uint64_t verify, device_timeout; /* per cent; seconds, 0: the library's default */
    unsigned on_device_error;        /* 0: fallback, 1: fail */
};

#endif
