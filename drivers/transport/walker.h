/*
 * A seeded synthetic runner as a frame source: feet made of pressure blobs walk over a mat of any geometry and rate. What is true of its
 * steps is known and comes with the frames (truth_json). Everything a mat can do wrong can be asked for.
 */
#ifndef MAT_WALKER_H
#define MAT_WALKER_H

#include <stdbool.h>
#include <stdint.h>

#include <gait/error.h>
#include <gait/frame_source.h>
#include <gait/live.h>

/* The shape of a step. */
enum mat_walker_preset {
    MAT_WALKER_NORMAL = 1, /* stance 0.63 s, heel-off 55 %, heel share 32 %, arch index 0.18 */
    MAT_WALKER_SLOW = 2,   /* stance 0.69 s, heel-off 66 %, heel share 44 %, arch index 0.27 */
};

enum mat_walker_direction {
    MAT_WALKER_UP = 1,        /* towards +y */
    MAT_WALKER_DOWN = 2,      /* towards -y */
    MAT_WALKER_ALTERNATE = 3, /* up in odd passes, down in even ones */
};

/* Every member is a key of mat_walker_parse() of the same name. */
struct mat_walker_config {
    uint64_t seed;
    uint32_t
        pass; /* from 1: another walk of the same person; also decides the first foot and an alternating direction */
    enum mat_walker_preset preset;

    /* mat */
    uint32_t rows, cols;
    double pitch_x_mm, pitch_y_mm; /* key `pitch` sets both */
    double rate_hz;                /* key `rate` */
    enum gait_dtype dtype;         /* u8, u16, i16, f32 */
    double kPa_per_count;          /* 0: by type, u8 2, u16 and i16 0.1, f32 1 */

    /* person */
    double mass_kg; /* key `mass` */
    double foot_length_mm;
    double arch_kPa;   /* peak of the arch blob, 5 (hollow) .. 120 (flat) */
    double arch_width; /* its sigma across the foot in mm */
    double collapse;   /* growth of that sigma until the end of its contact: 0.5 is half as wide again */
    double toe_out_deg;
    double heel_scale;    /* times the heel's pressure; key `heel` */
    double asymmetry_pct; /* load of right over left, in percent of their mean */

    /* walk */
    double stance_s, step_time_s; /* key `cadence` (steps a minute) sets step_time_s too */
    double step_length_mm;        /* key `speed` (m/s) sets it from step_time_s */
    double step_width_mm;
    double variation;          /* times the natural spread from step to step and pass to pass; 0: all steps alike */
    enum gait_side first_side; /* GAIT_SIDE_UNKNOWN: left in odd passes */
    enum mat_walker_direction direction;
    uint32_t steps; /* 0: as many whole feet as the mat holds, in its middle */
    double
        start_mm; /* from the near edge to the first heel; NaN: so that the feet are in the middle. With a number feet may be cut by the edges */
    double lead_s, tail_s; /* empty frames before and after */

    /* faults */
    double noise_counts;   /* standard deviation; key `noise` */
    double offset_counts;  /* what an unloaded cell reads; the calibration knows it; key `offset` */
    double drift_per_s;    /* counts that every cell gains a second, unknown to the calibration; key `drift` */
    double saturation_kPa; /* ceiling; 0: the type's own; key `saturation` */
    int32_t dead_row;      /* first of dead_rows rows that read nothing; -1 none */
    uint32_t dead_rows;
    bool dead_known;                /* the cell map says so */
    double drop_pct;                /* frames lost at random, by the counter; key `drop` */
    uint32_t drop_from, drop_count; /* and so many from this frame on */
};

/** A runner of 70 kg on 360 x 64 cells of 5 mm at 100 Hz. */
void mat_walker_default(struct mat_walker_config *ret_config);

/**
 * Read a text like "seed=1,rows=360,cols=64,pitch=5,rate=100,mass=70" over the defaults. Later keys win; `preset` works first wherever it
 * stands, since the others change what it sets. Words: preset normal|slow, dtype, first left|right|auto, direction up|down|alternate,
 * dead_known 0|1.
 *
 * Returns  0; -EINVAL an unknown key, a value that is no number or out of range: err names it.
 */
int mat_walker_parse(const char *text, struct mat_walker_config *ret_config, struct gait_error *err);

/**
 * Make the source. Frames carry a counter (seq) and gap_device; the same config gives the same bytes.
 *
 * Owner    gait_source_free().
 * Returns  0; -EINVAL with err: out of range; -ENOMEM.
 */
int mat_walker_new(const struct mat_walker_config *config, struct gait_frame_source **ret_source,
                   struct gait_error *err);

#endif
