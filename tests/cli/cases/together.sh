# SPDX-License-Identifier: MIT
# Two devices at one batch: what --stats, --report and --trace say of them, and that the figures agree.
. "$LIB"
opencl_device
png seed.png
y image --devices cpu --png 1 'resize 600x500 fit=exact enlarge=1' seed.png -o seed2.png
mkdir in
for number in 1 2 3 4; do cp seed2.png in/$number.png; done
y image --devices "cpu,$device" --sched static:1,1 'equalize | blur 2' in/*.png -o out --stats --report report.json \
    --trace trace.json 2>stats
python3 "$TRACE" trace.json report.json | sed 's/; .*//'
awk 'length > 80 {print "too long: " $0}' stats
sed "s/$device  */CL /; s/[0-9][0-9.]*/N/g; s/  *<- bounds the run//; s/  *\$//; s/  */ /g" stats
python3 - <<'REPORT'
import json
report = json.load(open("report.json"))
summary, devices = report["summary"], report["devices"]
print(sum(d["rows"] for d in devices), "rows: 4 files of 500, counted and made")
assert all(d["busy_ms"] + d["idle_ms"] <= d["lanes"] * summary["elapsed_ms"] + 0.001 for d in devices)
assert all(0 <= d["finished_ms"] <= summary["elapsed_ms"] for d in devices)
assert 0 < summary["computing_ms"] <= summary["elapsed_ms"]
assert abs(sum(d["busy_ms"] for d in devices) - summary["ms"]["compute"]) < 0.01
together = summary["together"]
assert together["devices"] == 2 and together["predicted"] is True
assert abs(together["speedup"] - together["alone_ms"] / summary["computing_ms"]) < 1e-6
finished = sorted(d["finished_ms"] for d in devices)
assert abs(together["balance"] - finished[0] / finished[1]) < 1e-6
assert 0 < together["efficiency"] < 1.2
cl = devices[1]
assert cl["bytes_up"] == 0 or cl["bytes_up"] >= cl["rows"] * 600 # 0: it shares the host's memory
print(cl["rows"], cl["returned_bands"], cl["retired"])
REPORT
