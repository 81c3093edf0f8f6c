/* Several crossings of the mat in one trial, each known by construction: nothing is measured from one to the next, in the step tier and in the session tier. */
#include "assert_close.h"

#include <math.h>
#include <string.h>

#include "gait/session_tier.h"
#include "metrics/gait_steps.h"

enum { FEET = 4, CROSSINGS_MAX = 3, ALL = FEET * CROSSINGS_MAX };

#define STEP_S   0.5
#define STANCE_S 0.6

static struct gait_footfall record[ALL];
static const struct gait_footfall *list[ALL];
static struct gait_trial_state trial;
static struct gait_tier_row row[ALL];
static struct gait_tier_trial whole;

static uint64_t ns(double s)
{
    return (uint64_t)(s * 1e9 + 0.5);
}

/* One after the other: FEET steps of step_mm every 0.5 s, first a left one, beginning so long after the last toe-off. */
static void cross(int crossing, bool back, double step_mm, double empty_s)
{
    const double before_s = crossing ? (double)record[crossing * FEET - 1].to_mat_ns * 1e-9 : 0;

    for (int k = 0; k < FEET; k++) {
        struct gait_footfall *f = &record[crossing * FEET + k];
        const bool right = k % 2;

        memset(f, 0, sizeof *f);
        list[crossing * FEET + k] = f;
        f->id = (uint32_t)(crossing * FEET + k + 1);
        f->side = f->side_print = right ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
        f->valid = 1;
        f->gait_class = GAIT_CLASS_WALKING;
        f->ic_mat_ns = ns(before_s + empty_s + STEP_S * k);
        f->to_mat_ns = f->ic_mat_ns + ns(STANCE_S);
        f->heel_x_mm = right == back ? 200 : 300; /* the left foot is at the walker's left, whichever way */
        f->heel_y_mm = back ? 2500 - step_mm * k : 100 + step_mm * k;
        f->progression_y = back ? -1 : 1;
        f->value[GAIT_METRIC_SIDE_CONFIDENCE] = 1;
        f->value[GAIT_METRIC_LENGTH] = 255;
    }
}

static void begin(void)
{
    memset(&trial, 0, sizeof trial);
    gait_parameters_default(&trial.parameters);
    gait_subject_unknown(&trial.subject);
    gait_session_axis_unknown(&trial.session);
}

static void step_tier(int n)
{
    struct gait_steps steps;

    gait_steps_reset(&steps);
    for (int k = 0; k < n; k++)
        gait_steps_add(&steps, &trial, record[k].heel_x_mm, record[k].heel_y_mm, &record[k]);
}

static void both_tiers(int crossings)
{
    step_tier(crossings * FEET);
    assert_int_equal(gait_session_tier(&trial, list, (uint32_t)crossings * FEET, NULL, 0, row, &whole), 0);
}

static void there_and_back(void **state)
{
    (void)state;
    begin();
    cross(0, false, 625, 1);
    cross(1, true, 625, 6);
    both_tiers(2);
    for (int k = 0; k < 2 * FEET; k++) {
        const struct gait_footfall *f = &record[k];
        const int at = k % FEET;

        assert_int_equal(f->reason[GAIT_METRIC_STEP_TIME], at ? GAIT_REASON_NONE : GAIT_REASON_SINGLE_FOOTFALL);
        assert_int_equal(f->reason[GAIT_METRIC_STEP_LENGTH], at ? GAIT_REASON_NONE : GAIT_REASON_SINGLE_FOOTFALL);
        assert_int_equal(f->reason[GAIT_METRIC_STRIDE_TIME], at > 1 ? GAIT_REASON_NONE : GAIT_REASON_SINGLE_FOOTFALL);
        assert_int_equal(f->reason[GAIT_METRIC_STRIDE_LENGTH], at > 1 ? GAIT_REASON_NONE : GAIT_REASON_SINGLE_FOOTFALL);
        if (at)
            assert_close_rel(f->value[GAIT_METRIC_STEP_TIME], STEP_S, 1e-9);
        if (at)
            assert_close_rel(f->value[GAIT_METRIC_STEP_LENGTH], 625, 1e-12);
        if (at)
            assert_close_rel(f->value[GAIT_METRIC_STEP_WIDTH], 100, 1e-9);
        if (at > 1)
            assert_close_rel(f->value[GAIT_METRIC_STRIDE_TIME], 2 * STEP_S, 1e-9);
        if (at > 1)
            assert_close_rel(f->value[GAIT_METRIC_STRIDE_LENGTH], 1250, 1e-12);
        assert_int_equal(row[k].crossing, k / FEET + 1);
        assert_int_equal(row[k].side, k % 2 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT);
        assert_int_equal(row[k].flags, 0);
        assert_int_equal(row[k].valid, 1);
        assert_int_equal(row[k].gait_class, GAIT_CLASS_WALKING);
        assert_close_rel(row[k].value[GAIT_METRIC_CADENCE], 120, 1e-9);
        assert_close_rel(row[k].value[GAIT_METRIC_SPEED], 1.25, 5e-3); /* the two ends are of different feet */
        if (at > 0 && at < FEET - 1)
            assert_close_rel(row[k].value[GAIT_METRIC_DOUBLE_SUPPORT], 0.2, 1e-9);
        else
            assert_nan(row[k].value[GAIT_METRIC_DOUBLE_SUPPORT]);
        if (at > 1)
            assert_nan(row[k].value[GAIT_METRIC_SWING]);
    }
    assert_close_rel(whole.speed_m_per_s, 1.25, 5e-3);
    assert_close_rel(whole.cadence_per_min, 120, 1e-9);
    assert_close_rel(whole.double_support_s, 0.2, 1e-9);
    assert_close_rel(whole.duty_factor, 0.6, 1e-9);
    assert_int_equal(whole.gait_class, GAIT_CLASS_WALKING);
    assert_nan(whole.progression_x); /* there and back is no way */
    assert_nan(whole.progression_y);
}

/* Prints that say nothing: in each crossing the way and the order tell which foot it was, also when both begin with the same. */
static void sides_of_each_crossing(void **state)
{
    (void)state;
    begin();
    cross(0, false, 625, 1);
    cross(1, true, 625, 6);
    for (int k = 0; k < 2 * FEET; k++) {
        record[k].side = record[k].side_print = GAIT_SIDE_UNKNOWN;
        record[k].value[GAIT_METRIC_SIDE_CONFIDENCE] = (double)NAN;
    }
    record[FEET - 1].flags =
        GAIT_FOOTFALL_TOO_LIGHT; /* the first crossing ends with a left foot, the second begins with one */
    both_tiers(2);
    for (int k = 0; k < 2 * FEET; k++)
        if (k != FEET - 1)
            assert_int_equal(row[k].side, k % 2 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT);
    assert_int_equal(row[FEET - 1].crossing, 0);
}

/* Round and round, three times the same way: the trial has a way, and medians of what each crossing has. */
static void the_same_way(void **state)
{
    (void)state;
    begin();
    cross(0, false, 500, 1);
    cross(1, false, 700, 3);
    cross(2, false, 650, 3);
    both_tiers(3);
    assert_close_rel(row[0].value[GAIT_METRIC_SPEED], 1.0, 1e-2);
    assert_close_rel(row[FEET].value[GAIT_METRIC_SPEED], 1.4, 1e-2);
    assert_close_rel(row[2 * FEET].value[GAIT_METRIC_SPEED], 1.3, 1e-2);
    assert_same_bits(whole.speed_m_per_s, row[2 * FEET].value[GAIT_METRIC_SPEED]);
    assert_true(whole.progression_y > 0.99);
    assert_close_rel(hypot(whole.progression_x, whole.progression_y), 1, 1e-12);
    for (int k = 0; k < 3 * FEET; k++) /* each steady by itself: nobody speeds up */
        assert_int_equal(row[k].flags, 0);
    cross(2, true, 650, 3);
    both_tiers(3);
    assert_nan(whole.progression_y); /* the one that came back is outvoted, and yet there is no way */
}

/* Walked there, run back: each footfall is of its crossing's class, and the trial of none. */
static void walked_and_run(void **state)
{
    (void)state;
    begin();
    cross(0, false, 625, 1);
    cross(1, true, 625, 6);
    for (int k = FEET; k < 2 * FEET; k++)
        record[k].to_mat_ns = record[k].ic_mat_ns + ns(0.25);
    both_tiers(2);
    assert_int_equal(row[0].gait_class, GAIT_CLASS_WALKING);
    assert_int_equal(row[FEET].gait_class, GAIT_CLASS_RUNNING);
    assert_int_equal(whole.gait_class, GAIT_CLASS_UNKNOWN);
    assert_int_equal(gait_session_tier(&trial, list, FEET + 1, NULL, 0, row, &whole), 0);
    assert_int_equal(whole.gait_class, GAIT_CLASS_WALKING); /* one footfall back says nothing */
    assert_true(whole.progression_y > 0.99);
    assert_int_equal(row[FEET].reason[GAIT_METRIC_SPEED], GAIT_REASON_SINGLE_FOOTFALL);
    assert_int_equal(row[FEET].reason[GAIT_METRIC_CADENCE], GAIT_REASON_SINGLE_FOOTFALL);
    assert_int_equal(row[FEET].class_basis, GAIT_BASIS_SINGLE);
}

/* A mat that was empty for 0.99 s is the same crossing, for 1.01 s another; a chair or a cane on it makes it no less empty, a foot that stays does. */
static void empty_for_a_second(void **state)
{
    (void)state;
    begin();
    for (int longer = 0; longer < 2; longer++) {
        cross(0, false, 300, 1);
        cross(1, false, 300, longer ? 1.01 : 0.99);
        both_tiers(2);
        assert_int_equal(row[FEET].crossing, longer ? 2 : 1);
        assert_int_equal(isnan(record[FEET].value[GAIT_METRIC_STEP_TIME]), longer);
        assert_int_equal(isnan(record[FEET + 1].value[GAIT_METRIC_STRIDE_TIME]), longer);
    }
    record[FEET - 1].flags = GAIT_FOOTFALL_TOO_LIGHT;
    record[0].to_mat_ns = record[FEET].ic_mat_ns - ns(0.5); /* the first foot stays */
    both_tiers(2);
    assert_int_equal(row[FEET].crossing, 1);
    assert_true(!isnan(record[FEET].value[GAIT_METRIC_STEP_TIME]));
}

/* How long a foot usually is, all crossings tell. */
static void length_over_the_trial(void **state)
{
    (void)state;
    begin();
    cross(0, false, 625, 1);
    cross(1, true, 625, 6);
    record[FEET].value[GAIT_METRIC_LENGTH] = 200;
    both_tiers(2);
    assert_close_rel(row[FEET].relative_length, 200.0 / 255, 1e-12);
    assert_true(!row[FEET].valid && row[FEET].flags & GAIT_FOOTFALL_PARTIAL);
}

/* The belt goes on; and where one pass is one footfall there is nothing between them anyway. */
static void belt_and_single(void **state)
{
    (void)state;
    begin();
    trial.parameters.surface = GAIT_TREADMILL;
    trial.parameters.belt_speed_m_per_s = 1.25;
    cross(0, false, 0, 1);
    cross(1, false, 0, 3);
    both_tiers(2);
    assert_int_equal(row[FEET].crossing, 1);
    assert_close_rel(record[FEET].value[GAIT_METRIC_STEP_TIME], STANCE_S + 3, 1e-9);
    begin();
    trial.parameters.mat_mode = GAIT_MAT_SINGLE;
    both_tiers(2);
    for (int k = 0; k < 2 * FEET; k++)
        assert_int_equal(record[k].reason[GAIT_METRIC_STEP_TIME], GAIT_REASON_SINGLE_FOOTFALL);
    assert_int_equal(row[FEET].class_basis, GAIT_BASIS_SINGLE);
}

/* The way of a footfall: from where the same foot landed before, but not in the crossing before; there its centre of pressure tells. */
static void way_of_a_footfall(void **state)
{
    struct gait_steps steps;
    double x, y;

    (void)state;
    begin();
    cross(0, false, 625, 1);
    gait_steps_reset(&steps);
    for (int k = 0; k < FEET; k++)
        gait_steps_add(&steps, &trial, record[k].heel_x_mm, record[k].heel_y_mm, &record[k]);
    gait_steps_progression(&steps, &trial, record[FEET - 1].to_mat_ns + ns(0.4), 200, 2600, 0, -150, &x, &y);
    assert_true(y > 0.99);
    gait_steps_progression(&steps, &trial, record[FEET - 1].to_mat_ns + ns(6), 200, 2600, 0, -150, &x, &y);
    assert_close_abs(y, -1, 1e-12);
    gait_steps_progression(&steps, &trial, record[FEET - 1].to_mat_ns + ns(6), 200, 2600, (double)NAN, (double)NAN, &x,
                           &y);
    assert_nan(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),     cmocka_unit_test(sides_of_each_crossing),
        cmocka_unit_test(the_same_way),       cmocka_unit_test(walked_and_run),
        cmocka_unit_test(empty_for_a_second), cmocka_unit_test(belt_and_single),
        cmocka_unit_test(way_of_a_footfall),  cmocka_unit_test(length_over_the_trial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
