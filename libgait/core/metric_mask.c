#include "gait/metric.h"

const char *gait_metric_mask(enum gait_metric metric)
{
    switch (metric) {
    case GAIT_METRIC_HO_TIME:
    case GAIT_METRIC_HO:
    case GAIT_METRIC_PROPULSION:
    case GAIT_METRIC_HEEL31_PEAK ... GAIT_METRIC_HEEL31_ML_INDEX:
        return "heel31";
    case GAIT_METRIC_HEEL27_PEAK ... GAIT_METRIC_HEEL27_SHARE:
        return "heel27";
    case GAIT_METRIC_FFC_TIME:
    case GAIT_METRIC_FFC:
    case GAIT_METRIC_FORE_IMPULSE ... GAIT_METRIC_FORE_PTI_PEAK:
        return "fore55";
    case GAIT_METRIC_HEEL_FLAT:
    case GAIT_METRIC_CROSSOVER:
    case GAIT_METRIC_FORE_HEEL_IMPULSE ... GAIT_METRIC_FORE_HEEL_PEAK:
        return "fore55 heel31";
    case GAIT_METRIC_ARCH_INDEX ... GAIT_METRIC_MID_CONTACT_TIME:
    case GAIT_METRIC_STATIC_ARCH_INDEX ... GAIT_METRIC_STATIC_STAHELI:
        return "thirds";
    case GAIT_METRIC_FMC:
    case GAIT_METRIC_FFF:
    case GAIT_METRIC_PHASE_ICP ... GAIT_METRIC_PHASE_FFPOP:
    case GAIT_METRIC_HALLUX_IMPULSE ... GAIT_METRIC_HALLUX_PEAK:
    case GAIT_METRIC_LMFI_FMC ... GAIT_METRIC_LMFI_FFPOP:
        return "prc11";
    case GAIT_METRIC_PRONATION_INDEX:
        return "axis_halves";
    default:
        return "";
    }
}
