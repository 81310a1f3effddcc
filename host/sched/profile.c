/* SPDX-License-Identifier: MIT
 * The profile's text and rules (contract in profile.h). */
#include "profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const char first_line[] = "yoke rates 1\n";

enum {
    LINE = 7 * 24 + YK_PROFILE_WORK + YK_PROFILE_DEVICE, /* bytes of a line at most */
    NEAR = 3, /* log2: sizes whose rates may stand for each other */
    SIZES = 64
};

/* More than any machine does in a second, and longer than any compiler takes: an hour. */
static const uint64_t MOST_RATE = UINT64_C(1000000000000000000), MOST_SETUP = UINT64_C(3600000000000);
static const double OFF = 1.5; /* a sample that is off by more is rejected */

/* ---- rules ---- */

static bool is_off(double rate, double mean)
{
    return rate > OFF * mean || mean > OFF * rate;
}

/* The mean of two, weighted by samples. */
static void join(struct yk_profile_rate *sum, double rate, unsigned samples)
{
    unsigned all = sum->samples + samples;
    sum->rate = (uint64_t)(((double)sum->rate * sum->samples + rate * samples) / all + 0.5);
    sum->samples = all < YK_PROFILE_SAMPLES ? all : YK_PROFILE_SAMPLES;
}

void yk_profile_sample(struct yk_profile_rate *sum, double rate)
{
    if (!(rate >= 1.0 && rate <= (double)MOST_RATE))
        return;
    if (!sum->begun)
        sum->begun = true;
    else if (sum->samples && is_off(rate, (double)sum->rate)) {
        if (++sum->rejects >= sum->samples)
            sum->rate = sum->samples = sum->rejects = 0;
    } else
        join(sum, rate, 1);
}

void yk_profile_merge(struct yk_profile_rate *known, const struct yk_profile_rate *run)
{
    if (run->samples == 0)
        return;
    if (known->samples == 0) { /* its set-up is a sample too, and the first */
        *known = *run;
        known->setup_ns = 0;
        return;
    }
    if (run->setup_ns && (known->setup_ns == 0 || run->setup_ns < known->setup_ns))
        known->setup_ns = run->setup_ns;
    if (is_off((double)run->rate, (double)known->rate))
        known->rejects += run->samples;
    else {
        join(known, (double)run->rate, run->samples);
        known->rejects += run->rejects;
    }
    if (known->rejects >= known->samples) {
        known->rate = run->rate;
        known->samples = run->samples;
        known->rejects = run->rejects;
    }
}

/* ---- text ---- */

/* A decimal number up to `most`, then a blank: nothing else, no sign, no leading blanks. */
static bool read_number(const char **at, const char *end, uint64_t most, uint64_t *number)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        unsigned digit = (unsigned)(**at - '0');
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (*at == start || *at == end || *(*at)++ != ' ')
        return false;
    *number = value;
    return true;
}

static bool read_hash(const char **at, const char *end, uint64_t *hash)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    if (end - *at < 17 || (*at)[16] != ' ')
        return false;
    for (unsigned k = 0; k < 16; k++, (*at)++) {
        const char *digit = memchr(digits, **at, 16);
        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    (*at)++;
    *hash = value;
    return true;
}

/* The text [at, end), not empty and of printable characters only, as a string. */
static bool read_text(char *text, size_t size, const char *at, const char *end)
{
    size_t length = (size_t)(end - at);
    if (length == 0 || length >= size)
        return false;
    for (size_t k = 0; k < length; k++)
        if ((unsigned char)at[k] < ' ' || at[k] == 0x7f)
            return false;
    memcpy(text, at, length);
    text[length] = '\0';
    return true;
}

/* The line [at, end), without its line feed. */
static bool read_entry(struct yk_profile_entry *entry, const char *at, const char *end)
{
    uint64_t rate, samples, rejects, setup, learnt, size;
    struct yk_profile_entry read = {.rate.begun = true};
    if (!read_number(&at, end, MOST_RATE, &rate) || !read_number(&at, end, YK_PROFILE_SAMPLES, &samples) ||
        !read_number(&at, end, YK_PROFILE_SAMPLES, &rejects) || !read_number(&at, end, MOST_SETUP, &setup) ||
        !read_number(&at, end, INT64_MAX, &learnt) || !read_number(&at, end, SIZES - 1, &size) ||
        !read_hash(&at, end, &read.key.kernels))
        return false;
    const char *bar = memchr(at, '|', (size_t)(end - at));
    if (rate == 0 || rejects >= samples || !bar || !read_text(read.key.work, sizeof read.key.work, at, bar) ||
        !read_text(read.key.device, sizeof read.key.device, bar + 1, end))
        return false;
    read.rate.rate = rate;
    read.rate.samples = (unsigned)samples;
    read.rate.rejects = (unsigned)rejects;
    read.rate.setup_ns = setup;
    read.learnt = learnt;
    read.key.size = (unsigned)size;
    *entry = read;
    return true;
}

bool yk_profile_parse(struct yk_profile *profile, const char *text, size_t size)
{
    const char *at = text, *end = text + size, *feed;
    *profile = (struct yk_profile){0};
    if (size < sizeof first_line - 1 || memcmp(text, first_line, sizeof first_line - 1) != 0) {
        profile->ignored = size > 0;
        return true;
    }
    at += sizeof first_line - 1;
    for (; at < end && (feed = memchr(at, '\n', (size_t)(end - at))) != NULL; at = feed + 1) {
        struct yk_profile_entry entry;
        if (!read_entry(&entry, at, feed)) {
            profile->ignored++;
            continue;
        }
        void *array = profile->entries;
        if (!yk_mem_grow(&array, &profile->capacity, profile->count + 1, sizeof entry)) {
            yk_profile_free(profile);
            return false;
        }
        profile->entries = array;
        profile->entries[profile->count++] = entry;
    }
    profile->ignored += at < end; /* cut in the middle of a line */
    return true;
}

static int latest_first(const void *left, const void *right)
{
    const struct yk_profile_entry *a = left, *b = right;
    if (a->learnt != b->learnt)
        return a->learnt > b->learnt ? -1 : 1;
    int order = strcmp(a->key.device, b->key.device);
    order = order ? order : strcmp(a->key.work, b->key.work);
    return order ? order : (a->key.size > b->key.size) - (a->key.size < b->key.size);
}

char *yk_profile_print(struct yk_profile *profile, uint64_t now, size_t *size)
{
    uint64_t capacity;
    if (!yk_size_mul(profile->count, LINE, &capacity))
        return NULL;
    capacity = (capacity < YK_PROFILE_BYTES ? capacity : YK_PROFILE_BYTES) + sizeof first_line;
    char *text = malloc((size_t)capacity);
    if (!text)
        return NULL;
    for (size_t k = 0; k < profile->count; k++)
        if (profile->entries[k].learnt > now)
            profile->entries[k].learnt = 0;
    if (profile->count)
        qsort(profile->entries, profile->count, sizeof *profile->entries, latest_first);
    size_t used = sizeof first_line - 1;
    memcpy(text, first_line, sizeof first_line);
    for (size_t k = 0; k < profile->count; k++) {
        const struct yk_profile_entry *entry = &profile->entries[k];
        char line[LINE];
        int length =
            snprintf(line, sizeof line, "%" PRIu64 " %u %u %" PRIu64 " %" PRIu64 " %u %016" PRIx64 " %s|%s\n",
                     entry->rate.rate, entry->rate.samples, entry->rate.rejects, entry->rate.setup_ns,
                     entry->learnt, entry->key.size, entry->key.kernels, entry->key.work, entry->key.device);
        if (length < 0 || (size_t)length >= sizeof line || used + (size_t)length > YK_PROFILE_BYTES)
            break;
        memcpy(text + used, line, (size_t)length);
        used += (size_t)length;
    }
    *size = used;
    return text;
}

/* ---- look-up ---- */

static bool same_but_size(const struct yk_profile_key *a, const struct yk_profile_key *b)
{
    return a->kernels == b->kernels && strcmp(a->work, b->work) == 0 && strcmp(a->device, b->device) == 0;
}

struct yk_profile_entry *yk_profile_find(const struct yk_profile *profile, const struct yk_profile_key *key)
{
    for (size_t k = 0; k < profile->count; k++)
        if (profile->entries[k].key.size == key->size && same_but_size(&profile->entries[k].key, key))
            return &profile->entries[k];
    return NULL;
}

const struct yk_profile_entry *yk_profile_use(const struct yk_profile *profile,
                                              const struct yk_profile_key *key, uint64_t now)
{
    const struct yk_profile_entry *best = NULL;
    unsigned nearest = NEAR + 1;
    for (size_t k = 0; k < profile->count; k++) {
        const struct yk_profile_entry *entry = &profile->entries[k];
        unsigned far =
            entry->key.size > key->size ? entry->key.size - key->size : key->size - entry->key.size;
        if (far < nearest && entry->rate.samples >= YK_PROFILE_TRUSTED && entry->learnt <= now &&
            now - entry->learnt <= YK_PROFILE_SECONDS && same_but_size(&entry->key, key)) {
            best = entry;
            nearest = far;
        }
    }
    return best;
}

void yk_profile_free(struct yk_profile *profile)
{
    free(profile->entries);
    *profile = (struct yk_profile){0};
}

void yk_profile_device(char text[YK_PROFILE_DEVICE], const struct yk_device_info *info, unsigned threads)
{
    const size_t numbers = 24; /* kept free for them */
    bool cpu = strcmp(info->backend, "cpu") == 0;
    const char *parts[] = {cpu ? info->id : info->backend, info->platform, info->name, info->driver};
    size_t used = 0;
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        for (const char *at = parts[k]; *at && used + numbers < YK_PROFILE_DEVICE; at++) {
            bool plain = (unsigned char)*at >= ' ' && *at != 0x7f && *at != '|';
            text[used++] = plain ? *at : ' ';
        }
        text[used++] = '|';
    }
    snprintf(text + used, YK_PROFILE_DEVICE - used, "%u|%u", info->ordinal, cpu ? threads : info->units);
}
