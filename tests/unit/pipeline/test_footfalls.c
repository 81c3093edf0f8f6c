/* How many footfalls a scene gives, and which. */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static struct scene_result result;

static const struct {
    uint32_t rows, cols;
    double pitch_mm, rate_hz;
    enum gait_dtype dtype;
} mat[] = {
    {32, 32, 10, 100, GAIT_U8}, {96, 88, 5, 100, GAIT_U16},   {96, 88, 5, 25, GAIT_F32},
    {96, 88, 5, 500, GAIT_U16}, {120, 48, 7.5, 50, GAIT_I16}, {360, 64, 5, 100, GAIT_U16},
};

static void one_foot(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof mat / sizeof mat[0]; k++) {
        struct scene *s = scene_new(mat[k].rows, mat[k].cols, mat[k].pitch_mm, mat[k].rate_hz, mat[k].dtype);
        const double middle = mat[k].cols * mat[k].pitch_mm / 2;
        const struct gait_footfall *f = &result.footfall[0];

        scene_add_foot(s, (struct scene_foot){middle, 32, 0.1, 250, 0.2, 0.69, 1, 60, GAIT_SIDE_RIGHT});
        scene_run(s, NULL, 1.3, NULL, NULL, &result);
        assert_int_equal(result.footfalls, 1);
        assert_int_equal(f->id, 1);
        assert_int_equal(
            f->flags & (GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_CUT | GAIT_FOOTFALL_GAP), 0);
        assert_int_equal(f->valid, mat[k].rate_hz >= 50);
        assert_int_equal(!!(f->flags & GAIT_FOOTFALL_LOW_FS), mat[k].rate_hz < 50);
        if (mat[k].rate_hz >= 50) {
            assert_close_rel(f->value[GAIT_METRIC_FORCE_MAX], result.force_max_N, 1e-6);
            assert_close_rel(f->value[GAIT_METRIC_IMPULSE], result.impulse_Ns, 0.01);
        }
        assert_int_equal(result.counters.rejected_contacts, 0);
        assert_int_equal(result.last.open_footfalls, 0);
        scene_free(s);
    }
}

/* Heel, forefoot and toes far apart: no arch, one foot. */
static void high_arch(void **state)
{
    struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

    (void)state;
    scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, 0.2, 0.69, 1, 0, GAIT_SIDE_LEFT});
    scene_run(s, NULL, 1.3, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 1);
    assert_close_rel(result.footfall[0].value[GAIT_METRIC_IMPULSE], result.impulse_Ns, 0.01);
    scene_free(s);
}

static void walk_of_eight(void **state)
{
    (void)state;
    for (int rate = 25; rate <= 500; rate = rate == 25 ? 100 : rate * 5) {
        struct scene *s = scene_new(1160, 120, 5, rate, GAIT_U16);
        const double end =
            scene_add_walk(s, (struct scene_walk){300, 100, 0.3, 660, 100, 0.55, 0.69, 0.12, GAIT_SIDE_RIGHT, 8});

        scene_run(s, NULL, end + 0.3, NULL, NULL, &result);
        assert_int_equal(result.footfalls, 8);
        for (uint32_t k = 0; k < 8; k++) {
            const struct gait_footfall *f = &result.footfall[k];

            assert_int_equal(f->id, k + 1);
            assert_int_equal(f->valid, rate >= 50);
            if (rate >= 50)
                assert_close_rel(f->value[GAIT_METRIC_FORCE_MAX], 884, 0.05);
            if (k >= 2)
                assert_close_abs(f->value[GAIT_METRIC_STRIDE_TIME], 1.1, 0.02);
        }
        scene_free(s);
    }
}

/* Walked onto the mat and off it: the first heel and the last toes lie beside it. Times rest on landings that were seen. */
static void cut_by_the_edges(void **state)
{
    struct scene *s = scene_new(548, 88, 5, 100, GAIT_U16);
    const double end =
        scene_add_walk(s, (struct scene_walk){220, -100, 0.3, 660, 100, 0.55, 0.69, 0.12, GAIT_SIDE_RIGHT, 5});
    const struct gait_footfall *f = result.footfall;

    (void)state;
    scene_run(s, NULL, end + 0.3, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 5);
    for (uint32_t k = 0; k < 5; k++)
        assert_int_equal(f[k].valid, k > 0 && k < 4);
    assert_int_equal(f[1].reason[GAIT_METRIC_STEP_TIME], GAIT_REASON_PARTIAL);
    assert_int_equal(f[2].reason[GAIT_METRIC_STRIDE_TIME], GAIT_REASON_PARTIAL);
    assert_int_equal(f[1].reason[GAIT_METRIC_STEP_LENGTH], GAIT_REASON_PARTIAL);
    for (uint32_t k = 2; k < 5; k++)
        assert_close_abs(f[k].value[GAIT_METRIC_STEP_TIME], 0.55, 0.01);
    for (uint32_t k = 3; k < 5; k++)
        assert_close_abs(f[k].value[GAIT_METRIC_STRIDE_TIME], 1.1, 0.02);
    scene_free(s);
}

static const struct gait_footfall *by_side(enum gait_side side)
{
    const struct gait_footfall *found = NULL;

    for (uint32_t k = 0; k < result.footfalls; k++) {
        if (result.footfall[k].side != side)
            continue;
        assert_null(found);
        found = &result.footfall[k];
    }
    assert_non_null(found);
    return found;
}

static void two_feet(struct scene_foot a, struct scene_foot b, double impulse_within)
{
    struct scene *s = scene_new(160, 88, 5, 100, GAIT_U16);
    struct scene *alone = scene_new(160, 88, 5, 100, GAIT_U16);
    double impulse_Ns;

    scene_add_foot(alone, a);
    scene_run(alone, NULL, 3, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 1);
    impulse_Ns = result.footfall[0].value[GAIT_METRIC_IMPULSE];
    scene_add_foot(s, a);
    scene_add_foot(s, b);
    scene_run(s, NULL, 3, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 2);
    assert_true(result.footfall[0].valid && result.footfall[1].valid);
    assert_close_rel(by_side(a.side)->value[GAIT_METRIC_IMPULSE], impulse_Ns, impulse_within);
    assert_int_equal(result.footfall[0].id, 1);
    assert_int_equal(result.footfall[1].id, 2);
    scene_free(s);
    scene_free(alone);
}

/* Both feet at once: heel joins heel until the whole is too wide for a foot. */
static void both_feet_at_once(void **state)
{
    const struct scene_foot left = {150, 60, 0, 250, 0.20, 0.9, 1, 60, GAIT_SIDE_LEFT};

    (void)state;
    for (int apart = 90; apart <= 160; apart += 10)
        two_feet(left, (struct scene_foot){150 + apart, 60, 0, 250, 0.21, 0.9, 1, 60, GAIT_SIDE_RIGHT}, 0.03);
}

/* The second foot is set beside the first, so near that they touch. */
static void closing_step(void **state)
{
    const struct scene_foot left = {150, 60, 0, 250, 0.20, 1.2, 1, 60, GAIT_SIDE_LEFT};

    (void)state;
    for (int apart = 84; apart <= 140; apart += 8)
        for (int ahead = -60; ahead <= 120; ahead += 60)
            two_feet(left, (struct scene_foot){150 + apart, 120 + ahead, 0, 250, 0.70, 1.2, 1, 60, GAIT_SIDE_RIGHT},
                     0.04);
}

/* Heel to toe on one line, with double support. */
static void tandem_heel_to_toe(void **state)
{
    (void)state;
    for (int step = 255; step <= 300; step += 15)
        two_feet((struct scene_foot){200, 100, 0, 250, 0.2, 0.7, 1, 60, GAIT_SIDE_LEFT},
                 (struct scene_foot){200, 100 + step, 0, 250, 0.78, 0.7, 1, 60, GAIT_SIDE_RIGHT}, 0.04);
}

/* Steps that touch, heel on toes, all through a walk: each is told when it has left, not when the walk is over. */
static void chain_of_touching_steps(void **state)
{
    (void)state;
    for (int k = 0; k < 6; k++) {
        struct scene *s = scene_new(k < 4 ? 480 : 240, k < 4 ? 64 : 32, k < 4 ? 5 : 10, k % 2 ? 200 : 100, GAIT_U16);
        const double step_mm = k < 4 ? 262 + 6 * k : 280, arch_kPa = k % 3 == 2 ? 0 : 60;

        for (uint32_t n = 0; n < 8; n++)
            scene_add_foot(s, (struct scene_foot){150 + 4.0 * (n % 2), 60 + step_mm * n, 0, 250, 0.2 + 0.55 * n, 0.68,
                                                  1, arch_kPa, n % 2 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT});
        scene_run(s, NULL, 6, NULL, NULL, &result);
        assert_int_equal(result.footfalls, 8);
        for (uint32_t n = 0; n < 8; n++) {
            const struct gait_footfall *f = &result.footfall[n];

            assert_int_equal(f->id, n + 1);
            assert_int_equal(f->valid, 1);
            assert_int_equal(f->side, n % 2 ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT);
            assert_close_abs((double)(f->ic_mat_ns - result.footfall[0].ic_mat_ns) * 1e-9, 0.55 * n, 0.01);
            assert_close_rel(f->value[GAIT_METRIC_IMPULSE], result.impulse_Ns / 8, 0.05);
            assert_true(result.closed_s[n] < (double)f->to_mat_ns * 1e-9 + 0.100 + 0.030);
        }
        scene_free(s);
    }
}

/* After toe-off the toes are dragged on over the mat, lightly. */
static void toe_drag(void **state)
{
    struct scene *s = scene_new(160, 88, 5, 100, GAIT_U16);

    (void)state;
    scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, 0.2, 0.7, 1, 60, GAIT_SIDE_LEFT});
    for (int k = 0; k < 14; k++)
        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 215, 310 + 15 * k, 6, 10, 0, 60,
                                         0.86 + 0.01 * k, 0.90 + 0.01 * k});
    scene_run(s, NULL, 2, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 1);
    assert_true(result.footfall[0].flags & GAIT_FOOTFALL_TOE_DRAG);
    assert_close_abs(result.footfall[0].value[GAIT_METRIC_LENGTH], 275, 20);
    scene_free(s);
}

static void tandem_on_the_same_cells(void **state)
{
    struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

    (void)state;
    scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, 0.2, 0.6, 1, 60, GAIT_SIDE_LEFT});
    scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, 1.0, 0.6, 1, 60, GAIT_SIDE_RIGHT});
    scene_run(s, NULL, 2.0, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 2);
    scene_free(s);
}

static void partial_at_each_edge(void **state)
{
    static const struct {
        double x, y;
    } at[] = {{20, 100}, {420, 100}, {220, -40}, {220, 320}};

    (void)state;
    for (size_t k = 0; k < sizeof at / sizeof at[0]; k++) {
        struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

        scene_add_foot(s, (struct scene_foot){at[k].x, at[k].y, 0, 250, 0.2, 0.7, 1, 60, GAIT_SIDE_LEFT});
        scene_run(s, NULL, 1.3, NULL, NULL, &result);
        assert_int_equal(result.footfalls, 1);
        assert_true(result.footfall[0].flags & GAIT_FOOTFALL_PARTIAL);
        assert_false(result.footfall[0].valid);
        scene_free(s);
    }
}

static uint32_t valid_ones(void)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < result.footfalls; k++)
        n += result.footfall[k].valid;
    return n;
}

static void no_foot(void **state)
{
    struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

    (void)state;
    scene_run(s, NULL, 1, NULL, NULL, &result); /* empty */
    assert_int_equal(result.footfalls, 0);
    for (int k = 0; k < 4; k++) /* a chair with somebody on it: four small legs of 150 N */
        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, k % 2 ? 60 : 380, k / 2 ? 60 : 400, 10, 10,
                                         0, 375, 0.2, 3.0});
    scene_add(
        s, (struct scene_blob){SCENE_GAUSSIAN, SCENE_RAISED_COSINE, 220, 240, 15, 15, 0, 300, 3.5, 3.53}); /* a ball */
    srand(1);
    for (int k = 0; k < 300; k++) /* noise: single cells for a moment */
        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 2.5 + 5 * (rand() % 88),
                                         2.5 + 5 * (rand() % 96), 2, 2, 0, 30, 4.0 + 0.005 * k, 4.05 + 0.005 * k});
    scene_run(s, NULL, 6, NULL, NULL, &result);
    assert_int_equal(valid_ones(), 0);
    assert_true(result.counters.rejected_contacts >= 10);
    assert_true(result.footfalls <= 5);
    scene_free(s);
}

/* Drops the frames first .. last-1. */
struct hole {
    uint64_t first, last;
};

static bool drop(void *user, uint64_t frame, struct gait_slot *slot)
{
    const struct hole *h = user;

    (void)slot;
    return frame < h->first || frame >= h->last;
}

/* A cat of 5 kg crosses the mat: paws of 25 x 30 mm, two at a time. */
static void a_cat_is_no_footfall(void **state)
{
    struct scene *s = scene_new(360, 64, 5, 100, GAIT_U16);

    (void)state;
    for (int k = 0; k < 24; k++) /* each fore paw's print is taken by the hind paw half a stride later */
        scene_add(s, (struct scene_blob){SCENE_GAUSSIAN, SCENE_RAISED_COSINE, k % 2 ? 130 : 190, 60.0 + 120 * (k / 2),
                                         9, 10, 0, 26, 0.2 + 0.15 * k, 0.55 + 0.15 * k});
    for (int k = 0; k < 24; k++)
        scene_add(s, (struct scene_blob){SCENE_GAUSSIAN, SCENE_RAISED_COSINE, k % 2 ? 135 : 185, 50.0 + 120 * (k / 2),
                                         9, 10, 0, 20, 0.5 + 0.15 * k, 0.85 + 0.15 * k});
    scene_run(s, NULL, 5.5, NULL, NULL, &result);
    assert_int_equal(valid_ones(), 0);
    assert_close_abs(result.force_max_N, 30, 25); /* it was there, and no heavier than a cat */
    scene_free(s);
}

static void gaps(void **state)
{
    static const struct {
        struct hole hole;
        uint32_t flag;
        bool valid;
    } c[] = {
        {{50, 51}, GAIT_FOOTFALL_GAP_FILLED, true},
        {{50, 52}, GAIT_FOOTFALL_GAP_FILLED, true},
        {{50, 53}, GAIT_FOOTFALL_GAP, false},
        {{5, 9}, 0, true},
        {{100, 140}, 0, true},
    };

    (void)state;
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

        scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, 0.2, 0.7, 1, 60, GAIT_SIDE_LEFT});
        scene_run(s, NULL, 1.6, drop, (void *)&c[k].hole, &result);
        assert_int_equal(result.footfalls, 1);
        assert_int_equal(result.footfall[0].flags & (GAIT_FOOTFALL_GAP | GAIT_FOOTFALL_GAP_FILLED), c[k].flag);
        scene_free(s);
    }
}

static void cut_and_busy(void **state)
{
    struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);

    (void)state;
    scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, 0.2, 0.7, 1, 60, GAIT_SIDE_LEFT});
    scene_run(s, NULL, 0.6, NULL, NULL, &result);
    assert_int_equal(result.footfalls, 1);
    assert_true(result.footfall[0].flags & GAIT_FOOTFALL_CUT);
    assert_false(result.footfall[0].valid);
    scene_run(s, NULL, 0.95, NULL, NULL, &result); /* the closing gap still runs: a whole footfall */
    assert_int_equal(result.footfalls, 1);
    assert_false(result.footfall[0].flags & GAIT_FOOTFALL_CUT);
    scene_free(s);
}

/* Frame 0 finds a foot on the mat: in its landing it is a footfall, later nobody knows how long it had been down, and it says nothing. */
static void down_at_the_start(void **state)
{
    static const struct {
        double ago_s;
        bool counts;
    } c[] = {{0.05, true}, {0.07, true},  {0.09, true},  {0.17, false},
             {0.2, false}, {0.25, false}, {0.33, false}, {0.36, false}};
    static const enum gait_metric said[] = {GAIT_METRIC_STANCE,     GAIT_METRIC_IMPULSE,
                                            GAIT_METRIC_HO,         GAIT_METRIC_HEEL31_FORCE_MAX,
                                            GAIT_METRIC_ARCH_INDEX, GAIT_METRIC_MID_SHARE};

    (void)state;
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        struct scene *s = scene_new(96, 88, 5, 100, GAIT_U16);
        const struct gait_footfall *f = &result.footfall[0];

        scene_add_foot(s, (struct scene_foot){200, 60, 0, 250, -c[k].ago_s, 0.72, 1, 60, GAIT_SIDE_RIGHT});
        scene_run(s, NULL, 1.2, NULL, NULL, &result);
        assert_int_equal(result.footfalls, 1);
        assert_true(f->flags & GAIT_FOOTFALL_IC_EXTRAPOLATED);
        assert_int_equal(f->valid, c[k].counts);
        assert_int_equal(!!(f->flags & GAIT_FOOTFALL_CUT), !c[k].counts);
        for (size_t i = 0; i < sizeof said / sizeof said[0] && !c[k].counts; i++)
            assert_true(isnan(f->value[said[i]]) && f->reason[said[i]] == GAIT_REASON_CUT);
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_foot),
        cmocka_unit_test(high_arch),
        cmocka_unit_test(walk_of_eight),
        cmocka_unit_test(cut_by_the_edges),
        cmocka_unit_test(both_feet_at_once),
        cmocka_unit_test(closing_step),
        cmocka_unit_test(tandem_heel_to_toe),
        cmocka_unit_test(chain_of_touching_steps),
        cmocka_unit_test(toe_drag),
        cmocka_unit_test(tandem_on_the_same_cells),
        cmocka_unit_test(partial_at_each_edge),
        cmocka_unit_test(no_foot),
        cmocka_unit_test(a_cat_is_no_footfall),
        cmocka_unit_test(gaps),
        cmocka_unit_test(cut_and_busy),
        cmocka_unit_test(down_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
