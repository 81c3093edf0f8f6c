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
        cmocka_unit_test(standing_goes_over_to_sums),
        cmocka_unit_test(sums_are_refused_too),
        cmocka_unit_test(standing_sways),
        cmocka_unit_test(standing_keeps_its_arch),
        cmocka_unit_test(belt_is_taken_out),
        cmocka_unit_test(belt_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
