/*
 * A study under construction for the tests of the designs: one step of each foot a pass, numbers that vary a little.
 */
#ifndef DESIGN_DATA_H
#define DESIGN_DATA_H

#include <gait/design.h>
#include <gait/live.h>

enum { PASSES_MAX = 400, STEPS_MAX = 800 };

struct study {
    struct gait_design_pass pass[PASSES_MAX];
    struct gait_design_step step[STEPS_MAX];
    double value[STEPS_MAX][GAIT_METRIC_COUNT];
    struct gait_design_data data;
    struct gait_design_plan plan;
    uint32_t noise;
};

extern struct study study;
extern struct gait_design_finding finding[GAIT_DESIGN_FINDINGS_MAX];

/* Empties the study. */
void begin(void);

/* Between -0.5 and 0.5. */
double noise(void);

struct gait_design_pass *put_pass(const char *subject, const char *timepoint, double peak);
void put_passes(const char *subject, const char *timepoint, size_t n, double peak);

/* What gait_design_check() finds, in `finding`; returns how much. */
size_t check(void);

/* How many findings of a code there are, all of this severity. */
size_t found(const char *code, enum gait_design_severity severity);

/* How many refusals. */
size_t refusals(void);

#endif
