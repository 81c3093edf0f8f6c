/* What a service tells systemd: one datagram, no library. Without $NOTIFY_SOCKET nothing happens. */
#ifndef GAITD_NOTIFY_H
#define GAITD_NOTIFY_H

/** "READY=1\nSTATUS=...", "STOPPING=1", "WATCHDOG=1". Thread: main. */
void notify(const char *state);

#endif
