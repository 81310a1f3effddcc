/* SPDX-License-Identifier: MIT */
#define OP_NAME  trim
#define OP_STR   "trim"
#define OP_DOC   "Cut off the border that looks like the top left pixel; an image of one colour stays."
#define OP_SHAPE YK_REDUCE
#define OP_APPLY YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_MOVE
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, tolerance, "0.04", 0, 1, 0, "greatest difference of a channel that still counts as border")
#define OP_VECTORS(V) \
    V("", gray8, 4, 3, D(9, 9, 9, 9, 9, 90, 9, 200, 9, 9, 9, 9), gray8, 3, 1, D(90, 9, 200)) \
    V("0", gray8, 3, 1, D(9, 10, 9), gray8, 1, 1, D(10)) \
    V("", gray8, 2, 2, D(7, 7, 8, 7), gray8, 2, 2, D(7, 7, 8, 7))
#include "op_begin.h"

/* stat: the greatest width - x, height - y, x + 1 and y + 1 of a pixel that differs; all 0: none does. */
YK_FN void trim_count(yk_stat stat, const int *v, int x, int y, const struct yk_reduce_pass *pass,
                      const struct trim_params *p)
{
    int allowed = (int)(p->tolerance * (pass->wide ? 65535.0f : 255.0f) + 0.5f), differs = 0;
    for (int c = 0; c < pass->channels; c++) {
        int d = v[c] - pass->corner[c];
        differs |= d > allowed || -d > allowed;
    }
    if (differs) {
        yk_stat_max(stat, 0, pass->width - x);
        yk_stat_max(stat, 1, pass->height - y);
        yk_stat_max(stat, 2, x + 1);
        yk_stat_max(stat, 3, y + 1);
    }
}

YK_FN float trim_px(yk_view s, int x, int y, int channel, const struct trim_params *p, YK_GLOBAL const float *coef,
                    YK_GLOBAL const int *index)
{
    (void)channel, (void)p, (void)coef;
    return yk_pixel(s, x + index[0], y + index[1]);
}

#ifdef YK_DIALECT_HOST
static size_t trim_stat_count(const struct yk_plan_input *in, size_t *sums)
{
    (void)in;
    *sums = 0;
    return 4;
}

static int trim_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    (void)params;
    int *index = yk_plan_index(plan, 2);
    if (!index)
        return yk_plan_fail(plan, "out of memory");
    if (in->stat[0] == 0) {
        plan->identity = 1;
        return 0;
    }
    index[0] = in->width - in->stat[0];
    index[1] = in->height - in->stat[1];
    plan->width = in->stat[2] - index[0];
    plan->height = in->stat[3] - index[1];
    return 0;
}

static struct yk_rect trim_need(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                                struct yk_rect out)
{
    (void)params, (void)in;
    int x = plan->index[0], y = plan->index[1];
    return (struct yk_rect){out.x0 + x, out.y0 + y, out.x1 + x, out.y1 + y};
}
#endif

#include "op_end.h"
