/* A child that does not come to an end is ended. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "child.h"

static int run(const char *script, unsigned cpu_s, unsigned limit_s, char text[100])
{
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL};
    int out;
    pid_t pid = child_start(argv, cpu_s, &out);

    assert_true(pid > 0);
    return child_finish(pid, out, limit_s, text, 100);
}

static void test_limits(void **state)
{
    char text[100];
    int status = run("ulimit -t; exit 3", 7, 60, text);

    (void)state;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    assert_string_equal(text, "7");
    status = run("ulimit -t", 0, 60, text);
    assert_true(status == 0 && atoi(text) != 7);
    /* the pipe stays open as long as it lives */
    assert_int_equal(run("echo still here; exec sleep 1000", 7, 0, text), -ETIMEDOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
