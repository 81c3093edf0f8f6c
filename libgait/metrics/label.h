/*
 * Eight-connected components of a contact mask, from its runs: no label image. The statistics are of the cells in the mask.
 */
#ifndef METRICS_LABEL_H
#define METRICS_LABEL_H

#include <stdint.h>

struct run {
    uint32_t row, first, last; /* columns, both in */
    uint32_t component;        /* after label_mask(): index of the component */
};

struct component {
    uint32_t cells;
    uint32_t row0, row1, col0, col1; /* bounding box, all in */
    float peak_kPa;
    double p_kPa;                 /* sum over cells */
    double px, py;                /* p times (c + 0.5), (r + 0.5) */
    uint8_t placed;               /* the caller's */
    uint32_t first_run, last_run; /* linked by next_run in rising order; UINT32_MAX ends them */
};

struct label {
    uint32_t rows, cols, words;
    uint32_t runs, components;
    struct run *run;             /* [runs], row by row, left to right */
    uint32_t *next_run;          /* [runs] of the same component */
    struct component *component; /* [components], in order of their first run */
    uint32_t *parent;
};

/** Take memory for the worst mask. Owner: label_done(). Returns 0; -ENOMEM. */
int label_init(uint32_t rows, uint32_t cols, struct label *ret_label);
void label_done(struct label *label);

/**
 * Find the components of a mask with their statistics.
 *
 * Shape    mask[rows * words], bit c % 64 of word c / 64, nothing set beyond cols; p_kPa[rows * stride].
 * Cost     O(words + runs + cells in the mask), no allocation.
 * Returns  number of components.
 */
uint32_t label_mask(struct label *label, const uint64_t *mask, const float *p_kPa, uint32_t stride);

#endif
