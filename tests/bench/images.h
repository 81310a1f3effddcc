/* SPDX-License-Identifier: MIT
 *
 * Images of several kinds for the benchmarks, the same on every machine. Each call makes a new one, which the
 * caller frees with yk_image_free; the program ends where memory runs out.
 */
#ifndef YOKE_BENCH_IMAGES_H
#define YOKE_BENCH_IMAGES_H

#include <yoke/image.h>

enum bench_kind {
    BENCH_SCREENSHOT,   /* text, frames, gradients in bars */
    BENCH_ILLUSTRATION, /* shaded discs with soft edges on nothing: alpha */
    BENCH_NOISE,        /* a smooth picture with noise of 6 steps of 8 bits */
    BENCH_DITHER,       /* six levels a channel, ordered dither */
    BENCH_DEEP,         /* 16 bits, colour and grey */
    BENCH_TINY,         /* 64 x 64 pixels of the first three */
    BENCH_KINDS
};

/* Image number `index` of a kind; NULL past the last. */
struct yk_image *bench_image(enum bench_kind kind, unsigned index);

#endif
