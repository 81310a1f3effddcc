/* SPDX-License-Identifier: MIT
 * The CPU threads: one OpenMP team for a whole job. Every thread runs the same loop, which takes decoding,
 * bands and encoding from a queue, so that there is one owner of the processors and nothing oversubscribes
 * them. */
#ifndef YOKE_DEVICE_POOL_H
#define YOKE_DEVICE_POOL_H

#include <pthread.h>
#include <stdbool.h>

/* Processors that this process may use, at least 1. */
unsigned yk_pool_processors(void);

/* Calls work(context, k) once for each k in 0 .. threads - 1, each on its own thread, the caller's being one
 * of them, and returns when all have returned. Fewer threads than asked for may come: then the numbers that
 * did not get one are never called, number 0 always is. Not nested. */
void yk_pool_run(unsigned threads, void (*work)(void *context, unsigned thread), void *context);

/* Starts a thread of its own, for the driver of one device, with all signals blocked: they are for the
 * program's own threads. The caller joins it with pthread_join. false: none could be made. */
bool yk_pool_start_driver(pthread_t *thread, void *(*main)(void *argument), void *argument);

#endif
