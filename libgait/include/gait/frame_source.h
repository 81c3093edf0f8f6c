/*
 * Where recorded or invented frames come from: vendor files (formats/in), journals, session files, the walker.
 * The replay transport pulls from it in its own thread; tests and `gait analyse` pull from it directly.
 */
#ifndef GAIT_FRAME_SOURCE_H
#define GAIT_FRAME_SOURCE_H

#include <stdint.h>

#include <gait/api.h>
#include <gait/calibration.h>
#include <gait/error.h>
#include <gait/frame.h>

/* What a source can say before its first frame. Strings are never NULL; "" when unknown. */
struct gait_source_info {
    struct gait_geometry geometry;
    struct gait_calibration calibration; /* identity for files in kPa */
    char format[32];                     /* "emed-lst", "tekscan", "footscan", "journal", "session", "walker" */
    char device[64];                     /* maker's device or sensor name as the file tells it; never a person's name */
    char side[8];                        /* "left", "right" where the file says so, else "" */
    uint64_t frames;                     /* in all; 0 unknown */
    bool has_counter;                    /* seq is the mat's own */
    bool picture; /* one frame, each cell's largest pressure: no time, and its sum is no force that ever acted */
};

/*
 * A source. One owner, one thread at a time. Embed it as first member of the implementation.
 */
struct gait_frame_source {
    const struct gait_frame_source_ops *ops;
};

struct gait_frame_source_ops {
    /* What the source gives. Result valid until free. Never fails: opening has failed before. */
    const struct gait_source_info *(*info)(const struct gait_frame_source *source);

    /*
     * Read the next frame: raw[rows*cols] samples of info()->geometry.dtype, row 0 at y = 0. Fills seq, tick, t_mat_ns
     * (from 0 at the first frame), gap_device, flags and, of a tiled mat, pads of *ret_meta and leaves the rest alone. May block on files; no one else.
     * Returns 1 a frame; 0 the end; negative errno with err set (bad input: file, line or byte, what to do).
     */
    int (*next)(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta, struct gait_error *err);

    /* Start over at the first frame, giving the same frames again. Returns 0 or negative errno. */
    int (*rewind)(struct gait_frame_source *source, struct gait_error *err);

    /* The true metrics beside the frames (walker only) as a JSON text, or NULL. Valid until free. */
    const char *(*truth_json)(const struct gait_frame_source *source);

    void (*free)(struct gait_frame_source *source); /* NULL is fine */
};

static inline const struct gait_source_info *gait_source_info(const struct gait_frame_source *s)
{
    return s->ops->info(s);
}

static inline int gait_source_next(struct gait_frame_source *s, void *raw, struct gait_frame_meta *ret_meta,
                                   struct gait_error *err)
{
    return s->ops->next(s, raw, ret_meta, err);
}

static inline int gait_source_rewind(struct gait_frame_source *s, struct gait_error *err)
{
    return s->ops->rewind(s, err);
}

static inline void gait_source_free(struct gait_frame_source *s)
{
    if (s)
        s->ops->free(s);
}

#endif
