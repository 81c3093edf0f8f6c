/*
 * The walker through the pipeline: what is measured is what is true, on several mats, both ways, with noise and quantisation; and on every mat at every rate in
 * every pose, of which the gate walks each mat and rate once, GAIT_TIER=full all.
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

/* Events may lie anywhere between those of all pressure and those of the cells above the threshold, and max(1 frame, 10 ms) beside. */
static void check_events(const struct gait_frame_source *s, int k, const struct gait_footfall *f, double rate_hz)
{
    const double allowed = fmax(1 / rate_hz, 0.010), ic = (double)f->ic_mat_ns * 1e-9, to = (double)f->to_mat_ns * 1e-9;

    assert_true(ic >= truth(s, k, "ic_s") - allowed && ic <= truth(s, k, "ic_p10_s") + allowed);
    assert_true(to >= truth(s, k, "to_p10_s") - allowed && to <= truth(s, k, "to_s") + allowed);
}

/* Below 50 Hz places and lengths are all that can be said, and the rest says why. */
static void check_slow(const struct gait_frame_source *s, int k, const struct gait_footfall *f, double mm)
{
    static const enum gait_metric refused[] = {
        GAIT_METRIC_STANCE, GAIT_METRIC_FORCE_MAX,  GAIT_METRIC_IMPULSE,  GAIT_METRIC_HEEL31_IMPULSE,
        GAIT_METRIC_HO,     GAIT_METRIC_ARCH_INDEX, GAIT_METRIC_DAI_MEAN, GAIT_METRIC_CPEI};

    assert_int_equal(f->valid, 0);
    assert_true(f->flags & GAIT_FOOTFALL_LOW_FS);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_true(isnan(f->value[refused[i]]));
        assert_int_equal(f->reason[refused[i]], GAIT_REASON_LOW_FS);
    }
    assert_close_abs(f->value[GAIT_METRIC_LENGTH], truth(s, k, "length_mm"), mm);
}

static void check_placed(const struct gait_frame_source *s, int k, const struct gait_footfall *f, double rate_hz,
                         const struct tolerance *t)
{
    assert_int_equal(f->side, is_left(s, k) ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT);
    assert_close_abs(f->value[GAIT_METRIC_PROGRESSION_ANGLE], truth(s, k, "progression_angle_deg"), t->deg);
    assert_close_abs(f->heel_x_mm, truth(s, k, "heel_x_mm"), t->mm);
    assert_close_abs(f->heel_y_mm, truth(s, k, "heel_y_mm"), t->mm);
    if (rate_hz < 50) {
        check_slow(s, k, f, t->mm);
        return;
    }
    assert_int_equal(f->valid, 1);
    assert_close_rel(f->value[GAIT_METRIC_FORCE_MAX], truth(s, k, "force_max_p10_N"), t->load);
    assert_true(f->value[GAIT_METRIC_IMPULSE] >= truth(s, k, "impulse_p10_Ns") * (1 - t->load) &&
                f->value[GAIT_METRIC_IMPULSE] <=
                    truth(s, k, "impulse_Ns")); /* cells that have begun count down to 5 kPa */
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_FORCE_MAX], truth(s, k, "heel31_force_max_N"), 2 * t->load);
    assert_close_rel(f->value[GAIT_METRIC_HEEL31_IMPULSE], truth(s, k, "heel31_impulse_Ns"), 2 * t->load);
    assert_close_abs(f->value[GAIT_METRIC_HEEL31_SHARE], truth(s, k, "heel31_share_pct"), t->share);
    assert_close_abs(f->value[GAIT_METRIC_ARCH_INDEX], truth(s, k, "arch_index"), t->area);
    assert_close_abs(f->value[GAIT_METRIC_LENGTH], truth(s, k, "length_mm"), 1.25 * t->mm); /* both of its ends */
    check_events(s, k, f, rate_hz);
}

static int true_feet(const struct gait_frame_source *source)
{
    int n = 0;

    for (const char *at = source->ops->truth_json(source); (at = strstr(at + 1, "{\"footfall\"")); n++)
        ;
    return n;
}

/* Every foot of one walk; returns how many. */
static int check_place(const char *text, const struct tolerance *t)
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
    assert_int_equal(m.feet, true_feet(source));
    assert_true(m.feet >= (config.rows * config.pitch_y_mm >= 1200 ? 2 : 1));
    for (int k = 1; k <= m.feet; k++)
        check_placed(source, k, &m.foot[k - 1], config.rate_hz, t);
    gait_source_free(source);
    return m.feet;
}

static void every_mat_rate_and_pose(void **state)
{
    static const struct {
        const char *keys;
        const struct tolerance *tolerance;
    } mat[] = {{"rows=32,cols=32,pitch=10,foot_length_mm=230", &coarse},
               {"rows=64,cols=48,pitch=7,foot_length_mm=240", &coarse},
               {"rows=95,cols=64,pitch=5", &fine},
               {"rows=180,cols=40,pitch=10", &coarse},
               {"rows=240,cols=64,pitch_x_mm=5.08,pitch_y_mm=7.62", &coarse},
               {"rows=360,cols=64,pitch=5", &fine},
               {"rows=720,cols=240,pitch=5", &fine}};
    static const char *const pose[] = {"first=left",
                                       "first=right",
                                       "first=left,direction=down",
                                       "first=right,direction=down,toe_out_deg=12",
                                       "first=left,toe_out_deg=-4,shift_mm=2.3",
                                       "first=right,toe_out_deg=9,shift_mm=-1.7,mass=45",
                                       "first=left,direction=down,mass=105"};
    static const int rate_hz[] = {25, 50, 100, 200, 500};
    enum {
        MATS = sizeof mat / sizeof mat[0],
        POSES = sizeof pose / sizeof pose[0],
        RATES = sizeof rate_hz / sizeof rate_hz[0]
    };
    const char *tier = getenv("GAIT_TIER");
    const bool full = tier && strcmp(tier, "full") == 0;
    int walks = 0, feet = 0;
    char text[200];

    (void)state;
    for (int i = 0; i < MATS * RATES * POSES; i++) {
        const int m = i % MATS, r = i / MATS % RATES, p = i / MATS / RATES;

        if (!full && (p != (m + r) % POSES || (m + r) % RATES > 1 || (m == MATS - 1 && rate_hz[r] > 50)))
            continue; /* two rates a mat, all poses among them; the largest mat slowly */
        snprintf(text, sizeof text, "seed=%d,%s,%s,rate=%d", 20 + i, mat[m].keys, pose[p], rate_hz[r]);
        feet += check_place(text, mat[m].tolerance);
        walks++;
    }
    fprintf(stderr, "RESULT matrix walks=%d feet=%d\n", walks, feet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_on_the_default_mat),
        cmocka_unit_test(people_of_all_sizes),
        cmocka_unit_test(noise_quantisation_and_offset),
        cmocka_unit_test(feet_over_the_edge),
        cmocka_unit_test(other_mats),
        cmocka_unit_test(every_mat_rate_and_pose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
