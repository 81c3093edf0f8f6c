/* What systemd hears: the watchdog is fed, and waits longer for a slow disk, but never for a pipeline that stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "notify.h"

static void hears(int fd, const char *what)
{
    char text[100] = "";

    (void)!recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    assert_string_equal(text, what);
}

static void test_watchdog(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[40];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)state;
    snprintf(name, sizeof name, "@gait-notify-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, strlen(name + 1));
    assert_int_equal(
        bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "5000000", 1);
    notify_slow(true); /* not fed lately: the pipeline may stand */
    notify_slow(false);
    hears(fd, "");
    unsetenv("WATCHDOG_USEC");
    notify_watchdog();
    hears(fd, "WATCHDOG=1");
    notify_slow(true); /* there is no watchdog */
    notify_slow(false);
    hears(fd, "");
    setenv("WATCHDOG_USEC", "5000000", 1);
    notify_slow(true);
    hears(fd, "WATCHDOG_USEC=90000000");
    notify_slow(true); /* a call within one */
    notify_slow(false);
    hears(fd, "");
    notify_slow(false);
    hears(fd, "WATCHDOG_USEC=5000000");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_watchdog)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
