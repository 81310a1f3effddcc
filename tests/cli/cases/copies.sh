# SPDX-License-Identifier: MIT
# What is copied to an OpenCL device and back is a span of its own in the trace, before and after the kernels.
. "$LIB"
opencl_device
png seed.png
y image --devices cpu --png 1 'resize 700x600 fit=exact enlarge=1' seed.png -o large.png
y image --devices "$device" --sched dynamic:50 'crop 600x500+5+5 | median 5 | equalize' large.png -o out.png \
    --report report.json --trace trace.json
python3 "$TRACE" trace.json report.json
python3 - <<'COPIES'
import json
events, report = json.load(open("trace.json")), json.load(open("report.json"))
device = next(d for d in report["devices"] if d["id"] != "cpu")
spans = [e for e in events if e["ph"] == "X" and e["name"] in ("upload", "compute", "statistic", "download")]
size = lambda name: sum(s["args"].get("bytes", 0) for s in spans if s["name"] == name)
length = lambda name: sum(s["dur"] for s in spans if s["name"] == name) / 1000
names = {s["name"] for s in spans}
if "upload" in names: # parts of rows are copied, whole rows only where memory is not shared
    assert size("upload") == device["bytes_up"] > 0 and size("download") == device["bytes_down"] > 0
    assert abs(length("upload") - device["upload_ms"]) < 0.01 * len(spans)
    assert abs(length("download") - device["download_ms"]) < 0.01 * len(spans)
for lane in {s["tid"] for s in spans}:
    order = [s["name"] for s in sorted((s for s in spans if s["tid"] == lane), key=lambda s: s["ts"])]
    for before, after in zip(order, order[1:]):
        assert not (before == "upload" and after in ("upload", "download")), order
        assert not before == after == "download", order
print("spans in order")
copies, kernels = ([s for s in spans if (s["name"] in ("upload", "download")) == copy] for copy in (True, False))
beside = 0
for copy in copies:
    begin, end = copy["ts"], copy["ts"] + copy["dur"]
    beside += any(k["tid"] != copy["tid"] and k["ts"] < end and begin < k["ts"] + k["dur"] for k in kernels)
print(len(copies), "copies,", beside, "of them beside another slot's kernels")
COPIES
