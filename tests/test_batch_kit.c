/* SPDX-License-Identifier: MIT
 * Images, runs and their checks for the suite batch (contract in test_batch.h). */
#include "test_batch.h"

#include <CUnit/CUnit.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <yoke/codec.h>

#include "support.h"

void batch_new_out(struct batch_place *place)
{
    char name[32];
    free(place->out);
    snprintf(name, sizeof name, "out%u", place->number++);
    place->out = yk_path_join(place->root, name);
    CU_ASSERT_EQUAL_FATAL(mkdir(place->out, 0777), 0);
}

void batch_open(struct batch_place *place)
{
    *place = (struct batch_place){.root = yk_temp_make()};
    place->in = yk_path_join(place->root, "in");
    CU_ASSERT_EQUAL_FATAL(mkdir(place->in, 0777), 0);
    batch_new_out(place);
}

void batch_close(struct batch_place *place)
{
    free(place->in);
    free(place->out);
    yk_temp_remove(place->root);
}

void batch_bytes(const struct batch_place *place, const char *name, const void *data, size_t size)
{
    char *path = yk_path_join(place->in, name);
    CU_ASSERT_TRUE_FATAL(yk_file_write(path, data, size));
    free(path);
}

void batch_image(const struct batch_place *place, const char *name, uint32_t width, uint32_t height,
                 struct yk_format format, uint64_t seed)
{
    struct yk_image *image = NULL;
    struct yk_random random = {seed};
    struct yk_bytes bytes = {NULL, 0};
    const struct yk_encode_options fast = {1};
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, width, height, format, NULL, NULL), YK_OK);
    size_t row = (size_t)width * yk_format_bytes(format);
    for (uint32_t y = 0; y < height; y++)
        for (size_t k = 0; k < row; k++)
            yk_image_row(image, y)[k] = (uint8_t)(y * 3 + k / 2 + yk_random_below(&random, 16) + seed);
    CU_ASSERT_EQUAL_FATAL(yk_codec_at(0)->encode(image, &fast, &bytes, NULL), YK_OK);
    batch_bytes(place, name, bytes.data, bytes.size);
    yk_bytes_free(&bytes);
    yk_image_free(image);
}

void batch_images(const struct batch_place *place, unsigned count, uint32_t most)
{
    for (unsigned k = 0; k < count; k++) {
        char name[16];
        const struct yk_format format = {k % 2 ? 3 : 1, k / 2 % 2, k / 4 % 2 ? 16 : 8};
        snprintf(name, sizeof name, "a%03u.png", k);
        batch_image(place, name, 1 + (most - 1) * (k * 7 % 10) / 9, 1 + (most - 1) * (k * 3 % 8) / 7, format,
                    k);
    }
}

struct yk_image *batch_load(const char *path)
{
    size_t size = 0;
    uint8_t *data = yk_file_read(path, &size), *padded = data ? realloc(data, size + 64) : NULL;
    struct yk_image *image = NULL;
    if (!padded)
        return NULL;
    memset(padded + size, 0, 64); /* as the I/O thread gives it */
    if (yk_codec_at(0)->decode(padded, size, NULL, &image, NULL) != YK_OK)
        image = NULL;
    free(padded);
    return image;
}

bool batch_is_inverted(const char *input, const char *output)
{
    struct yk_image *in = batch_load(input), *out = batch_load(output);
    bool good = in && out && in->width == out->width && in->height == out->height &&
                memcmp(&in->format, &out->format, sizeof in->format) == 0;
    size_t channels = good ? yk_format_channels(in->format) : 0, bytes = good ? in->format.depth / 8u : 0;
    for (uint32_t y = 0; good && y < in->height; y++)
        for (size_t k = 0; k < in->width * channels * bytes; k++) {
            /* Byte by byte: 65535 - v inverts both bytes of v. */
            bool colour = k / bytes % channels < in->format.colours;
            unsigned a = yk_image_row(in, y)[k], b = yk_image_row(out, y)[k];
            good = good && b == (colour ? 255 - a : a);
        }
    yk_image_free(in);
    yk_image_free(out);
    return good;
}

/* ---- the observer ---- */

static void enter(struct batch_run *run)
{
    run->overlap = run->overlap || run->inside++ > 0;
}

static bool on_stop(void *context)
{
    struct batch_run *run = context;
    enter(run);
    run->asks++;
    if (run->ask_ms) {
        struct timespec time = {0, run->ask_ms * 1000000L};
        nanosleep(&time, NULL);
    }
    bool stop = (run->stop_at && run->asks >= run->stop_at) ||
                (run->stop_after_items && run->items >= run->stop_after_items) ||
                (run->stop_when && run->stop_when());
    run->inside--;
    return stop;
}

static void on_item(void *context, const struct yk_batch_item *item)
{
    struct batch_run *run = context;
    enter(run);
    size_t index = (size_t)(item - run->plan.items);
    run->wrong = run->wrong || index >= run->plan.count || item->state == YK_ITEM_PLANNED;
    if (index < run->plan.count)
        run->reports[index]++;
    run->items++;
    run->wrong = run->wrong || (run->each_item && !run->each_item());
    run->inside--;
}

static void on_progress(void *context, const struct yk_batch_progress *progress)
{
    struct batch_run *run = context;
    const struct yk_batch_progress *last = &run->last;
    enter(run);
    run->backwards = run->backwards || progress->done < last->done || progress->failed < last->failed ||
                     progress->skipped < last->skipped || progress->input_bytes < last->input_bytes ||
                     progress->elapsed < last->elapsed || progress->total != run->plan.count ||
                     progress->done + progress->failed + progress->skipped > progress->total;
    /* Ten times a second, by its own time; but the last one comes when it comes, so each call judges the one
     * before. */
    run->hasty = run->hasty || run->pending;
    run->pending = run->shows && progress->elapsed - last->elapsed < 100000000;
    run->shows++;
    run->last = *progress;
    run->inside--;
}

static void on_notice(void *context, const char *text)
{
    struct batch_run *run = context;
    enter(run);
    snprintf(run->notice, sizeof run->notice, "%s", text);
    run->wrong = run->wrong || strchr(text, '\n');
    run->notices++;
    run->inside--;
}

/* ---- runs ---- */

void batch_plan(struct batch_run *run, const struct batch_place *place, enum yk_overwrite overwrite)
{
    const char *paths[] = {place->in};
    const struct yk_batch_sources sources = {
        .paths = paths, .path_count = 1, .recursive = true, .output = place->out, .overwrite = overwrite};
    CU_ASSERT_EQUAL_FATAL(yk_batch_plan_make(&run->plan, &sources, &run->error), YK_OK);
}

static unsigned leftovers; /* nftw gives its callback no context */

static int count_leftover(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type;
    leftovers += walk->level > 0 && path[walk->base] == '.';
    return 0;
}

unsigned batch_leftovers(const char *folder)
{
    leftovers = 0;
    CU_ASSERT_EQUAL(nftw(folder, count_leftover, 16, FTW_PHYS), 0);
    return leftovers;
}

/* What must hold of an item and its output after any run. */
static void check_item(const struct batch_run *run, size_t index)
{
    const struct yk_batch_item *item = &run->plan.items[index];
    bool ended =
        item->state == YK_ITEM_DONE || item->state == YK_ITEM_FAILED || item->state == YK_ITEM_SKIPPED;
    bool has_reason = item->state == YK_ITEM_FAILED || item->state == YK_ITEM_SKIPPED;
    struct stat info;
    CU_ASSERT_TRUE(ended || item->state == YK_ITEM_CANCELLED);
    CU_ASSERT_EQUAL(item->reason != NULL, has_reason);
    CU_ASSERT_TRUE(!item->reason || item->reason[0] != '\0');
    if (!run->planned[index])
        CU_ASSERT_EQUAL(run->reports[index], 0);
    if (run->planned[index] && ended)
        CU_ASSERT_EQUAL(run->reports[index], 1);
    CU_ASSERT(run->reports[index] <= 1);
    if (item->state != YK_ITEM_DONE)
        return;
    CU_ASSERT_EQUAL(stat(item->output, &info), 0);
    CU_ASSERT_EQUAL((uint64_t)info.st_size, item->output_bytes);
    CU_ASSERT(item->output_bytes > 0);
    CU_ASSERT(item->in_width > 0 && item->in_height > 0 && item->out_width > 0 && item->out_height > 0);
    CU_ASSERT(item->times.read > 0 && item->times.decode > 0 && item->times.encode > 0 &&
              item->times.write > 0);
    CU_ASSERT_EQUAL(item->times.compute > 0, item->devices != 0);
}

static void check_sums(const struct batch_run *run)
{
    const struct yk_batch_summary *summary = &run->summary;
    size_t states[5] = {0};
    uint64_t bytes = 0, pixels = 0, busy = 0;
    struct yk_stage_times times = {0};
    for (size_t k = 0; k < run->plan.count; k++) {
        const struct yk_batch_item *item = &run->plan.items[k];
        states[item->state]++;
        bytes += item->output_bytes;
        pixels += item->state == YK_ITEM_DONE ? (uint64_t)item->in_width * item->in_height : 0;
        times.read += item->times.read;
        times.decode += item->times.decode;
        times.compute += item->times.compute;
        times.encode += item->times.encode;
        times.write += item->times.write;
    }
    CU_ASSERT_EQUAL(states[YK_ITEM_PLANNED], 0);
    CU_ASSERT_EQUAL(states[YK_ITEM_DONE], summary->done);
    CU_ASSERT_EQUAL(states[YK_ITEM_FAILED], summary->failed);
    CU_ASSERT_EQUAL(states[YK_ITEM_SKIPPED], summary->skipped);
    CU_ASSERT_EQUAL(states[YK_ITEM_CANCELLED], summary->cancelled);
    CU_ASSERT_EQUAL(bytes, summary->output_bytes);
    CU_ASSERT(pixels <= summary->input_pixels);
    CU_ASSERT_EQUAL(memcmp(&times, &summary->times, sizeof times), 0);
    for (size_t k = 0; k < summary->device_count; k++) {
        busy += summary->devices[k].busy;
        CU_ASSERT_EQUAL(summary->devices[k].rows > 0, summary->devices[k].bands > 0);
    }
    CU_ASSERT_EQUAL(busy, summary->times.compute);
    CU_ASSERT(summary->device_count >= 1);
    CU_ASSERT(summary->threads >= 1);
    CU_ASSERT(summary->elapsed > 0);
    CU_ASSERT_NOT_EQUAL(summary->cpu_level[0], '\0');
    static const char stages[] = "read decode compute encode write";
    CU_ASSERT_TRUE(summary->bound[0] != '\0' && strstr(stages, summary->bound));
    CU_ASSERT_EQUAL(run->last.done, summary->done);
    CU_ASSERT_EQUAL(run->last.failed, summary->failed);
    CU_ASSERT_EQUAL(run->last.skipped, summary->skipped);
    CU_ASSERT_EQUAL(run->last.input_bytes, summary->input_bytes);
    if (summary->cancelled == 0 && summary->failed == 0)
        CU_ASSERT_EQUAL(run->last.input_bytes, run->last.total_input_bytes);
}

enum yk_status batch_go(struct batch_run *run, const struct batch_place *place, const char *pipeline,
                        const struct yk_batch_options *options)
{
    const struct yk_batch_options none = {.devices = "cpu", .threads = 2, .encode = {.level = 1}};
    const struct yk_batch_observer observer = {run, on_progress, on_notice, on_item, on_stop};
    struct yk_pipeline *parsed = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&parsed, pipeline, NULL), YK_OK);
    run->planned = calloc(run->plan.count + 1, sizeof *run->planned);
    run->reports = calloc(run->plan.count + 1, sizeof *run->reports);
    CU_ASSERT_TRUE_FATAL(run->planned && run->reports);
    for (size_t k = 0; k < run->plan.count; k++)
        run->planned[k] = run->plan.items[k].state == YK_ITEM_PLANNED;
    run->status =
        yk_batch_run(&run->plan, parsed, options ? options : &none, &observer, &run->summary, &run->error);
    yk_pipeline_free(parsed);
    CU_ASSERT_EQUAL(run->status, run->error.status);
    CU_ASSERT_FALSE(run->overlap);
    CU_ASSERT_FALSE(run->wrong);
    CU_ASSERT_FALSE(run->backwards);
    CU_ASSERT_FALSE(run->hasty);
    if (run->status == YK_OK || run->status == YK_ERR_CANCELLED) {
        CU_ASSERT(run->shows >= 1);
        for (size_t k = 0; k < run->plan.count; k++)
            check_item(run, k);
        check_sums(run);
    }
    CU_ASSERT_EQUAL(batch_leftovers(place->root), 0);
    return run->status;
}

void batch_end(struct batch_run *run)
{
    yk_batch_plan_free(&run->plan);
    free(run->planned);
    free(run->reports);
    *run = (struct batch_run){0};
}

enum yk_status batch_all(struct batch_run *run, struct batch_place *place, const char *pipeline,
                         const struct yk_batch_options *options)
{
    batch_new_out(place);
    batch_plan(run, place, options ? options->overwrite : YK_OVERWRITE_NEVER);
    return batch_go(run, place, pipeline, options);
}

const struct yk_batch_item *batch_item(const struct batch_run *run, const char *name)
{
    for (size_t k = 0; k < run->plan.count; k++) {
        const char *input = run->plan.items[k].input;
        if (strlen(input) >= strlen(name) && strcmp(input + strlen(input) - strlen(name), name) == 0)
            return &run->plan.items[k];
    }
    CU_FAIL_FATAL("no such item");
    return NULL;
}

uint64_t batch_hash(const struct batch_run *run)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t k = 0; k < run->plan.count; k++) {
        size_t size = 0;
        uint8_t *data = yk_file_read(run->plan.items[k].output, &size);
        const char *name = strrchr(run->plan.items[k].output, '/');
        for (const char *c = name; *c; c++)
            hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
        for (size_t i = 0; data && i < size; i++)
            hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
        hash += !data;
        free(data);
    }
    return hash;
}
