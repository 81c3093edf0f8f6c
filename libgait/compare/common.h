#ifndef GAIT_COMPARE_COMMON_H
#define GAIT_COMPARE_COMMON_H

/* Small things that all of compare uses. */

#include <stdbool.h>
#include <stddef.h>

#include <gait/stats.h>

/* Mean, n, and sum of squared deviations; `scale` is the largest |x|. */
struct compare_moments {
    size_t n;
    double mean;
    double ss;
    double scale;
};

bool compare_finite(const double *x, size_t n);
bool compare_level_ok(double level);
struct compare_moments compare_moments(const double *x, size_t n);
double compare_variance(const struct compare_moments *m);

/* Whether an SD is more than what rounding leaves behind when values of this size are all alike. */
bool compare_varies(double sd, double scale);

/* For qsort. */
int compare_doubles(const void *a, const void *b);

enum { COMPARE_STEPS_LEAST = 3 }; /* with fewer nothing is compared */

struct gait_design_data;
struct gait_design_finding;
struct gait_design_plan;

/* The finding that forbids comparing this timepoint with the baseline on this foot, or NULL. */
const struct gait_design_finding *compare_refusal(const struct gait_design_plan *plan,
                                                  const struct gait_design_finding *finding, size_t findings,
                                                  const char *timepoint, unsigned foot);

/* Whether a pass is the first of its person. */
bool compare_first_of_person(const struct gait_design_data *data, size_t pass);

/* post - pre, newly allocated; NULL without memory. */
double *compare_differences(const double *pre, const double *post, size_t n);

/* A sorted copy, newly allocated; NULL without memory. */
double *compare_sorted_copy(const double *x, size_t n);

/* Fills se, t, p and the interval from value, se and df; a zero se gives the note. */
void compare_finish_estimate(struct gait_stats_estimate *estimate, double level, double scale);

/* The one-sample t of differences (of values up to `scale`). */
void compare_one_sample_t(const double *d, size_t n, double scale, double level, struct gait_stats_estimate *ret);

#endif
