/* Convex hull of the print's cell corners and its smallest enclosing rectangle by rotating calipers. */
#include "metrics/foot.h"

static bool before(struct vec2 a, struct vec2 b)
{
    return a.x < b.x || (a.x == b.x && a.y < b.y);
}

static void sift(struct vec2 *a, uint32_t root, uint32_t n)
{
    for (uint32_t child = 2 * root + 1; child < n; root = child, child = 2 * root + 1) {
        struct vec2 t = a[root];

        if (child + 1 < n && before(a[child], a[child + 1]))
            child++;
        if (!before(t, a[child]))
            return;
        a[root] = a[child];
        a[child] = t;
    }
}

static void sort_points(struct vec2 *a, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;)
        sift(a, i, n);
    for (uint32_t end = n; end-- > 1;) {
        struct vec2 t = a[0];

        a[0] = a[end];
        a[end] = t;
        sift(a, 0, end);
    }
}

static uint32_t corners(struct gait_measure_scratch *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->cells; i++)
        for (int k = 0; k < 4; k++)
            m->corner[n++] = (struct vec2){m->print[i].mm.x + (k & 1 ? 0.5 : -0.5) * m->pitch_x_mm,
                                           m->print[i].mm.y + (k & 2 ? 0.5 : -0.5) * m->pitch_y_mm};
    return n;
}

/* Pushes p onto a chain whose points 0 .. floor-1 stay, keeping it convex. */
static uint32_t push(struct vec2 *hull, uint32_t n, uint32_t keep, struct vec2 p)
{
    while (n >= keep + 2 && cross2(sub2(hull[n - 1], hull[n - 2]), sub2(p, hull[n - 2])) <= 0)
        n--;
    hull[n] = p;
    return n + 1;
}

/* Counter-clockwise hull in m->hull; returns its number of points. */
static uint32_t make_hull(struct gait_measure_scratch *m)
{
    uint32_t count = corners(m), n = 0, lower;

    sort_points(m->corner, count);
    for (uint32_t i = 0; i < count; i++)
        n = push(m->hull, n, 0, m->corner[i]);
    lower = n - 1;
    for (uint32_t i = count - 1; i-- > 0;)
        n = push(m->hull, n, lower, m->corner[i]);
    return n - 1;
}

/* Extents of the hull along e (from, to) and across it. */
static void extents(const struct gait_measure_scratch *m, uint32_t n, struct vec2 e, double *ret_along,
                    double *ret_across)
{
    double a0 = FAR, a1 = -FAR, c0 = FAR, c1 = -FAR;

    for (uint32_t i = 0; i < n; i++) {
        double a = dot2(m->hull[i], e), c = cross2(e, m->hull[i]);

        a0 = min2(a0, a);
        a1 = max2(a1, a);
        c0 = min2(c0, c);
        c1 = max2(c1, c);
    }
    *ret_along = a1 - a0;
    *ret_across = c1 - c0;
}

struct vec2 foot_axis_box(struct gait_measure_scratch *m)
{
    uint32_t n = make_hull(m);
    double best = FAR;
    struct vec2 axis = {0, 1};

    for (uint32_t i = 0; i < n; i++) {
        struct vec2 e = unit2(sub2(m->hull[(i + 1) % n], m->hull[i]));
        double along, across;

        extents(m, n, e, &along, &across);
        if (along * across < best) {
            best = along * across;
            axis = along >= across ? e : (struct vec2){-e.y, e.x};
        }
    }
    return axis;
}
