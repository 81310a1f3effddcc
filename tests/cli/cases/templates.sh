# SPDX-License-Identifier: MIT
# {dir} {name} {ext} {index} and literal braces.
. "$LIB"
png a.png d/b.png d/sub/c.PNG
cp a.png d/photo.jpeg
plan() { image invert "$@" -n | tail -n +2; }
plan a.png d/b.png d/photo.jpeg -o '{dir}/{name}-small.{ext}'
plan -r d -o 'out/{dir}/{name}.{ext}'
plan -r d a.png -o '{index}{{x}}.png'
plan a.png a.png a.png a.png a.png a.png a.png a.png a.png a.png -o '{index}.png'
plan - -o '{dir}/{name}.{ext}'
plan "$PWD/a.png" -o '{name}/{index}.png'
title "a folder keeps the name"
plan d/photo.jpeg d/b.png -o out/
title "wrong ones"
image invert a.png -o '{nam}.png'
image invert a.png -o 'out/{name.png'
image invert a.png -o '{name}}.png'
image invert a.png -o '{dir}/'
image invert a.png -o '{name}.jpg'
image invert a.png -o '{name}'
image invert a.png -o 'b.jpg'
image invert a.png -o '{dir}/../none/../{name}.png'
echo text >text
image invert a.png d/b.png -o text
files
title "for real"
image invert -r d -o 'out/{dir}/{name}-{index}.png'
files out
