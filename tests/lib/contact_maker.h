#ifndef CONTACT_MAKER_H
#define CONTACT_MAKER_H

/*
 * A gait_contact out of whole frames of pressure, for tests that measure one footfall without a pipeline: every cell at or above the threshold is
 * active, empty frames at both ends are left out.
 */

#include <gait/measure.h>

struct contact_maker {
    struct gait_trial_state state;
    struct gait_contact contact; /* valid after contact_maker_close() */
    uint64_t *t_ns;
    uint32_t *first, *cell;
    float *p_kPa;
    uint32_t frames, frames_room, cells, cells_room;
    uint64_t seen; /* frames given so far */
};

/* Everything aborts the test when memory is short. p_on 0: every cell above 0. */
void contact_maker_init(struct contact_maker *m, uint32_t rows, uint32_t cols, double pitch_x_mm, double pitch_y_mm,
                        double rate_hz, double p_on_kPa);
/* kPa[rows*cols]; frames come at the nominal rate. */
void contact_maker_frame(struct contact_maker *m, const float *kPa);
const struct gait_contact *contact_maker_close(struct contact_maker *m);
void contact_maker_done(struct contact_maker *m);

/* Measures what was made with fresh scratch; the record is the caller's: gait_footfall_free(). NULL when gait_measure() refuses. */
struct gait_footfall *contact_maker_measure(struct contact_maker *m);

#endif
