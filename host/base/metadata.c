/* SPDX-License-Identifier: MIT
 * Release of metadata (contract in yoke/metadata.h). Depends on libc only. */
#include <yoke/metadata.h>

#include <stdlib.h>

void yk_metadata_free(struct yk_metadata *metadata)
{
    if (!metadata)
        return;
    for (size_t i = 0; i < metadata->text_count; i++) {
        struct yk_text *text = &metadata->texts[i];
        free(text->keyword);
        free(text->text);
        free(text->language);
        free(text->translated);
    }
    free(metadata->texts);
    free(metadata->icc);
    free(metadata->exif);
    free(metadata);
}
