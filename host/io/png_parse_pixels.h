/* SPDX-License-Identifier: MIT
 * The search for pairs of pixels (contract in png_tokens.h), compiled once for each instruction-set level,
 * behind png_parse_body.h, which it uses.
 *
 * It goes over a stretch of a row twice: first over every pixel without a branch, noting which pairs seem to
 * have been there before; then over the notes. In one pass the branch that is mispredicted at every tenth
 * pixel would each time wait for the table, which takes twice as long. */

enum {
    STRETCH = 1024,    /* pixels at a time */
    STRETCH_LEAST = 64 /* symbols; a block that has no more room than that is ended */
};

/* How many bytes of two pixels are compared: 6 of those that are smaller, or a short match would not pay. */
static inline size_t pair_bytes(size_t bpp)
{
    return bpp <= 3 ? 6 : 8;
}

/* A pixel that begins a pair which has been there before: its number in the stretch above 16 bits, and the
 * distance. */
enum { NOTE_PIXEL = 16 };

/* Notes for `count` pixels from `at` on, all of which are entered into the table; returns how many. */
static inline __attribute__((always_inline)) size_t note_pairs(uint32_t *table, const uint8_t *data, size_t at,
                                                               size_t count, size_t bpp, uint32_t *notes)
{
    const unsigned unused = (unsigned)(64 - 8 * pair_bytes(bpp));
    uint32_t *note = notes;
    for (size_t k = 0; k < count; k++, at += bpp) {
        uint64_t hash = (load64(data + at) << unused) * UINT64_C(0x9E3779B97F4A7C15);
        uint32_t *entry = table + (hash >> (64 - YK_PAIR_BITS));
        uint32_t tag = (uint32_t)(hash >> (48 - YK_PAIR_BITS)) << 16, old = *entry;
        *entry = tag | (uint16_t)at;
        uint32_t distance = (uint16_t)(at - old);
        *note = (uint32_t)k << NOTE_PIXEL | distance;
        /* arithmetic, for the compiler would make a branch of a comparison */
        uint64_t bad = (old ^ tag) >> 16 | (distance - 1) >> 15;
        note += (bad - 1) >> 63;
    }
    return (size_t)(note - notes);
}

static size_t parse_pixels(struct yk_parsed *parsed, struct yk_pixel_matcher *matcher, const uint8_t *data,
                           size_t from, size_t to, size_t room)
{
    const size_t bpp = matcher->grid.bpp, row = matcher->grid.row, least = pair_bytes(bpp);
    uint32_t notes[STRETCH + 1];
    uint16_t *out = parsed->symbols;
    size_t literal = from, limit = to > TAIL ? to - TAIL : 0;
    size_t row_end = from - from % row + row;
    size_t at = aligned(&matcher->grid, from < TAIL ? TAIL : from, &row_end);
    const uint16_t *full = parsed->symbols + room - STRETCH_LEAST;
    while (at < limit && out + (at - literal) < full) {
        size_t end = row_end < limit ? row_end : limit, left = (size_t)(full - out) - (at - literal);
        size_t bytes = end - at < left ? end - at : left, count = (bytes + bpp - 1) / bpp;
        count = count < STRETCH ? count : STRETCH;
        size_t noted = bpp == 3   ? note_pairs(matcher->pairs, data, at, count, 3, notes)
                       : bpp == 4 ? note_pairs(matcher->pairs, data, at, count, 4, notes)
                                  : note_pairs(matcher->pairs, data, at, count, bpp, notes);
        for (const uint32_t *note = notes; note < notes + noted; note++) {
            size_t start = at + (*note >> NOTE_PIXEL) * bpp, distance = *note & 0xffff;
            if (start < literal)
                continue;
            size_t most = to - start < YK_MATCH_MAX ? to - start : YK_MATCH_MAX;
            size_t length = agreeing_far(data + start, data + start - distance, most);
            if (length < least) /* another pair with the same hash */
                continue;
            widen_all(out, data + literal, start - literal);
            out = put_match(out + (start - literal), bpp, (struct match){length, distance});
            literal = start + length;
        }
        at += count * bpp;
        if (at < literal || at >= row_end)
            at = aligned(&matcher->grid, at < literal ? literal : at, &row_end);
    }
    size_t end = at < limit ? at : to;
    end = end < literal ? literal : end;
    widen_all(out, data + literal, end - literal);
    parsed->symbol_count = (size_t)(out - parsed->symbols) + end - literal;
    parsed->copies = true;
    return end;
}
