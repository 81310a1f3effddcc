/* SPDX-License-Identifier: MIT
 *
 * Joining Deflate streams: parts of a zlib stream that were compressed apart.
 */
#ifndef YOKE_IO_PNG_STREAM_H
#define YOKE_IO_PNG_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes `data` in stored blocks; `last`: the final one ends the stream. `out` has yk_deflate_bound(size)
 * bytes. Returns the bytes written. */
size_t yk_stream_store(const uint8_t *data, size_t size, bool last, uint8_t *out);

/* Turns a complete Deflate stream into one that another can follow: its last block is no longer marked as the
 * last, and an empty stored block after it ends at a byte. `room` is the size of the buffer. Returns the new
 * size, 0 where memory ran out, the room is too small or the stream is none. */
size_t yk_stream_continue(uint8_t *stream, size_t size, size_t room);

/* Adler-32 of two pieces in a row from those of each (RFC 1950, 8.2); `second_size` bytes are in the second.
 */
uint32_t yk_stream_adler(uint32_t first, uint32_t second, uint64_t second_size);

#endif
