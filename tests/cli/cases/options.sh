# SPDX-License-Identifier: MIT
# Options anywhere, joined, with = or without; after -- everything is a name.
. "$LIB"
png d/a.png ./-r.png
title "anywhere, joined"
y image -rqo one invert d --devices=cpu
y image -oone --overwrite=always -d cpu invert d -r
files one
title "behind --"
image -o two -- invert -r.png
files two
title "the last one counts"
image invert d/a.png -o no.png -o three.png
ls
