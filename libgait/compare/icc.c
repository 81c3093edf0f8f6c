/* Intraclass correlation and the measurement error of single numbers. */
#include <gait/stats_reliability.h>

#include <errno.h>
#include <math.h>

#include "compare/common.h"
#include "compare/dist.h"
#include "compare/mean_squares.h"

void compare_mean_squares(const double *x, size_t n, size_t k, struct compare_mean_squares *ret)
{
    double grand = compare_moments(x, n * k).mean, rows = 0.0, columns = 0.0, within = 0.0;
    double dn = (double)n, dk = (double)k;

    for (size_t i = 0; i < n; i++) {
        struct compare_moments row = compare_moments(x + i * k, k);

        rows += dk * (row.mean - grand) * (row.mean - grand);
        within += row.ss;
    }
    for (size_t j = 0; j < k; j++) {
        double sum = 0.0;

        for (size_t i = 0; i < n; i++)
            sum += x[i * k + j] - grand;
        columns += sum * sum / dn;
    }
    ret->rows = rows / (dn - 1.0);
    ret->columns = columns / (dk - 1.0);
    ret->within = within / (dn * (dk - 1.0));
    ret->error = fmax(0.0, within - columns) / ((dn - 1.0) * (dk - 1.0));
}

struct gait_stats_interval compare_sd_factors(double df)
{
    return (struct gait_stats_interval){sqrt(df / compare_chi_square_quantile(0.975, df)),
                                        sqrt(df / compare_chi_square_quantile(0.025, df))};
}

static void correlations(const struct compare_mean_squares *ms, double n, double k, struct gait_stats_icc *icc)
{
    icc->icc_1_1 = (ms->rows - ms->within) / (ms->rows + (k - 1.0) * ms->within);
    icc->icc_2_1 = (ms->rows - ms->error) / (ms->rows + (k - 1.0) * ms->error + k * (ms->columns - ms->error) / n);
    icc->icc_3_1 = (ms->rows - ms->error) / (ms->rows + (k - 1.0) * ms->error);
    icc->icc_1_k = (ms->rows - ms->within) / ms->rows;
    icc->icc_2_k = (ms->rows - ms->error) / (ms->rows + (ms->columns - ms->error) / n);
    icc->icc_3_k = (ms->rows - ms->error) / ms->rows;
}

int gait_stats_icc(const double *x, size_t n, size_t k, struct gait_stats_icc *ret_icc)
{
    struct gait_stats_icc icc = {.note = GAIT_STATS_NOTE_NONE};
    struct gait_stats_interval factors;
    struct compare_mean_squares ms;
    double dn = (double)n, dk = (double)k;

    if (!ret_icc || (n * k > 0 && !compare_finite(x, n * k)))
        return -EINVAL;
    if (n < 2 || k < 2)
        return -ENODATA;
    compare_mean_squares(x, n, k, &ms);
    icc.ms_rows = ms.rows;
    icc.ms_columns = ms.columns;
    icc.ms_error = ms.error;
    icc.ms_within = ms.within;
    icc.sem_consistency = sqrt(ms.error);
    icc.sem_agreement = sqrt(ms.error + fmax(0.0, (ms.columns - ms.error) / dn));
    icc.mdc95 = compare_normal_quantile(0.975) * sqrt(2.0) * icc.sem_agreement;
    factors = compare_sd_factors((dn - 1.0) * (dk - 1.0));
    icc.mdc95_ci = (struct gait_stats_interval){icc.mdc95 * factors.lo, icc.mdc95 * factors.hi};
    if (compare_varies(sqrt(ms.rows), compare_moments(x, n * k).scale)) {
        correlations(&ms, dn, dk, &icc);
    } else {
        icc.note = GAIT_STATS_NOTE_ZERO_VARIANCE;
        icc.icc_1_1 = icc.icc_2_1 = icc.icc_3_1 = icc.icc_1_k = icc.icc_2_k = icc.icc_3_k = NAN;
    }
    *ret_icc = icc;
    return 0;
}
