#include "calibrating.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/calibrate.h>
#include <gait/cleanup.h>
#include <gait/tare.h>

#include "daemon.h"
#include "folders.h"
#include "mats/calibration_file.h"
#include "transport/usb.h"
#include "transport/usb_tile.h"

static const double stuck_most_part = 0.05, killed_most_part = 0.05, killed_always = 4;

/* Beside the sessions where their folder is called so, else in it. */
static void folder_of(const struct daemon *d, char ret[CONFIG_PATH_MAX])
{
    static const char sessions[] = "/sessions";
    size_t n = strlen(d->config.path), tail = sizeof sessions - 1;

    if (n > tail && strcmp(d->config.path + n - tail, sessions) == 0)
        n -= tail;
    snprintf(ret, CONFIG_PATH_MAX, "%.*s/calibration", (int)(n < CONFIG_PATH_MAX - 16 ? n : CONFIG_PATH_MAX - 16),
             d->config.path);
}

/* The device's own number; "" when it has none. */
static const char *serial_of(const struct mat *mat)
{
    const char *id = mat->source.kind == SOURCE_USB && mat->transport ? mat_usb_id(mat->transport) : "";

    return strncmp(id, "port-", 5) == 0 ? "" : id;
}

static int64_t now_s(const struct daemon *d)
{
    return (int64_t)(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME) / 1000000000u);
}

void calibrating_forget(struct mat *mat)
{
    struct calibrating *c = &mat->calibrating;

    for (unsigned i = 0; i < c->levels; i++)
        free(c->level[i]);
    c->levels = c->loads = 0;
}

void calibrating_done(struct mat *mat)
{
    calibrating_forget(mat);
    free(mat->calibrating.cell);
    memset(&mat->calibrating, 0, sizeof mat->calibrating);
}

/* The cell map to measure with: the mat's own, and what was found dead (NULL: nothing). */
static int take_cells(const struct gait_geometry *own, const uint8_t *found, struct gait_geometry *g)
{
    const size_t cells = gait_geometry_cells(g);

    if (!g->cell && found)
        g->cell = calloc(cells, 1);
    if (!g->cell)
        return found ? -ENOMEM : 0;
    for (size_t i = 0; i < cells; i++) {
        g->cell[i] = own->cell ? own->cell[i] : GAIT_CELL_OK;
        if (g->cell[i] == GAIT_CELL_OK && found && found[i] == GAIT_CELL_DEAD)
            g->cell[i] = GAIT_CELL_DEAD;
    }
    return 0;
}

/* How many cells are dead, and how many of those have too few live neighbours to be filled. */
static int count_dead(const struct gait_geometry *g, struct calibrating *c)
{
    _cleanup_(gait_calibrator_freep) struct gait_calibrator *calibrator = NULL;
    int r = gait_calibrator_new(g, &calibrator);

    c->dead = c->unfilled = 0;
    for (size_t i = 0; r == 0 && g->cell && i < gait_geometry_cells(g); i++) {
        c->dead += g->cell[i] == GAIT_CELL_DEAD;
        c->unfilled += g->cell[i] == GAIT_CELL_DEAD && gait_calibrator_fill(calibrator)[i] == GAIT_FILL_NONE;
    }
    return r;
}

static int measure_with(struct daemon *d, struct mat *mat, const uint8_t *found, struct gait_trial_state *state)
{
    struct lane *lane = mat_lane(d, mat);
    struct order order = {.kind = ORDER_IDLE};
    int r = take_cells(&lane->geometry, found, &state->geometry);

    if (r == 0)
        r = lane_add_idle(lane, state);
    if (r == 0)
        r = count_dead(&lane_idle(lane)->geometry, &mat->calibrating);
    if (r < 0)
        return r;
    order.state = lane_idle(lane);
    mat_order(d, mat, &order);
    return 0;
}

static bool needs_tare(const struct mat *mat)
{
    return mat->source.kind == SOURCE_USB && mat->transport &&
           (mat_usb_needs_tare(mat->transport) || mat_usb_tile_needs_tare(mat->transport));
}

/* Said as long as the profile wants a tare and there has been none. */
static void say_untared(struct daemon *d, struct mat *mat)
{
    struct calibrating *c = &mat->calibrating;
    size_t n = strlen(c->text);

    if (needs_tare(mat) && !lane_idle(mat_lane(d, mat))->calibration.offset)
        snprintf(c->text + n, sizeof c->text - n, "%sthis mat has not been tared: gait tare, with nobody on it",
                 n ? "; " : "");
}

/* The file's calibration in the state that the lane began with. */
static int take_file(struct daemon *d, struct mat *mat, struct mat_calibration *file)
{
    struct gait_trial_state state;
    int r = gait_trial_state_copy(lane_idle(mat_lane(d, mat)), &state);

    if (r < 0)
        return r;
    gait_calibration_done(&state.calibration);
    state.calibration = file->calibration;
    memset(&file->calibration, 0, sizeof file->calibration);
    r = measure_with(d, mat, file->cell, &state);
    gait_trial_state_done(&state);
    if (r == 0)
        mat->calibrating.cell = gait_steal(&file->cell);
    return r;
}

static int read_file(struct daemon *d, struct mat *mat, struct mat_calibration *ret_file,
                     char path[MAT_CALIBRATION_PATH_MAX], struct gait_error *err)
{
    const struct gait_geometry *g = &mat_lane(d, mat)->geometry;
    char folder[CONFIG_PATH_MAX];

    if (mat->config->calibration[0]) {
        snprintf(path, MAT_CALIBRATION_PATH_MAX, "%s", mat->config->calibration);
        return mat_calibration_read(path, g, ret_file, err);
    }
    folder_of(d, folder);
    return mat_calibration_latest(folder, mat->config->id, g, ret_file, path, err);
}

/* What speaks against the file in force, after what was wrong with a newer one. */
static void say_doubts(struct daemon *d, struct mat *mat, const struct mat_calibration *file, const char *newer)
{
    struct calibrating *c = &mat->calibrating;
    char doubts[200];

    mat_calibration_doubts(file, serial_of(mat), now_s(d), doubts, sizeof doubts);
    if (newer[0])
        snprintf(c->text, sizeof c->text, "%.240s; measuring with version %u of %.10s, before it%s%s", newer,
                 file->calibration.version, file->calibration.date, doubts[0] ? "; " : "", doubts);
    else
        snprintf(c->text, sizeof c->text, "%s", doubts);
}

void calibrating_load(struct daemon *d, struct mat *mat)
{
    struct calibrating *c = &mat->calibrating;
    struct lane *lane = mat_lane(d, mat);
    struct mat_calibration file = {0};
    char path[MAT_CALIBRATION_PATH_MAX] = "";
    struct gait_error err = {0};
    int r;

    if (!lane || atomic_load(&lane->idle)->older) /* it has been measured with before */
        return;
    calibrating_done(mat);
    (void)count_dead(&lane->geometry, c);
    if (mat->source.kind != mat->config->source.kind || strcmp(mat->source.path, mat->config->source.path) != 0 ||
        strcmp(mat->source.walker, mat->config->source.walker) != 0)
        return; /* a recording that one trial plays brings its own */
    r = read_file(d, mat, &file, path, &err);
    if (r == -ENOENT && !mat->config->calibration[0]) {
        say_untared(d, mat);
        return;
    }
    if (r >= 0) {
        snprintf(c->path, sizeof c->path, "%s", path);
        say_doubts(d, mat, &file, r > 0 ? err.text : "");
        daemon_log_mat(d, mat, GAIT_LOG_NOTICE, "calibration %u of %s, %s", file.calibration.version,
                       file.calibration.date, path);
        r = take_file(d, mat, &file);
        if (r < 0)
            gait_error_set(&err, r, "%s: %s", path, strerror(-r));
    }
    if (r < 0) {
        c->path[0] = '\0';
        snprintf(c->text, sizeof c->text, "%.400s; measuring with the profile's calibration", err.text);
    }
    say_untared(d, mat);
    if (c->text[0])
        daemon_log_mat(d, mat, GAIT_LOG_WARNING, "%s", c->text);
    mat_calibration_done(&file);
}

int calibrating_put(struct daemon *d, struct mat *mat, struct gait_trial_state *state, uint8_t *cell, const char *note,
                    struct gait_error *err)
{
    struct calibrating *c = &mat->calibrating;
    struct mat_calibration file = {.calibration = state->calibration, .cell = cell ? cell : c->cell};
    char folder[CONFIG_PATH_MAX], path[MAT_CALIBRATION_PATH_MAX];
    int r;

    folder_of(d, folder);
    snprintf(file.note, sizeof file.note, "%s", note);
    snprintf(file.calibration.serial, sizeof file.calibration.serial, "%s", serial_of(mat));
    r = folders_make(folder, err);
    if (r == 0)
        r = mat_calibration_write(folder, mat->config->id, &state->geometry, &file, now_s(d), path, err);
    if (r == 0) {
        state->calibration = file.calibration;
        r = measure_with(d, mat, file.cell, state);
        if (r < 0)
            gait_error_set(err, r, "%s: %s", mat->config->id, strerror(-r));
    }
    if (r < 0) {
        free(cell);
        return r;
    }
    if (cell) {
        free(c->cell);
        c->cell = cell;
    }
    snprintf(c->path, sizeof c->path, "%s", path);
    mat_calibration_doubts(&file, serial_of(mat), now_s(d), c->text, sizeof c->text);
    if (mat->config->calibration[0])
        snprintf(c->text, sizeof c->text, "gaitd.yaml names %.300s: this version is used until gaitd ends",
                 mat->config->calibration);
    say_untared(d, mat);
    daemon_log_mat(d, mat, GAIT_LOG_NOTICE, "calibration %u written (%s): %s", file.calibration.version, note, path);
    return (int)file.calibration.version;
}

void calibrating_status(const struct mat *mat, json_t *o)
{
    json_object_set_new(o, "calibration_path", json_string(mat->calibrating.path));
    json_object_set_new(o, "calibration_text", json_string(mat->calibrating.text));
    calibrating_dead(mat, o);
}

void calibrating_dead(const struct mat *mat, json_t *o)
{
    json_object_set_new(o, "dead_cells", json_integer(mat->calibrating.dead));
    json_object_set_new(o, "unfilled_cells", json_integer(mat->calibrating.unfilled));
}

bool calibrating_noisy(const struct gait_trial_state *state, size_t i)
{
    const struct gait_calibration *c = &state->calibration;

    return c->sigma && gait_tare_noisy(c, state->geometry.dtype, i, (double)c->sigma[i], state->parameters.p_on_kPa);
}

uint8_t *calibrating_tare_cells(const struct mat *mat, const struct gait_trial_state *state, uint32_t stuck_cells,
                                uint32_t *ret_saturated)
{
    const struct gait_calibration *c = &state->calibration;
    size_t cells = gait_geometry_cells(&state->geometry);
    uint8_t *cell = calloc(cells, 1);
    const uint8_t *before = c->gain ? mat->calibrating.cell : NULL;  /* a rejected cell has gain 1 */
    bool stuck_too = stuck_cells <= stuck_most_part * (double)cells; /* else it is a quiet mat */

    *ret_saturated = 0;
    for (size_t i = 0; cell && i < cells; i++) {
        bool full = (double)c->offset[i] >= c->saturation_count;

        if (state->geometry.cell && state->geometry.cell[i] == GAIT_CELL_MISSING) {
            cell[i] = GAIT_CELL_MISSING;
            continue;
        }
        *ret_saturated += full;
        if (full || calibrating_noisy(state, i) || (before && before[i] == GAIT_CELL_DEAD && c->gain[i] == 1.0f) ||
            (stuck_cells && stuck_too && !(c->sigma[i] > 0.0f)))
            cell[i] = GAIT_CELL_DEAD;
    }
    return cell;
}

int calibrating_kills(const struct mat *mat, const struct gait_geometry *g, const uint8_t *cell, bool anyway,
                      struct gait_error *err)
{
    const uint8_t *before = mat->calibrating.cell;
    size_t cells = gait_geometry_cells(g), killed = 0, live = 0;

    for (size_t i = 0; i < cells; i++) {
        bool lived = cell[i] != GAIT_CELL_MISSING && !(before && before[i] == GAIT_CELL_DEAD);

        live += lived;
        killed += lived && cell[i] == GAIT_CELL_DEAD;
    }
    if (anyway || (double)killed <= fmax(killed_most_part * (double)live, killed_always))
        return 0;
    return gait_error_set(
        err, -EDOM,
        "%zu of %zu cells would be dead from now on (too noisy for the threshold, stuck or saturated): nothing "
        "is changed. Look at cable, power and what lies on the mat; when they are broken, gait tare --override WHY",
        killed, live);
}
