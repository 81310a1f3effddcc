/* SPDX-License-Identifier: MIT
 * The search for pairs of pixels (contract in png_tokens.h), compiled once for each instruction-set level,
 * behind png_parse_body.h, which it uses.
 *
 * It goes over a stretch of a row twice: first over every pixel without a branch, noting which pairs seem to
 * have been there before; then over the notes. In one pass the branch that is mispredicted at every tenth
 * pixel would each time wait for the table. */

enum {
    STRETCH = 1024,    /* pixels at a time */
    STRETCH_LEAST = 64 /* symbols; a block that has no more room than that is ended */
};

/* How many bytes of two pixels are compared: 6 of those that are smaller, or a short match would not pay. */
static inline size_t pair_bytes(size_t bpp)
{
    return bpp <= 3 ? 6 : 8;
}

/* For each pixel of a stretch, whether the pair that it begins seems to have been there before, and how far
 * back. */
struct notes {
    uint64_t found[STRETCH / 64];
    uint16_t distances[STRETCH];
};

/* Notes `count` pixels from `at` on and enters them into the table. Where a store goes never depends on what
 * was loaded, or the next load would wait for it. */
static inline __attribute__((always_inline)) void note_pairs(uint32_t *table, const uint8_t *data, size_t at,
                                                             size_t count, size_t bpp, struct notes *notes)
{
    const unsigned unused = (unsigned)(64 - 8 * pair_bytes(bpp));
    for (size_t base = 0; base < count; base += 64) {
        uint64_t found = 0;
        for (size_t k = base; k < count && k < base + 64; k++, at += bpp) {
            uint64_t hash = (load64(data + at) << unused) * UINT64_C(0x9E3779B97F4A7C15);
            uint32_t *entry = table + (hash >> (64 - YK_PAIR_BITS));
            uint32_t new = (uint32_t)(hash >> (48 - YK_PAIR_BITS)) << 16 | (uint16_t)at, old = *entry;
            *entry = new;
            uint32_t distance = (uint16_t)(at - old);
            notes->distances[k] = (uint16_t)distance;
            /* arithmetic, for the compiler would make a branch of a comparison */
            uint64_t bad = (old ^ new) >> 16 | (distance - 1) >> 15;
            found |= (bad - 1) >> 63 << (k - base);
        }
        notes->found[base / 64] = found;
    }
}

static size_t parse_pixels(struct yk_parsed *parsed, struct yk_pixel_matcher *matcher, const uint8_t *data,
                           size_t from, size_t to, size_t room)
{
    const size_t bpp = matcher->grid.bpp, row = matcher->grid.row, least = pair_bytes(bpp);
    struct notes notes;
    uint16_t *out = parsed->symbols;
    size_t literal = from, limit = to > TAIL ? to - TAIL : 0;
    size_t row_end = from - from % row + row;
    size_t at = aligned(&matcher->grid, from < TAIL ? TAIL : from, &row_end);
    const uint16_t *full = parsed->symbols + room - STRETCH_LEAST;
    while (at < limit && out + (at - literal) < full) {
        size_t end = row_end < limit ? row_end : limit, left = (size_t)(full - out) - (at - literal);
        size_t bytes = end - at < left ? end - at : left, count = (bytes + bpp - 1) / bpp;
        count = count < STRETCH ? count : STRETCH;
        if (bpp == 3)
            note_pairs(matcher->pairs, data, at, count, 3, &notes);
        else if (bpp == 4)
            note_pairs(matcher->pairs, data, at, count, 4, &notes);
        else
            note_pairs(matcher->pairs, data, at, count, bpp, &notes);
        for (size_t base = 0, next = 0; base < count; base += 64) { /* next: the first one not copied */
            uint64_t found = next < base + 64 ? notes.found[base / 64] : 0;
            found &= next > base ? UINT64_MAX << (next - base) % 64 : UINT64_MAX;
            while (found) {
                size_t k = base + (size_t)__builtin_ctzll(found);
                size_t start = at + k * bpp, distance = notes.distances[k];
                size_t most = to - start < YK_MATCH_MAX ? to - start : YK_MATCH_MAX;
                size_t length = agreeing_far(data + start, data + start - distance, most);
                found &= found - 1;
                if (length < least) /* another pair with the same hash */
                    continue;
                widen_all(out, data + literal, start - literal);
                out = put_match(out + (start - literal), bpp, (struct match){length, distance});
                literal = start + length;
                next = (literal - at + bpp - 1) * matcher->grid.reciprocal >> 35;
                found &= next < base + 64 ? UINT64_MAX << (next - base) % 64 : 0;
            }
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
