# SPDX-License-Identifier: MIT
# All of PngSuite: 161 files decode, the 14 whose names start with x are refused, each with its reason.
. "$LIB"
suite=${YOKE_SHARED_DATA:-$YOKE_SOURCE/../shared/data}/pngsuite
[ -d "$suite" ] || skip "no shared data"
(cd "$suite" && image '' ./*.png -o "$OLDPWD/out" --report "$OLDPWD/report.json" 2>"$OLDPWD/text")
head -n 1 text
grep -c '^  ./x.*\.png: ' text
files out | wc -l
find out -name 'x*'
"$YOKE" info out/*.png >/dev/null && echo "all readable"
