# SPDX-License-Identifier: MIT
# --dry-run prints the plan and touches nothing.
. "$LIB"
png d/a.png d/e/b.png
mkdir out
touch out/a.png
find . -printf '%p %y %s %T@\n' | sort >"$TMPDIR/before"
y image 'resize 50% | blur 2' -r d -o out --dry-run --report report.json --stats
title "with a name that is not there"
y image 'invert' d/a.png d/none.png -o 'new/{index}-{name}.png' -n
title "the empty pipeline"
y image '' d/a.png -o new/a.png -n
title "errors are found as well"
y image 'invertt' d/a.png -o new/ -n
y image 'invert' d/a.png d/a.png -o new/ -n
title "standard output is not written to"
y image 'invert' d/a.png -o - -n
find . -printf '%p %y %s %T@\n' | sort | diff "$TMPDIR/before" -
