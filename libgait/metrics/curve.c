/* Questions put to one series of a footfall: integral, value at a time, crossings, peaks. Series are padded by one zero frame at each end. */
#include "metrics/foot.h"

double foot_integral(const struct gait_measure_scratch *m, const double *y)
{
    double sum = 0;

    for (uint32_t k = 1; k <= m->frames; k++)
        sum += m->weight_s[k] * y[k];
    return sum;
}

double foot_at(const struct gait_measure_scratch *m, const double *y, double t_s)
{
    uint32_t low = 0, high = m->frames + 1;

    if (!(t_s > m->t_s[0]) || !(t_s < m->t_s[high]))
        return isnan(t_s) ? NO_VALUE : 0;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;

        if (m->t_s[mid] <= t_s)
            low = mid;
        else
            high = mid;
    }
    return y[low] + (y[high] - y[low]) * ((t_s - m->t_s[low]) / (m->t_s[high] - m->t_s[low]));
}

double foot_crossing(const struct gait_measure_scratch *m, const double *y, uint32_t k, double level)
{
    double share = (level - y[k - 1]) / (y[k] - y[k - 1]);

    return m->t_s[k - 1] + share * (m->t_s[k] - m->t_s[k - 1]);
}

double foot_first_rise(const struct gait_measure_scratch *m, const double *y, double level)
{
    for (uint32_t k = 1; k <= m->frames; k++)
        if (y[k] >= level && y[k - 1] < level)
            return foot_crossing(m, y, k, level);
    return NO_VALUE;
}

double foot_last_fall(const struct gait_measure_scratch *m, const double *y, double level)
{
    for (uint32_t k = m->frames + 1; k >= 1; k--)
        if (y[k] < level && y[k - 1] >= level)
            return foot_crossing(m, y, k, level);
    return NO_VALUE;
}

double foot_time_above(const struct gait_measure_scratch *m, const double *y, double level)
{
    double sum = 0;

    for (uint32_t k = 1; k <= m->frames; k++)
        if (y[k] >= level)
            sum += m->weight_s[k];
    return sum;
}

uint32_t foot_index_of_max(const struct gait_measure_scratch *m, const double *y)
{
    uint32_t best = 1;

    for (uint32_t k = 2; k <= m->frames; k++)
        if (y[k] > y[best])
            best = k;
    return best;
}

uint32_t foot_first_peak(const struct gait_measure_scratch *m, const double *y, double drop)
{
    uint32_t best = 1;

    for (uint32_t k = 1; k <= m->frames + 1; k++) {
        if (y[k] >= y[best])
            best = k;
        else if (y[best] - y[k] >= drop)
            break;
    }
    return best;
}

double foot_pct(const struct gait_measure_scratch *m, double t_s)
{
    return 100 * (t_s - m->events.ic) / (m->events.to - m->events.ic);
}
