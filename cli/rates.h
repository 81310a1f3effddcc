/* SPDX-License-Identifier: MIT
 * `yoke devices --rates`: what earlier runs have learnt of devices. */
#ifndef YOKE_CLI_RATES_H
#define YOKE_CLI_RATES_H

#include <stdbool.h>

#include <yoke/device.h>

/* Prints the entries of the profile `path` (NULL: the user's) as a table, or as JSON, and says of each
 * whether it is used on a machine with the devices of `list`. Returns the exit code. */
int cli_rates_print(const char *path, const struct yk_device_list *list, bool json);

#endif
