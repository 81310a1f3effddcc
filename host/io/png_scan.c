/* SPDX-License-Identifier: MIT
 * The walk over a PNG file's chunks (contract in png_scan.h). */
#include "png_scan.h"

#include <string.h>

#include <libdeflate.h>

/* PNG specification, section 5.3: a chunk's length does not exceed 2^31 - 1. */
static const uint32_t chunk_max = 0x7fffffff;

static bool is_type(const uint8_t *chunk, const char *type)
{
    return memcmp(chunk + 4, type, 4) == 0;
}

struct yk_png_scan yk_png_scan_chunks(const uint8_t *data, size_t size)
{
    struct yk_png_scan scan = {0};
    bool in_idat = false, whole = true;
    for (size_t at = YK_PNG_SIGNATURE; at <= size && size - at >= 8;) {
        const uint8_t *chunk = data + at;
        uint32_t length = yk_png_u32(chunk);
        uint64_t left = size - at - 8;
        bool idat = is_type(chunk, "IDAT"), ihdr = is_type(chunk, "IHDR");
        if (in_idat && !idat) {
            scan.regular = whole && scan.ihdr_first;
            break;
        }
        if (at == YK_PNG_SIGNATURE)
            scan.ihdr_first = ihdr && length == YK_PNG_IHDR_SIZE;
        else if (ihdr)
            whole = false;
        if (length > chunk_max)
            whole = false;
        if (idat) {
            if (!in_idat)
                scan.idat_at = at;
            scan.idat_bytes += length < left ? length : left;
            scan.idat_longest = length > scan.idat_longest ? length : scan.idat_longest;
        }
        in_idat = idat;
        scan.gamma |= is_type(chunk, "gAMA");
        scan.animation |= is_type(chunk, "acTL");
        scan.parts |= is_type(chunk, "iDOT");
        scan.chromaticity |= is_type(chunk, "cHRM");
        if (left < (uint64_t)length + 4)
            break;
        at += YK_PNG_CHUNK_FRAME + (size_t)length;
        scan.idat_end = idat ? at : scan.idat_end;
    }
    return scan;
}

struct yk_png_idats yk_png_idats_begin(const uint8_t *data, const struct yk_png_scan *scan)
{
    return (struct yk_png_idats){.data = data, .at = scan->idat_at, .end = scan->idat_end};
}

/* Compares the CRC behind the open chunk, or opens the next one. false: there is nothing more. */
static bool next_chunk(struct yk_png_idats *idats)
{
    if (idats->open) {
        idats->damaged = yk_png_u32(idats->data + idats->at) != idats->crc;
        idats->at += 4;
        idats->open = false;
        return !idats->damaged;
    }
    if (idats->at == idats->end)
        return false;
    idats->left = yk_png_u32(idats->data + idats->at);
    idats->crc = libdeflate_crc32(0, idats->data + idats->at + 4, 4);
    idats->at += 8;
    idats->open = true;
    return true;
}

size_t yk_png_idats_take(void *idats, uint8_t *out, size_t room)
{
    struct yk_png_idats *from = idats;
    size_t taken = 0;
    while (!from->damaged) {
        if (!from->open || from->left == 0) {
            if (!next_chunk(from))
                break;
            continue;
        }
        if (taken == room)
            break;
        size_t part = from->left < room - taken ? from->left : room - taken;
        memcpy(out + taken, from->data + from->at, part);
        from->crc = libdeflate_crc32(from->crc, from->data + from->at, part);
        from->at += part;
        from->left -= part;
        taken += part;
    }
    return taken;
}
