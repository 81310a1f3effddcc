/* SPDX-License-Identifier: MIT
 * host/sched: what the simulator refuses, and the trace of a run. */
#include "test_sim.h"

#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "support.h"

static enum yk_status try_setup(const struct yk_sim_setup *setup, const char *text)
{
    struct yk_sim_result result = {.packages = 77};
    struct yk_error error = {YK_OK, ""};
    enum yk_status status = yk_sim_run(setup, &result, &error);
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, text));
    CU_ASSERT_EQUAL(result.packages, 77); /* nothing is written on failure */
    CU_ASSERT_EQUAL(yk_sim_run(setup, &result, NULL), status);
    return status;
}

void test_sim_errors(void)
{
    const struct yk_sim_setup good = sim_setup("auto", 100, sim_plain(1, 1), sim_plain(1, 2));
    struct yk_sim_setup setup = good;
    setup.policy = "banana";
    CU_ASSERT_EQUAL(try_setup(&setup, "unknown schedule 'banana'"), YK_ERR_UNKNOWN);
    setup = good;
    setup.devices[0].fail_at = setup.devices[1].fail_at = 1;
    CU_ASSERT_EQUAL(try_setup(&setup, "every simulated device failed"), YK_ERR_DEVICE);
    const struct {
        uint64_t rows, granule;
        unsigned devices, lanes, slots;
        double rate, noise;
    } bad[] = {{0, 1, 2, 1, 1, 1, 0},    {100, 101, 2, 1, 1, 1, 0},      {100, 1, 0, 1, 1, 1, 0},
               {100, 1, 33, 1, 1, 1, 0}, {100, 1, 2, 0, 1, 1, 0},        {100, 1, 2, 1, 0, 1, 0},
               {100, 1, 2, 1, 3, 1, 0},  {100, 1, 2, 1, 1, 0, 0},        {100, 1, 2, 1, 1, -1, 0},
               {100, 1, 2, 1, 1, 1, -1}, {UINT64_MAX, 1, 2, 1, 1, 1, 0}, {100, 1, 2, 1025, 1, 1, 0}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        setup = good;
        setup.rows = bad[k].rows;
        setup.granule = bad[k].granule;
        setup.device_count = bad[k].devices;
        setup.devices[1].lanes = bad[k].lanes;
        setup.devices[1].slots = bad[k].slots;
        setup.devices[1].rate = bad[k].rate;
        setup.devices[1].noise = bad[k].noise;
        CU_ASSERT_EQUAL(try_setup(&setup, "simulat"), YK_ERR_INVALID);
    }
    /* Figures at their bounds: the clock stops, the run ends. */
    setup = good;
    setup.policy = "dynamic:1";
    setup.profile = YK_SIM_OFF;
    setup.devices[0].rate = setup.devices[1].rate = 1e-15;
    setup.devices[0].slow_factor = 1e6;
    setup.devices[1].noise = 10;
    setup.devices[1].latency_ns = setup.devices[1].overhead_ns = setup.devices[1].cold_ns = 1e18;
    CU_ASSERT_EQUAL(sim_run(&setup).packages, 100);
    setup.policy = "auto";
    CU_ASSERT_EQUAL(sim_run(&setup).devices[0].retired, false);
    const double speeds[YK_SIM_DEVICES + 1] = {1, 0};
    CU_ASSERT_EQUAL(yk_sim_machine(&setup, speeds, 0, 200, NULL), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_sim_machine(&setup, speeds, YK_SIM_DEVICES + 1, 200, NULL), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_sim_machine(&setup, speeds, 2, 200, NULL), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_sim_machine(&setup, speeds, 1, 0, NULL), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(yk_sim_machine(&setup, speeds, 1, 200, NULL), YK_OK);
    struct yk_sim_series series = {.setup = good};
    struct yk_sim_summary summary;
    CU_ASSERT_EQUAL(yk_sim_series_run(&series, &summary, NULL), YK_ERR_INVALID);
    series.seeds = 2;
    series.setup.policy = "";
    CU_ASSERT_EQUAL(yk_sim_series_run(&series, &summary, NULL), YK_ERR_UNKNOWN);
}

void test_sim_trace(void)
{
    char *text = NULL;
    size_t size = 0, spans = 0, retired = 0, k;
    FILE *to = open_memstream(&text, &size);
    struct yk_sim_setup setup = sim_setup("dynamic:100", 1000, sim_plain(10, 1), sim_plain(20, 2));
    setup.devices[0].fail_at = 2;
    setup.trace = yk_trace_make();
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    CU_ASSERT_PTR_NOT_NULL_FATAL(setup.trace);
    struct yk_sim_result result = sim_run(&setup);
    CU_ASSERT_EQUAL(yk_trace_write(setup.trace, to, NULL), YK_OK);
    CU_ASSERT_EQUAL(fclose(to), 0);
    yk_trace_free(setup.trace);
    json_t *events = json_loads(text, 0, NULL), *event;
    json_int_t rows = 0;
    double last = 0.0;
    json_array_foreach(events, k, event)
    {
        json_t *arguments = json_object_get(event, "args");
        const char *phase = json_string_value(json_object_get(event, "ph"));
        const char *name = json_string_value(json_object_get(event, "name"));
        double end = json_number_value(json_object_get(event, "ts")) +
                     json_number_value(json_object_get(event, "dur"));
        CU_ASSERT_FATAL(phase && name);
        retired += strcmp(name, "device retired") == 0;
        if (strcmp(phase, "X") != 0)
            continue;
        spans++;
        last = end > last ? end : last;
        if (strcmp(name, "package") == 0)
            rows += json_integer_value(json_object_get(arguments, "y1")) -
                    json_integer_value(json_object_get(arguments, "y0"));
    }
    CU_ASSERT_EQUAL(spans, result.packages);
    CU_ASSERT_EQUAL(rows, 1000);
    CU_ASSERT_EQUAL(retired, 1);
    CU_ASSERT_DOUBLE_EQUAL(last, (double)result.makespan_ns / 1e3, 0.01); /* in microseconds */
    json_decref(events);
    free(text);
}
