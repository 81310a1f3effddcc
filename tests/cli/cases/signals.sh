# SPDX-License-Identifier: MIT
# A signal stops the run: no partial file, no output that is not complete, exit 128 + its number.
. "$LIB"
big one.png
mkdir in
for number in $(seq 10 60); do
    ln one.png "in/$number.png"
done
for name in INT TERM HUP; do
    code=0
    mkdir "out$name"
    timeout --preserve-status -k 30 -s "$name" 0.7 \
        "$YOKE" image --devices cpu 'bilateral 1 0.1' -r in -o "out$name" --report "$name.json" || code=$?
    echo "$name: exit $code"
    find . -name '*.part'
    find "out$name" -type f -exec "$YOKE" info {} + >text || echo "an output is damaged"
    [ "$(find "out$name" -type f | wc -l)" -lt 51 ] || echo "it was not stopped"
    python3 - "$name" <<'REPORT'
import json, os, sys
report = json.load(open(sys.argv[1] + ".json"))
states = [f["status"] for f in report["files"]]
done = sorted(os.path.basename(f["output"]) for f in report["files"] if f["status"] == "done")
print(report["outcome"], report["exit"], sorted(set(states) - {"done"}), len(states),
      done == sorted(os.listdir("out" + sys.argv[1])))
REPORT
done
