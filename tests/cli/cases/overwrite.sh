# SPDX-License-Identifier: MIT
# never keeps and tells, always replaces, newer replaces what is older than its input.
. "$LIB"
png a.png b.png c.png
mkdir out
echo old >out/a.png
echo old >out/b.png
title "never"
image invert a.png b.png c.png -o out --report never.json
cat out/a.png out/b.png
ls out
python3 - <<'REPORT'
import json
report = json.load(open("never.json"))
print([(f["status"], f["reason"]) for f in report["files"]], report["summary"]["skipped"])
REPORT
image invert c.png -o out
image invert c.png -o out --quiet
title "newer"
touch -d '2020-01-02' out/a.png
touch -d '2020-01-01' a.png out/b.png
touch -d '2020-01-03' b.png
image invert a.png b.png -o out --overwrite newer
cat out/a.png
pixels out/b.png
title "always"
image invert a.png b.png -o out --overwrite always
pixels out/a.png out/b.png
title "an output that is a folder"
mkdir out/d.png
png d.png
image invert d.png -o out --overwrite always
image invert d.png -o out
