#include "track.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *track_foot_name(enum track_foot foot)
{
    static const char *const name[] = {"left", "right", "unknown"};

    return name[foot];
}

const char *track_region_name(enum track_region region)
{
    static const char *const name[] = {"heel31", "midfoot", "forefoot"};

    return name[region];
}

static enum track_foot foot_of(const struct gait_footfall *f)
{
    return f->side == GAIT_SIDE_LEFT ? TRACK_LEFT : f->side == GAIT_SIDE_RIGHT ? TRACK_RIGHT : TRACK_UNKNOWN;
}

double track_ic_s(const struct gait_export_trial *trial, size_t footfall)
{
    return (double)(int64_t)(trial->footfall[footfall]->ic_mat_ns - trial->t0_mat_ns) * 1e-9;
}

double track_to_s(const struct gait_export_trial *trial, size_t footfall)
{
    return (double)(int64_t)(trial->footfall[footfall]->to_mat_ns - trial->t0_mat_ns) * 1e-9;
}

/* Value of a curve over stance at a time from contact; 0 outside. */
static double curve_at(const double curve[GAIT_CURVE_SAMPLES], double t_s, double stance_s)
{
    double at = t_s / stance_s * (GAIT_CURVE_SAMPLES - 1);
    int i = (int)floor(at);

    if (!(at >= 0 && at <= GAIT_CURVE_SAMPLES - 1))
        return 0;
    if (i == GAIT_CURVE_SAMPLES - 1)
        i--;
    at = curve[i] + (at - i) * (curve[i + 1] - curve[i]);
    return isfinite(at) ? at : 0;
}

/* Samples of one foot add up: two that are called the same (a misjudged side) do not hide each other, and the CoP is that of both. */
static void add(struct track_sample *s, enum track_foot foot, double force_N, double x_mm, double y_mm)
{
    double before = s->force_N[foot], sum = before + force_N;

    if (isfinite(x_mm) && isfinite(s->cop_x_mm[foot]) && sum > 0) {
        x_mm = (s->cop_x_mm[foot] * before + x_mm * force_N) / sum;
        y_mm = (s->cop_y_mm[foot] * before + y_mm * force_N) / sum;
    }
    if (isfinite(x_mm)) {
        s->cop_x_mm[foot] = x_mm;
        s->cop_y_mm[foot] = y_mm;
    }
    s->force_N[foot] = sum;
}

static void place(struct track *track, const struct gait_export_trial *trial, size_t number)
{
    static const enum gait_curve curve[] = {GAIT_CURVE_HEEL_FORCE, GAIT_CURVE_MID_FORCE, GAIT_CURVE_FORE_FORCE};
    const struct gait_footfall *f = trial->footfall[number];
    enum track_foot foot = foot_of(f);
    double ic_s = track_ic_s(trial, number), stance_s = track_to_s(trial, number) - ic_s;
    long last = -1;

    for (uint32_t i = 0; i < f->cop_frames; i++) {
        double at = (ic_s + f->cop_t_s[i]) * track->rate_hz;
        struct track_sample *s;

        if (!isfinite(f->cop_force_N[i]) || !(at > -0.5 && at < (double)track->n - 0.5))
            continue;
        if (lround(at) == last) /* the mat ran ahead of its nominal rate: one of two frames is enough */
            continue;
        last = lround(at);
        s = &track->sample[last];
        add(s, foot, f->cop_force_N[i], f->cop_x_mm[i], f->cop_y_mm[i]);
        s->region_N[foot][TRACK_HEEL] += isfinite(f->heel_force_N[i]) ? f->heel_force_N[i] : 0;
        for (int r = TRACK_MID; r < TRACK_REGIONS; r++)
            s->region_N[foot][r] += curve_at(f->curve[curve[r]], f->cop_t_s[i], stance_s);
    }
}

/* Which samples have no frame. */
static void mark_lost(struct track *track, const struct gait_export_trial *trial)
{
    for (size_t i = 0; i < track->n; i++)
        track->sample[i].lost = true;
    for (size_t i = 0; i < trial->n_frames; i++) {
        double at = trial->frame[i].t_s * track->rate_hz;

        if (at > -0.5 && at < (double)track->n - 0.5)
            track->sample[lround(at)].lost = false;
    }
    /* a mat whose clock is off leaves a sample out now and then though it lost nothing: only what frames say counts */
    for (size_t i = 0; i < trial->n_frames; i++) {
        double at = trial->frame[i].t_s * track->rate_hz;

        if (trial->frame[i].lost == 0 && at >= 0.5 && at < (double)track->n - 0.5)
            track->sample[lround(at) - 1].lost = false;
    }
}

int track_new(const struct gait_export_trial *trial, struct track *ret_track, struct gait_error *err)
{
    double last_s = trial->n_frames ? trial->frame[trial->n_frames - 1].t_s : 0;
    struct track track = {.rate_hz = trial->geometry->rate_hz, .feet = 2};
    double n = floor(last_s * track.rate_hz + 0.5) + 1;

    if (!(n >= 1 && n <= TRACK_SAMPLES_MAX))
        return gait_error_set(err, -EFBIG, "the trial has %.0f samples: at most %d can be written", n,
                              (int)TRACK_SAMPLES_MAX);
    track.n = trial->n_frames ? (size_t)n : 0;
    track.sample = calloc(track.n + 1, sizeof(*track.sample));
    if (!track.sample)
        return gait_error_set(err, -ENOMEM, "no memory for %zu samples", track.n);
    for (size_t i = 0; i < track.n; i++)
        for (int f = 0; f < TRACK_FEET; f++)
            track.sample[i].cop_x_mm[f] = track.sample[i].cop_y_mm[f] = NAN;
    mark_lost(&track, trial);
    for (size_t i = 0; i < trial->n_footfalls; i++) {
        place(&track, trial, i);
        if (foot_of(trial->footfall[i]) == TRACK_UNKNOWN)
            track.feet = 3;
    }
    *ret_track = track;
    return 0;
}

void track_done(struct track *track)
{
    free(track->sample);
    *track = (struct track){0};
}
