/* SPDX-License-Identifier: MIT
 * The kernels' arithmetic against libm in double precision, over dense grids, and the known answers of every
 * operation on every CPU level and OpenCL device. */
#include <CUnit/CUnit.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <yoke/device.h>
#include <yoke/verify.h>

#include "support.h"

#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#define YK_DIALECT_HOST
#include "../kernels/prelude.h"

/* |got - want| in units in the last place of a binary32 number of want's size. */
static double ulps(float got, double want)
{
    int exponent;
    frexp(want, &exponent);
    return fabs((double)got - want) / ldexp(1.0, exponent - 24);
}

/* Every 61st mantissa at exponents across the range that images and planning can reach, and both ends of
 * each. */
static double worst_over_floats(int low, int high, float (*f)(float), double (*exact)(double), bool in_ulps)
{
    double worst = 0.0;
    for (int e = low; e <= high; e++)
        for (int m = 0; m < 0x800000; m += m < 61 || m > 0x7fffc0 ? 1 : 61) {
            float v = yk_as_float((e + 127) * 0x800000 + m);
            double want = exact((double)v), got = (double)f(v);
            double off = in_ulps ? ulps((float)got, want) : fabs(got - want);
            if (!(off <= worst))
                worst = off;
        }
    return worst;
}

static float recip(float v)
{
    return yk_recip(v);
}

static double exact_recip(double v)
{
    return 1.0 / v;
}

static float root(float v)
{
    return yk_sqrt(v);
}

static float log_two(float v)
{
    return yk_log2(v);
}

/* The prelude promises 2 units in the last place for the reciprocal and 3 for the root. */
static void test_recip_and_root(void)
{
    double r = worst_over_floats(-24, 12, recip, exact_recip, true);
    double s = worst_over_floats(-60, 6, root, sqrt, true);
    CU_ASSERT(r <= 2.0);
    CU_ASSERT(s <= 3.0);
    CU_ASSERT(yk_sqrt(0.0f) == 0.0f);
    CU_ASSERT(yk_sqrt(1.0f) <= 1.0000003f && yk_sqrt(1.0f) >= 0.9999997f);
    yk_note("prelude: reciprocal within %.2f ulp, root within %.2f ulp", r, s);
}

static void test_logarithm(void)
{
    /* Absolute: the logarithm goes through 0 at 1. One ulp at 32 is 4e-6, at 1 it is 1e-7. */
    double near = worst_over_floats(-1, 0, log_two, log2, false);
    double far = worst_over_floats(-32, 4, log_two, log2, false);
    CU_ASSERT(near <= 2.5e-7);
    CU_ASSERT(far <= 2.5e-6);
    double relative = 0.0;
    for (int k = 1; k < 2000000; k++) { /* close to 1 the result is small: it must not lose its digits */
        float v = 1.0f + (float)(k - 1000000) * 1e-8f;
        double want = log2((double)v);
        if (want != 0.0)
            relative = fmax(relative, fabs(((double)yk_log2(v) - want) / want));
    }
    CU_ASSERT(relative <= 1e-6);
    yk_note("prelude: log2 within %.2g near 1, %.2g in 2^-32 .. 32", near, far);
}

static void test_exponential(void)
{
    double worst = 0.0;
    for (int k = -126 * 8192; k <= 127 * 8192; k++) {
        float v = (float)k / 8192.0f;
        double want = exp2((double)v), got = (double)yk_exp2(v);
        worst = fmax(worst, fabs(got - want) / want);
    }
    CU_ASSERT(worst <= 3e-7);
    for (int k = -126; k <= 127; k++) /* whole powers are exact */
        CU_ASSERT(yk_exp2((float)k) == ldexpf(1.0f, k));
    CU_ASSERT(yk_exp2(-127.0f) == ldexpf(1.0f, -126));
    CU_ASSERT(yk_exp2(-1e30f) == ldexpf(1.0f, -126));
    CU_ASSERT(yk_exp2(-INFINITY) == ldexpf(1.0f, -126));
    yk_note("prelude: exp2 within %.2g relative", worst);
}

static void test_power(void)
{
    static const float exponents[] = {0.01f, 0.1f, 1.0f / 2.4f, 0.5f, 1.0f, 2.0f, 2.2f, 2.4f, 5.0f, 10.0f};
    double worst = 0.0;
    for (size_t e = 0; e < sizeof exponents / sizeof exponents[0]; e++) {
        for (int k = 1; k <= 65535; k++) {
            float v = (float)k / 65535.0f;
            double want = pow((double)v, (double)exponents[e]), got = (double)yk_pow(v, exponents[e]);
            if (want >= 0x1p-126) /* below, exp2 stays at the smallest normal number */
                worst = fmax(worst, fabs(got - want) / want);
            else
                CU_ASSERT(got >= 0.0 && got <= 0x1.001p-126);
        }
        CU_ASSERT(yk_pow(0.0f, exponents[e]) == 0.0f);
        CU_ASSERT(fabsf(yk_pow(1.0f, exponents[e]) - 1.0f) <= 2e-7f);
    }
    CU_ASSERT(worst <= 8e-6); /* the prelude's promise */
    /* Small values times steep powers: nothing but numbers between 0 and 1 comes out. */
    for (int k = 0; k <= 65535; k += 13) {
        float v = yk_pow((float)k / 65535.0f, 100.0f);
        CU_ASSERT(v >= 0.0f && v <= 1.00003f);
    }
    yk_note("prelude: power within %.2g relative for exponents up to 10", worst);
}

static double srgb_decoded(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double srgb_encoded(double v)
{
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1.0 / 2.4) - 0.055;
}

/* Against IEC 61966-2-1 in double precision for every 16-bit value, and there and back for every 8 and 16-bit
 * one. */
static void test_srgb(void)
{
    double decode = 0.0, encode = 0.0;
    unsigned changed = 0;
    for (int k = 0; k <= 65535; k++) {
        float v = (float)k * 0.0000152590219f;
        float linear = yk_clamp01(yk_srgb_to_linear(v)), back = yk_clamp01(yk_linear_to_srgb(linear));
        decode = fmax(decode, fabs((double)linear - srgb_decoded(k / 65535.0)));
        encode = fmax(encode, fabs((double)yk_linear_to_srgb(v) - srgb_encoded(k / 65535.0)));
        changed += (int)(back * 65535.0f + 0.5f) != k;
        if (k % 257 == 0) {
            float narrow = (float)(k / 257) * 0.00392156863f;
            float again = yk_clamp01(yk_linear_to_srgb(yk_clamp01(yk_srgb_to_linear(narrow))));
            changed += (int)(again * 255.0f + 0.5f) != k / 257;
        }
    }
    CU_ASSERT(decode <= 0.05 / 65535.0);
    CU_ASSERT(encode <= 0.05 / 65535.0);
    CU_ASSERT_EQUAL(changed, 0);
    yk_note("prelude: sRGB decoding within %.2g, encoding within %.2g, %u values changed by a round trip",
            decode, encode, changed);
}

/* The stored reciprocals of 255 and 65535: every sample comes back from 0 .. 1 as it was, and 255 is
 * exactly 1. */
static void test_samples(void)
{
    unsigned changed = 0;
    for (int k = 0; k <= 65535; k++) {
        changed += (int)(yk_clamp01((float)k * 0.0000152590219f) * 65535.0f + 0.5f) != k;
        if (k <= 255)
            changed += (int)(yk_clamp01((float)k * 0.00392156863f) * 255.0f + 0.5f) != k;
    }
    CU_ASSERT_EQUAL(changed, 0);
    CU_ASSERT(255.0f * 0.00392156863f == 1.0f);
    CU_ASSERT(65535.0f * 0.0000152590219f == 1.0f);
}

static void test_bounds(void)
{
    CU_ASSERT(yk_clamp01(-1.0f) == 0.0f && yk_clamp01(2.0f) == 1.0f && yk_clamp01(0.25f) == 0.25f);
    CU_ASSERT(yk_clamp01(NAN) == 0.0f);
    CU_ASSERT(yk_clamp01(INFINITY) == 1.0f && yk_clamp01(-INFINITY) == 0.0f);
    CU_ASSERT(yk_clampi(-5, 0, 9) == 0 && yk_clampi(12, 0, 9) == 9 && yk_clampi(4, 0, 9) == 4);
    CU_ASSERT(yk_min(1.0f, 2.0f) == 1.0f && yk_max(1.0f, 2.0f) == 2.0f && yk_abs(-3.0f) == 3.0f);
    CU_ASSERT(yk_select(1, 0.3f, 0.7f) == 0.3f && yk_select(0, 0.3f, 0.7f) == 0.7f);
    CU_ASSERT(fabsf(yk_luma(1.0f, 1.0f, 1.0f) - 1.0f) <= 1.2e-7f);
}

static void print_failure(void *context, const char *line)
{
    printf("\n    %s: %s\n", (const char *)context, line);
}

static size_t verify(const char *device, const char *level)
{
    struct yk_verify_result result = {0, 0};
    struct yk_error error = {0};
    char name[96];
    snprintf(name, sizeof name, "%s %s", device, level ? level : "");
    enum yk_status status = yk_verify_device(device, level, &result, print_failure, name, &error);
    CU_ASSERT_EQUAL(status, YK_OK);
    if (status)
        printf("\n    %s: %s\n", name, error.text);
    CU_ASSERT_EQUAL(result.failed, 0);
    CU_ASSERT(result.passed >= 60);
    return result.passed;
}

static void test_vectors_cpu(void)
{
    const char *level;
    size_t levels = 0, vectors = 0;
    for (; (level = yk_verify_level(levels)) != NULL; levels++)
        vectors = verify("cpu", level);
    CU_ASSERT(levels > 0);
    yk_note("known answers: %zu on each of %zu CPU levels", vectors, levels);
}

static void test_vectors_cl(void)
{
    struct yk_device_list list = {0};
    size_t devices = 0;
    CU_ASSERT_EQUAL_FATAL(yk_device_list_make(&list, false, NULL), YK_OK);
    for (size_t k = 0; k < list.count; k++)
        if (strcmp(list.devices[k].backend, "cl") == 0 && list.devices[k].usable) {
            size_t vectors = verify(list.devices[k].id, NULL);
            yk_note("known answers: %zu on %s (%s)", vectors, list.devices[k].id, list.devices[k].name);
            devices++;
        }
    yk_device_list_free(&list);
    if (devices == 0)
        yk_skip("no OpenCL device: known answers");
}

static void test_unknown_device(void)
{
    struct yk_verify_result result = {0, 0};
    struct yk_error error = {0};
    CU_ASSERT_EQUAL(yk_verify_device("cl:97.3", NULL, &result, NULL, NULL, &error), YK_ERR_MISSING);
    CU_ASSERT(error.text[0] != '\0');
}

void yk_suite_kernels(void)
{
    CU_pSuite suite = CU_add_suite("kernels", NULL, NULL);
    if (!suite)
        return;
    CU_add_test(suite, "reciprocal and square root", test_recip_and_root);
    CU_add_test(suite, "logarithm", test_logarithm);
    CU_add_test(suite, "exponential", test_exponential);
    CU_add_test(suite, "power", test_power);
    CU_add_test(suite, "sRGB, and there and back", test_srgb);
    CU_add_test(suite, "samples to 0 .. 1 and back", test_samples);
    CU_add_test(suite, "bounds and selection", test_bounds);
    CU_add_test(suite, "known answers on every CPU level", test_vectors_cpu);
    CU_add_test(suite, "known answers on every OpenCL device", test_vectors_cl);
    CU_add_test(suite, "a device that is not there", test_unknown_device);
}
