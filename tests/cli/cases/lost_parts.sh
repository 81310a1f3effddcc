# SPDX-License-Identifier: MIT
# What a file written anew cannot keep, an animation or an index of the compressed data, is left out with one line.
. "$LIB"
png plain.png
python3 - <<'CHUNKS'
import struct, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
data = open("plain.png", "rb").read()
animation, parts = chunk(b"acTL", struct.pack(">II", 1, 0)), chunk(b"iDOT", bytes(28))
for name, extra in (("a.png", animation), ("b.png", parts), ("c.png", animation)):
    open(name, "wb").write(data[:33] + extra + data[33:])
CHUNKS
image 'invert' a.png -o one.png
title "many files, one line for each kind"
image 'invert' a.png b.png c.png plain.png -o out --threads 1
grep -c -E "acTL|iDOT" out/*.png
title "quiet"
image 'invert' a.png -o one.png --overwrite always --quiet
