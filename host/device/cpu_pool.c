/* SPDX-License-Identifier: MIT
 * The OpenMP team (contract in pool.h). The mutex at both ends orders memory for tools that do not know libgomp's
 * barriers; it costs nothing beside a job. */
#include "pool.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

unsigned yk_pool_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    return (unsigned)omp_get_num_procs();
}

void yk_pool_run(unsigned threads, void (*work)(void *context, unsigned thread), void *context)
{
    pthread_mutex_t fence = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&fence);
    pthread_mutex_unlock(&fence);
#pragma omp parallel num_threads((int)threads)
    {
        pthread_mutex_lock(&fence);
        pthread_mutex_unlock(&fence);
        work(context, (unsigned)omp_get_thread_num());
        pthread_mutex_lock(&fence);
        pthread_mutex_unlock(&fence);
    }
    pthread_mutex_destroy(&fence);
}
