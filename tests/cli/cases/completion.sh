# SPDX-License-Identifier: MIT
# The copy in the source tree is what the tables give, and bash can use it.
. "$LIB"
"$YOKE" completion | diff "$YOKE_SOURCE/cli/completion.bash" -
PATH=$(dirname "$YOKE"):$PATH
. "$YOKE_SOURCE/cli/completion.bash"
try() {
    # What bash gives the function; shellcheck does not see it read.
    # shellcheck disable=SC2034
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _yoke yoke
    echo "${COMPREPLY[*]}"
}
try yoke im
try yoke image --over
try yoke image --overwrite ''
try yoke image --overwrite = ne
try yoke help v
try yoke verify -d c
touch 'a b.png'
try yoke info a
[ "$(try yoke ops bl)" = blur ] || [ ! -x "$(command -v yoke)" ] || echo "no operations"
