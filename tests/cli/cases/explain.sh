# SPDX-License-Identifier: MIT
# --explain-devices: a line for each device and a conclusion, on standard error, before a run and with --dry-run.
. "$LIB"
png a.png
title "too little work for auto to look further"
y image 'blur 2' a.png -o out/a.png --explain-devices --dry-run --threads 2
title "the CPU alone, and the run goes on"
image 'blur 2' a.png -o out/a.png --explain-devices
files
title "no OpenCL at all"
OCL_ICD_VENDORS=$PWD/none y image 'blur 2' a.png -o out/b.png --devices all --explain-devices -n --sched single
OCL_ICD_VENDORS=$PWD/none y image 'blur 2' a.png -o out/b.png --devices gpu --explain-devices -n --threads 2
title "a device that is not there ends it"
OCL_ICD_VENDORS=$PWD/none y image 'blur 2' a.png -o out/b.png --devices cl:7.0 --explain-devices -n
title "whether auto looks for devices, by the work for the same file: much, little, none beyond decoding"
head -c 4000000 /dev/zero >large.png
for pipeline in 'blur 100' 'blur 1' ''; do
    OCL_ICD_VENDORS=$PWD/none y image "$pipeline" large.png -o out/c.png --explain-devices -n --threads 1 2>&1 |
        if grep -q 'not looked for'; then echo "'$pipeline': no"; else echo "'$pipeline': yes"; fi
done
