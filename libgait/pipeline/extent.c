#include "pipeline/extent.h"

#include <math.h>

/* cos and sin of k/32 of half a turn, written out: decisions hang on them, and libm's bits differ between CPUs. */
static const double direction_xy[EXTENT_DIRECTIONS][2] = {
    {1.0, 0},
    {0.9951847266721969, 0.0980171403295606},
    {0.9807852804032304, 0.19509032201612825},
    {0.9569403357322088, 0.29028467725446233},
    {0.9238795325112867, 0.3826834323650898},
    {0.881921264348355, 0.47139673682599764},
    {0.8314696123025452, 0.5555702330196022},
    {0.773010453362737, 0.6343932841636455},
    {0.7071067811865476, 0.7071067811865475},
    {0.6343932841636455, 0.773010453362737},
    {0.5555702330196023, 0.8314696123025452},
    {0.4713967368259978, 0.8819212643483549},
    {0.38268343236508984, 0.9238795325112867},
    {0.29028467725446233, 0.9569403357322089},
    {0.19509032201612833, 0.9807852804032304},
    {0.09801714032956077, 0.9951847266721968},
    {0, 1.0},
    {-0.09801714032956065, 0.9951847266721969},
    {-0.1950903220161282, 0.9807852804032304},
    {-0.29028467725446216, 0.9569403357322089},
    {-0.3826834323650897, 0.9238795325112867},
    {-0.4713967368259977, 0.881921264348355},
    {-0.555570233019602, 0.8314696123025455},
    {-0.6343932841636454, 0.7730104533627371},
    {-0.7071067811865475, 0.7071067811865476},
    {-0.773010453362737, 0.6343932841636455},
    {-0.8314696123025453, 0.5555702330196022},
    {-0.8819212643483549, 0.47139673682599786},
    {-0.9238795325112867, 0.3826834323650899},
    {-0.9569403357322088, 0.2902846772544624},
    {-0.9807852804032304, 0.1950903220161286},
    {-0.9951847266721968, 0.09801714032956083},
};

void extent_clear(struct extent *e)
{
    for (int k = 0; k < EXTENT_DIRECTIONS; k++) {
        e->low[k] = HUGE_VAL;
        e->high[k] = -HUGE_VAL;
    }
}

void extent_add(struct extent *e, double x_mm, double y_mm)
{
    for (int k = 0; k < EXTENT_DIRECTIONS; k++) {
        const double at = x_mm * direction_xy[k][0] + y_mm * direction_xy[k][1];

        e->low[k] = at < e->low[k] ? at : e->low[k];
        e->high[k] = at > e->high[k] ? at : e->high[k];
    }
}

void extent_join(struct extent *e, const struct extent *other)
{
    for (int k = 0; k < EXTENT_DIRECTIONS; k++) {
        e->low[k] = other->low[k] < e->low[k] ? other->low[k] : e->low[k];
        e->high[k] = other->high[k] > e->high[k] ? other->high[k] : e->high[k];
    }
}

double extent_breadth(const struct extent *e, uint32_t direction, double pitch_x_mm, double pitch_y_mm)
{
    const double x = direction_xy[direction][0], y = direction_xy[direction][1];

    return e->high[direction] - e->low[direction] + (x < 0 ? -x : x) * pitch_x_mm + (y < 0 ? -y : y) * pitch_y_mm;
}

void extent_direction(uint32_t direction, double *ret_x, double *ret_y)
{
    *ret_x = direction_xy[direction][0];
    *ret_y = direction_xy[direction][1];
}

struct extent_box extent_box(const struct extent *e, double pitch_x_mm, double pitch_y_mm)
{
    struct extent_box best = {.length_mm = 0};
    double least = HUGE_VAL;

    for (uint32_t k = 0; k < EXTENT_DIRECTIONS / 2; k++) {
        const uint32_t across = k + EXTENT_DIRECTIONS / 2;
        const double a = extent_breadth(e, k, pitch_x_mm, pitch_y_mm),
                     b = extent_breadth(e, across, pitch_x_mm, pitch_y_mm);

        if (a * b >= least)
            continue;
        least = a * b;
        best = a >= b ? (struct extent_box){a, b, k} : (struct extent_box){b, a, across};
    }
    return best;
}
