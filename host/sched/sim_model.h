/* SPDX-License-Identifier: MIT
 * The simulator's inside: what work costs (sim_cost.c), and runs of a policy that is not in the table. */
#ifndef YOKE_SCHED_SIM_MODEL_H
#define YOKE_SCHED_SIM_MODEL_H

#include <yoke/sim.h>

#include "policy.h"

/* As yk_sim_run and yk_sim_series_run, for any policy; setup->policy is not looked at. */
enum yk_status yk_sim_run_policy(const struct yk_sim_setup *setup, const struct yk_policy *policy,
                                 const struct yk_policy_arguments *arguments, struct yk_sim_result *result,
                                 struct yk_error *error);
enum yk_status yk_sim_series_run_policy(const struct yk_sim_series *series, const struct yk_policy *policy,
                                        const struct yk_policy_arguments *arguments,
                                        struct yk_sim_summary *summary, struct yk_error *error);

/* One job with what is known of the devices in `rates`, into which its packages are taken; setup->profile is
 * not looked at. */
enum yk_status yk_sim_run_rates(const struct yk_sim_setup *setup, const struct yk_policy *policy,
                                const struct yk_policy_arguments *arguments, struct yk_policy_rate *rates,
                                struct yk_sim_result *result, struct yk_error *error);

/* Work of rows [begin, end), without a halo, in rows of mean cost. */
double yk_sim_work(const struct yk_sim_setup *setup, uint64_t begin, uint64_t end);

/* ns that a lane of the device needs for the work from `start_ns` on, noise and overheads not counted. */
double yk_sim_work_ns(const struct yk_sim_device *device, double work, double start_ns);

/* The factor by which the noise stretches the device's package number `package`. */
double yk_sim_noise(const struct yk_sim_setup *setup, unsigned device, unsigned package);

/* What the policy is told of a device. */
struct yk_policy_rate yk_sim_told(const struct yk_sim_setup *setup, unsigned device);

/* The job on one device alone, cold, without noise and faults other than a slow-down. */
double yk_sim_alone_ns(const struct yk_sim_setup *setup, unsigned device);

/* When all devices together could be done: see yk_sim_result.ideal_ns. `work` is what each one did. */
double yk_sim_ideal_ns(const struct yk_sim_setup *setup, const struct yk_sim_result *result,
                       const double *work);

/* Adds a track for each device to setup->trace; `tracks` has room for all. NULL trace: nothing. */
void yk_sim_trace_devices(const struct yk_sim_setup *setup, uint16_t *tracks);

/* Records a package on its device's track. */
void yk_sim_trace_package(const struct yk_sim_setup *setup, const uint16_t *tracks,
                          const struct yk_sim_event *event);

#endif
