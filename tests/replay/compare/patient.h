/*
 * Synthetic people whose visits go the whole way in this process: walker, pipeline, session tier, passes and steps, verdicts. What
 * changed in truth is known.
 */
#ifndef PATIENT_H
#define PATIENT_H

#include <gait/design.h>

enum { PATIENT_TIMEPOINTS = 5, PATIENT_PASSES = 10, PATIENT_STEPS_MAX = 6, PATIENT_DOSES = 5 };

/* What differs in truth at a timepoint. */
struct patient_change {
    double collapse; /* the walker's: growth of the arch's contact while the foot is down */
    double heel;     /* times the heel's pressure */
};

/* One person with all passes so far. Texts and numbers lie here: the design data point into it. */
struct patient {
    uint64_t number;
    char name[16];
    struct gait_design_pass pass[PATIENT_TIMEPOINTS * PATIENT_PASSES];
    size_t passes;
    struct gait_design_step step[PATIENT_TIMEPOINTS * PATIENT_PASSES * PATIENT_STEPS_MAX];
    double value[PATIENT_TIMEPOINTS * PATIENT_PASSES * PATIENT_STEPS_MAX][GAIT_METRIC_COUNT];
    size_t steps;
};

void patient_init(struct patient *patient, uint64_t number);

/* Ten passes more at a timepoint (the timepoint-th of this person, from 0: it has its own day's form). */
void patient_walk(struct patient *patient, unsigned timepoint, const char *name, const struct patient_change *change);

/* What growths of the arch's contact do to this person's dai_mean, both feet, on steps that are all alike: the truth behind a change. */
void patient_doses(const struct patient *patient, double ret_gain[PATIENT_DOSES]);

/* The growth that raises dai_mean by so much; NaN: more than the walker can. */
double patient_collapse_for(const double gain[PATIENT_DOSES], double dai);

/* All of it for libgait/compare, several people behind each other. Owner: free() both members. */
struct gait_design_data patient_data(const struct patient *const *patient, size_t n);

#endif
