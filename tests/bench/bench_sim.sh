#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The default schedule in the simulator: all cases of the gates, for each kind of profile. Fails where a gate is missed.
# usage: ./dev bench sim [OPTION...] (those of `yoke bench sim`: then only that), or YOKE=... bench_sim.sh
set -euo pipefail
: "${YOKE:?the command to measure}"

if [ $# -gt 0 ]; then
    exec "$YOKE" bench sim "$@"
fi
code=0
for profile in exact near learned off none; do
    "$YOKE" bench sim --profile "$profile" || code=1
    echo
done
exit "$code"
