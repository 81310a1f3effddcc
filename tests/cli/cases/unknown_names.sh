# SPDX-License-Identifier: MIT
# Whatever is misspelt, the nearest name is offered; nothing is read or written.
. "$LIB"
png a.png
y imgae 'invert' a.png -o b.png
y xyzzy
y help imgae
y image 'invert' a.png -o b.png --devcies cpu
y image 'invert' a.png -o b.png --xyzzy
y image 'invert' a.png -o b.png -x
y image 'inverted' a.png -o b.png
y image 'blur sigam=2' a.png -o b.png
y image 'invert | resize 50% filter=lancsoz3' a.png -o b.png
y image 'invert' a.png -o b.png --overwrite allways
y image 'invert' a.png -o b.png --devices cpuu
y image 'invert' a.png -o b.png --sched dynamik
y ops blurr
y ops xyzzy
files
