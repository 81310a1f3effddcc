# SPDX-License-Identifier: MIT
# Every help text, and that none is wider than 80 columns.
. "$LIB"
y --help
for command in image ops devices info verify bench "bench list" "bench sim" version completion; do
    title "$command"
    # shellcheck disable=SC2086
    y $command --help
done
title "other ways to the same"
for words in "-h" "help" "help image" "help bench" "help bench sim" "image -h" "image -rh" "image x --help y"; do
    # shellcheck disable=SC2086
    y $words | head -n 1
done
"$YOKE" --help >text
for command in image ops devices info verify bench "bench list" "bench sim" version completion; do
    # shellcheck disable=SC2086
    "$YOKE" $command --help >>text
done
awk 'length > 80 { print "too wide: " $0 }' text
