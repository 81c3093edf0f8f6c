#include "notify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>

enum { SLOW_S = 90, FRESH_S = 2 };

static int64_t fed_s = INT64_MIN / 2; /* when the watchdog was fed last */
static unsigned slow;                 /* calls at work that may be slow */
static bool extended;

void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = -1;
    size_t n = path ? strlen(path) : 0;

    if (n < 2 || n >= sizeof to.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(to.sun_path, path, n);
    if (*path == '@')
        to.sun_path[0] = '\0'; /* an abstract name */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

static int64_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void notify_watchdog(void)
{
    notify("WATCHDOG=1");
    fed_s = now_s();
}

void notify_slow(bool begins)
{
    const char *usual = getenv("WATCHDOG_USEC");
    char text[64];

    slow = begins ? slow + 1 : slow - 1;
    if (!usual || slow != begins)
        return;
    if (begins && now_s() - fed_s > FRESH_S) /* the pipeline may hang: nothing puts its end off */
        return;
    if (!begins && !extended)
        return;
    extended = begins;
    if (begins)
        snprintf(text, sizeof text, "WATCHDOG_USEC=%d000000", SLOW_S);
    else
        snprintf(text, sizeof text, "WATCHDOG_USEC=%.20s", usual);
    notify(text);
}
