# SPDX-License-Identifier: MIT
# Two inputs to one output are found before anything is read, also behind other spellings of the same place.
. "$LIB"
png x/a.png y/a.png
image invert x/a.png y/a.png -o out
image invert x/a.png x/a.png -o out
image invert -r x y -o out
image invert x/a.png y/a.png -o 'out/same.png'
image invert x/a.png y/a.png -o 'out/{name}.{ext}'
image invert x/a.png y/a.png -o same.png
image invert x/a.png y/a.png -o -
mkdir real
ln -s ../real/ linked
ln -s real linked2
image invert x/a.png y/a.png -o '{dir}/../real/b.png'
ln -s b.png real/c.png
touch real/b.png
title "a link to the same file"
image invert x/a.png -o 'real/b.png' --overwrite always
cp x/a.png b.png
cp x/a.png c.png
image invert b.png c.png -o real --overwrite always
files
