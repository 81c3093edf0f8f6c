/*
 * What is true of a walk, worked out from the blobs without noise, quantisation, faults or detection.
 */
#ifndef MAT_WALKER_TRUTH_H
#define MAT_WALKER_TRUTH_H

#include "walker_gait.h"
#include "walker_print.h"

/* Names with `p10` count the cells with at least 10 kPa in that frame, the others all pressure there is. NaN: nothing of that kind. */
struct walker_truth {
    bool whole;        /* no pressed cell on the outermost rows and columns, foot within the mat */
    double ic_s, to_s; /* crossings of 20 N, between frames; from the first frame of the walk */
    double ic_p10_s,
        to_p10_s; /* the same of the force that cells with p10 carry: what a mat with a threshold can see */
    double force_max_N, impulse_Ns; /* on the mat's cells */
    double force_max_p10_N, impulse_p10_Ns;
    double peak_kPa;
    double edge_kPa;                     /* largest of the outermost rows and columns */
    double length_mm, toeless_length_mm; /* along the true axis, edge to edge, p10 */
    double heel_x_mm, heel_y_mm;         /* centroid of the pressed cells in the rear fifth */
    double heel31_force_max_N, heel31_impulse_Ns, heel31_share_pct; /* p10 */
    double arch_index; /* whole cells by their centres, toes by their blobs */
};

/**
 * Work out one step on the noise-free frames.
 *
 * Returns  0; -ENOMEM.
 */
int walker_truth_make(const struct walker_step *step, const struct walker_print *print,
                      const struct gait_geometry *geometry, struct walker_truth *ret_truth);

/**
 * The whole walk as JSON.
 *
 * Owner    the text is the caller's: free().
 * Returns  0; -ENOMEM.
 */
int walker_truth_json(const struct mat_walker_config *config, const struct walker_walk *walk,
                      const struct walker_truth *truth, char **ret_json);

#endif
