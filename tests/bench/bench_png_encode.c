/* SPDX-License-Identifier: MIT
 * Times PNG encoding alone, one thread, in memory: the three efforts of the codec against libpng as it is by
 * default (level 6), at its quick level 1 and at level 9, all filters each, in turns. Prints a line an image
 * and one a kind: ratios of speed (with the lowest and highest of the rounds) and of size. Some kinds of
 * image are made here; others, photographs above all, come as files.
 *
 * usage: bench_png_encode [-n ROUNDS] [-f] [KIND:] FILE... [KIND:] FILE...     -f: the files only
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <png.h>

#include <yoke/codec.h>

enum { ROUNDS_MAX = 25, LIBPNG = 3, WAYS = 6, NAME = 24 };

/* The efforts, then libpng's levels; the slow ones run once. */
static const struct way {
    const char *name;
    int level;
    bool once;
} ways[WAYS] = {{"balanced", YK_EFFORT_BALANCED, false},
                {"fast", YK_EFFORT_FAST, false},
                {"small", YK_EFFORT_SMALL, true},
                {"libpng", 6, false},
                {"libpng -1", 1, false},
                {"libpng -9", 9, true}};

struct result {
    double seconds[WAYS], size[WAYS], raw;
    double low[LIBPNG], high[LIBPNG]; /* of the speed ratio to the libpng way that an effort is measured by */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* other jobs on the machine count less */
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- libpng, with its settings as they are ---- */

static void on_write(png_structp png, png_bytep data, size_t length)
{
    struct yk_bytes *bytes = png_get_io_ptr(png);
    uint8_t *grown = realloc(bytes->data, bytes->size + length);
    if (!grown)
        abort();
    memcpy(grown + bytes->size, data, length);
    bytes->data = grown;
    bytes->size += length;
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void libpng_encode(const struct yk_image *image, int level, struct yk_bytes *bytes)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)))
        abort();
    png_set_write_fn(png, bytes, on_write, on_flush);
    if (level != 6)
        png_set_compression_level(png, level);
    if (level == 9)
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS); /* what it does anyway at 8 and 16 bits */
    png_set_IHDR(png, info, image->width, image->height, image->format.depth,
                 (image->format.colours == 3 ? PNG_COLOR_MASK_COLOR : 0) |
                     (image->format.alpha ? PNG_COLOR_MASK_ALPHA : 0),
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_write_info(png, info);
    if (image->format.depth == 16)
        png_set_swap(png); /* measured on little-endian machines */
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(png, yk_image_row(image, y));
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
}

/* ---- Images ---- */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* About normal, with deviation 1: a sum of uniform numbers. */
static double normal(uint64_t *state)
{
    double sum = -6;
    for (int k = 0; k < 12; k++)
        sum += (double)(next_random(state) >> 11) / 9007199254740992.0;
    return sum;
}

static struct yk_image *image_of(uint32_t width, uint32_t height, uint8_t colours, uint8_t alpha,
                                 uint8_t depth)
{
    struct yk_image *image = NULL;
    if (yk_image_create(&image, width, height, (struct yk_format){colours, alpha, depth}, NULL, NULL) !=
        YK_OK)
        abort();
    return image;
}

static void put(struct yk_image *image, uint32_t x, uint32_t y, const double *rgba)
{
    unsigned channels = yk_format_channels(image->format);
    double most = image->format.depth == 16 ? 65535 : 255;
    for (unsigned c = 0; c < channels; c++) {
        double v = rgba[c == channels - 1 && image->format.alpha ? 3 : c] * most;
        uint16_t sample = (uint16_t)(v < 0 ? 0 : v > most ? most : v + 0.5);
        if (image->format.depth == 16)
            memcpy(yk_image_row(image, y) + ((size_t)x * channels + c) * 2, &sample, 2);
        else
            yk_image_row(image, y)[(size_t)x * channels + c] = (uint8_t)sample;
    }
}

/* Coverage of a pixel by made-up letters of 8 x 14 pixels with soft edges, words and line ends. */
static double letter(uint32_t x, uint32_t y, uint32_t columns)
{
    uint64_t state = (y / 18 * 977 + x / 9) * 31 + 5, line = y / 18, word = x / 9;
    uint64_t ends = line * 7919 + 3, glyph = next_random(&state) % 60 * 2654435761u;
    unsigned px = x % 9, py = y % 18;
    if (px > 7 || py < 2 || py > 13 || word >= columns - next_random(&ends) % 20 ||
        next_random(&glyph) % 6 == 0)
        return 0;
    uint64_t bars = next_random(&glyph);
    bool stroke = (px == 1 && (bars & 1)) || (px == 6 && (bars & 2)) || (py == 4 && (bars & 4)) ||
                  (py == 9 && (bars & 8)) || (py == 13 && (bars & 16)) || (px + py / 2 == 7 && (bars & 32));
    bool edge = (px == 2 && (bars & 1)) || (px == 5 && (bars & 2)) || (px + py / 2 == 8 && (bars & 32));
    return stroke ? 0.85 : edge ? 0.4 : 0;
}

static struct yk_image *screenshot(uint32_t width, uint32_t height)
{
    struct yk_image *image = image_of(width, height, 3, 0, 8);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            bool bar = y < 48, side = x < 240;
            uint32_t cx = (x - 240) % 420, cy = (y - 48) % 260;
            bool card = !bar && !side && cx > 14 && cx < 406 && cy > 14 && cy < 246;
            double shade = bar ? 0.15 : side ? 0.97 : card ? 1 : 0.93, ink = bar ? 1 : 0.1, blue = 0;
            double cover = bar ? letter(x, y, width / 18) : side ? letter(x, y, 20) : 0;
            if (card && cy < 50)
                blue = 0.3 + 0.4 * cx / 420; /* a title with a gradient */
            else if (card)
                cover = letter(cx - 15, cy - 50, 40);
            if (card && (cx == 15 || cx == 405 || cy == 15 || cy == 245))
                shade = 0.8;
            double grey = shade + (ink - shade) * cover;
            put(image, x, y, (double[]){grey - blue, grey - blue * 0.6, grey, 1});
        }
    return image;
}

static struct yk_image *illustration(uint32_t width, uint32_t height)
{
    struct yk_image *image = image_of(width, height, 3, 1, 8);
    uint64_t state = 4;
    struct disc {
        double x, y, radius, colour[3];
        bool rough;
    } discs[40];
    for (int k = 0; k < 40; k++) {
        discs[k].x = (double)(next_random(&state) % width);
        discs[k].y = (double)(next_random(&state) % height);
        discs[k].radius = width / 40.0 + (double)(next_random(&state) % (width / 6 + 1));
        for (int c = 0; c < 3; c++)
            discs[k].colour[c] = (double)(next_random(&state) % 256) / 255;
        discs[k].rough = k % 4 == 0;
    }
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            double rgba[4] = {0, 0, 0, 0};
            for (int k = 0; k < 40; k++) {
                double distance = hypot(x - discs[k].x, y - discs[k].y), cover = discs[k].radius - distance;
                cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
                double light = 0.7 + 0.3 * (y - discs[k].y) / discs[k].radius;
                light += discs[k].rough && cover > 0 ? 0.01 * normal(&state) : 0;
                for (int c = 0; c < 3; c++)
                    rgba[c] += (discs[k].colour[c] * light - rgba[c]) * cover;
                rgba[3] += (1 - rgba[3]) * cover;
            }
            put(image, x, y, rgba);
        }
    return image;
}

static double wave(uint32_t x, uint32_t y, int c)
{
    return 0.5 + 0.2 * sin(x / 90.0 + c) + 0.2 * cos(y / 70.0 - c) + 0.1 * sin((x + y) / 33.0);
}

/* A smooth picture with noise of the given deviation. */
static struct yk_image *noisy(uint32_t width, uint32_t height, uint8_t colours, uint8_t depth,
                              double deviation)
{
    struct yk_image *image = image_of(width, height, colours, 0, depth);
    uint64_t state = 9;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            double rgba[4] = {0, 0, 0, 1};
            for (int c = 0; c < 3; c++)
                rgba[c] = wave(x, y, c) + deviation * normal(&state);
            put(image, x, y, rgba);
        }
    return image;
}

/* Six levels a channel, Bayer's 8 x 8 thresholds. */
static struct yk_image *dithered(uint32_t width, uint32_t height)
{
    struct yk_image *image = image_of(width, height, 3, 0, 8);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            unsigned threshold = 0;
            for (unsigned bit = 0; bit < 3; bit++)
                threshold = threshold << 2 | ((x ^ y) >> bit & 1) << 1 | (y >> bit & 1);
            double rgba[4] = {0, 0, 0, 1};
            for (int c = 0; c < 3; c++)
                rgba[c] = floor(wave(x, y, c) * 5 + (threshold + 0.5) / 64) / 5;
            put(image, x, y, rgba);
        }
    return image;
}

/* ---- Measuring ---- */

static double time_one(const struct yk_image *image, int way, double *size)
{
    struct yk_bytes bytes = {NULL, 0};
    double start = now();
    if (way >= LIBPNG)
        libpng_encode(image, ways[way].level, &bytes);
    else if (yk_codec_at(0)->encode(image, &(struct yk_encode_options){.level = ways[way].level}, &bytes,
                                    NULL) != YK_OK)
        abort();
    double seconds = now() - start;
    *size = (double)bytes.size;
    yk_bytes_free(&bytes);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The way of libpng that an effort is measured by: level 9 for the smallest. */
static int against(int effort)
{
    return ways[effort].level == YK_EFFORT_SMALL ? 5 : LIBPNG;
}

static struct result measure(const struct yk_image *image, int rounds)
{
    struct result result = {.raw = (double)image->width * image->height * yk_format_bytes(image->format)};
    double times[WAYS][ROUNDS_MAX];
    /* A small image is encoded so often that a round takes about a millisecond of libpng's time. */
    int repeat = result.raw < 100000 ? 16 : 1;
    for (int way = 0; way < WAYS; way++)
        (void)(ways[way].once
                   ? 0
                   : time_one(image, way, &result.size[way])); /* memory and caches are warm then */
    for (int round = 0; round < rounds; round++)
        for (int way = 0; way < WAYS; way++) {
            times[way][round] = round && ways[way].once ? times[way][0] : 0;
            for (int k = 0; k < repeat && !(round && ways[way].once); k++)
                times[way][round] += time_one(image, way, &result.size[way]) / repeat;
        }
    for (int effort = 0; effort < LIBPNG; effort++) {
        result.low[effort] = INFINITY;
        for (int round = 0; round < rounds; round++) {
            double ratio = times[against(effort)][round] / times[effort][round];
            result.low[effort] = ratio < result.low[effort] ? ratio : result.low[effort];
            result.high[effort] = ratio > result.high[effort] ? ratio : result.high[effort];
        }
    }
    for (int way = 0; way < WAYS; way++) {
        qsort(times[way], (size_t)rounds, sizeof(double), compare);
        result.seconds[way] = times[way][rounds / 2];
    }
    return result;
}

static void print_result(const char *name, const struct result *result)
{
    printf("%-22s %7.1f %6.1f %.3f |", name, result->raw / 1e6, result->raw / result->seconds[LIBPNG] / 1e6,
           result->size[LIBPNG] / result->raw);
    for (int effort = 0; effort < LIBPNG; effort++)
        printf(" %6.1f (%.0f..%.0f) %.3f |", result->seconds[against(effort)] / result->seconds[effort],
               result->low[effort], result->high[effort],
               result->size[effort] / result->size[against(effort)]);
    printf(" %6.1f %.3f\n", result->seconds[LIBPNG] / result->seconds[4],
           result->size[4] / result->size[LIBPNG]);
    fflush(stdout);
}

struct kind {
    char name[NAME];
    unsigned images;
    struct result sum;
};

static void kind_end(struct kind *kind)
{
    char name[NAME + 20];
    snprintf(name, sizeof name, "= %s (%u)", kind->name, kind->images);
    if (kind->images > 1)
        print_result(name, &kind->sum);
    *kind = (struct kind){.images = 0};
}

/* Measures and frees the image. */
static void bench_image(struct kind *kind, const char *name, struct yk_image *image, int rounds)
{
    struct result result = measure(image, rounds);
    print_result(name, &result);
    for (int effort = 0; effort < LIBPNG; effort++) {
        double low = result.low[effort], high = result.high[effort];
        kind->sum.low[effort] = kind->images && kind->sum.low[effort] < low ? kind->sum.low[effort] : low;
        kind->sum.high[effort] = kind->sum.high[effort] > high ? kind->sum.high[effort] : high;
    }
    for (int way = 0; way < WAYS; way++) {
        kind->sum.seconds[way] += result.seconds[way];
        kind->sum.size[way] += result.size[way];
    }
    kind->sum.raw += result.raw;
    kind->images++;
    yk_image_free(image);
}

static int bench_file(struct kind *kind, const char *path, int rounds)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    struct yk_image *image = NULL;
    long length = -1;
    if (file && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0)
        data = malloc((size_t)length);
    bool good = data && fread(data, 1, (size_t)length, file) == (size_t)length &&
                yk_codec_at(0)->decode(data, (size_t)length, NULL, &image, NULL) == YK_OK;
    if (file)
        fclose(file);
    free(data);
    if (!good) {
        fprintf(stderr, "%s: not a PNG file that can be read\n", path);
        return 1;
    }
    const char *slash = strrchr(path, '/');
    bench_image(kind, slash ? slash + 1 : path, image, rounds);
    return 0;
}

static void bench_made(int rounds)
{
    struct kind kind = {.images = 0};
    bench_image(&kind, "screenshot", screenshot(1920, 1080), rounds);
    bench_image(&kind, "illustration, alpha", illustration(1536, 1024), rounds);
    bench_image(&kind, "noise", noisy(1200, 800, 3, 8, 0.025), rounds);
    bench_image(&kind, "dither", dithered(1024, 768), rounds);
    kind = (struct kind){.name = "16-bit"};
    bench_image(&kind, "16-bit RGB", noisy(1200, 800, 3, 16, 0.004), rounds);
    bench_image(&kind, "16-bit grey", noisy(1200, 800, 1, 16, 0.0005), rounds);
    kind_end(&kind);
    kind = (struct kind){.name = "tiny"};
    bench_image(&kind, "tiny screenshot", screenshot(64, 64), rounds);
    bench_image(&kind, "tiny illustration", illustration(64, 64), rounds);
    bench_image(&kind, "tiny noise", noisy(64, 64, 3, 8, 0.025), rounds);
    kind_end(&kind);
}

int main(int count, char **words)
{
    int rounds = 5, status = 0, at = 1;
    bool made = true;
    for (; at < count && words[at][0] == '-'; at++) {
        if (strcmp(words[at], "-f") == 0)
            made = false;
        else if (strcmp(words[at], "-n") == 0 && at + 1 < count)
            rounds = atoi(words[++at]);
    }
    rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    printf(
        "%-22s %7s %6s %5s | %s\n", "", "MB raw", "MB/s", "size",
        "balanced, fast: speed and size by libpng's default; small: by its level 9; last: libpng's level 1");
    struct kind kind = {.name = "files"};
    for (; at < count; at++) {
        size_t length = strlen(words[at]);
        if (length > 1 && words[at][length - 1] == ':') {
            kind_end(&kind);
            snprintf(kind.name, sizeof kind.name, "%.*s", (int)length - 1, words[at]);
        } else {
            status |= bench_file(&kind, words[at], rounds);
        }
    }
    kind_end(&kind);
    if (made)
        bench_made(rounds);
    return status;
}
