#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "session/layout.h"

#define COLUMN(name, member, dtype, units, long_name)                              \
    {                                                                              \
        name, units, long_name, dtype, offsetof(struct gait_journal_frame, member) \
    }

const struct frame_column frame_columns[] = {
    COLUMN("frame", frame, GAIT_PACK_U64, "1", "trial frame number; a jump is a gap"),
    COLUMN("index", meta.index, GAIT_PACK_U64, "1", "number of the frame in the ring"),
    COLUMN("seq", meta.seq, GAIT_PACK_U64, "1", "the mat's own frame counter, unwrapped"),
    COLUMN("tick", meta.tick, GAIT_PACK_U64, "1",
           "the mat's own clock in its own ticks, unwrapped; 0 when it has none"),
    COLUMN("t_arrival_ns", meta.t_arrival_ns, GAIT_PACK_U64, "ns", "arrival, CLOCK_MONOTONIC"),
    COLUMN("t_mat_ns", meta.t_mat_ns, GAIT_PACK_U64, "ns", "the mat's own time; what the metrics use"),
    COLUMN("t_ns", meta.t_ns, GAIT_PACK_U64, "ns", "the mat's time placed on CLOCK_MONOTONIC"),
    COLUMN("gap_device", meta.gap_device, GAIT_PACK_U32, "1", "frames that the mat lost just before this one"),
    COLUMN("gap_ring", meta.gap_ring, GAIT_PACK_U32, "1", "frames that we could not take just before this one"),
    COLUMN("connection", meta.connection, GAIT_PACK_U32, "1", "rises at each reconnect"),
    COLUMN("frame_flags", meta.flags, GAIT_PACK_U32, "1", "facts about the frame, as bits"),
    COLUMN("calibration_version", calibration_version, GAIT_PACK_U32, "1",
           "calibration that the numbers were made with"),
    COLUMN("force_N", numbers.force_N, GAIT_PACK_F64, "N", "force of all cells in contact"),
    COLUMN("area_mm2", numbers.area_mm2, GAIT_PACK_F64, "mm2", "area in contact"),
    COLUMN("peak_kPa", numbers.peak_kPa, GAIT_PACK_F64, "kPa", "largest pressure of one cell"),
    COLUMN("mean_kPa", numbers.mean_kPa, GAIT_PACK_F64, "kPa", "force over area in contact"),
    COLUMN("cop_x_mm", numbers.cop_x_mm, GAIT_PACK_F64, "mm", "centre of pressure across the mat; NaN at small force"),
    COLUMN("cop_y_mm", numbers.cop_y_mm, GAIT_PACK_F64, "mm",
           "centre of pressure along the walkway; NaN at small force"),
    COLUMN("contact_cells", numbers.contact_cells, GAIT_PACK_U32, "1", "cells in contact"),
    COLUMN("saturated_cells", numbers.saturated_cells, GAIT_PACK_U32, "1", "cells at their ceiling"),
    COLUMN("peak_cell", numbers.peak_cell, GAIT_PACK_U32, "1",
           "cell of the largest pressure, row * columns + column; 4294967295 with no contact"),
    COLUMN("open_footfalls", numbers.open_footfalls, GAIT_PACK_U32, "1", "footfalls open after this frame"),
};
const size_t n_frame_columns = sizeof(frame_columns) / sizeof(frame_columns[0]);

static int time_axis(struct layout *l)
{
    const struct trial *t = l->trial;
    _cleanup_free_ double *seconds = malloc((size_t)(t->t.frames ? t->t.frames : 1) * sizeof(*seconds));
    char path[H5_PATH_MAX];

    if (!seconds)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint64_t i = 0; i < t->t.frames; i++)
        seconds[i] = (double)(int64_t)(t->frame[i].meta.t_mat_ns - l->t0_ns) * 1e-9;
    return layout_column(l, layout_path(l, path, "time"), NULL, GAIT_PACK_F64, t->t.frames, seconds, sizeof(double),
                         "s", "mat time since the first frame");
}

static uint32_t most_pads(const struct trial *t)
{
    uint32_t n = 0;

    for (uint64_t i = 0; i < t->t.frames; i++)
        n = t->frame[i].meta.pads.n > n ? t->frame[i].meta.pads.n : n;
    return n;
}

static double pad_age_s(const struct gait_frame_pads *pads, uint32_t pad)
{
    return pad < pads->n && pads->age_us[pad] != GAIT_PAD_MISSING ? pads->age_us[pad] * 1e-6 : (double)NAN;
}

/* pad_age_s(time, pad) of a tiled mat. */
static int pad_ages(struct layout *l, const char *time)
{
    const struct trial *t = l->trial;
    const uint32_t n = most_pads(t);
    _cleanup_free_ double *age = malloc(((size_t)t->t.frames * n + 1) * sizeof *age);
    uint32_t number[GAIT_PADS_MAX];
    char path[H5_PATH_MAX], pad[H5_PATH_MAX];
    struct h5_array a = {layout_path(l, path, "pad_age_s"),
                         GAIT_PACK_F64,
                         2,
                         {t->t.frames, n},
                         {time, layout_path(l, pad, "pad")},
                         "s",
                         "age of each pad's frame when the clock pad's came; NaN: the pad is not in the frame"};
    int r;

    if (n == 0)
        return 0;
    if (!age)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint32_t k = 0; k < n; k++)
        number[k] = k + 1;
    for (uint64_t i = 0; i < t->t.frames; i++)
        for (uint32_t k = 0; k < n; k++)
            age[i * n + k] = pad_age_s(&t->frame[i].meta.pads, k);
    r = layout_column(l, pad, NULL, GAIT_PACK_U32, n, number, sizeof *number, "1",
                      "pad of the tiled mat, in the order of its profile, from 1");
    return r < 0 ? r : h5_write(l->w, &a, age);
}

static const char *frame_flag(uint32_t bit)
{
    return gait_frame_flag_name(bit);
}

int layout_frames(struct layout *l)
{
    const struct trial *t = l->trial;
    char path[H5_PATH_MAX], time[H5_PATH_MAX];
    int r = time_axis(l);

    layout_path(l, time, "time");
    for (size_t i = 0; r == 0 && i < n_frame_columns; i++) {
        const struct frame_column *c = &frame_columns[i];

        r = layout_column(l, layout_path(l, path, c->name), time, c->dtype, t->t.frames,
                          (const uint8_t *)t->frame + c->offset, sizeof(*t->frame), c->units, c->long_name);
    }
    if (r == 0)
        r = pad_ages(l, time);
    return r < 0 ? r : layout_flag_bits(l->w, layout_path(l, path, "frame_flags"), frame_flag);
}
