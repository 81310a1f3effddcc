/* SPDX-License-Identifier: MIT
 * Blocks of the own Deflate coder (contract in png_deflate.h): tokens, counts, codes, then the bits. */
#include "png_deflate.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "png_emit.h"
#include "png_huffman.h"

enum {
    STORED_MAX = 65535, /* bytes of one stored block */
    /* Symbols of a block. Half of these make photographs 0.2 % smaller and take 4 % more time. */
    RUNS_BLOCK = 1 << 16,
    MATCHES_BLOCK = 1 << 15,
    BLOCK_MIN = 1 << 12 /* of those that a caller asks for */
};

struct yk_deflate {
    struct yk_matcher matcher;
    struct yk_parsed parsed;
    struct yk_emit_tables tables;
};

struct block {
    size_t from, to; /* its bytes */
    uint32_t litlen[YK_LITLEN_SYMBOLS], distance[YK_DISTANCE_SYMBOLS];
    uint8_t litlen_lengths[YK_LITLEN_SYMBOLS], distance_lengths[YK_DISTANCE_SYMBOLS];
    struct yk_huffman_header header;
    uint64_t extra_bits;
};

struct yk_deflate *yk_deflate_create(void)
{
    return yk_mem_alloc(sizeof(struct yk_deflate));
}

void yk_deflate_free(struct yk_deflate *work)
{
    yk_mem_free(work);
}

size_t yk_deflate_bound(size_t size)
{
    /* Stored blocks of BLOCK_MIN bytes are the worst; then the end, and 8 bytes that the bit writer stores
     * past what counts. */
    return size + (size / BLOCK_MIN + 2) * 10 + 32;
}

/* Four tables, because an equal symbol nearby would wait for the store. */
static void count_symbols(const uint16_t *p, size_t count, uint32_t totals[YK_SYMBOLS])
{
    enum { TABLES = 4 };
    uint32_t tables[TABLES][YK_SYMBOLS];
    memset(tables, 0, sizeof tables);
    for (; count >= TABLES; count -= TABLES, p += TABLES)
        for (size_t k = 0; k < TABLES; k++)
            tables[k][p[k]]++;
    while (count-- > 0)
        tables[0][*p++]++;
    memcpy(totals, tables[0], sizeof tables[0]);
    for (size_t k = 1; k < TABLES; k++)
        for (size_t s = 0; s < YK_SYMBOLS; s++)
            totals[s] += tables[k][s];
}

static void count_block(struct block *block, const struct yk_parsed *parsed, size_t bpp)
{
    uint32_t totals[YK_SYMBOLS], lengths[YK_MATCH_MAX + 1] = {0}, near = 0, pixel = 0;
    count_symbols(parsed->symbols, parsed->symbol_count, totals);
    memset(block->litlen, 0, sizeof block->litlen);
    memset(block->distance, 0, sizeof block->distance);
    memcpy(block->litlen, totals, 256 * sizeof totals[0]);
    block->litlen[YK_END_OF_BLOCK] = 1;
    for (size_t i = 0; i < parsed->token_count; i++) {
        const struct yk_token *token = &parsed->tokens[i];
        lengths[token->length]++; /* [0]: the last token, which copies nothing */
        if (token->length)
            block->distance[yk_distance_symbol(token->distance)]++;
    }
    for (unsigned n = YK_MATCH_MIN; n <= YK_MATCH_MAX; n++) {
        uint32_t ones = totals[YK_RUN_NEAR + n - YK_MATCH_MIN],
                 pixels = totals[YK_RUN_PIXEL + n - YK_MATCH_MIN];
        near += ones;
        pixel += pixels;
        if (lengths[n] + ones + pixels > 0)
            block->litlen[yk_length_symbol(n)] += lengths[n] + ones + pixels;
    }
    block->distance[yk_distance_symbol(1)] += near;
    block->distance[yk_distance_symbol((unsigned)bpp)] += pixel;
    block->extra_bits = 0;
    for (unsigned s = 257; s < YK_LITLEN_SYMBOLS; s++)
        block->extra_bits += (uint64_t)block->litlen[s] * yk_length_extra(s);
    for (unsigned s = 0; s < YK_DISTANCE_SYMBOLS; s++)
        block->extra_bits += (uint64_t)block->distance[s] * yk_distance_extra(s);
}

static uint64_t weigh(const uint32_t *counts, const uint8_t *lengths, size_t symbols)
{
    uint64_t bits = 0;
    for (size_t s = 0; s < symbols; s++)
        bits += (uint64_t)counts[s] * lengths[s];
    return bits;
}

/* Codes for the block; returns its bits. */
static uint64_t plan_block(struct block *block, const struct yk_parsed *parsed, size_t bpp)
{
    count_block(block, parsed, bpp);
    yk_huffman_lengths(block->litlen, YK_LITLEN_SYMBOLS, YK_CODE_BITS, block->litlen_lengths);
    yk_huffman_lengths(block->distance, YK_DISTANCE_SYMBOLS, YK_DISTANCE_BITS, block->distance_lengths);
    yk_huffman_header(block->litlen_lengths, block->distance_lengths, &block->header);
    return 3 + block->header.bits + weigh(block->litlen, block->litlen_lengths, YK_LITLEN_SYMBOLS) +
           weigh(block->distance, block->distance_lengths, YK_DISTANCE_SYMBOLS) + block->extra_bits;
}

static void store_block(struct yk_bits *bits, const uint8_t *data, size_t size, bool last)
{
    do {
        size_t part = size < STORED_MAX ? size : STORED_MAX;
        yk_bits_put(bits, last && part == size, 3); /* type 0 */
        yk_bits_align(bits);
        yk_bits_put(bits, part, 16);
        yk_bits_put(bits, ~part & 0xffff, 16);
        memcpy(bits->at, data, part);
        bits->at += part;
        data += part;
        size -= part;
    } while (size > 0);
}

/* Parses the next block, from block->to on. */
static void next_block(struct yk_deflate *work, const struct yk_deflate_job *job, struct block *block)
{
    const struct yk_parsers *parsers = yk_parsers_at(job->level);
    bool runs = job->method == YK_DEFLATE_RUNS;
    size_t room = job->block ? job->block : runs ? RUNS_BLOCK : MATCHES_BLOCK;
    block->from = block->to;
    block->to = runs ? parsers->runs(&work->parsed, job->data, block->from, job->size, job->bpp, room)
                     : parsers->matches(&work->parsed, &work->matcher, job->data, block->from, job->size,
                                        room, job->method == YK_DEFLATE_DEEP);
}

size_t yk_deflate_strip(struct yk_deflate *work, const struct yk_deflate_job *job, uint8_t *out)
{
    struct yk_bits bits = {.at = out};
    struct block block = {.to = 0};
    if (job->method != YK_DEFLATE_RUNS)
        yk_matcher_begin(&work->matcher, job->size, job->row, job->bpp);
    while (block.to < job->size) {
        next_block(work, job, &block);
        bool last = job->last && block.to == job->size;
        uint64_t cost = plan_block(&block, &work->parsed, job->bpp);
        size_t size = block.to - block.from;
        if (cost >= (uint64_t)size * 8 + (size / STORED_MAX + 1) * 40) {
            store_block(&bits, job->data + block.from, size, last);
            continue;
        }
        yk_bits_put(&bits, last | 2 << 1, 3);
        yk_bits_append(&bits, block.header.bytes, block.header.bits);
        yk_emit_tables_make(&work->tables, block.litlen_lengths, block.distance_lengths, job->bpp);
        yk_emit_block(&bits, &work->tables, &work->parsed, cost, job->level);
    }
    if (!job->last || job->size == 0)
        store_block(&bits, out, 0, job->last);
    yk_bits_align(&bits);
    return (size_t)(bits.at - out);
}

struct yk_deflate_estimate yk_deflate_estimate(struct yk_deflate *work, const struct yk_deflate_job *job)
{
    struct block block = {.to = 0};
    struct yk_deflate_estimate estimate = {0, 0};
    if (job->method != YK_DEFLATE_RUNS)
        yk_matcher_begin(&work->matcher, job->size, job->row, job->bpp);
    while (block.to < job->size) {
        next_block(work, job, &block);
        uint64_t bits = plan_block(&block, &work->parsed, job->bpp);
        uint64_t stored = (uint64_t)(block.to - block.from) * 8 + 40;
        estimate.bits += bits < stored ? bits : stored;
        unsigned literals = 0;
        for (unsigned k = 0; k < 256; k++)
            literals += block.litlen[k] > 0;
        estimate.literals = literals > estimate.literals ? literals : estimate.literals;
    }
    return estimate;
}
