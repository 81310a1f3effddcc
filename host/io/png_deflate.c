/* SPDX-License-Identifier: MIT
 * Blocks of the own Deflate coder (contract in png_deflate.h): tokens, counts, codes, then the bits. */
#include "png_deflate.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "png_emit.h"
#include "png_huffman.h"

enum {
    TOKENS = 1 << 15,       /* of one block */
    RUNS_BLOCK = 128 << 10, /* bytes of a block; the statistics of a photograph change from row to row */
    MATCHES_BLOCK = 1 << 20,
    STORED_MAX = 65535, /* bytes of one stored block */
    BLOCK_MIN = 16 << 10
};

struct yk_deflate {
    struct yk_matcher matcher;
    struct yk_token tokens[TOKENS];
    struct yk_emit_tables tables;
};

struct block {
    const uint8_t *data;
    size_t from, to, tokens;
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
    /* Stored blocks of at least BLOCK_MIN bytes are the worst; then the end, and 8 bytes that the bit writer stores
     * past what counts. */
    return size + (size / BLOCK_MIN + 2) * 10 + 32;
}

/* Four tables, because equal neighbours would wait for each other's store. */
static void count_literals(const uint8_t *p, size_t count, uint32_t (*tables)[256])
{
    while (count >= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        tables[0][v & 0xff]++;
        tables[1][v >> 8 & 0xff]++;
        tables[2][v >> 16 & 0xff]++;
        tables[3][v >> 24 & 0xff]++;
        tables[0][v >> 32 & 0xff]++;
        tables[1][v >> 40 & 0xff]++;
        tables[2][v >> 48 & 0xff]++;
        tables[3][v >> 56]++;
        p += 8;
        count -= 8;
    }
    while (count-- > 0)
        tables[0][*p++]++;
}

static void count_block(struct block *block, const struct yk_token *tokens)
{
    uint32_t literals[4][256];
    memset(literals, 0, sizeof literals);
    memset(block->litlen, 0, sizeof block->litlen);
    memset(block->distance, 0, sizeof block->distance);
    block->extra_bits = 0;
    const uint8_t *p = block->data + block->from;
    for (size_t i = 0; i < block->tokens; i++) {
        count_literals(p, tokens[i].literals, literals);
        p += tokens[i].literals + tokens[i].length;
        if (tokens[i].length) {
            unsigned length = yk_length_symbol(tokens[i].length), distance = yk_distance_symbol(tokens[i].distance);
            block->litlen[length]++;
            block->distance[distance]++;
            block->extra_bits += yk_length_extra(length) + yk_distance_extra(distance);
        }
    }
    for (int k = 0; k < 256; k++)
        block->litlen[k] = literals[0][k] + literals[1][k] + literals[2][k] + literals[3][k];
    block->litlen[YK_END_OF_BLOCK] = 1;
}

static uint64_t weigh(const uint32_t *counts, const uint8_t *lengths, size_t symbols)
{
    uint64_t bits = 0;
    for (size_t s = 0; s < symbols; s++)
        bits += (uint64_t)counts[s] * lengths[s];
    return bits;
}

/* Codes for the block; returns its bits. */
static uint64_t plan_block(struct block *block, const struct yk_token *tokens)
{
    count_block(block, tokens);
    yk_huffman_lengths(block->litlen, YK_LITLEN_SYMBOLS, YK_CODE_BITS, block->litlen_lengths);
    yk_huffman_lengths(block->distance, YK_DISTANCE_SYMBOLS, YK_CODE_BITS, block->distance_lengths);
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

/* Tokens of the next block from block->from; fills to and tokens. */
static void next_block(struct yk_deflate *work, const struct yk_deflate_job *job, struct block *block)
{
    size_t most = job->method == YK_DEFLATE_RUNS ? RUNS_BLOCK : MATCHES_BLOCK;
    size_t left = job->size - block->from, to = left < most + BLOCK_MIN ? job->size : block->from + most;
    block->data = job->data;
    block->tokens = job->method == YK_DEFLATE_RUNS
                        ? yk_tokens_of_runs(job->data, block->from, to, job->bpp, work->tokens, TOKENS, &block->to)
                        : yk_tokens_of_matches(&work->matcher, job->data, block->from, to, work->tokens, TOKENS,
                                               &block->to);
}

size_t yk_deflate_strip(struct yk_deflate *work, const struct yk_deflate_job *job, uint8_t *out)
{
    struct yk_bits bits = {.at = out};
    struct block block;
    if (job->method == YK_DEFLATE_MATCHES)
        yk_matcher_begin(&work->matcher, job->size, job->row);
    for (block.from = 0; block.from < job->size; block.from = block.to) {
        next_block(work, job, &block);
        bool last = job->last && block.to == job->size;
        uint64_t cost = plan_block(&block, work->tokens);
        size_t size = block.to - block.from;
        if (cost >= (uint64_t)size * 8 + (size / STORED_MAX + 1) * 40) {
            store_block(&bits, job->data + block.from, size, last);
            continue;
        }
        yk_bits_put(&bits, last | 2 << 1, 3);
        yk_bits_append(&bits, block.header.bytes, block.header.bits);
        yk_emit_tables_make(&work->tables, block.litlen_lengths, block.distance_lengths);
        yk_emit_tokens(&bits, &work->tables, job->data + block.from, work->tokens, block.tokens, job->level);
    }
    if (!job->last || job->size == 0)
        store_block(&bits, NULL, 0, job->last);
    yk_bits_align(&bits);
    return (size_t)(bits.at - out);
}

uint64_t yk_deflate_cost(struct yk_deflate *work, const struct yk_deflate_job *job)
{
    struct block block;
    uint64_t cost = 0;
    if (job->method == YK_DEFLATE_MATCHES)
        yk_matcher_begin(&work->matcher, job->size, job->row);
    for (block.from = 0; block.from < job->size; block.from = block.to) {
        next_block(work, job, &block);
        uint64_t bits = plan_block(&block, work->tokens), stored = (uint64_t)(block.to - block.from) * 8 + 40;
        cost += bits < stored ? bits : stored;
    }
    return cost;
}
