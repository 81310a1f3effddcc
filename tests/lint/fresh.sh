#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks that what is generated from the tables and kept in the tree is current: the operation reference and the
# completion script. usage: fresh.sh YOKE SOURCE_DIR [--update]        exit: 0 current, 1 stale, 2 wrong usage
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: fresh.sh YOKE SOURCE_DIR [--update]" >&2; exit 2; }
yoke=$1 source=$2 stale=0

check() {
    local file=$source/$1
    shift
    if [ "${update-}" ]; then
        "$@" >"$file"
    elif ! "$@" | cmp -s - "$file"; then
        echo "$file is stale: run tests/lint/fresh.sh $yoke $source --update" >&2
        stale=1
    fi
}

[ "${3-}" != --update ] || update=1
check kernels/REFERENCE.md "$yoke" ops --markdown
check cli/completion.bash "$yoke" completion
exit "$stale"
