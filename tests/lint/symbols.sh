#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks a static library: every global symbol starts with yk_, and no writable data (no global state).
# usage: symbols.sh LIBRARY | --self-test        exit: 0 clean, 1 violations, 2 wrong usage
set -euo pipefail

check() {
    local names data total
    total=$(nm --defined-only "$1" 2>/dev/null | grep -c ' [A-Za-z] ' || true)
    if [ "$total" -eq 0 ]; then
        echo "$1: no symbols at all: nothing was checked" >&2
        return 1
    fi
    names=$(nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 && $3 !~ /^yk_/ { print $3 }' | sort -u)
    # Columns of sysv: name, value, class, type, size, line, section. Constants with pointers are .data.rel.ro.
    # (Sections .data.DW.* of GCC hold constants for the unwinder.)
    data=$(nm -f sysv --defined-only "$1" 2>/dev/null | awk -F'|' '
        NF == 7 { gsub(/ /, "", $1); gsub(/ /, "", $4); gsub(/ /, "", $7) }
        NF == 7 && $4 ~ /OBJECT|TLS|COMMON/ && $7 ~ /^(\.t?data|\.t?bss|\*COM\*)/ && $7 !~ /^\.data\.(rel\.ro|DW)/ {
            print $1 " (" $7 ")" }' | sort -u)
    [ -z "$names" ] || sed "s|^|$1: global symbol without yk_: |" <<<"$names" >&2
    [ -z "$data" ] || sed "s|^|$1: writable data: |" <<<"$data" >&2
    [ -z "$names$data" ]
}

self_test() {
    local code source
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    # expected exit, then the source
    while IFS='|' read -r code source; do
        printf '%s\n' "$source" | "${CC:-cc}" -fPIC -O2 -x c -c -o "$folder/a.o" -
        rm -f "$folder/a.a"
        ar rcs "$folder/a.a" "$folder/a.o"
        local got=0
        check "$folder/a.a" 2>/dev/null || got=$?
        if [ "$got" -ne "$code" ]; then
            echo "symbols.sh: self-test gave $got, expected $code, for: $source" >&2
            exit 1
        fi
    done <<'SOURCES'
0|int yk_a(void); int yk_a(void) { return 1; }
0|static const char *const names[] = {"a", "b"}; const char *yk_n(int i); const char *yk_n(int i) { return names[i]; }
1|int other(void); int other(void) { return 1; }
1|int yk_state; int yk_next(void); int yk_next(void) { return yk_state++; }
1|int yk_next(void); int yk_next(void) { static int state = 5; return state++; }
1|int yk_next(void); int yk_next(void) { static int state; return state++; }
1|int yk_next(void); int yk_next(void) { static _Thread_local int state; return state++; }
1|typedef int nothing;
SOURCES
    echo "symbols.sh: self-test passed"
}

case "${1-}" in
--self-test) self_test ;;
'' | -*) echo "usage: symbols.sh LIBRARY | --self-test" >&2; exit 2 ;;
*) check "$1" ;;
esac
