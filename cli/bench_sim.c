/* SPDX-License-Identifier: MIT
 * Table and JSON of `yoke bench sim` (contract in bench_sim.h). */
#include "bench_sim.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "exit.h"
#include "json_text.h"

static const char *const shape_names[] = {"flat", "ramp", "burst"};

/* What can be missed: a word in the table, a name in JSON. */
static const struct {
    unsigned bit;
    const char *word, *name;
} kinds[] = {
    {YK_SIM_MISS_EFFICIENCY, "eff", "efficiency"},
    {YK_SIM_MISS_BALANCE, "bal", "balance"},
    {YK_SIM_MISS_REGRET, "reg", "regret"},
    {YK_SIM_MISS_COST, "us", "cost"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

void sim_report_begin(struct sim_report *report, const struct sim_values *values, const char *profile)
{
    *report = (struct sim_report){.values = values, .profile = profile, .sound = true};
    if (values->json) {
        report->cases = json_array();
        report->means = json_array();
        report->no_memory = !report->cases || !report->means;
    }
}

bool sim_report_empty(const struct sim_report *report)
{
    return report->count == 0;
}

/* "1:20" */
static void put_speeds(const struct sim_case *it, char *text, size_t size)
{
    size_t used = 0;
    for (unsigned k = 0; k < it->count && used < size; k++) {
        int length = snprintf(text + used, size - used, "%s%g", k ? ":" : "", it->speeds[k]);
        used += length > 0 ? (size_t)length : size;
    }
}

static void put_row(const struct sim_case *it, const char *ratio)
{
    const struct yk_sim_summary *summary = &it->summary;
    printf("%-7s %-5s %6g %5.3f %5.3f %5.3f %7.3f %7.1f%% %5.0f %6.2f  ", ratio, shape_names[it->shape],
           it->ms, summary->efficiency, summary->efficiency_worst, summary->efficiency_p95, summary->balance,
           100.0 * summary->regret, summary->packages, summary->sched_ns / 1e3);
    for (size_t k = 0, first = 1; k < KINDS; k++)
        if (it->misses & kinds[k].bit) {
            printf("%s%s", first ? "" : ",", kinds[k].word);
            first = 0;
        }
    puts(it->misses ? "" : "pass");
}

static json_t *row_json(const struct sim_case *it, const char *ratio)
{
    const struct yk_sim_summary *summary = &it->summary;
    json_t *misses = json_array();
    for (size_t k = 0; k < KINDS && misses; k++)
        if ((it->misses & kinds[k].bit) && json_array_append_new(misses, json_string(kinds[k].name)) != 0) {
            json_decref(misses);
            misses = NULL;
        }
    return json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:o, s:f, s:f, s:f, s:f, s:f, s:i, s:o}", "ratio", ratio,
                     "shape", shape_names[it->shape], "ms", it->ms, "efficiency", summary->efficiency,
                     "efficiency_worst", summary->efficiency_worst, "efficiency_p95", summary->efficiency_p95,
                     "balance", summary->several ? json_real(summary->balance) : json_null(), "regret",
                     summary->regret, "regret_worst", summary->regret_worst, "packages", summary->packages,
                     "makespan_ms", summary->makespan_ns / 1e6, "ns_per_package", summary->sched_ns,
                     "runs_on_several", (int)summary->several, "misses", misses);
}

static void append(struct sim_report *report, json_t *array, json_t *entry)
{
    if (json_array_append_new(array, entry) != 0)
        report->no_memory = true;
}

void sim_report_case(struct sim_report *report, const struct sim_case *it)
{
    char ratio[YK_SIM_DEVICES * 16] = "";
    put_speeds(it, ratio, sizeof ratio);
    if (report->cases)
        append(report, report->cases, row_json(it, ratio));
    else if (!report->values->json) {
        if (report->count == 0) {
            printf("%s, profile %s, %llu runs each\n\n", report->values->policy, report->profile,
                   (unsigned long long)report->values->seeds);
            puts("ratio   shape     ms   eff worst   p95 balance   regret  pkgs us/pkg  gates");
        }
        put_row(it, ratio);
    }
    report->count++;
    report->in_length++;
    report->efficiency += it->summary.efficiency;
    report->missed = report->missed || it->misses;
    report->sound = report->sound && yk_sim_gate_sound(&it->series.setup);
}

void sim_report_mean(struct sim_report *report, double ms, bool whole)
{
    double mean = report->efficiency / report->in_length, gate = yk_sim_gate_for(ms).efficiency_mean;
    bool gated = whole && report->sound && gate > 0.0, pass = !gated || mean >= gate;
    if (report->means)
        append(report, report->means,
               json_pack("{s:f, s:i, s:f, s:o, s:b}", "ms", ms, "cases", (int)report->in_length, "efficiency",
                         mean, "gate", gated ? json_real(gate) : json_null(), "pass", (int)pass));
    else if (!report->values->json) {
        printf("mean of %-6u %6g %5.3f", report->in_length, ms, mean);
        if (gated)
            printf("%45s %s", "", pass ? "pass" : "eff");
        puts("\n");
    }
    report->missed = report->missed || !pass;
    report->in_length = 0;
    report->efficiency = 0.0;
}

static void put_gates(const struct sim_report *report)
{
    double ms;
    puts("Gates");
    for (size_t k = 0; report->sound && yk_sim_gate_ms(k, &ms); k++) {
        struct yk_sim_gate gate = yk_sim_gate_for(ms);
        printf("  eff       jobs of %g ms or more: each case %.2f, their mean %.2f\n", ms,
               gate.efficiency_case, gate.efficiency_mean);
    }
    if (report->sound)
        printf("  balance   %.2f, where several devices are used\n", YK_SIM_LEAST_BALANCE);
    printf("  regret    at most %g %%\n  us/pkg    at most %g\n", 100.0 * YK_SIM_MOST_REGRET,
           YK_SIM_MOST_SCHED_NS / 1e3);
}

int sim_report_end(struct sim_report *report, int code)
{
    bool whole = code == CLI_GO_ON;
    if (whole)
        code = report->missed ? EXIT_SOME_FAILED : EXIT_DONE;
    if (report->values->json && whole) {
        json_t *root = NULL;
        if (!report->no_memory)
            root =
                json_pack("{s:o, s:s, s:I, s:O, s:O, s:b}", "policy", cli_json_text(report->values->policy),
                          "profile", report->profile, "seeds", (json_int_t)report->values->seeds, "cases",
                          report->cases, "means", report->means, "pass", (int)!report->missed);
        code = cli_json_print("bench sim", root, code);
    } else {
        if (whole)
            put_gates(report);
        code = cli_close_output(code);
    }
    json_decref(report->cases);
    json_decref(report->means);
    return code;
}
