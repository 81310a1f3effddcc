# SPDX-License-Identifier: MIT
# The listings a program reads are JSON, and agree with those for a person.
. "$LIB"
for words in "ops" "devices" "version" "verify --devices cpu"; do
    # shellcheck disable=SC2086
    "$YOKE" $words --json 2>/dev/null >"${words%% *}.json" || echo "exit $?"
done
"$YOKE" ops >ops.txt
"$YOKE" ops --json blur >blur.json
"$YOKE" ops --markdown >ops.md
python3 - <<'JSON'
import json, os
ops = json.load(open("ops.json"))
print([o["name"] for o in ops] == [line.split()[0] for line in open("ops.txt")], len(ops) >= 29)
print([o for o in ops if not (o["doc"] and o["shape"])])
page = open("ops.md").read()
print([o["name"] for o in ops if o["name"] not in page])
print(json.load(open("blur.json")) == [o for o in ops if o["name"] == "blur"][0])
devices = json.load(open("devices.json"))
print(devices["devices"][0]["id"], devices["devices"][0]["usable"], devices["devices"][0]["units"] >= 1)
print(sorted(devices["devices"][0]))
print([d["id"] for d in devices["devices"] if not (d["usable"] or d["reason"])])
print(sorted(json.load(open("version.json"))))
levels = json.load(open("verify.json"))
print(all(r["device"] == "cpu" and r["failed"] == 0 and r["passed"] > 50 and not r["error"] for r in levels))
print(len(levels) >= 1)
JSON
title "info"
png a.png
echo text >text.png
y info a.png text.png --json
y info a.png
