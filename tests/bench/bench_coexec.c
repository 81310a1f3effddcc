/* SPDX-License-Identifier: MIT
 * Real co-execution: rows of one image on two devices, each driven by a thread of its own, against each
 * device alone. Only the region is timed, from the first claim to the last commit: nothing is decoded or
 * encoded.
 *
 * usage: bench_coexec [-n ROUNDS] [-p PIPELINE] [-w WIDTH] [-r RATIO] [FIRST [SECOND]]
 *        bench_coexec transfers [-n ROUNDS] [-w WIDTH] [DEVICE]
 *
 * FIRST and SECOND are device ids: cpu and one part of PoCL's device. They are compared as they are, and with
 * one of them slowed down (it sleeps, as a slow device would work elsewhere) until the first is 1, 2, 5, 20
 * times as fast as the second; RATIO: only so many times, 0 as they are. WIDTH is a multiple of 64. PIPELINE
 * is by default the one for which both are nearest to each other, the CPU 7 to 10 times as fast: a device
 * that sleeps fifteen sixteenths of its time finds its caches cold at each package, and the factor multiplies
 * what that costs. The second form shows what working on the host's memory, and what a second band in flight,
 * brings on one OpenCL device. Only a machine without other work gives figures to believe.
 *
 * Exit: 0, 1 a gate was missed, 2 usage, 70 something failed, 77 there are no such devices.
 */
#include "coexec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cl_device.h"
#include "clock.h"

/* Gates for two cores without a GPU (published efficiencies: 0.84 to 0.91). */
static const double LEAST_LONG = 0.90, LEAST_SHORT = 0.80, LEAST_BALANCE = 0.88, MOST_REGRET = 0.08;
static const double MOST_PACKAGE_US = 20.0, MOST_SHARE = 0.03;

enum { ROUNDS_MAX = 99, POLICIES = 7 };

/* What is run in turns: "told" means that the rates of earlier runs are known. */
static const struct way {
    const char *name, *sched;
    unsigned alone; /* 1: the first device, 2: the second one, 0: both */
    bool told;
} ways[POLICIES] = {
    {"first alone", "single", 1, true},    {"second alone", "single", 2, true}, {"static", NULL, 0, true},
    {"dynamic:32", "dynamic:32", 0, true}, {"guided", "guided", 0, true},       {"auto", "auto", 0, true},
    {"auto, cold", "auto", 0, false},
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_size);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

struct figures {
    double ms[ROUNDS_MAX], balance[ROUNDS_MAX], packages[ROUNDS_MAX], package_us[ROUNDS_MAX];
    double vain_us[ROUNDS_MAX]; /* waking and asks in vain, for a package */
    double share[ROUNDS_MAX];   /* of the job's time: all of the scheduler, waking and asks in vain too */
};

static void keep(struct figures *to, unsigned round, const struct coexec_outcome *outcome, double scale)
{
    to->ms[round] = (double)outcome->region_ns / 1e6 * scale;
    to->balance[round] = (double)outcome->first_end_ns / (double)outcome->region_ns;
    to->packages[round] = outcome->packages;
    to->package_us[round] = (double)outcome->scheduler_ns / 1e3 / outcome->packages;
    to->vain_us[round] = (double)outcome->vain_ns / 1e3 / outcome->packages;
    to->share[round] = (double)(outcome->scheduler_ns + outcome->vain_ns) / (double)outcome->region_ns;
}

static bool gate(const char *what, double got, double limit, bool at_least)
{
    bool good = at_least ? got >= limit : got <= limit;
    printf("  %-4s %-38s %7.3f, %s %.3f\n", good ? "ok" : "MISS", what, got,
           at_least ? "at least" : "at most", limit);
    return good;
}

/* All ways in turns on one length of job. Returns the number of gates missed, negative on failure. */
static int compare(struct coexec *bench, double job_ms, unsigned rounds)
{
    struct figures figures[POLICIES];
    struct coexec_outcome outcome;
    char divided[64] = "static:1,1";
    double ms[POLICIES], first = coexec_rate(bench, 0), second = coexec_rate(bench, 1);
    if (!coexec_size(bench, (uint32_t)(job_ms * fmax(first, second))))
        return -1;
    /* Alone, the slower device does only as many rows as it can in that time; its time for all follows. */
    uint64_t all = bench->job.source->height, part[POLICIES] = {0};
    part[0] = (uint64_t)ceil((double)all * fmin(1.0, first / second));
    part[1] = (uint64_t)ceil((double)all * fmin(1.0, second / first));
    for (unsigned round = 0; round < rounds + 1; round++) /* round 0 warms up and is not kept */
        for (unsigned k = 0; k < POLICIES; k++) {
            const char *sched = ways[k].sched ? ways[k].sched : divided;
            if (!coexec_run(bench, sched, ways[k].alone, ways[k].told, part[k], &outcome))
                return -1;
            if (round > 0)
                keep(&figures[k], round - 1, &outcome, part[k] ? (double)all / (double)part[k] : 1.0);
            if (k == 1)
                snprintf(divided, sizeof divided, "static:%.4f,%.4f", coexec_rate(bench, 0),
                         coexec_rate(bench, 1));
        }
    for (unsigned k = 0; k < POLICIES; k++)
        ms[k] = median(figures[k].ms, rounds);
    double best = fmin(ms[0], ms[1]), most = best / ms[0] + best / ms[1];
    printf("\n%u rows of %u pixels; alone %.0f and %.0f ms, so at most %.2f times as fast; %u rounds\n",
           bench->job.source->height, bench->job.source->width, ms[0], ms[1], most, rounds);
    printf("%-14s %9s %11s %8s %8s %9s %11s %8s\n", "schedule", "median ms", "efficiency", "balance",
           "regret", "packages", "us/package", "waking");
    int missed = 0;
    for (unsigned k = 0; k < POLICIES; k++) {
        double efficiency = best / ms[k] / most, regret = ms[k] / best - 1.0;
        double balance = median(figures[k].balance, rounds), packages = median(figures[k].packages, rounds);
        double package_us = median(figures[k].package_us, rounds),
               vain_us = median(figures[k].vain_us, rounds);
        if (ways[k].alone)
            printf("%-14s %9.1f %11s %8s %7.1f%% %9.0f %11.2f %8.2f\n", ways[k].name, ms[k], "", "",
                   100 * regret, packages, package_us, vain_us);
        else
            printf("%-14s %9.1f %11.3f %8.3f %7.1f%% %9.0f %11.2f %8.2f\n", ways[k].name, ms[k], efficiency,
                   balance, 100 * regret, packages, package_us, vain_us);
        if (strcmp(ways[k].name, "auto") != 0)
            continue;
        double share = median(figures[k].share, rounds);
        missed += !gate("auto: efficiency", efficiency, job_ms >= 1000 ? LEAST_LONG : LEAST_SHORT, true);
        missed += !gate("auto: balance", balance, LEAST_BALANCE, true);
        missed += !gate("auto: regret against the best device", regret, MOST_REGRET, false);
        missed += !gate("auto: us of scheduling for a package", package_us, MOST_PACKAGE_US, false);
        missed += !gate("auto: its share of the job", share, MOST_SHARE, false);
    }
    return missed;
}

/* What copies cost and what a second band in flight brings. */
static int transfers(struct coexec *bench, unsigned rounds)
{
    static const char *const pipelines[] = {"invert", "blur 2 | sharpen 1"};
    double ms[4][ROUNDS_MAX], cpu_ms[4][ROUNDS_MAX];
    struct coexec_outcome outcome;
    struct yk_cl_device *device = (struct yk_cl_device *)(void *)bench->devices[0];
    if (strcmp(yk_device_describe(bench->devices[0])->backend, "cl") != 0) {
        fprintf(stderr, "bench_coexec: transfers wants an OpenCL device\n");
        return -1;
    }
    bool unified = device->unified;
    for (size_t p = 0; p < sizeof pipelines / sizeof *pipelines; p++) {
        if (!coexec_plan(bench, pipelines[p]) || !coexec_size(bench, 2000))
            return -1;
        for (unsigned round = 0; round < rounds + 1; round++)
            for (unsigned k = 0; k < 4; k++) {
                device->unified = unified && k % 2;
                bench->slots = k / 2 + 1;
                if (!coexec_run(bench, "dynamic:128", 1, false, 0, &outcome))
                    return -1;
                if (round == 0)
                    continue;
                ms[k][round - 1] = (double)outcome.region_ns / 1e6;
                cpu_ms[k][round - 1] = (double)outcome.cpu_ns / 1e6;
            }
        printf("%s, %u rows of %u pixels, bands of 128 rows, medians of %u:\n", pipelines[p],
               bench->job.source->height, bench->job.source->width, rounds);
        for (unsigned k = 0; k < 4; k++)
            printf("  %u slot%s, %-28s %8.1f ms, %8.1f ms of processor time\n", k / 2 + 1, k / 2 ? "s" : " ",
                   k % 2 == 0 ? "copies"
                   : unified  ? "on the host's memory"
                              : "copies (no unified memory)",
                   median(ms[k], rounds), median(cpu_ms[k], rounds));
    }
    device->unified = unified;
    return 0;
}

/* Both lengths of job on a pair of devices, the first one `ratio` times as fast as the second; 0: as they
 * are. */
static int compare_pair(const char *const *names, const char *pipeline, uint32_t width, unsigned rounds,
                        double ratio)
{
    struct coexec bench;
    int code = coexec_open(&bench, names, 2, width), missed = code ? -code : 0;
    if (code == 0) {
        if (ratio > 0)
            printf("wanted: the first one %g times as fast\n", ratio);
        bool good = coexec_plan(&bench, pipeline) && coexec_size(&bench, 512) && coexec_measure(&bench) &&
                    (ratio <= 0 || coexec_throttle(&bench, ratio));
        int brief = good ? compare(&bench, 200, rounds) : -1,
            lengthy = brief < 0 ? -1 : compare(&bench, 2200, rounds);
        missed = lengthy < 0 ? -70 : brief + lengthy;
        printf("\n");
    }
    coexec_close(&bench);
    return missed;
}

static int move(const char *name, uint32_t width, unsigned rounds)
{
    struct coexec bench;
    int code = coexec_open(&bench, &name, 1, width);
    if (code == 0 && transfers(&bench, rounds) < 0)
        code = 70;
    coexec_close(&bench);
    return code;
}

int main(int argc, char **argv)
{
    bool moving = argc > 1 && strcmp(argv[1], "transfers") == 0;
    const char *pipeline = moving ? "invert" : "bilateral 3 0.1",
               *names[2] = {moving ? "cl:0.0.1" : "cpu", "cl:0.0.1"};
    unsigned rounds = 5, width = moving ? 1024 : 128, named = 0;
    double ratios[] = {0, 1, 2, 5, 20};
    size_t pairs = sizeof ratios / sizeof *ratios;
    int option;
    optind = moving ? 2 : 1;
    while ((option = getopt(argc, argv, "n:p:r:w:")) != -1)
        if (option == 'n')
            rounds = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'p')
            pipeline = optarg;
        else if (option == 'r') {
            ratios[0] = strtod(optarg, NULL);
            pairs = 1;
        } else if (option == 'w')
            width = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    while (optind < argc && named < (moving ? 1 : 2))
        names[named++] = argv[optind++];
    if (optind < argc || rounds < 1 || rounds > ROUNDS_MAX || width < 64 || width % 64 || width > 100000 ||
        !(ratios[0] >= 0 && ratios[0] <= 1000)) {
        fprintf(stderr, "bench_coexec: wrong usage; see the head of its source\n");
        return 2;
    }
    /* Two devices of one unit each, their threads on a core of their own (PoCL). */
    setenv("YOKE_CL_SPLIT", "1,1", 0);
    setenv("POCL_AFFINITY", "1", 0);
    setenv("POCL_MAX_PTHREAD_COUNT", "2", 0);
    setenv("POCL_CPU_MAX_CU_COUNT", "2", 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (moving)
        return move(names[0], width, rounds);
    int missed = 0;
    for (size_t k = 0; k < pairs; k++) {
        int more = compare_pair(names, pipeline, width, rounds, ratios[k]);
        if (more < 0)
            return -more;
        missed += more;
    }
    printf("%d gate%s missed\n", missed, missed == 1 ? "" : "s");
    return missed > 0;
}
