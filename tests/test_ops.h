/* SPDX-License-Identifier: MIT
 * What the files of the operations suite share: made-up images, one run of a pipeline, the comparison with
 * the oracle, the list of devices. */
#ifndef YOKE_TESTS_TEST_OPS_H
#define YOKE_TESTS_TEST_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yoke/image.h>

#include "reference.h"

enum { OPS_FORMATS = 8, OPS_SIZES = 8 };
extern const struct yk_format ops_formats[OPS_FORMATS];
extern const uint32_t ops_sizes[OPS_SIZES][2]; /* width, height; the last one is the large one */

enum ops_content {
    OPS_NOISE,  /* every sample random; alpha 0, full or random */
    OPS_SMOOTH, /* slow waves */
    OPS_FRAMED, /* noise in a frame of one colour */
    OPS_MIXED   /* noise or waves, by the seed */
};
/* An image the caller frees; ends the program where there is no memory. */
struct yk_image *ops_image(struct yk_format format, uint32_t width, uint32_t height, enum ops_content content,
                           uint64_t seed);
struct yk_image *ops_constant(struct yk_format format, uint32_t width, uint32_t height, unsigned value);
unsigned ops_sample(const struct yk_image *image, uint32_t x, uint32_t y, unsigned channel);
void ops_set(struct yk_image *image, uint32_t x, uint32_t y, unsigned channel, unsigned value);

/* Runs a pipeline; NULL for a device, a schedule or a level means the default. NULL, with the error printed,
 * where it fails. */
struct yk_image *ops_run(const char *pipeline, const char *devices, const char *sched, const char *level,
                         const struct yk_image *in);
/* The same on one device with the defaults for the rest, and the error counted as a CUnit failure. */
struct yk_image *ops_run_cpu(const char *pipeline, const struct yk_image *in);

/* Whether `got` agrees with the oracle; where not, and `label` is not NULL, says where. */
bool ops_matches(const struct yk_image *got, const struct ref_image *expected, unsigned tolerance,
                 const char *label, struct ref_difference *difference);
/* Whether two images have equal size, format and samples; says where not, if `label` is not NULL. */
bool ops_identical(const struct yk_image *got, const struct yk_image *expected, const char *label);

/* Usable OpenCL device number `index` as a selection ("cl:0.0"), NULL past the end. Static storage. */
const char *ops_cl_device(size_t index);

void test_ops_matrix(void);
void test_ops_matrix_cl(void);
void test_ops_chains(void);
void test_ops_chains_cl(void);
void test_ops_metamorphic(void);
void test_ops_planted(void);
void test_ops_constant(void);
void test_ops_inverses(void);
void test_ops_mean(void);
void test_ops_sizes(void);
void test_ops_ties(void);
void test_ops_sixteen_bits(void);

#endif
