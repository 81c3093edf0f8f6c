/*
 * One footfall while it is being measured: its print (every cell it ever touched), its frames as series, its foot frame and masks. Internal to metrics;
 * the steps below are called in this order by gait_measure() and each fills its part.
 */
#ifndef METRICS_FOOT_H
#define METRICS_FOOT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <gait/measure.h>

#define NO_VALUE ((double)NAN)
#define FAR      ((double)INFINITY)

enum {
    FOOT_STRIPS_MAX = 256, /* strips of one cell across a print */
    FOOT_MASK11_FIRST = GAIT_REGION_MH,
    FOOT_MASK11_COUNT = GAIT_REGION_TOES25 - GAIT_REGION_MH + 1,
};

/* Below the least rate of metrics.md 0 (50 Hz, and 2 % for a mat that runs a little slow). */
static inline bool foot_low_fs(double dt_s)
{
    return dt_s > 0.02 * 1.02;
}

struct vec2 {
    double x, y;
};

/* One cell of the print. u, v: foot frame, centre of the cell, mm. */
struct foot_cell {
    uint32_t cell;
    struct vec2 mm;
    double u, v;
    double max_kPa;
    double impulse_kPas;
    double third[3]; /* share of the cell in heel, middle and fore third; all 0 for toes */
    uint8_t mask11;  /* enum gait_region: MH .. TOES25 */
    uint8_t main_third;
    bool toe, heel31, heel27, filled;
};

/* The same cell for the passes over all frames, in few bytes: sums of the first, masks of the second. */
struct foot_sum {
    struct vec2 mm;
    double max_kPa, impulse_kPas;
};
struct foot_mask {
    uint8_t region, third, special, reserved;
};

/* Times from frame 0, seconds; NaN where the event does not exist. */
struct foot_events {
    double ic, to, ffc, ho, fmc, fff, crossover;
    double strike_index;
    bool heel_strike;
};

/* Straight borders of the print: points on the medial and the lateral side of heel and forefoot, (u, v). */
struct foot_tangents {
    struct vec2 medial[2], lateral[2];
    bool ok;
};

struct gait_measure_scratch {
    uint32_t rows, cols;
    double pitch_x_mm, pitch_y_mm;
    uint32_t max_frames, max_cells;

    const struct gait_contact *contact;
    double dt_s; /* nominal */
    double area_mm2;
    double bw_N; /* NaN: not measured */

    uint32_t cells;
    struct foot_cell *print; /* [max_cells] */
    struct foot_sum *sum;    /* [max_cells] */
    struct foot_mask *mask;  /* [max_cells] */
    uint32_t *place;         /* [rows*cols], index in print + 1; all 0 between footfalls */

    uint32_t frames;
    double *t_s;      /* [max_frames + 2], 1 .. frames are the frames, 0 and frames + 1 the padded zero frames */
    double *weight_s; /* trapezoid weights of the same frames */
    double *force[GAIT_REGION_COUNT]; /* N, [max_frames + 2], like t_s: padded with zeros */
    double *peak[GAIT_REGION_COUNT];  /* kPa, largest cell */
    double *fore_N, *fore_kPa;        /* u >= 0.55 L, toes included */
    double *medial_mid_N;
    double *mid_mm2, *area_mm2_of; /* contact area of the middle third; of the foot */
    double *cop_x, *cop_y;         /* mat mm; NaN below the floor */
    double *cop_u, *cop_v;
    double *tmp;         /* [max(max_frames + 2, max_cells)] */
    double *tmp_u;       /* the same size */
    struct vec2 *hull;   /* [max_cells * 4 + 1] */
    struct vec2 *corner; /* [max_cells * 4] */

    double peak_kPa, force_max_N, area_max_mm2;
    uint32_t peak_cell;

    uint8_t side, side_print;
    double side_confidence;
    bool partial, heel_whole;
    struct vec2 progression;           /* unit */
    struct vec2 axis, lateral, origin; /* unit, unit, mm */
    struct vec2 heel;                  /* mm */
    double pitch_u, pitch_v;           /* one cell along and across the axis */
    double length, width, toeless;     /* mm */
    double v_min, v_max;
    double third_mm2[3], toe_mm2;
    bool no_toes, toes_default;
    struct foot_tangents tangents;
    struct foot_events events;
    uint32_t flags;
};

/* print.c: cells, maxima, impulses, totals a frame, centre of pressure. Returns 0; -EINVAL; -ENOSPC. */
int foot_print_make(struct gait_measure_scratch *m);
void foot_print_clear(struct gait_measure_scratch *m);
/* Largest pressure of the cell that lies under a point of the mat; 0 outside the print. */
double foot_print_at(const struct gait_measure_scratch *m, double x_mm, double y_mm);

/* validity.c: what was measured with medial and lateral the wrong way round is not known. */
void foot_forget_side(struct gait_footfall *f);

/* side.c, axis.c */
void foot_progression(struct gait_measure_scratch *m);
struct vec2 foot_axis_pca(const struct gait_measure_scratch *m, bool *ret_elongated);
struct vec2 foot_axis_box(struct gait_measure_scratch *m);
void foot_side_vote(struct gait_measure_scratch *m, struct vec2 axis, uint8_t *ret_side, double *ret_confidence);
void foot_axis_find(struct gait_measure_scratch *m);
void foot_frame_set(struct gait_measure_scratch *m, struct vec2 origin, struct vec2 axis, struct vec2 lateral);

/* toecut.c, thirds.c, regions.c: masks on the print */
double foot_cell_share_below(const struct gait_measure_scratch *m, double u_centre, double u_line);
void foot_thirds(struct gait_measure_scratch *m);
void foot_toe_cut(struct gait_measure_scratch *m);
void foot_tangents_find(const struct gait_measure_scratch *m, struct foot_tangents *ret_tangents);
void foot_regions(struct gait_measure_scratch *m);

/* series.c: forces, peaks and areas of the masks, frame by frame */
void foot_series(struct gait_measure_scratch *m);

/* events.c */
void foot_contact_times(struct gait_measure_scratch *m);
void foot_events_find(struct gait_measure_scratch *m);

/* Values into the record. */
void foot_totals(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_event_values(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_force_peaks(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_heel(struct gait_measure_scratch *m, struct gait_footfall *f);
/* Loading rates of a series on its way to a peak (padded index): 0.6 of it over the time from 20 % to 80 %, NaN below 5 samples; largest central
 * difference. */
double foot_rate_20_80(const struct gait_measure_scratch *m, const double *y, uint32_t peak);
double foot_rate_max(const struct gait_measure_scratch *m, const double *y, uint32_t peak);
void foot_forefoot(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_arch(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_arch_dynamic(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_mediolateral(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_cop_values(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_cpei(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_region_rows(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_curves(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_path(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_pictures(const struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_classify(struct gait_measure_scratch *m, struct gait_footfall *f);
void foot_sway(const struct gait_measure_scratch *m, struct gait_footfall *f); /* after foot_classify() */
void foot_validity(struct gait_measure_scratch *m, struct gait_footfall *f);
/* The same of a contact of which there are only sums: stance, force, impulse, peak and areas. */
void foot_validity_of_sums(const struct gait_trial_state *state, uint32_t flags, struct gait_footfall *f);

/* series helpers (curve.c). Index ranges run over the padded frames 0 .. frames + 1. */
double foot_integral(const struct gait_measure_scratch *m, const double *y);
/* Value at a time, linear; the padded zero frames included; 0 beyond them. */
double foot_at(const struct gait_measure_scratch *m, const double *y, double t_s);
/* Time at which the line between frames k-1 and k passes `level`. */
double foot_crossing(const struct gait_measure_scratch *m, const double *y, uint32_t k, double level);
/* First time that y reaches level, last time that it leaves it; NaN when it never does. */
double foot_first_rise(const struct gait_measure_scratch *m, const double *y, double level);
double foot_last_fall(const struct gait_measure_scratch *m, const double *y, double level);
/* Time spent at or above a level: frames by their weight. */
double foot_time_above(const struct gait_measure_scratch *m, const double *y, double level);
/* Padded index of the first prominent peak: the curve falls by `drop` before it is exceeded. Of a flat top the last frame. */
uint32_t foot_first_peak(const struct gait_measure_scratch *m, const double *y, double drop);
uint32_t foot_index_of_max(const struct gait_measure_scratch *m, const double *y);
double foot_pct(const struct gait_measure_scratch *m, double t_s);

/* numbers.c */
void sort_doubles(double *a, uint32_t n);
/* Type-7 quantile of sorted values. */
double quantile_sorted(const double *a, uint32_t n, double q);
/* Unit vector turned by a share of the angle from `from` to `to` (both unit, less than 90 degrees apart), by + - x / sqrt alone. */
struct vec2 turn_between(struct vec2 from, struct vec2 to, double share);

static inline double cross2(struct vec2 a, struct vec2 b)
{
    return a.x * b.y - a.y * b.x;
}
static inline double dot2(struct vec2 a, struct vec2 b)
{
    return a.x * b.x + a.y * b.y;
}
static inline struct vec2 sub2(struct vec2 a, struct vec2 b)
{
    return (struct vec2){a.x - b.x, a.y - b.y};
}
static inline struct vec2 unit2(struct vec2 a)
{
    double n = sqrt(dot2(a, a));

    return (struct vec2){a.x / n, a.y / n};
}
static inline double max2(double a, double b)
{
    return a > b ? a : b;
}
static inline double min2(double a, double b)
{
    return a < b ? a : b;
}
/* A value with its reason when it is none. */
static inline void foot_put(struct gait_footfall *f, enum gait_metric metric, double value, enum gait_reason if_nan)
{
    f->value[metric] = isfinite(value) ? value : NO_VALUE;
    f->reason[metric] = (uint8_t)(isfinite(value) ? GAIT_REASON_NONE : if_nan);
}

#endif
