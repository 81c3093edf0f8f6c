/*
 * Pressure of a foot on the cells of a mat: the blobs at the cells' centres.
 */
#ifndef MAT_WALKER_PRINT_H
#define MAT_WALKER_PRINT_H

#include <gait/frame.h>

#include "walker_gait.h"

/* The shape of one blob on a window of cells; one that widens is worked out anew in every frame. */
struct walker_stamp {
    uint32_t row0, col0, rows, cols;
    double *shape; /* [rows*cols] 0..1, or NULL: widens */
};

struct walker_print {
    struct walker_stamp stamp[WALKER_BLOBS];
};

/**
 * Work out the shapes of a step's blobs once.
 *
 * Owner    the caller: walker_print_done().
 * Returns  0; -ENOMEM.
 */
int walker_print_make(const struct walker_step *step, const struct gait_geometry *geometry,
                      struct walker_print *ret_print);
void walker_print_done(struct walker_print *print);

#define WALKER_DRAG_TO 1.15 /* phase of stance at which dragged toes have left the mat */

/** True when the foot is down, or its toes are dragged, at a time. Unit: s from the first frame. */
bool walker_step_down(const struct walker_step *step, double t_s);

/**
 * Add the step's pressure at a time.
 *
 * Shape    kPa[rows*cols]
 * Unit     kPa; s from the first frame.
 */
void walker_print_add(const struct walker_print *print, const struct walker_step *step,
                      const struct gait_geometry *geometry, double t_s, double *kPa);

/** Largest pressure that the toes' blobs (or the others) may have at a cell's centre, in kPa: says whose cell it is. */
double walker_step_reach_kPa(const struct walker_step *step, const struct gait_geometry *geometry, uint32_t row,
                             uint32_t col, bool toes);

#endif
