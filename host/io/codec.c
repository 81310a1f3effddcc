/* SPDX-License-Identifier: MIT
 * The table of file formats (contract in yoke/codec.h). A new codec is one more line in `table`. */
#include <yoke/codec.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "codec_png.h"

static const struct yk_codec *const table[] = {
    &yk_codec_png,
};

const struct yk_codec *yk_codec_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? table[index] : NULL;
}

const struct yk_codec *yk_codec_probe(const uint8_t *data, size_t size)
{
    const struct yk_codec *codec;
    for (size_t i = 0; (codec = yk_codec_at(i)) != NULL; i++)
        if (codec->probe(data, size))
            return codec;
    return NULL;
}

const struct yk_codec *yk_codec_for_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (!dot)
        return NULL;
    const struct yk_codec *codec;
    for (size_t i = 0; (codec = yk_codec_at(i)) != NULL; i++)
        for (const char *const *extension = codec->extensions; *extension; extension++)
            if (strcasecmp(dot + 1, *extension) == 0)
                return codec;
    return NULL;
}

void yk_bytes_free(struct yk_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct yk_bytes){0};
}
