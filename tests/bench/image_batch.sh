#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The batch of the README on every choice of devices: whole-process time of 5 runs each, least and median.
# usage: ./dev bench, or YOKE=... YOKE_SOURCE=... image_batch.sh [FILE.png...]
set -euo pipefail
: "${YOKE:?the command to measure}" "${YOKE_SOURCE:?the source folder}"
RUNS=5
PIPELINE='resize 50% | blur 2 | sharpen 1'

if [ $# -eq 0 ]; then
    set -- "$YOKE_SOURCE"/../shared/data/kodak/*.png
    [ -e "$1" ] || set -- "$YOKE_SOURCE"/data/*.png
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

measure() {
    local label=$1 run start times=()
    shift
    for ((run = 0; run < RUNS; run++)); do
        start=${EPOCHREALTIME/[.,]/}
        "$@" >/dev/null 2>"$out/errors" || {
            printf '%-24s not possible here: %s\n' "$label" "$(head -n 1 "$out/errors")"
            return
        }
        times+=($((${EPOCHREALTIME/[.,]/} - start)))
    done
    read -r -d '' -a times <<<"$(printf '%s\n' "${times[@]}" | sort -n)" || true
    printf '%-24s least %8.1f ms   median %8.1f ms\n' "$label" \
        "$((times[0] / 100))e-1" "$((times[RUNS / 2] / 100))e-1"
}

echo "$PIPELINE: $# files"
image=("$YOKE" image "$PIPELINE" "$@" -o "$out/result" --overwrite always --quiet)
measure "cpu, 1 thread" "${image[@]}" --devices cpu --threads 1
measure "cpu" "${image[@]}" --devices cpu
measure "cl" "${image[@]}" --devices cl
measure "cpu,cl dynamic:16" "${image[@]}" --devices cpu,cl --sched dynamic:16
measure "start-up (yoke version)" "$YOKE" version
