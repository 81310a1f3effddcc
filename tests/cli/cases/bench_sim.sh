# SPDX-License-Identifier: MIT
# The simulator: equal figures each time, a table, JSON and a trace that agree, faults, a schedule that misses its
# gates, and words that make no sense.
. "$LIB"
quick=(bench sim --seeds 3 --ms 200)
y bench list
title "table" # the time per package is the machine's
"$YOKE" "${quick[@]}" --ratio 1:2 --shape flat | sed 's/\([0-9]\)  us$/\1  pass/'
"$YOKE" "${quick[@]}" | awk 'length > 80 { print "too wide: " $0 }'
title "exit codes"
"$YOKE" "${quick[@]}" --policy dynamic:256 >/dev/null
echo "dynamic:256: $?"
title "json and trace"
"$YOKE" bench sim --json >all.json
"$YOKE" "${quick[@]}" --ratio 1:2:4 --lanes 2 --halo 2 --profile near --json >a.json
"$YOKE" "${quick[@]}" --ratio 1:2:4 --lanes 2 --halo 2 --profile near --json >b.json
faults=(--fail 1@3 --slow 0@20=2)
"$YOKE" "${quick[@]}" --ratio 1:2 --shape ramp --policy dynamic:100 "${faults[@]}" --json --trace t.json >c.json
echo "faulty: $?"
"$YOKE" "${quick[@]}" --ratio 1:2 --hang 1@1 --json >d.json
python3 - <<'PYTHON'
import json
a, b, c, d = (json.load(open(name + ".json")) for name in "abcd")
keys = sorted(a)
for run in (a, b):  # the time per package, and so its gate, is the machine's
    del run["pass"]
    for case in run["cases"]:
        del case["ns_per_package"]
        case["misses"] = [miss for miss in case["misses"] if miss != "cost"]
print(a == b, keys, len(a["cases"]), len(a["means"]), a["means"][0]["gate"])
print(sorted(a["cases"][0]), a["cases"][0]["ratio"], a["cases"][0]["runs_on_several"])
print([case["makespan_ms"] > 5000 for case in d["cases"]])  # the deadline is 5 s
cases = json.load(open("all.json"))  # the time per package is the machine's
missed = [case for case in cases["cases"] if set(case["misses"]) - {"cost"}]
print(len(cases["cases"]), missed, cases["means"][1]["pass"])
trace = json.load(open("t.json"))
spans = [event for event in trace if event["ph"] == "X"]
done = [span["args"]["y1"] - span["args"]["y0"] for span in spans if span["name"] == "package"]
print(sum(done), sorted({span["name"] for span in spans}), len({span["pid"] for span in spans}))
PYTHON
costs=(--rows 100 --cold 50000 --overhead 1 --latency 1000)
"$YOKE" "${quick[@]}" --ratio 1:2 --shape flat "${costs[@]}" --policy single:1 --json |
    python3 -c 'import json, sys; print(241 < json.load(sys.stdin)["cases"][0]["makespan_ms"] < 261)'  # 200 + 50 + 1
title "errors"
for words in "--policy banana" "--ratio 1:x" "--ratio 1:" "--ratio 0:1" "--shape round" "--ms 0" "--fail 2@1" \
    "--fail 0@0" "--fail 1" "--slow 0@5" "--slow 0@5=0" "--hang x@1" "--lanes 0" "x" "--trace no/such/folder/t"; do
    # shellcheck disable=SC2086
    "$YOKE" "${quick[@]}" $words 2>&1 >/dev/null | head -n 1
done
y bench simm
y bench
