/* SPDX-License-Identifier: MIT
 *
 * What travels beside the pixels: colour description, EXIF, resolution, text. Independent of a file format,
 * so that a later codec can fill and read the same structure. Everything in it was validated by the codec
 * that read it. A plain value with owned memory; no thread rule beyond one writer.
 */
#ifndef YOKE_METADATA_H
#define YOKE_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One text entry (PNG tEXt, zTXt, iTXt). Strings are owned, terminated, never NULL. */
struct yk_text {
    char *keyword;    /* 1 .. 79 bytes Latin-1 */
    char *text;       /* UTF-8 where `international`, else Latin-1 */
    char *language;   /* empty unless international */
    char *translated; /* keyword in that language, UTF-8; empty unless international */
    bool international;
    bool compressed;
};

struct yk_metadata {
    uint8_t *icc; /* ICC profile, uncompressed, owned; NULL where there is none */
    size_t icc_size;
    char icc_name[80];
    bool has_srgb;
    uint8_t srgb_intent; /* 0 .. 3 */
    bool has_gamma;
    uint32_t gamma; /* file gamma times 100000 (PNG gAMA) */
    bool has_chromaticity;
    int32_t chromaticity[8]; /* white, red, green, blue: x then y, each times 100000 (PNG cHRM) */
    uint8_t *exif;           /* TIFF block without a prefix, owned; NULL where there is none */
    size_t exif_size;
    bool has_density;
    uint32_t density_x, density_y; /* pixels per unit (PNG pHYs) */
    bool density_metres;           /* the unit is the metre; else only the ratio means something */
    struct yk_text *texts;
    size_t text_count;
};

/* The parts of it that can be dropped one by one. */
enum yk_metadata_kind {
    YK_METADATA_COLOUR = 1, /* ICC profile, sRGB intent, gamma, chromaticities */
    YK_METADATA_EXIF = 2,
    YK_METADATA_DENSITY = 4,
    YK_METADATA_TEXT = 8
};

/* Removes the kinds whose bits are set; NULL is allowed. */
void yk_metadata_drop(struct yk_metadata *metadata, unsigned kinds);

/* Frees the structure and all it owns; NULL is allowed. */
void yk_metadata_free(struct yk_metadata *metadata);

#ifdef __cplusplus
}
#endif

#endif
