/* SPDX-License-Identifier: MIT
 * Dividing a device into sub-devices, for developers: two equal devices on a machine that has one (contract
 * in cl_device.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl_device.h"

/* A number of compute units at `text`, followed by `end`; 0 where there is none. */
static unsigned read_units(const char **text)
{
    char *end = NULL;
    if (**text < '1' || **text > '9')
        return 0;
    unsigned long units = strtoul(*text, &end, 10);
    *text = end;
    return units <= YK_CL_UNITS ? (unsigned)units : 0;
}

static bool parse(const char *text, struct yk_cl_split *split)
{
    if (*text == '=') {
        text++;
        split->each = read_units(&text);
        return split->each > 0 && *text == '\0';
    }
    for (;;) {
        unsigned units = read_units(&text);
        if (units == 0 || split->count == YK_CL_PARTS)
            return false;
        split->units[split->count++] = units;
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

enum yk_status yk_cl_split_read(struct yk_cl_split *split, struct yk_error *error)
{
    const char *text = getenv("YOKE_CL_SPLIT");
    struct yk_cl_split made = {0};
    if (text && *text && !parse(text, &made))
        return yk_error_set(
            error, YK_ERR_PARSE,
            "YOKE_CL_SPLIT is '%.60s'; it can be the compute units of each part, such as 1,1, or "
            "=N for parts of N units; at most %d parts",
            text, YK_CL_PARTS);
    *split = made;
    return YK_OK;
}

cl_int yk_cl_split_device(const struct yk_cl *cl, cl_device_id device, const struct yk_cl_split *split,
                          cl_device_id **parts, cl_uint *count)
{
    /* The list of units between its name and the zero that ends it; then the zero of the properties. */
    cl_device_partition_property by_counts[YK_CL_PARTS + 3] = {CL_DEVICE_PARTITION_BY_COUNTS};
    unsigned wanted = split->count;
    *parts = NULL;
    *count = 0;
    if (split->each) {
        cl_uint units = 0;
        cl_int code = cl->GetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
        if (code != CL_SUCCESS)
            return code;
        wanted = units / split->each < YK_CL_PARTS ? units / split->each : YK_CL_PARTS;
    }
    if (wanted == 0)
        return CL_SUCCESS;
    for (unsigned k = 0; k < wanted; k++)
        by_counts[k + 1] = (cl_device_partition_property)(split->each ? split->each : split->units[k]);
    cl_device_id *made = calloc(wanted, sizeof *made);
    if (!made)
        return CL_OUT_OF_HOST_MEMORY;
    cl_uint found = 0;
    cl_int code = cl->CreateSubDevices(device, by_counts, wanted, made, &found);
    if (code != CL_SUCCESS) {
        free(made);
        return code;
    }
    *parts = made;
    *count = found < wanted ? found : wanted;
    return CL_SUCCESS;
}

void yk_cl_split_release(const struct yk_cl *cl, cl_device_id *parts, cl_uint count)
{
    for (cl_uint k = 0; k < count; k++)
        if (parts[k])
            cl->ReleaseDevice(parts[k]);
    free(parts);
}
