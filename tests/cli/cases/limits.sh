# SPDX-License-Identifier: MIT
# Images over the limit are refused, and only those.
. "$LIB"
png a.png
image 'resize 4x3 fit=exact' a.png -o small.png
image 'invert' a.png small.png -o out --max-pixels 47
files out
y info a.png --max-pixels 47
