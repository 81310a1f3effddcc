/* SPDX-License-Identifier: MIT
 * Signals (contract in signals.h). */
#include "signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* The one mutable global of the program: a signal handler can reach nothing else. Atomic, because the handler
 * may run in one thread while others read it, and lock-free, as a handler may use no other (C11, 7.14.1.1).
 */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "an int is atomic without a lock");
static atomic_int caught;

static void note(int number)
{
    int none = 0;
    atomic_compare_exchange_strong(&caught, &none, number);
    /* Another signal of the same kind acts at once: SA_RESETHAND restored its default. */
}

void cli_signals_start(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        (void)sigaction(numbers[i], &action, NULL); /* fails for unknown numbers only */
    }
}

int cli_signals_caught(void)
{
    return atomic_load(&caught);
}

bool cli_signals_stop(void *context)
{
    (void)context;
    return atomic_load(&caught) != 0;
}
