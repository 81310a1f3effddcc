/* SPDX-License-Identifier: MIT
 *
 * The profile's text format and rules (see yoke/profile.h for what it is). Pure but for yk_profile_save. One
 * thread at a time per structure.
 *
 * The rules are StarPU's: the first sample is dropped; one that is off the mean by more than a factor of 1.5
 * is rejected; an entry with as many rejects as samples is flushed; from 10 samples on it is used. Unlike
 * there, samples are counted to 100 only, so that an entry follows a machine that changes, and one that has
 * not been renewed for 30 days is not used: else a device that was once measured too slow and is left out
 * since would be so for ever.
 *
 * The file: a line "yoke rates 1", then a line for each entry:
 *   rate samples rejects setup_ns learnt size kernels work|device
 * numbers in decimal, `kernels` as 16 hexadecimal digits; the latest entry first.
 */
#ifndef YOKE_SCHED_PROFILE_H
#define YOKE_SCHED_PROFILE_H

#include <yoke/profile.h>

enum {
    YK_PROFILE_BYTES = 1 << 20, /* of the file; what is oldest is dropped */
    YK_PROFILE_SAMPLES = 100    /* counted at most */
};

/* Takes one measured rate, in steps per second, into the sum. Rates that are no rates are left out. */
void yk_profile_sample(struct yk_profile_rate *sum, double rate);

/* Takes what one run has measured into what was known before. */
void yk_profile_merge(struct yk_profile_rate *known, const struct yk_profile_rate *run);

/* Reads text into `profile` (overwritten): all lines that are entries. false: out of memory, and empty. */
bool yk_profile_parse(struct yk_profile *profile, const char *text, size_t size);

/* The text of the entries, the latest first, those that do not fit YK_PROFILE_BYTES left out; entries from
 * after `now` count as the oldest. Sorts them. malloc'ed; NULL: no memory. */
char *yk_profile_print(struct yk_profile *profile, uint64_t now, size_t *size);

/* The entry for a key; NULL: there is none. */
struct yk_profile_entry *yk_profile_find(const struct yk_profile *profile, const struct yk_profile_key *key);

/* The entry to go by at the time `now`: the key's own, or one for the nearest size within a factor of 8,
 * where it has enough samples and is not too old. NULL: there is none. */
const struct yk_profile_entry *yk_profile_use(const struct yk_profile *profile,
                                              const struct yk_profile_key *key, uint64_t now);

/* Merges what a run has learnt into the file: under a lock it reads what is there now, adds, and replaces it
 * by renaming, so that two writers both leave their part and no reader sees half a file. Anything but a
 * regular file is left alone. `make_folder`: makes the folders above it first. Errors (nothing has changed):
 * YK_ERR_IO, YK_ERR_NOMEM. */
enum yk_status yk_profile_save(const char *path, const struct yk_profile_entry *learnt, size_t count,
                               uint64_t now, bool make_folder, struct yk_error *error);

#endif
