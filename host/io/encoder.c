/* SPDX-License-Identifier: MIT
 * Encoding in parts, for any codec (contract in yoke/codec.h). A codec without parts of its own has one. */
#include <yoke/codec.h>

#include <stdlib.h>

struct yk_encoder {
    const struct yk_codec *codec;
    void *state; /* the codec's; NULL for one without parts */
    const struct yk_image *image;
    struct yk_encode_options options;
    struct yk_bytes bytes; /* from a codec without parts */
};

enum yk_status yk_encoder_begin(struct yk_encoder **encoder, const struct yk_codec *codec,
                                const struct yk_image *image, const struct yk_encode_options *options,
                                size_t *parts, struct yk_error *error)
{
    struct yk_encoder *made = calloc(1, sizeof *made);
    if (!made)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    made->codec = codec;
    made->image = image;
    made->options = options ? *options : (struct yk_encode_options){.level = -1};
    *parts = 1;
    enum yk_status status =
        codec->begin ? codec->begin(&made->state, image, &made->options, parts, error) : YK_OK;
    if (status != YK_OK) {
        free(made);
        return status;
    }
    *encoder = made;
    return YK_OK;
}

enum yk_status yk_encoder_part(struct yk_encoder *encoder, size_t part, struct yk_error *error)
{
    if (encoder->codec->part)
        return encoder->codec->part(encoder->state, part, error);
    return encoder->codec->encode(encoder->image, &encoder->options, &encoder->bytes, error);
}

enum yk_status yk_encoder_finish(struct yk_encoder *encoder, struct yk_bytes *bytes, struct yk_error *error)
{
    enum yk_status status = YK_OK;
    if (encoder->codec->finish)
        status = encoder->codec->finish(encoder->state, bytes, error);
    else
        *bytes = encoder->bytes;
    free(encoder);
    return status;
}

void yk_encoder_abort(struct yk_encoder *encoder)
{
    if (!encoder)
        return;
    if (encoder->codec->abort)
        encoder->codec->abort(encoder->state);
    yk_bytes_free(&encoder->bytes);
    free(encoder);
}
