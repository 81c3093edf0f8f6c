/* Statistical nonparametric mapping: max |t| over the nodes of a curve. */
#include <gait/stats_curve.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gait/cleanup.h>

#include "compare/common.h"
#include "compare/rearrange.h"

/*
 * Both tests have t^2 = df B / (T - B) at a node, where T is the sum of squares, which no rearrangement changes, and
 * B = factor * S^2 with S the sum of the curves with their weights: +-1 (paired), or 1 for post and 0 for pre (two samples,
 * about the mean of all curves).
 */
struct map {
    double *x;       /* [n*nodes] */
    double *total;   /* [nodes]: T, 0 where the node is skipped */
    double *sum;     /* [nodes]: S of the present arrangement */
    double *weight;  /* [n] */
    size_t *pool;    /* [n] */
    double *largest; /* [GAIT_STATS_CURVE_DRAWS] */
    size_t n, nodes, n_post;
    double factor, df;
    bool paired;
};

static void map_done(struct map *map)
{
    free(map->x);
    free(map->pool);
}

static int map_init(struct map *map, size_t n, size_t nodes)
{
    double *room = calloc(n * nodes + 2 * nodes + n + GAIT_STATS_CURVE_DRAWS, sizeof(*room));

    map->n = n;
    map->nodes = nodes;
    map->x = room;
    map->pool = calloc(n, sizeof(*map->pool));
    if (!room || !map->pool)
        return -ENOMEM;
    map->total = room + n * nodes;
    map->sum = map->total + nodes;
    map->weight = map->sum + nodes;
    map->largest = map->weight + n;
    return 0;
}

static void add_up(const struct map *map)
{
    for (size_t q = 0; q < map->nodes; q++)
        map->sum[q] = 0.0;
    for (size_t i = 0; i < map->n; i++)
        if (map->weight[i] != 0.0)
            for (size_t q = 0; q < map->nodes; q++)
                map->sum[q] += map->weight[i] * map->x[i * map->nodes + q];
}

/* t at a node, for the present sums. */
static double node_t(const struct map *map, size_t q)
{
    double between = map->factor * map->sum[q] * map->sum[q], rest = map->total[q] - between;

    if (rest <= 1e-12 * map->total[q])
        return copysign(INFINITY, map->sum[q]);
    return copysign(sqrt(map->df * between / rest), map->sum[q]);
}

static double largest_t(const struct map *map)
{
    double largest = 0.0;

    add_up(map);
    for (size_t q = 0; q < map->nodes; q++)
        if (map->total[q] > 0.0)
            largest = fmax(largest, fabs(node_t(map, q)));
    return largest;
}

/* Sets the weights of rearrangement `number` in the fixed order; number 0 is what was observed (paired) or the first (two). */
static void flip_by_number(const struct map *map, uint64_t number)
{
    for (size_t i = 0; i < map->n; i++)
        map->weight[i] = number >> i & 1 ? -1.0 : 1.0;
}

static void flip_by_chance(const struct map *map, struct gait_stats_rng *rng)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < map->n; i++, bits >>= 1) {
        if (i % 64 == 0)
            bits = gait_stats_rng_next(rng);
        map->weight[i] = bits & 1 ? -1.0 : 1.0;
    }
}

static void weigh_pool(const struct map *map)
{
    for (size_t i = 0; i < map->n; i++)
        map->weight[map->pool[i]] = i < map->n_post ? 1.0 : 0.0;
}

/* A combination lists only its members, the first n_post of pool. */
static void weigh_combination(const struct map *map)
{
    for (size_t i = 0; i < map->n; i++)
        map->weight[i] = 0.0;
    for (size_t i = 0; i < map->n_post; i++)
        map->weight[map->pool[i]] = 1.0;
}

static uint64_t run_exact(const struct map *map)
{
    uint64_t done = 0;

    if (map->paired) {
        for (; done < (uint64_t)1 << map->n; done++) {
            flip_by_number(map, done);
            map->largest[done] = largest_t(map);
        }
        return done;
    }
    do {
        weigh_combination(map);
        map->largest[done++] = largest_t(map);
    } while (compare_next_combination(map->pool, map->n_post, map->n));
    return done;
}

/* The first entry is the observed arrangement, whose weights are set already. */
static uint64_t run_drawn(const struct map *map, struct gait_stats_rng *rng)
{
    map->largest[0] = largest_t(map);
    for (size_t done = 1; done < GAIT_STATS_CURVE_DRAWS; done++) {
        if (map->paired) {
            flip_by_chance(map, rng);
        } else {
            compare_draw_subset(map->pool, map->n_post, map->n, rng);
            weigh_pool(map);
        }
        map->largest[done] = largest_t(map);
    }
    return GAIT_STATS_CURVE_DRAWS;
}

static double corrected_p(const double *largest, uint64_t n, double t)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < n; i++)
        count += largest[i] >= fabs(t) * (1.0 - 1e-9);
    return (double)count / (double)n;
}

/* With T, x and the observed weights in place. */
static void work(const struct map *map, double alpha, struct gait_stats_rng *rng, double *ret_t, double *ret_p,
                 struct gait_stats_curve *ret_curve)
{
    double ways = map->paired ? ldexp(1.0, (int)fmin((double)map->n, 1000.0)) : compare_binomial(map->n, map->n_post);
    struct gait_stats_curve c = {.critical = NAN, .exact = ways <= (double)GAIT_STATS_CURVE_DRAWS};

    add_up(map);
    for (size_t q = 0; q < map->nodes; q++) {
        ret_t[q] = map->total[q] > 0.0 ? node_t(map, q) : (double)NAN;
        c.nodes_skipped += !(map->total[q] > 0.0);
    }
    for (size_t i = 0; i < map->n; i++)
        map->pool[i] = i;
    c.rearrangements = c.exact ? run_exact(map) : run_drawn(map, rng);
    for (size_t q = 0; q < map->nodes; q++)
        ret_p[q] = isnan(ret_t[q]) ? (double)NAN : corrected_p(map->largest, c.rearrangements, ret_t[q]);
    if (c.nodes_skipped < map->nodes) {
        /* less a trifle, or 0.95 * 20 rounds up to 20 */
        double place = ceil((1.0 - alpha) * (double)c.rearrangements - 1e-9);

        qsort(map->largest, c.rearrangements, sizeof(*map->largest), compare_doubles);
        c.critical = map->largest[(size_t)fmax(place, 1.0) - 1];
    }
    *ret_curve = c;
}

/* T of the curves as they stand in x; 0 where the given curves do not vary about their means. */
static void total_squares(const struct map *map, const double *residual_ss, const double *scale)
{
    for (size_t q = 0; q < map->nodes; q++) {
        for (size_t i = 0; i < map->n; i++)
            map->total[q] += map->x[i * map->nodes + q] * map->x[i * map->nodes + q];
        if (!compare_varies(sqrt(residual_ss[q]), scale[q]))
            map->total[q] = 0.0;
    }
}

/* Adds the squares about the mean of these curves, node by node, and notes their size. */
static void add_residuals(const double *curves, size_t n, size_t nodes, double *ss, double *scale)
{
    for (size_t q = 0; q < nodes; q++) {
        double mean = 0.0;

        for (size_t i = 0; i < n; i++) {
            mean += curves[i * nodes + q] / (double)n;
            scale[q] = fmax(scale[q], fabs(curves[i * nodes + q]));
        }
        for (size_t i = 0; i < n; i++)
            ss[q] += (curves[i * nodes + q] - mean) * (curves[i * nodes + q] - mean);
    }
}

static int check(const double *curves, size_t n, size_t nodes)
{
    if (n > 0 && nodes > 0 && !compare_finite(curves, n * nodes))
        return -EINVAL;
    return n < 2 || nodes == 0 ? -ENODATA : 0;
}

int gait_stats_curve_paired(const double *difference, size_t n, size_t nodes, double alpha, struct gait_stats_rng *rng,
                            double *ret_t, double *ret_p, struct gait_stats_curve *ret_curve)
{
    _cleanup_(map_done) struct map map = {.paired = true, .factor = 1.0 / (double)n, .df = (double)n - 1.0};
    _cleanup_free_ double *ss = NULL;
    int r;

    if (!rng || !ret_t || !ret_p || !ret_curve || !compare_level_ok(alpha))
        return -EINVAL;
    r = check(difference, n, nodes);
    if (r < 0)
        return r;
    r = map_init(&map, n, nodes);
    ss = calloc(2 * nodes, sizeof(*ss));
    if (r < 0 || !ss)
        return -ENOMEM;
    for (size_t i = 0; i < n * nodes; i++)
        map.x[i] = difference[i];
    add_residuals(difference, n, nodes, ss, ss + nodes);
    total_squares(&map, ss, ss + nodes);
    for (size_t i = 0; i < n; i++)
        map.weight[i] = 1.0;
    work(&map, alpha, rng, ret_t, ret_p, ret_curve);
    return 0;
}

/* Copies both sets, about the mean of all curves; weights as observed. */
static void fill_two(struct map *map, const double *pre, size_t n_pre, const double *post)
{
    for (size_t q = 0; q < map->nodes; q++) {
        double mean = 0.0;

        for (size_t i = 0; i < map->n; i++) {
            double y = i < n_pre ? pre[i * map->nodes + q] : post[(i - n_pre) * map->nodes + q];

            map->x[i * map->nodes + q] = y;
            mean += y / (double)map->n;
        }
        for (size_t i = 0; i < map->n; i++)
            map->x[i * map->nodes + q] -= mean;
    }
    for (size_t i = 0; i < map->n; i++)
        map->weight[i] = i < n_pre ? 0.0 : 1.0;
}

int gait_stats_curve_two(const double *pre, size_t n_pre, const double *post, size_t n_post, size_t nodes, double alpha,
                         struct gait_stats_rng *rng, double *ret_t, double *ret_p, struct gait_stats_curve *ret_curve)
{
    double n = (double)n_pre + (double)n_post;
    _cleanup_(map_done) struct map map = {
        .n_post = n_post, .factor = n / ((double)n_pre * (double)n_post), .df = n - 2.0};
    _cleanup_free_ double *ss = NULL;
    int r;

    if (!rng || !ret_t || !ret_p || !ret_curve || !compare_level_ok(alpha))
        return -EINVAL;
    r = check(pre, n_pre, nodes);
    if (r == 0)
        r = check(post, n_post, nodes);
    if (r < 0)
        return r;
    r = map_init(&map, n_pre + n_post, nodes);
    ss = calloc(2 * nodes, sizeof(*ss));
    if (r < 0 || !ss)
        return -ENOMEM;
    fill_two(&map, pre, n_pre, post);
    add_residuals(pre, n_pre, nodes, ss, ss + nodes);
    add_residuals(post, n_post, nodes, ss, ss + nodes);
    total_squares(&map, ss, ss + nodes);
    work(&map, alpha, rng, ret_t, ret_p, ret_curve);
    return 0;
}

size_t gait_stats_curve_runs(const double *t, const double *p, size_t nodes, double alpha, size_t room,
                             struct gait_stats_curve_run *ret_runs)
{
    size_t found = 0;

    for (size_t q = 0, end; q < nodes; q = end) {
        struct gait_stats_curve_run run = {.first = q, .p = p[q], .rises = t[q] > 0.0};

        end = q + 1;
        if (!(p[q] <= alpha))
            continue;
        for (; end < nodes && p[end] <= alpha && (t[end] > 0.0) == run.rises; end++)
            run.p = fmin(run.p, p[end]);
        run.last = end - 1;
        if (found++ < room)
            ret_runs[found - 1] = run;
    }
    return found;
}
