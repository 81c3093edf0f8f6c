/*
 * The one table of metrics. A footfall carries an array of doubles indexed by enum gait_metric; the table says what each is.
 * Journal, session file, stream, comparison, `gait metrics` and docs/METRICS.md are all driven by it: a new metric is one line
 * in gait/metric_list.h, its text in core/metric_table.c and the function that computes it.
 */
#ifndef GAIT_METRIC_H
#define GAIT_METRIC_H

#include <stddef.h>

#include <gait/api.h>
#include <gait/metric_list.h>

enum gait_metric {
#define GAIT_METRIC_ENUM(id, name, unit, tier) GAIT_METRIC_##id,
    GAIT_METRIC_LIST(GAIT_METRIC_ENUM)
#undef GAIT_METRIC_ENUM
        GAIT_METRIC_COUNT
};

enum gait_tier {
    GAIT_TIER_STEP = 1,    /* this footfall and earlier data only: published once, the same live and offline */
    GAIT_TIER_SESSION = 2, /* made when the session closes, in a table of its own */
};

struct gait_metric_info {
    const char *name; /* as in files and streams; ends in its unit where it has one */
    const char *unit; /* UDUNITS spelling; "1" for a ratio, "percent" */
    enum gait_tier tier;
    const char *definition;
    const char *source;
    const char *valid_when;
    const char *bias;
};

/* Why a number is NaN or to be read with care. Values are stored in files: append only. */
enum gait_reason {
    GAIT_REASON_NONE = 0,
    GAIT_REASON_NOT_COMPUTED = 1,
    GAIT_REASON_PARTIAL = 2, /* the foot left the mat's edge */
    GAIT_REASON_MERGED_FEET = 3,
    GAIT_REASON_NO_HEEL_STRIKE = 4,
    GAIT_REASON_NO_MASS = 5, /* body mass not measured that day */
    GAIT_REASON_LOW_FS = 6,
    GAIT_REASON_GAP = 7, /* frames are missing inside the stance */
    GAIT_REASON_TOO_SHORT = 8,
    GAIT_REASON_NO_HEEL_OFF = 9,
    GAIT_REASON_WAIST_OPEN = 10,
    GAIT_REASON_NO_TOES = 11,
    GAIT_REASON_SIDE_UNKNOWN = 12,
    GAIT_REASON_NO_CROSSING = 13, /* the centre of pressure does not cross the line */
    GAIT_REASON_STANDING = 14,
    GAIT_REASON_SINGLE_FOOTFALL = 15,
    GAIT_REASON_TREADMILL = 16,
    GAIT_REASON_NO_PEAK = 17,
    GAIT_REASON_NO_CONTACT = 18, /* nothing in the region */
    GAIT_REASON_DEGENERATE = 19, /* the construction has no solution on this print */
    GAIT_REASON_CUT = 20,        /* the trial began or ended while the foot was down */
    GAIT_REASON_BAD_CELLS = 21,
    GAIT_REASON_BLINDED = 22, /* on the stream of a blind session; the files have the number */
    GAIT_REASON_COUNT
};

/** Row of a metric; static storage; NULL when out of range. Thread: any. */
GAIT_API const struct gait_metric_info *gait_metric_info(enum gait_metric metric);

/**
 * Ids of the masks that a metric's cells or events come from: "heel31", "heel27", "fore55", "thirds", "prc11", "axis_halves", two of them with a
 * blank between, "" for the whole foot. The same ids as gait_region_mask(). Static storage. Thread: any.
 */
GAIT_API const char *gait_metric_mask(enum gait_metric metric);

/** Metric of a name, or -ENOENT. Thread: any. */
GAIT_API int gait_metric_find(const char *name);

/** Word for a reason ("partial"), as in files and streams; static storage; "?" when out of range. Thread: any. */
GAIT_API const char *gait_reason_name(enum gait_reason reason);

/** Reason of a word, or -ENOENT. */
GAIT_API int gait_reason_find(const char *name);

#endif
