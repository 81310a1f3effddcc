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
