/* What a service tells systemd: one datagram, no library. Without $NOTIFY_SOCKET nothing happens. */
#ifndef GAITD_NOTIFY_H
#define GAITD_NOTIFY_H

#include <stdbool.h>

/** "READY=1\nSTATUS=...", "STOPPING=1", "WATCHDOG=1". Thread: main. */
void notify(const char *state);

/** Feed the watchdog: the caller has seen that the pipeline works or waits. Thread: main. */
void notify_watchdog(void);

/**
 * Around what may keep main waiting for a disk: the watchdog waits longer meanwhile, unless it was fed no more when that began. A trial goes on without main, and a
 * slow disk is no reason to cut it off. Calls may stand within each other. Thread: main.
 */
void notify_slow(bool begins);

#endif
