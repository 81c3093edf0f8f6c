/* A pass whose every step is known: what the session tier says of it. */
#include "assert_close.h"

#include <math.h>
#include <string.h>

#include "gait/session_tier.h"

enum { STEPS = 6 };

static struct gait_footfall record[STEPS];
static const struct gait_footfall *list[STEPS];

/* 650 mm every 0.5 s, 100 mm wide, stance 0.6 s; left first, walking up. */
static void walk(void)
{
    memset(record, 0, sizeof record);
    for (int k = 0; k < STEPS; k++) {
        struct gait_footfall *f = &record[k];

        list[k] = f;
        f->id = (uint32_t)k + 1;
        f->side = f->side_print = k % 2 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
        f->valid = 1;
        f->gait_class = GAIT_CLASS_WALKING;
        f->ic_mat_ns = UINT64_C(1000000000) + (uint64_t)k * 500000000;
        f->to_mat_ns = f->ic_mat_ns + 600000000;
        f->heel_x_mm = k % 2 ? 250 : 150;
        f->heel_y_mm = 100 + 650 * k;
        f->value[GAIT_METRIC_SIDE_CONFIDENCE] = 1;
        f->value[GAIT_METRIC_LENGTH] = 255;
        f->value[GAIT_METRIC_STEP_LENGTH] = k ? 650 : (double)NAN;
        f->value[GAIT_METRIC_STEP_TIME] = k ? 0.5 : (double)NAN;
        f->value[GAIT_METRIC_PROGRESSION_ANGLE] = k % 2 ? 9 : 5;
    }
}

static void state_of(struct gait_trial_state *ret)
{
    memset(ret, 0, sizeof *ret);
    gait_parameters_default(&ret->parameters);
    gait_subject_unknown(&ret->subject);
    gait_session_axis_unknown(&ret->session);
}

static void known_pass(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    walk();
    state_of(&trial);
    assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
    assert_close_rel(t.cadence_per_min, 120, 1e-12);
    assert_close_rel(t.speed_m_per_s, 1.3, 2e-3); /* the two ends are of different feet: the line is not quite +y */
    assert_close_rel(t.double_support_s, 0.2, 1e-9);
    assert_close_rel(t.duty_factor, 0.6, 1e-9);
    assert_int_equal(t.gait_class, GAIT_CLASS_WALKING);
    assert_close_rel(row[0].value[GAIT_METRIC_SWING], 0.4, 1e-9);
    assert_nan(row[0].value[GAIT_METRIC_DOUBLE_SUPPORT]); /* the footfall before was not on the mat */
    assert_nan(row[4].value[GAIT_METRIC_SWING]);
    assert_true(t.progression_y > 0.99);
    for (int k = 0; k < STEPS; k++)
        assert_true(row[k].valid && row[k].side == record[k].side && !(row[k].flags & GAIT_FOOTFALL_SIDE_CHECK));
}

static void sides(void **state)
{
    const struct gait_action action = {.kind = GAIT_ACTION_SET_SIDE, .side = GAIT_SIDE_LEFT, .footfall = 6};
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    walk();
    state_of(&trial);
    record[2].side = record[2].side_print = GAIT_SIDE_RIGHT; /* an unsure print of a left foot */
    record[2].value[GAIT_METRIC_SIDE_CONFIDENCE] = 0.25;
    record[3].side = record[3].side_print = GAIT_SIDE_UNKNOWN;
    record[3].value[GAIT_METRIC_SIDE_CONFIDENCE] = (double)NAN;
    assert_int_equal(gait_session_tier(&trial, list, STEPS, &action, 1, row, &t), 0);
    assert_int_equal(row[2].side, GAIT_SIDE_LEFT);
    assert_true(row[2].flags & GAIT_FOOTFALL_SIDE_CHECK);
    assert_int_equal(row[3].side, GAIT_SIDE_RIGHT);
    assert_int_equal(row[5].side, GAIT_SIDE_LEFT); /* the operator's word */
    assert_true(row[5].flags & GAIT_FOOTFALL_SIDE_OVERRIDE);
}

static void short_and_slowing(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    walk();
    state_of(&trial);
    record[4].value[GAIT_METRIC_LENGTH] = 200;
    record[5].value[GAIT_METRIC_STEP_LENGTH] = 400;
    assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
    assert_close_rel(row[4].relative_length, 200.0 / 255, 1e-12);
    assert_true(!row[4].valid && (row[4].flags & GAIT_FOOTFALL_PARTIAL));
    assert_true(!row[5].valid && (row[5].flags & GAIT_FOOTFALL_ACCEL));
    assert_true(row[3].valid);
}

static void running_has_flight(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    walk();
    state_of(&trial);
    for (int k = 0; k < STEPS; k++)
        record[k].to_mat_ns = record[k].ic_mat_ns + 250000000;
    assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
    assert_int_equal(t.gait_class, GAIT_CLASS_RUNNING);
    assert_close_rel(t.duty_factor, 0.25, 1e-9);
}

static void axis_of_the_session(void **state)
{
    struct gait_session_axis axis;

    (void)state;
    walk();
    record[0].value[GAIT_METRIC_PROGRESSION_ANGLE] = 40; /* a median does not see it */
    assert_int_equal(gait_session_axis_of(list, STEPS, &axis), 0);
    assert_close_rel(axis.toe_out_deg[0], 5, 1e-12);
    assert_close_rel(axis.toe_out_deg[1], 9, 1e-12);
    assert_int_equal(axis.steps[0], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_pass),          cmocka_unit_test(sides),
        cmocka_unit_test(short_and_slowing),   cmocka_unit_test(running_has_flight),
        cmocka_unit_test(axis_of_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
