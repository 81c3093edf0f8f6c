/* Quantiles of stage times: never beyond the largest, never below what was measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stage_times.h"

static void test_order(void **state)
{
    static const uint64_t ns[] = {0, 7, 8, 1000, 1024, 36913, 1000000007, UINT64_MAX};

    (void)state;
    for (unsigned i = 0; i < sizeof ns / sizeof *ns; i++) {
        static const struct stage_times none;
        struct stage_times t = none;
        struct stage_summary s;

        for (unsigned k = 0; k < 200; k++)
            stage_times_add(&t, k < 100 ? ns[i] / 2 : ns[i]);
        s = stage_times_summary(&t);
        assert_int_equal(s.count, 200);
        assert_true(s.max_us == (double)ns[i] / 1e3 && s.last_us == s.max_us);
        assert_true(s.p50_us <= s.p99_us && s.p99_us <= s.max_us);
        if (ns[i] < 1ull << 40)
            assert_true(s.p99_us >= s.max_us && s.p50_us >= (double)(ns[i] / 2) / 1e3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
