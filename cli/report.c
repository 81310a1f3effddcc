/* SPDX-License-Identifier: MIT
 * The file of --report (contract in report.h), through jansson. */
#include "report.h"

#include <errno.h>
#include <stdio.h>

#include "escape.h"
#include "json_text.h"
#include "replace.h"

static double milliseconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e6;
}

static json_t *times_json(const struct yk_stage_times *times)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "read", milliseconds(times->read), "decode",
                     milliseconds(times->decode), "compute", milliseconds(times->compute), "encode",
                     milliseconds(times->encode), "write", milliseconds(times->write));
}

/* A text, or null. */
static json_t *text_or_null(const char *text)
{
    return text && *text ? cli_json_text(text) : json_null();
}

static json_t *options_json(const struct cli_image *image)
{
    return json_pack(
        "{s:I, s:s, s:o, s:o, s:o, s:I, s:I, s:s, s:b, s:b, s:b, s:b, s:o, s:I, s:s}", "verify",
        (json_int_t)image->verify, "on_device_error", image->on_device_error ? "fail" : "fallback", "output",
        text_or_null(image->output), "devices", cli_json_text(image->devices ? image->devices : "auto"),
        "sched", cli_json_text(image->sched ? image->sched : "auto"), "threads", (json_int_t)image->threads,
        "memory", (json_int_t)image->memory, "overwrite", cli_overwrite_words[image->overwrite], "recursive",
        image->recursive, "in_place", image->in_place, "fail_fast", image->fail_fast, "strict_devices",
        image->strict_devices, "png", json_string(cli_png_words[image->png]), "max_pixels",
        (json_int_t)image->max_pixels, "io", cli_io_words[image->io]);
}

/* How several devices worked together; null where only one computed. */
static json_t *together_json(const struct yk_batch_summary *summary)
{
    const struct yk_batch_together *together = &summary->together;
    if (together->devices < 2)
        return json_null();
    return json_pack("{s:I, s:o, s:f, s:b, s:f, s:f, s:f}", "devices", (json_int_t)together->devices, "best",
                     cli_json_text(summary->devices[together->best].id), "alone_ms",
                     milliseconds(together->alone), "predicted", true, "speedup", together->speedup,
                     "efficiency", together->efficiency, "balance", together->balance);
}

static json_t *summary_json(const struct yk_batch_plan *plan, const struct yk_batch_summary *summary)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, "
        "s:o}",
        "files", (json_int_t)plan->count, "done", (json_int_t)summary->done, "failed",
        (json_int_t)summary->failed, "skipped", (json_int_t)summary->skipped, "cancelled",
        (json_int_t)summary->cancelled, "wrong_bands", (json_int_t)summary->wrong_bands, "suspects",
        (json_int_t)summary->suspects, "elapsed_ms", milliseconds(summary->elapsed), "computing_ms",
        milliseconds(summary->computing), "input_bytes", (json_int_t)summary->input_bytes, "output_bytes",
        (json_int_t)summary->output_bytes, "input_pixels", (json_int_t)summary->input_pixels, "threads",
        (json_int_t)summary->threads, "memory_peak_bytes", (json_int_t)summary->memory_peak, "streamed_files",
        (json_int_t)summary->streamed, "io_engine", text_or_null(summary->io_engine), "cpu_level",
        text_or_null(summary->cpu_level), "bound", text_or_null(summary->bound), "ms",
        times_json(&summary->times), "together", together_json(summary));
}

static json_t *devices_json(const struct yk_batch_summary *summary)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < summary->device_count; i++) {
        const struct yk_batch_device *device = &summary->devices[i];
        json_t *entry = json_pack(
            "{s:o, s:o, s:I, s:I, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:I, s:I, s:b}", "id",
            cli_json_text(device->id), "name", cli_json_text(device->name), "rows", (json_int_t)device->rows,
            "bands", (json_int_t)device->bands, "busy_ms", milliseconds(device->busy), "idle_ms",
            milliseconds(device->idle), "finished_ms", milliseconds(device->finished), "bytes_up",
            (json_int_t)device->bytes_up, "bytes_down", (json_int_t)device->bytes_down, "upload_ms",
            milliseconds(device->uploading), "download_ms", milliseconds(device->downloading),
            "returned_bands", (json_int_t)device->returned, "lanes", (json_int_t)device->lanes, "retired",
            device->retired);
        if (json_array_append_new(array, entry) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static const char *state_word(enum yk_item_state state)
{
    switch (state) {
    case YK_ITEM_DONE:
        return "done";
    case YK_ITEM_SKIPPED:
        return "skipped";
    case YK_ITEM_FAILED:
        return "failed";
    case YK_ITEM_CANCELLED:
        return "cancelled";
    case YK_ITEM_PLANNED:
        break;
    }
    return "planned";
}

static json_t *used_devices(const struct yk_batch_item *item, const struct yk_batch_summary *summary)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < summary->device_count && i < YK_BATCH_DEVICES; i++)
        if ((item->devices >> i & 1) != 0 &&
            json_array_append_new(array, cli_json_text(summary->devices[i].id)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

static json_t *size_or_null(uint32_t width, uint32_t height)
{
    return width ? json_pack("[I, I]", (json_int_t)width, (json_int_t)height) : json_null();
}

static json_t *item_json(const struct yk_batch_item *item, const struct yk_batch_summary *summary)
{
    json_t *entry = json_object();
    if (!entry || cli_json_path(entry, "input", item->input) != 0 ||
        cli_json_path(entry, "output", item->output) != 0)
        goto fail;
    json_t *rest =
        json_pack("{s:s, s:o, s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "status", state_word(item->state),
                  "reason", text_or_null(item->reason), "suspect", item->suspect, "input_bytes",
                  (json_int_t)item->input_bytes, "output_bytes", (json_int_t)item->output_bytes, "input_size",
                  size_or_null(item->in_width, item->in_height), "output_size",
                  size_or_null(item->out_width, item->out_height), "ms", times_json(&item->times), "devices",
                  used_devices(item, summary));
    int updated = rest ? json_object_update(entry, rest) : -1;
    json_decref(rest);
    if (updated != 0)
        goto fail;
    return entry;
fail:
    json_decref(entry);
    return NULL;
}

static json_t *files_json(const struct yk_batch_plan *plan, const struct yk_batch_summary *summary)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < plan->count; i++)
        if (json_array_append_new(array, item_json(&plan->items[i], summary)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

static int write_document(FILE *to, void *context)
{
    const json_t *root = context;
    errno = 0;
    if (json_dumpf(root, to, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) != 0)
        return errno ? errno : ENOMEM;
    return fputc('\n', to) == EOF ? errno : 0;
}

bool cli_report_write(const struct cli_image *image, const struct yk_batch_plan *plan,
                      const struct yk_batch_summary *summary, const char *outcome, const char *reason,
                      int exit_code)
{
    json_t *root = json_pack("{s:s, s:s, s:o, s:s, s:o, s:i, s:o, s:o, s:o, s:o}", "yoke", YOKE_VERSION,
                             "command", "image", "pipeline", cli_json_text(image->pipeline), "outcome",
                             outcome, "reason", text_or_null(reason), "exit", exit_code, "options",
                             options_json(image), "summary", summary_json(plan, summary), "devices",
                             devices_json(summary), "files", files_json(plan, summary));
    if (!root) {
        cli_error("image", "out of memory for the report");
        return false;
    }
    bool written = cli_replace_file("report", image->report, write_document, root);
    json_decref(root);
    return written;
}
