# SPDX-License-Identifier: MIT
# Standard input and output.
. "$LIB"
png a.png
image 'resize 4x3 fit=exact' - -o - <a.png | cat >b.png
image 'resize 4x3 fit=exact' a.png -o c.png
cmp b.png c.png
pixels b.png
title "to a folder"
image 'invert' - -o out <a.png
files out
title "nothing, and rubbish"
image 'invert' - -o - </dev/null | wc -c
echo text | image 'invert' - -o d.png
y info - <a.png | grep -v bytes
ls
