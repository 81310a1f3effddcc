/* SPDX-License-Identifier: MIT
 * Dropping parts of metadata and freeing it (contract in yoke/metadata.h). Depends on libc only. */
#include <yoke/metadata.h>

#include <stdlib.h>

static void drop_texts(struct yk_metadata *metadata)
{
    for (size_t i = 0; i < metadata->text_count; i++) {
        struct yk_text *text = &metadata->texts[i];
        free(text->keyword);
        free(text->text);
        free(text->language);
        free(text->translated);
    }
    free(metadata->texts);
    metadata->texts = NULL;
    metadata->text_count = 0;
}

void yk_metadata_drop(struct yk_metadata *metadata, unsigned kinds)
{
    if (!metadata)
        return;
    if (kinds & YK_METADATA_COLOUR) {
        free(metadata->icc);
        metadata->icc = NULL;
        metadata->icc_size = 0;
        metadata->has_srgb = metadata->has_gamma = metadata->has_chromaticity = false;
    }
    if (kinds & YK_METADATA_EXIF) {
        free(metadata->exif);
        metadata->exif = NULL;
        metadata->exif_size = 0;
    }
    if (kinds & YK_METADATA_DENSITY)
        metadata->has_density = false;
    if (kinds & YK_METADATA_TEXT)
        drop_texts(metadata);
}

void yk_metadata_free(struct yk_metadata *metadata)
{
    yk_metadata_drop(metadata, YK_METADATA_COLOUR | YK_METADATA_EXIF | YK_METADATA_TEXT);
    free(metadata);
}
