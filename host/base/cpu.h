/* SPDX-License-Identifier: MIT
 * The instruction-set level of this processor, for every part that has code for several. */
#ifndef YOKE_BASE_CPU_H
#define YOKE_BASE_CPU_H

/* The levels of the x86-64 psABI supplement; other machines have plain C only. In rising order. */
enum yk_cpu { YK_CPU_SCALAR, YK_CPU_V1, YK_CPU_V3, YK_CPU_V4 };

/* "scalar", "x86-64", "v3", "v4". Static storage. */
const char *yk_cpu_name(enum yk_cpu level);

/* The best level that this processor and its operating system can run. */
enum yk_cpu yk_cpu_detect(void);

/* As yk_cpu_detect, but no higher than the environment variable YOKE_CPU says; an unknown word there changes
 * nothing (the CPU backend reports it). So one machine can test all paths. */
enum yk_cpu yk_cpu_allowed(void);

#endif
