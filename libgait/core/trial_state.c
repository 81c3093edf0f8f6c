#include "gait/trial_state.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "gait/footfall.h"

void gait_parameters_default(struct gait_parameters *ret_parameters)
{
    *ret_parameters = (struct gait_parameters){
        .p_on_kPa = 10,
        .p_off_kPa = 5,
        .event_force_N = 20,
        .cop_force_N = 20,
        .blob_gap_s = 0.030,
        .closing_gap_s = 0.100,
        .min_force_N = 50,
        .min_force_BW = 0.20,
        .min_area_cm2 = 20,
        .min_cells = 10,
        .standing_s = 2.0,
        .mat_mode = GAIT_MAT_MULTI,
        .surface = GAIT_OVERGROUND,
        .approach = GAIT_APPROACH_UNKNOWN,
        .belt_speed_m_per_s = NAN,
    };
}

static bool between(double x, double low, double high)
{
    return x >= low && x <= high; /* false for NaN */
}

static bool words_ok(const struct gait_parameters *p)
{
    return (p->mat_mode == GAIT_MAT_MULTI || p->mat_mode == GAIT_MAT_SINGLE) &&
           (p->surface == GAIT_OVERGROUND || p->surface == GAIT_TREADMILL) && p->approach <= GAIT_APPROACH_THREE_STEP;
}

int gait_parameters_check(const struct gait_parameters *p)
{
    if (!p || !between(p->p_on_kPa, 0, 1000) || !between(p->p_off_kPa, 0, p->p_on_kPa))
        return -EINVAL;
    if (!between(p->event_force_N, 0, 1000) || !between(p->cop_force_N, 0, 1000))
        return -EINVAL;
    if (!between(p->blob_gap_s, 0, 10) || !between(p->closing_gap_s, 0, 10) || !between(p->standing_s, 0, 1000))
        return -EINVAL;
    if (!between(p->min_force_N, 0, 10000) || !between(p->min_force_BW, 0, 10) || !between(p->min_area_cm2, 0, 10000))
        return -EINVAL;
    if (!isnan(p->belt_speed_m_per_s) && !between(p->belt_speed_m_per_s, 0, 20))
        return -EINVAL;
    return words_ok(p) ? 0 : -EINVAL;
}

void gait_subject_unknown(struct gait_subject *ret_subject)
{
    *ret_subject = (struct gait_subject){.mass_kg = NAN, .stature_m = NAN, .foot_length_mm = {NAN, NAN}};
}

void gait_session_axis_unknown(struct gait_session_axis *ret_axis)
{
    *ret_axis = (struct gait_session_axis){.toe_out_deg = {NAN, NAN}, .length_mm = {NAN, NAN}};
}

/* Geometry and calibration of *state, which holds the plain members already. */
static int copy_owned(const struct gait_geometry *geometry, const struct gait_calibration *calibration,
                      struct gait_trial_state *state)
{
    int r = gait_geometry_copy(geometry, &state->geometry);

    if (r < 0)
        return r;
    r = gait_calibration_copy(calibration, geometry, &state->calibration);
    if (r < 0)
        gait_geometry_done(&state->geometry);
    return r;
}

int gait_trial_state_init(struct gait_trial_state *ret_state, const struct gait_geometry *geometry,
                          const struct gait_calibration *calibration)
{
    struct gait_trial_state state;
    int r;

    memset(&state, 0, sizeof state);
    state.algorithm_version = GAIT_ALGORITHM_VERSION;
    gait_parameters_default(&state.parameters);
    gait_subject_unknown(&state.subject);
    gait_session_axis_unknown(&state.session);
    r = copy_owned(geometry, calibration, &state);
    if (r < 0)
        return r;
    *ret_state = state;
    return 0;
}

int gait_trial_state_copy(const struct gait_trial_state *state, struct gait_trial_state *ret_copy)
{
    struct gait_trial_state copy = *state;
    int r = copy_owned(&state->geometry, &state->calibration, &copy);

    if (r < 0)
        return r;
    *ret_copy = copy;
    return 0;
}

void gait_trial_state_done(struct gait_trial_state *state)
{
    if (!state)
        return;
    gait_geometry_done(&state->geometry);
    gait_calibration_done(&state->calibration);
    memset(state, 0, sizeof *state);
}
