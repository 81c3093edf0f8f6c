/* How much processor time a child that reads a file may take: by the file's size, and by what is said to be in it, within what can be packed into a file. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gait/guard.h"

enum { MIB = 1 << 20 };

struct asked {
    const char *path;
    uint64_t readings;
    rlim_t low, high; /* seconds */
};

/* In the child: 0 when the limit is what is expected. */
static int look(const struct client *client, const void *input)
{
    const struct asked *asked = input;
    struct rlimit cpu;

    (void)client;
    guard_file(asked->path);
    if (asked->readings)
        guard_readings(asked->path, asked->readings);
    getrlimit(RLIMIT_CPU, &cpu);
    return cpu.rlim_cur >= asked->low && cpu.rlim_cur <= asked->high ? 0 : 1;
}

static void test_time(void **state)
{
    char path[] = "/tmp/gait-guard-XXXXXX";
    int fd = mkstemp(path);
    const struct client client = {0};
    const struct asked asked[] = {
        {path, 0, 12, 13},                     /* 4 s and one for each of 8 MiB */
        {path, 400 * (uint64_t)MIB, 112, 113}, /* a quiet mat, packed 50 to one: that is no damage */
        {path, UINT64_MAX, 2076, 2077},        /* what says more than can be packed lies */
        {"/nowhere", UINT64_MAX, 600, 600},    /* no file: what was there before */
    };

    (void)state;
    assert_true(fd >= 0 && ftruncate(fd, 8 * MIB) == 0);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        assert_int_equal(guard_try(&client, 1, look, &asked[i]), 0);
    assert_int_equal(guard_try(&client, 4, look, &(struct asked){path, 0, 48, 49}), 0);
    unlink(path);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_time)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
