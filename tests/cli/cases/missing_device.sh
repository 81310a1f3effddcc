# SPDX-License-Identifier: MIT
# A device that was demanded by number and is not there: exit code 5, nothing is written.
. "$LIB"
png a.png
code=0
"$YOKE" image invert a.png -o out --devices cl:99.0 2>text || code=$?
echo "exit $code, $(grep -c 'cl:99.0' text) line names the device"
code=0
"$YOKE" verify --devices cl:99.0 2>text || code=$?
echo "exit $code, $(grep -c 'cl:99.0' text) line names the device"
files
