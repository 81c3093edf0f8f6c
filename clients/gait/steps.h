/*
 * The footfalls of many files, sorted into groups: one condition at one timepoint.
 */
#ifndef STEPS_H
#define STEPS_H

#include <stddef.h>
#include <stdint.h>

#include <gait/error.h>
#include <gait/footfall.h>
#include <gait/record.h>

enum { STEPS_LABEL_MAX = GAIT_ID_MAX + 1 };

struct step {
    uint8_t side; /* enum gait_side, left or right */
    double value[GAIT_METRIC_COUNT];
};

struct steps_group {
    char condition[STEPS_LABEL_MAX];
    char timepoint[STEPS_LABEL_MAX]; /* a file without one is called by its own name */
    uint32_t trials;
    uint32_t discarded; /* trials beside those that the operator said do not count */
    size_t left_out;    /* footfalls that do not count or whose side is unknown */
    struct step *step;
    size_t n;
};

struct steps {
    struct steps_group *group;
    size_t n;
};

/**
 * Add every trial of a file: the footfalls that it holds; those of a vendor's recording are computed.
 *
 * Returns  0; negative errno, err says what and where.
 */
int steps_add_file(struct steps *steps, const char *path, struct gait_error *err);
void steps_done(struct steps *steps);

#endif
