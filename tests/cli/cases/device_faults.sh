# SPDX-License-Identifier: MIT
# Devices that fail, as yoke image tells about them and as it ends: further devices made of the CPU code, which fail as
# the developer variable YOKE_DECORATE says.
. "$LIB"
png a.png b.png
on() {
    local words=$1
    shift
    title "$words${*:+ }$*"
    rm -rf out
    YOKE_DECORATE="cpu:1=rows=2,$words" y image --devices cpu:1 --sched single 'blur 1 | invert' a.png -o out/ "$@"
    [ ! -d out ] || files out
}
on fail-at=1
on fail-at=0 --quiet
on fail-at=0 --on-device-error fail
on fail-at=0 --strict-devices
on hang-at=0 --device-timeout 1
on wrong-at=0 --verify 100
on alloc-fail=2
on alloc-fail=3:0
on alloc-fail=3:0 --strict-devices
title "without a fault: the same bytes"
image 'blur 1 | invert' a.png b.png -o cpu/
YOKE_DECORATE='cpu:1=wrong-at=1;cpu:2=' y image --devices cpu:1,cpu:2,cpu 'blur 1 | invert' a.png b.png -o all/ \
    --verify 100 --quiet
cmp cpu/a.png all/a.png && cmp cpu/b.png all/b.png && echo same
title "--throttle"
image invert a.png -o t.png --throttle cpu=1.5 --throttle cl:9.9=2
image invert a.png -o t2.png --throttle cpu
image invert a.png -o t2.png --throttle cpu=0
image invert a.png -o t2.png --throttle cpu=x
image invert a.png -o t2.png --verify 101
YOKE_DECORATE=nothing image invert a.png -o t2.png
! [ -e t2.png ] || echo "written in spite of that"
