/* There and back in one trial, through the whole pipeline: each footfall has the numbers that it has when its crossing is a trial of its own, to the bit but for the times of the mat. */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/pipeline.h"
#include "gait/session_tier.h"
#include "transport/walker.h"

enum { FEET_MAX = 16, FRAMES_MAX = 2400 };

#define AWAY_S 6 /* from the end of one crossing's frames to the first of the next's */

/* What one trial gave. */
struct walked {
    struct gait_footfall foot[FEET_MAX];
    const struct gait_footfall *list[FEET_MAX];
    struct gait_frame_live live[FRAMES_MAX];
    struct gait_tier_row row[FEET_MAX];
    struct gait_tier_trial trial;
    uint32_t feet, frames;
};

struct walking {
    struct gait_pipeline *p;
    struct gait_slot slot;
    struct walked *walked;
};

static struct walked there, back, both;

static struct gait_frame_source *walker(uint32_t pass)
{
    struct mat_walker_config c;
    struct gait_frame_source *source;

    mat_walker_default(&c);
    c.rows = 640;
    c.pass = pass;
    c.direction = MAT_WALKER_ALTERNATE;
    c.variation = 0;
    c.first_side = GAIT_SIDE_LEFT;
    assert_int_equal(mat_walker_new(&c, &source, NULL), 0);
    return source;
}

static void one_frame(struct walking *w, uint64_t period_ns)
{
    struct walked *t = w->walked;
    struct gait_footfall *f;

    w->slot.meta = (struct gait_frame_meta){.index = t->frames, .seq = t->frames, .t_mat_ns = t->frames * period_ns};
    w->slot.meta.t_ns = w->slot.meta.t_mat_ns;
    gait_pipeline_frame(w->p, &w->slot);
    assert_in_range(t->frames, 0, FRAMES_MAX - 1);
    t->live[t->frames++] = w->slot.live;
    while ((f = gait_pipeline_closed(w->p)) != NULL) {
        assert_in_range(t->feet, 0, FEET_MAX - 1);
        t->foot[t->feet] = *f;
        t->list[t->feet] = &t->foot[t->feet];
        t->feet++;
        gait_pipeline_release(w->p, f);
    }
}

static void cross(struct walking *w, uint32_t pass)
{
    struct gait_frame_source *source = walker(pass);
    const struct gait_geometry *g = &gait_source_info(source)->geometry;

    while (gait_source_next(source, w->slot.raw, &w->slot.meta, NULL) == 1)
        one_frame(w, (uint64_t)(1e9 / g->rate_hz + 0.5));
    gait_source_free(source);
}

static void trial_of(uint32_t first, uint32_t last, struct walked *ret)
{
    struct gait_frame_source *source = walker(1);
    const struct gait_source_info *info = gait_source_info(source);
    struct gait_geometry geometry = info->geometry;
    struct gait_trial_state state;
    struct walking w = {.walked = ret};

    memset(ret, 0, sizeof *ret);
    w.slot.raw = calloc(1, gait_geometry_frame_bytes(&geometry));
    assert_int_equal(gait_trial_state_init(&state, &info->geometry, &info->calibration), 0);
    assert_int_equal(gait_pipeline_new(&info->geometry, NULL, NULL, &w.p), 0);
    assert_int_equal(gait_pipeline_start(w.p, &state), 0);
    for (uint32_t pass = first; pass <= last; pass++) {
        cross(&w, pass);
        memset(w.slot.raw, 0, gait_geometry_frame_bytes(&geometry));
        for (int k = 0; pass < last && k < AWAY_S * geometry.rate_hz; k++)
            one_frame(&w, (uint64_t)(1e9 / geometry.rate_hz + 0.5));
    }
    gait_pipeline_finish(w.p, GAIT_FOOTFALL_CUT);
    gait_pipeline_free(w.p);
    free(w.slot.raw);
    assert_int_equal(gait_session_tier(&state, ret->list, ret->feet, NULL, 0, ret->row, &ret->trial), 0);
    gait_trial_state_done(&state);
    gait_source_free(source);
}

/* NaN for the same reason, or the same but for what the times' offset rounds. */
static void assert_same_numbers(const double *a, const uint8_t *a_reason, const double *b, const uint8_t *b_reason)
{
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        assert_int_equal(a_reason[m], b_reason[m]);
        if (isnan(b[m]))
            assert_nan(a[m]);
        else
            assert_close_abs(a[m], b[m], 1e-6 * (1 + fabs(b[m])));
    }
}

static void assert_same_footfalls(const struct walked *alone, uint32_t from)
{
    for (uint32_t k = 0; k < alone->feet; k++) {
        const struct gait_footfall *a = &both.foot[from + k], *b = &alone->foot[k];
        const struct gait_tier_row *x = &both.row[from + k], *y = &alone->row[k];

        assert_int_equal(a->side, b->side);
        assert_int_equal(a->flags, b->flags);
        assert_int_equal(a->valid, b->valid);
        assert_same_bits(a->progression_x, b->progression_x);
        assert_same_bits(a->progression_y, b->progression_y);
        assert_same_numbers(a->value, a->reason, b->value, b->reason);
        assert_int_equal(x->side, y->side);
        assert_int_equal(x->flags, y->flags);
        assert_int_equal(x->valid, y->valid);
        assert_int_equal(x->gait_class, y->gait_class);
        assert_int_equal(x->class_basis, y->class_basis);
        assert_same_numbers(x->value, x->reason, y->value, y->reason);
    }
}

/* What was shown while the feet were down. */
static void assert_same_live(const struct walked *alone, uint32_t from)
{
    for (uint32_t k = 0; k < alone->frames; k++) {
        const struct gait_frame_live *a = &both.live[from + k], *b = &alone->live[k];

        assert_int_equal(a->feet, b->feet);
        for (uint32_t i = 0; i < b->feet; i++) {
            assert_int_equal(a->foot[i].side, b->foot[i].side);
            assert_int_equal(a->foot[i].phase, b->foot[i].phase);
            assert_same_bits(a->foot[i].heel_force_N, b->foot[i].heel_force_N);
        }
    }
}

static void two_crossings_are_two_trials(void **state)
{
    (void)state;
    trial_of(1, 1, &there);
    trial_of(2, 2, &back);
    trial_of(1, 2, &both);
    assert_in_range(there.feet, 4, FEET_MAX);
    assert_int_equal(both.feet, there.feet + back.feet);
    assert_true(there.trial.progression_y > 0.9 && back.trial.progression_y < -0.9);
    assert_close_rel(there.trial.speed_m_per_s, 0.62 / 0.51, 0.02);
    assert_same_footfalls(&there, 0);
    assert_same_footfalls(&back, there.feet);
    assert_same_live(&there, 0);
    assert_same_live(&back, both.frames - back.frames);
    assert_close_rel(both.trial.speed_m_per_s, (there.trial.speed_m_per_s + back.trial.speed_m_per_s) / 2, 1e-9);
    assert_close_rel(both.trial.cadence_per_min, (there.trial.cadence_per_min + back.trial.cadence_per_min) / 2, 1e-6);
    assert_nan(both.trial.progression_y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_crossings_are_two_trials)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
