/*
 * What is kept of somebody who stands longer than the arena holds: of each cell the largest pressure and the sum of all, beside the running sums of the contact.
 */
#ifndef PIPELINE_STANDING_H
#define PIPELINE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

struct gait_pipeline;
struct gait_footfall;
struct foot;

struct standing_cell {
    double sum_kPa;
    float max_kPa;
};

/** Go over from frames to pictures: what the arena holds of the contact is added up. Its chain is not released. */
void standing_begin(struct gait_pipeline *p, const struct foot *f);

/** Add one cell of a frame; `fresh`: the contact has not had it before. */
void standing_add(struct gait_pipeline *p, uint32_t cell, float p_kPa, bool fresh);

/**
 * Measure a contact of which only sums and pictures are left: static indices, sway and load of one who stands.
 *
 * Returns  0; -EINVAL it did not stand, or there is no print.
 */
int standing_measure(struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r);

/** Fill what needs the other feet on the mat: share of load and sway of the whole body, for whoever stands. */
void standing_body(const struct gait_pipeline *p, const struct foot *f, struct gait_footfall *r);

#endif
