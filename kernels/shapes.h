/* SPDX-License-Identifier: MIT
 * The words an operation file is described with: shapes, the part that alpha takes, colours of the result, limits. */
#ifndef YK_SHAPES_H
#define YK_SHAPES_H

#define YK_POINT     1
#define YK_STENCIL   2
#define YK_SEPARABLE 3
#define YK_GEOMETRIC 4
#define YK_REDUCE    5

#define YK_ALPHA_KEEP 1          /* works on straight colours; the alpha plane passes through */
#define YK_ALPHA_PIXEL 2         /* point operations: the pixel function sets alpha itself, any state */
#define YK_ALPHA_STRAIGHT 3      /* all planes alike, colours straight */
#define YK_ALPHA_PREMULTIPLIED 4 /* all planes alike, colours premultiplied */
#define YK_ALPHA_MOVE 5          /* only moves pixels: any state */

#define YK_COLOURS_KEEP  0
#define YK_COLOURS_ONE   1
#define YK_COLOURS_THREE 3

/* Greatest reach of a step; planning functions keep to it, row functions size their pointer tables by it. */
#define YK_STENCIL_REACH   32
#define YK_SEPARABLE_REACH 1024

#endif
