/*
 * The final record of one footfall: made once by the pipeline, appended to the journal, published, sealed, read back.
 * Plain data. Arrays point into one block per record (the pipeline's pool, or what a reader allocated).
 */
#ifndef GAIT_FOOTFALL_H
#define GAIT_FOOTFALL_H

#include <stdint.h>

#include <gait/api.h>
#include <gait/live.h>
#include <gait/metric.h>

enum {
    GAIT_ALGORITHM_VERSION = 3, /* rises whenever a stored number changes */
    GAIT_CURVE_SAMPLES = 101,
};

/* Facts about a footfall, as bits. Stored with flag_meanings: append only. */
enum gait_footfall_flag {
    GAIT_FOOTFALL_PARTIAL = 1u << 0,
    GAIT_FOOTFALL_MERGED_FEET = 1u << 1,
    GAIT_FOOTFALL_SLOW = 1u << 2,
    GAIT_FOOTFALL_TOE_DRAG = 1u << 3,
    GAIT_FOOTFALL_ACCEL = 1u << 4,
    GAIT_FOOTFALL_SATURATED = 1u << 5,
    GAIT_FOOTFALL_GAP = 1u << 6,        /* frames are missing inside it */
    GAIT_FOOTFALL_GAP_FILLED = 1u << 7, /* at most 20 ms or one frame, interpolated */
    GAIT_FOOTFALL_CUT = 1u << 8,        /* open when the trial or the connection ended, or well down when it began */
    GAIT_FOOTFALL_IC_EXTRAPOLATED = 1u << 9, /* the recording starts loaded */
    GAIT_FOOTFALL_NO_TOES = 1u << 10,
    GAIT_FOOTFALL_TOES_DEFAULT = 1u << 11,
    GAIT_FOOTFALL_NO_MIDFOOT = 1u << 12,
    GAIT_FOOTFALL_COARSE_TIME = 1u << 13,
    GAIT_FOOTFALL_COARSE_PEAK = 1u << 14,
    GAIT_FOOTFALL_PEAK_INTERP = 1u << 15, /* the peak stands on a filled cell */
    GAIT_FOOTFALL_NOT_HEEL_STRIKE = 1u << 16,
    GAIT_FOOTFALL_SIDE_OVERRIDE = 1u << 17,
    GAIT_FOOTFALL_SIDE_CHECK = 1u << 18,
    GAIT_FOOTFALL_TOO_LIGHT = 1u << 19,
    GAIT_FOOTFALL_TOO_SMALL = 1u << 20,
    GAIT_FOOTFALL_TOO_SHORT = 1u << 21,
    GAIT_FOOTFALL_SPLIT = 1u << 22, /* one of two feet that touched */
    GAIT_FOOTFALL_DEAD_CELLS = 1u << 23,
    GAIT_FOOTFALL_OPERATOR_INVALID = 1u << 24,
    GAIT_FOOTFALL_TRUNCATED = 1u << 25, /* longer than the arena holds: sums only */
    GAIT_FOOTFALL_LOW_FS = 1u << 26,    /* fewer than 50 frames a second: events, forces and areas cannot be said */
    GAIT_FOOTFALL_TO_EXTRAPOLATED = 1u << 27, /* the recording ends at the toes' last load */
};

enum gait_class {
    GAIT_CLASS_UNKNOWN = 0,
    GAIT_CLASS_WALKING = 1,
    GAIT_CLASS_RUNNING = 2,
    GAIT_CLASS_STANDING = 3,
};

/* Regions of the final record; each row names the mask that made it. Stored by name. */
enum gait_region {
    GAIT_REGION_FOOT = 0,
    GAIT_REGION_HEEL31,
    GAIT_REGION_HEEL27,
    GAIT_REGION_THIRD_HEEL,
    GAIT_REGION_THIRD_MID,
    GAIT_REGION_THIRD_FORE,
    GAIT_REGION_TOES,
    GAIT_REGION_MH,
    GAIT_REGION_LH,
    GAIT_REGION_MM,
    GAIT_REGION_LM,
    GAIT_REGION_M1,
    GAIT_REGION_M2,
    GAIT_REGION_M3,
    GAIT_REGION_M4,
    GAIT_REGION_M5,
    GAIT_REGION_HALLUX,
    GAIT_REGION_TOES25,
    GAIT_REGION_COUNT
};

struct gait_region_numbers {
    double cells; /* split cells count by their share */
    double area_cm2;
    double peak_kPa;
    double force_max_N;
    double impulse_Ns;
    double share_pct;
    double pti_peak_kPas;
    double pti_mean_kPas;
    double mean_kPa; /* largest force over the region's footprint area */
    double contact_time_s;
    double time_to_peak_s;
};

enum gait_curve {
    GAIT_CURVE_FORCE = 0,        /* N */
    GAIT_CURVE_HEEL_FORCE,       /* N, heel31 */
    GAIT_CURVE_MID_FORCE,        /* N, middle third */
    GAIT_CURVE_FORE_FORCE,       /* N, u >= 0.55 L */
    GAIT_CURVE_MID_SPREAD,       /* dynamic arch index, fixed denominator */
    GAIT_CURVE_MEDIAL_MID_FORCE, /* N */
    GAIT_CURVE_COP_U,            /* mm from the heel edge */
    GAIT_CURVE_COP_V,            /* mm, + lateral */
    GAIT_CURVE_COUNT
};

/* A straight line or point of a construction, in mat mm, kept for plotting. */
struct gait_line_mm {
    double x0, y0, x1, y1;
};

struct gait_footfall {
    uint32_t id;                      /* from 1 within the trial, in order of first contact */
    uint8_t side;                     /* enum gait_side, step tier: print and override */
    uint8_t side_print;               /* what the print alone says */
    uint8_t gait_class;               /* enum gait_class, step tier */
    uint8_t valid;                    /* 1: counts as a full step */
    uint32_t flags;                   /* enum gait_footfall_flag */
    uint64_t first_frame, last_frame; /* ring indices of first and last contact, relative to the trial's first frame */
    uint64_t ic_mat_ns, to_mat_ns;    /* mat time of initial contact and toe-off, sub-frame */
    uint64_t ic_ns;                   /* placed on CLOCK_MONOTONIC like its frame */
    double heel_x_mm, heel_y_mm;      /* heel centre, mat frame */
    double axis_x, axis_y;            /* unit vector heel to toes */
    double origin_x_mm, origin_y_mm;  /* u = 0, v = 0 */
    double progression_x, progression_y; /* unit vector of walking, step tier */
    double value[GAIT_METRIC_COUNT];     /* NaN with a reason */
    uint8_t reason[GAIT_METRIC_COUNT];   /* enum gait_reason */
    struct gait_region_numbers region[GAIT_REGION_COUNT];
    double curve[GAIT_CURVE_COUNT][GAIT_CURVE_SAMPLES];
    struct gait_line_mm cpei_chord, cpei_third, cpei_width; /* construction, NaN when there is none */
    struct gait_line_mm third_heel, third_fore;             /* lines of the arch construction across the print */
    uint32_t cop_frames;                                    /* frames of the path: first_frame .. last_frame */
    uint32_t cop_capacity;
    double *cop_t_s;                           /* from initial contact */
    double *cop_x_mm, *cop_y_mm, *cop_force_N; /* [cop_frames], NaN below the force floor */
    double *heel_force_N;                      /* [cop_frames] */
    uint32_t row0, col0, rows, cols;           /* window of the pictures */
    uint32_t picture_capacity;                 /* cells */
    float *picture_max_kPa, *picture_mean_kPa; /* [rows*cols] */
};

/** "left", "right", "unknown"; static storage. */
GAIT_API const char *gait_side_name(enum gait_side side);
/** "walking", "running", "standing", "unknown"; static storage. */
GAIT_API const char *gait_class_name(enum gait_class c);
/** "heel31", ...; static storage. */
GAIT_API const char *gait_region_name(enum gait_region region);
/** Id of the mask that made a region ("heel31", "thirds", "prc11", "foot"); static storage. */
GAIT_API const char *gait_region_mask(enum gait_region region);
/** "force_N", "cop_u_mm", ...; static storage. */
GAIT_API const char *gait_curve_name(enum gait_curve curve);
/** Unit of a curve; static storage. */
GAIT_API const char *gait_curve_unit(enum gait_curve curve);
/** Word of one flag bit ("partial"), or NULL for a bit that has none; static storage. */
GAIT_API const char *gait_footfall_flag_name(uint32_t bit);
/** Word of one frame flag bit, or NULL; static storage. */
GAIT_API const char *gait_frame_flag_name(uint32_t bit);

/**
 * Take the block of one record: room for `frames` of path and `cells` of picture; everything else zero.
 *
 * Owner    the caller: gait_footfall_free().
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_footfall_new(uint32_t frames, uint32_t cells, struct gait_footfall **ret_footfall);
GAIT_API void gait_footfall_free(struct gait_footfall *footfall);

#endif
