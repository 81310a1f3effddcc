/* SPDX-License-Identifier: MIT */
#define OP_NAME  crop
#define OP_STR   "crop"
#define OP_DOC   "Cut out a rectangle."
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_MOVE
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(AREA, area, 0, 0, 1000000, 0, "WxH or WxH+X+Y in pixels; what lies outside the image is left out") \
    P(CHOICE, gravity, "auto", 0, 9, "auto|northwest|north|northeast|west|center|east|southwest|south|southeast", \
      "where X and Y count from; auto: the top left corner with +X+Y, the centre without")
#define OP_VECTORS(V) \
    V("2x1+1+1", gray8, 4, 2, D(1, 2, 3, 4, 5, 6, 7, 8), gray8, 2, 1, D(6, 7)) \
    V("2x2", gray8, 4, 2, D(1, 2, 3, 4, 5, 6, 7, 8), gray8, 2, 2, D(2, 3, 6, 7)) \
    V("1x1 gravity=southeast", gray8, 4, 2, D(1, 2, 3, 4, 5, 6, 7, 8), gray8, 1, 1, D(8))
#include "op_begin.h"

YK_FN float crop_px(yk_view s, int x, int y, int channel, const struct crop_params *p, YK_GLOBAL const float *coef,
                    YK_GLOBAL const int *index)
{
    (void)channel, (void)p, (void)coef;
    return yk_pixel(s, x + index[0], y + index[1]);
}

#ifdef YK_DIALECT_HOST
static int crop_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct crop_params *p = params;
    int gravity = p->gravity ? p->gravity : p->area.has_offset ? 1 : 5;
    int column = (gravity - 1) % 3, row = (gravity - 1) / 3;
    /* 64 bits: offsets and sizes are each bounded, their sum is then checked against the image. */
    int64_t left = (int64_t)(in->width - p->area.width) * column / 2 + (column == 2 ? -p->area.x : p->area.x);
    int64_t top = (int64_t)(in->height - p->area.height) * row / 2 + (row == 2 ? -p->area.y : p->area.y);
    int64_t right = left + p->area.width, bottom = top + p->area.height;
    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    right = right > in->width ? in->width : right;
    bottom = bottom > in->height ? in->height : bottom;
    if (right <= left || bottom <= top)
        return yk_plan_fail(plan, "the rectangle %dx%d%+d%+d lies outside the image of %dx%d pixels", p->area.width,
                            p->area.height, p->area.x, p->area.y, in->width, in->height);
    int *index = yk_plan_index(plan, 2);
    if (!index)
        return yk_plan_fail(plan, "out of memory");
    index[0] = (int)left;
    index[1] = (int)top;
    plan->width = (int)(right - left);
    plan->height = (int)(bottom - top);
    return 0;
}

static struct yk_rect crop_need(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                                struct yk_rect out)
{
    (void)params, (void)in;
    int x = plan->index[0], y = plan->index[1];
    return (struct yk_rect){out.x0 + x, out.y0 + y, out.x1 + x, out.y1 + y};
}
#endif

#include "op_end.h"
