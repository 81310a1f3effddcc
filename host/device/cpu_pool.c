/* SPDX-License-Identifier: MIT
 * The OpenMP team (contract in pool.h). The mutex at both ends orders memory for tools that do not know
 * libgomp's barriers; it costs nothing beside a job. */
#include "pool.h"

#include <omp.h>
#include <sched.h>
#include <signal.h>

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

bool yk_pool_start_driver(pthread_t *thread, void *(*main)(void *argument), void *argument)
{
    sigset_t all, old;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &old))
        return false;
    bool started = pthread_create(thread, NULL, main, argument) == 0;
    return pthread_sigmask(SIG_SETMASK, &old, NULL) == 0 && started;
}
