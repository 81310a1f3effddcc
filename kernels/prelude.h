/* SPDX-License-Identifier: MIT
 *
 * The two dialects of an operation file. Every kernels/<op>.cl is compiled three times:
 *   YK_DIALECT_CL    by the OpenCL driver: one kernel per pass
 *   YK_DIALECT_C     by the C compiler, once per instruction-set level (YK_LEVEL): row functions
 *   YK_DIALECT_HOST  by the C compiler, once: the descriptor and the planning functions
 * The includer declares the dialect; nothing here sniffs it.
 *
 * Bit identity between all of them rests on these rules: binary32 arithmetic with + - * and comparisons only,
 * contraction off on both sides, no division, no library functions, the same order of operations. Division,
 * square root, powers and exponentials come from the functions below, which keep to the rules themselves.
 */
#ifndef YK_PRELUDE_H
#define YK_PRELUDE_H

#if defined(YK_DIALECT_CL)
#pragma OPENCL FP_CONTRACT OFF
#define YK_FN     static inline
#define YK_GLOBAL __global
#define YK_RESTRICT restrict
#define YK_SIMD
#define YK_UNROLL
#define yk_as_int(f)   as_int(f)
#define yk_as_float(i) as_float(i)
typedef long yk_long;
#elif defined(YK_DIALECT_C) || defined(YK_DIALECT_HOST)
#include <stdint.h>
#define YK_FN       static inline __attribute__((always_inline, unused))
#define YK_GLOBAL
#define YK_RESTRICT restrict
#define YK_SIMD     _Pragma("omp simd")
#define YK_UNROLL   _Pragma("GCC unroll 64")
typedef int64_t yk_long;
YK_FN int yk_as_int(float f)
{
    union { float f; int i; } u = {.f = f};
    return u.i;
}
YK_FN float yk_as_float(int i)
{
    union { int i; float f; } u = {.i = i};
    return u.f;
}
#else
#error "define YK_DIALECT_CL, YK_DIALECT_C or YK_DIALECT_HOST before including this file"
#endif

#define YK_CAT_(a, b) a##b
#define YK_CAT(a, b)  YK_CAT_(a, b)

/* ---- Arguments of an operation: only 4-byte members, so that host and device agree on the layout. ---- */

#define YK_LIST_MAX 49 /* a 7 x 7 convolution matrix */

struct yk_list { /* a list of numbers */
    int count;
    float v[YK_LIST_MAX];
};
struct yk_size { /* "800x600", "800x", "x600": pixels, 0 = not given; "50%", "0.5": factor */
    int relative;
    float width, height;
};
struct yk_area { /* "WxH+X+Y" or "WxH" */
    int width, height, x, y, has_offset;
};
struct yk_colour { /* "#rrggbb", "#rrggbbaa" or a name; 0 .. 1, straight alpha */
    float v[4];
};

/* ---- One pass of an operation over a rectangle. All strides in floats, all positions in pixels. ---- */

struct yk_pass {
    int src_x0, src_y0;          /* image position of the first sample in the source buffer */
    int src_w, src_h;            /* samples it holds */
    int src_width, src_height;   /* size of the whole input image: what the border rule refers to */
    int src_stride, src_plane;   /* from row to row, from channel to channel */
    int dst_x0, dst_y0;          /* image position of the rectangle to make; dst points at its first sample */
    int dst_w, dst_h;            /* its size */
    int dst_width, dst_height;   /* size of the whole output image */
    int dst_stride, dst_plane;
    int colours_in, colours_out; /* 1 or 3 */
    int alpha_in, alpha_out;     /* 1: one more plane behind the colours */
    int reach;                   /* samples needed on each side (stencil, uniform separable) */
    int keep_alpha;              /* stencils: the alpha plane passes through */
    int aux_x0, aux_y0;          /* OpenCL: the unfiltered source of a two-pass operation */
    int aux_stride, aux_plane;
};

/* Statistics read the interleaved image itself, so that they are exact integers. */
struct yk_reduce_pass {
    int width, height;    /* of the whole image */
    int y0, rows;         /* rows to read; the first byte given is that of row y0 */
    int stride;           /* bytes from row to row */
    int channels, colours; /* 1 .. 4; 1 or 3 */
    int wide;             /* 1: 16-bit samples */
    int corner[4];        /* the samples of the top left pixel of the image */
};

/* One pixel of a point operation. In a grey image r = g = b; a is 1 where there is no alpha plane. */
typedef struct {
    float r, g, b, a;
} yk_px;

/* ---- Arithmetic that gives the same bits everywhere. NaN becomes the first bound. ---- */

YK_FN float yk_min(float a, float b)
{
    return a < b ? a : b;
}
YK_FN float yk_max(float a, float b)
{
    return a > b ? a : b;
}
YK_FN float yk_clamp01(float v)
{
    float low = v > 0.0f ? v : 0.0f;
    return low < 1.0f ? low : 1.0f;
}
YK_FN int yk_clampi(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}
/* a where `condition` holds, else b, for finite a and b. Arithmetic and not `?:`, because a compiler branches round
 * the costlier side, and then a loop does not become vector code. One factor is 1, the other 0: exact. */
YK_FN float yk_select(int condition, float a, float b)
{
    float share = condition ? 1.0f : 0.0f;
    return a * share + b * (1.0f - share);
}
YK_FN float yk_abs(float v)
{
    return v < 0.0f ? -v : v;
}
/* 1 / v for normal v > 0: a first guess from the exponent bits, then four Newton steps; within 2 ulp. */
YK_FN float yk_recip(float v)
{
    float r = yk_as_float(0x7ef311c3 - yk_as_int(v));
    r = r * (2.0f - v * r);
    r = r * (2.0f - v * r);
    r = r * (2.0f - v * r);
    r = r * (2.0f - v * r);
    return r;
}

/* Square root of v >= 0 as v / sqrt(v), the same way; 0 gives 0; within 3 ulp. */
YK_FN float yk_sqrt(float v)
{
    float h = 0.5f * v;
    float r = yk_as_float(0x5f375a86 - (yk_as_int(v) >> 1));
    r = r * (1.5f - h * r * r);
    r = r * (1.5f - h * r * r);
    r = r * (1.5f - h * r * r);
    r = r * (1.5f - h * r * r);
    return v * r;
}

/* log2 of a normal v > 0: exponent plus a degree-9 Chebyshev fit of log2(1 + f) / f on sqrt(1/2) .. sqrt(2). */
YK_FN float yk_log2(float v)
{
    int bits = yk_as_int(v);
    int e = (bits - 0x3f3504f3) >> 23;
    float f = yk_as_float(bits - e * 8388608) - 1.0f;
    float p = -0.11020159f;
    p = p * f + 0.186312094f;
    p = p * f - 0.191024974f;
    p = p * f + 0.204575285f;
    p = p * f - 0.239619046f;
    p = p * f + 0.288568884f;
    p = p * f - 0.360696644f;
    p = p * f + 0.480898201f;
    p = p * f - 0.721347332f;
    p = p * f + 1.44269502f;
    return (float)e + p * f;
}

/* 2 to the power v for v <= 127; below -126 it is 2^-126. Degree-6 Chebyshev fit on -1/2 .. 1/2. */
YK_FN float yk_exp2(float v)
{
    unsigned bits = (unsigned)yk_as_int(v); /* below -126 the bits are greater: a minimum of integers clamps */
    float y = yk_as_float((int)(bits < 0xc2fc0000u ? bits : 0xc2fc0000u));
    float shifted = y + 12582912.0f; /* 1.5 * 2^23: the sum rounds y to a whole number in its low bits */
    int n = yk_as_int(shifted) - 0x4b400000;
    float f = y - (shifted - 12582912.0f);
    float p = 0.000154697322f;
    p = p * f + 0.00134004327f;
    p = p * f + 0.00961802527f;
    p = p * f + 0.0555032715f;
    p = p * f + 0.240226507f;
    p = p * f + 0.693147182f;
    p = p * f + 1.0f;
    return yk_as_float((n + 127) * 8388608) * p;
}

/* v to the power p for v in 0 .. 1 (0 gives 0) and p > 0. Relative error below 8e-6 for p up to 10. */
YK_FN float yk_pow(float v, float p)
{
    int bits = yk_as_int(v), least = 0x00800000; /* the smallest normal number: log2 of 0 is not asked for */
    float r = yk_exp2(p * yk_log2(yk_as_float(bits > least ? bits : least)));
    return r * (v > 0.0f ? 1.0f : 0.0f);
}

/* sRGB transfer functions of IEC 61966-2-1 for 0 .. 1. */
YK_FN float yk_srgb_to_linear(float v)
{
    float curve = yk_pow((v + 0.055f) * 0.947867299f, 2.4f); /* 1 / 1.055 */
    return yk_select(v <= 0.04045f, v * 0.0773993808f, curve); /* 1 / 12.92 */
}
YK_FN float yk_linear_to_srgb(float v)
{
    float curve = 1.055f * yk_pow(v, 0.416666667f) - 0.055f;
    return yk_select(v <= 0.0031308f, v * 12.92f, curve);
}

/* Rec. 709 luma weights (ITU-R BT.709-6, item 3.2). */
YK_FN float yk_luma(float r, float g, float b)
{
    return 0.2126f * r + 0.7152f * g + 0.0722f * b;
}

#endif
