/* SPDX-License-Identifier: MIT
 * What work costs in the simulator (contract in sim_model.h). */
#include "sim_model.h"

#include <math.h>

enum { BISECTIONS = 60 };

static const double LONGEST_NS = 1e18;  /* 30 years: no run is longer */
static const double PEAK = 4.0;         /* cost of the dearest row over that of the cheapest */
static const double BURST_PART = 0.25;  /* of the rows */
static const double NEAR_ERROR = 0.2;   /* a profile learned from earlier runs (coexec 4.6) */
static const double OFF_LOG = 0.693147; /* ln 2: a profile of another operation or driver */
static const double OFF_SPREAD = 0.32;  /* of that, so that the factor is 1.6 to 2.5 */

/* Uniform in [0, 1): a pure function, so that equal packages meet equal luck whatever the schedule. The mixer
 * is splitmix64's (Steele, Lea, Flood 2014). */
static double uniform(uint64_t seed, uint64_t device, uint64_t number, uint64_t purpose)
{
    const uint64_t keys[] = {seed, device, number, purpose};
    uint64_t x = 0;
    for (unsigned k = 0; k < sizeof keys / sizeof *keys; k++) {
        x = (x ^ keys[k]) + UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
    }
    return (double)(x >> 11) * 0x1p-53;
}

/* Normally distributed (Box and Muller 1958). */
static double normal(uint64_t seed, uint64_t device, uint64_t number)
{
    double radius = sqrt(-2.0 * log(1.0 - uniform(seed, device, number, 0)));
    return radius * cos(6.283185307179586 * uniform(seed, device, number, 1));
}

/* Work of all rows above y. */
static double work_above(const struct yk_sim_setup *setup, double y)
{
    double rows = (double)setup->rows;
    if (setup->shape == YK_SIM_RAMP) {
        double low = 2.0 / (1.0 + PEAK); /* so that the mean of low and PEAK * low is 1 */
        return y * (low + 0.5 * (PEAK - 1.0) * low * y / rows);
    }
    if (setup->shape == YK_SIM_BURST) {
        double low = 1.0 / (1.0 + (PEAK - 1.0) * BURST_PART);
        double from = rows * (1.0 - BURST_PART) * uniform(setup->seed, 0, 0, 2), burst = y - from;
        burst = burst < 0.0 ? 0.0 : burst;
        burst = burst > rows * BURST_PART ? rows * BURST_PART : burst;
        return low * (y + (PEAK - 1.0) * burst);
    }
    return y;
}

double yk_sim_work(const struct yk_sim_setup *setup, uint64_t begin, uint64_t end)
{
    return work_above(setup, (double)end) - work_above(setup, (double)begin);
}

/* ns for `need` ns of work at full speed from `start` on, where the device may become slower. */
static double stretched(const struct yk_sim_device *device, double need, double start)
{
    double until = device->slow_at_ns - start;
    if (!(device->slow_factor > 0.0))
        return need;
    until = until > 0.0 ? until : 0.0;
    return need <= until ? need : until + (need - until) * device->slow_factor;
}

double yk_sim_work_ns(const struct yk_sim_device *device, double work, double start_ns)
{
    return stretched(device, work * device->lanes / device->rate * 1e6, start_ns);
}

double yk_sim_noise(const struct yk_sim_setup *setup, unsigned device, unsigned package)
{
    double deviation = setup->devices[device].noise;
    if (!(deviation > 0.0))
        return 1.0;
    return exp(deviation * normal(setup->seed, device, package) - 0.5 * deviation * deviation);
}

static double wrong(const struct yk_sim_setup *setup, unsigned device, unsigned figure)
{
    double luck = 2.0 * uniform(setup->seed, device, figure, 3) - 1.0;
    if (setup->profile == YK_SIM_NEAR)
        return 1.0 + NEAR_ERROR * luck;
    if (setup->profile == YK_SIM_OFF)
        return exp((luck < 0.0 ? -OFF_LOG : OFF_LOG) *
                   (1.0 + OFF_SPREAD * (2.0 * uniform(setup->seed, device, figure, 4) - 1.0)));
    return 1.0;
}

struct yk_policy_rate yk_sim_told(const struct yk_sim_setup *setup, unsigned device)
{
    const struct yk_sim_device *it = &setup->devices[device];
    if (setup->profile == YK_SIM_NONE)
        return (struct yk_policy_rate){0};
    return (struct yk_policy_rate){
        .rate = it->rate * wrong(setup, device, 0),
        .overhead_ns = it->overhead_ns * wrong(setup, device, 1),
        .setup_ns = it->cold_ns * wrong(setup, device, 2),
        .samples = it->lanes,
    };
}

/* The same without the slow-down. */
static double alone_at_full_speed(const struct yk_sim_setup *setup, unsigned device)
{
    const struct yk_sim_device *it = &setup->devices[device];
    return it->latency_ns + it->cold_ns + it->overhead_ns + (double)setup->rows / it->rate * 1e6;
}

double yk_sim_alone_ns(const struct yk_sim_setup *setup, unsigned device)
{
    return stretched(&setup->devices[device], alone_at_full_speed(setup, device), 0.0);
}

/* Work that the device could have done by a time. */
static double reached(const struct yk_sim_setup *setup, unsigned device, double at)
{
    const struct yk_sim_device *it = &setup->devices[device];
    double full = at;
    if (it->slow_factor > 0.0 && at > it->slow_at_ns)
        full = it->slow_at_ns + (at - it->slow_at_ns) / it->slow_factor;
    return full / alone_at_full_speed(setup, device) * (double)setup->rows;
}

/* Work that all of them could have done by a time. */
static double all_reached(const struct yk_sim_setup *setup, const struct yk_sim_result *result,
                          const double *work, double at)
{
    double sum = 0.0;
    for (unsigned k = 0; k < setup->device_count; k++) {
        double most = reached(setup, k, at);
        sum += result->devices[k].retired && work[k] < most ? work[k] : most;
    }
    return sum;
}

double yk_sim_ideal_ns(const struct yk_sim_setup *setup, const struct yk_sim_result *result,
                       const double *work)
{
    double low = 0.0, high = 1e6;
    while (all_reached(setup, result, work, high) < (double)setup->rows && high < LONGEST_NS)
        high *= 2.0;
    for (unsigned step = 0; step < BISECTIONS; step++) {
        double middle = 0.5 * (low + high);
        if (all_reached(setup, result, work, middle) < (double)setup->rows)
            low = middle;
        else
            high = middle;
    }
    return high;
}
