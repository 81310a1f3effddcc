/* SPDX-License-Identifier: MIT
 * The row filters on vectors of bytes; included once for each vector width. The includer defines: TARGET
 * (function attribute), V (vector type), LANES (its bytes), LOAD(p), STORE(p, v), SUB8 SUBS8 AVG8 MIN8 MAX8
 * (unsigned bytes), AND OR XOR, EQ8 (a mask), EITHER(mask, mask), FILL(v, mask) (all bits where the mask is
 * set), PICK(mask, yes, no), ZERO, EVERY8(n) (every byte n), SUM8(v) (partial sums of bytes as 64-bit lanes),
 * ADD64, TOTAL(v) (sum of the 64-bit lanes), NAME (of the table).
 *
 * A row is: its first pixel and what is too short for a vector in plain C, then whole vectors, then one
 * vector that ends with the row and overlaps the one before. */

struct context {
    const uint8_t *row, *above;
    size_t bpp;
};

/* |x - y| of unsigned bytes. */
TARGET static inline V distance(V x, V y)
{
    return OR(SUBS8(x, y), SUBS8(y, x));
}

/* Paeth's choice with bytes alone. Where c is not strictly between a and b, a + b - 2c is (b - c) + (a - c)
 * with both terms of one sign, so that c is never nearest; there `pc` is set to the largest byte. Else it is
 * the difference of the two distances. */
TARGET static inline V paeth(V a, V b, V c)
{
    V pa = distance(b, c), pb = distance(a, c);
    V pc = FILL(distance(pa, pb), EITHER(EQ8(MAX8(c, MAX8(a, b)), c), EQ8(MIN8(c, MIN8(a, b)), c)));
    V least = MIN8(pb, pc);
    V b_or_c = PICK(EQ8(least, pb), b, c);
    return PICK(EQ8(MIN8(pa, least), pa), a, b_or_c);
}

TARGET static inline V average(V a, V b)
{
    return SUB8(AVG8(a, b), AND(XOR(a, b), EVERY8(1))); /* the instruction rounds up, PNG down */
}

TARGET static inline V magnitude(V v)
{
    return MIN8(v, SUB8(ZERO, v));
}

TARGET static inline V vector_at(const struct context *in, enum yk_png_filter filter, size_t i)
{
    V x = LOAD(in->row + i);
    switch (filter) {
    case YK_PNG_SUB:
        return SUB8(x, LOAD(in->row + i - in->bpp));
    case YK_PNG_UP:
        return SUB8(x, LOAD(in->above + i));
    case YK_PNG_AVERAGE:
        return SUB8(x, average(LOAD(in->row + i - in->bpp), LOAD(in->above + i)));
    case YK_PNG_PAETH:
        return SUB8(x,
                    paeth(LOAD(in->row + i - in->bpp), LOAD(in->above + i), LOAD(in->above + i - in->bpp)));
    default:
        return x;
    }
}

TARGET static inline void apply_one(const struct context *in, enum yk_png_filter filter, size_t bytes,
                                    uint8_t *out)
{
    size_t i = in->bpp;
    for (; i + LANES <= bytes; i += LANES)
        STORE(out + i, vector_at(in, filter, i));
    if (i < bytes)
        STORE(out + bytes - LANES, vector_at(in, filter, bytes - LANES));
}

TARGET static void apply(enum yk_png_filter filter, const uint8_t *row, const uint8_t *above, size_t bytes,
                         size_t bpp, uint8_t *out)
{
    const struct context in = {row, above, bpp};
    if (bytes < LANES + bpp || filter == YK_PNG_NONE) {
        if (filter == YK_PNG_NONE)
            memcpy(out, row, bytes);
        else
            yk_png_filters_plain.apply(filter, row, above, bytes, bpp, out);
        return;
    }
    yk_png_filters_plain.apply(filter, row, above, bpp, bpp, out);
    switch (filter) { /* one loop each */
    case YK_PNG_SUB:
        apply_one(&in, YK_PNG_SUB, bytes, out);
        break;
    case YK_PNG_UP:
        apply_one(&in, YK_PNG_UP, bytes, out);
        break;
    case YK_PNG_AVERAGE:
        apply_one(&in, YK_PNG_AVERAGE, bytes, out);
        break;
    default:
        apply_one(&in, YK_PNG_PAETH, bytes, out);
        break;
    }
}

/* Adds the magnitudes of the vector at `i`, where `keep` is set. */
TARGET static inline void sum_vector(const struct context *in, size_t i, V keep, V totals[YK_PNG_FILTERS])
{
    V x = LOAD(in->row + i), a = LOAD(in->row + i - in->bpp);
    V b = LOAD(in->above + i), c = LOAD(in->above + i - in->bpp);
    totals[YK_PNG_NONE] = ADD64(totals[YK_PNG_NONE], SUM8(AND(keep, magnitude(x))));
    totals[YK_PNG_SUB] = ADD64(totals[YK_PNG_SUB], SUM8(AND(keep, magnitude(SUB8(x, a)))));
    totals[YK_PNG_UP] = ADD64(totals[YK_PNG_UP], SUM8(AND(keep, magnitude(SUB8(x, b)))));
    totals[YK_PNG_AVERAGE] =
        ADD64(totals[YK_PNG_AVERAGE], SUM8(AND(keep, magnitude(SUB8(x, average(a, b))))));
    totals[YK_PNG_PAETH] = ADD64(totals[YK_PNG_PAETH], SUM8(AND(keep, magnitude(SUB8(x, paeth(a, b, c))))));
}

TARGET static void sums_of(const uint8_t *row, const uint8_t *above, size_t bytes, size_t bpp,
                           uint64_t sums[YK_PNG_FILTERS])
{
    const struct context in = {row, above, bpp};
    if (bytes < LANES + bpp) {
        yk_png_filters_plain.sums(row, above, bytes, bpp, sums);
        return;
    }
    V totals[YK_PNG_FILTERS] = {ZERO, ZERO, ZERO, ZERO, ZERO};
    const V all = EVERY8(-1);
    size_t i = bpp;
    for (; i + LANES <= bytes; i += LANES)
        sum_vector(&in, i, all, totals);
    if (i < bytes) {
        uint8_t mask[LANES]; /* set for the last bytes - i lanes */
        memset(mask, 0, sizeof mask);
        memset(mask + LANES - (bytes - i), 0xff, bytes - i);
        sum_vector(&in, bytes - LANES, LOAD(mask), totals);
    }
    for (int f = 0; f < YK_PNG_FILTERS; f++)
        sums[f] = TOTAL(totals[f]);
    for (size_t k = 0; k < bpp; k++) { /* nothing is on the left */
        unsigned x = row[k], up = (x - above[k]) & 0xff, average = (x - above[k] / 2u) & 0xff;
        sums[YK_PNG_NONE] += x < 128 ? x : 256 - x;
        sums[YK_PNG_SUB] += x < 128 ? x : 256 - x;
        sums[YK_PNG_UP] += up < 128 ? up : 256 - up;
        sums[YK_PNG_AVERAGE] += average < 128 ? average : 256 - average;
        sums[YK_PNG_PAETH] += up < 128 ? up : 256 - up;
    }
}

const struct yk_png_filters NAME = {.apply = apply, .sums = sums_of};
