# SPDX-License-Identifier: MIT
# What is missing or contradicts itself.
. "$LIB"
png a.png
y image
y image invert
y image invert a.png
y image invert a.png -o
y image invert a.png --output
y image invert a.png -o b.png --quiet=yes
y image invert a.png -o b.png -0
y image a.png -o b.png
y image a.png a.png -o b.png
y ops blur box
y ops --markdown --json
y info
y devices cpu
y verify cpu
y version now
y completion bash
files
