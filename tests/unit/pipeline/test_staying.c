/* Feet that stay: sums instead of frames after two seconds, sway, and a belt that carries them. */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static struct scene_result result;

static void standing_goes_over_to_sums(void **state)
{
    struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

    (void)state;
    scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 200, 200, 40, 120, 0, 40, 0.5, 9.5});
    scene_run(s, NULL, 10, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 1);
    assert_true(result.footfall[0].flags & GAIT_FOOTFALL_TRUNCATED);
    assert_int_equal(result.footfall[0].gait_class, GAIT_CLASS_STANDING);
    assert_close_rel(result.footfall[0].value[GAIT_METRIC_FORCE_MAX], 40 * 80 * 240 * 1e-3, 1e-6);
    assert_close_rel(result.footfall[0].value[GAIT_METRIC_IMPULSE], result.impulse_Ns, 1e-3);
    scene_free(s);
}

/* Somebody lies down on the whole mat for a second: too much to be worked cell by cell. Its sums are not those of a foot, and say so. */
static void sums_are_refused_too(void **state)
{
    struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);
    const struct gait_footfall *f = &result.footfall[0];

    (void)state;
    scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 220, 240, 230, 250, 0, 40, 0.5, 1.5});
    scene_run(s, NULL, 2.5, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 1);
    assert_true(f->flags & GAIT_FOOTFALL_TRUNCATED && f->flags & GAIT_FOOTFALL_PARTIAL && !f->valid);
    for (int m = GAIT_METRIC_STANCE; m <= GAIT_METRIC_FOOTPRINT_AREA; m++) {
        assert_nan(f->value[m]);
        assert_int_equal(f->reason[m],
                         f->flags & GAIT_FOOTFALL_MERGED_FEET ? GAIT_REASON_MERGED_FEET : GAIT_REASON_PARTIAL);
    }
    scene_free(s);
}

/*
 * Somebody stands for ten seconds: each foot is four blocks of 60 x 60 mm at the corners of 60 x 180 mm whose weights carry its centre of pressure around a circle
 * or an ellipse of known size; path, velocity, ellipse and loads are those of the formula, far beyond what is kept frame by frame.
 */
struct stander {
    double rate_hz, rx_mm, ry_mm; /* of both feet's centres, in step */
    double load_kPa[2];
};

static bool stand(void *user, uint64_t frame, struct gait_slot *slot)
{
    const struct stander *s = user;
    const double t = (double)frame / s->rate_hz, a = 2 * M_PI * t / 2; /* once round in 2 s */
    float *raw = slot->raw;

    memset(raw, 0, 96 * 88 * sizeof *raw);
    for (int foot = 0; foot < 2 && t >= 0.5 && t < 10.5; foot++) {
        const double x = 0.5 + s->rx_mm * cos(a) / 60, y = 0.5 + s->ry_mm * sin(a) / 180;

        for (int r = 0; r < 12; r++) {
            for (int c = 0; c < 12; c++) {
                float *at = raw + (30 + r) * 88 + 20 + 30 * foot + c;
                const double p = s->load_kPa[foot];

                at[0] = (float)(p * (1 - x) * (1 - y));
                at[12] = (float)(p * x * (1 - y));
                at[36 * 88] = (float)(p * (1 - x) * y);
                at[36 * 88 + 12] = (float)(p * x * y);
            }
        }
        for (int r = 42; r < 66; r++) /* hardly anything, so that each foot is one piece */
            raw[r * 88 + 31 + 30 * foot] = 1e-6f;
    }
    return true;
}

static void check_sway(const struct gait_footfall *f, enum gait_metric path, const struct stander *s, double within)
{
    const uint32_t n = (uint32_t)(10 * s->rate_hz);
    double length = 0;

    for (uint32_t k = 1; k < n; k++) {
        const double a = M_PI * (0.5 + k / s->rate_hz), b = M_PI * (0.5 + (k - 1) / s->rate_hz);

        length += hypot(s->rx_mm * (cos(a) - cos(b)), s->ry_mm * (sin(a) - sin(b)));
    }
    assert_close_rel(f->value[path], length, within);
    assert_close_rel(f->value[path + 1], length / ((n - 1) / s->rate_hz), within);
    assert_close_rel(f->value[path + 2], M_PI * 5.991464547 * s->rx_mm * s->ry_mm / 2 * n / (n - 1) / 100, within);
}

static void standing_sways(void **state)
{
    static const struct stander who[] = {
        {100, 5, 5, {40, 40}}, {100, 4, 10, {30, 50}}, {50, 8, 3, {50, 25}}, {200, 6, 6, {20, 60}}};

    (void)state;
    for (size_t k = 0; k < sizeof who / sizeof who[0]; k++) {
        const struct stander *w = &who[k];
        const double both = w->load_kPa[0] + w->load_kPa[1];
        struct scene *s = scene_new(96, 88, 5, w->rate_hz, GAIT_F32);
        struct gait_trial_state trial;

        scene_state(s, &trial);
        trial.parameters.p_on_kPa = trial.parameters.p_off_kPa = 0;
        scene_run(s, &trial, 11, stand, (void *)w, &result);
        assert_int_equal(result.footfalls, 2);
        for (int i = 0; i < 2; i++) {
            const struct gait_footfall *f = &result.footfall[i];

            assert_int_equal(f->gait_class, GAIT_CLASS_STANDING);
            assert_true(f->flags & GAIT_FOOTFALL_TRUNCATED);
            assert_false(f->valid);
            check_sway(f, GAIT_METRIC_SWAY_PATH, w, 1e-4);
            check_sway(f, GAIT_METRIC_BODY_SWAY_PATH, w, 1e-4);
            assert_close_rel(f->value[GAIT_METRIC_STANDING_LOAD], w->load_kPa[i] * 144 * 25e-3, 1e-5);
            assert_close_abs(f->value[GAIT_METRIC_STANDING_SHARE], 100 * w->load_kPa[i] / both, 1e-3);
            assert_close_abs(f->value[GAIT_METRIC_HEEL31_SHARE], 50, 0.5);
            assert_close_abs(f->value[GAIT_METRIC_LENGTH], 246, 6);
            assert_true(isnan(f->value[GAIT_METRIC_ARCH_INDEX]) && isnan(f->value[GAIT_METRIC_DAI_MEAN]));
            assert_int_equal(f->reason[GAIT_METRIC_ARCH_INDEX], GAIT_REASON_STANDING);
            assert_true(isnan(f->region[GAIT_REGION_M1].impulse_Ns));
        }
        gait_trial_state_done(&trial);
        scene_free(s);
    }
}

/* A print with an arch, kept for ten seconds as for two and a half: the same static indices. */
static void standing_keeps_its_arch(void **state)
{
    static struct scene_result brief;

    (void)state;
    for (int longer = 0; longer < 2; longer++) {
        struct scene *s = scene_new(96, 88, 5, 100, GAIT_F32);
        const double end = longer ? 10.5 : 3.0;

        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 200, 150, 30, 40, 0, 60, 0.2, end});
        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 215, 230, 15, 40, 0, 20, 0.2, end});
        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 200, 310, 40, 40, 0, 50, 0.2, end});
        scene_run(s, NULL, end + 0.5, NULL, NULL, longer ? &result : &brief);
        scene_free(s);
    }
    assert_int_equal(brief.footfalls, 1);
    assert_false(brief.footfall[0].flags & GAIT_FOOTFALL_TRUNCATED);
    assert_true(result.footfall[0].flags & GAIT_FOOTFALL_TRUNCATED);
    for (int k = GAIT_METRIC_STATIC_ARCH_INDEX; k <= GAIT_METRIC_STATIC_STAHELI; k++)
        assert_close_abs(result.footfall[0].value[k], brief.footfall[0].value[k], 1e-6);
    assert_close_abs(result.footfall[0].value[GAIT_METRIC_STATIC_ARCH_INDEX], 0.1764706, 0.02);
}

/* Feet on a belt: every frame draws them where the belt has carried them. */
struct belt {
    const struct scene *still; /* places at time t0_s */
    double mm_per_s, t0_s;
};

static bool carry(void *user, uint64_t frame, struct gait_slot *slot)
{
    const struct belt *b = user;
    struct scene *now = malloc(sizeof *now);
    const double t = (double)frame / b->still->geometry.rate_hz;

    assert_non_null(now);
    *now = *b->still;
    for (uint32_t k = 0; k < now->blobs; k++)
        now->blob[k].y_mm -= b->mm_per_s * (t - b->t0_s);
    scene_draw(now, t, slot->raw);
    free(now);
    return true;
}

/* A foot on a belt of known speed measures like the one that stands still; without the speed its places are refused. */
static void belt_is_taken_out(void **state)
{
    static struct scene_result still;
    static const double speed[] = {1.0, 0.83, 1.37};

    (void)state;
    for (size_t k = 0; k < sizeof speed / sizeof speed[0]; k++) {
        struct scene *s = scene_new(300, 64, 5, 100, GAIT_F32);
        struct belt belt = {s, speed[k] * 1000, 0};
        struct gait_trial_state trial;
        const struct gait_footfall *a = &still.footfall[0], *b = &result.footfall[0];
        const bool whole_cells = k == 0; /* 10 mm a frame are two rows */

        scene_add_foot(s, (struct scene_foot){160, 1000, 0.1, 250, 0.2, 0.69, 1, 60, GAIT_SIDE_RIGHT});
        scene_state(s, &trial);
        trial.parameters.p_off_kPa =
            trial.parameters.p_on_kPa; /* hysteresis sticks to the mat's cells, not to the foot's */
        scene_run(s, &trial, 1.3, NULL, NULL, &still);
        assert_int_equal(still.footfalls, 1);
        belt.t0_s = (double)still.footfall[0].first_frame / 100;
        trial.parameters.surface = GAIT_TREADMILL;
        trial.parameters.belt_speed_m_per_s = speed[k];
        scene_run(s, &trial, 1.3, carry, &belt, &result);
        assert_int_equal(result.footfalls, 1);
        assert_int_equal(b->valid, 1);
        assert_int_equal(b->side, GAIT_SIDE_RIGHT);
        assert_close_rel(b->value[GAIT_METRIC_IMPULSE], a->value[GAIT_METRIC_IMPULSE], whole_cells ? 1e-6 : 0.005);
        assert_close_abs(b->value[GAIT_METRIC_LENGTH], a->value[GAIT_METRIC_LENGTH], whole_cells ? 1e-3 : 8);
        assert_close_rel(b->value[GAIT_METRIC_HEEL31_IMPULSE], a->value[GAIT_METRIC_HEEL31_IMPULSE],
                         whole_cells ? 1e-6 : 0.02);
        assert_close_abs(b->value[GAIT_METRIC_ARCH_INDEX], a->value[GAIT_METRIC_ARCH_INDEX], whole_cells ? 1e-6 : 0.02);
        assert_close_abs(b->value[GAIT_METRIC_AXIS], a->value[GAIT_METRIC_AXIS], whole_cells ? 1e-3 : 1.5);
        assert_close_rel(b->value[GAIT_METRIC_COP_VELOCITY_MEAN], a->value[GAIT_METRIC_COP_VELOCITY_MEAN],
                         whole_cells ? 1e-4 : 0.03);
        assert_close_abs(b->heel_y_mm, a->heel_y_mm, whole_cells ? 1e-3 : 4);
        trial.parameters.belt_speed_m_per_s = (double)NAN;
        scene_run(s, &trial, 1.3, carry, &belt, &result);
        for (uint32_t i = 0; i < result.footfalls; i++)
            assert_true(isnan(b[i].value[GAIT_METRIC_ARCH_INDEX]) && isnan(b[i].value[GAIT_METRIC_LENGTH]));
        gait_trial_state_done(&trial);
        scene_free(s);
    }
}

/* Walking on the spot of a belt: heels come down at the same place, steps are as long as the belt goes in a step's time. */
static void belt_walk(void **state)
{
    struct scene *s = scene_new(300, 80, 5, 100, GAIT_F32);
    struct belt belt = {s, 1200, 0.3};
    struct gait_trial_state trial;

    (void)state;
    scene_add_walk(s, (struct scene_walk){200, 950, 0.3, 660, 100, 0.55, 0.69, 0.12, GAIT_SIDE_RIGHT, 6});
    scene_state(s, &trial);
    trial.parameters.surface = GAIT_TREADMILL;
    trial.parameters.belt_speed_m_per_s = 1.2;
    scene_run(s, &trial, 4.5, carry, &belt, &result);
    assert_int_equal(result.footfalls, 6);
    for (uint32_t k = 0; k < 6; k++) {
        const struct gait_footfall *f = &result.footfall[k];

        assert_int_equal(f->valid, 1);
        assert_int_equal(f->side, k % 2 ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT);
        if (k > 0)
            assert_close_abs(f->value[GAIT_METRIC_STEP_LENGTH], 660, 6);
        if (k > 1)
            assert_close_abs(f->value[GAIT_METRIC_STRIDE_LENGTH], 1320, 8);
    }
    gait_trial_state_done(&trial);
    scene_free(s);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standing_goes_over_to_sums),
        cmocka_unit_test(sums_are_refused_too),
        cmocka_unit_test(standing_sways),
        cmocka_unit_test(standing_keeps_its_arch),
        cmocka_unit_test(belt_is_taken_out),
        cmocka_unit_test(belt_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
