/* SPDX-License-Identifier: MIT
 * The PNG codec: metadata. What is written is judged by the bytes of the chunks, worked out from the PNG
 * specification; what is read comes from chunks written here byte by byte. */
#include "test_png.h"

#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include <yoke/metadata.h>
#include <zlib.h>

#include "support.h"

/* A header and an empty tag table would do, but libpng does not read a profile whose chunk is under 92 bytes:
 * so bytes that do not compress follow. */
enum { PROFILE_SIZE = 300 };

static uint8_t *make_profile(const char *space)
{
    uint8_t *profile = calloc(1, PROFILE_SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(profile);
    struct yk_random random = {1};
    yk_random_fill(&random, profile + 132, PROFILE_SIZE - 132);
    profile[2] = PROFILE_SIZE >> 8;
    profile[3] = PROFILE_SIZE & 255;
    memcpy(profile + 8, "\x02\x10", 2);
    memcpy(profile + 12, "mntr", 4);
    memcpy(profile + 16, space, 4);
    memcpy(profile + 20, "XYZ ", 4);
    memcpy(profile + 36, "acsp", 4);
    memcpy(profile + 68, "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d", 12); /* D50 */
    return profile;
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    return made;
}

static void add_text(struct yk_metadata *metadata, const char *keyword, const char *text, bool compressed)
{
    struct yk_text *grown = realloc(metadata->texts, (metadata->text_count + 1) * sizeof *grown);
    CU_ASSERT_PTR_NOT_NULL_FATAL(grown);
    metadata->texts = grown;
    grown[metadata->text_count++] =
        (struct yk_text){copy(keyword), copy(text), copy(""), copy(""), false, compressed};
}

static struct yk_image *make_image(unsigned colours)
{
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(
        yk_image_create(&image, 4, 4, (struct yk_format){(uint8_t)colours, 0, 8}, NULL, NULL), YK_OK);
    memset(image->pixels, 77, image->stride * image->height);
    image->metadata = calloc(1, sizeof *image->metadata);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image->metadata);
    return image;
}

static struct yk_bytes encode(const struct yk_image *image)
{
    struct yk_bytes bytes = {0};
    CU_ASSERT_EQUAL_FATAL(yk_codec_at(0)->encode(image, NULL, &bytes, NULL), YK_OK);
    struct plain plain;
    CU_ASSERT(plain_decode(bytes.data, bytes.size, &plain));
    CU_ASSERT(plain_matches(&plain, image));
    plain_free(&plain);
    return bytes;
}

static struct yk_image *decode(const uint8_t *data, size_t size)
{
    struct yk_image *image = NULL;
    CU_ASSERT_EQUAL_FATAL(yk_codec_at(0)->decode(data, size, NULL, &image, NULL), YK_OK);
    return image;
}

/* The types of all chunks in order, each followed by a blank. */
static void list_chunks(const struct yk_bytes *bytes, char *out, size_t room)
{
    size_t used = 0;
    for (size_t at = 8; at + 12 <= bytes->size && used + 6 < room; used += 5) {
        memcpy(out + used, bytes->data + at + 4, 4);
        out[used + 4] = ' ';
        at += 12 + ((size_t)bytes->data[at + 2] << 8 | bytes->data[at + 3]); /* all of them are short */
    }
    out[used] = '\0';
}

/* Whether there is exactly one chunk of this type, with this content. */
static bool has_chunk(const struct yk_bytes *bytes, const char *type, const void *want, size_t size)
{
    size_t at = png_find(bytes->data, bytes->size, 0, type);
    return at != SIZE_MAX && (size_t)bytes->data[at + 2] * 256 + bytes->data[at + 3] == size &&
           memcmp(bytes->data + at + 8, want, size) == 0 &&
           png_find(bytes->data, bytes->size, at, type) == SIZE_MAX;
}

static void fill(struct yk_metadata *metadata)
{
    static const int32_t srgb[8] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};
    metadata->icc = make_profile("RGB ");
    metadata->icc_size = PROFILE_SIZE;
    strcpy(metadata->icc_name, "My profile");
    metadata->has_gamma = metadata->has_chromaticity = metadata->has_density = true;
    metadata->gamma = 45455;
    memcpy(metadata->chromaticity, srgb, sizeof srgb);
    metadata->exif = malloc(8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata->exif);
    memcpy(metadata->exif, "II*\0\x08\0\0\0", 8);
    metadata->exif_size = 8;
    metadata->density_x = 2835;
    metadata->density_y = 5669;
    metadata->density_metres = true;
    add_text(metadata, "Author", "J\xf6rg", false);
    add_text(metadata, "Comment", "squeezed squeezed squeezed", true);
    add_text(metadata, "Title", "gr\xc3\xbc\xc3\x9f dich", true);
    struct yk_text *last = &metadata->texts[2];
    last->international = true;
    free(last->language);
    free(last->translated);
    last->language = copy("de");
    last->translated = copy("\xc3\x9c"
                            "berschrift");
}

static bool same_texts(const struct yk_metadata *a, const struct yk_metadata *b)
{
    bool same = a->text_count == b->text_count;
    for (size_t i = 0; same && i < a->text_count; i++) {
        const struct yk_text *x = &a->texts[i], *y = &b->texts[i];
        same = strcmp(x->keyword, y->keyword) == 0 && strcmp(x->text, y->text) == 0 &&
               strcmp(x->language, y->language) == 0 && strcmp(x->translated, y->translated) == 0 &&
               x->international == y->international && x->compressed == y->compressed;
    }
    return same;
}

void test_png_metadata_round_trip(void)
{
    struct yk_image *image = make_image(3);
    fill(image->metadata);
    struct yk_bytes bytes = encode(image);
    char chunks[200];
    list_chunks(&bytes, chunks, sizeof chunks);
    CU_ASSERT_STRING_EQUAL(chunks, "IHDR gAMA iCCP cHRM eXIf pHYs tEXt zTXt iTXt IDAT IEND ");
    CU_ASSERT(has_chunk(&bytes, "gAMA", "\x00\x00\xb1\x8f", 4));
    CU_ASSERT(has_chunk(&bytes, "cHRM",
                        "\x00\x00\x7a\x26\x00\x00\x80\x84\x00\x00\xfa\x00\x00\x00\x80\xe8"
                        "\x00\x00\x75\x30\x00\x00\xea\x60\x00\x00\x3a\x98\x00\x00\x17\x70",
                        32));
    CU_ASSERT(has_chunk(&bytes, "eXIf", "II*\0\x08\0\0\0", 8));
    CU_ASSERT(has_chunk(&bytes, "pHYs", "\x00\x00\x0b\x13\x00\x00\x16\x25\x01", 9));
    CU_ASSERT(has_chunk(&bytes, "tEXt", "Author\0J\xf6rg", 11));
    size_t icc = png_find(bytes.data, bytes.size, 0, "iCCP");
    CU_ASSERT_NOT_EQUAL_FATAL(icc, SIZE_MAX);
    CU_ASSERT_EQUAL(memcmp(bytes.data + icc + 8, "My profile\0\0", 12), 0);
    uint8_t profile[PROFILE_SIZE + 1];
    uLongf size = sizeof profile;
    CU_ASSERT_EQUAL(uncompress(profile, &size, bytes.data + icc + 20,
                               bytes.data[icc + 2] * 256u + bytes.data[icc + 3] - 12),
                    Z_OK);
    CU_ASSERT(size == PROFILE_SIZE && memcmp(profile, image->metadata->icc, PROFILE_SIZE) == 0);

    struct yk_image *again = decode(bytes.data, bytes.size);
    const struct yk_metadata *a = again->metadata, *b = image->metadata;
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT(a->icc_size == PROFILE_SIZE && memcmp(a->icc, b->icc, PROFILE_SIZE) == 0);
    CU_ASSERT_STRING_EQUAL(a->icc_name, "My profile");
    CU_ASSERT(!a->has_srgb && a->has_gamma && a->has_chromaticity && a->has_density && a->density_metres);
    CU_ASSERT(a->gamma == 45455 && a->density_x == 2835 && a->density_y == 5669);
    CU_ASSERT_EQUAL(memcmp(a->chromaticity, b->chromaticity, sizeof a->chromaticity), 0);
    CU_ASSERT(a->exif_size == 8 && memcmp(a->exif, b->exif, 8) == 0);
    CU_ASSERT(same_texts(a, b));
    struct yk_bytes twice = encode(again);
    CU_ASSERT(twice.size == bytes.size && memcmp(twice.data, bytes.data, bytes.size) == 0);
    yk_bytes_free(&twice);
    yk_bytes_free(&bytes);
    yk_image_free(again);
    yk_image_free(image);
}

void test_png_metadata_exclusive(void)
{
    static const struct {
        unsigned colours;
        const char *space; /* of the profile, NULL: none */
        bool srgb;
        const char *chunks;
    } rows[] = {
        {3, "RGB ", false, "IHDR iCCP IDAT IEND "}, {3, "GRAY", false, "IHDR IDAT IEND "},
        {1, "RGB ", false, "IHDR IDAT IEND "},      {1, "GRAY", false, "IHDR iCCP IDAT IEND "},
        {3, NULL, true, "IHDR sRGB IDAT IEND "},    {3, "RGB ", true, "IHDR iCCP IDAT IEND "},
        {1, "RGB ", true, "IHDR sRGB IDAT IEND "},  {3, "CMYK", false, "IHDR IDAT IEND "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char chunks[100];
        struct yk_image *image = make_image(rows[i].colours);
        if (rows[i].space) {
            image->metadata->icc = make_profile(rows[i].space);
            image->metadata->icc_size = PROFILE_SIZE;
        }
        image->metadata->has_srgb = rows[i].srgb;
        image->metadata->srgb_intent = 2;
        struct yk_bytes bytes = encode(image);
        list_chunks(&bytes, chunks, sizeof chunks);
        CU_ASSERT_STRING_EQUAL(chunks, rows[i].chunks);
        if (strstr(chunks, "sRGB"))
            CU_ASSERT(has_chunk(&bytes, "sRGB", "\x02", 1));
        struct yk_image *again = decode(bytes.data, bytes.size);
        CU_ASSERT_EQUAL(again->metadata && again->metadata->icc, strstr(chunks, "iCCP") != NULL);
        CU_ASSERT_EQUAL(again->metadata && again->metadata->has_srgb, strstr(chunks, "sRGB") != NULL);
        yk_image_free(again);
        yk_bytes_free(&bytes);
        yk_image_free(image);
    }
}

/* Nobody may lose an image because of a text or a profile that cannot be written. */
void test_png_metadata_unusable(void)
{
    char chunks[200], longest[82];
    memset(longest, 'k', sizeof longest);
    longest[80] = '\0';
    struct yk_image *image = make_image(3);
    struct yk_metadata *metadata = image->metadata;
    add_text(metadata, "", "no keyword", false);
    add_text(metadata, "   ", "blanks", true);
    add_text(metadata, longest, "80 bytes", false);
    longest[79] = '\0';
    add_text(metadata, longest, "79 bytes", false);
    metadata->texts[1].international = true;
    metadata->exif = malloc(1);
    metadata->has_gamma = metadata->has_chromaticity = metadata->has_srgb = true;
    metadata->srgb_intent = 9;
    metadata->icc = make_profile("RGB ");
    metadata->icc_size = PROFILE_SIZE;
    metadata->icc[3] = 200; /* the profile says that it is longer than it is */
    struct yk_bytes bytes = encode(image);
    list_chunks(&bytes, chunks, sizeof chunks);
    CU_ASSERT_STRING_EQUAL(chunks, "IHDR tEXt IDAT IEND ");
    yk_bytes_free(&bytes);

    metadata->icc[3] = PROFILE_SIZE & 255; /* a profile without a name is still a profile */
    metadata->has_gamma = metadata->has_chromaticity = metadata->has_srgb = false;
    bytes = encode(image);
    struct yk_image *again = decode(bytes.data, bytes.size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again->metadata);
    CU_ASSERT_EQUAL(again->metadata->icc_size, PROFILE_SIZE);
    CU_ASSERT_EQUAL_FATAL(again->metadata->text_count, 1);
    CU_ASSERT_STRING_EQUAL(again->metadata->texts[0].keyword, longest);
    yk_image_free(again);
    yk_bytes_free(&bytes);
    yk_image_free(image);
}

static struct yk_metadata *take_metadata(struct bytes *file)
{
    bytes_pixels(file, "\0\x55", 2);
    struct yk_image *image = decode(file->data, file->size);
    CU_ASSERT_EQUAL(image->pixels[0], 0x55);
    struct yk_metadata *metadata = image->metadata;
    image->metadata = NULL;
    yk_image_free(image);
    free(file->data);
    *file = (struct bytes){0};
    bytes_header(file, 1, 1, 8, PNG_COLOR_TYPE_GRAY, 0);
    return metadata;
}

void test_png_metadata_read(void)
{
    struct bytes file = {0};
    bytes_header(&file, 1, 1, 8, PNG_COLOR_TYPE_GRAY, 0);
    bytes_chunk(&file, "tIME", "\x07\xe8\1\1\0\0\0", 7);
    CU_ASSERT_PTR_NULL(take_metadata(&file)); /* nothing that is kept */

    bytes_chunk(&file, "sRGB", "\1", 1);
    struct yk_metadata *metadata = take_metadata(&file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT(metadata->has_srgb && metadata->srgb_intent == 1);
    CU_ASSERT(!metadata->has_gamma && !metadata->has_chromaticity); /* the file has neither chunk */
    yk_metadata_free(metadata);

    bytes_chunk(&file, "gAMA", "\x00\x00\xb1\x8f", 4);
    bytes_chunk(&file, "sRGB", "\0", 1);
    bytes_chunk(&file, "pHYs", "\0\0\0\1\0\0\0\2\0", 9);
    bytes_chunk(&file, "tEXt", "\0empty keyword", 14);
    bytes_chunk(&file, "tEXt", "Good\0one\0two", 12); /* text ends at a zero byte */
    bytes_chunk(&file, "tEXt", "Bad\0crc", 7);
    file.data[file.size - 1] ^= 1;
    metadata = take_metadata(&file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
    CU_ASSERT(metadata->has_srgb && metadata->has_gamma && metadata->gamma == 45455);
    CU_ASSERT(metadata->has_density && metadata->density_x == 1 && metadata->density_y == 2);
    CU_ASSERT_FALSE(metadata->density_metres);
    CU_ASSERT_EQUAL_FATAL(metadata->text_count, 1);
    CU_ASSERT_STRING_EQUAL(metadata->texts[0].text, "one");
    yk_metadata_free(metadata);

    /* An RGB profile in a grey file is refused by libpng; text behind the pixels is read. */
    struct bytes chunk = {0};
    uint8_t *profile = make_profile("RGB "), packed[400];
    uLongf size = sizeof packed;
    CU_ASSERT_EQUAL(compress(packed, &size, profile, PROFILE_SIZE), Z_OK);
    bytes_put(&chunk, "x\0", 3);
    bytes_put(&chunk, packed, size);
    bytes_chunk(&file, "iCCP", chunk.data, chunk.size);
    bytes_pixels(&file, "\0\x55", 2);
    file.size -= 12; /* IEND moves behind the text */
    bytes_chunk(&file, "iTXt", "Key\0\0\0en\0Taste\0value", 20);
    bytes_chunk(&file, "IEND", NULL, 0);
    struct yk_image *image = decode(file.data, file.size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image->metadata);
    CU_ASSERT_PTR_NULL(image->metadata->icc);
    CU_ASSERT_EQUAL_FATAL(image->metadata->text_count, 1);
    const struct yk_text *text = image->metadata->texts;
    CU_ASSERT_STRING_EQUAL(text->keyword, "Key");
    CU_ASSERT_STRING_EQUAL(text->text, "value");
    CU_ASSERT_STRING_EQUAL(text->language, "en");
    CU_ASSERT_STRING_EQUAL(text->translated, "Taste");
    CU_ASSERT(text->international && !text->compressed);
    yk_image_free(image);
    free(profile);
    free(chunk.data);
    free(file.data);
}
