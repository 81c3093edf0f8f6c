#include "compare/dist.h"

#include <errno.h>
#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf_gamma.h>

#include <gait/cleanup.h>

#define NCT_SUBINTERVALS 400
#define ROOT_STEPS       200

GAIT_DEFINE_CLEANUP(gsl_integration_workspace *, gsl_integration_workspace_free)
GAIT_DEFINE_CLEANUP(gsl_root_fsolver *, gsl_root_fsolver_free)

double compare_t_upper(double t, double df)
{
    gsl_sf_result beta;

    gsl_set_error_handler_off();
    /* gsl_cdf_tdist_Q expands (Cornish-Fisher) above 30 degrees of freedom: wrong in the 7th digit at t = 15. The incomplete beta
     * function is good there, but loses digits where t is small. */
    if (df <= 30.0 || t < 4.0 || gsl_sf_beta_inc_e(df / 2.0, 0.5, df / (df + t * t), &beta) != GSL_SUCCESS)
        return gsl_cdf_tdist_Q(t, df);
    return 0.5 * beta.val;
}

double compare_t_quantile(double p, double df)
{
    gsl_set_error_handler_off();
    return gsl_cdf_tdist_Pinv(p, df);
}

double compare_normal_cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

double compare_normal_quantile(double p)
{
    gsl_set_error_handler_off();
    return gsl_cdf_ugaussian_Pinv(p);
}

double compare_chi_square_quantile(double p, double df)
{
    gsl_set_error_handler_off();
    return gsl_cdf_chisq_Pinv(p, df);
}

static double lngamma(double x)
{
    gsl_set_error_handler_off();
    return gsl_sf_lngamma(x);
}

double compare_hedges_j(double df)
{
    if (!(df >= 2.0))
        return NAN;
    return exp(lngamma(df / 2.0) - 0.5 * log(df / 2.0) - lngamma((df - 1.0) / 2.0));
}

struct nct {
    double t, df, lambda;
    double log_constant; /* of the density of s = sqrt(chi-square / df) */
    gsl_integration_workspace *workspace;
    double wanted; /* probability, when a root is sought */
};

/* Density of s, times P(Z <= t s - lambda). */
static double nct_integrand(double s, void *user)
{
    const struct nct *q = user;

    if (s <= 0.0)
        return 0.0;
    return exp(q->log_constant + (q->df - 1.0) * log(s) - q->df * s * s / 2.0) *
           compare_normal_cdf(q->t * s - q->lambda);
}

/* The integral in pieces: s lies about 1 with an SD of 1 / sqrt(2 df), and the normal factor steps at lambda / t. */
static double nct_cdf(struct nct *q)
{
    double width = 1.0 / sqrt(2.0 * q->df), step = q->t != 0.0 ? q->lambda / q->t : -1.0;
    double sd = q->t != 0.0 ? 1.0 / fabs(q->t) : 0.0;
    double cuts[] = {fmax(0.0, 1.0 - 14.0 * width), 1.0 - 3.0 * width, 1.0, 1.0 + 3.0 * width, 1.0 + 14.0 * width};
    double from = cuts[0], total = 0.0;

    for (int piece = 1; piece < 5; piece++) {
        double inner[] = {step - 8.0 * sd, step, step + 8.0 * sd, cuts[piece]};

        for (int i = 0; i < 4; i++) {
            double to = fmin(inner[i], cuts[piece]), part = 0.0, error;
            gsl_function f = {.function = nct_integrand, .params = q};

            if (!(to > from))
                continue;
            gsl_integration_qags(&f, from, to, 1e-14, 1e-12, NCT_SUBINTERVALS, q->workspace, &part, &error);
            total += part;
            from = to;
        }
    }
    return fmin(1.0, fmax(0.0, total));
}

static void nct_prepare(struct nct *q, double t, double df)
{
    q->t = t;
    q->df = df;
    q->log_constant = log(2.0) + df / 2.0 * log(df / 2.0) - lngamma(df / 2.0);
}

double gait_stats_noncentral_t(double t, double df, double lambda)
{
    _cleanup_(gsl_integration_workspace_freep) gsl_integration_workspace *workspace = NULL;
    struct nct q = {.lambda = lambda};

    if (!(df > 0.0) || !isfinite(t) || !isfinite(df) || !isfinite(lambda))
        return NAN;
    gsl_set_error_handler_off();
    workspace = gsl_integration_workspace_alloc(NCT_SUBINTERVALS);
    if (!workspace)
        return NAN;
    q.workspace = workspace;
    nct_prepare(&q, t, df);
    return nct_cdf(&q);
}

static double nct_miss(double lambda, void *user)
{
    struct nct *q = user;

    q->lambda = lambda;
    return nct_cdf(q) - q->wanted;
}

/* The lambda with P(T <= t) = wanted. The probability falls as lambda rises, so walk outwards from t until it is enclosed. */
static int nct_root(struct nct *q, gsl_root_fsolver *solver, double wanted, double *ret_lambda)
{
    gsl_function f = {.function = nct_miss, .params = q};
    double step = 2.0 + fabs(q->t) / sqrt(2.0 * q->df), lo = q->t, hi = q->t;
    int r;

    q->wanted = wanted;
    for (int i = 0; nct_miss(lo, q) < 0.0 && i < 60; i++)
        lo -= step * (double)(i + 1);
    for (int i = 0; nct_miss(hi, q) > 0.0 && i < 60; i++)
        hi += step * (double)(i + 1);
    if (gsl_root_fsolver_set(solver, &f, lo, hi) != GSL_SUCCESS)
        return -EDOM;
    for (int i = 0; i < ROOT_STEPS; i++) {
        r = gsl_root_fsolver_iterate(solver);
        if (r != GSL_SUCCESS)
            return -EDOM;
        lo = gsl_root_fsolver_x_lower(solver);
        hi = gsl_root_fsolver_x_upper(solver);
        if (gsl_root_test_interval(lo, hi, 1e-13, 1e-13) == GSL_SUCCESS)
            break;
    }
    *ret_lambda = gsl_root_fsolver_root(solver);
    return 0;
}

int compare_noncentrality(double t, double df, double level, struct gait_stats_interval *ret_lambda)
{
    _cleanup_(gsl_integration_workspace_freep) gsl_integration_workspace *workspace = NULL;
    _cleanup_(gsl_root_fsolver_freep) gsl_root_fsolver *solver = NULL;
    struct gait_stats_interval lambda;
    struct nct q = {.lambda = 0.0};
    int r;

    if (!isfinite(t) || fabs(t) > 1e6)
        return -EDOM;
    gsl_set_error_handler_off();
    workspace = gsl_integration_workspace_alloc(NCT_SUBINTERVALS);
    solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    if (!workspace || !solver)
        return -ENOMEM;
    q.workspace = workspace;
    nct_prepare(&q, t, df);
    r = nct_root(&q, solver, 0.5 + level / 2.0, &lambda.lo);
    if (r < 0)
        return r;
    r = nct_root(&q, solver, 0.5 - level / 2.0, &lambda.hi);
    if (r < 0)
        return r;
    *ret_lambda = lambda;
    return 0;
}
