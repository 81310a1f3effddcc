#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every kernel under Oclgrind, which checks each access to memory and races between work-items: no finding on tiny
# images, in bands of several heights. First it must find what is planted. Skipped where Oclgrind is missing.
set -euo pipefail
: "${YOKE:?the command to test}" "${YOKE_SOURCE:?the source folder}" "${YOKE_TESTS:?the test program}"

library=
if command -v oclgrind >/dev/null; then
    prefix=$(dirname "$(dirname "$(command -v oclgrind)")")
    for file in "$prefix"/lib*/oclgrind/liboclgrind-rt-icd.so "$prefix"/lib*/liboclgrind-rt-icd.so \
        "$prefix"/lib/*/liboclgrind-rt-icd.so; do
        [ ! -e "$file" ] || library=$file
    done
fi
if [ -z "$library" ]; then
    echo "Oclgrind is missing: no kernel was checked"
    exit 77
fi

# The program `oclgrind` preloads its own library, which Yoke, opening the loader by name, does not see. As a driver
# of the loader it is seen. Unoptimised, because it does not know all that LLVM's optimiser makes of the kernels.
# OCLGRIND_UNINITIALIZED stays off: Oclgrind 21.10 then reports reads after a buffer fill or a rectangular copy,
# which we take for a gap of its own but have not proved to be one.
mkdir drivers cache
echo "$library" >drivers/oclgrind.icd
export OCL_ICD_VENDORS=$PWD/drivers XDG_CACHE_HOME=$PWD/cache
export OCLGRIND_LOG=$PWD/findings OCLGRIND_CHECK_API=1 OCLGRIND_DATA_RACES=1 OCLGRIND_BUILD_OPTIONS=-cl-opt-disable
if ! "$YOKE" devices 2>/dev/null | grep -q 'platform *Oclgrind$'; then
    echo "this OpenCL loader does not take Oclgrind as its only driver: no kernel was checked"
    exit 77
fi

# check NAME COMMAND...: the command succeeds and nothing is found.
check() {
    local name=$1 started=${EPOCHREALTIME/[.,]/} code=0
    shift
    rm -f findings
    "$@" >output 2>&1 || code=$?
    [ ! -s findings ] || sed -n '1,30p' findings
    if [ "$code" -ne 0 ] || [ -s findings ] || grep -q '^Oclgrind - ' output; then
        tail -n 20 output
        echo "FAILED $name: exit $code"
        exit 1
    fi
    echo "$name: nothing found, $(((${EPOCHREALTIME/[.,]/} - started) / 1000)) ms"
}

# find_planted NAME WORDS: the kernel of the test program that is wrong on purpose is found.
find_planted() {
    rm -f findings
    YOKE_TEST_CL_CHILD=$1 "$YOKE_TESTS" --suite cl >output 2>&1 || true
    if ! grep -qs "$2" findings; then
        tail -n 20 output
        echo "FAILED: the planted $1 was not found"
        exit 1
    fi
    echo "planted $1: found"
}

find_planted write-past-the-end "Invalid write"
find_planted read-past-the-end "Invalid read"
find_planted race "race"

check "known answers of every operation" "$YOKE" verify --devices cl
check "known answers in bands of every halved height" env YOKE_TEST_CL_CHILD=vectors "$YOKE_TESTS" --suite cl
"$YOKE" image 'resize 13x40 fit=exact' "$YOKE_SOURCE/data/illustration.png" -o tiny.png --devices cpu --quiet
pipeline='resize 60% | equalize | blur 2 | rotate 7 white | autolevel | median 3 | trim | bilateral 1 0.2'
pipeline+=' | convolve 0,1,0,1,2,1,0,1,0'
"$YOKE" image "$pipeline" tiny.png -o cpu.png --devices cpu --quiet
check "a pipeline in bands" \
    "$YOKE" image "$pipeline" tiny.png -o cl.png --devices cl --sched dynamic:16 --strict-devices
cmp cpu.png cl.png
