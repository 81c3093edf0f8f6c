#include <stddef.h>
#include <stdlib.h>

#include "metrics/crossing.h"
#include "metrics/tier.h"

#define SAME_WAY 0.866 /* cosine of 30 degrees: crossings that went the same way */

static struct gait_tier_trial nothing_known(void)
{
    const double none = (double)NAN;

    return (struct gait_tier_trial){GAIT_CLASS_UNKNOWN, none, none, none, none, none, none};
}

uint32_t tier_part(const struct gait_trial_state *state, struct step *s, uint32_t n, struct crossing *ret)
{
    uint64_t latest_to_mat_ns = 0;
    uint32_t crossings = 0;

    for (uint32_t k = 0; k < n; k++) {
        if (k == 0 || crossing_begins(state, latest_to_mat_ns, s[k].f->ic_mat_ns))
            ret[crossings++] = (struct crossing){.step = &s[k], .t = nothing_known()};
        ret[crossings - 1].n++;
        s[k].row->crossing = crossings;
        if (latest_to_mat_ns < s[k].f->to_mat_ns)
            latest_to_mat_ns = s[k].f->to_mat_ns;
    }
    return crossings;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double tier_median(double *v, uint32_t n)
{
    if (n == 0)
        return (double)NAN;
    qsort(v, n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Of the crossings that have the number. */
static double median_over(const struct crossing *c, uint32_t n, size_t offset, double *room)
{
    uint32_t used = 0;

    for (uint32_t k = 0; k < n; k++) {
        const double *number = (const double *)(const void *)((const char *)&c[k].t + offset);

        if (!isnan(*number))
            room[used++] = *number;
    }
    return tier_median(room, used);
}

/* What all crossings say that say anything. */
static enum gait_class common_class(const struct crossing *c, uint32_t n)
{
    enum gait_class common = GAIT_CLASS_UNKNOWN;

    for (uint32_t k = 0; k < n; k++) {
        if (c[k].t.gait_class != GAIT_CLASS_UNKNOWN && common != GAIT_CLASS_UNKNOWN && c[k].t.gait_class != common)
            return GAIT_CLASS_UNKNOWN;
        common = common == GAIT_CLASS_UNKNOWN ? c[k].t.gait_class : common;
    }
    return common;
}

/* The mean way of the crossings; none where one of them went another way than the first. */
static void common_way(const struct crossing *c, uint32_t n, struct gait_tier_trial *t)
{
    const struct gait_tier_trial *first = NULL;
    double x = 0, y = 0, length = 1;
    uint32_t known = 0;

    for (uint32_t k = 0; k < n; k++) {
        if (isnan(c[k].t.progression_x))
            continue;
        first = first ? first : &c[k].t;
        if (c[k].t.progression_x * first->progression_x + c[k].t.progression_y * first->progression_y < SAME_WAY)
            return;
        known++;
        x += c[k].t.progression_x;
        y += c[k].t.progression_y;
    }
    if (known == 0)
        return;
    length = known == 1 ? 1 : sqrt(x * x + y * y);
    t->progression_x = x / length;
    t->progression_y = y / length;
}

void tier_sum_up(const struct crossing *c, uint32_t n, double *room, struct gait_tier_trial *t)
{
    *t = nothing_known();
    common_way(c, n, t);
    t->gait_class = common_class(c, n);
    t->speed_m_per_s = median_over(c, n, offsetof(struct gait_tier_trial, speed_m_per_s), room);
    t->cadence_per_min = median_over(c, n, offsetof(struct gait_tier_trial, cadence_per_min), room);
    t->double_support_s = median_over(c, n, offsetof(struct gait_tier_trial, double_support_s), room);
    t->duty_factor = median_over(c, n, offsetof(struct gait_tier_trial, duty_factor), room);
}
