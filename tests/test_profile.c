/* SPDX-License-Identifier: MIT
 * host/sched/profile.c: the text, whatever is done to it, and the rules by numbers worked out by hand. */
#include "test_profile.h"

#include <CUnit/CUnit.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

struct yk_profile_entry profile_entry(const char *device, unsigned size, uint64_t rate, unsigned samples,
                                      uint64_t learnt)
{
    struct yk_profile_entry entry = {.key = {.work = "blur*2^4 rgb8", .kernels = 0x1234, .size = size},
                                     .rate = {.rate = rate, .samples = samples, .begun = true},
                                     .learnt = learnt};
    snprintf(entry.key.device, sizeof entry.key.device, "%s", device);
    return entry;
}

/* ---- text ---- */

static const char text[] =
    "yoke rates 1\n"
    "2500000000 100 7 0 1700000300 24 c72379220039b0e4 blur*2^4 rgb8|cl|P|GPU 9|1.2|0|40\n"
    "123456789 12 0 45000000 1700000200 16 0000000000001234 resize+blur*2^6 "
    "gray16|cpu|OpenMP, level v3|A CPU|gcc 12|0|2\n"
    "1 1 0 1 1 0 ffffffffffffffff x|y\n";

static void test_round_trip(void)
{
    struct yk_profile profile;
    size_t size = 0;
    CU_ASSERT_TRUE_FATAL(yk_profile_parse(&profile, text, sizeof text - 1));
    CU_ASSERT_EQUAL_FATAL(profile.count, 3);
    CU_ASSERT_EQUAL(profile.ignored, 0);
    const struct yk_profile_entry *entry = &profile.entries[1];
    CU_ASSERT_STRING_EQUAL(entry->key.work, "resize+blur*2^6 gray16");
    CU_ASSERT_STRING_EQUAL(entry->key.device, "cpu|OpenMP, level v3|A CPU|gcc 12|0|2");
    CU_ASSERT_EQUAL(entry->key.kernels, 0x1234);
    CU_ASSERT_EQUAL(entry->key.size, 16);
    CU_ASSERT_EQUAL(entry->rate.rate, 123456789);
    CU_ASSERT_EQUAL(entry->rate.samples, 12);
    CU_ASSERT_EQUAL(entry->rate.rejects, 0);
    CU_ASSERT_EQUAL(entry->rate.setup_ns, 45000000);
    CU_ASSERT_EQUAL(entry->learnt, 1700000200);
    CU_ASSERT_EQUAL(profile.entries[0].rate.rejects, 7);
    char *again = yk_profile_print(&profile, 1700000300, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_EQUAL_FATAL(size, sizeof text - 1);
    CU_ASSERT(memcmp(again, text, size) == 0);
    free(again);
    /* The first is from after now: a clock was wrong, and it goes to the end. */
    again = yk_profile_print(&profile, 1700000250, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT(strncmp(again, "yoke rates 1\n123456789 12", 25) == 0);
    free(again);
    yk_profile_free(&profile);
}

/* Cut anywhere, in memory that ends there: the whole lines count, the rest does not. */
static void test_truncated(void)
{
    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct yk_guard guard = yk_guard_alloc(cut, YK_GUARD_END);
        struct yk_profile profile;
        size_t lines = 0;
        memcpy(guard.data, text, cut);
        for (size_t k = 0; k < cut; k++)
            lines += text[k] == '\n';
        CU_ASSERT_TRUE_FATAL(yk_profile_parse(&profile, (const char *)guard.data, cut));
        CU_ASSERT_EQUAL(profile.count, lines ? lines - 1 : 0);
        CU_ASSERT_EQUAL(profile.ignored, cut > 0 && text[cut - 1] != '\n');
        yk_profile_free(&profile);
        CU_ASSERT_TRUE(yk_guard_free(&guard));
    }
}

static void test_damaged(void)
{
    static const char *const lines[] = {
        "-1 12 0 0 5 16 0000000000001234 w|d",  /* negative */
        "nan 12 0 0 5 16 0000000000001234 w|d", /* no number */
        "inf 12 0 0 5 16 0000000000001234 w|d",
        "1e9 12 0 0 5 16 0000000000001234 w|d",
        "0 12 0 0 5 16 0000000000001234 w|d",                    /* a rate of nothing */
        "1000000000000000001 12 0 0 5 16 0000000000001234 w|d",  /* over the bound */
        "18446744073709551617 12 0 0 5 16 0000000000001234 w|d", /* over 64 bits */
        "99999999999999999999999999 12 0 0 5 16 0000000000001234 w|d",
        "9 0 0 0 5 16 0000000000001234 w|d",              /* no samples */
        "9 101 0 0 5 16 0000000000001234 w|d",            /* more than are counted */
        "9 12 12 0 5 16 0000000000001234 w|d",            /* should have been flushed */
        "9 12 0 3600000000001 5 16 0000000000001234 w|d", /* a set-up of over an hour */
        "9 12 0 0 9223372036854775808 16 0000000000001234 w|d",
        "9 12 0 0 5 64 0000000000001234 w|d", /* 2^64 pixels */
        "9 12 0 0 5 16 000000000000123 w|d",  /* 15 digits */
        "9 12 0 0 5 16 000000000000123G w|d",
        "9 12 0 0 5 16 00000000000012345 w|d",
        "9 12 0 0 5 16 000000000000123A w|d",
        "9 12 0 0 5 16 0000000000001234 wd", /* no bar */
        "9 12 0 0 5 16 0000000000001234 |d",
        "9 12 0 0 5 16 0000000000001234 w|",
        "9 12 0 0 5 16 0000000000001234 w\x1b[2J|d", /* a control character */
        "9 12 0 0 5 16 0000000000001234 w|d\x7f",
        "9  12 0 0 5 16 0000000000001234 w|d", /* two blanks */
        " 9 12 0 0 5 16 0000000000001234 w|d",
        "9 12 0 0 5 16",
        "9",
        "",
    };
    struct yk_profile profile;
    char all[8192] = "yoke rates 1\n";
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        strcat(strcat(all, lines[k]), "\n");
        if (k % 5 == 0)
            strcat(all, "9 12 0 0 5 16 0000000000001234 w|d\n");
    }
    CU_ASSERT_TRUE_FATAL(yk_profile_parse(&profile, all, strlen(all)));
    CU_ASSERT_EQUAL(profile.count, 6);
    CU_ASSERT_EQUAL(profile.ignored, sizeof lines / sizeof *lines);
    yk_profile_free(&profile);
    /* Texts that are too long, and one that just fits. */
    char name[YK_PROFILE_WORK + 1];
    memset(name, 'w', sizeof name);
    for (int length = YK_PROFILE_WORK - 1; length <= YK_PROFILE_WORK; length++) {
        snprintf(all, sizeof all, "yoke rates 1\n9 12 0 0 5 16 0000000000001234 %.*s|d\n", length, name);
        CU_ASSERT_TRUE_FATAL(yk_profile_parse(&profile, all, strlen(all)));
        CU_ASSERT_EQUAL(profile.count, length < YK_PROFILE_WORK);
        yk_profile_free(&profile);
    }
}

static void test_versions(void)
{
    static const char *const first[] = {
        "yoke rates 2\n",   "yoke rates 10\n", "yoke rates 1 \n", "Yoke rates 1\n", "\n",
        "yoke rates 1\r\n", "\x89PNG\r\n"};
    for (size_t k = 0; k < sizeof first / sizeof *first; k++) {
        struct yk_profile profile;
        char all[1024];
        snprintf(all, sizeof all, "%s%s", first[k], strchr(text, '\n') + 1);
        CU_ASSERT_TRUE_FATAL(yk_profile_parse(&profile, all, strlen(all)));
        CU_ASSERT_EQUAL(profile.count, 0);
        CU_ASSERT_EQUAL(profile.ignored, 1);
        yk_profile_free(&profile);
    }
}

/* What no longer fits is what was learnt first. */
static void test_cap(void)
{
    const size_t count = 4000;
    struct yk_profile profile = {.count = count, .capacity = count}, again;
    char device[YK_PROFILE_DEVICE];
    size_t size = 0;
    profile.entries = calloc(count, sizeof *profile.entries);
    CU_ASSERT_PTR_NOT_NULL_FATAL(profile.entries);
    memset(device, 'd', sizeof device);
    device[sizeof device - 1] = '\0';
    for (size_t k = 0; k < count; k++)
        profile.entries[k] = profile_entry(device, 16, 1000 + k, 12, 1 + (k * 1237) % count);
    char *all = yk_profile_print(&profile, count, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    CU_ASSERT(size <= YK_PROFILE_BYTES && size > YK_PROFILE_BYTES - 700);
    CU_ASSERT_TRUE_FATAL(yk_profile_parse(&again, all, size));
    CU_ASSERT(again.count > 1000 && again.count < count);
    CU_ASSERT_EQUAL(again.ignored, 0);
    for (size_t k = 0; k < again.count; k++)
        CU_ASSERT_EQUAL(again.entries[k].learnt, count - k);
    yk_profile_free(&again);
    yk_profile_free(&profile);
    free(all);
}

/* ---- rules ---- */

static void test_samples(void)
{
    struct yk_profile_rate sum = {0};
    yk_profile_sample(&sum, 5.0); /* the first is dropped */
    CU_ASSERT(sum.begun && sum.samples == 0 && sum.rate == 0);
    yk_profile_sample(&sum, 1000.0);
    CU_ASSERT(sum.samples == 1 && sum.rate == 1000);
    yk_profile_sample(&sum, 1400.0); /* (1000 + 1400) / 2 */
    CU_ASSERT(sum.samples == 2 && sum.rate == 1200);
    yk_profile_sample(&sum, 1800.0); /* 1.5 times as much, no more: (2 * 1200 + 1800) / 3 */
    CU_ASSERT(sum.samples == 3 && sum.rate == 1400 && sum.rejects == 0);
    yk_profile_sample(&sum, 2101.0); /* over 1.5 x 1400 */
    yk_profile_sample(&sum, 933.0);  /* below 1400 / 1.5 */
    CU_ASSERT(sum.samples == 3 && sum.rate == 1400 && sum.rejects == 2);
    yk_profile_sample(&sum, 1400.0);
    CU_ASSERT(sum.samples == 4 && sum.rate == 1400 && sum.rejects == 2);
    yk_profile_sample(&sum, 5000.0);
    yk_profile_sample(&sum, 5000.0); /* as many rejects as samples: it was wrong */
    CU_ASSERT(sum.samples == 0 && sum.rate == 0 && sum.rejects == 0 && sum.begun);
    yk_profile_sample(&sum, 5000.0);
    CU_ASSERT(sum.samples == 1 && sum.rate == 5000);
    static const double none[] = {0.0, -3.0, 0.5, 1e19};
    for (size_t k = 0; k < sizeof none / sizeof *none; k++)
        yk_profile_sample(&sum, none[k]);
    yk_profile_sample(&sum, (double)NAN);
    yk_profile_sample(&sum, (double)INFINITY);
    CU_ASSERT(sum.samples == 1 && sum.rate == 5000 && sum.rejects == 0);
    for (unsigned k = 0; k < 500; k++)
        yk_profile_sample(&sum, 5000.0);
    CU_ASSERT_EQUAL(sum.samples, 100);
    yk_profile_sample(&sum, 6010.0); /* (100 * 5000 + 6010) / 101 = 5010 */
    CU_ASSERT(sum.samples == 100 && sum.rate == 5010);
}

static void test_merge(void)
{
    struct yk_profile_rate known = {0}, none = {.begun = true, .rejects = 3};
    struct yk_profile_rate run = {.rate = 1000, .samples = 8, .rejects = 1, .begun = true, .setup_ns = 900};
    yk_profile_merge(&known, &none);
    CU_ASSERT(known.samples == 0 && known.rejects == 0);
    yk_profile_merge(&known, &run); /* the first set-up is not believed: everything was compiled */
    CU_ASSERT(known.rate == 1000 && known.samples == 8 && known.rejects == 1 && known.setup_ns == 0);
    run = (struct yk_profile_rate){.rate = 1300, .samples = 4, .begun = true, .setup_ns = 700};
    yk_profile_merge(&known, &run); /* (8 * 1000 + 4 * 1300) / 12 */
    CU_ASSERT(known.rate == 1100 && known.samples == 12 && known.rejects == 1 && known.setup_ns == 700);
    run = (struct yk_profile_rate){.rate = 2000, .samples = 10, .begun = true, .setup_ns = 800};
    yk_profile_merge(&known, &run);
    CU_ASSERT(known.rate == 1100 && known.samples == 12 && known.rejects == 11 && known.setup_ns == 700);
    run.samples = 1;
    yk_profile_merge(&known, &run); /* 12 rejects of 12: what the last run said */
    CU_ASSERT(known.rate == 2000 && known.samples == 1 && known.rejects == 0);
    run = (struct yk_profile_rate){.rate = 2000, .samples = 100, .begun = true, .setup_ns = 10};
    yk_profile_merge(&known, &run);
    CU_ASSERT(known.samples == 100 && known.setup_ns == 10);
}

static void test_use(void)
{
    enum { NOW = 100000000, DAY = 24 * 3600 };
    struct yk_profile_entry entries[] = {
        profile_entry("a", 20, 100, 10, NOW),
        profile_entry("a", 22, 200, 10, NOW),
        profile_entry("b", 20, 300, 9, NOW),
        profile_entry("c", 20, 400, 10, NOW - 30 * DAY),
        profile_entry("d", 20, 500, 10, NOW - 30 * DAY - 1),
        profile_entry("e", 20, 600, 10, NOW + 1),
    };
    struct yk_profile profile = {.entries = entries, .count = sizeof entries / sizeof *entries};
    static const struct {
        const char *device;
        unsigned size;
        uint64_t rate; /* 0: none */
    } cases[] = {
        {"a", 20, 100}, {"a", 19, 100}, {"a", 17, 100}, {"a", 16, 0},
        {"a", 22, 200}, {"a", 25, 200}, {"a", 26, 0}, /* more than a factor of 8 away */
        {"b", 20, 0},                                 /* too few samples */
        {"c", 20, 400}, {"d", 20, 0},   {"e", 20, 0}, /* as old as may be, older, not yet */
        {"f", 20, 0},                                 /* another driver */
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct yk_profile_key key = profile_entry(cases[k].device, cases[k].size, 1, 1, 1).key;
        const struct yk_profile_entry *entry = yk_profile_use(&profile, &key, NOW);
        CU_ASSERT_EQUAL(entry ? entry->rate.rate : 0, cases[k].rate);
        key.kernels++;
        CU_ASSERT_PTR_NULL(yk_profile_use(&profile, &key, NOW));
        key.kernels--;
        strcpy(key.work, "blur*2^5 rgb8");
        CU_ASSERT_PTR_NULL(yk_profile_use(&profile, &key, NOW));
    }
}

static void test_identity(void)
{
    struct yk_device_info info = {
        .backend = "cl", .name = "GPU|9\n", .platform = "P", .driver = "1.2", .ordinal = 1, .units = 40};
    char device[YK_PROFILE_DEVICE];
    yk_profile_device(device, &info, 7);
    CU_ASSERT_STRING_EQUAL(device, "cl|P|GPU 9 |1.2|1|40");
    memcpy(info.backend, "cpu", 4);
    memcpy(info.id, "cpu", 4);
    yk_profile_device(device, &info, 7);
    CU_ASSERT_STRING_EQUAL(device, "cpu|P|GPU 9 |1.2|1|7");
    memset(info.name, 'n', sizeof info.name - 1);
    memset(info.platform, 'p', sizeof info.platform - 1);
    memset(info.driver, 'd', sizeof info.driver - 1);
    info.ordinal = info.units = UINT32_MAX;
    yk_profile_device(device, &info, UINT32_MAX);
    CU_ASSERT_STRING_EQUAL(strrchr(device, '|'), "|4294967295");
}

void yk_suite_profile(void)
{
    CU_pSuite suite = CU_add_suite("profile", NULL, NULL);
    CU_add_test(suite, "text and back", test_round_trip);
    CU_add_test(suite, "cut at every byte", test_truncated);
    CU_add_test(suite, "damaged lines", test_damaged);
    CU_add_test(suite, "other versions", test_versions);
    CU_add_test(suite, "one megabyte", test_cap);
    CU_add_test(suite, "samples", test_samples);
    CU_add_test(suite, "merging", test_merge);
    CU_add_test(suite, "what is used", test_use);
    CU_add_test(suite, "who a device is", test_identity);
    CU_add_test(suite, "two writers", test_profile_writers);
    CU_add_test(suite, "files that are left alone", test_profile_refused);
    CU_add_test(suite, "the default file", test_profile_path);
    CU_add_test(suite, "kinds of work", test_profile_kinds);
    CU_add_test(suite, "learning in a run", test_profile_learning);
    CU_add_test(suite, "starting with what is known", test_profile_recall);
    CU_add_test(suite, "a busy CPU", test_profile_busy);
    CU_add_test(suite, "the last file", test_profile_tail);
    CU_add_test(suite, "runs that learn", test_profile_runs);
    CU_add_test(suite, "one device", test_profile_one_device);
    CU_add_test(suite, "calibrated runs", test_profile_calibrated);
    CU_add_test(suite, "a slow device", test_profile_slow_device);
}
