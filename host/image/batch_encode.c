/* SPDX-License-Identifier: MIT
 * The last stages of a file of a batch: encode, in parts on several workers while few files are left, and
 * write (contract in batch_engine.h). */
#include "batch_engine.h"

#include "clock.h"
#include "image_memory.h"

static void write_done(void *context, struct yk_io_result *result)
{
    struct work *work = context;
    struct engine *engine = work->engine;
    pthread_mutex_lock(&engine->lock);
    uint64_t now = yk_clock_ns();
    yk_usage_add(&engine->usage, YK_USAGE_WRITE, -1, now);
    yk_engine_trace_io(engine, work->item, true, result, now);
    work->item->times.write = result->nanoseconds;
    work->error = result->error;
    work->cancelled = result->error.status == YK_ERR_CANCELLED;
    if (!result->error.status)
        work->item->output_bytes = result->size;
    yk_engine_end(work);
    pthread_cond_broadcast(&engine->wake);
    pthread_mutex_unlock(&engine->lock);
}

/* All parts are done and nobody else has the file: joins them and hands the bytes to the I/O thread. With the
 * lock held, released while joining. */
static void write_out(struct work *work)
{
    struct engine *engine = work->engine;
    struct yk_error error = {YK_OK, ""};
    struct yk_encoder *encoder = work->encoder;
    struct yk_image *result = work->result;
    work->stage = WORK_BUSY;
    work->encoder = NULL;
    work->result = NULL;
    pthread_mutex_unlock(&engine->lock);
    uint64_t start = yk_clock_ns();
    enum yk_status status = yk_encoder_finish(encoder, &work->encoded, &error);
    yk_image_recycle(result, engine->shelf);
    uint64_t end = yk_clock_ns();
    pthread_mutex_lock(&engine->lock);
    work->item->times.encode += end - start;
    engine->codec_time += end - start;
    yk_engine_charge(work, work->encoded.size);
    work->stage = WORK_WRITING;
    if (!status)
        status = yk_io_write(engine->io, work->item->output, work->encoded.data, work->encoded.size,
                             engine->options->overwrite, write_done, work, &error);
    if (status) {
        work->error = error;
        yk_engine_end(work);
    } else
        yk_usage_add(&engine->usage, YK_USAGE_WRITE, 1, yk_clock_ns());
    pthread_cond_broadcast(&engine->wake); /* memory was given back */
}

void yk_engine_encode(struct engine *engine, struct work *work)
{
    struct yk_error error = {YK_OK, ""};
    const struct yk_codec *codec = yk_codec_for_name(work->item->output);
    work->stage = WORK_BUSY;
    work->result = yk_job_take(&work->job);
    pthread_mutex_unlock(&engine->lock);

    uint64_t start = yk_clock_ns();
    yk_metadata_drop(work->result->metadata, engine->options->drop);
    enum yk_status status = yk_encoder_begin(&work->encoder, codec ? codec : yk_codec_at(0), work->result,
                                             &engine->options->encode, &work->parts, &error);
    uint64_t end = yk_clock_ns();

    pthread_mutex_lock(&engine->lock);
    work->item->times.encode += end - start;
    engine->codec_time += end - start;
    work->item->out_width = work->result->width;
    work->item->out_height = work->result->height;
    work->next_part = work->parts_done = 0;
    work->stage = WORK_ENCODING;
    if (status) {
        work->error = error;
        yk_engine_end(work);
    }
    pthread_cond_broadcast(&engine->wake);
}

void yk_engine_encode_part(struct engine *engine, struct work *work)
{
    struct yk_error error = {YK_OK, ""};
    size_t part = work->next_part++;
    pthread_mutex_unlock(&engine->lock);
    uint64_t start = yk_clock_ns();
    enum yk_status status = yk_encoder_part(work->encoder, part, &error);
    uint64_t end = yk_clock_ns();
    pthread_mutex_lock(&engine->lock);
    work->item->times.encode += end - start;
    engine->codec_time += end - start;
    work->parts_done++;
    if (status && !work->error.status)
        work->error = error;
    if (work->error.status || engine->cancelled)
        work->parts = work->next_part; /* no further ones */
    if (work->parts_done < work->parts)
        return;
    if (!work->error.status && !engine->cancelled)
        write_out(work);
    else { /* a part failed, or the run was stopped, and the last running part is back */
        work->cancelled = !work->error.status;
        yk_engine_end(work);
    }
}
