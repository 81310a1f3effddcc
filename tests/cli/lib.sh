# SPDX-License-Identifier: MIT
# Sourced by the cases. YOKE is the command, YOKE_SOURCE the source tree.
# shellcheck shell=bash

# y ARGUMENT...: runs the command; an exit code other than 0 is a line of the expected output.
y() {
    local code=0
    "$YOKE" "$@" || code=$?
    [ "$code" -eq 0 ] || echo "exit $code"
}

# title TEXT: separates the parts of a case, in both streams.
title() {
    echo "# $*"
    echo "# $*" >&2
}

# png FILE...: writes an image of 8 x 6 RGB pixels, folders included. Made with Python's zlib, not with our encoder:
# red = 36 x, green = 51 y, blue = 128.
png() {
    local file
    for file in "$@"; do
        mkdir -p "$(dirname -- "$file")"
        base64 -d >"$file" <<'IMAGE'
iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAIAAABxZ0isAAAAZ0lEQVR42g3JMREAMQhFwS8GB5hACVVEPAlp8REZCIiYzHC37UrC
RIgltjjiiickx5xwlrOd41zn+R+JJZGsZCcnucnLPworoljFLk5xi1d/NNZEs5rdnOY2r/8YbIhhDXs4wx3e8AHSeUeJ0ImBJQAA
AABJRU5ErkJggg==
IMAGE
    done
}

# big FILE: an image whose processing takes long enough to be interrupted.
big() {
    png seed.png
    "$YOKE" image 'resize 2000x1500 fit=exact enlarge=1 filter=nearest' seed.png -o "$1" --devices cpu --png 1
    rm seed.png
}

# files [FOLDER]: the files below it, sorted, one per line.
files() {
    (cd "${1:-.}" && find . -type f | sort)
}

# pixels FILE...: size and type of images, by the command's own reader (which tests/test_png.c checks).
pixels() {
    "$YOKE" info "$@" | grep -v bytes
}

skip() {
    echo "$*" >&2
    exit 77
}

# opencl_device: sets `device` to the name of a usable OpenCL device; without one the case is skipped.
opencl_device() {
    device=$("$YOKE" devices --json 2>/dev/null | python3 -c '
import json, sys
devices = json.load(sys.stdin)["devices"]
print(next((d["id"] for d in devices if d["backend"] == "cl" and d["usable"]), ""))')
    [ -n "$device" ] || skip "no OpenCL device"
}

# image ARGUMENT...: yoke image on the CPU alone, whose messages do not depend on the OpenCL of this machine.
image() {
    y image --devices cpu "$@"
}
