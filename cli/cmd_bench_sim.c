/* SPDX-License-Identifier: MIT
 * `yoke bench sim`: a schedule in the virtual-clock simulator, against its gates. */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/sim.h>

#include "bench_sim.h"
#include "escape.h"
#include "exit.h"

static const char *const shapes[] = {"all", "flat", "ramp", "burst", NULL};
static const char *const profiles[] = {"exact", "near", "off", "none", "learned", NULL};

static const struct cli_option options[] = {
    {"policy", 0, CLI_TEXT, offsetof(struct sim_values, policy), "POLICY", NULL, 0, 0,
     "as --sched of yoke image: auto (the default), single[:N], static[:W,...], dynamic[:ROWS], guided[:K]"},
    {"ratio", 0, CLI_TEXT, offsetof(struct sim_values, ratio), "A:B", NULL, 0, 0,
     "speeds of the devices, up to 32: first the CPU, then others (default: 1:1, 1:2, 1:5, 1:20, 1:100)"},
    {"shape", 0, CLI_CHOICE, offsetof(struct sim_values, shape), NULL, shapes, 0, 0,
     "what rows cost: the same, growing down the image to 4 times, 4 times in one quarter (default: all)"},
    {"ms", 0, CLI_NUMBER, offsetof(struct sim_values, ms), "N", NULL, 1, 1000000000,
     "length of the job on the fastest device alone (default: 200 and 2000)"},
    {"profile", 0, CLI_CHOICE, offsetof(struct sim_values, profile), NULL, profiles, 0, 0,
     "what is known of the devices: all, within 20 %, wrong by about 2, nothing, what two jobs before taught "
     "(default: exact)"},
    {"seeds", 0, CLI_NUMBER, offsetof(struct sim_values, seeds), "N", NULL, 1, 1000000,
     "runs of each case, which differ in their noise (default: 40)"},
    {"lanes", 0, CLI_NUMBER, offsetof(struct sim_values, lanes), "N", NULL, 1, YK_SIM_LANES,
     "threads of the CPU, together of the same speed (default: 1)"},
    {"halo", 0, CLI_NUMBER, offsetof(struct sim_values, halo), "ROWS", NULL, 0, 4096,
     "rows that each package computes beside its own (default: 0)"},
    {"rows", 0, CLI_NUMBER, offsetof(struct sim_values, rows), "N", NULL, 1, 100000000,
     "rows of the job (default: 4096)"},
    {"overhead", 0, CLI_NUMBER, offsetof(struct sim_values, overhead), "US", NULL, 1, 1000000000,
     "microseconds that a package of the devices beside the CPU costs more than its rows (default: 300)"},
    {"latency", 0, CLI_NUMBER, offsetof(struct sim_values, latency), "US", NULL, 1, 1000000000,
     "microseconds until such a package can begin, unless another one runs meanwhile (default: 0)"},
    {"cold", 0, CLI_NUMBER, offsetof(struct sim_values, cold), "US", NULL, 1, 1000000000,
     "microseconds that their first package costs more (default: 5000)"},
    {"slow", 0, CLI_TEXT, offsetof(struct sim_values, slow), "DEV@MS=F", NULL, 0, 0,
     "device DEV (0: the CPU) is F times slower from MS on"},
    {"fail", 0, CLI_TEXT, offsetof(struct sim_values, fail), "DEV@N", NULL, 0, 0,
     "package number N (from 1) of device DEV fails"},
    {"hang", 0, CLI_TEXT, offsetof(struct sim_values, hang), "DEV@N", NULL, 0, 0,
     "the same, but it hangs until its deadline of 5 s"},
    {"json", 0, CLI_FLAG, offsetof(struct sim_values, json), NULL, NULL, 0, 0, "as JSON"},
    {"trace", 0, CLI_PATH, offsetof(struct sim_values, trace), "FILE", NULL, 0, 0,
     "write the first run of the first case as a Chrome trace"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

/* ---- words ---- */

/* Reads a number up to one of the characters `ends` (or the end of the text); NULL: there is none. */
static const char *number(const char *text, const char *ends, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end > text && isfinite(*value) && (!*end || strchr(ends, *end)) ? end : NULL;
}

static bool read_speeds(const char *text, struct sim_case *it)
{
    for (const char *at = text; it->count < YK_SIM_DEVICES;) {
        at = number(at, ":", &it->speeds[it->count++]);
        if (!at || it->speeds[it->count - 1] < 1e-3 || it->speeds[it->count - 1] > 1e6)
            return false;
        if (!*at++)
            return true;
    }
    return false;
}

/* "DEV@A" or, with a factor, "DEV@A=F". */
static bool read_fault(const char *text, unsigned devices, unsigned *device, double *when, double *factor)
{
    double which;
    const char *at = number(text, "@", &which);
    if (!at || *at != '@' || !(which >= 0.0 && which < devices) || which != floor(which))
        return false;
    *device = (unsigned)which;
    at = number(at + 1, factor ? "=" : "", when);
    if (!at || !(*when >= 0.0 && *when <= 1e9))
        return false;
    if (!factor)
        return *when >= 1.0 && *when == floor(*when);
    at = *at == '=' ? number(at + 1, "", factor) : NULL;
    return at && *factor > 0.0 && *factor <= 1e6;
}

/* Puts the faults that were asked for into the setup; returns the option that makes no sense, NULL: none. */
static const char *set_faults(const struct sim_values *values, struct yk_sim_setup *setup)
{
    unsigned device, count = setup->device_count;
    double when, factor;
    if (values->slow) {
        if (!read_fault(values->slow, count, &device, &when, &factor))
            return values->slow;
        setup->devices[device].slow_at_ns = when * 1e6;
        setup->devices[device].slow_factor = factor;
    }
    if (values->fail) {
        if (!read_fault(values->fail, count, &device, &when, NULL))
            return values->fail;
        setup->devices[device].fail_at = (unsigned)when;
    }
    if (values->hang) {
        if (!read_fault(values->hang, count, &device, &when, NULL))
            return values->hang;
        setup->devices[device].hang_at = (unsigned)when;
    }
    return NULL;
}

/* ---- runs ---- */

/* Rows, and what packages cost, where that is not as in the gates. */
static void set_costs(const struct sim_values *values, struct yk_sim_setup *setup)
{
    double more = values->rows ? (double)values->rows / (double)setup->rows : 1.0;
    setup->rows = values->rows ? values->rows : setup->rows;
    for (unsigned k = 0; k < setup->device_count; k++) {
        struct yk_sim_device *device = &setup->devices[k];
        device->rate *= more;
        if (k > 0 && values->overhead)
            device->overhead_ns = (double)values->overhead * 1e3;
        if (k > 0 && values->latency)
            device->latency_ns = (double)values->latency * 1e3;
        if (k > 0 && values->cold)
            device->cold_ns = (double)values->cold * 1e3;
    }
}

/* Fills the setup of a case in; an exit code, or CLI_GO_ON. */
static int prepare(const struct cli_command *command, const struct sim_values *values, struct sim_case *it)
{
    struct yk_error error = {YK_OK, ""};
    if (yk_sim_machine(&it->series.setup, it->speeds, it->count, it->ms, &error) != YK_OK)
        return cli_usage_error(command, "%s", error.text);
    struct yk_sim_setup *setup = &it->series.setup;
    setup->policy = values->policy;
    setup->shape = it->shape;
    setup->profile = (enum yk_sim_profile)values->profile;
    setup->halo = values->halo;
    setup->seed = 1;
    setup->devices[0].lanes = (unsigned)values->lanes;
    set_costs(values, setup);
    it->series.seeds = (unsigned)values->seeds;
    const char *fault = set_faults(values, setup);
    if (fault)
        return cli_usage_error(command,
                               "'%s' is not a fault of one of %u devices; wanted is DEV@N, or DEV@MS=F",
                               fault, setup->device_count);
    return CLI_GO_ON;
}

static int write_trace(const char *path, const struct sim_case *it)
{
    struct yk_sim_setup setup = it->series.setup;
    struct yk_sim_result result;
    struct yk_error error = {YK_OK, ""};
    FILE *to = fopen(path, "w");
    if (!to) {
        cli_error("bench sim", "cannot write '%s': %s", path, strerror(errno));
        return EXIT_SOME_FAILED;
    }
    setup.trace = yk_trace_make();
    if (!setup.trace)
        yk_error_set(&error, YK_ERR_NOMEM, "out of memory for the trace");
    else if (yk_sim_run(&setup, &result, &error) == YK_OK)
        yk_trace_write(setup.trace, to, &error);
    yk_trace_free(setup.trace);
    if (fclose(to) != 0 && !error.status)
        yk_error_set(&error, YK_ERR_IO, "%s", strerror(errno));
    if (!error.status)
        return EXIT_DONE;
    cli_error("bench sim", "%s: %s", path, error.text);
    return error.status == YK_ERR_IO ? EXIT_SOME_FAILED : cli_exit_for(error.status);
}

/* Runs one case and notes it; the first one may also be traced. An exit code, or CLI_GO_ON. */
static int run_case(const struct cli_command *command, const struct sim_values *values, struct sim_case *it,
                    struct sim_report *report)
{
    struct yk_error error = {YK_OK, ""};
    int code = prepare(command, values, it);
    if (code != CLI_GO_ON)
        return code;
    if (yk_sim_series_run(&it->series, &it->summary, &error) != YK_OK) {
        cli_error("bench sim", "%s", error.text);
        return cli_exit_for(error.status);
    }
    it->misses = yk_sim_gate_misses(&it->series.setup, it->ms, &it->summary);
    bool first = sim_report_empty(report);
    sim_report_case(report, it);
    code = first && values->trace ? write_trace(values->trace, it) : EXIT_DONE;
    return code == EXIT_DONE ? CLI_GO_ON : code;
}

/* All shapes of one ratio and length. */
static int run_shapes(const struct cli_command *command, const struct sim_values *values, struct sim_case *it,
                      struct sim_report *report)
{
    int code = CLI_GO_ON;
    for (unsigned shape = YK_SIM_FLAT; shape <= YK_SIM_BURST && code == CLI_GO_ON; shape++)
        if (values->shape == 0 || values->shape - 1 == shape) {
            it->shape = (enum yk_sim_shape)shape;
            code = run_case(command, values, it, report);
        }
    return code;
}

/* All ratios of one length. */
static int run_length(const struct cli_command *command, const struct sim_values *values, double ms,
                      struct sim_report *report)
{
    struct sim_case it = {.ms = ms};
    double ratio;
    int code = CLI_GO_ON;
    if (values->ratio) {
        if (!read_speeds(values->ratio, &it))
            return cli_usage_error(command,
                                   "--ratio '%s': wanted are 1 to %d speeds of 0.001 to 1000000 with colons",
                                   values->ratio, YK_SIM_DEVICES);
        code = run_shapes(command, values, &it, report);
    }
    for (size_t k = 0; !values->ratio && code == CLI_GO_ON && yk_sim_gate_ratio(k, &ratio); k++) {
        it.count = 2;
        it.speeds[0] = 1.0;
        it.speeds[1] = ratio;
        code = run_shapes(command, values, &it, report);
    }
    if (code == CLI_GO_ON)
        sim_report_mean(report, ms, !values->ratio && values->shape == 0);
    return code;
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct sim_values values = {.policy = "auto", .seeds = 40, .lanes = 1};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &values, &words);
    if (code != CLI_GO_ON)
        return code;
    if (words.count > 0)
        code = cli_usage_error(command, "'%s': no arguments are wanted", words.words[0]);
    free(words.words);
    if (code != CLI_GO_ON)
        return code;
    struct sim_report report;
    double ms;
    sim_report_begin(&report, &values, profiles[values.profile]);
    if (values.ms)
        code = run_length(command, &values, (double)values.ms, &report);
    for (size_t k = 0; !values.ms && code == CLI_GO_ON && yk_sim_gate_ms(k, &ms); k++)
        code = run_length(command, &values, ms, &report);
    return sim_report_end(&report, code);
}

const struct cli_command cli_bench_sim = {
    .name = "bench sim",
    .arguments = "[OPTION]...",
    .doc = "Run a schedule on simulated devices, against its gates",
    .details = "The scheduler itself runs, on a virtual clock: the same figures everywhere, but\n"
               "for the time per package. eff: efficiency against all devices at full speed\n"
               "(mean, worst run, what 95 % reach); balance: first finish / last finish;\n"
               "regret: against the best device alone (negative: faster). Exit code 1: a gate\n"
               "was missed.\n",
    .options = options,
    .complete = "",
    .run = run,
};
