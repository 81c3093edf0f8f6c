/* The group difference adjusted for one covariate. */
#include <gait/stats.h>

#include <errno.h>
#include <math.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>

#include <gait/cleanup.h>

#include "compare/common.h"

#define RANK_TOLERANCE 1e-10

GAIT_DEFINE_CLEANUP(gsl_multifit_linear_workspace *, gsl_multifit_linear_free)
GAIT_DEFINE_CLEANUP(gsl_matrix *, gsl_matrix_free)
GAIT_DEFINE_CLEANUP(gsl_vector *, gsl_vector_free)

struct fit {
    double b[3], se[3];
    double rss;
    size_t rank;
};

/* Columns: 1, group and, where p is 3, the covariate centred and divided by its SD. */
static int fit_columns(const double *y, const uint8_t *group, const double *covariate, const struct compare_moments *c,
                       size_t n, size_t p, struct fit *ret_fit)
{
    _cleanup_(gsl_multifit_linear_freep) gsl_multifit_linear_workspace *work = NULL;
    _cleanup_(gsl_matrix_freep) gsl_matrix *x = NULL, *cov = NULL;
    _cleanup_(gsl_vector_freep) gsl_vector *b = NULL;
    gsl_vector_const_view target = gsl_vector_const_view_array(y, n);
    double sd = sqrt(compare_variance(c));

    work = gsl_multifit_linear_alloc(n, p);
    x = gsl_matrix_alloc(n, p);
    cov = gsl_matrix_alloc(p, p);
    b = gsl_vector_alloc(p);
    if (!work || !x || !cov || !b)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        gsl_matrix_set(x, i, 0, 1.0);
        gsl_matrix_set(x, i, 1, (double)group[i]);
        if (p == 3)
            gsl_matrix_set(x, i, 2, (covariate[i] - c->mean) / sd);
    }
    if (gsl_multifit_linear_tsvd(x, &target.vector, RANK_TOLERANCE, b, cov, &ret_fit->rss, &ret_fit->rank, work) !=
        GSL_SUCCESS)
        return -EINVAL;
    for (size_t i = 0; i < p; i++) {
        double unit = i == 2 ? sd : 1.0;

        ret_fit->b[i] = gsl_vector_get(b, i) / unit;
        ret_fit->se[i] = sqrt(gsl_matrix_get(cov, i, i)) / unit;
    }
    return 0;
}

static int check_groups(const uint8_t *group, size_t n)
{
    size_t ones = 0;

    for (size_t i = 0; i < n; i++) {
        if (group[i] > 1)
            return -EINVAL;
        ones += group[i];
    }
    return ones == 0 || ones == n ? -ENODATA : 0;
}

static void mark_unknown(struct gait_stats_estimate *e, enum gait_stats_note note)
{
    e->value = e->se = e->df = e->t = e->p = e->ci.lo = e->ci.hi = NAN;
    e->note = note;
}

static void fill(const struct fit *fit, size_t n, size_t p, double level, double scale_y, double scale_covariate,
                 struct gait_stats_adjusted *a)
{
    double df = (double)(n - p);

    a->residual_sd = sqrt(fit->rss / df);
    a->group = (struct gait_stats_estimate){.value = fit->b[1], .se = fit->se[1], .df = df};
    compare_finish_estimate(&a->group, level, scale_y);
    if (p == 3) {
        a->covariate = (struct gait_stats_estimate){.value = fit->b[2], .se = fit->se[2], .df = df};
        compare_finish_estimate(&a->covariate, level, scale_y / scale_covariate);
    } else {
        mark_unknown(&a->covariate, GAIT_STATS_NOTE_ZERO_VARIANCE);
    }
}

int gait_stats_adjust(const double *y, const uint8_t *group, const double *covariate, size_t n, double level,
                      struct gait_stats_adjusted *ret_adjusted)
{
    struct gait_stats_adjusted a = {.covariate_dropped = false};
    struct compare_moments c, my;
    struct fit fit = {.rank = 0};
    size_t p;
    int r;

    if (!ret_adjusted || !compare_level_ok(level) || (n > 0 && !group))
        return -EINVAL;
    if (n > 0 && (!compare_finite(y, n) || !compare_finite(covariate, n)))
        return -EINVAL;
    r = check_groups(group, n);
    if (r < 0)
        return r;
    if (n < 4)
        return -ENODATA;
    gsl_set_error_handler_off();
    c = compare_moments(covariate, n);
    my = compare_moments(y, n);
    a.covariate_dropped = !compare_varies(sqrt(compare_variance(&c)), c.scale);
    p = a.covariate_dropped ? 2 : 3;
    r = fit_columns(y, group, covariate, &c, n, p, &fit);
    if (r < 0)
        return r;
    if (fit.rank < p) {
        a.residual_sd = NAN;
        mark_unknown(&a.group, GAIT_STATS_NOTE_COLLINEAR);
        mark_unknown(&a.covariate, GAIT_STATS_NOTE_COLLINEAR);
    } else {
        fill(&fit, n, p, level, my.scale, c.scale, &a);
    }
    *ret_adjusted = a;
    return 0;
}
