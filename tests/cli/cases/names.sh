# SPDX-License-Identifier: MIT
# File names of all kinds go through, and print so that no terminal is harmed.
. "$LIB"
png 'with space.png' $'two\nlines.png' ./-dash.png $'esc\e[31m.png' $'bell\a.png' $'inval\xff.png' 'ünï.png' "it's.png"
image invert -o out --report report.json -- *.png
(cd out && find . -type f -print0 | sort -z | tr '\0' '|' | cat -v)
echo
title "in lists"
image invert -o out -n -- *.png
rm -f ./*.png
echo text >$'bad\n\e[31m.png'
image invert -o out2 -- *.png
y info ./*.png
title "in the report"
python3 - <<'REPORT'
import json
for f in json.load(open("report.json"))["files"]:
    print(ascii(f["input"]), f.get("input_hex"), f["status"])
REPORT
