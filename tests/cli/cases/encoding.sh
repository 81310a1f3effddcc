# SPDX-License-Identifier: MIT
# --png, --depth, --strip and --keep change the file and not the picture.
. "$LIB"
png a.png
# The same picture with pHYs, tEXt and gAMA chunks, put in with Python's zlib.
python3 - <<'CHUNKS'
import struct, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
data = open("a.png", "rb").read()
head, rest = data[:33], data[33:]
open("b.png", "wb").write(head + chunk(b"gAMA", struct.pack(">I", 45455)) +
                          chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)) + chunk(b"tEXt", b"Title\0A test") + rest)
CHUNKS
cat >chunks.py <<'LIST'
import sys
for path in sys.argv[1:]:
    data, at, names = open(path, "rb").read(), 8, []
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        names.append(data[at + 4:at + 8].decode())
        at += size + 12
    print(path, data[24], " ".join(name for name in names if name not in ("IDAT", "IEND")))
LIST
image '' b.png -o all.png
image '' b.png -o strip.png --strip
image '' b.png -o none.png --keep none
image '' b.png -o some.png --keep text,colour
image '' b.png -o wide.png --depth 16
image '' wide.png -o narrow.png --depth 8
python3 chunks.py all.png strip.png none.png some.png wide.png narrow.png
for effort in balanced fast small 0 6 9; do
    image '' b.png -o "$effort.png" --png "$effort"
done
title "the picture is the same: all have the bytes of one, written again alike"
for file in strip none some narrow balanced fast small 0 6 9; do
    image '' "$file.png" -o "again-$file.png" --keep none
    cmp none.png "again-$file.png"
done
title "a higher level is no larger"
# A smooth picture: runs leave less of it than libdeflate, and the search for the cheapest way less than either.
before=
for level in 2 5 8 9; do
    image 'blur 2' "$YOKE_SOURCE/data/scene.png" -o "level-$level.png" --png "$level"
    size=$(wc -c <"level-$level.png")
    [ -z "$before" ] || [ "$size" -le "$before" ] || echo "level $level: $size bytes, more than $before"
    before=$size
done
title "errors"
image '' b.png -o x.png --keep colour,smell
image '' b.png -o x.png --keep all --strip
image '' b.png -o x.png --depth 12
