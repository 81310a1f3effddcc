# SPDX-License-Identifier: MIT
# --explain-devices where there is an OpenCL device: chosen, not chosen, shared with the CPU.
. "$LIB"
opencl_device
png a.png
# explain ARGUMENT...: the lines of the CPU, of the device and the conclusion, without what the machine decides.
explain() {
    y image 'blur 2' a.png -o out/a.png --explain-devices -n --profile off "$@" 2>&1 >plan |
        grep -E "^  (cpu|$device|so:)  *|^yoke" | sed "s/$device/DEVICE/g; s/  */ /g; s/so: [0-9]* /so: N /"
}
explain --devices all --threads 2
explain --devices "$device" --threads 2
explain --devices "cpu,$device" --sched static:3,1 --threads 1
