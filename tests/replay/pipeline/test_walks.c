/*
 * Seeded walks of the walker, all different: walking at any speed, running, forefoot strike, dragged toes, feet side by side, tandem steps, feet cut by each edge.
 * How many footfalls, which side, and initial contact and toe-off within max(1 frame, 10 ms) of the crossings of all force and of that on
 * cells of 10 kPa and more. 200 of them, 10,000 with GAIT_TIER=full, GAIT_WALKS if it is set;
 * GAIT_WALK=n works one, with GAIT_WALKS=m that and those after it. At least 99 % have to be right, and those that are not are listed.
 */
#include "assert_close.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gait/pipeline.h"
#include "transport/walker_truth.h"

enum { FOOTFALLS_MAX = 64 };

enum scene_of_walk {
    WALK,
    WALK_AGAIN,
    HIGH_ARCH,
    RUN,
    FORE,
    DRAG,
    SIDE_BY_SIDE,
    TANDEM,
    CUT_LENGTHWISE,
    CUT_SIDEWAYS,
    SCENES
};

static const char *const scene_name[SCENES] = {
    "walk",     "walk",         "high arch", "run",           "forefoot strike",
    "toe drag", "side by side", "tandem",    "cut by an end", "cut by a side"};

static uint64_t tried[SCENES], failed[SCENES];

static uint32_t random32(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 32);
}

static double between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (random32(seed) / 4294967296.0);
}

static void make_run(uint64_t *seed, struct mat_walker_config *c)
{
    mat_walker_preset(c, MAT_WALKER_RUN);
    c->rate_hz = c->rate_hz < 100 ? 100 : c->rate_hz;
    c->stance_s = between(seed, 0.19, 0.28);
    c->step_time_s = c->stance_s + between(seed, 0.06, 0.14); /* flight */
    c->step_length_mm = between(seed, 700, 1200);
    c->step_width_mm = between(seed, 30, 90);
}

/* Two steps: the second foot is set beside the first, touching it or nearly. */
static void make_side_by_side(uint64_t *seed, struct mat_walker_config *c)
{
    c->steps = 2;
    c->step_length_mm = between(seed, 20, 120);
    c->step_width_mm = between(seed, 0.36, 0.42) * c->foot_length_mm;
    c->toe_out_deg = between(seed, 0, 8);
    c->cols = c->cols * c->pitch_x_mm < 420 ? (uint32_t)(420 / c->pitch_x_mm) : c->cols;
}

static void make_tandem(uint64_t *seed, struct mat_walker_config *c)
{
    c->step_length_mm = c->foot_length_mm * between(seed, 1.10, 1.25); /* a print is 1.08 long: they touch, or nearly */
    c->step_width_mm = between(seed, 0, 20);
    c->toe_out_deg = between(seed, -2, 6);
}

/* With room for the drag on the mat. */
static void make_drag(uint64_t *seed, struct mat_walker_config *c)
{
    const double room = c->rows * c->pitch_y_mm - c->foot_length_mm - 2 * 280;

    c->drag_mm = between(seed, 60, 200);
    c->steps = 1 + (uint32_t)(room / c->step_length_mm);
}

static void make_scene(enum scene_of_walk scene, uint64_t *seed, struct mat_walker_config *c)
{
    const double width = c->cols * c->pitch_x_mm;

    if (scene == HIGH_ARCH)
        c->arch_kPa = 2;
    else if (scene == RUN)
        make_run(seed, c);
    else if (scene == FORE)
        c->strike = MAT_WALKER_FORE;
    else if (scene == DRAG)
        make_drag(seed, c);
    else if (scene == SIDE_BY_SIDE)
        make_side_by_side(seed, c);
    else if (scene == TANDEM)
        make_tandem(seed, c);
    else if (scene == CUT_LENGTHWISE)
        c->start_mm = between(seed, -150, 200);
    else if (scene == CUT_SIDEWAYS)
        c->shift_mm = (random32(seed) % 2 ? 1 : -1) * between(seed, width / 2 - 120, width / 2);
}

/* One of everything that the walker can be asked for, within what people do. */
static void vary(uint64_t n, struct mat_walker_config *c)
{
    static const double rate[] = {50, 100, 100, 100, 200};
    static const enum gait_dtype dtype[] = {GAIT_U8, GAIT_U16, GAIT_I16, GAIT_F32};
    uint64_t seed = n * 2 + 1;
    double stride_s;

    for (int k = 0; k < 8; k++)
        random32(&seed);
    mat_walker_default(c);
    c->seed = n + 1;
    c->pass = 1 + random32(&seed) % 4;
    c->preset = random32(&seed) % 4 ? MAT_WALKER_NORMAL : MAT_WALKER_SLOW;
    c->pitch_x_mm = c->pitch_y_mm = random32(&seed) % 5 ? 5 : 7;
    c->rows = (uint32_t)(between(&seed, 1200, 3600) / c->pitch_y_mm);
    c->cols = (uint32_t)(between(&seed, 320, 600) / c->pitch_x_mm);
    c->rate_hz = n % 25 == 0 ? 500 : rate[random32(&seed) % 5];
    c->dtype = dtype[random32(&seed) % 4];
    c->mass_kg = between(&seed, 50, 100);
    c->foot_length_mm = between(&seed, 225, 290);
    c->arch_kPa = random32(&seed) % 5 ? between(&seed, 20, 110) : 2;
    c->toe_out_deg = between(&seed, -3, 18);
    c->asymmetry_pct = between(&seed, -8, 8);
    c->stance_s = between(&seed, 0.55, 0.80);
    stride_s = c->stance_s / between(&seed, 0.58, 0.66);
    c->step_time_s = stride_s / 2;
    c->step_length_mm = between(&seed, 480, 760);
    c->step_width_mm = between(&seed, 60, 140);
    c->variation = 1;
    c->direction = MAT_WALKER_ALTERNATE;
    c->noise_counts = random32(&seed) % 8 ? 0 : 1;
    c->drop_pct = random32(&seed) % 10 ? 0 : 0.3;
    make_scene((enum scene_of_walk)(n % SCENES), &seed, c);
}

static void state_of(const struct mat_walker_config *c, const struct gait_source_info *info,
                     struct gait_trial_state *ret)
{
    assert_int_equal(gait_trial_state_init(ret, &info->geometry, &info->calibration), 0);
    ret->subject.mass_kg = c->mass_kg;
    ret->subject.foot_length_mm[0] = ret->subject.foot_length_mm[1] = c->foot_length_mm;
}

static uint32_t take(struct gait_pipeline *p, struct gait_footfall *ret, uint32_t n)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(p)) != NULL) {
        if (n < FOOTFALLS_MAX)
            ret[n++] = *f;
        gait_pipeline_release(p, f);
    }
    return n;
}

static uint32_t run(struct gait_frame_source *source, const struct gait_trial_state *state, struct gait_footfall *ret)
{
    const struct gait_source_info *info = gait_source_info(source);
    struct gait_slot slot = {.raw = malloc(gait_geometry_frame_bytes(&info->geometry))};
    struct gait_pipeline *p;
    uint32_t n = 0;

    assert_int_equal(gait_pipeline_new(&info->geometry, NULL, NULL, &p), 0);
    assert_int_equal(gait_pipeline_start(p, state), 0);
    while (gait_source_next(source, slot.raw, &slot.meta, NULL) == 1) {
        slot.meta.t_ns = slot.meta.t_mat_ns;
        gait_pipeline_frame(p, &slot);
        slot.meta = (struct gait_frame_meta){.index = slot.meta.index + 1};
        n = take(p, ret, n);
    }
    gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
    n = take(p, ret, n);
    gait_pipeline_free(p);
    free(slot.raw);
    return n;
}

/* How far a time lies outside of an interval. Cells count from 10 kPa up and, once they do, down to 5: between all pressure and that of 10 kPa and more. */
static double beyond(double t, double from, double to)
{
    return t < from ? t - from : t > to ? t - to : 0;
}

/* The outermost cells come so near to 10 kPa that rounding to counts and noise decide whether one of them reads it: then the foot is cut, or it is not. */
static bool cut_or_not(const struct mat_walker_config *c, double kPa_per_count, const struct walker_truth *truth)
{
    const double counts = (c->dtype == GAIT_F32 ? 0 : 0.5) + 4 * c->noise_counts;

    return fabs(truth->edge_kPa - 10) <= counts * kPa_per_count;
}

/* Why a walk is not right, or NULL. */
static const char *judge(const struct mat_walker_config *c, double kPa_per_count, const enum gait_side *side,
                         const struct walker_truth *truth, uint32_t steps, const struct gait_footfall *f, uint32_t n,
                         char *text, size_t size)
{
    const double allowed_s = fmax(1 / c->rate_hz, 0.010);

    if (n != steps) {
        int at = snprintf(text, size, "%u footfalls, truly %u:", n, steps);

        for (uint32_t k = 0; k < n && (size_t)at < size; k++)
            at += snprintf(text + at, size - (size_t)at, " [%.2f..%.2f %.0f N flags %x]", (double)f[k].ic_mat_ns * 1e-9,
                           (double)f[k].to_mat_ns * 1e-9, f[k].value[GAIT_METRIC_FORCE_MAX], f[k].flags);
        return text;
    }
    for (uint32_t k = 0; k < n; k++) {
        const double ic = beyond((double)f[k].ic_mat_ns * 1e-9, truth[k].ic_s, truth[k].ic_p10_s),
                     to = beyond((double)f[k].to_mat_ns * 1e-9, truth[k].to_p10_s, truth[k].to_s);

        if (getenv("GAIT_WALK") && !getenv("GAIT_WALKS"))
            fprintf(stderr, "%u: truth %.2f..%.2f whole %d, %.0f N; found %.2f..%.2f flags %x, length %.0f\n", k + 1,
                    truth[k].ic_s, truth[k].to_s, truth[k].whole, truth[k].force_max_p10_N,
                    (double)f[k].ic_mat_ns * 1e-9, (double)f[k].to_mat_ns * 1e-9, f[k].flags,
                    f[k].value[GAIT_METRIC_LENGTH]);
        if (cut_or_not(c, kPa_per_count, &truth[k]) && f[k].valid != truth[k].whole &&
            (f[k].valid || f[k].flags & GAIT_FOOTFALL_PARTIAL))
            continue;
        if (!truth[k].whole && f[k].valid)
            return snprintf(text, size, "footfall %u of %u is cut by the edge and counts", k + 1, n), text;
        if (truth[k].whole && !f[k].valid)
            return snprintf(text, size, "footfall %u of %u is not valid: flags %x", k + 1, n, f[k].flags), text;
        if (truth[k].whole && f[k].side != side[k])
            return snprintf(text, size, "footfall %u of %u is %s, truly %s", k + 1, n,
                            gait_side_name((enum gait_side)f[k].side), gait_side_name(side[k])),
                   text;
        if (truth[k].whole && !(fabs(ic) <= allowed_s && fabs(to) <= allowed_s))
            return snprintf(text, size, "footfall %u of %u: contact %+.1f ms, toe-off %+.1f ms", k + 1, n, ic * 1e3,
                            to * 1e3),
                   text;
    }
    return NULL;
}

/* What a foot carries at least, metrics.md 2.3: less is no footfall, here and there. */
static double state_least_N(const struct mat_walker_config *c)
{
    return fmax(50, 0.20 * c->mass_kg * 9.80665);
}

static uint32_t feet_only(struct gait_footfall *f, uint32_t n)
{
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++)
        if (!(f[k].flags & GAIT_FOOTFALL_TOO_LIGHT))
            f[kept++] = f[k];
    return kept;
}

static bool walk_is_right(uint64_t n, char *text, size_t size)
{
    static struct gait_footfall footfall[FOOTFALLS_MAX];
    struct mat_walker_config c;
    struct gait_frame_source *source;
    struct gait_trial_state state;
    struct walker_walk walk;
    struct walker_truth truth[FOOTFALLS_MAX];
    enum gait_side side[FOOTFALLS_MAX];
    uint32_t found, steps = 0;
    const char *wrong;

    vary(n, &c);
    assert_int_equal(mat_walker_new(&c, &source, NULL), 0);
    assert_int_equal(walker_walk_make(&c, &walk), 0);
    for (uint32_t k = 0; k < walk.steps && steps < FOOTFALLS_MAX; k++) {
        struct walker_print print;

        assert_int_equal(walker_print_make(&walk.step[k], &gait_source_info(source)->geometry, &print), 0);
        assert_int_equal(walker_truth_make(&walk.step[k], &print, &gait_source_info(source)->geometry, &truth[steps]),
                         0);
        walker_print_done(&print);
        side[steps] = walk.step[k].side;
        steps += truth[steps].force_max_p10_N >= state_least_N(&c);
    }
    state_of(&c, gait_source_info(source), &state);
    found = feet_only(footfall, run(source, &state, footfall));
    wrong = judge(&c, state.calibration.kPa_per_count, side, truth, steps, footfall, found, text, size);
    tried[n % SCENES]++;
    failed[n % SCENES] += wrong != NULL;
    if (wrong)
        fprintf(stderr,
                "walk %lu, %s (%u x %u, %.0f mm, %.0f Hz, foot %.0f mm, step %.0f x %.0f mm, stance %.2f s, arch "
                "%.0f): %s\n",
                (unsigned long)n, scene_name[n % SCENES], c.rows, c.cols, c.pitch_x_mm, c.rate_hz, c.foot_length_mm,
                c.step_length_mm, c.step_width_mm, c.stance_s, c.arch_kPa, wrong);
    gait_trial_state_done(&state);
    walker_walk_done(&walk);
    gait_source_free(source);
    return !wrong;
}

static void seeded_walks(void **state)
{
    const char *tier = getenv("GAIT_TIER"), *one = getenv("GAIT_WALK"), *many = getenv("GAIT_WALKS");
    const uint64_t first = one ? strtoull(one, NULL, 10) : 0;
    const uint64_t walks = many  ? strtoull(many, NULL, 10)
                           : one ? 1
                                 : (tier && strcmp(tier, "full") == 0 ? 10000 : 200);
    uint64_t right = 0;
    char text[4096];

    (void)state;
    for (uint64_t k = first; k < first + walks; k++)
        right += walk_is_right(k, text, sizeof text);
    for (int k = 0; k < SCENES; k++)
        fprintf(stderr, "RESULT walks_%s right=%lu of=%lu\n", scene_name[k], (unsigned long)(tried[k] - failed[k]),
                (unsigned long)tried[k]);
    fprintf(stderr, "RESULT walks right=%lu of=%lu\n", (unsigned long)right, (unsigned long)walks);
    assert_true(right * 100 >= walks * 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeded_walks)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
