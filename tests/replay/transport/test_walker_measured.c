/*
 * The walker through the pipeline: what is measured is what is true, on several mats, both ways, with noise and quantisation.
 */
#include "assert_close.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gait/pipeline.h"
#include "transport/walker.h"

enum { FEET_MAX = 8 };

/* What a mat of a kind may be off by: a coarse one sees the print's borders worse. */
struct tolerance {
    double load;  /* relative: force, impulse, heel force */
    double share; /* points of heel share */
    double mm;
    double deg;
    double area; /* arch index */
};

struct measured {
    struct gait_footfall foot[FEET_MAX]; /* plain numbers only: the arrays are gone */
    int feet;
};

static double truth(const struct gait_frame_source *source, int footfall, const char *name)
{
    const char *at = source->ops->truth_json(source);
    char key[64];

    for (int i = 0; i < footfall; i++)
        at = strstr(at + 1, "{\"footfall\"");
    snprintf(key, sizeof key, "\"%s\": ", name);
    assert_non_null(at);
    at = strstr(at, key);
    assert_non_null(at);
    return strncmp(at + strlen(key), "null", 4) == 0 ? (double)NAN : strtod(at + strlen(key), NULL);
}

static bool is_left(const struct gait_frame_source *source, int footfall)
{
    const char *at = source->ops->truth_json(source);

    for (int i = 0; i < footfall; i++)
        at = strstr(at + 1, "{\"footfall\"");
    return strncmp(strstr(at, "\"side\": ") + 8, "\"left\"", 6) == 0;
}

static void collect(struct gait_pipeline *pipeline, struct measured *m)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(pipeline))) {
        assert_true(m->feet < FEET_MAX);
        m->foot[m->feet++] = *f;
        gait_pipeline_release(pipeline, f);
    }
}

static void measure(struct gait_frame_source *source, struct measured *ret)
{
    const struct gait_source_info *info = gait_source_info(source);
    struct gait_slot slot = {0};
    struct gait_pipeline *pipeline;
    struct gait_trial_state state;

    assert_int_equal(gait_trial_state_init(&state, &info->geometry, &info->calibration), 0);
    assert_int_equal(gait_pipeline_new(&info->geometry, NULL, NULL, &pipeline), 0);
    assert_int_equal(gait_pipeline_start(pipeline, &state), 0);
    assert_int_equal(posix_memalign(&slot.raw, 64, gait_geometry_frame_bytes(&info->geometry)), 0);
    ret->feet = 0;
    while (gait_source_next(source, slot.raw, &slot.meta, NULL) > 0) {
        gait_pipeline_frame(pipeline, &slot);
        collect(pipeline, ret);
        slot.meta.index++;
    }
    gait_pipeline_finish(pipeline, GAIT_FOOTFALL_CUT);
    collect(pipeline, ret);
    gait_pipeline_free(pipeline);
    gait_trial_state_done(&state);
    free(slot.raw);
}

static void check_foot(const struct gait_frame_source *s, int k, const struct gait_footfall *f,
                       const struct tolerance *t)
{
    assert_int_equal(f->side, is_left(s, k) ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT);
    assert_int_equal(f->valid, 1);
    assert_close_rel(f->value[GAIT_METRIC_FORCE_MAX], truth(s, k, "force_max_p10_N"), t->load);
    assert_close_rel(f->value[GAIT_METRIC_IMPULSE], truth(s, k, "impulse_p10_Ns"), t->load);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_FORCE_MAX], truth(s, k, "heel31_force_max_N"), 2 * t->load);
    assert_close_abs(f->value[GAIT_METRIC_HEEL31_SHARE], truth(s, k, "heel31_share_pct"), t->share);
    assert_close_abs(f->value[GAIT_METRIC_ARCH_INDEX], truth(s, k, "arch_index"), t->area);
    assert_close_abs(f->value[GAIT_METRIC_LENGTH], truth(s, k, "length_mm"), t->mm);
    assert_close_abs(f->value[GAIT_METRIC_PROGRESSION_ANGLE], truth(s, k, "progression_angle_deg"), t->deg);
    assert_close_abs(f->heel_x_mm, truth(s, k, "heel_x_mm"), t->mm);
    assert_close_abs(f->heel_y_mm, truth(s, k, "heel_y_mm"), t->mm);
    /* the print's threshold takes up to 6 % of the force at the ends of stance */
    assert_close_abs((double)f->ic_mat_ns * 1e-9, truth(s, k, "ic_s"), 0.002);
    assert_close_abs((double)f->to_mat_ns * 1e-9, truth(s, k, "to_s"), 0.010);
}

static void check_walk(const char *text, int feet, const struct tolerance *tolerance)
{
    struct gait_frame_source *source;
    struct mat_walker_config config;
    struct gait_error err = {0};
    struct measured m;

    print_message("           %s\n", text);
    if (mat_walker_parse(text, &config, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(mat_walker_new(&config, &source, &err), 0);
    measure(source, &m);
    assert_int_equal(m.feet, feet);
    for (int k = 1; k <= feet; k++) {
        check_foot(source, k, &m.foot[k - 1], tolerance);
        if (k == 1)
            continue;
        assert_close_abs(m.foot[k - 1].value[GAIT_METRIC_STEP_LENGTH], truth(source, k, "step_length_mm"),
                         tolerance->mm);
        assert_close_abs(m.foot[k - 1].value[GAIT_METRIC_STEP_WIDTH], truth(source, k, "step_width_mm"), tolerance->mm);
        assert_close_abs(m.foot[k - 1].value[GAIT_METRIC_STEP_TIME], truth(source, k, "step_time_s"), 0.010);
    }
    gait_source_free(source);
}

static const struct tolerance fine = {.load = 0.015, .share = 1, .mm = 5, .deg = 2, .area = 0.02};
/* rounding moves the print's border to 8.75 kPa */
static const struct tolerance steps_of_2_5_kPa = {.load = 0.025, .share = 1, .mm = 5, .deg = 2, .area = 0.04};
static const struct tolerance coarse = {.load = 0.03, .share = 2, .mm = 10, .deg = 3, .area = 0.06};

static void both_ways_on_the_default_mat(void **state)
{
    (void)state;
    check_walk("seed=1,pass=1", 3, &fine);
    check_walk("seed=1,pass=2,direction=down", 3, &fine);
    check_walk("seed=2,pass=7,direction=down,preset=slow", 3, &fine);
}

static void people_of_all_sizes(void **state)
{
    (void)state;
    check_walk("seed=3,mass=35,foot_length_mm=200,step_length_mm=480", 4, &fine);
    check_walk("seed=4,mass=110,foot_length_mm=290,toe_out_deg=15,cols=80", 3, &fine);
}

static void noise_quantisation_and_offset(void **state)
{
    (void)state;
    check_walk("seed=5,noise=3,offset=25", 3, &fine);
    check_walk("seed=6,dtype=u8,kPa_per_count=2.5", 3, &steps_of_2_5_kPa);
}

/* Too wide a foot for this mat: both say so. */
static void feet_over_the_edge(void **state)
{
    struct gait_frame_source *source = NULL;
    struct mat_walker_config config;
    struct measured m;

    (void)state;
    assert_int_equal(mat_walker_parse("seed=4,mass=110,foot_length_mm=290,toe_out_deg=15", &config, NULL), 0);
    assert_int_equal(mat_walker_new(&config, &source, NULL), 0);
    assert_null(strstr(source->ops->truth_json(source), "\"whole\": true"));
    measure(source, &m);
    assert_int_equal(m.feet, 3);
    for (int k = 0; k < m.feet; k++) {
        assert_true(m.foot[k].flags & GAIT_FOOTFALL_PARTIAL);
        assert_int_equal(m.foot[k].valid, 0);
    }
    gait_source_free(source);
}

static void other_mats(void **state)
{
    (void)state;
    check_walk("seed=7,rows=240,cols=64,pitch_x_mm=5.08,pitch_y_mm=7.62,rate=126", 3, &coarse);
    check_walk("seed=8,rows=180,cols=40,pitch=10", 3, &coarse);
    check_walk("seed=9,rows=95,cols=64", 1, &fine);
    check_walk("seed=10,rate=250", 3, &fine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_on_the_default_mat),
        cmocka_unit_test(people_of_all_sizes),
        cmocka_unit_test(noise_quantisation_and_offset),
        cmocka_unit_test(feet_over_the_edge),
        cmocka_unit_test(other_mats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
