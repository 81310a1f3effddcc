# SPDX-License-Identifier: MIT
# Names from a list, by line or by NUL, from a file or standard input.
. "$LIB"
png a.png 'd/b c.png' ./-
printf 'a.png\n\nd/b c.png' >list
title "lines"
image invert --files-from list -o one
files one
title "NUL, standard input"
png $'two\nlines.png'
find . -maxdepth 1 -name 'two*' -print0 | image invert --files-from - -0 -o two
find two -type f -print0 | tr '\0\n' '0n'
echo
title "NUL without -0"
printf 'a.png\0d/b c.png\0' >list0
image invert --files-from list0 -o three
image invert --files-from list0 -0 -o three
files three
title "a dash in a list is a file"
echo - | image invert --files-from - -o 'four/{index}.png'
files four
title "names that are not there"
printf 'a.png\nnone.png\n' | image invert --files-from - -o five
files five
image invert --files-from none -o six
title "a list and arguments"
printf 'a.png\n' | image invert 'd/b c.png' --files-from - -o 'seven/{index}-{name}.png' -n
title "standard input twice"
image invert - --files-from - -o eight </dev/null
image invert - - -o nine </dev/null
