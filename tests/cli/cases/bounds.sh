# SPDX-License-Identifier: MIT
# Values outside their bounds name the bounds.
. "$LIB"
png a.png
image 'blur -1' a.png -o b.png
image 'blur 301' a.png -o b.png
image 'blur two' a.png -o b.png
image 'invert' a.png -o b.png --png 10
image 'invert' a.png -o b.png --png quick
image 'invert' a.png -o b.png --threads 0
image 'invert' a.png -o b.png --threads 18446744073709551616
image 'invert' a.png -o b.png --mem 1
image 'invert' a.png -o b.png --mem 2Q
image 'invert' a.png -o b.png --mem 99999999999T
image 'invert' a.png -o b.png --max-pixels 0
files
title "sizes with suffixes"
for size in 2M 2MB 2MiB 2m 2097152 2048K; do
    image 'invert' a.png -o "$size.png" --mem "$size" --report "$size.json"
    grep '"memory"' "$size.json"
done
