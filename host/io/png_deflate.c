/* SPDX-License-Identifier: MIT
 * Blocks of the own Deflate coder (contract in png_deflate.h): symbols, counts, codes, then the bits. */
#include "png_deflate.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "png_count.h"
#include "png_emit.h"
#include "png_huffman.h"

enum {
    STORED_MAX = 65535, /* bytes of one stored block */
    /* Symbols of a block. Half of these make photographs 0.2 % smaller and take 4 % more time. */
    RUNS_BLOCK = 1 << 16,
    MATCHES_BLOCK = 1 << 16,
    BLOCK_MIN = 1 << 12 /* of those that a caller asks for */
};

struct yk_deflate {
    union { /* one strip, one method */
        struct yk_matcher matcher;
        struct yk_pixel_matcher pixels;
        struct yk_priced_matcher priced;
    };
    struct yk_parsed parsed;
    struct yk_emit_tables tables;
};

struct block {
    size_t from, to; /* its bytes */
    struct yk_counts counts;
    uint8_t litlen_lengths[YK_LITLEN_SYMBOLS], distance_lengths[YK_DISTANCE_SYMBOLS];
    struct yk_huffman_header header;
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
    /* Stored blocks of BLOCK_MIN bytes are the worst that stays; one block of literals, of up to YK_CODE_BITS
     * each, is written before it is found to be larger than stored; then the end, and 8 bytes that the bit
     * writer stores past what counts. */
    size_t block = size < YK_PARSED_SYMBOLS ? size : YK_PARSED_SYMBOLS;
    return size + block * (YK_CODE_BITS - 8) / 8 + (size / BLOCK_MIN + 2) * 10 + 32 + YK_HEADER_BYTES;
}

static uint64_t weigh(const uint32_t *counts, const uint8_t *lengths, size_t symbols)
{
    uint64_t bits = 0;
    for (size_t s = 0; s < symbols; s++)
        bits += (uint64_t)counts[s] * lengths[s];
    return bits;
}

/* Codes for the block; returns its bits, which are an estimate where the counts are. */
static uint64_t plan_block(struct block *block, const struct yk_parsed *parsed,
                           const struct yk_deflate_job *job)
{
    const struct yk_counts *counts = &block->counts;
    /* long runs: a drawn image, which an estimate makes 2 % larger; counting takes little of its time */
    const bool drawn = block->to - block->from > 2 * parsed->symbol_count;
    yk_count_block(&block->counts, parsed, job->bpp, job->exact || drawn);
    yk_huffman_lengths(counts->litlen, YK_LITLEN_SYMBOLS, YK_CODE_BITS, block->litlen_lengths);
    yk_huffman_lengths(counts->distance, YK_DISTANCE_SYMBOLS, YK_DISTANCE_BITS, block->distance_lengths);
    yk_huffman_header(block->litlen_lengths, block->distance_lengths, &block->header);
    return 3 + block->header.bits + weigh(counts->litlen, block->litlen_lengths, YK_LITLEN_SYMBOLS) +
           weigh(counts->distance, block->distance_lengths, YK_DISTANCE_SYMBOLS) + counts->extra_bits;
}

/* Bits that `size` bytes take stored, at the most. */
static uint64_t stored_bits(size_t size)
{
    return (uint64_t)size * 8 + (size / STORED_MAX + 1) * 40;
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

static void begin(struct yk_deflate *work, const struct yk_deflate_job *job)
{
    if (job->method == YK_DEFLATE_MATCHES || job->method == YK_DEFLATE_DEEP)
        yk_matcher_begin(&work->matcher, job->size, job->row, job->bpp);
    else if (job->method == YK_DEFLATE_PIXELS)
        yk_pixel_matcher_begin(&work->pixels, job->row, job->bpp);
    else if (job->method == YK_DEFLATE_PRICED)
        yk_priced_matcher_begin(&work->priced, job->bpp);
}

/* Parses the next block, from block->to on, and finds its codes. Returns its bits. */
static uint64_t next_block(struct yk_deflate *work, const struct yk_deflate_job *job, struct block *block)
{
    const struct yk_parsers *parsers = yk_parsers_at(job->level);
    const enum yk_deflate_method method = job->method;
    size_t room = job->block ? job->block : method == YK_DEFLATE_RUNS ? RUNS_BLOCK : MATCHES_BLOCK;
    block->from = block->to;
    if (method == YK_DEFLATE_RUNS)
        block->to = parsers->runs(&work->parsed, job->data, block->from, job->size, job->bpp, room);
    else if (method == YK_DEFLATE_PIXELS)
        block->to = parsers->pixels(&work->parsed, &work->pixels, job->data, block->from, job->size, room);
    else if (method == YK_DEFLATE_PRICED)
        block->to = parsers->priced(&work->parsed, &work->priced, job->data, block->from, job->size, room);
    else
        block->to = parsers->matches(&work->parsed, &work->matcher, job->data, block->from, job->size, room,
                                     method == YK_DEFLATE_DEEP);
    return plan_block(block, &work->parsed, job);
}

static void code_block(struct yk_deflate *work, const struct block *block, const struct yk_deflate_job *job,
                       uint64_t cost, bool last, struct yk_bits *bits)
{
    yk_bits_put(bits, last | 2 << 1, 3);
    yk_bits_append(bits, block->header.bytes, block->header.bits);
    yk_emit_tables_make(&work->tables, block->litlen_lengths, block->distance_lengths, job->bpp,
                        work->parsed.copies);
    yk_emit_block(bits, &work->tables, &work->parsed, cost, job->level);
}

size_t yk_deflate_strip(struct yk_deflate *work, const struct yk_deflate_job *job, uint8_t *out)
{
    struct yk_bits bits = {.at = out};
    struct block block = {.to = 0};
    begin(work, job);
    while (block.to < job->size) {
        const uint64_t cost = next_block(work, job, &block);
        const bool last = job->last && block.to == job->size;
        const size_t size = block.to - block.from;
        const struct yk_bits before = bits;
        if (cost < stored_bits(size)) {
            code_block(work, &block, job, cost, last, &bits);
            if ((uint64_t)(bits.at - before.at) <= stored_bits(size) / 8)
                continue;
            bits = before; /* what was counted was not like the rest */
        }
        store_block(&bits, job->data + block.from, size, last);
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
    begin(work, job);
    while (block.to < job->size) {
        uint64_t bits = next_block(work, job, &block);
        uint64_t stored = (uint64_t)(block.to - block.from) * 8 + 40;
        estimate.bits += bits < stored ? bits : stored;
        unsigned literals = block.counts.literals;
        estimate.literals = literals > estimate.literals ? literals : estimate.literals;
    }
    return estimate;
}
