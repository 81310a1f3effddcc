# SPDX-License-Identifier: MIT
# An output folder whose place is taken by a file, or a report that cannot be written.
. "$LIB"
png a.png
echo text >taken
image invert a.png -o taken/
image invert a.png -o taken/sub/b.png
image invert a.png -o b.png --report none/report.json
image invert a.png -o b.png --report report.png
image invert a.png -o b.png --report .
files
