/* SPDX-License-Identifier: MIT
 *
 * The profile: how fast devices were at which work in earlier runs, in a text file in the user's cache
 * folder. It is an aid: a file that is missing, damaged or from elsewhere is the same as an empty one, and
 * never an error.
 */
#ifndef YOKE_PROFILE_H
#define YOKE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/device.h>
#include <yoke/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    YK_PROFILE_WORK = 128,
    YK_PROFILE_DEVICE = 512,
    YK_PROFILE_TRUSTED = 10, /* samples from which on a rate is used (StarPU's calibration minimum) */
    YK_PROFILE_SECONDS = 30 * 24 * 3600 /* after which it is not used any more, but measured anew */
};

/* What an entry is about. */
struct yk_profile_key {
    char work[YK_PROFILE_WORK];     /* "resize+blur*2^5 rgb8": operations, log2 of their cost, format */
    char device[YK_PROFILE_DEVICE]; /* see yk_profile_device */
    uint64_t kernels;               /* hash of the kernels' source text */
    unsigned size;                  /* log2 of the pixels of the image, rounded down */
};

/* What is known of it. */
struct yk_profile_rate {
    uint64_t rate;             /* steps of arithmetic per second, of all threads together; 0: nothing yet */
    unsigned samples, rejects; /* taken into the rate; too far off and left out */
    bool begun;                /* the first sample, which is not believed, has been seen */
    uint64_t setup_ns;         /* what the first package of a run costs on top; 0: not known */
};

struct yk_profile_entry {
    struct yk_profile_key key;
    struct yk_profile_rate rate;
    uint64_t learnt; /* when, in seconds since 1970 */
};

/* All zero: empty. */
struct yk_profile {
    struct yk_profile_entry *entries; /* owned */
    size_t count, capacity;
    size_t ignored; /* lines of the file that were not entries */
};

/* The default file, $XDG_CACHE_HOME/yoke/rates or ~/.cache/yoke/rates: malloc'ed, NULL where there is none
 * or no memory. */
char *yk_profile_path(void);

/* Reads a file into `profile` (overwritten). Whatever is wrong with the file makes the profile emptier, and
 * so does missing memory. Free with yk_profile_free. */
void yk_profile_load(struct yk_profile *profile, const char *path);
void yk_profile_free(struct yk_profile *profile);

/* Hash of the kernel sources of this build: entries of others are not used. Any thread. */
uint64_t yk_profile_kernels(void);

/* The text by which a device is known: backend, platform, name, driver, ordinal, units, with | between them;
 * for the CPU its id and `threads` instead of backend and units. Characters that the file uses itself become
 * blanks. */
void yk_profile_device(char text[YK_PROFILE_DEVICE], const struct yk_device_info *info, unsigned threads);

#ifdef __cplusplus
}
#endif

#endif
