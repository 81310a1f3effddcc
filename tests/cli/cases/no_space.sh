# SPDX-License-Identifier: MIT
# What cannot be written ends with an exit code.
. "$LIB"
png a.png
[ -c /dev/full ] || skip "no /dev/full"
for words in "--help" "version" "version --json" "ops" "ops --json" "ops --markdown" "ops blur" \
    "image --help" "completion" "devices --json" "info a.png" "image invert a.png -o b.png -n"; do
    code=0
    # shellcheck disable=SC2086
    "$YOKE" $words >/dev/full || code=$?
    echo "$words: exit $code"
done
code=0
"$YOKE" image --devices cpu invert a.png -o - >/dev/full || code=$?
echo "image to standard output: exit $code"
code=0
"$YOKE" image --devices cpu invert a.png -o b.png --report /dev/full || code=$?
echo "report: exit $code"
ls
