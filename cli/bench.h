/* SPDX-License-Identifier: MIT
 * The parts of `yoke bench`, each in cmd_bench_<word>.c. cmd_bench.c lists them. */
#ifndef YOKE_CLI_BENCH_H
#define YOKE_CLI_BENCH_H

#include "option.h"

extern const struct cli_command cli_bench_sim;

#endif
