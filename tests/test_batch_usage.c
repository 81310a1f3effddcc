/* SPDX-License-Identifier: MIT
 * Batches: what a run was doing when, what bounds it, how well devices worked together; by hand-made figures,
 * and the sums of a real run. */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <math.h>
#include <string.h>

#include "batch_usage.h"
#include "support.h"

void test_batch_usage(void)
{
    struct yk_usage usage = {0};
    yk_usage_add(&usage, YK_USAGE_READ, 1, 100);
    yk_usage_add(&usage, YK_USAGE_CODEC, 1, 150);
    yk_usage_add(&usage, YK_USAGE_BANDS, 1, 200);
    yk_usage_add(&usage, YK_USAGE_CODEC, 1, 250);
    yk_usage_add(&usage, YK_USAGE_READ, -1, 300);
    yk_usage_add(&usage, YK_USAGE_CODEC, -1, 290); /* late by a lock: counts as 300 */
    yk_usage_add(&usage, YK_USAGE_BANDS, -1, 400);
    yk_usage_add(&usage, YK_USAGE_CODEC, -1, 500);
    yk_usage_add(&usage, YK_USAGE_BANDS, 1, 600);
    yk_usage_add(&usage, YK_USAGE_BANDS, -1, 601);
    CU_ASSERT_EQUAL(usage.wall[YK_USAGE_READ], 200);
    CU_ASSERT_EQUAL(usage.wall[YK_USAGE_WRITE], 0);
    CU_ASSERT_EQUAL(usage.wall[YK_USAGE_CODEC], 350);
    CU_ASSERT_EQUAL(usage.wall[YK_USAGE_BANDS], 201);
    CU_ASSERT_EQUAL(usage.beside, 50 + 2 * 50 + 100);
    CU_ASSERT_EQUAL(usage.first_band, 200);
    for (int k = 0; k < YK_USAGE_KINDS; k++)
        CU_ASSERT_EQUAL(usage.active[k], 0);
}

/* Two threads at 2 pixels per ns each, and a device at 8. */
static struct yk_batch_summary two_devices(void)
{
    return (struct yk_batch_summary){
        .threads = 2,
        .device_count = 3,
        .devices = {{.id = "cpu", .lanes = 2, .work = 400, .busy = 200, .finished = 90},
                    {.id = "cl:0.0", .lanes = 1, .work = 800, .busy = 100, .finished = 100},
                    {.id = "cl:0.1", .lanes = 1}}};
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

void test_batch_together(void)
{
    struct yk_batch_summary summary = two_devices();
    struct yk_usage usage = {.wall = {[YK_USAGE_BANDS] = 110}, .beside = 50};
    struct yk_batch_together got = yk_usage_together(&usage, &summary);
    CU_ASSERT_EQUAL(got.devices, 2);
    CU_ASSERT_EQUAL(got.best, 1);
    CU_ASSERT_EQUAL(got.alone, 150); /* 1200 pixels at 8; the CPU would take 1200 / 4 + 50 / 2 */
    CU_ASSERT(near(got.speedup, 150.0 / 110));
    CU_ASSERT(near(got.efficiency, (1200 + 4 * 25) / 12.0 / 110));
    CU_ASSERT(near(got.balance, 0.9));
    /* A device that is lost does not count for the balance. */
    summary.devices[0].retired = true;
    CU_ASSERT(near(yk_usage_together(&usage, &summary).balance, 1.0));
    /* One device alone: nothing to tell. */
    summary.devices[0] = (struct yk_batch_device){.id = "cpu", .lanes = 2};
    got = yk_usage_together(&usage, &summary);
    CU_ASSERT_EQUAL(got.devices, 0);
    CU_ASSERT_EQUAL(got.alone, 0);
    CU_ASSERT(near(got.speedup, 0.0));
    /* The CPU's threads need longer for decoding and encoding than the device for computing all. */
    summary = two_devices();
    usage = (struct yk_usage){.wall = {[YK_USAGE_BANDS] = 500}, .beside = 800};
    got = yk_usage_together(&usage, &summary);
    CU_ASSERT_EQUAL(got.alone, 150);
    CU_ASSERT(near(got.efficiency, 400.0 / 500));
}

void test_batch_bound(void)
{
    struct yk_batch_summary summary = two_devices();
    struct yk_usage usage = {0};
    /* Computing takes 1200 / 12 = 100 ns at least, however long the devices idled. */
    summary.times.decode = 201;
    summary.times.encode = 150;
    summary.times.compute = 300;
    summary.times.read = 5000; /* of many requests at once */
    CU_ASSERT_STRING_EQUAL(yk_usage_bound(&usage, &summary), "decode");
    summary.times.decode = 199;
    CU_ASSERT_STRING_EQUAL(yk_usage_bound(&usage, &summary), "compute");
    summary.times.encode = 210;
    CU_ASSERT_STRING_EQUAL(yk_usage_bound(&usage, &summary), "encode");
    usage.wall[YK_USAGE_READ] = 106;
    CU_ASSERT_STRING_EQUAL(yk_usage_bound(&usage, &summary), "read");
    usage.wall[YK_USAGE_WRITE] = 107;
    CU_ASSERT_STRING_EQUAL(yk_usage_bound(&usage, &summary), "write");
    /* Without the second device the CPU alone would need 1200 / 4. */
    summary.devices[1].retired = true;
    CU_ASSERT_STRING_EQUAL(yk_usage_bound(&usage, &summary), "compute");
}

/* What must add up whatever the clock says. */
void test_batch_sums(void)
{
    struct batch_place place;
    struct batch_run run = {0};
    batch_open(&place);
    batch_images(&place, 6, 200);
    struct yk_batch_options options = {.devices = "all", .sched = "dynamic:20", .threads = 2};
    CU_ASSERT_EQUAL(batch_all(&run, &place, "blur 1", &options), YK_OK);
    const struct yk_batch_summary *summary = &run.summary;
    uint64_t rows = 0, pixels = 0, busy = 0, down = 0, expected_rows = 0;
    for (size_t k = 0; k < run.plan.count; k++) {
        expected_rows += run.plan.items[k].out_height;
        pixels += (uint64_t)run.plan.items[k].out_height * run.plan.items[k].out_width;
    }
    for (size_t k = 0; k < summary->device_count; k++) {
        const struct yk_batch_device *device = &summary->devices[k];
        bool cpu = strcmp(device->id, "cpu") == 0;
        rows += device->rows;
        down += device->bytes_down;
        busy += device->busy;
        CU_ASSERT(device->busy <= device->lanes * summary->elapsed);
        CU_ASSERT(device->busy + device->idle <= device->lanes * summary->elapsed);
        CU_ASSERT(device->finished <= summary->elapsed);
        CU_ASSERT_EQUAL(device->returned, 0);
        /* Devices that share the host's memory copy nothing. */
        CU_ASSERT(device->bytes_up == 0 || (!cpu && device->rows > 0));
        CU_ASSERT(device->bytes_down == 0 || (!cpu && device->rows > 0));
        CU_ASSERT_EQUAL(device->work > 0, device->rows > 0);
    }
    CU_ASSERT_EQUAL(rows, expected_rows);
    CU_ASSERT(down <= 8 * pixels); /* at most four channels of 16 bits */
    CU_ASSERT_EQUAL(busy, summary->times.compute);
    CU_ASSERT(summary->computing > 0 && summary->computing <= summary->elapsed);
    CU_ASSERT(summary->together.efficiency >= 0.0 && summary->together.balance <= 1.0);
    batch_end(&run);
    batch_close(&place);
}
