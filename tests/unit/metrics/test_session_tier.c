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
        assert_int_equal(row[k].class_basis, GAIT_BASIS_PASS);
    trial.parameters.mat_mode = GAIT_MAT_SINGLE; /* one pass is one footfall: nothing of a pass */
    assert_int_equal(gait_session_tier(&trial, list, 1, NULL, 0, row, &t), 0);
    assert_int_equal(row[0].class_basis, GAIT_BASIS_SINGLE);
    assert_int_equal(row[0].gait_class, GAIT_CLASS_WALKING);
    assert_int_equal(row[0].reason[GAIT_METRIC_SPEED], GAIT_REASON_SINGLE_FOOTFALL);
    trial.parameters.mat_mode = GAIT_MAT_MULTI;
    assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
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

/* The first foot's heel and the last one's toes are beside the mat of 4 m: it seems to land 0.25 s late there, and to leave 0.4 s early here. */
static void cut_at_both_ends(bool down, struct gait_trial_state *trial)
{
    walk();
    state_of(trial);
    trial->geometry.rows = 800;
    trial->geometry.cols = 80;
    for (int k = 0; k < STEPS; k++) {
        record[k].row0 = 130u * (uint32_t)(down ? STEPS - 1 - k : k);
        record[k].rows = 50;
        record[k].col0 = 20;
        record[k].cols = 18;
        record[k].heel_y_mm = down ? 3400 - 650 * k : 100 + 650 * k;
    }
    record[down ? 0 : STEPS - 1].row0 = 750;
    record[0].flags = record[STEPS - 1].flags = GAIT_FOOTFALL_PARTIAL;
    record[0].valid = record[STEPS - 1].valid = 0;
    record[0].ic_mat_ns += 250000000;
    record[STEPS - 1].to_mat_ns -= 400000000;
}

static void feet_cut_by_the_edge(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    for (int down = 0; down < 2; down++) {
        cut_at_both_ends(down, &trial);
        assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
        assert_close_rel(t.cadence_per_min, 120, 1e-12);
        assert_close_rel(t.duty_factor, 0.6, 1e-9);
        assert_close_rel(t.double_support_s, 0.2, 1e-9);
        assert_int_equal(t.gait_class, GAIT_CLASS_WALKING);
        assert_int_equal(row[0].reason[GAIT_METRIC_DUTY_FACTOR], GAIT_REASON_PARTIAL);
        assert_close_rel(row[0].value[GAIT_METRIC_SWING], 0.4, 1e-9); /* it left where it could be seen */
        for (int k = 1; k < STEPS - 1; k++)
            assert_close_rel(row[k].value[GAIT_METRIC_DOUBLE_SUPPORT], 0.2, 1e-9);
        for (int k = 1; k < STEPS - 2; k++)
            assert_close_rel(row[k].value[GAIT_METRIC_DUTY_FACTOR], 0.6, 1e-9);
    }
}

/* Cut along a side, with frames missing, or two at once: then neither time is known, and of what is two feet nobody knows how many steps it was. */
static void feet_of_unknown_times(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    for (int what = 0; what < 3; what++) {
        struct gait_footfall *f = &record[2];

        cut_at_both_ends(false, &trial);
        f->flags = what == 0 ? GAIT_FOOTFALL_PARTIAL : what == 1 ? GAIT_FOOTFALL_GAP : GAIT_FOOTFALL_MERGED_FEET;
        f->col0 = what == 0 ? 62 : f->col0;
        f->ic_mat_ns += 200000000;
        f->to_mat_ns -= 200000000;
        assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
        assert_int_equal(row[1].reason[GAIT_METRIC_DOUBLE_SUPPORT], what == 0   ? GAIT_REASON_PARTIAL
                                                                    : what == 1 ? GAIT_REASON_GAP
                                                                                : GAIT_REASON_MERGED_FEET);
        assert_int_equal(row[3].reason[GAIT_METRIC_DOUBLE_SUPPORT], row[1].reason[GAIT_METRIC_DOUBLE_SUPPORT]);
        assert_int_equal(row[2].reason[GAIT_METRIC_DUTY_FACTOR], row[1].reason[GAIT_METRIC_DOUBLE_SUPPORT]);
        assert_close_rel(t.double_support_s, 0.2, 1e-9);
        assert_close_rel(t.duty_factor, 0.6, 1e-9);
        assert_int_equal(t.gait_class, GAIT_CLASS_WALKING);
        assert_int_equal(row[3].reason[GAIT_METRIC_CADENCE], what == 2 ? GAIT_REASON_MERGED_FEET : GAIT_REASON_NONE);
        assert_int_equal(row[1].reason[GAIT_METRIC_DUTY_FACTOR],
                         what == 2 ? GAIT_REASON_MERGED_FEET : GAIT_REASON_NONE);
        if (what < 2)
            assert_close_rel(t.cadence_per_min, 120, 1e-12);
    }
}

/* Two footfalls, one of them cut where the walker came from: what cannot be said says why. */
static void nothing_left(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    cut_at_both_ends(false, &trial);
    record[0].progression_y = record[1].progression_y = 1;
    assert_int_equal(gait_session_tier(&trial, list, 2, NULL, 0, row, &t), 0);
    assert_nan(t.cadence_per_min);
    assert_int_equal(row[1].reason[GAIT_METRIC_CADENCE], GAIT_REASON_PARTIAL);
    assert_int_equal(row[1].reason[GAIT_METRIC_SPEED], GAIT_REASON_PARTIAL);
    assert_int_equal(t.gait_class,
                     GAIT_CLASS_WALKING); /* the first one's toe-off is known, and the second landed before it */
}

/* Said of a foot that had left the mat: the last word counts, and what was measured the wrong way round is not known. */
static void corrected_footfall(void **state)
{
    const struct gait_action action[] = {
        {.kind = GAIT_ACTION_SET_SIDE, .side = GAIT_SIDE_RIGHT, .footfall = 1},
        {.kind = GAIT_ACTION_INVALID, .footfall = 2},
        {.kind = GAIT_ACTION_SET_SIDE, .side = GAIT_SIDE_RIGHT, .footfall = 4}, /* it was right before */
        {.kind = GAIT_ACTION_MARK, .footfall = 3},
    };

    (void)state;
    walk();
    for (int k = 0; k < STEPS; k++) {
        record[k].value[GAIT_METRIC_PRONATION_INDEX] = 0.5;
        record[k].region[GAIT_REGION_M1].peak_kPa = record[k].region[GAIT_REGION_HEEL31].peak_kPa = 300;
        gait_footfall_correct(&record[k], action, 4);
    }
    assert_int_equal(record[0].side, GAIT_SIDE_RIGHT);
    assert_true(record[0].valid && (record[0].flags & GAIT_FOOTFALL_SIDE_OVERRIDE));
    assert_nan(record[0].value[GAIT_METRIC_PRONATION_INDEX]);
    assert_int_equal(record[0].reason[GAIT_METRIC_PRONATION_INDEX], GAIT_REASON_SIDE_UNKNOWN);
    assert_nan(record[0].region[GAIT_REGION_M1].peak_kPa);
    assert_close_rel(record[0].region[GAIT_REGION_HEEL31].peak_kPa, 300, 1e-12);
    assert_close_rel(record[0].value[GAIT_METRIC_LENGTH], 255, 1e-12);
    assert_true(!record[1].valid && record[1].side == GAIT_SIDE_RIGHT &&
                record[1].flags == GAIT_FOOTFALL_OPERATOR_INVALID);
    assert_true(record[2].valid && !record[2].flags);
    assert_true(record[3].valid && record[3].side == GAIT_SIDE_RIGHT);
    assert_close_rel(record[3].value[GAIT_METRIC_PRONATION_INDEX], 0.5, 1e-12);
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

/* Beside 0.85 of the side's length, 15 % from the pass's speed, and four footfalls, with fewer nobody is said to speed up. */
static void limits_of_a_full_step(void **state)
{
    static const struct {
        double length, speed;
        uint32_t n;
        uint32_t flag;
    } c[] = {{0.86, 1, 6, 0}, {0.84, 1, 6, GAIT_FOOTFALL_PARTIAL}, {1, 1.14, 6, 0},
             {1, 0.86, 6, 0}, {1, 1.16, 6, GAIT_FOOTFALL_ACCEL},   {1, 0.84, 6, GAIT_FOOTFALL_ACCEL},
             {1, 0.5, 3, 0},  {1, 0.5, 4, GAIT_FOOTFALL_ACCEL}};
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    state_of(&trial);
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        const uint32_t last = c[i].n - 1;

        walk();
        record[last].value[GAIT_METRIC_LENGTH] *= c[i].length;
        record[last].value[GAIT_METRIC_STEP_LENGTH] *= c[i].speed;
        assert_int_equal(gait_session_tier(&trial, list, c[i].n, NULL, 0, row, &t), 0);
        assert_int_equal(row[last].flags & (GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_ACCEL), c[i].flag);
        assert_int_equal(row[last].valid, c[i].flag == 0);
    }
}

/* Feet down for half of the time, steps of two lengths in turn: off the mat for 21 ms in three of five is running, 19 ms are no flight. */
static void flight_of_20_ms(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    state_of(&trial);
    for (int flight = 0; flight < 2; flight++) {
        walk();
        for (int k = 0; k < STEPS; k++) {
            record[k].ic_mat_ns += k % 2 ? (flight ? 21000000 : 19000000) : 0;
            record[k].to_mat_ns = record[k].ic_mat_ns + 500000000;
        }
        assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
        assert_close_rel(t.duty_factor, 0.5, 1e-12);
        assert_int_equal(t.gait_class, flight ? GAIT_CLASS_RUNNING : GAIT_CLASS_WALKING);
    }
}

/* Down for 0.45 of the time is running, though only two of five steps have a flight, and the others overlap. */
static void running_by_duty_factor(void **state)
{
    struct gait_trial_state trial;
    struct gait_tier_row row[STEPS];
    struct gait_tier_trial t;

    (void)state;
    state_of(&trial);
    walk();
    for (int k = 0; k < STEPS; k++) {
        record[k].ic_mat_ns -= k % 2 ? 60000000 : 0;
        record[k].to_mat_ns = record[k].ic_mat_ns + 450000000;
    }
    assert_int_equal(gait_session_tier(&trial, list, STEPS, NULL, 0, row, &t), 0);
    assert_close_rel(t.duty_factor, 0.45, 1e-12);
    assert_int_equal(t.gait_class, GAIT_CLASS_RUNNING);
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
        cmocka_unit_test(known_pass),
        cmocka_unit_test(sides),
        cmocka_unit_test(short_and_slowing),
        cmocka_unit_test(running_has_flight),
        cmocka_unit_test(axis_of_the_session),
        cmocka_unit_test(feet_cut_by_the_edge),
        cmocka_unit_test(feet_of_unknown_times),
        cmocka_unit_test(nothing_left),
        cmocka_unit_test(limits_of_a_full_step),
        cmocka_unit_test(flight_of_20_ms),
        cmocka_unit_test(corrected_footfall),
        cmocka_unit_test(running_by_duty_factor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
