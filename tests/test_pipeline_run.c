/* SPDX-License-Identifier: MIT
 * Pipelines: texts that want to break the parser, and one image in memory from start to end. */
#include "test_pipeline.h"

#include <CUnit/CUnit.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/metadata.h>
#include <yoke/pipeline.h>

#include "support.h"

/* ---- hostile texts ---- */

/* Parses, and checks what must hold for any text: an error has a terminated message; a caret points at a
 * character of the line above it that is part of a word or a bar. Returns the status. */
static enum yk_status parse_any(const char *text)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_error error;
    memset(&error, 'e', sizeof error);
    enum yk_status status = yk_pipeline_parse(&pipeline, text, &error);
    CU_ASSERT_EQUAL(status == YK_OK, pipeline != NULL);
    yk_pipeline_free(pipeline);
    if (status == YK_OK)
        return status;
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memchr(error.text, '\0', sizeof error.text));
    const char *marks = strrchr(error.text, '\n');
    if (!marks || status == YK_ERR_LIMIT)
        return status;
    const char *line = marks - 1;
    while (line > error.text && line[-1] != '\n')
        line--;
    size_t column = strspn(marks + 1, " \t");
    CU_ASSERT_EQUAL(marks[1 + column], '^');
    CU_ASSERT_EQUAL(strspn(marks + 2 + column, "~"), strlen(marks + 2 + column));
    CU_ASSERT_TRUE(column >= 2 && column < (size_t)(marks - line));
    bool is_word = column >= 2 && column < (size_t)(marks - line) && !isspace((unsigned char)line[column]);
    CU_ASSERT_TRUE(is_word);
    return status;
}

void test_pipeline_hostile(void)
{
    enum { LIMIT = 65536 };
    char *text = malloc(LIMIT + 2);
    struct yk_pipeline *pipeline = NULL;
    struct yk_error error;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, ' ', LIMIT + 1);
    text[LIMIT + 1] = '\0';
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, text, &error), YK_ERR_LIMIT);
    CU_ASSERT_STRING_EQUAL(error.text, "the pipeline has 65537 bytes, over the limit of 65536");
    text[LIMIT] = '\0';
    CU_ASSERT_EQUAL(parse_any(text), YK_OK);
    memcpy(text + LIMIT - 6, "invert", 6);
    CU_ASSERT_EQUAL(parse_any(text), YK_OK);
    text[LIMIT - 1] = 'T';
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_UNKNOWN);
    /* As many operations as fit: 16384 of "pad|" would be missing their argument, 9362 of "invert|" are well.
     */
    for (size_t k = 0; k < LIMIT; k++)
        text[k] = "invert|"[k % 7];
    text[LIMIT - 2] = '\0'; /* 65536 = 9362 * 7 + 2 */
    text[LIMIT - 3] = ' ';  /* the last bar */
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, text, &error), YK_OK);
    CU_ASSERT_EQUAL(yk_pipeline_length(pipeline), 9362);
    yk_pipeline_free(pipeline);
    for (size_t k = 0; k < LIMIT; k++)
        text[k] = "pad|"[k % 4];
    text[LIMIT] = '\0';
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_INVALID);
    /* One word, one value, one name of almost the limit; nothing but bars; nothing but line ends and a bar.
     */
    memset(text, 'b', LIMIT);
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_UNKNOWN);
    memcpy(text, "blur ", 5);
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_PARSE);
    memset(text + 5, '9', LIMIT - 5);
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_PARSE); /* more than a binary64 holds */
    memset(text + 5, '0', LIMIT - 5);
    CU_ASSERT_EQUAL(parse_any(text), YK_OK);
    text[LIMIT - 2] = '=';
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_UNKNOWN);
    memset(text, '|', LIMIT);
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_PARSE);
    memset(text, '\n', LIMIT);
    text[LIMIT / 2] = '|';
    CU_ASSERT_EQUAL(parse_any(text), YK_ERR_PARSE);
    /* 64 words are too many arguments, the 65th is one too many words. */
    memcpy(text, "blur", 5);
    for (int k = 1; k < 64; k++)
        strcat(text, " 1");
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, text, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(strncmp(error.text, "blur takes at most 1 argument\n", 30), 0);
    strcat(text, " 1");
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, text, &error), YK_ERR_INVALID);
    CU_ASSERT_EQUAL(strncmp(error.text, "more than 64 words in one operation\n", 36), 0);
    free(text);
    /* Every byte alone and within a word. */
    for (int byte = 1; byte < 256; byte++) {
        char one[2] = {(char)byte, '\0'}, in[] = {'b', 'l', 'u', 'r', ' ', (char)byte, '1', '\0'};
        enum yk_status status = isspace(byte) ? YK_OK : byte == '|' ? YK_ERR_PARSE : YK_ERR_UNKNOWN;
        CU_ASSERT_EQUAL(parse_any(one), status);
        parse_any(in);
    }
}

void test_pipeline_fuzz(void)
{
    static const char *const pieces[] = {
        "blur", "resize", "crop", "pad",  "convolve", "levels", "median", "equalize", "invert", "quux", "|",
        "|",    "|",      " ",    " ",    " ",        "\n",     "\t",     "\r\n",     "1",      "0.5",  "-3",
        "50%",  "x",      "8x6",  "+1+2", "#ff0",     "white",  "=",      "sigma=",   "size=",  "by=",  ",",
        ";",    "1e9",    "nan",  "0x1",  "3",        "\x01",   "\xff",   "\xc3\xa9", "\x1b[0m"};
    struct yk_random random = {99};
    size_t good = 0, bad = 0;
    for (unsigned round = 0; round < 30000; round++) {
        char text[400] = "";
        size_t count = 1 + yk_random_below(&random, 24);
        for (size_t k = 0; k < count; k++)
            strcat(text, pieces[yk_random_below(&random, sizeof pieces / sizeof *pieces)]);
        enum yk_status status = parse_any(text);
        good += status == YK_OK;
        bad += status != YK_OK;
        CU_ASSERT_TRUE(status == YK_OK || status == YK_ERR_UNKNOWN || status == YK_ERR_PARSE ||
                       status == YK_ERR_RANGE || status == YK_ERR_INVALID);
    }
    CU_ASSERT(good > 100);
    CU_ASSERT(bad > 10000);
    for (unsigned round = 0; round < 5000; round++) {
        char text[64];
        yk_random_fill(&random, text, sizeof text);
        text[yk_random_below(&random, sizeof text)] = '\0';
        parse_any(text);
    }
}

/* ---- one image in memory ---- */

static const struct yk_format gray8 = {1, 0, 8}, rgba8 = {3, 1, 8}, gray16 = {1, 0, 16};

static struct yk_image *make(struct yk_format format, uint32_t width, uint32_t height,
                             const unsigned *samples)
{
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_image_create(&image, width, height, format, NULL, NULL), YK_OK);
    size_t row_samples = (size_t)width * yk_format_channels(format);
    for (uint32_t y = 0; y < height; y++)
        for (size_t k = 0; k < row_samples; k++) {
            uint16_t wide = (uint16_t)samples[y * row_samples + k];
            if (format.depth == 8)
                yk_image_row(image, y)[k] = (uint8_t)wide;
            else
                memcpy(yk_image_row(image, y) + 2 * k, &wide, sizeof wide);
        }
    return image;
}

static struct yk_image *run(const char *text, const struct yk_process_options *options,
                            const struct yk_image *in)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_image *out = NULL;
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, text, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_pipeline_process(pipeline, options, in, &out, &error), YK_OK);
    if (error.status)
        printf("\n    %s: %s\n", text, error.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    yk_pipeline_free(pipeline);
    return out;
}

static void expect_result(const char *text, struct yk_format format, uint32_t width, uint32_t height,
                          const unsigned *in, uint32_t out_width, uint32_t out_height, const unsigned *out)
{
    static const char *const schedules[] = {NULL, "single", "dynamic:1", "static:1,2"};
    struct yk_image *source = make(format, width, height, in),
                    *expected = make(format, out_width, out_height, out);
    for (size_t k = 0; k < sizeof schedules / sizeof *schedules; k++) {
        struct yk_process_options options = {.sched = schedules[k]};
        struct yk_image *got = run(text, &options, source);
        CU_ASSERT_TRUE(yk_image_equal(got, expected, 0, text));
        yk_image_free(got);
    }
    yk_image_free(source);
    yk_image_free(expected);
}

void test_pipeline_process(void)
{
    const unsigned grey[] = {10, 200, 0, 255, 77, 1}, colour[] = {1, 2, 3, 4, 250, 0, 128, 255};
    const unsigned wide[] = {0, 1, 32768, 65535};
    expect_result("", gray8, 3, 2, grey, 3, 2, grey);
    expect_result("blur 0", gray8, 3, 2, grey, 3, 2, grey);
    expect_result("", rgba8, 2, 1, colour, 2, 1, colour);
    expect_result("", gray16, 2, 2, wide, 2, 2, wide);
    expect_result("invert", gray8, 3, 2, grey, 3, 2, (const unsigned[]){245, 55, 255, 0, 178, 254});
    expect_result("invert", rgba8, 2, 1, colour, 2, 1,
                  (const unsigned[]){254, 253, 252, 4, 5, 255, 127, 255});
    expect_result("invert", gray16, 2, 2, wide, 2, 2, (const unsigned[]){65535, 65534, 32767, 0});
    expect_result("crop 2x1+1+1|flop", gray8, 3, 2, grey, 2, 1, (const unsigned[]){1, 77});
    /* The source stays as it is and its metadata is not copied. */
    struct yk_image *source = make(gray8, 3, 2, grey), *copy = make(gray8, 3, 2, grey);
    struct yk_metadata *metadata = calloc(1, sizeof *metadata);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    source->metadata = metadata;
    struct yk_image *got = run("invert | equalize", NULL, source);
    CU_ASSERT_PTR_NULL(got->metadata);
    CU_ASSERT_PTR_EQUAL(source->metadata, metadata);
    CU_ASSERT_TRUE(yk_image_equal(source, copy, 0, "source"));
    yk_image_free(got);
    yk_image_free(source);
    yk_image_free(copy);
}

/* Statistics cut the pipeline; in between lies a 16-bit image. */
void test_pipeline_stages(void)
{
    const unsigned in[] = {10, 10, 20, 30};
    /* Ranks: (2-2)/(4-2), same, (3-2)/2, 1. */
    const unsigned equalized[] = {0, 0, 128, 255};
    expect_result("equalize", gray8, 4, 1, in, 4, 1, equalized);
    expect_result("equalize", gray8, 2, 2, in, 2, 2, equalized);
    expect_result("blur 0 | equalize", gray8, 4, 1, in, 4, 1, equalized);
    expect_result("equalize | blur 0", gray8, 4, 1, in, 4, 1, equalized);
    expect_result("equalize | equalize | equalize", gray8, 1, 4, in, 1, 4, equalized);
    /* Inverted, the ranks are 0 for 30, 1/3 for 20, 1 for 10; inverted again 255, 170, 0. */
    expect_result("invert | equalize | invert", gray8, 4, 1, in, 4, 1, (const unsigned[]){0, 0, 170, 255});
    /* 10 and 11 become 115.75 and 115.85 of 255: one value of 8 bits, two of the 16 that lie between stages.
     */
    expect_result("contrast 0.1 | equalize", gray8, 4, 1, (const unsigned[]){10, 10, 11, 12}, 4, 1,
                  equalized);
    expect_result("equalize", gray16, 4, 1, in, 4, 1, (const unsigned[]){0, 0, 32768, 65535});
    /* A frame of 5 is cut off; then two rows are equalised: 1, 2, 3, 4 to 0, 1/3, 2/3, 1. */
    const unsigned framed[] = {5, 5, 5, 5, 5, 101, 102, 5, 5, 103, 104, 5, 5, 5, 5, 5};
    expect_result("trim", gray8, 4, 4, framed, 2, 2, (const unsigned[]){101, 102, 103, 104});
    expect_result("trim | equalize | pad 0,1", gray8, 4, 4, framed, 2, 4,
                  (const unsigned[]){0, 0, 0, 85, 170, 255, 0, 0});
}

static void expect_failure(const char *text, const struct yk_process_options *options, enum yk_status status,
                           const char *message)
{
    const unsigned samples[16] = {0};
    struct yk_image *in = make(gray8, 4, 4, samples), *out = in;
    struct yk_pipeline *pipeline = NULL;
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL_FATAL(yk_pipeline_parse(&pipeline, text, NULL), YK_OK);
    CU_ASSERT_EQUAL(yk_pipeline_process(pipeline, options, in, &out, &error), status);
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_EQUAL(strncmp(error.text, message, strlen(message)), 0);
    if (strncmp(error.text, message, strlen(message)) != 0)
        printf("\n    got: %s", error.text);
    CU_ASSERT_EQUAL(yk_pipeline_process(pipeline, options, in, &out, NULL), status);
    CU_ASSERT_PTR_EQUAL(out, in); /* untouched */
    yk_pipeline_free(pipeline);
    yk_image_free(in);
}

void test_pipeline_process_errors(void)
{
    const struct yk_limits small = {.max_pixels = 100}, tiny = {.max_pixels = 15}, narrow = {.max_side = 20};
    const struct yk_process_options limited = {.limits = &small}, none = {.limits = &tiny},
                                    side = {.limits = &narrow};
    const struct yk_process_options device = {.devices = "cpu,quux"}, missing = {.devices = "cl:77.0"};
    const struct yk_process_options sched = {.sched = "sometimes"}, level = {.cpu_level = "v99"};
    expect_failure(
        "", &device, YK_ERR_PARSE,
        "unknown device 'quux'; accepted: auto, cpu, gpu, cl, cl:P.D, all, or a list of them with commas");
    expect_failure("", &missing, YK_ERR_MISSING, "there is no device cl:77.0 here");
    expect_failure("", &sched, YK_ERR_UNKNOWN, "unknown schedule 'sometimes'; accepted: ");
    expect_failure("", &level, YK_ERR_MISSING, "the CPU level 'v99' cannot run here; there is: ");
    expect_failure("crop 2x2+10+10", NULL, YK_ERR_RANGE,
                   "crop: the rectangle 2x2+10+10 lies outside the image of 4x4 pixels");
    expect_failure("invert | equalize | crop 2x2+10+10", NULL, YK_ERR_RANGE,
                   "crop: the rectangle 2x2+10+10 lies");
    expect_failure("", &none, YK_ERR_LIMIT, "");
    expect_failure("pad 10", &limited, YK_ERR_LIMIT, "pad: ");
    expect_failure("equalize | pad 3,4", &limited, YK_ERR_LIMIT, "pad: ");
    /* In between, too: the end is small again. */
    expect_failure("pad 10 | crop 1x1", &limited, YK_ERR_LIMIT, "pad: ");
    expect_failure("invert | pad 9,0", &side, YK_ERR_LIMIT, "pad: ");
    expect_failure("pad 1000000", NULL, YK_ERR_LIMIT,
                   "pad: the result of 2000004x2000004 pixels is over the limit");
    expect_failure("resize 1000000x1000000 fit=exact enlarge=1", NULL, YK_ERR_LIMIT, "resize: ");
    expect_failure("pad 11000,11000", NULL, YK_ERR_LIMIT,
                   "pad: "); /* 22004 squared is over the 16383 squared */
    expect_failure("convolve 1,2", NULL, YK_ERR_RANGE, "convolve: matrix has 2 numbers");
    expect_failure("levels 0.5 0.5", NULL, YK_ERR_RANGE, "levels: ");
}
