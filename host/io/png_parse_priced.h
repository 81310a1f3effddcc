/* SPDX-License-Identifier: MIT
 * The search for the cheapest way (contract in png_tokens.h), compiled once for each instruction-set level,
 * behind png_parse_body.h, which it uses.
 *
 * The data is cut into steps. In a step each position has the least price at which it can be reached; going
 * forward, each one offers that price and what a literal or a copy costs to where these lead. Read backwards
 * from the end, the offers that were taken are the way.
 *
 * What makes it fast: most of a drawn image is runs of pixels. Their inner positions are not in the table,
 * which would otherwise hold little else; whoever is in a run looks for places where a run's last bytes and
 * what is behind it occurred. Where a long match is known to go on, only longer ones are looked for, by the
 * hash of more bytes: few places have that. A screenshot of 1920 x 1080 pixels takes 65 ms; libdeflate's
 * level 12 takes 1.2 s, for 3 % less. */

enum {
    RUN_TAIL = 4, /* bytes: a position farther than that from the end of its run is an inner one */
    /* Positions behind this many bytes before the end are not searched: the longest that is hashed. */
    PRICED_TAIL = 40,
    /* A match found before is taken as known where so much of it is left. Where less is, it may be better
     * to leave it for another: with 0 instead of 32 a screenshot is 0.6 % larger. */
    CARRIED_MIN = 32,
    /* Of a match at least this long, lengths up to the second and the last ones are offered: the others
     * only cost time. */
    LENGTHS_ALL = 40,
    LENGTHS_SHORT = 16,
    LENGTHS_LAST = 3,
    /* Of a step, if all are copies of three bytes. */
    STEP_SYMBOLS = (YK_PRICED_STEP + YK_MATCH_MAX) / YK_MATCH_MIN * YK_COPY_SYMBOLS + YK_COPY_SYMBOLS
};

/* Bytes that a chain's hash is of, and places that are looked at. The first finds short copies that are near,
 * the others long ones, which in the first may be behind thousands. */
static const uint8_t chain_bytes[YK_PRICED_CHAINS] = {6, 16, PRICED_TAIL};
static const uint8_t chain_depths[YK_PRICED_CHAINS] = {4, 8, 16};

/* What a step needs beside the tables. */
struct step {
    struct yk_priced_matcher *matcher;
    const uint8_t *data;
    size_t start, to;
    size_t limit;   /* what is behind is not searched */
    size_t run_end; /* the first position from the present one on that does not repeat the pixel before */
    uint32_t run_heads[YK_PRICED_CHAINS]; /* where to look for runs that end alike */
    /* Relative to start. */
    size_t quiet; /* before it is a match of the greatest length: not to be searched */
    size_t carried_end, carried_distance; /* the match that reaches farthest */
};

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Offers the copies of `first` to `length` bytes, at position i of the step, to whom they reach. */
static inline void offer(struct yk_priced_matcher *matcher, size_t i, size_t first, size_t length,
                         size_t distance)
{
    uint32_t *costs = matcher->costs + i, *ways = matcher->ways + i;
    uint32_t base = costs[0] + matcher->prices.distances[yk_distance_symbol((unsigned)distance)];
    size_t last = length == YK_MATCH_MAX ? length : length - LENGTHS_LAST;
    for (size_t n = first; n <= length; n++) {
        if (n > LENGTHS_SHORT && length >= LENGTHS_ALL)
            n = n > last ? n : last;
        uint32_t cost = base + matcher->prices.lengths[n];
        if (cost < costs[n]) {
            costs[n] = cost;
            ways[n] = (uint32_t)(n << 16 | (distance - 1));
        }
    }
}

static inline void offer_literal(struct yk_priced_matcher *matcher, size_t i, uint8_t literal)
{
    uint32_t cost = matcher->costs[i] + matcher->prices.literals[literal];
    if (cost < matcher->costs[i + 1]) {
        matcher->costs[i + 1] = cost;
        matcher->ways[i + 1] = 0;
    }
}

static inline uint32_t *chain_head(struct yk_priced_matcher *matcher, unsigned k, const uint8_t *p)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15); /* as in head_of */
    uint64_t hash = k == 0 ? load64(p) << (64 - 8 * chain_bytes[0]) : load64(p);
    for (unsigned n = 8; n < chain_bytes[k]; n += 8) {
        hash *= golden;
        hash ^= hash >> 32 ^ load64(p + n);
    }
    return matcher->chains[k].heads + (hash * golden >> (64 - YK_PRICED_BITS));
}

/* Offers what the places of a chain have for `at`, from that one on which is `from` for data[at + shift].
 * `best`: the length that there is already. Returns the greatest that there is then. */
static inline size_t offer_chain(struct step *step, unsigned k, size_t at, size_t shift, size_t from,
                                 size_t best, size_t most)
{
    const uint8_t *here = step->data + at;
    const size_t i = at - step->start;
    for (unsigned depth = chain_depths[k]; depth > 0 && best < most; depth--) {
        size_t distance = at + shift - from;
        if (from < shift || distance - 1 >= YK_WINDOW)
            break;
        const uint8_t *there = here - distance;
        if (there[best] == here[best] && (load64(there) ^ load64(here)) << 32 == 0) {
            size_t length = agreeing_far(here, there, most);
            if (length > best) {
                offer(step->matcher, i, best + 1, length, distance);
                best = length;
                step->carried_distance = i + length > step->carried_end ? distance : step->carried_distance;
                step->carried_end = i + length > step->carried_end ? i + length : step->carried_end;
            }
        }
        size_t back = step->matcher->chains[k].links[from % YK_WINDOW];
        if (back == 0 || back > from)
            break;
        from -= back;
    }
    return best;
}

/* Offers the rest of the match that reaches farthest. Arguments and result as offer_chain's. */
static inline size_t offer_carried(struct step *step, size_t at, size_t best, size_t most)
{
    const size_t i = at - step->start;
    if (step->carried_end < i + CARRIED_MIN || step->carried_end <= i + best)
        return best;
    /* perhaps it goes on: the length was limited */
    size_t length = agreeing_far(step->data + at, step->data + at - step->carried_distance, most);
    offer(step->matcher, i, YK_MATCH_MIN, length, step->carried_distance);
    step->carried_end = i + length;
    return length;
}

/* Whether position i of the step is one to go on from. */
static inline bool is_reached(const struct step *step, size_t i)
{
    return step->matcher->costs[i] != YK_PRICED_NEVER && i >= step->quiet;
}

/* Offers what begins at `at` and is no run. `heads`: the chains' beginnings for data[at + shift]; `best`: the
 * length that there is already. */
static inline void search(struct step *step, size_t at, size_t shift, const uint32_t *heads, size_t best,
                          size_t most)
{
    for (unsigned k = 0; k < YK_PRICED_CHAINS; k++)
        if (k + 1 == YK_PRICED_CHAINS ||
            best < shift + chain_bytes[k + 1]) /* else the next one finds as much */
            best = offer_chain(step, k, at, shift, heads[k], best, most);
    if (best == YK_MATCH_MAX)
        step->quiet = at - step->start + best;
}

/* A new run of pixels, or none, begins at `at`. */
static inline void find_run(struct step *step, size_t at)
{
    struct yk_priced_matcher *matcher = step->matcher;
    const uint8_t *here = step->data + at;
    const size_t bpp = matcher->bpp;
    step->run_end = at < bpp ? at : at + agreeing_far(here, here - bpp, step->to - at);
    if (step->run_end > at + RUN_TAIL && step->run_end <= step->limit)
        for (unsigned k = 0; k < YK_PRICED_CHAINS; k++)
            step->run_heads[k] = *chain_head(matcher, k, step->data + step->run_end - RUN_TAIL);
}

/* An inner position of a run of pixels, `left` bytes before its end: offers the run, and what the places
 * have that are as far from the end of a run like it. */
static inline void visit_run(struct step *step, size_t at, size_t left)
{
    struct yk_priced_matcher *matcher = step->matcher;
    const uint8_t *here = step->data + at, *distances = matcher->prices.distances;
    const size_t bpp = matcher->bpp, most = smaller(step->to - at, YK_MATCH_MAX), run = smaller(left, most);
    /* A period of one byte: as often as not both distances fit. */
    bool near = agreeing_far(here, here - 1, smaller(run, bpp)) == smaller(run, bpp);
    near = near && distances[0] <= distances[yk_distance_symbol((unsigned)bpp)];
    size_t first = left > YK_MATCH_MAX ? run : run - smaller(run - YK_MATCH_MIN, LENGTHS_LAST);
    offer(matcher, at - step->start, first, run, near ? 1 : bpp);
    if (left < YK_MATCH_MAX && step->run_end <= step->limit)
        search(step, at, left - RUN_TAIL, step->run_heads, run, most);
}

/* Enters a position into the chains; gives what these began with. */
static inline void enter(struct step *step, size_t at, uint32_t *heads)
{
    for (unsigned k = 0; k < YK_PRICED_CHAINS; k++) {
        uint32_t *head = chain_head(step->matcher, k, step->data + at);
        size_t back = at - *head;
        heads[k] = *head;
        step->matcher->chains[k].links[at % YK_WINDOW] = (uint16_t)(back <= YK_WINDOW ? back : 0);
        *head = (uint32_t)at;
    }
}

/* Any other position, `left` bytes before the end of a run, at most RUN_TAIL. */
static inline void visit(struct step *step, size_t at, size_t left)
{
    struct yk_priced_matcher *matcher = step->matcher;
    const uint8_t *here = step->data + at;
    const size_t i = at - step->start, most = smaller(step->to - at, YK_MATCH_MAX);
    uint32_t heads[YK_PRICED_CHAINS];
    if (at < step->limit)
        enter(step, at, heads);
    if (!is_reached(step, i))
        return;
    offer_literal(matcher, i, *here);
    size_t near = at > 0 ? agreeing_far(here, here - 1, most) : 0, best = YK_MATCH_MIN;
    offer(matcher, i, YK_MATCH_MIN, left, matcher->bpp);
    offer(matcher, i, YK_MATCH_MIN, near, 1);
    best = offer_carried(step, at, near > best ? near : best, most);
    if (at < step->limit)
        search(step, at, 0, heads, best, most);
}

/* Finds the prices and ways of a step that has `size` bytes, and whatever its last match has more. */
static inline void find_ways(struct step *step, size_t size)
{
    uint32_t *costs = step->matcher->costs;
    size_t end = step->start + size;
    memset(costs, 0xff, (size + YK_MATCH_MAX + 1) * sizeof *costs);
    costs[0] = 0;
    for (size_t at = step->start; at < end; at++) {
        if (at >= step->run_end)
            find_run(step, at);
        size_t i = at - step->start, left = step->run_end - at;
        if (left <= RUN_TAIL) {
            visit(step, at, left);
        } else if (is_reached(step, i)) {
            visit_run(step, at, left);
        } else { /* on to one that is, or to the end of the run */
            size_t stop = smaller(step->run_end - RUN_TAIL, end) - step->start;
            do
                i++;
            while (i < stop && costs[i] == YK_PRICED_NEVER);
            at = step->start + i - 1;
        }
    }
}

/* Where a step of `size` bytes ends, relative to start: where the least price is, of what was reached. */
static inline size_t end_of_step(const struct yk_priced_matcher *matcher, size_t size)
{
    size_t best = size;
    for (size_t i = size; i < size + YK_MATCH_MAX; i++)
        best = matcher->costs[i] <= matcher->costs[best] ? i : best;
    return best;
}

/* Writes and counts the symbols of the way to `end`, relative to data. Returns where the next one goes. */
static inline uint16_t *write_way(struct yk_priced_matcher *matcher, const uint8_t *data, size_t end,
                                  uint16_t *out)
{
    uint32_t *ways = matcher->ways, *onward = matcher->costs; /* these have served */
    for (size_t i = end; i > 0;) {
        size_t length = ways[i] >> 16, before = i - (length ? length : 1);
        onward[before] = ways[i];
        i = before;
    }
    for (size_t i = 0; i < end;) {
        size_t length = onward[i] >> 16, distance = (onward[i] & (YK_WINDOW - 1)) + 1;
        if (length == 0) {
            matcher->litlen[data[i]]++;
            *out++ = data[i++];
            continue;
        }
        matcher->litlen[yk_length_symbol((unsigned)length)]++;
        matcher->distance[yk_distance_symbol((unsigned)distance)]++;
        out = put_match(out, matcher->bpp, (struct match){length, distance});
        i += length;
    }
    return out;
}

static size_t parse_priced(struct yk_parsed *parsed, struct yk_priced_matcher *matcher, const uint8_t *data,
                           size_t from, size_t to, size_t room)
{
    uint16_t *out = parsed->symbols;
    room = smaller(room, YK_BLOCK_SYMBOLS - STEP_SYMBOLS);
    memset(matcher->litlen, 0, sizeof matcher->litlen);
    memset(matcher->distance, 0, sizeof matcher->distance);
    while (from < to && out < parsed->symbols + room) {
        struct step step = {.matcher = matcher,
                            .data = data,
                            .start = from,
                            .to = to,
                            .limit = to > PRICED_TAIL ? to - PRICED_TAIL : 0,
                            .run_end = from};
        size_t size = smaller(to - from, YK_PRICED_STEP);
        find_ways(&step, size);
        size = end_of_step(matcher, size);
        out = write_way(matcher, data + from, size, out);
        yk_prices_make(&matcher->prices, matcher->litlen, matcher->distance);
        from += size;
    }
    parsed->symbol_count = (size_t)(out - parsed->symbols);
    parsed->copies = true;
    return from;
}
