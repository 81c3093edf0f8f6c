/* What curves and maps are made of: one row a pass, the pass being the unit, in the speed window. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stats_curve.h>

#include "report.h"

#define ALPHA 0.05

enum { NODES_MAX = STEPS_PRINT_U * STEPS_PRINT_V, COARSE_U = STEPS_PRINT_U / 2, COARSE_V = STEPS_PRINT_V / 2 };

/* Copies one step's nodes; false where it has none. */
typedef bool take_fn(const struct step *step, int which, double *ret_node);

static bool take_curve(const struct step *step, int which, double *ret_node)
{
    memcpy(ret_node, step->curve[which], sizeof(step->curve[which]));
    if (which == GAIT_CURVE_COP_U || which == GAIT_CURVE_COP_V)
        return true; /* unknown at the ends, where hardly any force is */
    for (int i = 0; i < GAIT_CURVE_SAMPLES; i++)
        if (!isfinite(ret_node[i]))
            return false;
    return true;
}

static bool take_print(const struct step *step, int which, double *ret_node)
{
    (void)which;
    for (int i = 0; step->print_kPa && i < NODES_MAX; i++)
        ret_node[i] = (double)step->print_kPa[i];
    return step->print_kPa;
}

static bool in_window(const struct study *s, size_t pass, enum gait_side side, const struct gait_design_window *w)
{
    double control = s->pass[pass].speed_m_per_s, sum = 0;
    size_t n = 0;

    if (isnan(w->median))
        return true;
    if (!w->by_speed) {
        for (size_t i = 0; i < s->data.steps; i++)
            if (s->step[i].pass == pass && s->step[i].side == side && s->step[i].valid) {
                sum += s->step[i].value[GAIT_METRIC_STANCE];
                n++;
            }
        control = n ? sum / (double)n : (double)NAN;
    }
    return control >= w->lo && control <= w->hi;
}

/* Mean of a pass's valid steps into ret_row; false without one. */
static bool pass_row(const struct study *s, size_t pass, enum gait_side side, take_fn *take, int which, size_t nodes,
                     double *scratch, double *ret_row)
{
    size_t n = 0;

    memset(ret_row, 0, nodes * sizeof(*ret_row));
    for (size_t i = 0; i < s->steps.n_step; i++) {
        const struct step *step = s->steps.step[i];

        if (step->pass != pass || step->side != side || !step->valid || !take(step, which, scratch))
            continue;
        for (size_t k = 0; k < nodes; k++)
            ret_row[k] += scratch[k];
        n++;
    }
    for (size_t k = 0; k < nodes && n; k++)
        ret_row[k] /= (double)n;
    return n > 0;
}

static size_t collect(const struct study *s, const char *timepoint, enum gait_side side, take_fn *take, int which,
                      size_t nodes, const struct gait_design_window *w, double *scratch, double *ret_rows)
{
    size_t n = 0;

    for (size_t i = 0; i < s->data.passes; i++)
        if (strcmp(s->pass[i].timepoint, timepoint) == 0 && strcmp(s->pass[i].condition, s->plan.condition) == 0 &&
            in_window(s, i, side, w) && pass_row(s, i, side, take, which, nodes, scratch, ret_rows + n * nodes))
            n++;
    return n;
}

static void mean_of(const double *rows, size_t n, size_t nodes, double *ret_mean)
{
    for (size_t k = 0; k < nodes; k++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += rows[i * nodes + k];
        ret_mean[k] = n ? sum / (double)n : (double)NAN;
    }
}

static int make(const struct study *s, const char *timepoint, enum gait_side side, take_fn *take, int which,
                size_t nodes, struct rows *r)
{
    size_t room = (s->data.passes + 1) * nodes;
    _cleanup_free_ double *scratch = calloc(nodes, sizeof(double));
    struct gait_design_window w;

    *r = (struct rows){.nodes = nodes};
    r->pre = calloc(room, sizeof(double));
    r->post = calloc(room, sizeof(double));
    r->mean_pre = calloc(nodes, sizeof(double));
    r->mean_post = calloc(nodes, sizeof(double));
    r->t = calloc(nodes, sizeof(double));
    r->p = calloc(nodes, sizeof(double));
    if (!scratch || !r->pre || !r->post || !r->mean_pre || !r->mean_post || !r->t || !r->p ||
        gait_design_window(&s->data, &s->plan, NULL, (enum gait_design_foot)side, &w) < 0)
        return -ENOMEM;
    r->n_pre = collect(s, s->plan.baseline, side, take, which, nodes, &w, scratch, r->pre);
    r->n_post = collect(s, timepoint, side, take, which, nodes, &w, scratch, r->post);
    mean_of(r->pre, r->n_pre, nodes, r->mean_pre);
    mean_of(r->post, r->n_post, nodes, r->mean_post);
    for (size_t k = 0; k < nodes; k++)
        r->t[k] = r->p[k] = NAN;
    return 0;
}

/* Nodes that a row does not know (the centre of pressure at both ends) become 0 in all rows, which tests nothing there. */
static double *known_nodes(const double *rows, size_t n, const bool *known, size_t nodes)
{
    double *out = calloc((n + 1) * nodes, sizeof(*out));

    for (size_t i = 0; out && i < n * nodes; i++)
        if (known[i % nodes])
            out[i] = rows[i];
    return out;
}

static void mark_known(const double *rows, size_t n, size_t nodes, bool *known)
{
    for (size_t i = 0; i < n * nodes; i++)
        if (!isfinite(rows[i]))
            known[i % nodes] = false;
}

static int test_curve(const struct study *study, enum gait_side side, enum gait_curve curve, struct rows *r)
{
    bool known[GAIT_CURVE_SAMPLES];
    _cleanup_free_ double *pre = NULL, *post = NULL;
    struct gait_stats_rng rng;

    memset(known, true, sizeof(known));
    mark_known(r->pre, r->n_pre, r->nodes, known);
    mark_known(r->post, r->n_post, r->nodes, known);
    pre = known_nodes(r->pre, r->n_pre, known, r->nodes);
    post = known_nodes(r->post, r->n_post, known, r->nodes);
    if (!pre || !post)
        return -ENOMEM;
    gait_stats_rng_init(&rng, study->plan.seed + (uint64_t)curve * 31 + (uint64_t)side);
    r->tested = gait_stats_curve_two(pre, r->n_pre, post, r->n_post, r->nodes, ALPHA, &rng, r->t, r->p, &r->test) == 0;
    for (size_t k = 0; k < r->nodes; k++)
        if (!known[k])
            r->t[k] = r->p[k] = r->mean_pre[k] = r->mean_post[k] = NAN;
    return 0;
}

int rows_of_curve(const struct study *study, const char *timepoint, enum gait_side side, enum gait_curve curve,
                  struct rows *ret_rows)
{
    int r = make(study, timepoint, side, take_curve, (int)curve, GAIT_CURVE_SAMPLES, ret_rows);

    return r < 0 ? r : test_curve(study, side, curve, ret_rows);
}

/* Means of 2 x 2 cells: a cell of the mat is larger than that anyway. */
static double *coarse(const double *rows, size_t n)
{
    double *out = calloc((n + 1) * COARSE_U * COARSE_V, sizeof(*out));

    for (size_t i = 0; out && i < n; i++)
        for (int u = 0; u < STEPS_PRINT_U; u++)
            for (int v = 0; v < STEPS_PRINT_V; v++)
                out[i * COARSE_U * COARSE_V + (size_t)(u / 2 * COARSE_V + v / 2)] +=
                    rows[i * NODES_MAX + (size_t)(u * STEPS_PRINT_V + v)] / 4;
    return out;
}

/* Where the mean of all passes, whichever side they are on, is no contact: nothing is tested there. */
static void clear_bare(double *pre, size_t n_pre, double *post, size_t n_post, double least_kPa)
{
    for (size_t k = 0; k < COARSE_U * COARSE_V; k++) {
        double sum = 0;

        for (size_t i = 0; i < n_pre; i++)
            sum += pre[i * COARSE_U * COARSE_V + k];
        for (size_t i = 0; i < n_post; i++)
            sum += post[i * COARSE_U * COARSE_V + k];
        if (sum >= least_kPa * (double)(n_pre + n_post))
            continue;
        for (size_t i = 0; i < n_pre; i++)
            pre[i * COARSE_U * COARSE_V + k] = 0;
        for (size_t i = 0; i < n_post; i++)
            post[i * COARSE_U * COARSE_V + k] = 0;
    }
}

int rows_of_print(const struct study *study, const char *timepoint, enum gait_side side, struct rows *ret_rows)
{
    int r = make(study, timepoint, side, take_print, 0, NODES_MAX, ret_rows);
    _cleanup_free_ double *pre = r == 0 ? coarse(ret_rows->pre, ret_rows->n_pre) : NULL;
    _cleanup_free_ double *post = r == 0 ? coarse(ret_rows->post, ret_rows->n_post) : NULL;
    double t[COARSE_U * COARSE_V], p[COARSE_U * COARSE_V];
    struct gait_stats_rng rng;

    if (r < 0 || !pre || !post)
        return -ENOMEM;
    clear_bare(pre, ret_rows->n_pre, post, ret_rows->n_post, study->pass[0].settings.p_on_kPa);
    gait_stats_rng_init(&rng, study->plan.seed + 977 + (uint64_t)side);
    ret_rows->tested = gait_stats_curve_two(pre, ret_rows->n_pre, post, ret_rows->n_post, COARSE_U * COARSE_V, ALPHA,
                                            &rng, t, p, &ret_rows->test) == 0;
    for (int u = 0; ret_rows->tested && u < STEPS_PRINT_U; u++)
        for (int v = 0; v < STEPS_PRINT_V; v++) {
            ret_rows->t[u * STEPS_PRINT_V + v] = t[u / 2 * COARSE_V + v / 2];
            ret_rows->p[u * STEPS_PRINT_V + v] = p[u / 2 * COARSE_V + v / 2];
        }
    return 0;
}

void rows_done(struct rows *rows)
{
    free(rows->pre);
    free(rows->post);
    free(rows->mean_pre);
    free(rows->mean_post);
    free(rows->t);
    free(rows->p);
}
