#include "patient.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"

#include <gait/pipeline.h>
#include <gait/session_tier.h>

#include "transport/walker.h"

enum { FOOTFALLS_MAX = 32 };

#define DOSE_MOST      2.0

/* SDs from one timepoint of a person to the next, beside the walker's own from pass to pass and step to step. */
#define SESSION_HEEL   0.03
#define SESSION_ARCH   0.05
#define SESSION_STANCE 0.01

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static double uniform(uint64_t person, uint64_t what)
{
    return ((double)(mix(mix(person) ^ what * 977) >> 11) + 0.5) / 9007199254740992.0;
}

static double between(uint64_t person, uint64_t what, double low, double high)
{
    return low + (high - low) * uniform(person, what);
}

static double normal(uint64_t person, uint64_t what)
{
    return sqrt(-2 * log(uniform(person, what))) * cos(6.283185307179586 * uniform(person, what + 500));
}

/* This person as the walker's text has it, without form of the day. */
static void make_person(uint64_t number, struct mat_walker_config *c)
{
    mat_walker_default(c);
    c->seed = number;
    c->mass_kg = between(number, 1, 50, 95);
    c->foot_length_mm = between(number, 2, 230, 280);
    c->arch_kPa = between(number, 3, 14, 40);
    c->arch_width = between(number, 4, 8, 12);
    c->toe_out_deg = between(number, 5, 0, 14);
    c->asymmetry_pct = between(number, 6, -6, 6);
    c->stance_s = between(number, 7, 0.58, 0.70);
    c->step_time_s = c->stance_s * 0.81;
    c->step_length_mm = between(number, 8, 560, 680);
    c->step_width_mm = between(number, 9, 70, 120);
}

static void make_day(uint64_t number, unsigned timepoint, struct mat_walker_config *c)
{
    c->heel_scale *= 1 + SESSION_HEEL * normal(number, 100 + timepoint);
    c->arch_kPa *= 1 + SESSION_ARCH * normal(number, 200 + timepoint);
    c->arch_width *= 1 + SESSION_ARCH * normal(number, 300 + timepoint);
    c->stance_s *= 1 + SESSION_STANCE * normal(number, 400 + timepoint);
}

/* ---- one pass -------------------------------------------------------------------------------------------------------------- */

static uint32_t run(struct gait_frame_source *source, const struct gait_trial_state *state,
                    struct gait_footfall **ret_footfall)
{
    struct gait_slot slot = {.raw = malloc(gait_geometry_frame_bytes(&state->geometry))};
    struct gait_pipeline *p;
    struct gait_footfall *f;
    uint32_t n = 0;
    int r;

    assert_non_null(slot.raw);
    assert_int_equal(gait_pipeline_new(&state->geometry, NULL, NULL, &p), 0);
    assert_int_equal(gait_pipeline_start(p, state), 0);
    do {
        r = gait_source_next(source, slot.raw, &slot.meta, NULL);
        slot.meta.t_ns = slot.meta.t_mat_ns;
        if (r == 1)
            gait_pipeline_frame(p, &slot);
        else
            gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
        slot.meta = (struct gait_frame_meta){.index = slot.meta.index + 1};
        while ((f = gait_pipeline_closed(p)) && n < FOOTFALLS_MAX) {
            ret_footfall[n] = malloc(sizeof(*f));
            assert_non_null(ret_footfall[n]);
            *ret_footfall[n++] = *f;
            gait_pipeline_release(p, f);
        }
    } while (r == 1);
    assert_int_equal(r, 0);
    gait_pipeline_free(p);
    free(slot.raw);
    return n;
}

static double speed_of(const struct gait_trial_state *state, struct gait_footfall *const *footfall, uint32_t n)
{
    struct gait_tier_row row[FOOTFALLS_MAX];
    struct gait_tier_trial trial;

    assert_int_equal(gait_session_tier(state, (const struct gait_footfall *const *)footfall, n, NULL, 0, row, &trial),
                     0);
    return trial.speed_m_per_s;
}

static void keep(struct patient *patient, const struct gait_footfall *f)
{
    size_t at = patient->steps;

    if (f->side != GAIT_SIDE_LEFT && f->side != GAIT_SIDE_RIGHT)
        return;
    assert_true(at < sizeof(patient->step) / sizeof(patient->step[0]));
    memcpy(patient->value[at], f->value, sizeof(f->value));
    patient->step[at] = (struct gait_design_step){patient->passes - 1, f->side, f->valid, patient->value[at]};
    patient->steps++;
}

static void walk_pass(struct patient *patient, const struct mat_walker_config *c, const char *timepoint)
{
    struct gait_footfall *footfall[FOOTFALLS_MAX];
    struct gait_frame_source *source;
    struct gait_trial_state state;
    uint32_t n;

    assert_int_equal(mat_walker_new(c, &source, NULL), 0);
    assert_int_equal(
        gait_trial_state_init(&state, &gait_source_info(source)->geometry, &gait_source_info(source)->calibration), 0);
    state.subject.mass_kg = c->mass_kg;
    state.subject.foot_length_mm[0] = state.subject.foot_length_mm[1] = c->foot_length_mm;
    n = run(source, &state, footfall);
    assert_true(patient->passes < sizeof(patient->pass) / sizeof(patient->pass[0]));
    patient->pass[patient->passes] = (struct gait_design_pass){
        .subject = patient->name,
        .session = "visit",
        .condition = "barefoot",
        .timepoint = timepoint,
        .mat = "walker",
        .arm = "",
        .treated = "",
        .trial = (uint32_t)patient->passes + 1,
        .speed_m_per_s = n ? speed_of(&state, footfall, n) : (double)NAN,
        .settings = {.masks = "", .footwear = "", .p_on_kPa = state.parameters.p_on_kPa, .calibration_date = ""},
    };
    patient->passes++;
    for (uint32_t i = 0; i < n; i++) {
        keep(patient, footfall[i]);
        free(footfall[i]);
    }
    gait_trial_state_done(&state);
    gait_source_free(source);
}

/* ---- people ---------------------------------------------------------------------------------------------------------------- */

void patient_init(struct patient *patient, uint64_t number)
{
    patient->number = number;
    patient->passes = patient->steps = 0;
    snprintf(patient->name, sizeof(patient->name), "P%u", (unsigned)number);
}

void patient_walk(struct patient *patient, unsigned timepoint, const char *name, const struct patient_change *change)
{
    struct mat_walker_config c;

    make_person(patient->number, &c);
    make_day(patient->number, timepoint, &c);
    if (change) {
        c.collapse = change->collapse;
        c.heel_scale *= change->heel;
    }
    for (uint32_t i = 0; i < PATIENT_PASSES; i++) {
        c.pass = timepoint * PATIENT_PASSES + i + 1;
        walk_pass(patient, &c, name);
    }
}

/* Mean of the feet's means; no step is like another only in place. */
static double true_dai(const struct patient *patient, double collapse)
{
    struct patient *still = calloc(1, sizeof(*still));
    struct mat_walker_config c;
    double sum[3] = {0}, n[3] = {0}, mean;

    assert_non_null(still);
    patient_init(still, patient->number);
    make_person(patient->number, &c);
    c.variation = 0;
    c.collapse = collapse;
    walk_pass(still, &c, "still");
    for (size_t i = 0; i < still->steps; i++)
        if (still->step[i].valid && isfinite(still->step[i].value[GAIT_METRIC_DAI_MEAN])) {
            sum[still->step[i].side] += still->step[i].value[GAIT_METRIC_DAI_MEAN];
            n[still->step[i].side]++;
        }
    mean = (sum[GAIT_SIDE_LEFT] / n[GAIT_SIDE_LEFT] + sum[GAIT_SIDE_RIGHT] / n[GAIT_SIDE_RIGHT]) / 2;
    free(still);
    return mean;
}

static double dose(int i)
{
    return DOSE_MOST * i / (PATIENT_DOSES - 1);
}

void patient_doses(const struct patient *patient, double ret_gain[PATIENT_DOSES])
{
    double none = true_dai(patient, 0);

    for (int i = 0; i < PATIENT_DOSES; i++)
        ret_gain[i] = i ? true_dai(patient, dose(i)) - none : 0;
}

double patient_collapse_for(const double gain[PATIENT_DOSES], double dai)
{
    for (int i = 1; i < PATIENT_DOSES; i++)
        if (gain[i] >= dai)
            return dose(i - 1) + (dose(i) - dose(i - 1)) * (dai - gain[i - 1]) / (gain[i] - gain[i - 1]);
    return NAN;
}

struct gait_design_data patient_data(const struct patient *const *patient, size_t n)
{
    struct gait_design_data data = {0};
    struct gait_design_pass *pass;
    struct gait_design_step *step;

    for (size_t i = 0; i < n; i++) {
        data.passes += patient[i]->passes;
        data.steps += patient[i]->steps;
    }
    data.pass = pass = calloc(data.passes + 1, sizeof(*pass));
    data.step = step = calloc(data.steps + 1, sizeof(*step));
    assert_non_null(pass);
    assert_non_null(step);
    for (size_t i = 0, p = 0, s = 0; i < n; i++) {
        memcpy(pass + p, patient[i]->pass, patient[i]->passes * sizeof(*pass));
        for (size_t k = 0; k < patient[i]->steps; k++) {
            step[s] = patient[i]->step[k];
            step[s++].pass += p;
        }
        p += patient[i]->passes;
    }
    return data;
}
