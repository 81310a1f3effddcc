# SPDX-License-Identifier: MIT
# -r takes the PNG files below a folder, sorted, without hidden ones, and mirrors the tree.
. "$LIB"
png d/b.png d/a.PNG d/sub/c.png d/sub/deep/e.png d/.hidden.png d/.git/f.png real/g.png
echo text >d/notes.txt
mkdir d/empty d/folder.png
mkfifo d/pipe.png
ln -s ../real d/linked
ln -s .. d/sub/loop
ln -s ../../real/g.png d/sub/linked.png
ln -s nowhere d/sub/dangling.png
image invert d -o out
image invert -r d -o out -n
image invert -r d real -o out
files out
title "an output inside its input"
image invert -r real -o real/out
image flip -r real -o real/out
files real
title "a trailing slash, the current folder"
image invert -r d/sub/ -o out2/ -q
files out2
cd real || exit
image invert -r . -o ../out3 -n
title "a folder as well as a file in it"
image invert -r . g.png -o ../out4
