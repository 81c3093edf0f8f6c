#include "assert_close.h"

#include <fcntl.h>

#include "gait/cleanup.h"

struct thing {
    int *freed;
};

static void thing_free(struct thing *t)
{
    (*t->freed)++;
    errno = EIO; /* a free function that spoils errno */
}
GAIT_DEFINE_CLEANUP(struct thing *, thing_free)

static void freed_at_scope_end_and_errno_kept(void **state)
{
    int freed = 0;
    struct thing a = {&freed};

    (void)state;
    errno = ENOENT;
    {
        _cleanup_(thing_freep) struct thing *t = &a;
        _cleanup_(thing_freep) struct thing *none = NULL;

        (void)t;
        (void)none;
    }
    assert_int_equal(freed, 1);
    assert_int_equal(errno, ENOENT);
}

static void stolen_is_not_freed(void **state)
{
    int freed = 0;
    struct thing a = {&freed}, *out;

    (void)state;
    {
        _cleanup_(thing_freep) struct thing *t = &a;

        out = gait_steal(&t);
    }
    assert_ptr_equal(out, &a);
    assert_int_equal(freed, 0);
}

static void closed_at_scope_end(void **state)
{
    int copy;

    (void)state;
    {
        _cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        copy = fd;
        errno = EAGAIN;
    }
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(fcntl(copy, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freed_at_scope_end_and_errno_kept),
        cmocka_unit_test(stolen_is_not_freed),
        cmocka_unit_test(closed_at_scope_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
