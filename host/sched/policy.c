/* SPDX-License-Identifier: MIT
 * The policy table and the parser of policy texts (contract in policy.h). */
#include "policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct yk_policy *yk_policy_at(size_t index)
{
    static const struct yk_policy *const policies[] = {&yk_policy_dynamic, &yk_policy_single,
                                                       &yk_policy_static, &yk_policy_auto, &yk_policy_guided};
    return index < sizeof policies / sizeof *policies ? policies[index] : NULL;
}

enum yk_status yk_policy_parse(const char *text, const struct yk_policy **policy,
                               struct yk_policy_arguments *arguments, struct yk_error *error)
{
    const struct yk_policy *found = NULL;
    struct yk_policy_arguments read = {0};
    char list[256] = "";
    size_t length = strcspn(text, ":");
    for (size_t k = 0; yk_policy_at(k); k++) {
        const struct yk_policy *here = yk_policy_at(k);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", k ? ", " : "", here->usage);
        if (strlen(here->name) == length && memcmp(here->name, text, length) == 0)
            found = here;
    }
    if (!found)
        return yk_error_set(error, YK_ERR_UNKNOWN, "unknown schedule '%.*s'; accepted: %s", (int)length, text,
                            list);
    for (const char *at = text + length; *at;) {
        char *end;
        double number = strtod(at + 1, &end);
        if (end == at + 1 || !isfinite(number) || (*end && *end != ','))
            return yk_error_set(error, YK_ERR_PARSE, "schedule '%s' is not of the form %s", text,
                                found->usage);
        if (!(number >= found->least && number <= found->greatest))
            return yk_error_set(error, YK_ERR_RANGE,
                                "schedule '%s': %g is out of bounds; accepted is %g to %g", text, number,
                                found->least, found->greatest);
        if (read.count == found->most_arguments)
            return yk_error_set(error, YK_ERR_PARSE, "schedule '%s' has too many numbers; its form is %s",
                                text, found->usage);
        read.number[read.count++] = number;
        at = end;
    }
    *policy = found;
    *arguments = read;
    return YK_OK;
}

void yk_policy_learn(struct yk_policy_rate *rate, double work, unsigned lanes, uint64_t nanoseconds)
{
    if (nanoseconds == 0)
        return;
    rate->setup_ns = 0.0;
    if (rate->samples++ < lanes)
        return;
    double measured = work * lanes / ((double)nanoseconds / 1e6);
    rate->rate = rate->rate > 0.0 ? 0.5 * (rate->rate + measured) : measured;
}
