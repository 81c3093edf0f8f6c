#include "pattern_source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gait/frame_source.h>

struct pattern {
    struct gait_frame_source base;
    struct gait_source_info info;
    uint64_t next;
};

uint16_t pattern_count(uint64_t seq, uint32_t cell)
{
    uint64_t x = (seq + 1) * 0x9e3779b97f4a7c15u ^ (cell + 1) * 0xbf58476d1ce4e5b9u;

    x ^= x >> 29;
    x *= 0x94d049bb133111ebu;
    return (uint16_t)((x >> 40) & 0x0fff);
}

static const struct gait_source_info *pattern_info(const struct gait_frame_source *source)
{
    return &((const struct pattern *)source)->info;
}

static int pattern_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                        struct gait_error *err)
{
    struct pattern *p = (struct pattern *)source;
    uint32_t cells = p->info.geometry.rows * p->info.geometry.cols;

    (void)err;
    if (p->info.frames && p->next >= p->info.frames)
        return 0;
    for (uint32_t i = 0; i < cells; i++) {
        uint16_t v = pattern_count(p->next, i);

        if (p->info.geometry.dtype == GAIT_U8)
            ((uint8_t *)raw)[i] = (uint8_t)v;
        else
            ((uint16_t *)raw)[i] = v;
    }
    ret_meta->seq = p->next;
    ret_meta->t_mat_ns = (uint64_t)llrint((double)p->next * 1e9 / p->info.geometry.rate_hz);
    p->next++;
    return 1;
}

static int pattern_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    (void)err;
    ((struct pattern *)source)->next = 0;
    return 0;
}

static const char *pattern_truth(const struct gait_frame_source *source)
{
    (void)source;
    return NULL;
}

static void pattern_free(struct gait_frame_source *source)
{
    free(source);
}

static const struct gait_frame_source_ops pattern_ops = {
    .info = pattern_info,
    .next = pattern_next,
    .rewind = pattern_rewind,
    .truth_json = pattern_truth,
    .free = pattern_free,
};

struct gait_frame_source *pattern_source(uint32_t rows, uint32_t cols, enum gait_dtype dtype, double rate_hz,
                                         uint64_t frames)
{
    struct pattern *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    p->base.ops = &pattern_ops;
    p->info.frames = frames;
    p->info.has_counter = true;
    p->info.geometry = (struct gait_geometry){
        .rows = rows, .cols = cols, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = rate_hz, .dtype = dtype};
    gait_calibration_identity(&p->info.calibration);
    snprintf(p->info.format, sizeof p->info.format, "pattern");
    return &p->base;
}
