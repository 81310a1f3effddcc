/* SPDX-License-Identifier: MIT
 *
 * The two ends of every pipeline: interleaved 8 or 16-bit samples to planar binary32 in 0 .. 1, and back with
 * rounding to nearest. Not an operation, but written once for both dialects all the same. `bytes` points at the
 * first sample of pixel (src_x0, src_y0) when loading and (dst_x0, dst_y0) when storing; `stride` in bytes. */
#include "prelude.h"

#define YK_NARROW_SCALE 0.00392156863f   /* 1 / 255 */
#define YK_WIDE_SCALE   0.0000152590219f /* 1 / 65535 */

YK_FN int yk_to_sample(float v, float scale)
{
    return (int)(yk_clamp01(v) * scale + 0.5f);
}

#if defined(YK_DIALECT_CL)

__kernel void yk_load(__global const uchar *bytes, __global float *planes, int width, int rows, int channels, int wide,
                      int stride, int plane_stride, int plane_size)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1), c = (int)get_global_id(2);
    if (x >= width || y >= rows)
        return;
    __global const uchar *row = bytes + (long)y * stride;
    int at = x * channels + c;
    planes[c * plane_size + y * plane_stride + x] =
        wide ? (float)((__global const ushort *)row)[at] * YK_WIDE_SCALE : (float)row[at] * YK_NARROW_SCALE;
}

__kernel void yk_store(__global const float *planes, __global uchar *bytes, int width, int rows, int channels, int wide,
                       int stride, int plane_stride, int plane_size)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1), c = (int)get_global_id(2);
    if (x >= width || y >= rows)
        return;
    __global uchar *row = bytes + (long)y * stride;
    int at = x * channels + c;
    float v = planes[c * plane_size + y * plane_stride + x];
    if (wide)
        ((__global ushort *)row)[at] = (ushort)yk_to_sample(v, 65535.0f);
    else
        row[at] = (uchar)yk_to_sample(v, 255.0f);
}

#elif defined(YK_DIALECT_C)

/* All channels of a pixel in one step of the loop: the compiler then turns groups of samples with vector shuffles. */
YK_FN void yk_load_row(const unsigned char *restrict row, float *restrict to, int width, const int channels,
                       const int wide, ptrdiff_t plane)
{
    const uint16_t *wide_row = (const uint16_t *)(const void *)row;
    YK_SIMD
    for (int x = 0; x < width; x++) {
        YK_UNROLL
        for (int c = 0; c < channels; c++)
            to[c * plane + x] = wide ? (float)wide_row[x * channels + c] * YK_WIDE_SCALE
                                     : (float)row[x * channels + c] * YK_NARROW_SCALE;
    }
}

YK_FN void yk_store_row(const float *restrict from, unsigned char *restrict row, int width, const int channels,
                        const int wide, ptrdiff_t plane)
{
    uint16_t *wide_row = (uint16_t *)(void *)row;
    YK_SIMD
    for (int x = 0; x < width; x++) {
        YK_UNROLL
        for (int c = 0; c < channels; c++) {
            int v = yk_to_sample(from[c * plane + x], wide ? 65535.0f : 255.0f);
            if (wide)
                wide_row[x * channels + c] = (uint16_t)v;
            else
                row[x * channels + c] = (unsigned char)v;
        }
    }
}

/* One copy for each of the eight sample layouts, so that the inner loops have constant steps. */
#define YK_LAYOUTS(CASE) \
    CASE(1, 0) CASE(2, 0) CASE(3, 0) CASE(4, 0) CASE(1, 1) CASE(2, 1) CASE(3, 1) CASE(4, 1)

static void yk_load(const unsigned char *bytes, size_t stride, int channels, int wide, float *planes, int width,
                    int rows, int plane_stride, int plane_size)
{
    for (int y = 0; y < rows; y++) {
        const unsigned char *row = bytes + (size_t)y * stride;
        float *to = planes + (ptrdiff_t)y * plane_stride;
        switch (channels + 8 * wide) {
#define YK_CASE(n, w)                                         \
    case n + 8 * w:                                           \
        yk_load_row(row, to, width, n, w, plane_size);        \
        break;
            YK_LAYOUTS(YK_CASE)
#undef YK_CASE
        }
    }
}

static void yk_store(const float *planes, int plane_stride, int plane_size, unsigned char *bytes, size_t stride,
                     int channels, int wide, int width, int rows)
{
    for (int y = 0; y < rows; y++) {
        const float *from = planes + (ptrdiff_t)y * plane_stride;
        unsigned char *row = bytes + (size_t)y * stride;
        switch (channels + 8 * wide) {
#define YK_CASE(n, w)                                         \
    case n + 8 * w:                                           \
        yk_store_row(from, row, width, n, w, plane_size);     \
        break;
            YK_LAYOUTS(YK_CASE)
#undef YK_CASE
        }
    }
}

#endif
