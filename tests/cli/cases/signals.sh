# SPDX-License-Identifier: MIT
# A signal stops the run: no partial file, no output that is not complete, exit 128 + its number. It is sent when the
# first output is there, so that the case does not depend on how fast the machine is.
. "$LIB"
big one.png
mkdir in
for number in $(seq 10 60); do
    ln one.png "in/$number.png"
done
for name in INT TERM HUP; do
    python3 - "$name" <<'RUN'
import json, os, signal, subprocess, sys, time
name = sys.argv[1]
folder, report = "out" + name, name + ".json"
os.mkdir(folder)
run = subprocess.Popen([os.environ["YOKE"], "image", "--devices", "cpu", "bilateral 1 0.1", "-r", "in", "-o", folder,
                        "--report", report])
def outputs():
    return sorted(n for n in os.listdir(folder) if n.endswith(".png"))
until = time.monotonic() + 60
while not outputs() and run.poll() is None and time.monotonic() < until:
    time.sleep(0.01)
run.send_signal(getattr(signal, "SIG" + name))
print(f"{name}: exit {run.wait(60)}", flush=True)
if len(outputs()) == 51:
    print("it was not stopped")
with open(report) as file:
    report = json.load(file)
states = [f["status"] for f in report["files"]]
done = sorted(os.path.basename(f["output"]) for f in report["files"] if f["status"] == "done")
print(report["outcome"], report["exit"], sorted(set(states) - {"done"}), len(states), done == outputs() != [])
RUN
    find . -name '*.part'
    find "out$name" -type f -exec "$YOKE" info {} + >text || echo "an output is damaged"
done
