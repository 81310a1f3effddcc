# SPDX-License-Identifier: MIT
# --profile, --calibrate and devices --rates, with a profile written here.
. "$LIB"
export XDG_CACHE_HOME=$PWD/cache
title "none yet"
y devices --rates 2>&1 | sed "s|$PWD|HERE|"
title "from elsewhere"
now=$(date +%s)
{
    echo "yoke rates 1"
    echo "2500000000 100 7 0 $now 24 0000000000001234 blur*2^4 rgb8|cl|P|GPU 9|1.2|0|40"
    echo "-5 12 0 0 $now 16 0000000000001234 blur*2^4 rgb8|cl|P|GPU 9|1.2|0|40"
    printf '5 12 0 0 %s 16 0000000000001234 blur\033[2J|cl\n' "$now"
    echo "1234567 3 0 45500000 5 13 0000000000001234 invert*2^3 rgb8|cpu|x"
} >rates
y devices --rates --profile rates
y devices --rates --profile rates --json | grep -v '"file"\|"learnt"\|"kernels"'
title "another version, no file, a folder"
echo "yoke rates 2" >later
y devices --rates --profile later
y devices --rates --profile missing --json | grep -v kernels
y devices --rates --profile cache/..
title "this machine's"
"$YOKE" devices --json 2>/dev/null >devices.json
"$YOKE" devices --rates --json >rates.json
python3 - <<'PYTHON'
import json, time
device = json.load(open("devices.json"))["devices"][0]
kernels = json.load(open("rates.json"))["kernels"]
identity = "|".join(["cpu", device["platform"], device["name"], device["driver"], str(device["ordinal"]), "3"])
now = int(time.time())
with open("own", "w") as file:
    print("yoke rates 1", file=file)
    for samples, age, size, hash in (12, 0, 13, kernels), (9, 5, 14, kernels), (12, 10, 15, "0" * 16), \
            (100, 31 * 24 * 3600, 16, kernels):
        print(f"1000000 {samples} 0 0 {now - age} {size} {hash} invert*2^3 rgb8|{identity}", file=file)
PYTHON
y devices --rates --profile own
title "one device: no profile is read or written"
png a.png
image invert a.png -o out/ --profile new --calibrate
image invert a.png -o out2/ --profile off
files out
[ ! -e new ] && [ ! -e cache/yoke/rates ] && echo "no profile"
title "errors"
y devices --profile rates 2>&1 | grep -v Try
y devices --rates --profile 2>&1 | grep -v Try
y image invert a.png -o out/ --profile 2>&1 | grep -v Try
