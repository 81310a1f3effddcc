# SPDX-License-Identifier: MIT
# --trace: a file in Chrome's format with every stage of every file, written as a whole, checked before the run.
. "$LIB"
png a.png 'quo"te.png' $'line\nfeed.png' $'bad\xff.png'
echo old >trace.json
ln -s trace.json link.json
image 'equalize | blur 1' ./*.png -o out --trace link.json --threads 2 --sched dynamic:2 --report report.json
stat -c '%F' link.json
python3 "$TRACE" trace.json report.json
ls ./*.json
title "nothing recorded when all is skipped"
image 'equalize | blur 1' a.png -o out/a.png --trace skipped.json
python3 -c 'import json; print(len(json.load(open("skipped.json"))))'
title "refused before anything is read"
mkdir folder
image 'invert' a.png -o none/a.png --trace folder
image 'invert' a.png -o none/a.png --trace no/such/folder.json
image 'invert' a.png -o none/a.png --trace trace.png
image 'invert' a.png -o none/a.png --trace both.json --report both.json
image 'invert' a.png -o none/a.png --trace /dev/full
ls ./*.json
