#include "gait/metric.h"

#include <errno.h>
#include <string.h>

#include "metric_text.h"

#define ROW(name, unit, tier, ...)    \
    {                                 \
        name, unit, tier, __VA_ARGS__ \
    }

static const struct gait_metric_info table[GAIT_METRIC_COUNT] = {
#define GAIT_METRIC_ROW(id, name, unit, tier) [GAIT_METRIC_##id] = ROW(name, unit, GAIT_TIER_##tier, TEXT_##id),
    GAIT_METRIC_LIST(GAIT_METRIC_ROW)
#undef GAIT_METRIC_ROW
};

static const char *const reason_word[GAIT_REASON_COUNT] = {
    [GAIT_REASON_NONE] = "none",
    [GAIT_REASON_NOT_COMPUTED] = "not_computed",
    [GAIT_REASON_PARTIAL] = "partial",
    [GAIT_REASON_MERGED_FEET] = "merged_feet",
    [GAIT_REASON_NO_HEEL_STRIKE] = "no_heel_strike",
    [GAIT_REASON_NO_MASS] = "no_mass",
    [GAIT_REASON_LOW_FS] = "low_fs",
    [GAIT_REASON_GAP] = "gap",
    [GAIT_REASON_TOO_SHORT] = "too_short",
    [GAIT_REASON_NO_HEEL_OFF] = "no_heel_off",
    [GAIT_REASON_WAIST_OPEN] = "waist_open",
    [GAIT_REASON_NO_TOES] = "no_toes",
    [GAIT_REASON_SIDE_UNKNOWN] = "side_unknown",
    [GAIT_REASON_NO_CROSSING] = "no_crossing",
    [GAIT_REASON_STANDING] = "standing",
    [GAIT_REASON_SINGLE_FOOTFALL] = "single_footfall",
    [GAIT_REASON_TREADMILL] = "treadmill",
    [GAIT_REASON_NO_PEAK] = "no_peak",
    [GAIT_REASON_NO_CONTACT] = "no_contact",
    [GAIT_REASON_DEGENERATE] = "degenerate",
    [GAIT_REASON_CUT] = "cut",
    [GAIT_REASON_BAD_CELLS] = "bad_cells",
    [GAIT_REASON_BLINDED] = "blinded",
};

const struct gait_metric_info *gait_metric_info(enum gait_metric metric)
{
    return (size_t)metric < GAIT_METRIC_COUNT ? &table[metric] : NULL;
}

int gait_metric_find(const char *name)
{
    for (int i = 0; name && i < GAIT_METRIC_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -ENOENT;
}

const char *gait_reason_name(enum gait_reason reason)
{
    return (size_t)reason < GAIT_REASON_COUNT ? reason_word[reason] : "?";
}

int gait_reason_find(const char *name)
{
    for (int i = 0; name && i < GAIT_REASON_COUNT; i++)
        if (strcmp(reason_word[i], name) == 0)
            return i;
    return -ENOENT;
}
