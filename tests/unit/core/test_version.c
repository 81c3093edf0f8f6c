#include "assert_close.h"

#include "gait/version.h"

static void version_is_the_headers(void **state)
{
    (void)state;
    assert_string_equal(gait_version(), GAIT_VERSION_STRING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_the_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
