/* Minimal detectable changes from the literature, until the lab has its own. */
#include <gait/verdict.h>

#include <math.h>

#define PUTTI "Putti et al. 2008 (emed, 12 days): coefficient of repeatability below 16.9 %"
#define OURS  "default of this program from published reliability; replace it by the lab's own baseline"

static const struct gait_mdc_default defaults[] = {
    {GAIT_METRIC_PEAK, 0.17, true, PUTTI},
    {GAIT_METRIC_FORCE_MAX, 0.17, true, PUTTI},
    {GAIT_METRIC_FORCE_MAX_BW, 0.17, true, PUTTI},
    {GAIT_METRIC_IMPULSE, 0.17, true, PUTTI},
    {GAIT_METRIC_IMPULSE_BW, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL31_PEAK, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL31_FORCE_MAX, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL31_FORCE_MAX_BW, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL31_IMPULSE, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL31_IMPULSE_BW, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL27_PEAK, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL27_FORCE_MAX, 0.17, true, PUTTI},
    {GAIT_METRIC_HEEL27_IMPULSE, 0.17, true, PUTTI},
    {GAIT_METRIC_ARCH_INDEX, 0.035, false, OURS},
    {GAIT_METRIC_HO, 5.0, false, OURS},
    {GAIT_METRIC_HEEL31_SHARE, 4.0, false, OURS},
    {GAIT_METRIC_HEEL27_SHARE, 4.0, false, OURS},
    {GAIT_METRIC_FORE_SHARE, 4.0, false, OURS},
    {GAIT_METRIC_CSI, 8.0, false, OURS},
    {GAIT_METRIC_CPEI, 8.0, false, OURS},
};

const struct gait_mdc_default *gait_mdc_literature(enum gait_metric metric)
{
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        if (defaults[i].metric == metric)
            return &defaults[i];
    return NULL;
}

double gait_mdc_literature_value(enum gait_metric metric, double mean_pre)
{
    const struct gait_mdc_default *found = gait_mdc_literature(metric);

    if (!found)
        return NAN;
    if (!found->relative)
        return found->value;
    return mean_pre > 0.0 && isfinite(mean_pre) ? found->value * mean_pre : (double)NAN;
}
