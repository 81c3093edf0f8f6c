/* The calibration files of mats, for main: which one is in force, and how the next version comes to be. */
#ifndef GAITD_CALIBRATING_H
#define GAITD_CALIBRATING_H

#include <stdbool.h>

#include <jansson.h>

#include <gait/error.h>
#include <gait/trial_state.h>

#include "config.h"

struct daemon;
struct mat;
struct news;
struct call;

enum { CALIBRATING_LEVELS_MAX = 8, CALIBRATING_LOADS_MAX = 32 };

/* What a calibrate was asked for. */
struct calibrate_ask {
    enum { CALIBRATE_EQUILIBRATE = 1, CALIBRATE_LOAD, CALIBRATE_WEIGHT, CALIBRATE_FORGET } what;
    double pressure_kPa, force_N, area_cm2, mass_kg;
    int model; /* enum gait_fit_model */
    bool override;
};

/* One mat's. */
struct calibrating {
    char path[CONFIG_PATH_MAX]; /* the file in force; "" the profile's calibration */
    char text[512];             /* what is to be known of it; "" nothing */
    uint8_t *cell;              /* enum gait_cell [rows*cols], what was found dead, or NULL */
    uint32_t dead, unfilled;    /* of what is measured with, the profile's too; unfilled: too few live neighbours */
    float *level[CALIBRATING_LEVELS_MAX]; /* uniform pressures collected so far */
    double level_kPa[CALIBRATING_LEVELS_MAX];
    unsigned levels;
    double load_count[CALIBRATING_LOADS_MAX], load_kPa[CALIBRATING_LOADS_MAX];
    unsigned loads;
};

/** A mat is there: measure with the file that the configuration names, or its newest. What is wrong is said, and the profile's stays. */
void calibrating_load(struct daemon *d, struct mat *mat);

/**
 * Write the next version and measure with it from now on.
 *
 * Owner    state: a copy of the idle state with the changed calibration; its version and date are set. cell is taken over; NULL keeps what was found before.
 * Returns  the version; negative errno with err (then nothing changed).
 */
int calibrating_put(struct daemon *d, struct mat *mat, struct gait_trial_state *state, uint8_t *cell, const char *note,
                    struct gait_error *err);

/** Add what status says: calibration_path, calibration_text, dead_cells, unfilled_cells. */
void calibrating_status(const struct mat *mat, json_t *o);
/** Add dead_cells and unfilled_cells only. */
void calibrating_dead(const struct mat *mat, json_t *o);

/** True when the cell's noise of the tare reaches the threshold by itself. */
bool calibrating_noisy(const struct gait_trial_state *state, size_t i);

/** Cells that a tare finds useless: too noisy for the threshold, saturated when empty, stuck; and those of before that equilibrating rejected. Owner: the caller frees. Returns NULL without memory. */
uint8_t *calibrating_tare_cells(const struct mat *mat, const struct gait_trial_state *state, uint32_t stuck_cells,
                                uint32_t *ret_saturated);

/** -EDOM with err when so many cells that measured until now would be dead that something else is wrong; 0 also when it is wanted anyway. */
int calibrating_kills(const struct mat *mat, const struct gait_geometry *g, const uint8_t *cell, bool anyway,
                      struct gait_error *err);

/** The pressures and loads that were told so far count no more. */
void calibrating_forget(struct mat *mat);

void calibrating_done(struct mat *mat);

/* calibrate.c: the verb `calibrate`, and what the recorder collected for it. */
void calibrate_verb(struct daemon *d, struct call *call);
void calibrate_news(struct daemon *d, struct news *news);

#endif
