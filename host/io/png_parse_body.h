/* SPDX-License-Identifier: MIT
 * Runs and matches (contract in png_tokens.h), compiled once for each instruction-set level. The includer
 * defines widen(out, p): out[0 .. 64) = p[0 .. 64); equal_mask(p, distance): bit i of 64 is whether p[i]
 * equals p[i - distance]; agreeing_far(p, q, most): how many of the first `most` bytes agree, reading up to
 * 31 more. */
#include <string.h>

enum {
    /* The shortest runs that pay on average: length and distance cost 8 to 9 bits, a byte of a run 1.5 to 3.
     * In the search for matches a run of pixels must be longer, because it competes with a match. */
    RUN_MIN = 5,
    PIXEL_MIN = 6,
    WINDOW_STARTS = 64 - RUN_MIN + 1, /* positions of a 64-bit mask at which a run can be seen to start */
    HASHED =
        8, /* bytes; fewer find more matches, which are shorter, slower, and make longer ones impossible */
    /* Places that a deep search looks at, and positions of a match that it puts into the table. Of a
     * screenshot 64 positions make 0.5 % less than 8 do, at two thirds of their speed. */
    DEPTH = 16,
    DEEP_INSERTS = 8,
    SKIP_SHIFT = 5, /* after 2^5 pixels without a match every second is tried, and so on */
    TAIL = 16       /* the last bytes of the data are not searched */
};

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Bit i: whether RUN_MIN positions from i on are set; the upper RUN_MIN - 1 bits are clear. */
static inline uint64_t runs_start(uint64_t mask)
{
    uint64_t two = mask & mask >> 1;
    return two & two >> 2 & mask >> 4;
}

/* How many positions from bit `first` on are set. */
static inline size_t ones_from(uint64_t mask, unsigned first)
{
    uint64_t rest =
        ~(mask >> first); /* zeros come in from above: never 0 unless first is 0 and all are set */
    return rest ? (size_t)__builtin_ctzll(rest) : 64;
}

/* A window of 64 bytes at a time, whose masks do not wait for the runs of the window before. */
static size_t parse_runs(struct yk_parsed *parsed, const uint8_t *data, size_t from, size_t to, size_t bpp,
                         size_t room)
{
    uint16_t *out = parsed->symbols, *full = out + room;
    size_t at = from;
    for (; at < bpp && at < to; at++) /* nothing before it to repeat */
        *out++ = data[at];
    while (at < to && out < full) {
        size_t left = to - at, next = left < 64 ? left : WINDOW_STARTS, done = 0;
        uint64_t there = left < 64 ? ((uint64_t)1 << left) - 1 : UINT64_MAX;
        uint64_t near = equal_mask(data + at, 1) & there, pixel = equal_mask(data + at, bpp) & there;
        uint64_t starts = runs_start(near) | runs_start(pixel);
        widen(out, data + at);
        while (starts) {
            unsigned first = (unsigned)__builtin_ctzll(starts);
            size_t near_length = ones_from(near, first), pixel_length = ones_from(pixel, first);
            bool is_near = near_length >= pixel_length;
            size_t length = is_near ? near_length : pixel_length;
            if (first + length >= 64) /* perhaps longer than the mask shows */
                length = agreeing_far(data + at + first, data + at + first - (is_near ? 1 : bpp),
                                      left - first < YK_MATCH_MAX ? left - first : YK_MATCH_MAX);
            out += first - done;
            *out++ = (uint16_t)((is_near ? YK_RUN_NEAR : YK_RUN_PIXEL) + length - YK_MATCH_MIN);
            done = first + length;
            if (done >= 64)
                break;
            widen(out, data + at + done);
            starts &= UINT64_MAX << done;
        }
        next = next > done ? next : done;
        out += next - done;
        at += next;
    }
    parsed->symbol_count = (size_t)(out - parsed->symbols);
    parsed->copies = false;
    return at;
}

/* The first place at or behind `at` where a pixel begins. Division by a multiplication: exact for rows under
 * 2^32. */
static inline size_t aligned(const struct yk_grid *grid, size_t at, size_t *row_end)
{
    size_t row = grid->row, bpp = grid->bpp;
    while (at >= *row_end)
        *row_end += row;
    size_t pixels = *row_end - row + 1;
    if (at <= pixels)
        return pixels;
    size_t whole = (size_t)((at - pixels + bpp - 1) * grid->reciprocal >> 35);
    return pixels + whole * bpp;
}

struct match {
    size_t length, distance;
};

/* How many bytes from the first on agree: 8 where `difference` is 0. */
static inline size_t agreeing(uint64_t difference)
{
    return difference ? (size_t)__builtin_ctzll(difference) >> 3 : 8;
}

/* What does not change during a parse, in registers. */
struct search {
    uint32_t *heads, *links;
    size_t bpp, row;
    unsigned hash_shift;
};

static inline uint32_t *head_of(const struct search *search, uint64_t here)
{
    /* the golden ratio times 2^64: Knuth, The Art of Computer Programming 3, 6.4 */
    return search->heads + (here * UINT64_C(0x9E3779B97F4A7C15) >> search->hash_shift);
}

static inline void insert(const struct search *search, const uint8_t *data, size_t at, bool deep)
{
    uint32_t *head = head_of(search, load64(data + at));
    if (deep)
        search->links[at % YK_WINDOW] = *head;
    *head = (uint32_t)at;
}

/* The longest match at `at` of those that the chain from `from` on offers, if it is longer than `best`. */
static inline struct match follow(const struct search *search, const uint8_t *data, size_t at, size_t from,
                                  size_t most, struct match best)
{
    uint64_t here = load64(data + at);
    for (unsigned depth = DEPTH; depth > 0 && at - from - 1 < YK_WINDOW && best.length < most; depth--) {
        if (load64(data + from) == here && data[from + best.length] == data[at + best.length]) {
            size_t length = agreeing_far(data + at, data + from, most);
            if (length > best.length + (best.length < HASHED))
                best = (struct match){length, at - from};
        }
        size_t next = from > 0 ? search->links[from % YK_WINDOW] : from;
        if (next >= from) /* the end, or a link that a later position has taken */
            break;
        from = next;
    }
    return best;
}

/* The longest match at `at` (length 0: none) of those that the table, the byte and the pixel before, and the
 * row above offer; puts the position into the table. Which one fits cannot be predicted, whether any does,
 * mostly can: so there is one branch for all. */
static inline struct match find(const struct search *search, const uint8_t *data, size_t at, size_t above,
                                size_t most, bool deep)
{
    uint64_t here = load64(data + at);
    uint32_t *head = head_of(search, here);
    size_t from = *head;
    if (deep)
        search->links[at % YK_WINDOW] = (uint32_t)from;
    *head = (uint32_t)at;
    uint64_t near = load64(data + at - 1) ^ here, pixel = load64(data + at - search->bpp) ^ here;
    uint64_t up = load64(data + at - above) ^ here, far = load64(data + from) ^ here;
    far |= 0 - (uint64_t)(at - from - 1 >= YK_WINDOW); /* 0 is the position itself, see below */
    unsigned any =
        (near << (64 - 8 * RUN_MIN) == 0) | (pixel << (64 - 8 * PIXEL_MIN) == 0) | (up == 0) | (far == 0);
    if (!any && !deep)
        return (struct match){0, 0};
    /* A farther match must be two bytes longer to be worth its distance. */
    size_t best = agreeing(near), distance = 1, length = agreeing(pixel);
    best = best >= RUN_MIN ? best : 0;
    distance = length >= PIXEL_MIN && length > best ? search->bpp : distance;
    best = length >= PIXEL_MIN && length > best ? length : best;
    distance = up == 0 && best < HASHED - 1 ? above : distance;
    best = up == 0 && best < HASHED - 1 ? HASHED : best;
    distance = far == 0 && best < HASHED - 1 ? at - from : distance;
    best = far == 0 && best < HASHED - 1 ? HASHED : best;
    if (best == HASHED)
        best = agreeing_far(data + at, data + at - distance, most);
    struct match match = {best, best ? distance : 0};
    return deep ? follow(search, data, at, from, most, match) : match;
}

/* Writes what the match becomes: one symbol or four, all written, some counted, for the branch would be
 * mispredicted half of the time. Returns where the next one goes. */
static inline uint16_t *put_match(uint16_t *out, size_t bpp, struct match match)
{
    size_t run = (match.distance == 1) | (match.distance == bpp);
    size_t base = match.distance == 1 ? YK_RUN_NEAR : match.distance == bpp ? YK_RUN_PIXEL : YK_COPY;
    unsigned symbol = yk_distance_symbol((unsigned)match.distance), extra = yk_distance_extra(symbol);
    unsigned value = (unsigned)(match.distance - 1) & ((1u << extra) - 1);
    unsigned low = extra < YK_RAW_BITS ? extra : YK_RAW_BITS, high = extra - low;
    out[0] = (uint16_t)(base + match.length - YK_MATCH_MIN);
    out[1] = (uint16_t)(YK_FAR + symbol);
    out[2] = (uint16_t)(YK_RAW - 1 + (1u << low | (value & ((1u << low) - 1))));
    out[3] = (uint16_t)(YK_RAW - 1 + (1u << high | value >> low));
    return out + (run ? 1 : YK_COPY_SYMBOLS);
}

static inline void widen_all(uint16_t *out, const uint8_t *p, size_t count)
{
    size_t k = 0;
    do { /* up to 63 too many are written, over which the next ones go */
        widen(out + k, p + k);
        k += 64;
    } while (k < count);
}

static inline __attribute__((always_inline)) size_t parse(struct yk_parsed *parsed,
                                                          struct yk_matcher *matcher, const uint8_t *data,
                                                          size_t from, size_t to, size_t room, bool deep)
{
    uint16_t *out = parsed->symbols;
    size_t literal = from, limit = to > TAIL ? to - TAIL : 0, misses = 0, bpp = matcher->grid.bpp;
    size_t row_end = from - from % matcher->grid.row + matcher->grid.row;
    size_t at = aligned(&matcher->grid, from < TAIL ? TAIL : from, &row_end);
    const struct search search = {matcher->heads, matcher->links, bpp, matcher->grid.row, 64 - matcher->bits};
    size_t reach =
        search.row <= YK_WINDOW ? search.row : SIZE_MAX; /* from where on the row above can be copied */
    const uint16_t *full = out + room;
    while (at < limit && out + (at - literal) < full) {
        struct match match = find(&search, data, at, at >= reach ? search.row : 1,
                                  to - at < YK_MATCH_MAX ? to - at : YK_MATCH_MAX, deep);
        if (match.length == 0) {
            at += bpp * (1 + (misses++ >> SKIP_SHIFT));
            if (at >= row_end)
                at = aligned(&matcher->grid, at, &row_end);
            continue;
        }
        misses = 0;
        size_t end = at + match.length, start = at;
        if (at - match.distance >= 8) { /* the match may begin earlier, inside the pixel before */
            uint64_t before = load64(data + at - 8) ^ load64(data + at - match.distance - 8);
            size_t back = before ? (size_t)__builtin_clzll(before) >> 3 : 8;
            back = back < at - literal ? back : at - literal;
            back = back < YK_MATCH_MAX - match.length ? back : YK_MATCH_MAX - match.length;
            start -= back;
            match.length += back;
        }
        widen_all(out, data + literal, start - literal);
        out = put_match(out + (start - literal), bpp, match);
        literal = end;
        size_t next = aligned(&matcher->grid, end, &row_end);
        if (deep) {
            size_t stop = next < limit ? next : limit;
            for (size_t k = 0; k < DEEP_INSERTS && at + bpp < stop; k++)
                insert(&search, data, at += bpp, deep);
        } else { /* two positions of the match, of all: nearly as good, and no branch; they may be behind a
                    short one */
            insert(&search, data, at + bpp, deep);
            insert(&search, data, next - bpp, deep);
        }
        at = next;
    }
    size_t end = at < limit ? at : to;
    widen_all(out, data + literal, end - literal);
    parsed->symbol_count = (size_t)(out - parsed->symbols) + end - literal;
    parsed->copies = true;
    return end;
}

static size_t parse_matches(struct yk_parsed *parsed, struct yk_matcher *matcher, const uint8_t *data,
                            size_t from, size_t to, size_t room, bool deep)
{
    return deep ? parse(parsed, matcher, data, from, to, room, true)
                : parse(parsed, matcher, data, from, to, room, false);
}
