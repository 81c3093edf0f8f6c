#include "assert_close.h"

#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_values_pass(void **state)
{
    (void)state;
    assert_close_abs(1.0, 1.0, 0.0);
    assert_close_abs(595.9, 595.0, 1.0);
    assert_close_rel(100.0001, 100.0, 1e-5);
    assert_close_abs((double)INFINITY, (double)INFINITY, 0.0);
    assert_same_bits((double)NAN, (double)NAN);
    assert_nan((double)NAN);
}

static void abs_beyond(void **state)
{
    (void)state;
    assert_close_abs(596.1, 595.0, 1.0);
}

static void rel_beyond(void **state)
{
    (void)state;
    assert_close_rel(100.01, 100.0, 1e-5);
}

static void rel_to_zero(void **state)
{
    (void)state;
    assert_close_rel(1e-300, 0.0, 1.0);
}

static void nan_is_close_to_nothing(void **state)
{
    (void)state;
    assert_close_abs((double)NAN, (double)NAN, 1.0);
}

static void zeros_of_two_signs(void **state)
{
    (void)state;
    assert_same_bits(-0.0, 0.0);
}

static void number_is_no_nan(void **state)
{
    (void)state;
    assert_nan(0.0);
}

/* Runs tests that must all fail in a child without output; returns how many did. */
static int count_failures(void)
{
    const struct CMUnitTest failing[] = {
        cmocka_unit_test(abs_beyond),         cmocka_unit_test(rel_beyond),
        cmocka_unit_test(rel_to_zero),        cmocka_unit_test(nan_is_close_to_nothing),
        cmocka_unit_test(zeros_of_two_signs), cmocka_unit_test(number_is_no_nan),
    };
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(125);
        _exit(cmocka_run_group_tests(failing, NULL, NULL));
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void distant_values_fail(void **state)
{
    (void)state;
    assert_int_equal(count_failures(), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_values_pass),
        cmocka_unit_test(distant_values_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
