# SPDX-License-Identifier: MIT
# A folder without PNG files is no silent success.
. "$LIB"
mkdir -p d/e
echo text >d/e/a.txt
image invert -r d -o out
: >list
image invert --files-from list -o out
ls
