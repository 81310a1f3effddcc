# SPDX-License-Identifier: MIT
# --explain-devices with rates of earlier runs: what is known of each device, and what auto makes of it.
. "$LIB"
opencl_device
big in.png
# explain: the lines of the devices and the conclusion, without what the machine decides.
explain() {
    y image 'invert' in.png -o out/a.png --devices "cpu,$device" --threads 1 --profile rates --explain-devices -n \
        2>&1 >plan | grep -E "^  (cpu|$device|so:) " |
        sed "s/$device/DEVICE/g; s/  */ /g" |
        sed 's/[0-9.]* Mpx/N Mpx/; s/gain [0-9]* %/gain N %/; s/alone [0-9]* %/alone N %/'
}
explain
# A profile to change: of both devices, however noisy the machine is.
for number in 1 2 3 4 5 6 7 8; do cp in.png "in$number.png"; done
for attempt in 1 2 3 4 5 6; do
    y image 'invert' in?.png -o out --devices "cpu,$device" --threads 1 --sched static:1,1 --profile rates --quiet \
        --calibrate --png fast --overwrite always
    if grep -qs '|cpu|' rates && grep -qs '|cl|' rates; then break; fi
    [ "$attempt" -lt 6 ] || skip "too few samples for the profile"
done
# faster WHO: the profile says that one device is a hundred times faster than the other, or both are equal.
faster() {
    python3 - "$1" <<'RATES'
import sys
lines = open("rates").read().splitlines()
out = [lines[0]]
for line in lines[1:]:
    fields = line.split(" ", 6)
    device = "cpu" if line.split("|")[1] == "cpu" else "cl"
    fields[0] = "4000000000" if sys.argv[1] in (device, "both") else "40000000"
    fields[1] = "50"
    out.append(" ".join(fields))
open("rates", "w").write("\n".join(out) + "\n")
RATES
}
faster cpu
explain
faster cl
explain
faster both
explain
