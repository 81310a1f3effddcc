# SPDX-License-Identifier: MIT
# On a terminal a bar shows the progress, and is taken away in the end.
. "$LIB"
command -v script >/dev/null || skip "no script(1)"
script -qec true typescript </dev/null >none 2>&1 || skip "no pseudo-terminal here"
big one.png
for number in 1 2 3 4 5 6 7 8; do
    cp one.png "in$number.png"
done
TERM=xterm script -qec "'$YOKE' image --devices cpu 'bilateral 1 0.1' in?.png -o five" typescript </dev/null >text
tr '\r' '\n' <text | grep -c 'files.* MB/s' | sed 's/[1-9][0-9]*/N/'
tail -c 4 text | cat -v
echo
