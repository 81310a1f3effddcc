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
title "on a terminal, the bar is taken away in the end"
command -v script >/dev/null || skip "no script(1)"
big one.png
for number in 1 2 3 4 5 6 7 8; do
    cp one.png "in$number.png"
done
TERM=xterm script -qec "'$YOKE' image --devices cpu 'bilateral 1 0.1' in?.png -o five" typescript </dev/null >text
tr '\r' '\n' <text | grep -c 'files.* MB/s' | sed 's/[1-9][0-9]*/N/'
tail -c 4 text | cat -v
echo
