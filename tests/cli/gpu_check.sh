#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev gpu-check's script, tried on any OpenCL device: it passes, it finds a planted difference and says where, and it
# says in one line that there is no device. Skipped without OpenCL.
set -euo pipefail
: "${YOKE:?the command to test}" "${YOKE_SOURCE:?the source folder}" "${YOKE_TESTS:?the test program}"
check=$YOKE_SOURCE/tests/gpu_check.sh
export YOKE_GPU_CHECK_QUICK=1

code=0
bash "$check" cl:98.7 >none || code=$?
[ "$code" -eq 77 ] && [ "$(wc -l <none)" -eq 1 ] || { echo "FAILED: exit $code without a device"; exit 1; }

code=0
YOKE_GPU_CHECK_DEVICES=cl bash "$check" >output 2>&1 || code=$?
if [ "$code" -eq 77 ]; then
    echo "no OpenCL device: nothing was tried"
    exit 77
fi
[ "$code" -eq 0 ] || { cat output; echo "FAILED: exit $code"; exit 1; }
tail -n 1 output

# A command whose results on devices are off by one step.
cat >wrong <<'WRAPPER'
#!/usr/bin/env bash
case "$*" in
*batch/got/*)
    pipeline=$2
    shift 2
    exec "$REAL" image "$pipeline | brightness 0.004" "$@"
    ;;
esac
exec "$REAL" "$@"
WRAPPER
chmod +x wrong
code=0
REAL=$YOKE YOKE=$PWD/wrong YOKE_GPU_CHECK_DEVICES=cl bash "$check" >output 2>&1 || code=$?
place="^FAILED: 'flip | flop', scene.png, .*: 8 bits, 3 channels, x=[0-9]* y=[0-9]* channel"
if [ "$code" -ne 1 ] || ! grep -q "$place" output; then
    cat output
    echo "FAILED: exit $code; the planted difference was not described"
    exit 1
fi
echo "a planted difference: $(grep -c '^FAILED: ' output) files found"
