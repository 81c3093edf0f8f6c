/* What a visit says of steps whose times and places are known. */
#include "assert_close.h"

#include <math.h>
#include <string.h>

#include <gait/footfall.h>

#include "study.h"

static const char PROTOCOL[] = "version: 1\n"
                               "name: visit\n"
                               "design: single_group\n"
                               "passes: 5\n"
                               "arms: [{name: massage, technique: effleurage, dose_min: 10}]\n"
                               "timepoints: [{name: pre1, kind: pre}, {name: post0, kind: post}]\n"
                               "conditions: [{name: barefoot}]\n"
                               "primary: [{metric: heel31_impulse_Ns}]\n";

static struct session session;
static struct daemon d;

/* One walk of four steps of 625 mm every half second, begun at ic_s. */
static void cross(uint32_t first_id, double ic_s, bool back, uint32_t too_light)
{
    for (uint32_t k = 0; k < 4; k++) {
        struct gait_footfall f = {.id = first_id + k, .side = (uint8_t)(k % 2 + 1), .valid = k + 1 != too_light};
        struct session_step step;

        f.flags = f.valid ? 0 : GAIT_FOOTFALL_TOO_LIGHT;
        f.ic_mat_ns = (uint64_t)((ic_s + 0.5 * k) * 1e9 + 0.5);
        f.to_mat_ns = f.ic_mat_ns + 600000000;
        f.heel_y_mm = back ? 2500 - 625.0 * k : 100 + 625.0 * k;
        f.progression_y = back ? -1 : 1;
        session_step_of(&f, &step);
        session_add_step(&session, 1, &step, ic_s);
    }
}

static double speed_of_last(void)
{
    struct study_view view = {.protocol = session.protocol};
    struct plan_next next = {.what = PLAN_TRIAL};
    json_t *quality = study_quality(&d, &view, &next);
    const json_t *speed = json_object_get(json_object_get(quality, "last"), "speed_m_per_s");
    const double value = json_is_number(speed) ? json_number_value(speed) : (double)NAN;

    json_decref(quality);
    return value;
}

static void begin(void)
{
    json_array_clear(json_object_get(session.state, "steps"));
}

/* The speed of the walks, not of the way from one to the next. */
static void there_and_back(void **state)
{
    (void)state;
    begin();
    cross(1, 1, false, 0);
    assert_close_rel(speed_of_last(), 1.25, 1e-9);
    cross(5, 9, true, 0);
    assert_close_rel(speed_of_last(), 1.25, 1e-9);
    cross(9, 17, false, 0);
    assert_close_rel(speed_of_last(), 1.25, 1e-9);
}

/* The mat is left when it was empty for more than a second, and what is no foot does not fill it. */
static void the_rule(void **state)
{
    (void)state;
    begin();
    cross(1, 1, false, 0); /* off the mat at 3.1 s */
    cross(5, 4.05, false, 0);
    assert_close_rel(speed_of_last(), 1.875 / 4.55, 1e-9); /* one walk, however odd */
    begin();
    cross(1, 1, false, 0);
    cross(5, 4.15, false, 0);
    assert_close_rel(speed_of_last(), 1.25, 1e-9);
    begin();
    cross(1, 1, false, 4); /* off at 2.6 s, then a cane */
    cross(5, 3.7, false, 0);
    assert_close_rel(speed_of_last(), 1.25, 1e-9);
}

/* One valid step of a walk has no speed, and does not spoil that of the others. */
static void one_step_back(void **state)
{
    struct gait_footfall f = {.id = 5, .side = 1, .valid = 1, .ic_mat_ns = UINT64_C(9000000000)};
    struct session_step step;

    (void)state;
    begin();
    cross(1, 1, false, 0);
    f.to_mat_ns = f.ic_mat_ns + 600000000;
    session_step_of(&f, &step);
    session_add_step(&session, 1, &step, 9);
    assert_close_rel(speed_of_last(), 1.25, 1e-9);
}

static int open_session(void **state)
{
    size_t faults;

    (void)state;
    session.state = json_pack("{s:[], s:[]}", "steps", "trials");
    d.session = &session;
    return protocol_read_bytes(PROTOCOL, strlen(PROTOCOL), &session.protocol, NULL, 0, &faults, NULL);
}

static int close_session(void **state)
{
    (void)state;
    protocol_free(session.protocol);
    json_decref(session.state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(the_rule),
        cmocka_unit_test(one_step_back),
    };

    return cmocka_run_group_tests(tests, open_session, close_session);
}
