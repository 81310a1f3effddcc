# SPDX-License-Identifier: MIT
# --stats and --progress write to standard error only, and --quiet silences them.
. "$LIB"
png a.png b.png
image 'invert' a.png b.png -o one --stats 2>&1 >none | sed 's/[0-9][0-9.]*/N/g; s/  *<- bounds the run//; s/  */ /g'
"$YOKE" image --devices cpu 'invert' a.png b.png -o one --overwrite always --stats 2>&1 | grep -c ' <- bounds the run'
wc -c <none
image 'invert' a.png b.png -o two --progress always 2>&1 >none | tail -n 1
wc -c <none
image 'invert' a.png b.png -o three --progress auto
image 'invert' a.png b.png -o four --stats --progress always --quiet
