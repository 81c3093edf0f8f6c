#include "walker.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walker_config.h"
#include "walker_gait.h"
#include "walker_print.h"
#include "walker_random.h"
#include "walker_truth.h"

enum { STREAM_DROP = 1 << 28 };

struct walker {
    struct gait_frame_source source; /* first: the two are cast into each other */
    struct mat_walker_config config;
    struct gait_source_info info;
    struct walker_walk walk;
    struct walker_print *print; /* [walk.steps] */
    char *truth_json;
    double *kPa;     /* [cells] one frame before the mat spoils it */
    double ceiling;  /* counts */
    uint64_t frames; /* in all, dropped ones too */
    uint64_t next;
};

static const struct walker *walker_of(const struct gait_frame_source *source)
{
    return (const struct walker *)source;
}

/* --- one frame ------------------------------------------------------------------------------- */

static bool is_dropped(const struct walker *w, uint64_t frame)
{
    struct walker_random r = walker_random_of(w->config.seed, w->config.pass, STREAM_DROP + frame);

    if (frame == 0)
        return false;
    if (frame >= w->config.drop_from && frame - w->config.drop_from < w->config.drop_count)
        return true;
    return walker_random_unit(&r) * 100 < w->config.drop_pct;
}

static void press(struct walker *w, double t_s)
{
    memset(w->kPa, 0, gait_geometry_cells(&w->info.geometry) * sizeof *w->kPa);
    for (uint32_t k = 0; k < w->walk.steps; k++)
        if (walker_step_down(&w->walk.step[k], t_s))
            walker_print_add(&w->print[k], &w->walk.step[k], &w->info.geometry, t_s, w->kPa);
}

static void put_count(void *raw, size_t cell, enum gait_dtype dtype, double count)
{
    if (dtype == GAIT_U8)
        ((uint8_t *)raw)[cell] = (uint8_t)(count + 0.5);
    else if (dtype == GAIT_F32)
        ((float *)raw)[cell] = (float)count;
    else /* u16, and i16 that is never negative */
        ((uint16_t *)raw)[cell] = (uint16_t)(count + 0.5);
}

/* kPa to counts, with all that this mat does to them. Returns how many cells stand at the ceiling. */
static uint32_t convert(const struct walker *w, uint64_t frame, double t_s, void *raw)
{
    struct walker_random r = walker_random_of(w->config.seed, w->config.pass, frame);
    size_t cells = gait_geometry_cells(&w->info.geometry);
    double per_kPa = 1 / w->info.calibration.kPa_per_count;
    double base = w->config.offset_counts + w->config.drift_per_s * t_s;
    uint32_t saturated = 0;

    for (size_t c = 0; c < cells; c++) {
        double count = w->kPa[c] * per_kPa + base;

        if (w->config.noise_counts > 0)
            count += w->config.noise_counts * walker_random_normal(&r);
        if (count >= w->ceiling) {
            count = w->ceiling;
            saturated++;
        }
        put_count(raw, c, w->config.dtype, count > 0 ? count : 0);
    }
    return saturated;
}

static void kill_rows(const struct walker *w, void *raw)
{
    const struct gait_geometry *g = &w->info.geometry;
    size_t row_bytes = g->cols * gait_dtype_size(g->dtype);

    for (uint32_t i = 0; w->config.dead_row >= 0 && i < w->config.dead_rows; i++)
        if ((uint32_t)w->config.dead_row + i < g->rows)
            memset((char *)raw + ((uint32_t)w->config.dead_row + i) * row_bytes, 0, row_bytes);
}

static int walker_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                       struct gait_error *err)
{
    struct walker *w = (struct walker *)source;
    uint32_t gap = 0;
    double t_s;

    (void)err;
    for (; w->next < w->frames && is_dropped(w, w->next); w->next++)
        gap++;
    if (w->next >= w->frames)
        return 0;
    t_s = (double)w->next / w->config.rate_hz;
    press(w, t_s);
    ret_meta->flags = convert(w, w->next, t_s, raw) > 0 ? GAIT_FRAME_SATURATED : 0;
    kill_rows(w, raw);
    ret_meta->seq = w->next;
    ret_meta->tick = 0;
    ret_meta->t_mat_ns = (uint64_t)llround((double)w->next * 1e9 / w->config.rate_hz);
    ret_meta->gap_device = gap;
    w->next++;
    return 1;
}

static int walker_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    (void)err;
    ((struct walker *)source)->next = 0;
    return 0;
}

static const struct gait_source_info *walker_info(const struct gait_frame_source *source)
{
    return &walker_of(source)->info;
}

static const char *walker_truth_text(const struct gait_frame_source *source)
{
    return walker_of(source)->truth_json;
}

static void walker_free(struct gait_frame_source *source)
{
    struct walker *w = (struct walker *)source;

    if (!w)
        return;
    for (uint32_t k = 0; w->print && k < w->walk.steps; k++)
        walker_print_done(&w->print[k]);
    free(w->print);
    walker_walk_done(&w->walk);
    gait_geometry_done(&w->info.geometry);
    gait_calibration_done(&w->info.calibration);
    free(w->truth_json);
    free(w->kPa);
    free(w);
}

/* --- making ---------------------------------------------------------------------------------- */

static const struct gait_frame_source_ops ops = {
    .info = walker_info,
    .next = walker_next,
    .rewind = walker_rewind,
    .truth_json = walker_truth_text,
    .free = walker_free,
};

static int make_geometry(struct walker *w)
{
    const struct mat_walker_config *c = &w->config;
    struct gait_geometry *g = &w->info.geometry;

    *g = (struct gait_geometry){.rows = c->rows,
                                .cols = c->cols,
                                .pitch_x_mm = c->pitch_x_mm,
                                .pitch_y_mm = c->pitch_y_mm,
                                .rate_hz = c->rate_hz,
                                .dtype = c->dtype};
    if (!c->dead_known || c->dead_row < 0)
        return 0;
    g->cell = calloc(gait_geometry_cells(g), 1);
    if (!g->cell)
        return -ENOMEM;
    for (uint32_t i = 0; i < c->dead_rows && (uint32_t)c->dead_row + i < g->rows; i++)
        memset(g->cell + ((size_t)c->dead_row + i) * g->cols, GAIT_CELL_DEAD, g->cols);
    return 0;
}

static double type_ceiling(enum gait_dtype dtype)
{
    switch (dtype) {
    case GAIT_U8:
        return UINT8_MAX;
    case GAIT_U16:
        return UINT16_MAX;
    case GAIT_I16:
        return INT16_MAX;
    default:
        return INFINITY;
    }
}

static int make_calibration(struct walker *w)
{
    const struct mat_walker_config *c = &w->config;
    struct gait_calibration *cal = &w->info.calibration;
    size_t cells = gait_geometry_cells(&w->info.geometry);

    gait_calibration_identity(cal);
    cal->kPa_per_count = walker_config_kPa_per_count(c);
    if (cal->kPa_per_count != 1)
        snprintf(cal->model, sizeof cal->model, "linear");
    w->ceiling = type_ceiling(c->dtype);
    if (c->saturation_kPa > 0)
        w->ceiling = fmin(w->ceiling, floor(c->saturation_kPa / cal->kPa_per_count + c->offset_counts));
    if (isfinite(w->ceiling))
        cal->saturation_count = w->ceiling;
    if (c->offset_counts == 0)
        return 0;
    cal->offset = malloc(cells * sizeof *cal->offset);
    if (!cal->offset)
        return -ENOMEM;
    for (size_t i = 0; i < cells; i++)
        cal->offset[i] = (float)c->offset_counts;
    return 0;
}

static int make_truth(struct walker *w)
{
    struct walker_truth *truth = calloc(w->walk.steps, sizeof *truth);
    int r = truth ? 0 : -ENOMEM;

    for (uint32_t k = 0; r == 0 && k < w->walk.steps; k++)
        r = walker_truth_make(&w->walk.step[k], &w->print[k], &w->info.geometry, &truth[k]);
    if (r == 0)
        r = walker_truth_json(&w->config, &w->walk, truth, &w->truth_json);
    free(truth);
    return r;
}

static int make_walk(struct walker *w)
{
    int r = walker_walk_make(&w->config, &w->walk);

    if (r < 0)
        return r;
    w->frames = (uint64_t)ceil((w->walk.end_s + w->config.tail_s) * w->config.rate_hz) + 1;
    w->print = calloc(w->walk.steps, sizeof *w->print);
    if (!w->print)
        return -ENOMEM;
    for (uint32_t k = 0; r == 0 && k < w->walk.steps; k++)
        r = walker_print_make(&w->walk.step[k], &w->info.geometry, &w->print[k]);
    return r;
}

static void make_info(struct walker *w)
{
    snprintf(w->info.format, sizeof w->info.format, "walker");
    snprintf(w->info.device, sizeof w->info.device, "synthetic runner, seed %llu", (unsigned long long)w->config.seed);
    w->info.has_counter = true;
    for (uint64_t i = 0; i < w->frames; i++)
        w->info.frames += !is_dropped(w, i);
}

static int make(struct walker *w)
{
    int r = make_geometry(w);

    if (r == 0)
        r = make_calibration(w);
    if (r == 0)
        r = make_walk(w);
    if (r == 0)
        r = make_truth(w);
    if (r < 0)
        return r;
    make_info(w);
    w->kPa = calloc(gait_geometry_cells(&w->info.geometry), sizeof *w->kPa);
    return w->kPa ? 0 : -ENOMEM;
}

int mat_walker_new(const struct mat_walker_config *config, struct gait_frame_source **ret_source,
                   struct gait_error *err)
{
    struct walker *w;
    int r = walker_config_check(config, err);

    if (r < 0)
        return r;
    w = calloc(1, sizeof *w);
    if (!w)
        return gait_error_set(err, -ENOMEM, "walker: out of memory");
    w->source.ops = &ops;
    w->config = *config;
    r = make(w);
    if (r < 0) {
        walker_free(&w->source);
        return gait_error_set(err, r, "walker: out of memory for %u x %u cells", config->rows, config->cols);
    }
    *ret_source = &w->source;
    return 0;
}
