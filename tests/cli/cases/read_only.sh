# SPDX-License-Identifier: MIT
# An output folder that may not be written to fails its files, and leaves nothing behind.
. "$LIB"
png a.png
mkdir out
chmod 555 out
if [ "$(id -u)" -eq 0 ]; then # root may write anywhere: be nobody
    chmod a+rx "$TMPDIR" .
    other=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
    "${other[@]}" "$YOKE" info a.png >none 2>&1 || skip "root may write anywhere, and cannot be nobody here"
    rm none
    cat >../nobody <<'SCRIPT'
#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$REAL_YOKE" "$@"
SCRIPT
    chmod a+rx ../nobody
    export REAL_YOKE=$YOKE
    YOKE=../nobody
fi
image invert a.png -o out
image invert a.png -o out/new/
image invert a.png -o b.png --report out/report.json
files
