# SPDX-License-Identifier: MIT
# An output that is an input needs --in-place, however it is spelt; another file's input is never replaced.
. "$LIB"
png a.png d/a.png d/b.png
sha256sum a.png d/a.png d/b.png >before
image invert a.png -o a.png
image invert a.png -o ./d/../a.png --overwrite always
image invert a.png -o .
image invert -r d -o d
ln -s a.png link.png
image invert a.png -o link.png --overwrite always
image invert link.png -o a.png --overwrite always
title "the input of another"
image invert a.png d/a.png -o d --overwrite always
image invert d/b.png d/a.png -o '{dir}/a.png' --in-place
image invert a.png d/a.png -o d --in-place
title "untouched"
sha256sum --quiet -c before
files
