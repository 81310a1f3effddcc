/* SPDX-License-Identifier: MIT
 *
 * How pixel functions read their input: a window of one channel (STENCIL), a whole plane (GEOMETRIC), and how they
 * update a statistic (REDUCE). The same names in every dialect; the launchers in shape_*.h make the values. */
#ifndef YK_ACCESS_H
#define YK_ACCESS_H

#include "prelude.h"

/* yk_at(w, dx, dy): the sample beside the current one. The border replicates the edge of the image: on the CPU the
 * launcher clamps the row pointers and columns are padded, on a device both indices are clamped here. */
#if defined(YK_DIALECT_CL)
typedef struct {
    __global const float *plane;
    int x, y, x0, y0, right, bottom, stride;
} yk_window;
YK_FN float yk_at(yk_window w, int dx, int dy)
{
    int x = yk_clampi(w.x + dx, 0, w.right) - w.x0;
    int y = yk_clampi(w.y + dy, 0, w.bottom) - w.y0;
    return w.plane[y * w.stride + x];
}
#else
enum { YK_STENCIL_BLOCK = 64 }; /* pixels of a block: sums and weights stay in the first-level cache */
typedef struct {
    const float *const *rows; /* the centre row; rows[dy] for |dy| <= radius */
    int x;
} yk_window;
YK_FN float yk_at(yk_window w, int dx, int dy)
{
    return w.rows[dy][w.x + dx];
}
#endif

/* yk_pixel(s, x, y): any position inside the image that the operation's need() asked for. */
typedef struct {
    YK_GLOBAL const float *plane;
    int x0, y0, stride;
    int width, height; /* of the whole input image */
    int out_width, out_height;
    int opaque; /* 1: the input has no alpha plane, every sample reads 1 */
} yk_view;
YK_FN float yk_pixel(yk_view s, int x, int y)
{
    return s.opaque ? 1.0f : s.plane[(yk_long)(y - s.y0) * s.stride + x - s.x0];
}

/* A statistic: atomically on a device, where many work-items share it; plainly on the CPU, where every thread has
 * its own and they are joined at the end. */
typedef YK_GLOBAL int *yk_stat;
YK_FN void yk_stat_add(yk_stat stat, int i)
{
#if defined(YK_DIALECT_CL)
    atomic_inc(stat + i);
#else
    stat[i]++;
#endif
}
YK_FN void yk_stat_max(yk_stat stat, int i, int n)
{
#if defined(YK_DIALECT_CL)
    atomic_max(stat + i, n);
#else
    stat[i] = n > stat[i] ? n : stat[i];
#endif
}

/* One histogram per colour, behind each other; fully transparent pixels do not count. */
YK_FN void yk_histogram_count(yk_stat stat, const int *v, const struct yk_reduce_pass *pass)
{
    if (pass->channels > pass->colours && v[pass->colours] == 0)
        return;
    for (int c = 0; c < pass->colours; c++)
        yk_stat_add(stat, c * (pass->wide ? 65536 : 256) + v[c]);
}

#endif
