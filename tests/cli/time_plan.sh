# SPDX-License-Identifier: MIT
# A plan for 40,000 files takes no more than a moment, and so does one for a tree 300 folders deep.
set -uo pipefail
: "${YOKE:?the command to test}"
LIMIT=3 # seconds; a release build needs a tenth of it
for folder in $(seq 100); do
    mkdir -p "in/$folder"
    (cd "in/$folder" && seq -f '%g.png' 400 | xargs touch)
done
deep=in/deep
for _ in $(seq 300); do
    deep+=/f
done
mkdir -p "$deep" && touch "$deep/x.png"
check() {
    local wanted=$1 start=${EPOCHREALTIME/[.,]/} lines
    shift
    lines=$("$YOKE" image invert "$@" -n | wc -l)
    local took=$((${EPOCHREALTIME/[.,]/} - start))
    echo "$lines lines in $((took / 1000)) ms"
    [ "$lines" -eq "$wanted" ] && [ "$took" -lt $((LIMIT * 1000000)) ]
}
check 40002 -r in -o out && check 40002 -r in -o 'out/{dir}/{index}-{name}.png' && cp -a in out &&
    check 40002 -r in -o out --overwrite always
