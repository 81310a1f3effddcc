/* SPDX-License-Identifier: MIT
 * What the files of the OpenCL suite share. Internals of the backend are included on purpose: faults are
 * planted by replacing entries of an open device's function table. */
#ifndef YOKE_TESTS_TEST_CL_H
#define YOKE_TESTS_TEST_CL_H

#include <CUnit/CUnit.h>

#include "cl_device.h"
#include "support.h"

/* Calls `test` for every usable OpenCL device; counts a skip where there is none. */
void clt_each_device(void (*test)(const struct yk_device_info *info));

/* As clt_each_device; a device that works on the host's memory is tested again with everything copied. */
void clt_each_device_both_ways(void (*test)(const struct yk_device_info *info));

/* Opens a device with `slots` slots and a cache folder as in yk_device_options. Ends the test on failure. */
struct yk_cl_device *clt_open(const struct yk_device_info *info, unsigned slots, const char *cache_folder);
void clt_close(struct yk_cl_device *device);
static inline struct yk_device *clt_base(struct yk_cl_device *device)
{
    return (struct yk_device *)(void *)device;
}

/* An image of a format by name with literal samples, row by row; free with yk_image_free. */
struct yk_image *clt_image(const char *format, int width, int height, const unsigned short *samples);

/* A program of one operation with its arguments as text on `source`, between premultiply and unpremultiply
 * where the operation wants that; statistics are counted on the device, in two bands. Free with
 * yk_program_free. */
struct yk_program *clt_program(struct yk_cl_device *device, const char *op, const char *arguments,
                               const struct yk_image *source);

/* Prepares and runs the program in bands of `rows` rows (slot after slot) into a new image of its output
 * format. */
struct yk_image *clt_run(struct yk_cl_device *device, const struct yk_program *program,
                         const struct yk_image *source, int rows);

/* The monotonic time in `seconds`. */
uint64_t clt_soon(unsigned seconds);

/* Adds the kernel called `name` that is wrong on purpose; false: there is none. */
bool clt_add_planted(CU_pSuite suite, const char *name);
/* The known answers alone. */
void clt_add_vectors(CU_pSuite suite);
void clt_add_split_tests(CU_pSuite suite);
void clt_add_cache_tests(CU_pSuite suite);
void clt_add_run_tests(CU_pSuite suite);
void clt_add_host_tests(CU_pSuite suite);
void clt_add_timing_tests(CU_pSuite suite);
void clt_add_fault_tests(CU_pSuite suite);

#endif
