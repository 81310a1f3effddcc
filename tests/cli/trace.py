# SPDX-License-Identifier: MIT
"""Checks a trace of `yoke image`. usage: trace.py TRACE.json REPORT.json

Every event has its keys, spans have a length of at least 0, those on one lane do not overlap, and every file of the
report has its stages. Prints what happened how often, without figures that depend on the machine.
"""
import collections
import json
import sys

events = json.load(open(sys.argv[1], encoding="utf-8"))
report = json.load(open(sys.argv[2], encoding="utf-8"))
for event in events:
    missing = {"name", "ph", "ts", "pid", "tid"} - set(event)
    assert not missing, (missing, event)
    assert event["ts"] >= 0, event
    assert event["ph"] in "XiM", event
spans = [event for event in events if event["ph"] == "X"]
lanes = collections.defaultdict(list)
for span in spans:
    assert span["dur"] >= 0, span
    lanes[span["pid"], span["tid"]].append((span["ts"], span["ts"] + span["dur"], span["name"]))
for lane in lanes.values():
    lane.sort()
    for before, after in zip(lane, lane[1:]):
        assert before[1] <= after[0] + 0.0005, (before, after)  # times are rounded to 0.001
named = {kind: {event["tid" if kind == "thread_name" else "pid"] for event in events if event["name"] == kind}
         for kind in ("process_name", "thread_name")}
assert {pid for pid, _ in lanes} <= named["process_name"]
assert {tid for _, tid in lanes} <= named["thread_name"]

of_file = collections.defaultdict(collections.Counter)
rows = collections.Counter()
for span in spans:
    if "file" in span["args"]:
        of_file[span["args"]["file"]][span["name"]] += 1
    if "y1" in span["args"] and span["name"] in ("compute", "statistic"):
        rows[span["pid"]] += span["args"]["y1"] - span["args"]["y0"]
done = [entry for entry in report["files"] if entry["status"] == "done"]
for entry in done:
    got = of_file[entry["input"]]
    assert got["read"] == 1 and got["decode"] == 1 and got["encode begin"] == 1 and got["encode part"] >= 1, got
    assert of_file[entry["output"]]["write"] == 1, entry["output"]
assert sorted(rows.values()) == sorted(d["rows"] for d in report["devices"] if d["rows"]), rows
elapsed = report["summary"]["elapsed_ms"]
for device in report["devices"]:
    assert device["busy_ms"] <= device["lanes"] * elapsed + 0.001, device
print(len(done), "files with all stages;", sum(rows.values()), "rows;", *sorted({span["name"] for span in spans}))
print("dropped", [event["args"]["count"] for event in events if event["name"] == "events dropped"])
