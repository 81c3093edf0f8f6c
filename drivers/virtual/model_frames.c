/* The next frame out of the source, as counts and then as bytes. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "virtual/model_internal.h"

static uint16_t clip(double count)
{
    return !(count > 0) ? 0 : count >= 65535 ? 65535 : (uint16_t)lrint(count);
}

static void to_counts(struct mat_model *m)
{
    size_t n = (size_t)m->info->geometry.rows * m->info->geometry.cols;

    for (size_t i = 0; i < n; i++) {
        float kPa;
        int16_t i16;

        switch (m->info->geometry.dtype) {
        case GAIT_U8:
            m->count[i] = m->raw[i];
            break;
        case GAIT_U16:
            memcpy(&m->count[i], m->raw + 2 * i, 2);
            break;
        case GAIT_I16:
            memcpy(&i16, m->raw + 2 * i, 2);
            m->count[i] = i16 < 0 ? 0 : (uint16_t)i16;
            break;
        default:
            memcpy(&kPa, m->raw + 4 * i, 4);
            m->count[i] = clip((double)kPa / m->kPa_per_count);
        }
    }
}

static int read_source(struct mat_model *m, struct gait_frame_meta *meta)
{
    struct gait_error err = {0};
    int r = gait_source_next(m->source, m->raw, meta, &err);

    if (r != 0 || !m->loop || !m->frames)
        return r;
    r = gait_source_rewind(m->source, &err);
    if (r < 0)
        return r;
    m->tick_base_us += m->last_t_ns / 1000 + (uint64_t)(1e6 / m->info->geometry.rate_hz);
    return gait_source_next(m->source, m->raw, meta, &err);
}

int model_next_frame(struct mat_model *m)
{
    struct gait_frame_meta meta = {0};
    int r = read_source(m, &meta);

    if (r <= 0)
        return r;
    to_counts(m);
    m->last_t_ns = meta.t_mat_ns;
    m->seq += meta.gap_device;
    model_fault_seq(m);
    struct model_frame frame = {.seq = m->seq++,
                                .tick_us = m->tick_base_us + meta.t_mat_ns / 1000,
                                .count = m->count,
                                .rows = m->info->geometry.rows,
                                .cols = m->info->geometry.cols};
    m->frames++;
    m->out_used = m->out_sent = 0;
    m->parts_made = m->parts;
    for (unsigned k = 0; k < m->parts; k++) {
        m->out_used += m->wire.encode(m, &frame, k, m->out + m->out_used);
        m->part_end[k] = m->out_used;
    }
    model_fault_frame(m);
    return 1;
}
