#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the cases of the command: cases/NAME.sh, each in an empty folder of its own, and compares what it writes with
# NAME.out and NAME.err (a missing file: nothing; each line is a pattern of the shell, so * stands for anything) and its
# exit code with NAME.exit (missing: 0). A case that exits with 77 is skipped.
# usage: run.sh [--update] [YOKE [NAME...]]       YOKE: the command; else the variable YOKE
#        --update writes what a failed case gave to its files: read the difference before you keep it
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
update=
if [ "${1-}" = --update ]; then
    update=1
    shift
fi
if [ $# -gt 0 ]; then
    YOKE=$1
    shift
fi
if [ -z "${YOKE-}" ] || [ ! -x "$YOKE" ]; then
    echo "run.sh: no command to test: ${YOKE-usage: run.sh [--update] YOKE [NAME...]}" >&2
    exit 2
fi
YOKE=$(realpath "$YOKE")
YOKE_SOURCE=${YOKE_SOURCE:-$(realpath "$here/../..")}
export YOKE YOKE_SOURCE DATA="$YOKE_SOURCE/data" LIB="$here/lib.sh" TRACE="$here/trace.py" LC_ALL=C.UTF-8
unset YOKE_IO YOKE_CPU # what they choose is not what the expectations are about
scratch=$(mktemp -d)
trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT

# matches EXPECTED ACTUAL: every line fits the pattern on the same line.
matches() {
    local -a patterns=() got=()
    local i
    [ ! -e "$1" ] || mapfile -t patterns <"$1"
    mapfile -t got <"$2"
    [ "${#patterns[@]}" -eq "${#got[@]}" ] || return 1
    for ((i = 0; i < ${#got[@]}; i++)); do
        # The right side is meant to be a pattern.
        # shellcheck disable=SC2053
        [[ ${got[i]} == ${patterns[i]} ]] || return 1
    done
}

# keep ACTUAL EXPECTED: the lines of ACTUAL as patterns for themselves.
keep() {
    rm -f "$2"
    [ ! -s "$1" ] || sed 's/[][\\*?]/\\&/g' "$1" >"$2"
}

# run_case NAME: 0 passed, 1 failed, 77 skipped.
run_case() {
    local name=$1 base=$here/cases/$1 work=$scratch/$1 code=0 wanted=0 bad=
    mkdir -p "$work"
    (cd "$work" && TMPDIR=$scratch exec bash -u "$base.sh") >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
    [ "$code" -ne 77 ] || return 77
    [ ! -e "$base.exit" ] || wanted=$(<"$base.exit")
    [ "$code" -eq "$wanted" ] || bad="exit code $code, expected $wanted"
    matches "$base.out" "$scratch/out" || bad+="${bad:+; }standard output differs"
    matches "$base.err" "$scratch/err" || bad+="${bad:+; }standard error differs"
    [ -n "$bad" ] || return 0
    echo "FAILED $name: $bad"
    touch "$scratch/none"
    local stream
    for stream in out err; do
        local file=$base.$stream
        [ -e "$file" ] || file=$scratch/none
        matches "$file" "$scratch/$stream" ||
            sed 's/\\\(.\)/\1/g' "$file" |
            diff -u --label "expected $stream" --label "actual $stream" - "$scratch/$stream"
    done
    if [ -n "$update" ]; then
        matches "$base.out" "$scratch/out" || keep "$scratch/out" "$base.out"
        matches "$base.err" "$scratch/err" || keep "$scratch/err" "$base.err"
        if [ "$code" -eq 0 ]; then rm -f "$base.exit"; else echo "$code" >"$base.exit"; fi
        echo "updated $name"
    fi
    return 1
}

if [ $# -eq 0 ]; then
    for script in "$here"/cases/*.sh; do
        set -- "$@" "$(basename "$script" .sh)"
    done
fi
passed=0 failed=0 skipped=0
for name in "$@"; do
    if [ ! -e "$here/cases/$name.sh" ]; then
        echo "run.sh: there is no case '$name'" >&2
        exit 2
    fi
    result=0
    run_case "$name" || result=$?
    case $result in
    0) passed=$((passed + 1)) ;;
    77)
        skipped=$((skipped + 1))
        echo "skipped $name: $(head -n 1 "$scratch/err")"
        ;;
    *) failed=$((failed + 1)) ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
