/* SPDX-License-Identifier: MIT
 * host/op/params.c and host/image/pipeline.c, planner.c, job.c, process.c: what a text means, every way in
 * which it can be wrong with the exact message, hostile texts, the stages of an image. What operations
 * compute is for the suite ops. */
#include <CUnit/CUnit.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yoke/pipeline.h>

#include "pipeline.h"
#include "support.h"
#include "test_pipeline.h"

static struct yk_pipeline *parse(const char *text)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_error error = {YK_OK, ""};
    if (yk_pipeline_parse(&pipeline, text, &error) != YK_OK)
        printf("\n    %s", error.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipeline);
    return pipeline;
}

static void expect_error(const char *text, enum yk_status status, const char *message)
{
    struct yk_pipeline *pipeline = NULL;
    struct yk_error error = {YK_OK, ""};
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, text, &error), status);
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_PTR_NULL(pipeline);
    CU_ASSERT_STRING_EQUAL(error.text, message);
    if (strcmp(error.text, message) != 0)
        printf("\n    got: %s\n    not: %s\n", error.text, message);
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, text, NULL), status);
}

/* ---- errors ---- */

static void test_unknown(void)
{
    expect_error("blurr 2", YK_ERR_UNKNOWN,
                 "unknown operation 'blurr'; did you mean 'blur'?\n  blurr 2\n  ^~~~~");
    expect_error(
        "invert | resice 50%", YK_ERR_UNKNOWN,
        "unknown operation 'resice'; did you mean 'resize'?\n  invert | resice 50%\n           ^~~~~~");
    expect_error("Blur 2", YK_ERR_UNKNOWN,
                 "unknown operation 'Blur'; did you mean 'blur'?\n  Blur 2\n  ^~~~");
    expect_error(
        "  threshhold\t0.5", YK_ERR_UNKNOWN,
        "unknown operation 'threshhold'; did you mean 'threshold'?\n    threshhold\t0.5\n    ^~~~~~~~~~");
    expect_error("zoom", YK_ERR_UNKNOWN, "unknown operation 'zoom'; 'yoke ops' lists them\n  zoom\n  ^~~~");
    expect_error("x", YK_ERR_UNKNOWN, "unknown operation 'x'; 'yoke ops' lists them\n  x\n  ^");
    expect_error("=3", YK_ERR_UNKNOWN, "unknown operation '=3'; 'yoke ops' lists them\n  =3\n  ^~");
    /* Operations that the planner puts in are not for people. */
    expect_error("premultiply", YK_ERR_UNKNOWN,
                 "unknown operation 'premultiply'; 'yoke ops' lists them\n  premultiply\n  ^~~~~~~~~~~");
    expect_error("linearize", YK_ERR_UNKNOWN,
                 "unknown operation 'linearize'; 'yoke ops' lists them\n  linearize\n  ^~~~~~~~~");
    /* Only 64 bytes of a long name are shown, and no long name is near to any. */
    char name[257], message[512];
    memset(name, 'a', 256);
    name[256] = '\0';
    int length = snprintf(message, sizeof message,
                          "unknown operation '%.64s'; 'yoke ops' lists them\n  %.76s\n  ^", name, name);
    memset(message + length, '~', 75);
    message[length + 75] = '\0';
    expect_error(name, YK_ERR_UNKNOWN, message);
}

static void test_structure(void)
{
    expect_error("|", YK_ERR_PARSE, "an operation is missing before '|'\n  |\n  ^");
    expect_error("| blur 1", YK_ERR_PARSE, "an operation is missing before '|'\n  | blur 1\n  ^");
    expect_error("blur 1 |", YK_ERR_PARSE, "an operation is missing after '|'\n  blur 1 |\n         ^");
    expect_error("blur 1 |  \n ", YK_ERR_PARSE,
                 "an operation is missing after '|'\n  blur 1 |  \n         ^");
    expect_error("blur 1 || invert", YK_ERR_PARSE,
                 "an operation is missing before '|'\n  blur 1 || invert\n          ^");
    expect_error("blur 1 |\t| invert", YK_ERR_PARSE,
                 "an operation is missing before '|'\n  blur 1 |\t| invert\n          \t^");
}

static void test_arguments(void)
{
    expect_error("blur", YK_ERR_INVALID, "blur needs sigma (standard deviation in pixels)\n  blur\n  ^~~~");
    expect_error(
        "invert | levels 0.1", YK_ERR_INVALID,
        "levels needs white (value that becomes 1; above black)\n  invert | levels 0.1\n           ^~~~~~");
    expect_error("blur 1 2", YK_ERR_INVALID, "blur takes at most 1 argument\n  blur 1 2\n         ^");
    expect_error("levels 0 1 1 1", YK_ERR_INVALID,
                 "levels takes at most 3 arguments\n  levels 0 1 1 1\n               ^");
    expect_error("invert 1", YK_ERR_INVALID, "invert takes no parameters\n  invert 1\n         ^");
    expect_error("invert by=1", YK_ERR_UNKNOWN, "invert takes no parameters\n  invert by=1\n         ^~~~");
    expect_error("blur sigma=1 sigma=2", YK_ERR_INVALID,
                 "sigma is given twice\n  blur sigma=1 sigma=2\n               ^~~~~~~");
    expect_error("blur 1 sigma=2", YK_ERR_INVALID,
                 "sigma is given twice\n  blur 1 sigma=2\n         ^~~~~~~");
    /* A named one is passed over by the positional ones: the third value has no place left. */
    expect_error("levels black=0 1 1 1", YK_ERR_INVALID,
                 "levels takes at most 3 arguments\n  levels black=0 1 1 1\n                     ^");
    expect_error("blur sgma=1", YK_ERR_UNKNOWN,
                 "blur has no parameter 'sgma'; did you mean 'sigma'?\n  blur sgma=1\n       ^~~~~~");
    expect_error("sharpen 1 strength=2", YK_ERR_UNKNOWN,
                 "sharpen has no parameter 'strength'; it has: sigma, amount\n  sharpen 1 strength=2\n"
                 "            ^~~~~~~~~~");
    expect_error("blur =1", YK_ERR_UNKNOWN, "blur has no parameter ''; it has: sigma\n  blur =1\n       ^~");
    expect_error("blur Sigma=1", YK_ERR_UNKNOWN,
                 "blur has no parameter 'Sigma'; did you mean 'sigma'?\n  blur Sigma=1\n       ^~~~~~~");
}

/* OP VALUE: the message after the parameter's name, and the caret under the value. */
static void expect_value_error(const char *op, const char *value, enum yk_status status, const char *message)
{
    char text[256], expected[1024];
    int column = snprintf(text, sizeof text, "%s ", op);
    snprintf(text + column, sizeof text - (size_t)column, "%s", value);
    int length = snprintf(expected, sizeof expected, "%s\n  %s\n  %*s^", message, text, column, "");
    for (size_t k = 1; k < strlen(value); k++)
        expected[length++] = '~';
    expected[length] = '\0';
    expect_error(text, status, expected);
}

static void test_number_errors(void)
{
    static const char *const wrong[] = {"x",   "1x",  "1,2",  "-",    "+",      ".",     "--1", "+-1",
                                        "inf", "nan", "-inf", "0x10", "-0x1p3", "1e999", "1e",  "1_0"};
    char message[128];
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        snprintf(message, sizeof message, "d: '%s' is not a number", wrong[k]);
        expect_value_error("brightness", wrong[k], YK_ERR_PARSE, message);
    }
    /* A digit that is not ASCII: two bytes, one column. */
    expect_error("brightness \xd9\xa1 2", YK_ERR_PARSE,
                 "d: '\xd9\xa1' is not a number\n  brightness \xd9\xa1 2\n             ^");
    expect_error("\xc3\xa9\xc3\xa9 2", YK_ERR_UNKNOWN,
                 "unknown operation '\xc3\xa9\xc3\xa9'; 'yoke ops' lists them\n  \xc3\xa9\xc3\xa9 2\n  ^~");
    expect_error("brightness d=", YK_ERR_PARSE, "d: '' is not a number\n  brightness d=\n             ^~");
    expect_value_error("blur", "301", YK_ERR_RANGE, "sigma: '301' is out of bounds; accepted is 0 to 300");
    expect_value_error("blur", "300.00001", YK_ERR_RANGE,
                       "sigma: '300.00001' is out of bounds; accepted is 0 to 300");
    expect_value_error("blur", "-1e-9", YK_ERR_RANGE,
                       "sigma: '-1e-9' is out of bounds; accepted is 0 to 300");
    expect_value_error("gamma", "0", YK_ERR_RANGE, "g: '0' is out of bounds; accepted is 0.01 to 100");
    expect_value_error("posterize", "2.5", YK_ERR_PARSE, "n: '2.5' is not a whole number");
    expect_value_error("posterize", "1", YK_ERR_RANGE, "n: '1' is out of bounds; accepted is 2 to 256");
    expect_value_error("posterize", "1e300", YK_ERR_RANGE,
                       "n: '1e300' is out of bounds; accepted is 2 to 256");
    expect_value_error("grayscale", "yes", YK_ERR_PARSE, "linear: 'yes' is not a number");
    expect_value_error("grayscale", "2", YK_ERR_RANGE, "linear: '2' is out of bounds; accepted is 0 to 1");
    expect_value_error("grayscale", "0.5", YK_ERR_PARSE, "linear: '0.5' is not a whole number");
    expect_value_error("median", "4", YK_ERR_RANGE, "n: '4' is not one of 3|5|7");
    expect_error("median n=", YK_ERR_RANGE, "n: '' is not one of 3|5|7\n  median n=\n         ^~");
}

static void test_list_errors(void)
{
    static const char accepted[] = "is not a list of numbers separated by commas";
    static const char *const wrong[] = {"1,2,x", "1,,2", ",", "1,", ";", "1;", "1:2", "nan,1"};
    char message[256], many[256] = "0";
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        snprintf(message, sizeof message, "matrix: '%s' %s", wrong[k], accepted);
        expect_value_error("convolve", wrong[k], YK_ERR_PARSE, message);
    }
    expect_value_error("mix", "1,2,101", YK_ERR_RANGE,
                       "matrix: '1,2,101' is out of bounds; accepted is -100 to 100");
    for (int k = 1; k < 50; k++)
        strcat(many, ",0");
    /* 99 columns: the line is cut at 76, which is 67 of the value's. */
    struct yk_pipeline *pipeline = NULL;
    struct yk_error error;
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, "convolve 0", &error), YK_OK);
    yk_pipeline_free(pipeline);
    char text[512];
    snprintf(text, sizeof text, "convolve %s", many);
    CU_ASSERT_EQUAL(yk_pipeline_parse(&pipeline, text, &error), YK_ERR_RANGE);
    snprintf(message, sizeof message, "matrix: more than 49 numbers\n  %.76s\n           ^", text);
    CU_ASSERT_EQUAL(strncmp(error.text, message, strlen(message)), 0);
    CU_ASSERT_EQUAL(strspn(error.text + strlen(message), "~"), 66);
    CU_ASSERT_EQUAL(strlen(error.text), strlen(message) + 66);
    text[strlen(text) - 2] = '\0';
    pipeline = parse(text);
    yk_pipeline_free(pipeline);
}

static void test_shape_errors(void)
{
    static const char *const sizes[] = {"x",   "800",   "100.5", "50%%",     "50%x", "800x600x2", "0x10",
                                        "axb", "x0x10", "%",     "800x600%", "inf%", "-",         "10*10"};
    static const char *const areas[] = {"10",          "10x",         "x10",      "10x20+3",
                                        "10x20+3+4+5", "1.5x2",       "5x+2+3+4", "10x20+-3+4",
                                        "0x5",         "10x20+3.5+1", "10x-5"};
    static const char *const colours[] = {"#",   "#12",   "#12345", "#1234567", "#123456789",
                                          "fff", "White", "puce",   "#xyzxyz",  "0xff00ff"};
    char message[256];
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        snprintf(message, sizeof message, "size: '%s' is not a size: 800x600, 800x, x600, 50%% or 0.5",
                 sizes[k]);
        expect_value_error("resize", sizes[k], YK_ERR_PARSE, message);
    }
    expect_value_error("resize", "0%", YK_ERR_RANGE,
                       "size: '0%' is out of bounds; accepted is 0.0001 to 100 (10000%)");
    expect_value_error("resize", "10001%", YK_ERR_RANGE,
                       "size: '10001%' is out of bounds; accepted is 0.0001 to 100 (10000%)");
    expect_value_error("resize", "-0.5", YK_ERR_RANGE,
                       "size: '-0.5' is out of bounds; accepted is 0.0001 to 100 (10000%)");
    static const char *const far[] = {"1000001x1", "1x1000001", "-5x10", "5x-1", "00x10", "x0.5"};
    for (size_t k = 0; k < sizeof far / sizeof *far; k++) {
        snprintf(message, sizeof message,
                 "size: '%s' is out of bounds; accepted is 1 to 1e+06 pixels on a side", far[k]);
        expect_value_error("resize", far[k], YK_ERR_RANGE, message);
    }
    for (size_t k = 0; k < sizeof areas / sizeof *areas; k++) {
        snprintf(message, sizeof message, "area: '%s' is not an area: WxH or WxH+X+Y", areas[k]);
        expect_value_error("crop", areas[k], YK_ERR_PARSE, message);
    }
    static const char *const outside[] = {"5x0", "-5x5", "1000001x1", "1x1+1000001+0", "1x1+0-1000001"};
    for (size_t k = 0; k < sizeof outside / sizeof *outside; k++) {
        snprintf(message, sizeof message,
                 "area: '%s' is out of bounds; accepted is 1 to 1e+06 pixels on a side", outside[k]);
        expect_value_error("crop", outside[k], YK_ERR_RANGE, message);
    }
    for (size_t k = 0; k < sizeof colours / sizeof *colours; k++) {
        bool digits = strcmp(colours[k], "#xyzxyz") == 0;
        snprintf(message, sizeof message, "background: '%s' is not a colour: %s", colours[k],
                 digits ? "# and 3, 4, 6 or 8 hexadecimal digits"
                        : "#rgb, #rrggbb, #rrggbbaa, or a name such as white or transparent");
        expect_value_error("pad 1", colours[k], YK_ERR_PARSE, message);
    }
}

/* A text of many lines shows the line it is about; a long line shows what is around the word. */
static void test_caret_lines(void)
{
    expect_error("resize 50%\n| blurr 2\n| invert", YK_ERR_UNKNOWN,
                 "unknown operation 'blurr'; did you mean 'blur'?\n  | blurr 2\n    ^~~~~");
    expect_error("resize 50%\r\n|\r\nblur x", YK_ERR_PARSE, "sigma: 'x' is not a number\n  blur x\n       ^");
    expect_error("blur 1\n|", YK_ERR_PARSE, "an operation is missing after '|'\n  |\n  ^");
    /* 70 columns before the word: 38 of them are shown, and 76 in all. */
    expect_error("invert | invert | invert | invert | invert | invert | invert | flip | "
                 "zoom | flop | flop | flop | flop | flop",
                 YK_ERR_UNKNOWN,
                 "unknown operation 'zoom'; 'yoke ops' lists them\n"
                 "  t | invert | invert | invert | flip | zoom | flop | flop | flop | flop | flo\n"
                 "                                        ^~~~");
}

/* ---- values ---- */

static const void *field(const struct yk_pipeline *pipeline, size_t op, const char *name,
                         enum yk_param_type type)
{
    const struct yk_pipeline_op *it = &pipeline->ops[op];
    for (size_t k = 0; k < it->op->param_count; k++)
        if (strcmp(it->op->params[k].name, name) == 0) {
            CU_ASSERT_EQUAL_FATAL(it->op->params[k].type, type);
            return (const unsigned char *)it->params + it->op->params[k].offset;
        }
    CU_FAIL_FATAL("no such parameter");
    return NULL;
}

static float number_at(const struct yk_pipeline *pipeline, size_t op, const char *name)
{
    return *(const float *)field(pipeline, op, name, YK_PARAM_FLOAT);
}

static int whole_at(const struct yk_pipeline *pipeline, size_t op, const char *name, enum yk_param_type type)
{
    return *(const int *)field(pipeline, op, name, type);
}

static bool same(float a, float b)
{
    return !(a < b) && !(a > b);
}

static void test_values(void)
{
    struct yk_pipeline *pipeline = parse(
        "levels 0.25 0.75|levels white=0.5 0.125 gamma=2|\tlevels\n.5 +1e0 gamma=.5 | posterize 1.6e1 | "
        "grayscale | grayscale 1 | median 7 | threshold 0.5 by=channel | brightness -.25 | brightness "
        "1e-999");
    CU_ASSERT_EQUAL(yk_pipeline_length(pipeline), 10);
    CU_ASSERT_STRING_EQUAL(pipeline->ops[9].op->name, "brightness");
    static const float levels[3][3] = {{0.25f, 0.75f, 1.0f}, {0.125f, 0.5f, 2.0f}, {0.5f, 1.0f, 0.5f}};
    for (size_t k = 0; k < 3; k++) {
        CU_ASSERT_TRUE(same(number_at(pipeline, k, "black"), levels[k][0]));
        CU_ASSERT_TRUE(same(number_at(pipeline, k, "white"), levels[k][1]));
        CU_ASSERT_TRUE(same(number_at(pipeline, k, "gamma"), levels[k][2])); /* 1 is the declared default */
    }
    CU_ASSERT_EQUAL(whole_at(pipeline, 3, "n", YK_PARAM_INT), 16);
    CU_ASSERT_EQUAL(whole_at(pipeline, 4, "linear", YK_PARAM_BOOL), 0);
    CU_ASSERT_EQUAL(whole_at(pipeline, 5, "linear", YK_PARAM_BOOL), 1);
    CU_ASSERT_EQUAL(whole_at(pipeline, 6, "n", YK_PARAM_CHOICE), 2); /* the third of 3|5|7 */
    CU_ASSERT_TRUE(same(number_at(pipeline, 7, "t"), 0.5f));
    CU_ASSERT_EQUAL(whole_at(pipeline, 7, "by", YK_PARAM_CHOICE), 1);
    CU_ASSERT_TRUE(same(number_at(pipeline, 8, "d"), -0.25f));
    CU_ASSERT_TRUE(same(number_at(pipeline, 9, "d"), 0.0f));
    yk_pipeline_free(pipeline);
}

static void expect_size(const char *text, int relative, float width, float height)
{
    char line[64];
    snprintf(line, sizeof line, "resize %s", text);
    struct yk_pipeline *pipeline = parse(line);
    const struct yk_size *size = field(pipeline, 0, "size", YK_PARAM_SIZE);
    CU_ASSERT_EQUAL(size->relative, relative);
    CU_ASSERT_TRUE(same(size->width, width));
    CU_ASSERT_TRUE(same(size->height, height));
    CU_ASSERT_EQUAL(whole_at(pipeline, 0, "filter", YK_PARAM_CHOICE), 6); /* lanczos3 */
    CU_ASSERT_EQUAL(whole_at(pipeline, 0, "fit", YK_PARAM_CHOICE), 0);    /* inside */
    yk_pipeline_free(pipeline);
}

static void expect_area(const char *text, int width, int height, int x, int y, int has_offset)
{
    char line[64];
    snprintf(line, sizeof line, "crop %s", text);
    struct yk_pipeline *pipeline = parse(line);
    const struct yk_area *area = field(pipeline, 0, "area", YK_PARAM_AREA);
    CU_ASSERT_EQUAL(area->width, width);
    CU_ASSERT_EQUAL(area->height, height);
    CU_ASSERT_EQUAL(area->x, x);
    CU_ASSERT_EQUAL(area->y, y);
    CU_ASSERT_EQUAL(area->has_offset, has_offset);
    yk_pipeline_free(pipeline);
}

static void test_shapes(void)
{
    expect_size("800x600", 0, 800, 600);
    expect_size("800x", 0, 800, 0);
    expect_size("x600", 0, 0, 600);
    expect_size("1000000x1", 0, 1000000, 1);
    expect_size("10.9x3", 0, 10, 3);
    expect_size("50%", 1, 0.5f, 0.5f);
    expect_size("0.5", 1, 0.5f, 0.5f);
    expect_size("2", 1, 2, 2);
    expect_size("100", 1, 100, 100);
    expect_size("10000%", 1, 100, 100);
    expect_size("0.01%", 1, 0.0001f, 0.0001f);
    expect_size("size=12.5%", 1, 0.125f, 0.125f);
    expect_area("10x20", 10, 20, 0, 0, 0);
    expect_area("10x20+0+0", 10, 20, 0, 0, 1);
    expect_area("10x20+3-4", 10, 20, 3, -4, 1);
    expect_area("1x1000000-1000000+1000000", 1, 1000000, -1000000, 1000000, 1);
}

static void expect_colour(const char *text, const unsigned char *rgba)
{
    char line[64];
    snprintf(line, sizeof line, "pad 1 %s", text);
    struct yk_pipeline *pipeline = parse(line);
    const struct yk_colour *colour = field(pipeline, 0, "background", YK_PARAM_COLOUR);
    for (int k = 0; k < 4; k++)
        CU_ASSERT_TRUE(same(colour->v[k], (float)rgba[k] / 255.0f));
    yk_pipeline_free(pipeline);
}

static void test_colours(void)
{
    static const struct {
        const char *text;
        unsigned char rgba[4];
    } cases[] = {
        {"#f80", {255, 136, 0, 255}},
        {"#f80c", {255, 136, 0, 204}},
        {"#Ff8001", {255, 128, 1, 255}},
        {"#0123ABcd", {1, 0x23, 171, 205}},
        {"black", {0, 0, 0, 255}},
        {"white", {255, 255, 255, 255}},
        {"gray", {128, 128, 128, 255}},
        {"grey", {128, 128, 128, 255}},
        {"red", {255, 0, 0, 255}},
        {"green", {0, 128, 0, 255}},
        {"blue", {0, 0, 255, 255}},
        {"yellow", {255, 255, 0, 255}},
        {"cyan", {0, 255, 255, 255}},
        {"magenta", {255, 0, 255, 255}},
        {"orange", {255, 165, 0, 255}},
        {"transparent", {0, 0, 0, 0}},
        {"background=white", {255, 255, 255, 255}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        expect_colour(cases[k].text, cases[k].rgba);
    expect_colour("extend=copy", (const unsigned char[]){0, 0, 0, 255}); /* the default: black */
    for (unsigned value = 0; value < 256; value++) {
        char text[16];
        unsigned char byte = (unsigned char)value;
        snprintf(text, sizeof text, "#%02x00%02X%02x", value, value, 255 - value);
        expect_colour(text, (const unsigned char[]){byte, 0, byte, (unsigned char)(255 - value)});
    }
}

static void test_lists(void)
{
    struct yk_pipeline *pipeline = parse("convolve 1,-2.5,3e1;0,0,0;-0,.5,1000000 scale=0 | pad 1,2,3,4");
    const struct yk_list *matrix = field(pipeline, 0, "matrix", YK_PARAM_LIST);
    static const float expected[] = {1.0f, -2.5f, 30.0f, 0.0f, 0.0f, 0.0f, -0.0f, 0.5f, 1000000.0f};
    CU_ASSERT_EQUAL(matrix->count, 9);
    for (int k = 0; k < 9; k++)
        CU_ASSERT_TRUE(same(matrix->v[k], expected[k]));
    CU_ASSERT_TRUE(same(number_at(pipeline, 0, "scale"), 0.0f));
    const struct yk_list *sides = field(pipeline, 1, "sides", YK_PARAM_LIST);
    CU_ASSERT_EQUAL(sides->count, 4);
    CU_ASSERT_TRUE(same(sides->v[3], 4.0f));
    yk_pipeline_free(pipeline);
}

static void test_empty(void)
{
    static const char *const texts[] = {"", " ", "\n", " \t\r\n ", "\v", "\f", "\v\f \n"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        struct yk_pipeline *pipeline = parse(texts[k]);
        CU_ASSERT_EQUAL(yk_pipeline_length(pipeline), 0);
        yk_pipeline_free(pipeline);
    }
    yk_pipeline_free(NULL);
}

void yk_suite_pipeline(void)
{
    CU_pSuite suite = CU_add_suite("pipeline", NULL, NULL);
    CU_ADD_TEST(suite, test_unknown);
    CU_ADD_TEST(suite, test_structure);
    CU_ADD_TEST(suite, test_arguments);
    CU_ADD_TEST(suite, test_number_errors);
    CU_ADD_TEST(suite, test_list_errors);
    CU_ADD_TEST(suite, test_shape_errors);
    CU_ADD_TEST(suite, test_caret_lines);
    CU_ADD_TEST(suite, test_values);
    CU_ADD_TEST(suite, test_shapes);
    CU_ADD_TEST(suite, test_colours);
    CU_ADD_TEST(suite, test_lists);
    CU_ADD_TEST(suite, test_empty);
    CU_ADD_TEST(suite, test_pipeline_hostile);
    CU_ADD_TEST(suite, test_pipeline_fuzz);
    CU_ADD_TEST(suite, test_pipeline_process);
    CU_ADD_TEST(suite, test_pipeline_process_errors);
    CU_ADD_TEST(suite, test_pipeline_stages);
}
