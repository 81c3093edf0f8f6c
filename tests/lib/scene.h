#ifndef SCENE_H
#define SCENE_H

/*
 * Analytic scenes for tests of the frame level and the pipeline: rectangles and Gaussian blobs that come and go in time windows (metrics.md section 10, T1 to T3), drawn
 * into frames of any geometry and type, and a trial run over them.
 */
#include <stdint.h>

#include "gait/pipeline.h"

enum scene_kind { SCENE_RECTANGLE = 1, SCENE_GAUSSIAN = 2 };
enum scene_window {
    SCENE_RAISED_COSINE = 1,
    SCENE_TRAPEZOID = 2
}; /* trapezoid: rises and falls in 15 % of the window each */

struct scene_blob {
    enum scene_kind kind;
    enum scene_window window;
    double x_mm, y_mm;   /* centre */
    double rx_mm, ry_mm; /* half sides, or sigmas */
    double angle_rad;    /* of the blob's y axis from the mat's, clockwise seen from above (right) */
    double peak_kPa;
    double begin_s, end_s;
};

enum { SCENE_BLOBS_MAX = 4096, SCENE_COLS_MAX = 1024 };

struct scene {
    struct gait_geometry geometry;
    double kPa_per_count; /* integers: rounded to counts; 1 for float */
    uint32_t blobs;
    struct scene_blob blob[SCENE_BLOBS_MAX];
};

/* A scene with nothing in it. f32 for GAIT_F32, else counts of 0.02 kPa (u16, i16) or 4 kPa (u8). */
struct scene *scene_new(uint32_t rows, uint32_t cols, double pitch_mm, double rate_hz, enum gait_dtype dtype);
void scene_free(struct scene *scene);

void scene_add(struct scene *scene, struct scene_blob blob);

/* One foot of metrics.md T3: heel at (x,y), pointing `angle_rad` right of +y, landing at t_s for stance_s. side: GAIT_SIDE_LEFT or RIGHT. scale: of its pressures. */
struct scene_foot {
    double x_mm, y_mm, angle_rad, length_mm, t_s, stance_s, scale, arch_kPa;
    enum gait_side side;
};
void scene_add_foot(struct scene *scene, struct scene_foot foot);

/* A steady walk: n footfalls along +y from (x,y), alternating, first foot as told; returns the time of the last toe-off. */
struct scene_walk {
    double x_mm, y_mm, t_s, step_mm, width_mm, step_s, stance_s, toe_out_rad;
    enum gait_side first;
    uint32_t n;
};
double scene_add_walk(struct scene *scene, struct scene_walk walk);

/* Pressure at a cell's centre and time, kPa. */
double scene_pressure(const struct scene *scene, uint32_t row, uint32_t col, double t_s);
void scene_draw(const struct scene *scene, double t_s, void *ret_raw);

enum { SCENE_FOOTFALLS_MAX = 64, SCENE_FRAMES_MAX = 20000 };

/* What a trial over a scene gave. */
struct scene_result {
    uint32_t footfalls;
    struct gait_footfall footfall[SCENE_FOOTFALLS_MAX]; /* without paths and pictures */
    double closed_s[SCENE_FOOTFALLS_MAX];               /* when each came; the last ones maybe at the end */
    struct gait_pipeline_counters counters;
    struct gait_frame_numbers last;
    double impulse_Ns, force_max_N; /* of all frames; rectangle sum */
    uint64_t digest;                /* of all numbers, live feet and records, to the bit */
};

/* Changes a frame before it is worked (drop it: return false; the next frame then carries the gap). NULL: none. */
typedef bool scene_hook(void *user, uint64_t frame, struct gait_slot *slot);

/* Runs one trial of duration_s and finishes it with CUT. state NULL: defaults with kPa_per_count. */
void scene_run(const struct scene *scene, const struct gait_trial_state *state, double duration_s, scene_hook *hook,
               void *user, struct scene_result *ret);

/* Mixes bytes into a digest. */
void scene_digest(uint64_t *digest, const void *bytes, size_t n);

/* A default state for the scene; gait_trial_state_done(). */
void scene_state(const struct scene *scene, struct gait_trial_state *ret_state);

#endif
