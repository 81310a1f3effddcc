#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Peak resident memory of a batch, as the kernel counts it: of the photographs with each job of ./dev bench peers,
# and of 1,000 against 10,000 small files (hard links of one), where it must not grow.
# usage: ./dev bench memory
set -euo pipefail
: "${YOKE:?the command to measure}" "${YOKE_SOURCE:?the source folder}"
LIMIT_MB=200
# One run against another of the same kind differs by so much (threads' heaps); growth by file would be far more: the
# plan of a batch keeps about 500 bytes for each file, names included, 5 MB for 10,000.
GROWTH_MB=8

folder=$YOKE_SOURCE/build/bench/corpus
[ -d "$folder" ] || folder=$YOKE_SOURCE/../shared/data/kodak
[ -d "$folder" ] || folder=$YOKE_SOURCE/data
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# peak ARGUMENT...: runs yoke image and prints the peak in KB.
peak() {
    python3 - "$YOKE" image "$@" --overwrite always --quiet --devices cpu <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
}

verdict() { if [ "$1" -le "$2" ]; then echo pass; else echo MISS; fi; }

for pipeline in '' 'resize 50% | blur 2 | sharpen 1' 'resize 256x256' 'blur 8' 'median 5'; do
    kb=$(peak "$pipeline" "$folder"/*.png -o "$out/photographs")
    printf '%-34s %3d photographs  peak %6.1f MB   gate %d MB: %s\n' "'$pipeline'" "$(ls "$folder"/*.png | wc -l)" \
        "$((kb * 1000 / 1024))e-3" "$LIMIT_MB" "$(verdict "$((kb / 1024))" "$LIMIT_MB")"
done

mkdir "$out/few" "$out/many"
for ((k = 0; k < 10000; k++)); do
    printf '%s/many/%05d.png\0' "$out" "$k"
done >"$out/names"
first=$out/first.png
cp "$YOKE_SOURCE/data/text.png" "$first"
python3 - "$first" "$out/names" "$out/few" <<'PY'
import os, sys
first, names, few = sys.argv[1:]
for k, name in enumerate(open(names).read().split("\0")[:-1]):
    os.link(first, name)
    if k < 1000:
        os.link(first, os.path.join(few, os.path.basename(name)))
PY
few=$(peak 'resize 50%' -r "$out/few" -o "$out/few.out")
many=$(peak 'resize 50%' -r "$out/many" -o "$out/many.out")
printf '1,000 files: peak %.1f MB; 10,000 files: %.1f MB; gate: at the most %d MB more: %s\n' \
    "$((few * 1000 / 1024))e-3" "$((many * 1000 / 1024))e-3" "$GROWTH_MB" \
    "$(verdict "$(((many - few) / 1024))" "$GROWTH_MB")"
