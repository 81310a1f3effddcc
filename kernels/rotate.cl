/* SPDX-License-Identifier: MIT */
#define OP_NAME  rotate
#define OP_STR   "rotate"
#define OP_DOC   "Turn clockwise; multiples of 90 degrees are exact, other angles bilinear."
#define OP_SHAPE YK_GEOMETRIC
#define OP_ALPHA YK_ALPHA_PREMULTIPLIED
#define OP_HAS_PLAN 1
#define OP_PARAMS(P) \
    P(FLOAT, angle, 0, -36000, 36000, 0, "degrees, clockwise") \
    P(COLOUR, background, "black", 0, 1, 0, "colour of the corners; a transparent one adds an alpha channel")
#define OP_VECTORS(V) \
    V("90", gray8, 3, 2, D(1, 2, 3, 4, 5, 6), gray8, 2, 3, D(4, 1, 5, 2, 6, 3)) \
    V("180", gray8, 3, 2, D(1, 2, 3, 4, 5, 6), gray8, 3, 2, D(6, 5, 4, 3, 2, 1)) \
    V("-90", gray8, 3, 2, D(1, 2, 3, 4, 5, 6), gray8, 2, 3, D(3, 6, 2, 5, 1, 4)) \
    V("45", gray8, 1, 1, D(200), gray8, 2, 2, D(59, 59, 59, 59))
#include "op_begin.h"

/* One sample, or the background outside the image. */
YK_FN float rotate_at(yk_view s, int x, int y, float background)
{
    int inside = x >= 0 && y >= 0 && x < s.width && y < s.height;
    float v = yk_pixel(s, yk_clampi(x, 0, s.width - 1), yk_clampi(y, 0, s.height - 1));
    return inside ? v : background;
}

/* index: quarter turns (0 .. 3), or 4, cosine and sine times 2^30. coef: background, premultiplied. The inverse
 * rotation runs in integers: twice the offset from the centre (exact) times 2^30, so positions carry 31 bits of
 * fraction and are the same on every device. */
YK_FN float rotate_px(yk_view s, int x, int y, int channel, const struct rotate_params *p, YK_GLOBAL const float *coef,
                      YK_GLOBAL const int *index)
{
    (void)p;
    int turns = index[0];
    if (turns < 4) {
        int sx = turns == 0 ? x : turns == 1 ? y : turns == 2 ? s.width - 1 - x : s.width - 1 - y;
        int sy = turns == 0 ? y : turns == 1 ? s.height - 1 - x : turns == 2 ? s.height - 1 - y : x;
        return yk_pixel(s, sx, sy);
    }
    yk_long ux = 2 * x + 1 - s.out_width, uy = 2 * y + 1 - s.out_height;
    yk_long px = ux * index[1] + uy * index[2] + (yk_long)(s.width - 1) * 1073741824;
    yk_long py = uy * index[1] - ux * index[2] + (yk_long)(s.height - 1) * 1073741824;
    int ix = (int)(px >> 31), iy = (int)(py >> 31);
    float fx = (float)(int)((px & 2147483647) >> 8) * 0.00000011920929f; /* 2^-23 */
    float fy = (float)(int)((py & 2147483647) >> 8) * 0.00000011920929f;
    float background = coef[channel];
    float a = rotate_at(s, ix, iy, background), b = rotate_at(s, ix + 1, iy, background);
    float c = rotate_at(s, ix, iy + 1, background), d = rotate_at(s, ix + 1, iy + 1, background);
    float top = a + (b - a) * fx, bottom = c + (d - c) * fx;
    return top + (bottom - top) * fy;
}

#ifdef YK_DIALECT_HOST
static int rotate_plan(const void *params, const struct yk_plan_input *in, struct yk_plan *plan)
{
    const struct rotate_params *p = params;
    double angle = fmod((double)p->angle, 360.0);
    angle = angle < 0.0 ? angle + 360.0 : angle;
    int *index = yk_plan_index(plan, 3);
    float *coef = yk_plan_coef(plan, 4);
    if (!index || !coef)
        return yk_plan_fail(plan, "out of memory");
    double quarters = angle / 90.0;
    if (fabs(quarters - floor(quarters + 0.5)) < 1e-9) {
        index[0] = (int)floor(quarters + 0.5) % 4;
        plan->identity = index[0] == 0;
        plan->alpha_mode = YK_ALPHA_MOVE;
        plan->width = index[0] % 2 ? in->height : in->width;
        plan->height = index[0] % 2 ? in->width : in->height;
        return 0;
    }
    double radians = angle * 3.14159265358979323846 / 180.0, c = cos(radians), s = sin(radians);
    index[0] = 4;
    index[1] = (int)lrint(c * 1073741824.0);
    index[2] = (int)lrint(s * 1073741824.0);
    for (int k = 0; k < 4; k++)
        coef[k] = k < 3 ? p->background.v[k] * p->background.v[3] : p->background.v[3];
    if (in->colours == 1)
        coef[0] = yk_luma(coef[0], coef[1], coef[2]);
    plan->alpha = in->alpha || p->background.v[3] < 1.0f;
    /* The bounding box; the small term keeps 100.0000001 from becoming 101. */
    plan->width = (int)ceil(in->width * fabs(c) + in->height * fabs(s) - 1e-6);
    plan->height = (int)ceil(in->width * fabs(s) + in->height * fabs(c) - 1e-6);
    return 0;
}

static struct yk_rect rotate_need(const void *params, const struct yk_plan_input *in, const struct yk_plan *plan,
                                  struct yk_rect out)
{
    (void)params;
    int w = in->width, h = in->height;
    switch (plan->index[0]) {
    case 0:
        return out;
    case 1:
        return (struct yk_rect){out.y0, h - out.x1, out.y1, h - out.x0};
    case 2:
        return (struct yk_rect){w - out.x1, h - out.y1, w - out.x0, h - out.y0};
    case 3:
        return (struct yk_rect){w - out.y1, out.x0, w - out.y0, out.x1};
    }
    double c = plan->index[1] / 1073741824.0, s = plan->index[2] / 1073741824.0;
    double left = w, right = 0, top = h, bottom = 0;
    for (int corner = 0; corner < 4; corner++) {
        double ux = (corner % 2 ? out.x1 : out.x0) - plan->width / 2.0;
        double uy = (corner / 2 ? out.y1 : out.y0) - plan->height / 2.0;
        double x = ux * c + uy * s + w / 2.0, y = uy * c - ux * s + h / 2.0;
        left = fmin(left, x), right = fmax(right, x);
        top = fmin(top, y), bottom = fmax(bottom, y);
    }
    /* Two samples beyond on each side: the bilinear neighbour, and rounding. All outside reads one edge sample. */
    struct yk_rect need = {(int)floor(fmin(left, w)) - 2, (int)floor(fmin(top, h)) - 2,
                           (int)ceil(fmax(right, 0)) + 2, (int)ceil(fmax(bottom, 0)) + 2};
    need.x0 = yk_clampi(need.x0, 0, w - 1);
    need.y0 = yk_clampi(need.y0, 0, h - 1);
    need.x1 = yk_clampi(need.x1, need.x0 + 1, w);
    need.y1 = yk_clampi(need.y1, need.y0 + 1, h);
    return need;
}
#endif

#include "op_end.h"
