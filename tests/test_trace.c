/* SPDX-License-Identifier: MIT
 * host/base/trace: the file of a hand-made recording to the byte, hostile names, the bounds, many threads. */
#include <CUnit/CUnit.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "support.h"
#include "trace.h"

/* The file of a trace as text; the caller frees it. */
static char *written(struct yk_trace *trace)
{
    char *text = NULL;
    size_t size = 0;
    struct yk_error error = {YK_OK, ""};
    FILE *to = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    CU_ASSERT_EQUAL(yk_trace_write(trace, to, &error), YK_OK);
    CU_ASSERT_EQUAL(fclose(to), 0);
    return text;
}

static json_t *parsed(struct yk_trace *trace)
{
    char *text = written(trace);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    if (!json_is_array(root))
        fprintf(stderr, "%s at line %d of:\n%.2000s\n", error.text, error.line, text);
    CU_ASSERT_FATAL(json_is_array(root));
    free(text);
    return root;
}

static void test_literal(void)
{
    struct yk_trace *trace = yk_trace_make();
    CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
    uint64_t zero = yk_trace_start(trace);
    uint16_t files = yk_trace_track(trace, "reads", "request"), cpu = yk_trace_track(trace, "cpu", "thread");
    yk_trace_track(trace, "idle", "slot"); /* nothing happens on it, so it is not shown */
    CU_ASSERT_EQUAL(files, 0);
    CU_ASSERT_EQUAL(cpu, 1);
    /* Out of order: the file is in order. The second read overlaps the first, the third neither. */
    yk_trace_span(trace,
                  &(struct yk_trace_event){zero + 2500, zero + 4001, "compute", "a.png", 0, 16, 32, cpu, 1});
    yk_trace_span(trace, &(struct yk_trace_event){zero, zero + 1000, "read", "a.png", 77, 0, 0, files,
                                                  YK_TRACE_ANY_LANE});
    yk_trace_span(trace, &(struct yk_trace_event){zero + 1, zero + 2000000, "read", "b.png", 0, 0, 0, files,
                                                  YK_TRACE_ANY_LANE});
    yk_trace_span(trace, &(struct yk_trace_event){zero + 1000, zero + 1100, "read", NULL, 8, 0, 3, files,
                                                  YK_TRACE_ANY_LANE});
    yk_trace_instant(trace, zero + 5000, cpu, "notice", "lost");
    yk_trace_instant(trace, zero + 5001, cpu, "stop", NULL);
    /* Before time zero, and an end before its start. */
    yk_trace_span(trace, &(struct yk_trace_event){zero - 10, zero + 10, "decode", NULL, 0, 0, 0, cpu, 0});
    yk_trace_span(trace, &(struct yk_trace_event){zero + 6000, zero + 5000, "encode", NULL, 0, 0, 0, cpu, 0});
    char *text = written(trace);
    CU_ASSERT_STRING_EQUAL(
        text,
        "[\n"
        "{\"name\":\"process_name\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10000,\"args\":{\"name\":"
        "\"reads\"}},\n"
        "{\"name\":\"process_sort_index\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10000,\"args\":{\"sort_"
        "index\":0}},\n"
        "{\"name\":\"thread_name\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10000,\"args\":{\"name\":"
        "\"request 0\"}},\n"
        "{\"name\":\"thread_sort_index\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10000,\"args\":{\"sort_"
        "index\":0}},\n"
        "{\"name\":\"read\",\"ph\":\"X\",\"ts\":0.000,\"dur\":1.000,\"pid\":1,\"tid\":10000,"
        "\"args\":{\"file\":\"a.png\",\"bytes\":77}},\n"
        "{\"name\":\"thread_name\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10001,\"args\":{\"name\":"
        "\"request 1\"}},\n"
        "{\"name\":\"thread_sort_index\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10001,\"args\":{\"sort_"
        "index\":1}},\n"
        "{\"name\":\"read\",\"ph\":\"X\",\"ts\":0.001,\"dur\":1999.999,\"pid\":1,\"tid\":10001,"
        "\"args\":{\"file\":\"b.png\"}},\n"
        "{\"name\":\"read\",\"ph\":\"X\",\"ts\":1.000,\"dur\":0.100,\"pid\":1,\"tid\":10000,"
        "\"args\":{\"y0\":0,\"y1\":3,\"bytes\":8}},\n"
        "{\"name\":\"process_name\",\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":20000,\"args\":{\"name\":\"cpu\"}"
        "},\n"
        "{\"name\":\"process_sort_index\",\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":20000,\"args\":{\"sort_"
        "index\":1}},\n"
        "{\"name\":\"thread_name\",\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":20000,\"args\":{\"name\":\"thread "
        "0\"}},\n"
        "{\"name\":\"thread_sort_index\",\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":20000,\"args\":{\"sort_"
        "index\":0}},\n"
        "{\"name\":\"decode\",\"ph\":\"X\",\"ts\":0.000,\"dur\":0.010,\"pid\":2,\"tid\":20000,\"args\":{}},\n"
        "{\"name\":\"thread_name\",\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":20001,\"args\":{\"name\":\"thread "
        "1\"}},\n"
        "{\"name\":\"thread_sort_index\",\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":20001,\"args\":{\"sort_"
        "index\":1}},\n"
        "{\"name\":\"compute\",\"ph\":\"X\",\"ts\":2.500,\"dur\":1.501,\"pid\":2,\"tid\":20001,"
        "\"args\":{\"file\":\"a.png\",\"y0\":16,\"y1\":32}},\n"
        "{\"name\":\"notice\",\"ph\":\"i\",\"s\":\"p\",\"ts\":5.000,\"pid\":2,\"tid\":20000,"
        "\"args\":{\"message\":\"lost\"}},\n"
        "{\"name\":\"stop\",\"ph\":\"i\",\"s\":\"p\",\"ts\":5.001,\"pid\":2,\"tid\":20000,\"args\":{}},\n"
        "{\"name\":\"encode\",\"ph\":\"X\",\"ts\":6.000,\"dur\":0.000,\"pid\":2,\"tid\":20000,\"args\":{}},\n"
        "{\"name\":\"events dropped\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10000,\"args\":{\"count\":0}}\n"
        "]\n");
    free(text);
    yk_trace_free(trace);
}

static void test_empty(void)
{
    struct yk_trace *trace = yk_trace_make();
    CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
    json_t *root = parsed(trace);
    CU_ASSERT_EQUAL(json_array_size(root), 1);
    json_decref(root);
    yk_trace_free(trace);
    /* Off: nothing happens. */
    yk_trace_free(NULL);
    yk_trace_span(NULL, &(struct yk_trace_event){.name = "read"});
    yk_trace_instant(NULL, 0, 0, "stop", "why");
    CU_ASSERT_EQUAL(yk_trace_track(NULL, "cpu", "thread"), 0);
    CU_ASSERT_EQUAL(yk_trace_start(NULL), 0);
}

static void test_names(void)
{
    static const struct {
        const char *file, *json;
    } cases[] = {
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\""},
        {"gr\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\"gr\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff.png", "\"\\\\xff.png\""},
        {"\xc3", "\"\\\\xc3\""},                       /* cut off by the end of the text */
        {"\xc0\xaf", "\"\\\\xc0\\\\xaf\""},            /* overlong */
        {"\xe0\x80\xaf", "\"\\\\xe0\\\\x80\\\\xaf\""}, /* overlong */
        {"\xf0\x80\x80\xaf", "\"\\\\xf0\\\\x80\\\\x80\\\\xaf\""},
        {"\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\""},            /* a surrogate */
        {"\xf4\x90\x80\x80", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\""}, /* past U+10FFFF */
        {"\xed\x9f\xbf\xf4\x8f\xbf\xbf", "\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\""},
        {"</script>", "\"</script>\""},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct yk_trace *trace = yk_trace_make();
        CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
        char wanted[200];
        uint64_t now = yk_trace_start(trace);
        uint16_t track = yk_trace_track(trace, cases[k].file, "lane");
        yk_trace_span(trace,
                      &(struct yk_trace_event){
                          .start = now, .end = now, .name = "read", .file = cases[k].file, .track = track});
        yk_trace_instant(trace, now, track, "notice", cases[k].file);
        char *text = written(trace);
        json_t *root = json_loads(text, 0, NULL);
        CU_ASSERT_PTR_NOT_NULL(root);
        json_decref(root);
        snprintf(wanted, sizeof wanted, "\"args\":{\"file\":%s}", cases[k].json);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
        snprintf(wanted, sizeof wanted, "\"args\":{\"message\":%s}", cases[k].json);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
        snprintf(wanted, sizeof wanted, "\"args\":{\"name\":%s}", cases[k].json);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
        free(text);
        yk_trace_free(trace);
    }
}

static void test_bounds(void)
{
    enum { OVER = 3 };
    struct yk_trace *trace = yk_trace_make();
    CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
    uint64_t now = yk_trace_start(trace);
    uint16_t last = 0;
    for (int k = 0; k < YK_TRACE_TRACKS + OVER; k++)
        last = yk_trace_track(trace, "track", "lane");
    CU_ASSERT_EQUAL(last, YK_TRACE_TRACKS - 1);
    /* Messages: cut, then refused. */
    char message[2 * YK_TRACE_MESSAGE];
    memset(message, 'x', sizeof message);
    message[sizeof message - 1] = '\0';
    size_t messages = YK_TRACE_TEXT / YK_TRACE_MESSAGE;
    for (size_t k = 0; k < messages + OVER; k++)
        yk_trace_instant(trace, now, 0, "notice", message);
    CU_ASSERT_EQUAL(yk_trace_dropped(trace), OVER);
    for (size_t k = messages; k < YK_TRACE_EVENTS + OVER; k++)
        yk_trace_span(trace, &(struct yk_trace_event){.start = now, .end = now, .name = "x"});
    CU_ASSERT_EQUAL(yk_trace_dropped(trace), 2 * OVER);
    yk_trace_instant(trace, now, 0, "late", NULL);
    CU_ASSERT_EQUAL(yk_trace_dropped(trace), 2 * OVER + 1);
    char *text = written(trace);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "{\"name\":\"events "
                     "dropped\",\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":10000,\"args\":{\"count\":7}}"));
    CU_ASSERT_PTR_NULL(strstr(text, "late"));
    size_t lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    /* The brackets, the names of the track and its lane, what is missing; and the events. */
    CU_ASSERT_EQUAL(lines, 2 + 4 + 1 + (size_t)YK_TRACE_EVENTS);
    const char *found = strstr(text, "\"message\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_EQUAL(strspn(found + 11, "x"), YK_TRACE_MESSAGE);
    free(text);
    yk_trace_free(trace);
}

static void test_full_target(void)
{
    struct yk_trace *trace = yk_trace_make();
    CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
    FILE *to = fopen("/dev/full", "w");
    struct yk_error error = {YK_OK, ""};
    if (!to) {
        yk_skip("no /dev/full");
    } else {
        setvbuf(to, NULL, _IONBF, 0);
        CU_ASSERT_EQUAL(yk_trace_write(trace, to, &error), YK_ERR_IO);
        CU_ASSERT_EQUAL(error.status, YK_ERR_IO);
        fclose(to);
    }
    yk_trace_free(trace);
}

/* ---- threads ---- */

enum { THREADS = 8, EACH = 3000 };

struct recorder {
    pthread_t thread;
    struct yk_trace *trace;
    uint16_t track, lane;
};

static void *record(void *argument)
{
    const struct recorder *self = argument;
    uint64_t zero = yk_trace_start(self->trace);
    for (unsigned k = 0; k < EACH; k++) {
        uint64_t start = zero + 10 * k;
        yk_trace_span(self->trace, &(struct yk_trace_event){.start = start,
                                                            .end = start + 10,
                                                            .name = "compute",
                                                            .row0 = k,
                                                            .row1 = k + 1,
                                                            .track = self->track,
                                                            .lane = self->lane});
        if (k % 100 == 0)
            yk_trace_instant(self->trace, start, self->track, "tick", "m");
    }
    return NULL;
}

static void test_threads(void)
{
    struct yk_trace *trace = yk_trace_make();
    CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
    struct recorder recorders[THREADS];
    uint16_t track = yk_trace_track(trace, "cpu", "thread");
    for (uint16_t k = 0; k < THREADS; k++) {
        recorders[k] = (struct recorder){.trace = trace, .track = track, .lane = k};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&recorders[k].thread, NULL, record, &recorders[k]), 0);
    }
    for (uint16_t k = 0; k < THREADS; k++)
        CU_ASSERT_EQUAL(pthread_join(recorders[k].thread, NULL), 0);
    CU_ASSERT_EQUAL(yk_trace_dropped(trace), 0);
    json_t *root = parsed(trace);
    size_t spans[THREADS] = {0}, instants = 0, index, wrong = 0;
    json_t *event;
    json_array_foreach(root, index, event)
    {
        const char *kind = json_string_value(json_object_get(event, "ph"));
        size_t lane = (size_t)json_integer_value(json_object_get(event, "tid")) - YK_TRACE_LANES;
        CU_ASSERT_FATAL(kind && lane < THREADS);
        instants += *kind == 'i';
        if (*kind == 'X') { /* each lane's own spans, all of them, in order */
            json_t *row = json_object_get(json_object_get(event, "args"), "y0");
            wrong += (size_t)json_integer_value(row) != spans[lane]++;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(instants, THREADS * EACH / 100);
    for (size_t k = 0; k < THREADS; k++)
        CU_ASSERT_EQUAL(spans[k], EACH);
    json_decref(root);
    yk_trace_free(trace);
}

void yk_suite_trace(void)
{
    CU_pSuite suite = CU_add_suite("trace", NULL, NULL);
    CU_add_test(suite, "a recording to the byte", test_literal);
    CU_add_test(suite, "nothing recorded, and no trace at all", test_empty);
    CU_add_test(suite, "hostile names", test_names);
    CU_add_test(suite, "bounds and what they drop", test_bounds);
    CU_add_test(suite, "a target that is full", test_full_target);
    CU_add_test(suite, "many threads", test_threads);
}
