# SPDX-License-Identifier: MIT
# --in-place replaces inputs, keeps links and permission bits, and needs no other option.
. "$LIB"
png a.png d/b.png d/e/c.png
chmod 640 a.png
ln -s ../a.png d/link.png
cp a.png before.png
image 'invert | flip' a.png --in-place
cmp -s a.png before.png && echo "not changed"
stat -c '%a %n' a.png
title "twice is where it began"
image 'flip | invert' a.png --in-place
image '' before.png -o same.png
cmp a.png same.png
title "a tree"
image 'resize 50%' -r d --in-place
pixels d/b.png d/e/c.png a.png
stat -c '%F' d/link.png
title "one file through two names"
image 'invert' a.png d/link.png --in-place
title "with an output"
image 'invert' a.png -o . --in-place
title "standard input"
image 'invert' - --in-place <a.png
files
