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
    MAT_WALKER_RUN = 3,    /* stance 0.24 s, flight, 2.3 times body weight */
};

/* What comes down first. */
enum mat_walker_strike {
    MAT_WALKER_HEEL = 1,
    MAT_WALKER_FORE = 2, /* the forefoot; the heel follows lightly */
};

enum mat_walker_direction {
    MAT_WALKER_UP = 1,        /* towards +y */
    MAT_WALKER_DOWN = 2,      /* towards -y */
    MAT_WALKER_ALTERNATE = 3, /* up in odd passes, down in even ones */
};

/* Each member is set by a key of mat_walker_parse(), of the same name where no other is said. */
struct mat_walker_config {
    uint64_t seed;
    uint32_t
        pass; /* from 1: another walk of the same person; decides the first foot and an alternating direction too */
    enum mat_walker_preset preset;

    /* mat */
    uint32_t rows, cols;
    double pitch_x_mm, pitch_y_mm; /* `pitch` sets both */
    double rate_hz;                /* `rate` */
    enum gait_dtype dtype;         /* u8, u16, i16, f32 */
    double kPa_per_count;          /* 0: by type, u8 2, u16 and i16 0.1, f32 1 */

    /* person */
    double mass_kg; /* `mass` */
    double foot_length_mm;
    double arch_kPa;      /* peak of the arch blob on a foot of 250 mm and 70 kg, 5 (hollow) .. 120 (flat) */
    double arch_width;    /* its sigma across that foot, in mm */
    double collapse;      /* growth of that sigma until the end of its contact: 0.5 is half as wide again */
    double toe_out_deg;   /* of the axis from heel to second metatarsal; + outwards */
    double heel_scale;    /* `heel`: times the heel's pressure */
    double asymmetry_pct; /* load of right less left, in percent of their mean */
    enum mat_walker_strike strike;
    double drag_mm; /* way that the toes are dragged over the mat after toe-off, with about 4 N */

    /* walk */
    double stance_s;
    double step_time_s;    /* also `cadence`, steps a minute */
    double step_length_mm; /* also `speed`, m/s */
    double step_width_mm;
    double variation;          /* times the natural spread from step to step and pass to pass; 0: all steps alike */
    enum gait_side first_side; /* `first`; auto: left in odd passes */
    enum mat_walker_direction direction;
    uint32_t steps;        /* 0: as many whole feet as the mat holds */
    double shift_mm;       /* of the whole path, along x; feet may be cut by the sides */
    double start_mm;       /* from the edge that is met first to the first heel; unset: the feet are in the middle */
    double lead_s, tail_s; /* empty frames before and after */

    /* faults */
    double noise_counts;   /* `noise`: standard deviation */
    double offset_counts;  /* `offset`: what an unloaded cell reads; the calibration knows it */
    double drift_per_s;    /* `drift`: counts that every cell gains a second; the calibration does not know it */
    double saturation_kPa; /* `saturation`: ceiling; 0: the type's own */
    int32_t dead_row;      /* first of dead_rows rows that read nothing; -1 none */
    uint32_t dead_rows;
    bool dead_known;                /* the cell map says so */
    double drop_pct;                /* `drop`: frames lost at random, by the counter */
    uint32_t drop_from, drop_count; /* and so many from this frame on */
};

/** A runner of 70 kg on 360 x 64 cells of 5 mm at 100 Hz. */
void mat_walker_default(struct mat_walker_config *ret_config);

/** Set what a preset sets: shape, arch, stance and step. */
void mat_walker_preset(struct mat_walker_config *config, enum mat_walker_preset preset);

/**
 * Read a text like "seed=1,rows=360,cols=64,pitch=5,rate=100,mass=70" over the defaults. Later keys win; `preset` works
 * first wherever it stands, since the others change what it sets. Words: preset normal|slow, dtype u8|u16|i16|f32,
 * first left|right|auto, direction up|down|alternate, dead_known 0|1.
 *
 * Returns  0; -EINVAL an unknown key, a value that is no number or out of range: err names it and its byte.
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
