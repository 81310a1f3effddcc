# SPDX-License-Identifier: MIT
# A bad file fails alone, with its name and the reason; the others are done.
. "$LIB"
png a.png z.png
head -c 100 a.png >truncated.png
echo "this is text" >text.png
: >empty.png
mkdir folder.png
mkfifo pipe.png
image invert a.png truncated.png text.png empty.png none.png pipe.png z.png -o out --report report.json
files out
python3 - <<'REPORT'
import json
report = json.load(open("report.json"))
print(report["outcome"], report["exit"], {k: report["summary"][k] for k in ("files", "done", "failed", "skipped")})
for f in report["files"]:
    print(f["input"], f["status"], f["input_size"], f["output_size"], bool(f["output_bytes"]), f["devices"],
          bool(f["reason"]))
REPORT
title "--quiet keeps the errors"
image invert a.png text.png -o quiet -q
title "--fail-fast"
mkdir many
for number in $(seq 200); do
    cp a.png "many/$number.png"
done
image invert text.png many/*.png -o fast --fail-fast
rm -rf many fast
title "a folder is an error of the plan"
image invert a.png folder.png -o plan
ls
