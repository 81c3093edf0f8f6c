/* How things are said: errors, log lines, notes; and what time it is. */
#include "assert_close.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gait/clock.h"
#include "gait/error.h"
#include "gait/log.h"
#include "gait/note.h"

static void an_error_has_code_and_text(void **state)
{
    struct gait_error err = {0};

    (void)state;
    assert_int_equal(gait_error_set(&err, -EINVAL, "line %d: %s", 12, "expected a number"), -EINVAL);
    assert_int_equal(err.code, -EINVAL);
    assert_string_equal(err.text, "line 12: expected a number");
    assert_int_equal(gait_error_prefix(&err, -EIO, "%s", "walk.lst"), -EIO);
    assert_int_equal(err.code, -EIO);
    assert_string_equal(err.text, "walk.lst: line 12: expected a number");
    assert_int_equal(gait_error_set(NULL, -ENOMEM, "%s", "nobody listens"), -ENOMEM);
    assert_int_equal(gait_error_prefix(NULL, -ENOMEM, "%s", "nobody listens"), -ENOMEM);
}

static void a_long_error_is_cut_not_spilled(void **state)
{
    char longer[2 * GAIT_ERROR_TEXT_MAX];
    struct gait_error err = {0};

    (void)state;
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    gait_error_set(&err, -EINVAL, "%s", longer);
    assert_int_equal(strlen(err.text), GAIT_ERROR_TEXT_MAX - 1);
    gait_error_prefix(&err, -EINVAL, "%s", "file");
    assert_int_equal(strlen(err.text), GAIT_ERROR_TEXT_MAX - 1);
    assert_memory_equal(err.text, "file: xxx", 9);
    gait_error_prefix(&err, -EINVAL, "%s", longer);
    assert_int_equal(strlen(err.text), GAIT_ERROR_TEXT_MAX - 1);
}

static void keep_line(void *user, enum gait_log_level level, const char *component, const char *text)
{
    snprintf(user, 128, "<%d>%s: %s", (int)level, component, text);
}

static void only_wanted_lines_are_handed_over(void **state)
{
    char line[128] = "";
    struct gait_log log = {.level = GAIT_LOG_INFO, .line = keep_line, .user = line};

    (void)state;
    gait_log(&log, GAIT_LOG_DEBUG, "ring", "depth %d", 8);
    assert_string_equal(line, "");
    gait_log(&log, GAIT_LOG_INFO, "ring", "depth %d", 8);
    assert_string_equal(line, "<6>ring: depth 8");
    gait_log(NULL, GAIT_LOG_ERROR, "ring", "nobody listens");
}

/* Each reading takes 10 ns of monotonic time. */
static uint64_t ticking_now_ns(const struct gait_clock *clock, enum gait_clock_id id)
{
    uint64_t *now = clock->user;

    *now += 10;
    return *now + (id == GAIT_CLOCK_BOOTTIME ? 1000 : id == GAIT_CLOCK_REALTIME ? 2000 : 0);
}

static void the_triple_is_read_around_its_middle(void **state)
{
    uint64_t now = 100;
    struct gait_clock clock = {.now_ns = ticking_now_ns, .user = &now};
    struct gait_clock_triple t = gait_clock_read(&clock);

    (void)state;
    assert_int_equal(t.monotonic_ns, 125); /* the mean of 110 and 140 */
    assert_int_equal(t.boottime_ns, 1120);
    assert_int_equal(t.realtime_ns, 2130);
}

static void the_systems_clocks_differ(void **state)
{
    const struct gait_clock *clock = gait_clock_system();
    uint64_t a = gait_now_ns(clock), b = gait_now_ns(clock);

    (void)state;
    assert_true(b >= a);
    assert_true(clock->now_ns(clock, GAIT_CLOCK_REALTIME) > 1500000000000000000u);
    assert_true(clock->now_ns(clock, GAIT_CLOCK_BOOTTIME) >= a);
}

static void notes_come_in_order_and_losses_are_counted(void **state)
{
    struct gait_notes *notes = NULL;
    struct gait_note note;

    (void)state;
    assert_int_equal(gait_notes_new(0, &notes), -EINVAL);
    assert_int_equal(gait_notes_new(65537, &notes), -EINVAL);
    assert_int_equal(gait_notes_new(3, &notes), 0); /* becomes 4 */
    assert_int_equal(gait_notes_take(notes, &note), 0);
    for (uint32_t i = 1; i <= 4; i++)
        assert_int_equal(gait_notes_post(notes, i, -(int64_t)i, INT64_MIN, i * 10), 0);
    assert_int_equal(gait_notes_post(notes, 5, 0, 0, 0), -ENOSPC);
    assert_int_equal(gait_notes_lost(notes), 1);
    for (uint32_t i = 1; i <= 4; i++) {
        assert_int_equal(gait_notes_take(notes, &note), 1);
        assert_int_equal(note.code, i);
        assert_true(note.a == -(int64_t)i && note.b == INT64_MIN && note.t_ns == i * 10);
    }
    assert_int_equal(gait_notes_take(notes, &note), 0);
    assert_int_equal(gait_notes_post(notes, 6, 0, 0, 0), 0);
    assert_int_equal(gait_notes_take(notes, &note), 1);
    assert_int_equal(note.code, 6);
    gait_notes_free(notes);
    gait_notes_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_code_and_text),
        cmocka_unit_test(a_long_error_is_cut_not_spilled),
        cmocka_unit_test(only_wanted_lines_are_handed_over),
        cmocka_unit_test(the_triple_is_read_around_its_middle),
        cmocka_unit_test(the_systems_clocks_differ),
        cmocka_unit_test(notes_come_in_order_and_losses_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
