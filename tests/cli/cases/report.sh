# SPDX-License-Identifier: MIT
# What the report holds, its types, and that it replaces a file as a whole.
. "$LIB"
png a.png
echo old >report.json
ln -s report.json link.json
image 'resize 4x | blur 1' a.png -o out --report link.json --threads 2 --mem 64M --png 3 --max-pixels 1000 \
    --io posix --sched dynamic:16 --overwrite newer --fail-fast
stat -c '%F' link.json
python3 - <<'REPORT'
import json
report = json.load(open("report.json"))
print(list(report))
print(report["yoke"], report["command"], report["pipeline"], report["outcome"], report["reason"], report["exit"])
print(report["options"])
print(list(report["summary"]), report["summary"]["io_engine"], report["summary"]["threads"])
print(list(report["summary"]["ms"]), all(v >= 0 for v in report["summary"]["ms"].values()))
print([(list(d), d["id"], d["retired"]) for d in report["devices"]])
print([(d["rows"], d["bytes_up"], d["bytes_down"], d["returned_bands"], d["lanes"]) for d in report["devices"]])
print(report["summary"]["together"], report["summary"]["computing_ms"] > 0)
f = report["files"][0]
print(list(f))
print(f["status"], f["reason"], f["input_bytes"], f["output_bytes"] > 0)
print(f["input_size"], f["output_size"], f["devices"])
print(list(f["ms"]), f["ms"]["read"] > 0, f["ms"]["decode"] > 0, f["ms"]["encode"] > 0, f["ms"]["write"] > 0)
REPORT
ls
title "when all is skipped"
image 'invert' a.png -o out/a.png --report skipped.json
python3 -c 'import json; print(json.load(open("skipped.json"))["summary"]["skipped"])'
