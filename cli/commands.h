/* SPDX-License-Identifier: MIT
 * Every command of the program; each stands in cmd_<name>.c. main.c lists them. */
#ifndef YOKE_CLI_COMMANDS_H
#define YOKE_CLI_COMMANDS_H

#include "option.h"

extern const struct cli_command cli_command_image;
extern const struct cli_command cli_command_ops;
extern const struct cli_command cli_command_devices;
extern const struct cli_command cli_command_info;
extern const struct cli_command cli_command_verify;
extern const struct cli_command cli_command_bench;
extern const struct cli_command cli_command_version;
extern const struct cli_command cli_command_completion;

#endif
