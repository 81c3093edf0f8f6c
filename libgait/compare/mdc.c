/* The minimal detectable change of one person, from the lab's repeated baseline. */
#include <gait/stats_reliability.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/dist.h"
#include "compare/mean_squares.h"

#define SUBJECTS_WANTED 20

static int check_cells(const struct gait_stats_cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i].n > 0 && !compare_finite(cells[i].x, cells[i].n))
            return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (cells[i].n == 0)
            return -ENODATA;
    return 0;
}

/* Means of the cells, and the variance of steps pooled over them. */
static void pool_cells(const struct gait_stats_cell *cells, size_t n, double *ret_means,
                       struct gait_stats_error_terms *terms)
{
    double ss = 0.0;

    for (size_t i = 0; i < n; i++) {
        struct compare_moments m = compare_moments(cells[i].x, cells[i].n);

        ret_means[i] = m.mean;
        ss += m.ss;
        terms->df_step += (double)(m.n - 1);
        terms->mean_inverse_steps += 1.0 / (double)m.n / (double)n;
    }
    terms->var_step = ss / terms->df_step;
}

int gait_stats_error_terms(const struct gait_stats_cell *cells, size_t subjects, size_t sessions,
                           struct gait_stats_error_terms *ret_terms)
{
    struct gait_stats_error_terms t = {.subjects = subjects, .sessions = sessions};
    _cleanup_free_ double *means = NULL;
    struct compare_mean_squares ms;
    int r;

    if (!cells || !ret_terms)
        return -EINVAL;
    r = check_cells(cells, subjects * sessions);
    if (r < 0)
        return r;
    if (subjects < 2 || sessions < 2)
        return -ENODATA;
    means = calloc(subjects * sessions, sizeof(*means));
    if (!means)
        return -ENOMEM;
    pool_cells(cells, subjects * sessions, means, &t);
    if (!(t.df_step > 0.0))
        return -ENODATA;
    compare_mean_squares(means, subjects, sessions, &ms);
    t.df_session = (double)(subjects - 1) * (double)(sessions - 1);
    t.ms_error = ms.error;
    t.var_session = fmax(0.0, ms.error - t.var_step * t.mean_inverse_steps);
    for (size_t i = 0; i < subjects; i++)
        t.mean_shift += (means[i * sessions + sessions - 1] - means[i * sessions]) / (double)subjects;
    *ret_terms = t;
    return 0;
}

/* Satterthwaite's degrees of freedom of var_session + var_step * share. Where the session term was cut at 0 the steps' many
 * degrees of freedom would promise too much: the sessions' stay. */
static double combined_df(const struct gait_stats_error_terms *t, double share)
{
    double v = t->var_session + t->var_step * share, step = t->var_step * (share - t->mean_inverse_steps);

    if (!(t->var_session > 0.0))
        return t->df_session;
    return v * v / (t->ms_error * t->ms_error / t->df_session + step * step / t->df_step);
}

int gait_stats_mdc(const struct gait_stats_error_terms *terms, size_t steps_pre, size_t steps_post,
                   struct gait_stats_mdc *ret_mdc)
{
    struct gait_stats_mdc m = {.note = GAIT_STATS_NOTE_NONE};
    struct gait_stats_interval factors;
    double share;

    if (!terms || !ret_mdc || steps_pre == 0 || steps_post == 0)
        return -EINVAL;
    if (!(terms->df_session > 0.0 && terms->df_step > 0.0 && terms->var_session >= 0.0 && terms->var_step >= 0.0))
        return -EINVAL;
    m.sem_pre = sqrt(terms->var_session + terms->var_step / (double)steps_pre);
    m.sem_post = sqrt(terms->var_session + terms->var_step / (double)steps_post);
    if (!(m.sem_pre > 0.0)) {
        m.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        m.mdc95 = m.df = m.ci.lo = m.ci.hi = NAN;
        *ret_mdc = m;
        return 0;
    }
    share = (1.0 / (double)steps_pre + 1.0 / (double)steps_post) / 2.0;
    m.mdc95 = compare_normal_quantile(0.975) * sqrt(m.sem_pre * m.sem_pre + m.sem_post * m.sem_post);
    m.df = combined_df(terms, share);
    factors = compare_sd_factors(m.df);
    m.ci = (struct gait_stats_interval){m.mdc95 * factors.lo, m.mdc95 * factors.hi};
    if (terms->subjects < SUBJECTS_WANTED)
        m.note = GAIT_STATS_NOTE_FEW;
    *ret_mdc = m;
    return 0;
}
