/* Small numeric helpers without allocation and without libm beyond sqrt: decisions rest on them, so their bits must not depend on a library. */
#include "metrics/foot.h"

static void sift_down(double *a, uint32_t root, uint32_t n)
{
    for (uint32_t child = 2 * root + 1; child < n; root = child, child = 2 * root + 1) {
        double t = a[root];

        if (child + 1 < n && a[child + 1] > a[child])
            child++;
        if (!(a[child] > t))
            return;
        a[root] = a[child];
        a[child] = t;
    }
}

void sort_doubles(double *a, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;)
        sift_down(a, i, n);
    for (uint32_t end = n; end-- > 1;) {
        double t = a[0];

        a[0] = a[end];
        a[end] = t;
        sift_down(a, 0, end);
    }
}

double quantile_sorted(const double *a, uint32_t n, double q)
{
    double at;
    uint32_t k;

    if (!n)
        return NO_VALUE;
    at = q * (double)(n - 1);
    k = (uint32_t)at;
    return k + 1 < n ? a[k] + (at - (double)k) * (a[k + 1] - a[k]) : a[n - 1];
}

/* Angle of a unit vector against (1, 0) by three halvings of the angle and a series: |x| <= tan(11.25 deg), the rest is below 1e-19. */
static double small_angle(double cosine, double sine)
{
    double t = sine / (1 + cosine);
    double x, x2, sum = 0;

    t = t / (1 + sqrt(1 + t * t));
    x = t / (1 + sqrt(1 + t * t));
    x2 = x * x;
    for (int k = 27; k >= 1; k -= 2)
        sum = 1.0 / k - x2 * sum;
    return 8 * x * sum;
}

/* Unit vector at an angle of at most 90 degrees, by the series of sine and cosine. */
static struct vec2 unit_at(double angle)
{
    double a2 = angle * angle, c = 0, s = 0;

    for (int k = 26; k >= 0; k -= 2)
        c = 1 - a2 / ((k + 1.0) * (k + 2.0)) * c;
    for (int k = 27; k >= 1; k -= 2)
        s = 1 - a2 / ((k + 1.0) * (k + 2.0)) * s;
    return (struct vec2){c, angle * s};
}

struct vec2 turn_between(struct vec2 from, struct vec2 to, double share)
{
    struct vec2 t = unit_at(share * small_angle(dot2(from, to), cross2(from, to)));

    return (struct vec2){from.x * t.x - from.y * t.y, from.x * t.y + from.y * t.x};
}
