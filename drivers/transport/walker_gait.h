/*
 * When and where the walker's feet come down.
 */
#ifndef MAT_WALKER_GAIT_H
#define MAT_WALKER_GAIT_H

#include "walker_foot.h"

struct walker_step {
    enum gait_side side;
    double landing_s, stance_s;      /* from the first frame */
    double heel_x_mm, heel_y_mm;     /* centre of the heel's print on the mat */
    double toe_out_deg;              /* of the line from the heel to the second metatarsal, against progression */
    double axis_x, axis_y;           /* that line */
    double origin_x_mm, origin_y_mm; /* of the foot's frame */
    double ux, uy, vx, vy;           /* its unit vectors on the mat */
    double drag_mm;                  /* after toe-off */
    struct walker_foot foot;
};

struct walker_walk {
    struct walker_step *step;
    uint32_t steps;
    double px, py; /* progression */
    double end_s;  /* the last toe-off */
};

/**
 * Lay out one pass.
 *
 * Owner    the steps are the caller's: walker_walk_done().
 * Returns  0; -ENOMEM.
 */
int walker_walk_make(const struct mat_walker_config *config, struct walker_walk *ret_walk);
void walker_walk_done(struct walker_walk *walk);

#endif
