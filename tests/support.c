/* SPDX-License-Identifier: MIT
 * Skips, notes, data folders, random numbers, guard pages, image comparison (contract in support.h).
 * The counters are the test program's only global state. */
#include "support.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_REASONS = 64, MAX_NOTES = 64, NOTE_TEXT = 200, GUARD_FILL = 0xA5 };

static struct {
    size_t skips;
    size_t reason_count;
    struct {
        char *text;
        size_t count;
    } reasons[MAX_REASONS];
    size_t note_count;
    char *notes[MAX_NOTES];
} tally;

static void *must(void *memory)
{
    if (!memory) {
        perror("test support");
        exit(70);
    }
    return memory;
}

void yk_skip(const char *reason)
{
    tally.skips++;
    size_t i = 0;
    while (i < tally.reason_count && strcmp(tally.reasons[i].text, reason) != 0)
        i++;
    if (i == MAX_REASONS)
        return; /* still in the total */
    if (i == tally.reason_count) {
        tally.reasons[i].text = must(strdup(reason));
        tally.reason_count++;
    }
    tally.reasons[i].count++;
}

void yk_note(const char *format, ...)
{
    char text[NOTE_TEXT];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (tally.note_count < MAX_NOTES)
        tally.notes[tally.note_count++] = must(strdup(text));
}

size_t yk_skip_count(void)
{
    return tally.skips;
}

void yk_support_report(FILE *stream)
{
    for (size_t i = 0; i < tally.note_count; i++)
        fprintf(stream, "%s\n", tally.notes[i]);
    fprintf(stream, "Skipped checks: %zu\n", tally.skips);
    for (size_t i = 0; i < tally.reason_count; i++)
        fprintf(stream, "  %zu: %s\n", tally.reasons[i].count, tally.reasons[i].text);
}

void yk_support_end(void)
{
    for (size_t i = 0; i < tally.reason_count; i++)
        free(tally.reasons[i].text);
    for (size_t i = 0; i < tally.note_count; i++)
        free(tally.notes[i]);
    memset(&tally, 0, sizeof tally);
}

const char *yk_shared_data(void)
{
    const char *named = getenv("YOKE_SHARED_DATA");
    const char *folder = named && named[0] ? named : YOKE_TEST_SOURCE_DIR "/../shared/data";
    struct stat info;
    return stat(folder, &info) == 0 && S_ISDIR(info.st_mode) ? folder : NULL;
}

const char *yk_own_data(void)
{
    return YOKE_TEST_SOURCE_DIR "/data";
}

/* Constants of the public-domain reference code by Sebastiano Vigna (2015). */
uint64_t yk_random_u64(struct yk_random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t yk_random_below(struct yk_random *random, uint64_t bound)
{
    uint64_t reject = (0 - bound) % bound; /* 2^64 mod bound: values below it would be drawn once too often */
    uint64_t value = yk_random_u64(random);
    while (value < reject)
        value = yk_random_u64(random);
    return value % bound;
}

double yk_random_unit(struct yk_random *random)
{
    return (double)(yk_random_u64(random) >> 11) * 0x1p-53;
}

void yk_random_fill(struct yk_random *random, void *data, size_t size)
{
    unsigned char *bytes = data;
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t value = yk_random_u64(random);
        size_t part = size - i < sizeof value ? size - i : sizeof value;
        memcpy(bytes + i, &value, part);
    }
}

struct yk_guard yk_guard_alloc(size_t size, enum yk_guard_side side)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = (size / page + 1) * page; /* at least one page, also for size 0 */
    size_t total = inner + 2 * page;
    uint8_t *map = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        must(NULL);
    memset(map + page, GUARD_FILL, inner);
    if (mprotect(map, page, PROT_NONE) != 0 || mprotect(map + page + inner, page, PROT_NONE) != 0)
        must(NULL);
    uint8_t *data = side == YK_GUARD_END ? map + page + inner - size : map + page;
    return (struct yk_guard){.data = data, .size = size, .map = map, .map_size = total};
}

bool yk_guard_free(struct yk_guard *guard)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const uint8_t *inner = (const uint8_t *)guard->map + page;
    const uint8_t *end = inner + guard->map_size - 2 * page;
    bool intact = true;
    for (const uint8_t *byte = inner; byte < end; byte++)
        if ((byte < guard->data || byte >= guard->data + guard->size) && *byte != GUARD_FILL)
            intact = false;
    munmap(guard->map, guard->map_size);
    memset(guard, 0, sizeof *guard);
    return intact;
}

static unsigned sample_at(const struct yk_image *image, uint32_t y, size_t index)
{
    const uint8_t *row = image->pixels + (size_t)y * image->stride;
    if (image->format.depth == 8)
        return row[index];
    uint16_t value;
    memcpy(&value, row + 2 * index, sizeof value);
    return value;
}

static bool same_shape(const struct yk_image *a, const struct yk_image *b)
{
    return a->width == b->width && a->height == b->height && a->format.colours == b->format.colours &&
           a->format.alpha == b->format.alpha && a->format.depth == b->format.depth;
}

static void print_shape(const struct yk_image *image)
{
    printf("%" PRIu32 "x%" PRIu32 " %u+%u channels %u bits", image->width, image->height,
           (unsigned)image->format.colours, (unsigned)image->format.alpha, (unsigned)image->format.depth);
}

bool yk_image_equal(const struct yk_image *got, const struct yk_image *expected, unsigned tolerance,
                    const char *label)
{
    if (!same_shape(got, expected)) {
        printf("\n    %s: got ", label);
        print_shape(got);
        printf(", expected ");
        print_shape(expected);
        printf("\n");
        return false;
    }
    size_t channels = (size_t)got->format.colours + got->format.alpha;
    size_t row_samples = channels * got->width;
    size_t wrong = 0, first_index = 0;
    uint32_t first_y = 0;
    unsigned largest = 0;
    for (uint32_t y = 0; y < got->height; y++) {
        for (size_t i = 0; i < row_samples; i++) {
            unsigned a = sample_at(got, y, i), b = sample_at(expected, y, i);
            unsigned difference = a > b ? a - b : b - a;
            if (difference <= tolerance)
                continue;
            if (wrong++ == 0) {
                first_y = y;
                first_index = i;
            }
            if (difference > largest)
                largest = difference;
        }
    }
    if (wrong == 0)
        return true;
    printf(
        "\n    %s: x=%zu y=%" PRIu32 " channel %zu: got %u, expected %u; %zu samples differ by more than %u, "
        "at most by %u (",
        label, first_index / channels, first_y, first_index % channels, sample_at(got, first_y, first_index),
        sample_at(expected, first_y, first_index), wrong, tolerance, largest);
    print_shape(got);
    printf(")\n");
    return false;
}
