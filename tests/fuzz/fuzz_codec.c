/* SPDX-License-Identifier: MIT
 * libFuzzer target: any bytes through the codec table. Besides what the sanitizers see, three properties
 * hold: info and decode agree, what was decoded encodes, and what was encoded decodes to the same pixels. */
#include <stdlib.h>
#include <string.h>

#include <yoke/codec.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool same_pixels(const struct yk_image *a, const struct yk_image *b)
{
    if (a->width != b->width || a->height != b->height ||
        memcmp(&a->format, &b->format, sizeof a->format) != 0)
        return false;
    size_t row = (size_t)a->width * yk_format_bytes(a->format);
    for (uint32_t y = 0; y < a->height; y++)
        if (memcmp(yk_image_row(a, y), yk_image_row(b, y), row) != 0)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Small limits keep one input within milliseconds. */
    const struct yk_limits limits = {.max_pixels = 1 << 16, .max_side = 1 << 12, .max_chunk_bytes = 1 << 16};
    const struct yk_codec *codec = yk_codec_probe(data, size);
    if (!codec)
        return 0;
    struct yk_image_info info;
    struct yk_error error;
    bool has_info = codec->info(data, size, &limits, &info, &error) == YK_OK;
    struct yk_image *image = NULL;
    if (codec->decode(data, size, &limits, &image, &error) != YK_OK) {
        require(!image);
        return 0;
    }
    require(has_info && info.width == image->width && info.height == image->height);
    require(memcmp(&info.format, &image->format, sizeof info.format) == 0);

    const struct yk_encode_options options = {.level = 1};
    struct yk_bytes bytes = {NULL, 0};
    require(codec->encode(image, &options, &bytes, &error) == YK_OK);
    struct yk_image *again = NULL;
    require(codec->decode(bytes.data, bytes.size, NULL, &again, &error) == YK_OK);
    require(same_pixels(image, again));
    yk_image_free(again);
    yk_image_free(image);
    yk_bytes_free(&bytes);
    return 0;
}
