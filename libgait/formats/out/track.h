/*
 * A trial on an even time scale: what C3D and BIDS want, and what frames are not. Each frame stands at the nearest multiple of the nominal period.
 */
#ifndef GAIT_OUT_TRACK_H
#define GAIT_OUT_TRACK_H

#include "gait/cleanup.h"
#include "gait/export.h"

enum track_foot { TRACK_LEFT, TRACK_RIGHT, TRACK_UNKNOWN, TRACK_FEET };

/* Forces of regions that are kept over stance; TRACK_HEEL frame by frame, the others from curves of 101 points. */
enum track_region { TRACK_HEEL, TRACK_MID, TRACK_FORE, TRACK_REGIONS };

enum { TRACK_SAMPLES_MAX = 1 << 24 };

/* One sample; every frame that was lost stays at 0 with `lost` set. */
struct track_sample {
    bool lost;
    double force_N[TRACK_FEET], cop_x_mm[TRACK_FEET], cop_y_mm[TRACK_FEET]; /* CoP NaN without force */
    double region_N[TRACK_FEET][TRACK_REGIONS];
};

struct track {
    size_t n;
    double rate_hz;
    unsigned feet; /* 2, or 3 when a footfall's side is unknown */
    struct track_sample *sample;
};

/* "left", "right", "unknown" */
const char *track_foot_name(enum track_foot foot);
/* "heel31", "midfoot", "forefoot" */
const char *track_region_name(enum track_region region);

/* Seconds since the first frame of a footfall's contact and toe-off. */
double track_ic_s(const struct gait_export_trial *trial, size_t footfall);
double track_to_s(const struct gait_export_trial *trial, size_t footfall);

/* Returns 0; -EFBIG; -ENOMEM. */
int track_new(const struct gait_export_trial *trial, struct track *ret_track, struct gait_error *err);
void track_done(struct track *track);

#endif
