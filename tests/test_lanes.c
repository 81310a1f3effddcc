/* SPDX-License-Identifier: MIT
 * The pieces of the separable row functions, each against the plain loop that its comment states, bit by bit:
 * blocks that are turned, sums over packed rows, and a shrinking resampler's steps on every CPU level. */
#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include "cpu_level.h"
#include "support.h"

#define YK_DIALECT_C
#include "../kernels/lanes.h"

enum { MOST_REACH = YK_PACK_REACH + 3, WIDTH = 150, STRIDE = WIDTH + 80, MOST_ROWS = 80 };

static float *random_samples(struct yk_random *random, size_t count)
{
    float *samples = malloc(count * sizeof *samples);
    CU_ASSERT_PTR_NOT_NULL_FATAL(samples);
    for (size_t k = 0; k < count; k++)
        samples[k] = (float)yk_random_unit(random);
    return samples;
}

/* How many of n samples differ in any bit. */
static int differing(const float *a, const float *b, int n)
{
    int count = 0;
    for (int k = 0; k < n; k++)
        count += memcmp(a + k, b + k, sizeof *a) != 0;
    return count;
}

static void test_turn(void)
{
    struct yk_random random = {11};
    float *from = random_samples(&random, (size_t)YK_BLOCK * STRIDE);
    float *to = random_samples(&random, (size_t)YK_BLOCK * STRIDE);
    float *before = malloc((size_t)YK_BLOCK * STRIDE * sizeof *before);
    CU_ASSERT_PTR_NOT_NULL_FATAL(before);
    memcpy(before, to, (size_t)YK_BLOCK * STRIDE * sizeof *before);
    yk_turn_block(to, YK_BLOCK + 3, from, STRIDE);
    int wrong = 0;
    for (int c = 0; c < YK_BLOCK; c++) {
        for (int r = 0; r < YK_BLOCK; r++)
            wrong += differing(to + c * (YK_BLOCK + 3) + r, from + r * STRIDE + c, 1);
        wrong += differing(to + c * (YK_BLOCK + 3) + YK_BLOCK, before + c * (YK_BLOCK + 3) + YK_BLOCK, 3);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(from);
    free(to);
    free(before);
}

/* The sum that shape_separable.h states, of samples `step` apart. */
static float symmetric(const float *centre, ptrdiff_t step, const float *w, int reach)
{
    float sum = w[0] * centre[0];
    for (int k = 1; k <= reach; k++)
        sum = sum + w[k] * (centre[-k * step] + centre[k * step]);
    return sum;
}

static void test_symmetric(void)
{
    struct yk_random random = {12};
    float *w = random_samples(&random, MOST_REACH + 1);
    float *packed = random_samples(&random, (size_t)MOST_ROWS * YK_BLOCK);
    float *out = random_samples(&random, (size_t)MOST_ROWS * YK_BLOCK);
    int wrong = 0;
    for (int reach = 1; reach <= MOST_REACH; reach++)
        for (int n = 1; n <= 21; n += 5) {
            const float *centre = packed + reach * YK_BLOCK;
            yk_sums_symmetric(out, n, w, reach, centre);
            for (int i = 0; i < n * YK_BLOCK; i++) {
                float want = symmetric(centre + i, YK_BLOCK, w, reach);
                wrong += differing(out + i, &want, 1);
            }
        }
    CU_ASSERT_EQUAL(wrong, 0);
    free(w);
    free(packed);
    free(out);
}

static void test_short_reach(void)
{
    struct yk_random random = {13};
    float *w = random_samples(&random, MOST_REACH + 1);
    float *samples = random_samples(&random, (size_t)(2 * MOST_REACH + 2) * STRIDE);
    float *down = random_samples(&random, 2 * STRIDE), *beside = random_samples(&random, STRIDE);
    const float *rows[2 * MOST_REACH + 2];
    int wrong = 0;
    for (int reach = 1; reach <= MOST_REACH; reach++)
        for (int n = 1; n <= WIDTH; n += 37) {
            for (int k = 0; k < 2 * reach + 2; k++)
                rows[k] = samples + k * STRIDE;
            yk_sums_down(down, STRIDE, n, w, reach, rows + reach);
            yk_sums_beside(beside, n, w, reach, samples + reach);
            for (int x = 0; x < n; x++) {
                float first = symmetric(rows[reach] + x, STRIDE, w, reach);
                float second = symmetric(rows[reach + 1] + x, STRIDE, w, reach);
                float along = symmetric(samples + reach + x, 1, w, reach);
                wrong += differing(down + x, &first, 1) + differing(down + STRIDE + x, &second, 1) +
                         differing(beside + x, &along, 1);
            }
        }
    CU_ASSERT_EQUAL(wrong, 0);
    free(w);
    free(samples);
    free(down);
    free(beside);
}

/* Two outputs of a resampler, from the same rows to none in common. */
static void test_pair(void)
{
    enum { TAPS = 5, VECTORS = 2, N = VECTORS * YK_LANES };
    struct yk_random random = {14};
    float *w = random_samples(&random, 2 * TAPS), *rows = random_samples(&random, (size_t)20 * N);
    int wrong = 0;
    for (int apart = 0; apart <= TAPS + 2; apart++) {
        float out[2 * N];
        struct yk_taps a = {out, w, 1}, b = {out + N, w + TAPS, 1 + apart};
        yk_sums_pair(a, b, TAPS, rows, N, VECTORS);
        for (int i = 0; i < 2 * N; i++) {
            struct yk_taps taps = i < N ? a : b;
            float want = 0.0f;
            for (int k = 0; k < TAPS; k++)
                want = want + taps.weights[k] * rows[(taps.start + k) * N + i % N];
            wrong += differing(out + i, &want, 1);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(w);
    free(rows);
}

/* The row function of `blur` on a picture that is much wider than what it keeps turned, against the plain
 * sums. */
static void check_wide(const struct yk_level *level, int reach)
{
    enum { SIDE = 32, W = 700, H = 61, ROW = W + 2 * SIDE + 64 };
    struct yk_random random = {18};
    const float params[16] = {0.0f};
    size_t op = 0;
    while (yk_op_table[op] && strcmp(yk_op_table[op]->name, "blur") != 0)
        op++;
    CU_ASSERT_PTR_NOT_NULL_FATAL(yk_op_table[op]);
    struct yk_pass pass = {.src_w = W, .src_h = H, .src_width = W, .src_height = H, .src_stride = ROW};
    pass.dst_w = pass.dst_width = W;
    pass.dst_h = H;
    pass.dst_height = H;
    pass.dst_stride = ROW;
    pass.colours_in = pass.colours_out = 1;
    pass.reach = reach;
    float *w = random_samples(&random, (size_t)reach + 1);
    float *from = random_samples(&random, (size_t)(H + 1) * ROW), *to = random_samples(&random, H * ROW);
    float *scratch = malloc((yk_rows_scratch(&pass, 0) + 64) * sizeof *scratch), sums[ROW];
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    for (int k = 0; k <= reach; k++)
        w[k] /= (float)(reach * reach); /* some sums leave 0 .. 1 */
    level->ops[op]->rows(&pass, from + SIDE, to, params, w, NULL, scratch);
    int wrong = 0;
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W + 2 * reach; x++) {
            const float *column = from + SIDE - reach + x;
            sums[x] = w[0] * column[y * ROW];
            for (int k = 1; k <= reach; k++)
                sums[x] = sums[x] + w[k] * (column[yk_clampi(y - k, 0, H - 1) * ROW] +
                                            column[yk_clampi(y + k, 0, H - 1) * ROW]);
        }
        for (int x = 0; x < W; x++) {
            float want = yk_clamp01(symmetric(sums + reach + x, 1, w, reach));
            wrong += differing(to + y * ROW + x, &want, 1);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(w);
    free(from);
    free(to);
    free(scratch);
}

static void test_wide(void)
{
    const struct yk_level *level;
    for (size_t k = 0; (level = yk_cpu_level_at(k)) != NULL; k++) {
        check_wide(level, 3);
        check_wide(level, 8);
        check_wide(level, 31);
    }
}

static void check_spread(const struct yk_level *level, int wide, int n)
{
    enum { ROWS = 3 };
    struct yk_random random = {15};
    size_t stride = (size_t)n << wide, size = ROWS * stride;
    uint16_t samples[ROWS * WIDTH];
    uint8_t *bytes = (uint8_t *)samples;
    float to[ROWS * STRIDE];
    int wrong = 0;
    CU_ASSERT_FATAL(size <= sizeof samples);
    yk_random_fill(&random, samples, sizeof samples);
    level->spread(bytes, stride, wide, to, STRIDE, n, ROWS);
    for (int y = 0; y < ROWS; y++)
        for (int x = 0; x < n; x++) {
            int sample = wide ? samples[y * n + x] : bytes[y * n + x];
            double off = (double)to[y * STRIDE + x] - sample / (wide ? 65535.0 : 255.0);
            wrong += off > 1.2e-7 || off < -1.2e-7;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void check_add(const struct yk_level *level, int n)
{
    enum { ROWS = 9 };
    struct yk_random random = {16};
    float *rows = random_samples(&random, ROWS * STRIDE), *w = random_samples(&random, ROWS);
    float *sums = random_samples(&random, 3 * STRIDE), *before = random_samples(&random, 3 * STRIDE);
    memcpy(before, sums, 3 * STRIDE * sizeof *sums);
    struct yk_share shares[3] = {
        {.sum = sums, .weights = w + 2, .first = 0, .count = 1},
        {.sum = sums + STRIDE, .weights = w, .first = 2, .count = ROWS - 2},
        {.sum = sums + 2 * STRIDE, .weights = w, .first = 4, .count = 5, .begins = 1},
    };
    level->add(shares, 3, rows, STRIDE, n);
    int wrong = 0;
    for (int s = 0; s < 3; s++)
        for (int x = 0; x < n; x++) {
            float want = shares[s].begins ? 0.0f : before[s * STRIDE + x];
            for (int k = 0; k < shares[s].count; k++)
                want = want + shares[s].weights[k] * rows[(shares[s].first + k) * STRIDE + x];
            wrong += differing(shares[s].sum + x, &want, 1);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    free(rows);
    free(w);
    free(sums);
    free(before);
}

/* Row sums of `height` rows with `taps` taps, starts `step` columns apart, from column `first` on. */
static void check_along(const struct yk_level *level, int channels, int taps, int step, int height)
{
    enum { COLUMNS = 400, FIRST = 7, MOST_WIDTH = 100, TO_STRIDE = MOST_WIDTH + 32 };
    struct yk_random random = {17};
    const int width = (COLUMNS - taps) / step < MOST_WIDTH ? (COLUMNS - taps) / step : MOST_WIDTH;
    const int stride = COLUMNS * channels + 80, plane = (height + 1) * TO_STRIDE;
    const int window = (YK_ROWS_MOST * step + taps + YK_ROWS_MOST) * channels + YK_ROWS_MOST;
    float *sums = random_samples(&random, (size_t)(height + YK_ROWS_MOST) * (size_t)stride);
    float *weights = random_samples(&random, (size_t)width * (size_t)taps);
    float *turned = random_samples(&random, (size_t)window * YK_ROWS_MOST);
    float *to = random_samples(&random, (size_t)plane * (size_t)channels);
    int start[MOST_WIDTH], wrong = 0;
    for (int k = 0; k < width * taps; k++)
        weights[k] = (weights[k] * 3.0f - 1.0f) / (float)taps; /* some sums leave 0 .. 1 */
    for (int x = 0; x < width; x++)
        start[x] = FIRST + x * step + (x > 0 && x < width - 1 ? (int)yk_random_below(&random, 2) : 0);
    struct yk_row_sums r = {
        .sums = sums,
        .stride = stride,
        .channels = channels,
        .first = FIRST,
        .height = height,
        .taps = taps,
        .weights = weights,
        .start = start,
        .window = turned,
        .window_samples = window,
        .to = to,
        .to_stride = TO_STRIDE,
        .to_plane = plane,
        .width = width,
    };
    level->along(&r);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) {
                float want = 0.0f;
                for (int k = 0; k < taps; k++)
                    want = want +
                           weights[x * taps + k] * sums[y * stride + (start[x] - FIRST + k) * channels + c];
                want = yk_clamp01(want);
                wrong += differing(to + c * plane + y * TO_STRIDE + x, &want, 1);
            }
    CU_ASSERT_EQUAL(wrong, 0);
    free(sums);
    free(weights);
    free(turned);
    free(to);
}

static void test_interleaved(void)
{
    const struct yk_level *level;
    for (size_t k = 0; (level = yk_cpu_level_at(k)) != NULL; k++) {
        for (int n = 1; n <= WIDTH; n += 13) {
            check_spread(level, 0, n);
            check_spread(level, 1, n);
            check_add(level, n);
        }
        for (int channels = 1; channels <= 4; channels++) {
            check_along(level, channels, 12, 2, 16);
            check_along(level, channels, 7, 1, 37);
            check_along(level, channels, 1, 9, 5); /* columns between the results are of no use */
            check_along(level, channels, 61, 10, 33);
        }
    }
}

void yk_suite_lanes(void)
{
    CU_pSuite suite = CU_add_suite("lanes", NULL, NULL);
    if (!suite)
        return;
    CU_add_test(suite, "blocks are turned", test_turn);
    CU_add_test(suite, "sums over packed rows", test_symmetric);
    CU_add_test(suite, "sums of a short reach", test_short_reach);
    CU_add_test(suite, "two outputs of a resampler", test_pair);
    CU_add_test(suite, "a wide picture on every CPU level", test_wide);
    CU_add_test(suite, "a shrinking resampler on every CPU level", test_interleaved);
}
