/* SPDX-License-Identifier: MIT
 *
 * The oracle for image operations: every operation in double precision, plain and slow, written from its
 * definition alone. It shares no code with kernels/ or host/, not even the parser, so that an error has to be
 * made twice to go unnoticed. Single thread. A helper that cannot get memory, or a pipeline that the
 * reference does not know, ends the test program.
 */
#ifndef YOKE_TESTS_REFERENCE_H
#define YOKE_TESTS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include <yoke/image.h>

/* Interleaved samples 0 .. 1, straight alpha, width * height * (colours + alpha) of them. */
struct ref_image {
    int width, height;
    int colours, alpha; /* 1 or 3; 0 or 1 */
    int depth;          /* 8 or 16: the integer form that whole-image statistics count in */
    double *v;
};

struct ref_image *ref_create(int width, int height, int colours, int alpha, int depth);
struct ref_image *ref_copy(const struct ref_image *image);
void ref_free(struct ref_image *image);
struct ref_image *ref_from_image(const struct yk_image *image);

int ref_channels(const struct ref_image *image);
/* The sample at (x, y), both clamped into the image: the border replicates the edge. */
double ref_at(const struct ref_image *image, int x, int y, int channel);
/* The sample at (x, y) inside the image, to write. */
double *ref_put(struct ref_image *image, int x, int y, int channel);

double ref_clamp(double v);
void ref_clamp_all(struct ref_image *image);
double ref_luma(double r, double g, double b);
double ref_decode_srgb(double v);
double ref_encode_srgb(double v);
/* Colours times alpha, as a copy; and back in place, clamped first and last, no alpha giving no colour. */
struct ref_image *ref_premultiply(const struct ref_image *image);
void ref_unpremultiply(struct ref_image *image);
/* Rounds every sample to `depth` bits. */
void ref_quantise(struct ref_image *image, int depth);

/* The words behind an operation's name: positional ones by place, others as name=value. */
struct ref_args {
    int count;
    const char *word[16];
};
/* The argument called `name`, at `place` where positional; `fallback` where it is not given (NULL: required).
 */
const char *ref_text(const struct ref_args *args, int place, const char *name, const char *fallback);
double ref_number(const struct ref_args *args, int place, const char *name, const char *fallback);
bool ref_is(const struct ref_args *args, int place, const char *name, const char *fallback,
            const char *choice);
/* Numbers separated by commas into list[limit]; returns how many. */
int ref_list(const char *text, double *list, int limit);
/* "black", "white", "transparent", "#rrggbb" or "#rrggbbaa" to red, green, blue, alpha. */
void ref_colour(const char *text, double colour[4]);

/* An operation: a new image from `in`, not yet clamped. */
typedef struct ref_image *ref_operation(const struct ref_image *in, const struct ref_args *args);
struct ref_entry {
    const char *name;
    ref_operation *apply;
    bool statistic; /* needs the whole image as integers */
};
/* The three tables of operations, each ended by a NULL name. */
extern const struct ref_entry ref_point_operations[];
extern const struct ref_entry ref_filter_operations[];
extern const struct ref_entry ref_geometry_operations[];

/* Runs a pipeline text on a copy of `in`: each result clamped to 0 .. 1, no rounding between operations but
 * to 16 bits in front of a whole-image statistic that is not the first operation. */
struct ref_image *ref_run(const char *pipeline, const struct ref_image *in);

/* How far a result is from the reference. */
struct ref_difference {
    bool same_shape;
    double largest;    /* in steps of the result's depth, against the unrounded reference */
    unsigned integer;  /* the same against the rounded reference */
    size_t wrong;      /* samples beyond the tolerance */
    int x, y, channel; /* of the first of them */
    double expected;   /* there, in steps */
    unsigned got;
};
/* Compares. A sample is wrong when it is more than `tolerance` steps from the rounded reference. Straight
 * colours that were divided by a small alpha get more room: binary32 leaves an error of about 4e-7 in a
 * premultiplied value, which the division by alpha enlarges; without alpha they say nothing. */
struct ref_difference ref_compare(const struct yk_image *got, const struct ref_image *expected,
                                  unsigned tolerance);

#endif
