/* What the whole trial says of a footfall goes before what its print says. */
#include <math.h>
#include <string.h>

#include "assert_close.h"

#include "gait/steps_tier.h"

static struct gait_footfall foot;
static struct gait_tier_row row;

static void begin(void)
{
    foot = (struct gait_footfall){.id = 3, .side = GAIT_SIDE_LEFT, .valid = 1, .flags = GAIT_FOOTFALL_NO_TOES};
    row = (struct gait_tier_row){.id = 3, .side = GAIT_SIDE_LEFT, .valid = 1, .flags = GAIT_FOOTFALL_NO_TOES};
    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        foot.value[m] = 7;
}

static void the_same_is_left_alone(void **state)
{
    struct gait_footfall before;

    (void)state;
    begin();
    before = foot;
    steps_tier_apply(&foot, &row);
    assert_memory_equal(&foot, &before, sizeof(foot));
}

static void a_step_of_somebody_slowing_down_does_not_count(void **state)
{
    (void)state;
    begin();
    row.valid = 0;
    row.flags |= GAIT_FOOTFALL_ACCEL;
    steps_tier_apply(&foot, &row);
    assert_int_equal(foot.valid, 0);
    assert_int_equal(foot.flags, GAIT_FOOTFALL_NO_TOES | GAIT_FOOTFALL_ACCEL);
    begin();
    foot.valid = 0; /* and what did not count by itself does not now */
    steps_tier_apply(&foot, &row);
    assert_int_equal(foot.valid, 0);
}

/* It is no operator's word, and what lay medial of the other foot is no number of this one. */
static void the_other_side_by_the_order_of_walking(void **state)
{
    (void)state;
    begin();
    row.side = GAIT_SIDE_RIGHT;
    steps_tier_apply(&foot, &row);
    assert_int_equal(foot.side, GAIT_SIDE_RIGHT);
    assert_int_equal(foot.flags, GAIT_FOOTFALL_NO_TOES);
    assert_true(isnan(foot.value[GAIT_METRIC_PRONATION_INDEX]));
    assert_close_abs(foot.value[GAIT_METRIC_HEEL31_PEAK], 7, 0);
    begin();
    row.side = GAIT_SIDE_UNKNOWN; /* the trial does not know better */
    steps_tier_apply(&foot, &row);
    assert_int_equal(foot.side, GAIT_SIDE_LEFT);
}

/* There and back, a cane between: each crossing has a first and a last foot. */
static void ends_of_each_crossing(void **state)
{
    static const uint32_t crossing[] = {0, 1, 1, 0, 1, 0, 2, 2};
    struct gait_tier_row rows[8] = {0};
    struct steps_crossing c;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        rows[i].crossing = crossing[i];
    c = steps_tier_crossing(rows, 8, 1);
    assert_true(c.first == 1 && c.last == 4 && c.feet == 3);
    c = steps_tier_crossing(rows, 8, 6);
    assert_true(c.first == 6 && c.last == 7 && c.feet == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_left_alone),
        cmocka_unit_test(a_step_of_somebody_slowing_down_does_not_count),
        cmocka_unit_test(the_other_side_by_the_order_of_walking),
        cmocka_unit_test(ends_of_each_crossing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
