# SPDX-License-Identifier: MIT
# Without a command: help on standard error, nothing on standard output, exit code 2.
. "$LIB"
"$YOKE" 2>text
code=$?
head -n 1 text
exit "$code"
