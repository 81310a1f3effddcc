/* SPDX-License-Identifier: MIT
 * The recorder and the writer of traces (contracts in yoke/trace.h and trace.h). The format: "Trace Event
 * Format" (Google, 2016): X is a span, i an instant, M the name of a process or thread; times in
 * microseconds. */
#include "trace.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    CHUNK = 4096, /* events: the recording grows without being copied */
    CHUNKS = YK_TRACE_EVENTS / CHUNK,
    INSTANT = UINT16_MAX - 1 /* as a lane: a moment, whose `file` is its message and owned */
};

struct track {
    char name[160], lanes[32];
};

struct yk_trace {
    pthread_mutex_t lock; /* innermost: nothing is called under it but the allocator */
    uint64_t start;
    struct yk_trace_event *chunks[CHUNKS]; /* each owned */
    size_t count, text;
    uint64_t dropped;
    struct track tracks[YK_TRACE_TRACKS];
    uint16_t track_count;
};

static struct yk_trace_event *event_at(const struct yk_trace *trace, size_t index)
{
    return &trace->chunks[index / CHUNK][index % CHUNK];
}

/* ---- recording ---- */

struct yk_trace *yk_trace_make(void)
{
    struct yk_trace *trace = calloc(1, sizeof *trace);
    if (trace && pthread_mutex_init(&trace->lock, NULL) != 0) {
        free(trace);
        return NULL;
    }
    if (trace)
        trace->start = yk_clock_ns();
    return trace;
}

void yk_trace_free(struct yk_trace *trace)
{
    if (!trace)
        return;
    for (size_t k = 0; k < trace->count; k++)
        if (event_at(trace, k)->lane == INSTANT)
            free((char *)(uintptr_t)event_at(trace, k)->file); /* the event's pointer is to const */
    for (size_t k = 0; k < CHUNKS; k++)
        free(trace->chunks[k]);
    pthread_mutex_destroy(&trace->lock);
    free(trace);
}

uint64_t yk_trace_start(const struct yk_trace *trace)
{
    return trace ? trace->start : 0;
}

uint64_t yk_trace_dropped(struct yk_trace *trace)
{
    pthread_mutex_lock(&trace->lock);
    uint64_t dropped = trace->dropped;
    pthread_mutex_unlock(&trace->lock);
    return dropped;
}

uint16_t yk_trace_track(struct yk_trace *trace, const char *name, const char *lanes)
{
    if (!trace)
        return 0;
    pthread_mutex_lock(&trace->lock);
    if (trace->track_count < YK_TRACE_TRACKS) {
        struct track *track = &trace->tracks[trace->track_count++];
        snprintf(track->name, sizeof track->name, "%s", name);
        snprintf(track->lanes, sizeof track->lanes, "%s", lanes);
    }
    uint16_t number = (uint16_t)(trace->track_count - 1);
    pthread_mutex_unlock(&trace->lock);
    return number;
}

/* Room for one more event, NULL where there is none. With the lock held. */
static struct yk_trace_event *add(struct yk_trace *trace)
{
    size_t chunk = trace->count / CHUNK;
    if (trace->count == YK_TRACE_EVENTS)
        return NULL;
    if (!trace->chunks[chunk])
        trace->chunks[chunk] = calloc(CHUNK, sizeof *trace->chunks[chunk]);
    return trace->chunks[chunk] ? event_at(trace, trace->count++) : NULL;
}

void yk_trace_span(struct yk_trace *trace, const struct yk_trace_event *event)
{
    if (!trace)
        return;
    pthread_mutex_lock(&trace->lock);
    struct yk_trace_event *added = add(trace);
    if (added) {
        *added = *event;
        added->end = event->end < event->start ? event->start : event->end;
        if (event->lane != YK_TRACE_ANY_LANE && event->lane >= YK_TRACE_LANES)
            added->lane = YK_TRACE_LANES - 1;
        if (event->track >= YK_TRACE_TRACKS)
            added->track = YK_TRACE_TRACKS - 1;
    } else
        trace->dropped++;
    pthread_mutex_unlock(&trace->lock);
}

void yk_trace_instant(struct yk_trace *trace, uint64_t time, uint16_t track, const char *name,
                      const char *message)
{
    if (!trace)
        return;
    char *copy = message ? strndup(message, YK_TRACE_MESSAGE) : NULL;
    size_t length = copy ? strlen(copy) : 0;
    pthread_mutex_lock(&trace->lock);
    bool room = (copy || !message) && trace->text + length <= YK_TRACE_TEXT;
    struct yk_trace_event *added = room ? add(trace) : NULL;
    if (added) {
        *added = (struct yk_trace_event){.start = time,
                                         .end = time,
                                         .name = name,
                                         .file = copy,
                                         .track = track < YK_TRACE_TRACKS ? track : YK_TRACE_TRACKS - 1,
                                         .lane = INSTANT};
        trace->text += length;
    } else
        trace->dropped++;
    pthread_mutex_unlock(&trace->lock);
    if (!added)
        free(copy);
}

/* ---- writing ---- */

/* Bytes of the valid UTF-8 character at `text` (RFC 3629), 0 where there is none. */
static size_t character(const unsigned char *text)
{
    unsigned char first = text[0];
    size_t length = first < 0x80                    ? 1
                    : first >= 0xC2 && first < 0xE0 ? 2
                    : first >= 0xE0 && first < 0xF0 ? 3
                    : first >= 0xF0 && first < 0xF5 ? 4
                                                    : 0;
    for (size_t k = 1; k < length; k++)
        if ((text[k] & 0xC0) != 0x80)
            return 0;
    bool overlong = (first == 0xE0 && text[1] < 0xA0) || (first == 0xF0 && text[1] < 0x90);
    bool outside = (first == 0xED && text[1] > 0x9F) || (first == 0xF4 && text[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

/* `text` as a JSON string. */
static void put_string(FILE *to, const char *text)
{
    fputc('"', to);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        size_t length = character(at);
        if (length == 0)
            fprintf(to, "\\\\x%02x", *at);
        else if (*at < 0x20 || *at == 0x7F)
            fprintf(to, "\\u%04x", *at);
        else {
            if (*at == '"' || *at == '\\')
                fputc('\\', to);
            fwrite(at, 1, length, to);
        }
        at += length ? length : 1;
    }
    fputc('"', to);
}

/* Nanoseconds as microseconds. */
static void put_time(FILE *to, const char *key, uint64_t time)
{
    fprintf(to, ",\"%s\":%" PRIu64 ".%03u", key, time / 1000, (unsigned)(time % 1000));
}

/* The processes and threads of the file are numbered from 1, the threads uniquely, as in a real system. */
static void put_place(FILE *to, size_t track, size_t lane)
{
    fprintf(to, ",\"pid\":%zu,\"tid\":%zu", track + 1, (track + 1) * YK_TRACE_LANES + lane);
}

/* The name and the position of a track (lane 0 stands for it) or of a lane. */
static void put_name(FILE *to, const char *kind, const char *name, size_t track, size_t lane, size_t sort)
{
    fprintf(to, "{\"name\":\"%s_name\",\"ph\":\"M\",\"ts\":0", kind);
    put_place(to, track, lane);
    fputs(",\"args\":{\"name\":", to);
    put_string(to, name);
    fprintf(to, "}},\n{\"name\":\"%s_sort_index\",\"ph\":\"M\",\"ts\":0", kind);
    put_place(to, track, lane);
    fprintf(to, ",\"args\":{\"sort_index\":%zu}},\n", sort);
}

static void put_event(FILE *to, const struct yk_trace *trace, const struct yk_trace_event *event, size_t lane)
{
    bool instant = event->lane == INSTANT, first = true;
    fputs("{\"name\":", to);
    put_string(to, event->name);
    fprintf(to, ",\"ph\":\"%s\"", instant ? "i\",\"s\":\"p" : "X");
    put_time(to, "ts", event->start > trace->start ? event->start - trace->start : 0);
    if (!instant) {
        uint64_t from = event->start > trace->start ? event->start : trace->start;
        put_time(to, "dur", event->end > from ? event->end - from : 0);
    }
    put_place(to, event->track, lane);
    fputs(",\"args\":{", to);
    if (event->file) {
        fputs(instant ? "\"message\":" : "\"file\":", to);
        put_string(to, event->file);
        first = false;
    }
    if (event->row1 > event->row0) {
        fprintf(to, "%s\"y0\":%" PRIu32 ",\"y1\":%" PRIu32, first ? "" : ",", event->row0, event->row1);
        first = false;
    }
    if (event->bytes)
        fprintf(to, "%s\"bytes\":%" PRIu64, first ? "" : ",", event->bytes);
    fputs("}},\n", to);
}

/* By track, then by time; the position in the recording decides between equals. */
struct order {
    uint64_t start;
    uint32_t index;
    uint16_t track;
};

static int compare_order(const void *left, const void *right)
{
    const struct order *a = left, *b = right;
    if (a->track != b->track)
        return a->track < b->track ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

/* The lanes of the track that is being written. */
struct lanes {
    uint64_t ends[YK_TRACE_LANES]; /* of the latest span there */
    bool named[YK_TRACE_LANES];
};

/* The lane that an event is shown on; the first one that is free for those that may be on any. */
static size_t place(struct lanes *lanes, const struct yk_trace_event *event)
{
    size_t lane = event->lane == INSTANT ? 0 : event->lane;
    if (event->lane != YK_TRACE_ANY_LANE)
        return lane;
    lane = 0;
    while (lane + 1 < YK_TRACE_LANES && lanes->ends[lane] > event->start)
        lane++;
    lanes->ends[lane] = event->end;
    return lane;
}

static void put_all(FILE *to, const struct yk_trace *trace, const struct order *order, struct lanes *lanes)
{
    char name[64];
    for (size_t k = 0; k < trace->count; k++) {
        const struct yk_trace_event *event = event_at(trace, order[k].index);
        const struct track *track = &trace->tracks[event->track];
        if (k == 0 || order[k].track != order[k - 1].track) {
            memset(lanes, 0, sizeof *lanes);
            put_name(to, "process", track->name, event->track, 0, event->track);
        }
        size_t lane = place(lanes, event);
        if (!lanes->named[lane]) {
            lanes->named[lane] = true;
            snprintf(name, sizeof name, "%s %zu", track->lanes, lane);
            put_name(to, "thread", name, event->track, lane, lane);
        }
        put_event(to, trace, event, lane);
    }
}

enum yk_status yk_trace_write(struct yk_trace *trace, FILE *to, struct yk_error *error)
{
    struct order *order = malloc((trace->count + 1) * sizeof *order); /* at most YK_TRACE_EVENTS of them */
    struct lanes *lanes = malloc(sizeof *lanes);
    if (!order || !lanes) {
        free(order);
        free(lanes);
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory for the trace");
    }
    for (size_t k = 0; k < trace->count; k++) {
        const struct yk_trace_event *event = event_at(trace, k);
        order[k] = (struct order){event->start, (uint32_t)k, event->track};
    }
    qsort(order, trace->count, sizeof *order, compare_order);
    fputs("[\n", to);
    put_all(to, trace, order, lanes);
    /* The last one closes the list, which knows no comma behind its end. */
    fprintf(to,
            "{\"name\":\"events dropped\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":%d,"
            "\"args\":{\"count\":%" PRIu64 "}}\n]\n",
            YK_TRACE_LANES, trace->dropped);
    free(order);
    free(lanes);
    return ferror(to) ? yk_error_set(error, YK_ERR_IO, "the trace cannot be written") : YK_OK;
}
