/* What a loaded mat shows over a stretch of frames: the mean count of each cell, and the force of each frame. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recorder.h"

struct collect {
    const struct gait_geometry *geometry; /* the lane's */
    uint32_t wanted, frames;
    uint64_t first_ns, last_ns;
    double *sum;     /* [rows*cols] */
    double *force_N; /* [wanted] */
};

struct collect *collect_free(struct collect *c)
{
    if (c) {
        free(c->sum);
        free(c->force_N);
        free(c);
    }
    return NULL;
}

int collect_new(const struct gait_geometry *geometry, uint32_t frames, struct collect **ret_collect)
{
    struct collect *c = calloc(1, sizeof *c);

    if (!c)
        return -ENOMEM;
    c->geometry = geometry;
    c->wanted = frames;
    c->sum = calloc(gait_geometry_cells(geometry), sizeof *c->sum);
    c->force_N = calloc(frames, sizeof *c->force_N);
    if (!c->sum || !c->force_N) {
        collect_free(c);
        return -ENOMEM;
    }
    *ret_collect = c;
    return 0;
}

static double sample(enum gait_dtype dtype, const unsigned char *raw, size_t i)
{
    uint16_t u;
    int16_t s;
    float f;

    if (dtype == GAIT_U8)
        return raw[i];
    if (dtype == GAIT_F32) {
        memcpy(&f, raw + i * sizeof f, sizeof f);
        return isfinite(f) ? (double)f : 0;
    }
    memcpy(&u, raw + i * sizeof u, sizeof u);
    memcpy(&s, &u, sizeof s);
    return dtype == GAIT_I16 ? s : u;
}

int collect_add(struct collect *c, const struct gait_slot *slot)
{
    const size_t cells = gait_geometry_cells(c->geometry);

    for (size_t i = 0; i < cells; i++)
        c->sum[i] += sample(c->geometry->dtype, slot->raw, i);
    if (!c->frames)
        c->first_ns = slot->meta.t_mat_ns;
    c->last_ns = slot->meta.t_mat_ns;
    c->force_N[c->frames++] = slot->numbers.force_N;
    return c->frames == c->wanted;
}

void collect_finish(struct collect *c, struct news *news)
{
    const size_t cells = gait_geometry_cells(c->geometry);
    float *count = calloc(cells, sizeof *count);

    for (size_t i = 0; count && i < cells; i++)
        count[i] = (float)(c->sum[i] / c->frames);
    news->collected.any = true;
    news->collected.count = count;
    news->collected.force_N = c->force_N;
    news->collected.frames = c->frames;
    news->collected.duration_s = (double)(c->last_ns - c->first_ns) / 1e9 + 1 / c->geometry->rate_hz;
    c->force_N = NULL;
}
