/* SPDX-License-Identifier: MIT
 * The choice of filter and coder (contract in png_choose.h). The figures were found on photographs,
 * screenshots, charts, dithered and 16-bit images with tests/bench/bench_png_encode.c. */
#include "png_choose.h"

#include <stdlib.h>

#include <libdeflate.h>

#include "mem.h"

enum {
    /* Bytes of an image for which a sample would cost more than the rest: one filter, 1 to 2 % larger than
     * the least of every row, and 13 % faster. */
    TINY = 32 << 10,
    SLICES = 4,
    SAMPLE_MIN = 16 << 10, /* bytes; a small image is its own sample */
    SAMPLE_MAX = 64 << 10,
    SAMPLE_MAX_THOROUGH = 1 << 20,
    SMALL_RAW = 256 << 10, /* bytes of an image on which a level higher is not felt */
    TRIAL_LEVEL = 6,       /* of libdeflate */
    SAMPLE_SHARE = 64,     /* the sample is this part of the image, between the two */
    SAMPLE_SHARE_THOROUGH = 16,
    FILTERS = YK_PNG_LEAST + 1,
    /* Matches are searched for on the sample only where they may be worth it: where runs leave less than this
     * many thousandths, or where few byte values occur (drawn, dithered). */
    DENSE = 450,
    FEW_LITERALS = 128,
    /* Matches that leave less than this many thousandths are long and few: the deep search is then fast
     * enough, and worth a third (text, plain areas). */
    SPARSE = 60,
    SAMPLE_SPARSE = 128 << 10, /* bytes of the sample that tells the filters apart there */
    /* The same where size is all that counts, in so many slices: of windows with titles, lists and text, four
     * may miss whole kinds of rows (4 % of a screenshot). */
    SLICES_SPARSE = 12,
    /* Runs that leave so many thousandths of what a search does are taken for it: it would not gain more, at
     * many times the time. The second where both searches were tried on the sample, and time counts. */
    RUNS_ALONE = 970,
    RUNS_NEARLY = 1010,
    PRICED_GAIN = 30 /* thousandths by which the cheapest way must be smaller than libdeflate */
};

/* Rows from several places of the image, filtered. */
struct sample {
    const struct yk_png_rows *source;
    struct yk_png_work *work;
    uint8_t *filtered; /* YK_READ_PAST bytes more */
    size_t size;
    uint32_t slice_rows, slices;
};

/* `slices`: how many; all together have one of `share` bytes of the image, but at least SAMPLE_MIN and at the
 * most `most`. */
static bool sample_begin(struct sample *sample, const struct yk_png_rows *source, uint32_t slices,
                         uint64_t share, uint64_t most)
{
    static const struct yk_png_plan any = {0};
    uint32_t height = source->image->height;
    uint64_t row = source->row_bytes + 1, raw = row * height, want = raw / share;
    want = want < SAMPLE_MIN ? SAMPLE_MIN : want > most ? most : want;
    uint64_t rows = want / slices / row;
    rows = rows < 2 ? 2 : rows;
    *sample = (struct sample){.source = source, .slice_rows = (uint32_t)rows, .slices = slices};
    if (rows * slices * 2 >= height) { /* all of it, or the middle of a few very long rows */
        most /= row;
        most = most < 2 ? 2 : most;
        sample->slices = 1;
        sample->slice_rows = most < height ? (uint32_t)most : height;
    }
    sample->size = (size_t)(row * sample->slice_rows * sample->slices);
    sample->work = yk_png_work_create(source, 1, &any);
    sample->filtered = yk_mem_alloc(sample->size + YK_READ_PAST);
    return sample->work && sample->filtered;
}

static void sample_end(struct sample *sample)
{
    yk_png_work_free(sample->work);
    yk_mem_free(sample->filtered);
}

static void sample_filter(struct sample *sample, unsigned filter)
{
    uint32_t height = sample->source->image->height;
    size_t slice = (sample->source->row_bytes + 1) * sample->slice_rows;
    for (uint32_t k = 0; k < sample->slices; k++) {
        /* in the middle of each of `slices` equal parts */
        uint64_t centre = (uint64_t)height * (2 * k + 1) / (2 * sample->slices);
        uint32_t y = (uint32_t)(centre - sample->slice_rows / 2);
        yk_png_filter_rows(sample->work, sample->source, filter, y, sample->slice_rows,
                           sample->filtered + k * slice);
    }
}

static struct yk_deflate_estimate sample_estimate(const struct sample *sample, enum yk_deflate_method method)
{
    const struct yk_deflate_job job = {
        .data = sample->filtered,
        .size = sample->size,
        .method = method,
        .bpp = sample->source->bpp,
        .row = sample->source->row_bytes + 1,
        .last = true,
        .exact = true, /* what is not counted costs filters unequally */
        .level = sample->source->level,
    };
    return yk_deflate_estimate(yk_png_work_deflate(sample->work), &job);
}

/* What each effort gives for speed, in thousandths of the size. */
struct terms {
    bool least; /* try the least filter of every row */
    unsigned
        least_gain; /* how much smaller it must make the result than the best single filter: it costs time */
    unsigned matches_gain; /* the same for matches against runs */
    /* The same for pairs of pixels, which take twice the time of runs; only with `least`. A noisy grey
     * photograph that is saved as RGB has 0.56 of the size that runs make. With 5 the Kodak photographs were
     * at 1.020 of libpng's size and 28 times its speed instead of 1.042 and 43 times; with 50 one of 24 large
     * photographs was 3.6 % smaller, and the eight that are measured 40 times as fast instead of 46. */
    unsigned pixels_gain;
};

static const struct terms balanced = {true, 10, 100, 70}, fast = {false, 0, 200, 0};

static bool better(uint64_t bits, uint64_t than, unsigned gain)
{
    return bits * 1000 < than * (1000 - gain);
}

/* For an image of which matches leave little: the deep search, with the filter that suits it. Only a larger
 * sample than that for others can tell: a slice must hold rows enough for matches from row to row. false: out
 * of memory. */
static bool choose_deep(const struct yk_png_rows *source, struct yk_png_plan *plan)
{
    static const uint8_t filters[] = {YK_PNG_PAETH, YK_PNG_UP, YK_PNG_NONE};
    struct sample sample;
    uint64_t best = UINT64_MAX;
    bool ok = sample_begin(&sample, source, SLICES, SAMPLE_SHARE, SAMPLE_SPARSE);
    for (size_t i = 0; ok && i < sizeof filters; i++) {
        sample_filter(&sample, filters[i]);
        uint64_t bits = sample_estimate(&sample, YK_DEFLATE_DEEP).bits;
        if (bits < best) {
            best = bits;
            plan->filter = filters[i];
        }
    }
    plan->coder = YK_PNG_DEEP;
    sample_end(&sample);
    return ok;
}

/* For a photograph of which runs leave `runs` bits. Always with the least filter of every row: it gains 1 %,
 * and what it costs is little beside the search. The sample is still filtered so: it was the last that
 * choose_own tried. */
static void choose_pixels(struct sample *sample, const struct terms *terms, uint64_t runs,
                          struct yk_png_plan *plan)
{
    if (!terms->least || sample->source->image->format.depth != 8 || sample->source->bpp < 3)
        return; /* pixels of fewer bytes do not repeat by the noise of all channels */
    if (!better(sample_estimate(sample, YK_DEFLATE_PIXELS).bits, runs, terms->pixels_gain))
        return;
    plan->filter = YK_PNG_LEAST;
    plan->coder = YK_PNG_PIXELS;
}

/* false: out of memory. */
static bool choose_own(struct sample *sample, const struct terms *terms, struct yk_png_plan *plan)
{
    static const uint8_t filters[] = {YK_PNG_PAETH, YK_PNG_UP, YK_PNG_NONE, YK_PNG_LEAST};
    uint64_t best = UINT64_MAX, raw = (uint64_t)sample->size * 8;
    bool drawn = false;
    for (size_t i = 0; i < sizeof filters - !terms->least; i++) {
        sample_filter(sample, filters[i]);
        struct yk_deflate_estimate estimate = sample_estimate(sample, YK_DEFLATE_RUNS);
        if (better(estimate.bits, best, filters[i] == YK_PNG_LEAST ? terms->least_gain : 0)) {
            best = estimate.bits;
            plan->filter = filters[i];
        }
        drawn |= filters[i] == YK_PNG_NONE && estimate.literals <= FEW_LITERALS;
    }
    plan->coder = YK_PNG_RUNS;
    if (best * 1000 > raw * DENSE && !drawn && sample->source->image->format.depth == 8) {
        choose_pixels(sample, terms, best, plan);
        return true;
    }
    const uint64_t runs = best;
    const uint8_t searched[] = {plan->filter, YK_PNG_NONE, YK_PNG_SUB};
    for (size_t i = 0; i < sizeof searched; i++) {
        sample_filter(sample, searched[i]);
        uint64_t bits = sample_estimate(sample, YK_DEFLATE_MATCHES).bits;
        if (i == 0 && bits >= runs && !drawn) /* a photograph: no other filter makes up for it */
            break;
        if (bits < best && better(bits, runs, terms->matches_gain)) {
            best = bits;
            plan->filter = searched[i];
            plan->coder = YK_PNG_MATCHES;
        }
    }
    return plan->coder != YK_PNG_MATCHES || best * 1000 >= raw * SPARSE || choose_deep(sample->source, plan);
}

/* Bits that libdeflate makes of the sample; false: out of memory. */
static bool try_libdeflate(const struct sample *sample, uint64_t *bits)
{
    struct libdeflate_compressor *trial = libdeflate_alloc_compressor(TRIAL_LEVEL);
    size_t room = yk_deflate_bound(sample->size);
    uint8_t *out = yk_mem_alloc(room);
    bool ok = trial && out;
    if (ok) {
        size_t size = libdeflate_deflate_compress(trial, sample->filtered, sample->size, out, room);
        *bits = 8 * (uint64_t)(size ? size : sample->size); /* 0: not smaller than stored */
    }
    if (trial)
        libdeflate_free_compressor(trial);
    yk_mem_free(out);
    return ok;
}

/* The coder for the plan's filter, with which runs leave `runs` bits of the sample. Drawn images and most
 * photographs become smallest by the cheapest way, in half the time that libdeflate's level 9 takes; those
 * with many copies of three bytes, as most of Kodak's, by libdeflate. false: out of memory. */
static bool choose_search(struct sample *sample, uint64_t runs, struct yk_png_plan *plan)
{
    const bool quick = plan->level<YK_PNG_PRICED_FROM, most = plan->level> YK_PNG_PRICED_TO;
    uint64_t other = 0, priced = UINT64_MAX;
    sample_filter(sample, plan->filter);
    if (!try_libdeflate(sample, &other))
        return false;
    if (!quick)
        priced = sample_estimate(sample, YK_DEFLATE_PRICED).bits;
    if (!quick && !most && better(priced, other, PRICED_GAIN))
        plan->coder = YK_PNG_PRICED;
    other = priced < other ? priced : other;
    if (runs * 1000 <= other * (quick || most ? RUNS_ALONE : RUNS_NEARLY))
        plan->coder = YK_PNG_RUNS;
    return true;
}

/* The filter by what the own coder leaves of the sample, with a search or without, as of the strips the
 * smaller one is written. Returns the bits; *runs: those without. */
static uint64_t choose_filter(struct sample *sample, struct yk_png_plan *plan, uint64_t *runs)
{
    uint64_t best = UINT64_MAX;
    for (unsigned filter = YK_PNG_NONE; filter < FILTERS; filter++) {
        sample_filter(sample, filter);
        uint64_t by_runs = sample_estimate(sample, YK_DEFLATE_RUNS).bits;
        uint64_t by_search = sample_estimate(sample, YK_DEFLATE_DEEP).bits;
        uint64_t bits = by_search < by_runs ? by_search : by_runs;
        if (bits < best) {
            best = bits;
            *runs = by_runs;
            plan->filter = (uint8_t)filter;
        }
    }
    return best;
}

/* For the efforts beyond the own coder's; `raw`: bytes of the filtered image. false: out of memory. */
static bool choose_thorough(const struct yk_png_rows *source, uint64_t raw, unsigned level,
                            struct yk_png_plan *plan)
{
    uint64_t runs = 0, bits = 0;
    struct sample sample;
    *plan = (struct yk_png_plan){.coder = YK_PNG_LIBDEFLATE, .level = (uint8_t)level, .thorough = true};
    bool ok = sample_begin(&sample, source, SLICES, raw <= SMALL_RAW ? 1 : SAMPLE_SHARE_THOROUGH,
                           SAMPLE_MAX_THOROUGH);
    if (ok)
        bits = choose_filter(&sample, plan, &runs);
    if (ok && raw > SMALL_RAW && bits * 1000 < (uint64_t)sample.size * 8 * SPARSE) {
        sample_end(&sample);
        ok = sample_begin(&sample, source, SLICES_SPARSE, 1, SAMPLE_MAX_THOROUGH);
        if (ok)
            (void)choose_filter(&sample, plan, &runs);
    }
    if (ok && raw > SMALL_RAW)
        ok = choose_search(&sample, runs, plan);
    else if (ok && raw <= TINY && level >= YK_PNG_PRICED_FROM && level <= YK_PNG_PRICED_TO)
        plan->coder = runs * 1000 <= bits * RUNS_NEARLY ? YK_PNG_RUNS : YK_PNG_PRICED;
    /* else libdeflate, and the own coder strip by strip where that is smaller */
    sample_end(&sample);
    return ok;
}

enum yk_status yk_png_choose(const struct yk_png_rows *source, int level, struct yk_png_plan *plan,
                             struct yk_error *error)
{
    static const uint8_t libdeflate_levels[10] = {
        [3] = 4, [4] = 5, [5] = 6, [6] = 7, [7] = 8, [8] = 9, [9] = 12};
    *plan = (struct yk_png_plan){.filter = YK_PNG_NONE, .coder = YK_PNG_STORED};
    if (level == 0)
        return YK_OK;
    bool own = level == YK_EFFORT_BALANCED || level == YK_EFFORT_FAST || level == 1 || level == 2;
    uint64_t raw = (source->row_bytes + 1) * (uint64_t)source->image->height;
    if (own && raw <= TINY) {
        *plan = (struct yk_png_plan){.filter = YK_PNG_PAETH, .coder = YK_PNG_RUNS};
        return YK_OK;
    }
    unsigned effort = raw > TINY && raw <= SMALL_RAW ? 10 : 9;
    effort = level > 0 ? libdeflate_levels[level] : effort;
    bool ok;
    if (own) {
        struct sample sample;
        ok = sample_begin(&sample, source, SLICES, SAMPLE_SHARE, SAMPLE_MAX) &&
             choose_own(&sample, level == YK_EFFORT_FAST || level == 1 ? &fast : &balanced, plan);
        sample_end(&sample);
    } else {
        ok = choose_thorough(source, raw, effort, plan);
    }
    return ok ? YK_OK : yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
}
