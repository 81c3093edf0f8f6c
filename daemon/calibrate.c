/* The verb `calibrate`: uniform pressures give gains, known loads the curve, somebody standing still the scale. The recorder collects the frames. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/calibrate.h>
#include <gait/calibrate_fit.h>
#include <gait/cleanup.h>

#include "daemon.h"
#include "memory.h"

#define G_M_PER_S2 9.80665

static const double same_level = 0.01, stand_s = 2, active_sigmas = 5;

enum { LISTED_CELLS_MAX = 64 };

static bool take_what(struct call *call, struct calibrate_ask *ask)
{
    static const char *const names[] = {"what",     "mat",   "frames",  "pressure_kPa", "force_N",
                                        "area_cm2", "model", "mass_kg", "override",     NULL};
    const char *what = NULL, *model = "linear", *override = NULL;

    if (!arg_known(call, names) || !arg_text(call, "what", true, 16, &what) ||
        !arg_real(call, "pressure_kPa", 1, 5000, &ask->pressure_kPa) ||
        !arg_real(call, "force_N", 1, 100000, &ask->force_N) ||
        !arg_real(call, "area_cm2", 0.1, 100000, &ask->area_cm2) || !arg_real(call, "mass_kg", 5, 300, &ask->mass_kg) ||
        !arg_text(call, "model", false, 16, &model) || !arg_text(call, "override", false, 255, &override))
        return false;
    ask->override = override;
    ask->model = gait_fit_model_find(model);
    ask->what = !strcmp(what, "equilibrate") ? CALIBRATE_EQUILIBRATE
                : !strcmp(what, "load")      ? CALIBRATE_LOAD
                : !strcmp(what, "weight")    ? CALIBRATE_WEIGHT
                : !strcmp(what, "forget")    ? CALIBRATE_FORGET
                                             : 0;
    if (!ask->what)
        call_error(call, "bad-argument", "what: equilibrate, load, weight or forget");
    else if (!ask->model || ask->model == GAIT_FIT_TABLE)
        call_error(call, "bad-argument", "model: linear, power, poly2 or poly3");
    else if (ask->what == CALIBRATE_EQUILIBRATE && !(ask->pressure_kPa > 0))
        call_error(call, "bad-argument", "pressure_kPa: needed, the uniform pressure that is on the whole mat");
    else if (ask->what == CALIBRATE_LOAD && !(ask->force_N > 0 && ask->area_cm2 > 0))
        call_error(call, "bad-argument", "force_N and area_cm2: needed, what is on the mat");
    else if (ask->what == CALIBRATE_WEIGHT && !(ask->mass_kg > 0))
        call_error(call, "bad-argument", "mass_kg: needed, of who stands on the mat");
    else
        return true;
    return false;
}

/* One scale a session day: another one between trials would hide or make a change. */
static bool scale_is_fixed(const struct daemon *d, const struct calibrate_ask *ask)
{
    return ask->what == CALIBRATE_WEIGHT && d->session && !ask->override &&
           json_array_size(json_object_get(d->session->state, "trials")) > 0;
}

static void forget(struct call *call, struct mat *mat)
{
    const struct calibrating *c = &mat->calibrating;
    json_t *o = json_pack("{s:s, s:i, s:i}", "mat", mat->config->id, "forgotten_levels", (int)c->levels,
                          "forgotten_loads", (int)c->loads);

    calibrating_forget(mat);
    call_ok(call, o);
}

void calibrate_verb(struct daemon *d, struct call *call)
{
    struct calibrate_ask ask = {0};
    uint64_t frames = GAIT_TARE_FRAMES_MIN, least;
    struct recorder_letter *letter;
    const char *id = NULL;
    struct waiting *w;
    struct mat *mat;

    if (!take_what(call, &ask) || !arg_text(call, "mat", false, GAIT_ID_MAX, &id) ||
        !arg_count(call, "frames", false, GAIT_TARE_FRAMES_MIN, GAIT_TARE_FRAMES_MAX, &frames) ||
        !(mat = act_free_mat(d, call, id)))
        return;
    if (ask.what == CALIBRATE_FORGET) {
        forget(call, mat);
        return;
    }
    if (scale_is_fixed(d, &ask)) {
        call_error(call, "session-open",
                   "session %s has trials: one scale is used for all of them; close it first, or say why with "
                   "--override",
                   d->session->id);
        return;
    }
    least = ask.what == CALIBRATE_WEIGHT ? (uint64_t)ceil(stand_s * mat_lane(d, mat)->geometry.rate_hz) + 2 : 0;
    w = act_wait(d, call, 1);
    if (!w)
        return;
    letter = memory_new(1, sizeof *letter);
    w->ask = ask;
    act_wait_for_lane(w, mat, mat_lane(d, mat));
    *letter = (struct recorder_letter){.order = RECORD_TARE,
                                       .mat = mat->index,
                                       .frames = (uint32_t)(frames > least ? frames : least),
                                       .loaded = true,
                                       .ticket = w->ticket};
    mailbox_post(&d->recorder.box, &letter->letter);
}

/* --- what was collected ------------------------------------------------------------------------------------------------ */

struct calibration_work {
    struct daemon *d;
    struct mat *mat;
    const struct calibrate_ask *ask;
    struct news *news;
    struct gait_trial_state state; /* a copy: becomes the next one */
    json_t *result;
};

static int put(struct calibration_work *w, uint8_t *cell, const char *note)
{
    int version = calibrating_put(w->d, w->mat, &w->state, cell, note, &w->news->err);

    if (version > 0) {
        json_object_set_new(w->result, "calibration", json_integer(version));
        json_object_set_new(w->result, "path", json_string(w->mat->calibrating.path));
    }
    return version < 0 ? version : 0;
}

/* Keep one more level; one of the same pressure is replaced, and given back (NULL: there was none). */
static int keep_level(struct calibration_work *w, unsigned *ret_at, float **ret_before)
{
    struct calibrating *c = &w->mat->calibrating;
    unsigned i = 0;

    while (i < c->levels && fabs(c->level_kPa[i] - w->ask->pressure_kPa) > same_level * w->ask->pressure_kPa)
        i++;
    if (i == CALIBRATING_LEVELS_MAX)
        return gait_error_set(&w->news->err, -EAGAIN, "at most %d levels are taken", CALIBRATING_LEVELS_MAX);
    *ret_at = i;
    *ret_before = i < c->levels ? c->level[i] : NULL;
    c->levels += i == c->levels;
    c->level[i] = gait_steal(&w->news->collected.count);
    c->level_kPa[i] = w->ask->pressure_kPa;
    return 0;
}

/* The one that spoiled it goes; what it replaced comes back. It is the last one otherwise. */
static void drop_level(struct calibrating *c, unsigned at, float *before)
{
    free(c->level[at]);
    c->level[at] = before;
    c->levels -= !before;
}

static const char *fault_name(uint8_t what)
{
    static const char *const name[] = {"ok", "none", "silent", "stuck", "saturated", "gain"};

    return what < sizeof name / sizeof *name ? name[what] : "?";
}

/* [[row, column, why]...], the first of them; and the mask for the file. */
static json_t *list_faults(const struct gait_trial_state *state, const uint8_t *what, uint8_t *cell)
{
    const struct gait_geometry *g = &state->geometry;
    json_t *list = json_array();

    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        if (what[i] == GAIT_FIT_CELL_NONE)
            cell[i] = GAIT_CELL_MISSING;
        else if (calibrating_noisy(state, i)) /* the tare has said so; the mean over many frames cannot */
            cell[i] = GAIT_CELL_DEAD;
        if (what[i] > GAIT_FIT_CELL_NONE) {
            cell[i] = GAIT_CELL_DEAD;
            if (json_array_size(list) < LISTED_CELLS_MAX)
                json_array_append_new(
                    list, json_pack("[i, i, s]", (int)(i / g->cols), (int)(i % g->cols), fault_name(what[i])));
        }
    }
    return list;
}

static int fit_gains(struct calibration_work *w)
{
    const struct calibrating *c = &w->mat->calibrating;
    const struct gait_geometry *g = &w->state.geometry;
    size_t cells = gait_geometry_cells(g);
    _cleanup_free_ float *count = calloc(c->levels * cells, sizeof *count), *gain = calloc(cells, sizeof *gain);
    _cleanup_free_ uint8_t *what = calloc(cells, 1), *cell = calloc(cells, 1);
    struct gait_fit_gains s;
    char note[64];
    int r;

    if (!count || !gain || !what || !cell)
        return gait_error_set(&w->news->err, -ENOMEM, "no memory for equilibrating");
    for (unsigned i = 0; i < c->levels; i++)
        memcpy(count + i * cells, c->level[i], cells * sizeof *count);
    r = gait_fit_gains(g, &w->state.calibration, count, c->levels, gain, what, &s, &w->news->err);
    if (r < 0)
        return r;
    free(w->state.calibration.gain);
    w->state.calibration.gain = gait_steal(&gain);
    json_object_set_new(w->result, "cells", list_faults(&w->state, what, cell));
    json_object_update_new(
        w->result, json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "ok_cells", (json_int_t)s.ok, "silent_cells",
                             (json_int_t)s.silent, "stuck_cells", (json_int_t)s.stuck, "saturated_cells",
                             (json_int_t)s.saturated, "gain_cells", (json_int_t)s.out_of_range, "spread_percent_before",
                             s.spread_percent_before, "spread_percent_after", s.spread_percent_after));
    snprintf(note, sizeof note, "equilibrated at %u levels of pressure", c->levels);
    return put(w, gait_steal(&cell), note);
}

static int equilibrate(struct calibration_work *w)
{
    struct calibrating *c = &w->mat->calibrating;
    float *before = NULL;
    unsigned at = 0;
    int r = w->news->collected.count ? keep_level(w, &at, &before) : -ENOMEM;

    if (r < 0)
        return r;
    json_object_set_new(w->result, "levels", json_integer(c->levels));
    r = c->levels < 2 ? 0 : fit_gains(w);
    if (r < 0)
        drop_level(c, at, before);
    else
        free(before);
    return r;
}

/* Counts above the offset, equilibrated, dead cells filled: by the code that measures, with one count as one kPa. */
static int even_counts(const struct gait_trial_state *state, const float *count, float *ret_even)
{
    struct gait_geometry g = state->geometry;
    struct gait_calibration c = state->calibration;
    _cleanup_(gait_calibrator_freep) struct gait_calibrator *calibrator = NULL;
    int r;

    g.dtype = GAIT_F32;
    c.scale = c.kPa_per_count = 1;
    c.n_curve = 0;
    r = gait_calibrator_new(&g, &calibrator);
    if (r == 0)
        r = gait_calibrator_load(calibrator, &c);
    if (r == 0)
        gait_calibrate(calibrator, count, 0, ret_even);
    return r;
}

/* Mean of these counts on the loaded area. */
static int count_of_load(struct calibration_work *w, double *ret_count)
{
    const struct gait_calibration *c = &w->state.calibration;
    const struct gait_geometry *g = &w->state.geometry;
    const float *count = w->news->collected.count;
    _cleanup_free_ float *even = calloc(gait_geometry_cells(g), sizeof *even);
    double sum = 0;
    int r = even ? even_counts(&w->state, count, even) : -ENOMEM;

    if (r < 0)
        return gait_error_set(&w->news->err, r, "the load cannot be worked out: %s", strerror(-r));
    for (size_t i = 0; i < gait_geometry_cells(g); i++) {
        bool live = !g->cell || g->cell[i] == GAIT_CELL_OK;

        if (live && (double)count[i] >= c->saturation_count)
            return gait_error_set(&w->news->err, -ERANGE, "a cell is saturated at %g counts: take a smaller load",
                                  (double)count[i]);
        if (!live || (double)count[i] - (c->offset ? (double)c->offset[i] : 0) >
                         active_sigmas * (c->sigma ? (double)c->sigma[i] : 0))
            sum += (double)even[i];
    }
    *ret_count = sum * gait_geometry_cell_area_mm2(g) / (100 * w->ask->area_cm2);
    return sum > 0 ? 0 : gait_error_set(&w->news->err, -EAGAIN, "nothing is on the mat");
}

static int fit_loads(struct calibration_work *w)
{
    struct calibrating *c = &w->mat->calibrating;
    struct gait_calibration *cal = &w->state.calibration;
    struct gait_fit_curve curve;
    double seen = 0, most;
    char note[96];
    int r;

    for (unsigned i = 0; i < c->loads; i++)
        seen = fmax(seen, c->load_count[i]);
    most = gait_fit_count_max(&w->state.geometry, cal, seen);
    if (!isfinite(most))
        return gait_error_set(
            &w->news->err, -ERANGE,
            "every cell of the empty mat stands at its ceiling of %g counts: tare it, or look what is wrong with it",
            cal->saturation_count);
    r = gait_fit_curve(w->ask->model, c->load_count, c->load_kPa, c->loads, most, &curve, &w->news->err);
    if (r == -EAGAIN) {
        json_object_set_new(w->result, "text", json_string(w->news->err.text));
        return 0;
    }
    if (r == 0)
        r = gait_fit_apply(&curve, most, cal);
    if (r < 0)
        return r;
    snprintf(cal->model, sizeof cal->model, "%s", gait_fit_model_name(w->ask->model));
    cal->scale = 1;
    json_object_update_new(w->result, json_pack("{s:s, s:f, s:f}", "model", cal->model, "rms_kPa", curve.rms_kPa,
                                                "rms_percent", curve.rms_percent));
    snprintf(note, sizeof note, "%s curve through %u known loads", cal->model, c->loads);
    return put(w, NULL, note);
}

static int load(struct calibration_work *w)
{
    struct calibrating *c = &w->mat->calibrating;
    double count = 0;
    int r = w->news->collected.count ? count_of_load(w, &count) : -ENOMEM;

    if (r < 0)
        return r;
    if (c->loads == CALIBRATING_LOADS_MAX)
        return gait_error_set(&w->news->err, -EAGAIN, "at most %d loads are taken", CALIBRATING_LOADS_MAX);
    c->load_count[c->loads] = count;
    c->load_kPa[c->loads++] = 10 * w->ask->force_N / w->ask->area_cm2;
    json_object_update_new(w->result, json_pack("{s:f, s:f, s:i}", "count", count, "pressure_kPa",
                                                10 * w->ask->force_N / w->ask->area_cm2, "loads", (int)c->loads));
    r = fit_loads(w);
    if (r < 0) /* the load that spoiled it is not kept */
        c->loads--;
    return r;
}

static int weight(struct calibration_work *w)
{
    struct gait_fit_weight fit;
    char note[96];
    int r = gait_fit_weight(w->news->collected.force_N, w->news->collected.frames, w->news->collected.duration_s,
                            w->ask->mass_kg * G_M_PER_S2, &fit, &w->news->err);

    if (r < 0)
        return r;
    w->state.calibration.scale *= fit.scale;
    json_object_update_new(w->result,
                           json_pack("{s:f, s:f, s:f, s:f}", "step", fit.scale, "scale", w->state.calibration.scale,
                                     "median_N", fit.median_N, "wander_percent", fit.wander_percent));
    if (fit.warn)
        json_object_set_new(w->result, "text",
                            json_string("the scale changes by more than 10 %: check the mass, and calibrate the mat "
                                        "with known loads"));
    snprintf(note, sizeof note, "weight of %g kg: scale %.4f", w->ask->mass_kg, w->state.calibration.scale);
    return put(w, NULL, note);
}

static int take(struct calibration_work *w)
{
    static int (*const step[])(struct calibration_work *) = {NULL, equilibrate, load, weight};
    struct lane *lane = mat_lane(w->d, w->mat);
    int r;

    if (w->news->code < 0)
        return w->news->code;
    r = lane && !mat_is_busy(w->mat) ? gait_trial_state_copy(lane_idle(lane), &w->state) : -ENODEV;
    if (r < 0)
        return gait_error_set(&w->news->err, r, "the mat has gone, or a trial has begun");
    r = step[w->ask->what](w);
    gait_trial_state_done(&w->state);
    return r;
}

void calibrate_news(struct daemon *d, struct news *news)
{
    struct waiting *waiting = act_waiting(d, news->ticket);
    struct mat *mat = &d->mat[news->mat];

    if (waiting) {
        struct calibration_work w = {.d = d, .mat = mat, .ask = &waiting->ask, .news = news};
        int r;

        w.result = json_pack("{s:s, s:i}", "mat", mat->config->id, "frames", (int)news->collected.frames);
        r = take(&w);
        if (r < 0) {
            call_error(waiting->call, news->code < 0 ? act_tare_code(news->code) : "calibration", "%s: %s",
                       mat->config->id, news->err.text[0] ? news->err.text : strerror(-r));
            json_decref(w.result);
        } else {
            calibrating_dead(mat, w.result);
            call_ok(waiting->call, w.result);
        }
        json_decref(waiting->result);
        waiting->call = NULL;
    }
    free(news->collected.count);
    free(news->collected.force_N);
}
