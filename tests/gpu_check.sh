#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Everything that must be the same on this machine's GPUs as on its CPU: the known answers, the operation matrix, the
# policies, a small batch; prints what differs. Run by ./dev gpu-check, and on PoCL by the tests, to test itself.
# usage: YOKE=... YOKE_TESTS=... YOKE_SOURCE=... gpu_check.sh [DEVICES]
#        DEVICES: gpu (the default, or the variable YOKE_GPU_CHECK_DEVICES), cl, or ids with commas
#        YOKE_GPU_CHECK_QUICK=1: one suite and one pipeline only
# exit: 0 all the same, 1 something differs or failed, 77 there is no such device
set -uo pipefail
: "${YOKE:?the command}" "${YOKE_TESTS:?the test program}" "${YOKE_SOURCE:?the source folder}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
selection=${1:-${YOKE_GPU_CHECK_DEVICES:-gpu}}
suites="cl ops pipeline batch"
PIPELINES=(
    'invert | grayscale linear=1' 'levels 0.2 0.7 gamma=1.8 | saturation 1.7' 'posterize 5 | threshold 0.45'
    'mix 0.393,0.769,0.189,0.349,0.686,0.168,0.272,0.534,0.131' 'blur 6' 'box 4 | sharpen 2.5 amount=0.6'
    'convolve 1,2,1,2,4,2,1,2,1 scale=16' 'edges' 'emboss' 'median 5' 'erode 3 | dilate 5' 'bilateral 1.5 0.1'
    'resize 37%' 'resize 150% filter=nearest' 'crop 100x70+20+11 | pad 9 white' 'rotate 30' 'flip | flop' 'trim'
    'autolevel' 'equalize' 'resize 60% | equalize | blur 2 | rotate 7 white | autolevel | median 3'
)
images=("$YOKE_SOURCE"/data/*.png)
if [ -n "${YOKE_GPU_CHECK_QUICK-}" ]; then
    suites=cl
    PIPELINES=('flip | flop')
    images=("$YOKE_SOURCE"/data/{scene,fractal16,illustration}.png)
fi
failed=0

headline() { printf '\n== %s\n' "$*"; }
fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

devices=$("$YOKE" devices --json 2>/dev/null | python3 -c '
import json, sys
wanted = sys.argv[1].split(",")
for d in json.load(sys.stdin)["devices"]:
    classes = [d["id"], "cl"] + (["gpu"] if d["type"] == "gpu" else [])
    if d["backend"] != "cpu" and d["usable"] and set(classes) & set(wanted):
        print(d["id"])' "$selection")
if [ -z "$devices" ]; then
    echo "no usable device for '$selection' here: nothing was checked"
    exit 77
fi

headline "devices"
"$YOKE" devices

for device in $devices; do
    headline "$device: known answers of every operation"
    "$YOKE" verify --devices "$device" || fail "$device: yoke verify ended with $?"
done

if [ -n "$suites" ]; then
    headline "suites of the test program on every OpenCL device: $suites"
    arguments=()
    for suite in $suites; do
        arguments+=(--suite "$suite")
    done
    # What differs is printed in lines that begin with four blanks: operation, arguments, format, first sample.
    if "$YOKE_TESTS" "${arguments[@]}" >suites.log 2>&1; then
        sed -n '/^Run Summary/,$p; /OpenCL/p' suites.log | grep -v '^  Test:'
    else
        grep -E '^    |FAILED' suites.log | head -n 60
        fail "the test program ended with an error; all of its output is in $PWD/suites.log"
    fi
fi

rm -rf batch
mkdir batch
count=0
for pipeline in "${PIPELINES[@]}"; do
    "$YOKE" image "$pipeline" "${images[@]}" -o batch/cpu/ --devices cpu --overwrite always --quiet ||
        fail "'$pipeline' on the CPU ended with $?"
    for device in $devices; do
        for chosen in "$device --sched dynamic:48" "cpu,$device --sched static:1,1" "cpu,$device --sched auto"; do
            rm -rf batch/got
            # The words after the device are options.
            # shellcheck disable=SC2086
            "$YOKE" image "$pipeline" "${images[@]}" -o batch/got/ --strict-devices --quiet --devices $chosen ||
                fail "'$pipeline' with --devices $chosen ended with $?"
            for image in "${images[@]##*/}"; do
                count=$((count + 1))
                cmp -s "batch/cpu/$image" "batch/got/$image" && continue
                fail "'$pipeline', $image, --devices $chosen: $(python3 "$here/png_difference.py" "batch/got/$image" \
                    "batch/cpu/$image")"
            done
        done
    done
done
headline "$count files of a batch, devices alone and with the CPU, against the CPU; $failed differences or failures"
[ "$failed" -eq 0 ]
