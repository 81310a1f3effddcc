/* SPDX-License-Identifier: MIT
 * The inside of a parsed pipeline, for the planner. */
#ifndef YOKE_IMAGE_PIPELINE_H
#define YOKE_IMAGE_PIPELINE_H

#include <yoke/pipeline.h>

#include "descriptor.h"

struct yk_pipeline_op {
    const struct yk_op *op;
    size_t op_index; /* in yk_op_table */
    void *params;    /* owned */
};

struct yk_pipeline {
    struct yk_pipeline_op *ops;
    size_t count, capacity;
};

#endif
