#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says in one line where two PNG files of plain grey or colour samples differ first.

usage: png_difference.py GOT EXPECTED
"""
import struct
import sys
import zlib

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def read(path):
    """Size, type and rows of samples of a PNG file that is not interlaced."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed, head = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    width, height, depth, colour, _, _, interlaced = head
    if interlaced:
        raise ValueError("interlaced")
    bits = CHANNELS[colour] * depth
    step, stride, raw = max(1, bits // 8), (width * bits + 7) // 8, zlib.decompress(packed)
    rows, above = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        rows.append(above := unfilter(raw[start], bytearray(raw[start + 1:start + 1 + stride]), above, step))
    return head, rows


def unfilter(kind, row, above, step):
    for k in range(len(row)):
        left = row[k - step] if k >= step else 0
        corner = above[k - step] if k >= step else 0
        guess = left + above[k] - corner
        nearest = min((abs(guess - left), 0, left), (abs(guess - above[k]), 1, above[k]),
                      (abs(guess - corner), 2, corner))[2]
        row[k] = (row[k] + (0, left, above[k], (left + above[k]) // 2, nearest)[kind]) & 255
    return row


def describe(got, expected):
    (head, rows), (wanted, wanted_rows) = read(got), read(expected)
    if head != wanted:
        return f"size or format: {head[:4]}, expected {wanted[:4]}"
    depth, channels = head[2], CHANNELS[head[3]]
    step = max(1, depth // 8)
    for y, (row, wanted_row) in enumerate(zip(rows, wanted_rows)):
        for k in range(0, len(row), step):
            a, b = (int.from_bytes(r[k:k + step], "big") for r in (row, wanted_row))
            if a != b:
                sample = k // step
                return (f"{depth} bits, {channels} channels, x={sample // channels} y={y} channel "
                        f"{sample % channels}: {a}, expected {b}")
    return "the same samples, other bytes in the file"


if __name__ == "__main__":
    try:
        print(describe(sys.argv[1], sys.argv[2]))
    except (OSError, ValueError, KeyError, IndexError, TypeError, struct.error, zlib.error) as problem:
        print(f"cannot be read: {problem}")
