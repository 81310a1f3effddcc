/* SPDX-License-Identifier: MIT
 *
 * REDUCE: whole-image statistics as integers, so that any split and order gives the same ones. The operation has
 *   YK_FN void OP_NAME_count(yk_stat stat, const int *v, int x, int y, const struct yk_reduce_pass *pass,
 *                            const OP_PARAMS_TYPE *p)
 * with v the 1 .. 4 samples of the pixel, and updates stat with yk_stat_add and yk_stat_max only. All entries
 * start at 0; partial results are joined with the same two rules (see OP_NAME_plan and the descriptor). */
#if defined(YK_DIALECT_CL)

__kernel void OP_FN(reduce)(__global const uchar *pixels, __global int *stat, struct yk_reduce_pass pass,
                            OP_PARAMS_TYPE p)
{
    int x = (int)get_global_id(0), y = (int)get_global_id(1);
    if (x >= pass.width || y >= pass.rows)
        return;
    __global const uchar *row = pixels + (long)y * pass.stride;
    int v[4] = {0, 0, 0, 0};
    for (int c = 0; c < pass.channels; c++)
        v[c] = pass.wide ? ((__global const ushort *)row)[x * pass.channels + c] : row[x * pass.channels + c];
    OP_FN(count)(stat, v, x, pass.y0 + y, &pass, &p);
}

#else

YK_FN void OP_FN(reduce_depth)(const struct yk_reduce_pass *pass, const unsigned char *pixels,
                               const OP_PARAMS_TYPE *p, int *stat, const int wide)
{
    for (int y = 0; y < pass->rows; y++) {
        const unsigned char *narrow_row = pixels + (ptrdiff_t)y * pass->stride;
        const uint16_t *wide_row = (const uint16_t *)(const void *)narrow_row;
        for (int x = 0; x < pass->width; x++) {
            int v[4] = {0, 0, 0, 0};
            for (int c = 0; c < pass->channels; c++)
                v[c] = wide ? wide_row[x * pass->channels + c] : narrow_row[x * pass->channels + c];
            OP_FN(count)(stat, v, x, pass->y0 + y, pass, p);
        }
    }
}

static void OP_FN(reduce)(const struct yk_reduce_pass *pass, const unsigned char *pixels, const void *params,
                          int *stat)
{
    OP_PARAMS_TYPE p = *(const OP_PARAMS_TYPE *)params;
    if (pass->wide)
        OP_FN(reduce_depth)(pass, pixels, &p, stat, 1);
    else
        OP_FN(reduce_depth)(pass, pixels, &p, stat, 0);
}

#endif
