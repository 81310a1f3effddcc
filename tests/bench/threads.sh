#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two threads against one on a batch of photographs, in turns: wall time, and the ratio within each round. And the same
# with two processes of one thread each, which share nothing: what the machine lets two threads gain at the most.
# usage: ./dev bench threads [ROUNDS]
set -euo pipefail
: "${YOKE:?the command to measure}" "${YOKE_SOURCE:?the source folder}"
ROUNDS=${1:-5}
PIPELINE='resize 50% | blur 2 | sharpen 1'
GATE=1.9

folder=$YOKE_SOURCE/build/bench/corpus
[ -d "$folder" ] || folder=$YOKE_SOURCE/../shared/data/kodak
[ -d "$folder" ] || folder=$YOKE_SOURCE/data
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
now() { echo "${EPOCHREALTIME/[.,]/}"; }
run() { # THREADS FILE...
    local threads=$1
    shift
    "$YOKE" image "$PIPELINE" "$@" -o "$out" --overwrite always --quiet --devices cpu --threads "$threads"
}
files=("$folder"/*.png)
even=() odd=()
for ((k = 0; k < ${#files[@]}; k += 2)); do even+=("${files[k]}") odd+=("${files[@]:k+1:1}"); done

run 2 "${files[@]}" # files in memory, output folder there
for ((round = 0; round < ROUNDS; round++)); do
    start=$(now)
    run 1 "${files[@]}"
    middle=$(now)
    run 2 "${files[@]}"
    end=$(now)
    run 1 "${even[@]}" &
    first=$!
    run 1 "${odd[@]}" &
    wait "$first"
    wait $!
    echo "$((middle - start)) $((end - middle)) $(($(now) - end))"
done | awk -v gate="$GATE" -v files="${#files[@]}" '
    { one[NR] = $1; two[NR] = $2; ratio[NR] = $1 / $2; bound[NR] = $1 / $3 }
    function median(values, n,    i, j, t) {
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
            if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
        return values[int((n + 1) / 2)]
    }
    END {
        m = median(ratio, NR) # and sorts
        printf "%d photographs, one thread %.3f s, two threads %.3f s (medians of %d)\n", files,
            median(one, NR) / 1e6, median(two, NR) / 1e6, NR
        printf "ratio: least %.2f, median %.2f, greatest %.2f; gate %.1f: %s\n", ratio[1], m, ratio[NR], gate,
            (m >= gate ? "pass" : "MISS")
        b = median(bound, NR)
        printf "the machine: two processes of one thread, half the files each: %.2f, %.2f, %.2f\n", bound[1], b,
            bound[NR]
    }'
