/* SPDX-License-Identifier: MIT
 * Metadata between libpng's info structure and struct yk_metadata. Deep copies in both directions: handing
 * libpng its own pointers back was the cause of two of its published faults. */
#include "codec_png.h"

#include <stdlib.h>
#include <string.h>

enum {
    ICC_SPACE = 16, /* offset of the colour space signature in a profile (ICC.1, 7.2) */
    ICC_HEADER = 128
};

static bool copy_bytes(uint8_t **out, const void *from, size_t size)
{
    *out = malloc(size ? size : 1);
    if (*out && size)
        memcpy(*out, from, size);
    return *out != NULL;
}

/* As strdup; NULL stands for an empty string, as it does in libpng. */
static bool copy_string(char **out, const char *from)
{
    size_t size = from ? strlen(from) + 1 : 1;
    *out = calloc(1, size);
    if (*out && from)
        memcpy(*out, from, size);
    return *out != NULL;
}

/* A keyword that libpng can write, if need be after it replaced characters: 1 to 79 bytes, one of them
 * printable Latin-1. */
static bool keyword_usable(const char *keyword)
{
    size_t length = strlen(keyword);
    if (length == 0 || length > 79)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)keyword[i];
        if ((c > 32 && c < 127) || c > 160)
            return true;
    }
    return false;
}

static bool read_colour(const struct yk_png_reader *reader, struct yk_metadata *metadata)
{
    png_structp png = reader->session.png;
    png_infop info = reader->session.info;
    png_charp name;
    png_bytep profile;
    png_uint_32 size;
    int compression, intent;
    if (png_get_iCCP(png, info, &name, &compression, &profile, &size)) {
        if (!copy_bytes(&metadata->icc, profile, size))
            return false;
        metadata->icc_size = size;
        size_t length = strlen(name);
        if (length > sizeof metadata->icc_name - 1)
            length = sizeof metadata->icc_name - 1;
        memcpy(metadata->icc_name, name, length);
    } else if (png_get_sRGB(png, info, &intent) && intent >= 0 && intent < PNG_sRGB_INTENT_LAST) {
        metadata->has_srgb = true;
        metadata->srgb_intent = (uint8_t)intent;
    }
    png_fixed_point gamma;
    if (reader->scan.gamma && png_get_gAMA_fixed(png, info, &gamma) && gamma > 0) {
        metadata->has_gamma = true;
        metadata->gamma = (uint32_t)gamma;
    }
    png_fixed_point at[8];
    if (reader->scan.chromaticity &&
        png_get_cHRM_fixed(png, info, &at[0], &at[1], &at[2], &at[3], &at[4], &at[5], &at[6], &at[7])) {
        metadata->has_chromaticity = true;
        for (int i = 0; i < 8; i++)
            metadata->chromaticity[i] = at[i];
    }
    return true;
}

static bool read_exif_and_density(const struct yk_png_reader *reader, struct yk_metadata *metadata)
{
    png_structp png = reader->session.png;
    png_infop info = reader->session.info;
    png_bytep exif;
    png_uint_32 size, x, y;
    int unit;
    if (png_get_eXIf_1(png, info, &size, &exif) && exif) {
        if (!copy_bytes(&metadata->exif, exif, size))
            return false;
        metadata->exif_size = size;
    }
    if (png_get_pHYs(png, info, &x, &y, &unit)) {
        metadata->has_density = true;
        metadata->density_x = x;
        metadata->density_y = y;
        metadata->density_metres = unit == PNG_RESOLUTION_METER;
    }
    return true;
}

static bool read_texts(const struct yk_png_reader *reader, struct yk_metadata *metadata)
{
    png_textp texts = NULL;
    int count = 0;
    (void)png_get_text(reader->session.png, reader->session.info, &texts, &count);
    if (count <= 0)
        return true;
    metadata->texts = calloc((size_t)count, sizeof *metadata->texts);
    if (!metadata->texts)
        return false;
    for (int i = 0; i < count; i++) {
        const png_text *from = &texts[i];
        if (!from->key || !keyword_usable(from->key))
            continue;
        struct yk_text *to = &metadata->texts[metadata->text_count++];
        to->international = from->compression >= PNG_ITXT_COMPRESSION_NONE;
        to->compressed =
            from->compression == PNG_TEXT_COMPRESSION_zTXt || from->compression == PNG_ITXT_COMPRESSION_zTXt;
        if (!copy_string(&to->keyword, from->key) || !copy_string(&to->text, from->text) ||
            !copy_string(&to->language, to->international ? from->lang : NULL) ||
            !copy_string(&to->translated, to->international ? from->lang_key : NULL))
            return false;
    }
    return true;
}

/* Bytes that libpng has collected of what would be copied: it is limited before that doubles it. */
static size_t collected_bytes(png_structp png, png_infop info)
{
    png_textp texts = NULL;
    png_charp name;
    png_bytep data;
    png_uint_32 size = 0;
    int count = 0, compression;
    size_t sum = 0; /* cannot overflow: all of it is in memory */
    if (png_get_iCCP(png, info, &name, &compression, &data, &size))
        sum += size;
    if (png_get_eXIf_1(png, info, &size, &data))
        sum += size;
    (void)png_get_text(png, info, &texts, &count);
    for (int i = 0; i < count; i++) {
        bool international = texts[i].compression >= PNG_ITXT_COMPRESSION_NONE;
        sum += strlen(texts[i].key) + (international ? texts[i].itxt_length : texts[i].text_length);
        if (international && texts[i].lang && texts[i].lang_key)
            sum += strlen(texts[i].lang) + strlen(texts[i].lang_key);
    }
    return sum;
}

enum yk_status yk_png_meta_read(struct yk_png_reader *reader, struct yk_error *error)
{
    struct yk_metadata *metadata = calloc(1, sizeof *metadata);
    if (!metadata)
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");
    reader->metadata = metadata; /* freed with the reader */
    if (setjmp(png_jmpbuf(reader->session.png)))
        return yk_png_session_fail(&reader->session, YK_ERR_FORMAT, error);
    if (collected_bytes(reader->session.png, reader->session.info) > YK_PNG_METADATA_MAX)
        return yk_error_set(error, YK_ERR_LIMIT, "PNG: text and profiles are over the limit of %d bytes",
                            (int)YK_PNG_METADATA_MAX);
    if (!read_colour(reader, reader->metadata) || !read_exif_and_density(reader, reader->metadata) ||
        !read_texts(reader, reader->metadata))
        return yk_error_set(error, YK_ERR_NOMEM, "PNG: out of memory");

    metadata = reader->metadata;
    if (!metadata->icc && !metadata->has_srgb && !metadata->has_gamma && !metadata->has_chromaticity &&
        !metadata->exif && !metadata->has_density && metadata->text_count == 0) {
        yk_metadata_free(metadata);
        reader->metadata = NULL;
    }
    return YK_OK;
}

static bool profile_fits(const struct yk_metadata *metadata, bool grey)
{
    if (!metadata->icc || metadata->icc_size < ICC_HEADER || metadata->icc_size > PNG_UINT_31_MAX)
        return false;
    return memcmp(metadata->icc + ICC_SPACE, grey ? "GRAY" : "RGB ", 4) == 0;
}

static void write_colour(png_structp png, png_infop info, const struct yk_metadata *metadata, bool grey)
{
    if (metadata->has_gamma && metadata->gamma <= PNG_UINT_31_MAX)
        png_set_gAMA_fixed(png, info, (png_fixed_point)metadata->gamma);
    const int32_t *at = metadata->chromaticity;
    if (metadata->has_chromaticity)
        png_set_cHRM_fixed(png, info, at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]);
    /* A file must not have both; the profile says more. */
    if (profile_fits(metadata, grey))
        png_set_iCCP(png, info, keyword_usable(metadata->icc_name) ? metadata->icc_name : "ICC profile",
                     PNG_COMPRESSION_TYPE_BASE, metadata->icc, (png_uint_32)metadata->icc_size);
    else if (metadata->has_srgb)
        png_set_sRGB(png, info, metadata->srgb_intent);
}

static void write_text(png_structp png, png_infop info, const struct yk_text *text)
{
    if (!keyword_usable(text->keyword))
        return;
    png_text entry = {.key = text->keyword, .text = text->text};
    if (text->international) {
        entry.compression = text->compressed ? PNG_ITXT_COMPRESSION_zTXt : PNG_ITXT_COMPRESSION_NONE;
        entry.lang = text->language;
        entry.lang_key = text->translated;
    } else {
        entry.compression = text->compressed ? PNG_TEXT_COMPRESSION_zTXt : PNG_TEXT_COMPRESSION_NONE;
    }
    png_set_text(png, info, &entry, 1);
}

void yk_png_meta_write(png_structp png, png_infop info, const struct yk_metadata *metadata, bool grey)
{
    write_colour(png, info, metadata, grey);
    if (metadata->exif && metadata->exif_size > 0 && metadata->exif_size <= PNG_UINT_31_MAX)
        png_set_eXIf_1(png, info, (png_uint_32)metadata->exif_size, metadata->exif);
    if (metadata->has_density)
        png_set_pHYs(png, info, metadata->density_x, metadata->density_y,
                     metadata->density_metres ? PNG_RESOLUTION_METER : PNG_RESOLUTION_UNKNOWN);
    for (size_t i = 0; i < metadata->text_count; i++)
        write_text(png, info, &metadata->texts[i]);
}
