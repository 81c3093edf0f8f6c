/*
 * Whether somebody is on a mat that is being tared: what touches each other and moved, or rests above the rest.
 */
#ifndef METRICS_TARE_LOAD_H
#define METRICS_TARE_LOAD_H

#include <stdbool.h>

#include "gait/calibration.h"

/** Median of n values, which change their order. */
float tare_median(float *v, int n);

/**
 * Look for a load.
 *
 * Shape    offset: counts at rest, moved: how far from that for a tenth of the stretch; both [rows*cols], 0 where nothing is measured. empty: a load at rest is not looked for.
 * Returns  0; -EBUSY somebody moves; -EUSERS somebody stands; -ENOMEM.
 */
int tare_load(const struct gait_geometry *g, const struct gait_calibration *now, double most_kPa, const float *offset,
              const float *moved, bool empty);

#endif
