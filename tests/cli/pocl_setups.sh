#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes from every way in which PoCL can be set up: two devices of one name, a device divided in two, one
# device alone, two kinds beside the CPU; and without any OpenCL driver. Skipped where PoCL is missing.
set -euo pipefail
: "${YOKE:?the command to test}" "${YOKE_SOURCE:?the source folder}"
unset POCL_DEVICES YOKE_CL_SPLIT
# Two units, also on one core; the names of PoCL 3.1 and of 4.0 on.
export POCL_MAX_PTHREAD_COUNT=2 POCL_CPU_MAX_CU_COUNT=2
PIPELINE='resize 50% | blur 2 | equalize | rotate 5 white | sharpen 1'
images=("$YOKE_SOURCE"/data/{scene,illustration,fractal16,text}.png)
failed=0

# devices: the ids of PoCL's usable devices, with commas.
devices() {
    "$YOKE" devices --json 2>/dev/null | python3 -c 'import json, sys
print(",".join(d["id"] for d in json.load(sys.stdin)["devices"]
               if d["usable"] and d["platform"] == "Portable Computing Language"))'
}

fail() {
    echo "FAILED $*"
    failed=1
}

# same NAME OPTION...: the batch with these options has the bytes of the reference, and every device did rows of it.
# PoCL 3.1 with two devices of the kind `basic` now and then ends the process itself, with an assertion about its table
# of loaded kernels (pocl_release_dlhandle_cache: found->ref_count > 0): then it is tried again, twice.
same() {
    local name=$1 image attempt code
    shift
    for attempt in 1 2 3; do
        code=0
        "$YOKE" image "$PIPELINE" "${images[@]}" -o "$name/" --report report.json --quiet --overwrite always "$@" \
            2>errors || code=$?
        grep -q 'lib/CL/.*pocl_release_dlhandle_cache: Assertion' errors || break
        echo "$name: an assertion of PoCL failed, attempt $attempt"
    done
    if [ "$code" -ne 0 ]; then
        fail "$name: exit $code, $(head -n 1 errors)"
        return
    fi
    for image in "${images[@]##*/}"; do
        cmp "reference/$image" "$name/$image" || fail "$name: $image differs"
    done
    python3 - "$name" <<'REPORT' || fail "$name: not every device computed"
import json, sys
devices = json.load(open("report.json"))["devices"]
print(sys.argv[1] + ":", ", ".join(f"{d['id']} {d['rows']} rows" for d in devices))
chosen = devices[:-1] if devices[-1]["id"] == "cpu" else devices  # a CPU that was not chosen comes last
sys.exit(not all(d["rows"] > 0 and not d["retired"] for d in chosen))
REPORT
}

"$YOKE" image "$PIPELINE" "${images[@]}" -o reference/ --devices cpu --quiet

small= large=
for name in basic cpu-minimal; do # PoCL 3.1, 4.0 and later
    [ -n "$small" ] || [ -z "$(POCL_DEVICES=$name devices)" ] || small=$name
done
for name in pthread cpu; do
    [ -n "$large" ] || [ -z "$(POCL_DEVICES=$name devices)" ] || large=$name
done
if [ -z "$small" ] || [ -z "$large" ]; then
    echo "PoCL is missing, or its devices cannot be used: nothing was compared"
    exit 77
fi

export POCL_DEVICES="$small $small"
pair=$(devices)
[ "$(tr , '\n' <<<"$pair" | wc -l)" -eq 2 ] || fail "'$POCL_DEVICES' gives the devices '$pair', not two"
same twins --devices "$pair" --sched static:1,1
same twins-dynamic --devices "$pair" --sched dynamic:16
same twins-and-cpu --devices "cpu,$pair" --sched static:1,1,1

export POCL_DEVICES=$large
one=$(devices)
same alone --devices "$one"
same alone-and-cpu --devices "cpu,$one" --sched static:1,1

export YOKE_CL_SPLIT=1,1
parts=$(devices)
[ "$parts" = "$one.0,$one.1" ] || fail "$one is divided into '$parts'"
same parts --devices "$parts" --sched static:1,1
same parts-auto --devices "$parts" --sched auto
same parts-and-cpu --devices "cpu,$parts" --sched static:1,1,1
same part --devices "$one.1"
unset YOKE_CL_SPLIT

export POCL_DEVICES="$small $large"
kinds=$(devices)
same kinds-and-cpu --devices "cpu,$kinds" --sched static:1,1,1

# No driver at all: the CPU does it, unless a device was demanded.
mkdir no-drivers
export OCL_ICD_VENDORS=$PWD/no-drivers
unset POCL_DEVICES
[ -z "$(devices)" ] || fail "devices without drivers: $(devices)"
same none-auto --devices auto
same none-cl --devices cl
code=0
"$YOKE" image invert "${images[0]}" -o strict/ --devices cl --strict-devices 2>errors || code=$?
[ "$code" -eq 5 ] && [ ! -e strict ] || fail "exit $code without a demanded device, expected 5 and no output"
exit "$failed"
