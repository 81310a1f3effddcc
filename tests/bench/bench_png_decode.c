/* SPDX-License-Identifier: MIT
 * Times PNG decoding alone, one thread, in memory: the codec against libpng with the same result (the codec's
 * own slow way), in turns. Prints one line a file and one a kind: throughput of pixel bytes, ratio, and the
 * lowest and highest ratio of the rounds.
 *
 * usage: bench_png_decode [-n ROUNDS] [KIND:] FILE... [KIND:] FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec_png.h"

enum { ROUNDS_MAX = 99 };

struct totals {
    const char *kind;
    unsigned files;
    double bytes, fast, slow, low, high;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* other jobs on the machine count less */
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long length = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length > 0 && fseek(file, 0, SEEK_SET) == 0)
        data = malloc((size_t)length);
    if (data && fread(data, 1, (size_t)length, file) != (size_t)length) {
        free(data);
        data = NULL;
    }
    if (file)
        fclose(file);
    *size = length > 0 ? (size_t)length : 0;
    return data;
}

typedef enum yk_status decode_function(const uint8_t *data, size_t size, const struct yk_limits *limits,
                                       struct yk_image **image, struct yk_error *error);

/* Seconds for one decoding, and the image's bytes; negative where the file is refused. */
static double time_one(decode_function *decode, const uint8_t *data, size_t size, double *bytes)
{
    struct yk_image *image = NULL;
    double start = now();
    enum yk_status status = decode(data, size, NULL, &image, NULL);
    double seconds = now() - start;
    if (status != YK_OK)
        return -1;
    *bytes = (double)image->width * image->height * yk_format_bytes(image->format);
    yk_image_free(image);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_line(const char *name, double bytes, double fast, double slow, double low, double high)
{
    printf("%-28s %8.1f %9.1f %9.1f  %6.2f  %6.2f ..%6.2f\n", name, bytes / 1e6, bytes / slow / 1e6,
           bytes / fast / 1e6, slow / fast, low, high);
}

static int bench_file(const char *path, unsigned rounds, struct totals *totals)
{
    double fast[ROUNDS_MAX], slow[ROUNDS_MAX], ratio[ROUNDS_MAX], bytes = 0;
    size_t size;
    uint8_t *data = read_file(path, &size);
    if (!data) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 1;
    }
    for (unsigned i = 0; i < rounds; i++) {
        fast[i] = time_one(yk_png_decode, data, size, &bytes);
        slow[i] = time_one(yk_png_decode_slow, data, size, &bytes);
        ratio[i] = slow[i] / fast[i];
        if (fast[i] < 0 || slow[i] < 0) {
            fprintf(stderr, "%s: not decoded\n", path);
            free(data);
            return 1;
        }
    }
    free(data);
    qsort(fast, rounds, sizeof *fast, compare);
    qsort(slow, rounds, sizeof *slow, compare);
    qsort(ratio, rounds, sizeof *ratio, compare);
    const char *slash = strrchr(path, '/');
    double f = fast[rounds / 2], s = slow[rounds / 2];
    print_line(slash ? slash + 1 : path, bytes, f, s, ratio[0], ratio[rounds - 1]);
    totals->low = totals->files == 0 || s / f < totals->low ? s / f : totals->low;
    totals->high = totals->files == 0 || s / f > totals->high ? s / f : totals->high;
    totals->files++;
    totals->bytes += bytes;
    totals->fast += f;
    totals->slow += s;
    return 0;
}

static void print_totals(const struct totals *totals)
{
    if (totals->files == 0)
        return;
    char name[64];
    snprintf(name, sizeof name, "= %s (%u files)", totals->kind, totals->files);
    print_line(name, totals->bytes, totals->fast, totals->slow, totals->low, totals->high);
}

int main(int argc, char **argv)
{
    unsigned rounds = 7;
    int first = 1, failed = 0;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        rounds = (unsigned)strtoul(argv[2], NULL, 10);
        first = 3;
    }
    if (first >= argc || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_png_decode [-n ROUNDS] [KIND:] FILE... [KIND:] FILE...\n");
        return 2;
    }
    printf("%-28s %8s %9s %9s  %6s  %s\n", "", "MB", "libpng", "yoke", "ratio", "lowest .. highest");
    printf("%-28s %8s %9s %9s\n", "", "", "MB/s", "MB/s");
    struct totals totals = {.kind = "all"};
    for (int i = first; i < argc; i++) {
        size_t length = strlen(argv[i]);
        if (argv[i][length - 1] == ':') {
            print_totals(&totals);
            totals = (struct totals){.kind = argv[i]};
            argv[i][length - 1] = '\0';
        } else {
            failed |= bench_file(argv[i], rounds, &totals);
        }
    }
    print_totals(&totals);
    return failed;
}
