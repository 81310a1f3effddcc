/* SPDX-License-Identifier: MIT */
#define OP_NAME  pad
#define OP_STR   "pad"
#define OP_DOC   "Add pixels around the image."
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_STRAIGHT
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(LIST, sides, 0, 0, 1000000, 0, "pixels to add: ALL, or X,Y, or LEFT,TOP,RIGHT,BOTTOM") \
    P(COLOUR, background, "black", 0, 1, 0, "colour of the new pixels; a transparent one adds an alpha channel") \
    P(CHOICE, extend, "background", 0, 2, "background|copy|mirror", \
      "what fills them: a colour, the edge, the image mirrored")
#define OP_VECTORS(V) \
    V("1", gray8, 1, 1, D(7), gray8, 3, 3, D(0, 0, 0, 0, 7, 0, 0, 0, 0)) \
    V("1,0,0,0 background=#ff8000", rgb8, 1, 1, D(1, 2, 3), rgb8, 2, 1, D(255, 128, 0, 1, 2, 3)) \
    V("1,0 background=transparent", gray8, 1, 1, D(9), graya8, 3, 1, D(0, 0, 9, 255, 0, 0)) \
    V("2,0,1,0 extend=copy", gray8, 2, 1, D(5, 6), gray8, 5, 1, D(5, 5, 5, 6, 6)) \
    V("2,0,3,0 extend=mirror", gray8, 3, 1, D(1, 2, 3), gray8, 8, 1, D(2, 1, 1, 2, 3, 3, 2, 1))
#include "op_begin.h"

/* Position i reflected into 0 .. size - 1, the edge sample repeated: ... 1 0 0 1 ... */
YK_FN int pad_mirror(int i, int size)
{
    int period = 2 * size;
    int m = i % period;
    m = m < 0 ? m + period : m;
    return m < size ? m : period - 1 - m;
}

/* index: left, top. coef: the background's red (or grey), green, blue, alpha. */
YK_FN float pad_px(yk_view s, int x, int y, int channel, const struct pad_params *p, YK_GLOBAL const float *coef,
                   YK_GLOBAL const int *index)
{
    int sx = x - index[0], sy = y - index[1];
    int inside = sx >= 0 && sy >= 0 && sx < s.width && sy < s.height;
    int cx = p->extend == 2 ? pad_mirror(sx, s.width) : yk_clampi(sx, 0, s.width - 1);
    int cy = p->extend == 2 ? pad_mirror(sy, s.height) : yk_clampi(sy, 0, s.height - 1);
    return inside || p->extend != 0 ? yk_pixel(s, cx, cy) : coef[channel];
}

#ifdef YK_DIALECT_HOST
static int pad_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct pad_params *p = params;
    const float *v = p->sides.v;
    int sides[4];
    if (p->sides.count != 1 && p->sides.count != 2 && p->sides.count != 4)
        return yk_plan_fail(plan, "sides has %d numbers; 1, 2 or 4 are accepted", p->sides.count);
    for (int k = 0; k < 4; k++)
        sides[k] = (int)(v[p->sides.count == 4 ? k : p->sides.count == 2 ? k % 2 : 0] + 0.5f);
    int *index = yk_plan_index(plan, 2);
    float *coef = yk_plan_coef(plan, 4);
    if (!index || !coef)
        return yk_plan_fail(plan, "out of memory");
    index[0] = sides[0];
    index[1] = sides[1];
    for (int k = 0; k < 4; k++)
        coef[k] = p->background.v[k];
    if (in->colours == 1)
        coef[0] = yk_luma(coef[0], coef[1], coef[2]);
    plan->alpha = in->alpha || (p->extend == 0 && p->background.v[3] < 1.0f);
    plan->width = in->width + sides[0] + sides[2];
    plan->height = in->height + sides[1] + sides[3];
    return 0;
}

/* The part of one axis that positions a .. b - 1 read: itself, clipped, or all of it where they mirror. */
static void pad_axis(int a, int b, int size, int mirror, int *low, int *high)
{
    int outside = a < 0 || b > size;
    *low = outside && mirror ? 0 : yk_clampi(a, 0, size - 1);
    *high = outside && mirror ? size : yk_clampi(b, *low + 1, size);
}

static struct yk_rect pad_need(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                               struct yk_rect out)
{
    const struct pad_params *p = params;
    struct yk_rect need;
    int x = plan->index[0], y = plan->index[1];
    pad_axis(out.x0 - x, out.x1 - x, in->width, p->extend == 2, &need.x0, &need.x1);
    pad_axis(out.y0 - y, out.y1 - y, in->height, p->extend == 2, &need.y0, &need.y1);
    return need;
}
#endif

#include "op_end.h"
