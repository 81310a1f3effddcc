# SPDX-License-Identifier: MIT
# The reference of every operation fits 80 columns and begins with its name.
. "$LIB"
"$YOKE" ops | while read -r name _; do
    "$YOKE" ops "$name" >text || echo "$name: exit $?"
    awk -v name="$name" 'length > 80 { print "too wide: " $0 }
        NR == 1 && $1 != name { print name " is missing: " $0 }' text
done
y ops blur
y ops invert
y version | head -n 1
