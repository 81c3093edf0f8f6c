#include "scene.h"

#include "assert_close.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scene *scene_new(uint32_t rows, uint32_t cols, double pitch_mm, double rate_hz, enum gait_dtype dtype)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->geometry = (struct gait_geometry){
        .rows = rows, .cols = cols, .pitch_x_mm = pitch_mm, .pitch_y_mm = pitch_mm, .rate_hz = rate_hz, .dtype = dtype};
    s->kPa_per_count = dtype == GAIT_F32 ? 1 : dtype == GAIT_U8 ? 4 : 0.02;
    return s;
}

void scene_free(struct scene *scene)
{
    free(scene);
}

void scene_add(struct scene *scene, struct scene_blob blob)
{
    assert_true(scene->blobs < SCENE_BLOBS_MAX);
    scene->blob[scene->blobs++] = blob;
}

/* u ahead, v right of the foot's axis. */
static void add_part(struct scene *s, const struct scene_foot *f, double u, double lateral, double su, double sv,
                     double kPa, double a, double b)
{
    const double out = f->side == GAIT_SIDE_RIGHT ? lateral : -lateral;
    const double sn = sin(f->angle_rad), cs = cos(f->angle_rad), k = f->length_mm / 250;

    scene_add(s, (struct scene_blob){.kind = SCENE_GAUSSIAN,
                                     .window = SCENE_RAISED_COSINE,
                                     .x_mm = f->x_mm + u * k * sn + out * k * cs,
                                     .y_mm = f->y_mm + u * k * cs - out * k * sn,
                                     .rx_mm = sv * k,
                                     .ry_mm = su * k,
                                     .angle_rad = f->angle_rad,
                                     .peak_kPa = kPa * f->scale,
                                     .begin_s = f->t_s + a * f->stance_s,
                                     .end_s = f->t_s + b * f->stance_s});
}

void scene_add_foot(struct scene *scene, struct scene_foot foot)
{
    static const double met_v[] = {-26, -12, 2, 16, 30}, met_kPa[] = {150, 210, 200, 120, 90};

    add_part(scene, &foot, 30, 0, 19, 16, 300, 0, 0.66);
    add_part(scene, &foot, 105, 12, 35, 12, foot.arch_kPa, 0.10, 0.80);
    for (int k = 0; k < 5; k++)
        add_part(scene, &foot, (0.72 - 0.012 * k) * 250, met_v[k], 12, 8, met_kPa[k], 0.15 + 0.015 * (4 - k), 1);
    add_part(scene, &foot, 0.93 * 250, -24, 8, 7, 200, 0.5, 1);
    for (int k = 0; k < 4; k++)
        add_part(scene, &foot, (0.93 - 0.02 * k) * 250, -8 + 11 * k, 5, 5, 40, 0.5, 0.97);
}

double scene_add_walk(struct scene *scene, struct scene_walk w)
{
    for (uint32_t k = 0; k < w.n; k++) {
        const bool first = k % 2 == 0;
        const enum gait_side side = first ? w.first : w.first == GAIT_SIDE_LEFT ? GAIT_SIDE_RIGHT : GAIT_SIDE_LEFT;
        const double right = side == GAIT_SIDE_RIGHT ? 1 : -1;

        scene_add_foot(scene, (struct scene_foot){.x_mm = w.x_mm + right * w.width_mm / 2,
                                                  .y_mm = w.y_mm + k * w.step_mm,
                                                  .angle_rad = right * w.toe_out_rad,
                                                  .length_mm = 250,
                                                  .t_s = w.t_s + k * w.step_s,
                                                  .stance_s = w.stance_s,
                                                  .scale = 1,
                                                  .arch_kPa = 60,
                                                  .side = side});
    }
    return w.t_s + (w.n - 1) * w.step_s + w.stance_s;
}

static double window(const struct scene_blob *b, double t)
{
    const double z = (t - b->begin_s) / (b->end_s - b->begin_s);

    if (z <= 0 || z >= 1)
        return 0;
    if (b->window == SCENE_RAISED_COSINE)
        return (1 - cos(2 * M_PI * z)) / 2;
    return z < 0.15 ? z / 0.15 : z > 0.85 ? (1 - z) / 0.15 : 1;
}

/* sn and cs are those of the blob's angle: they would be most of the work of a cell. */
static double shape(const struct scene_blob *b, double sn, double cs, double x, double y)
{
    const double dx = x - b->x_mm, dy = y - b->y_mm;
    const double v = (dx * cs - dy * sn) / b->rx_mm, u = (dx * sn + dy * cs) / b->ry_mm;

    if (b->kind == SCENE_RECTANGLE)
        return fabs(u) <= 1 && fabs(v) <= 1 ? 1 : 0;
    return u * u + v * v > 40 ? 0 : exp(-(u * u + v * v) / 2);
}

double scene_pressure(const struct scene *scene, uint32_t row, uint32_t col, double t_s)
{
    const double x = (col + 0.5) * scene->geometry.pitch_x_mm, y = (row + 0.5) * scene->geometry.pitch_y_mm;
    double p = 0;

    for (uint32_t k = 0; k < scene->blobs; k++) {
        const struct scene_blob *b = &scene->blob[k];
        const double h = window(b, t_s);

        if (h > 0)
            p += b->peak_kPa * h * shape(b, sin(b->angle_rad), cos(b->angle_rad), x, y);
    }
    return p;
}

static void put(const struct scene *s, unsigned char *raw, size_t i, double p)
{
    const double count = s->geometry.dtype == GAIT_F32 ? p : floor(p / s->kPa_per_count + 0.5);
    const uint8_t b = (uint8_t)(count > 255 ? 255 : count);
    const uint16_t u = (uint16_t)(count > 65535 ? 65535 : count);
    const int16_t v = (int16_t)(count > 32767 ? 32767 : count);
    const float f = (float)count;

    if (s->geometry.dtype == GAIT_U8)
        raw[i] = b;
    else if (s->geometry.dtype == GAIT_U16)
        memcpy(raw + 2 * i, &u, 2);
    else if (s->geometry.dtype == GAIT_I16)
        memcpy(raw + 2 * i, &v, 2);
    else
        memcpy(raw + 4 * i, &f, 4);
}

/* A blob that presses now, and the cells it may reach. */
struct live_blob {
    const struct scene_blob *blob;
    double kPa, sn, cs;
    int r0, r1, c0, c1;
};

static uint32_t live_blobs(const struct scene *scene, double t_s, struct live_blob live[SCENE_BLOBS_MAX])
{
    const struct gait_geometry *g = &scene->geometry;
    uint32_t n = 0;

    for (uint32_t k = 0; k < scene->blobs; k++) {
        const struct scene_blob *b = &scene->blob[k];
        const double h = window(b, t_s), reach = 6.4 * fmax(b->rx_mm, b->ry_mm);
        const int r0 = (int)((b->y_mm - reach) / g->pitch_y_mm), r1 = (int)((b->y_mm + reach) / g->pitch_y_mm) + 1;
        const int c0 = (int)((b->x_mm - reach) / g->pitch_x_mm), c1 = (int)((b->x_mm + reach) / g->pitch_x_mm) + 1;

        if (h > 0)
            live[n++] = (struct live_blob){.blob = b,
                                           .kPa = b->peak_kPa * h,
                                           .sn = sin(b->angle_rad),
                                           .cs = cos(b->angle_rad),
                                           .r0 = r0,
                                           .r1 = r1,
                                           .c0 = c0 < 0 ? 0 : c0,
                                           .c1 = c1 < (int)g->cols ? c1 : (int)g->cols - 1};
    }
    return n;
}

/* Only the neighbourhood of live blobs is worked, row by row, so that large mats stay cheap. */
void scene_draw(const struct scene *scene, double t_s, void *ret_raw)
{
    const struct gait_geometry *g = &scene->geometry;
    struct live_blob live[SCENE_BLOBS_MAX];
    const uint32_t n = live_blobs(scene, t_s, live);
    double p[SCENE_COLS_MAX];

    assert_true(g->cols <= SCENE_COLS_MAX);
    for (uint32_t r = 0; r < g->rows; r++) {
        memset(p, 0, g->cols * sizeof *p);
        for (uint32_t k = 0; k < n; k++)
            for (int c = live[k].c0; (int)r >= live[k].r0 && (int)r <= live[k].r1 && c <= live[k].c1; c++)
                p[c] += live[k].kPa * shape(live[k].blob, live[k].sn, live[k].cs, (c + 0.5) * g->pitch_x_mm,
                                            (r + 0.5) * g->pitch_y_mm);
        for (uint32_t c = 0; c < g->cols; c++)
            put(scene, ret_raw, (size_t)r * g->cols + c, p[c]);
    }
}

void scene_state(const struct scene *scene, struct gait_trial_state *ret_state)
{
    struct gait_calibration c;

    gait_calibration_identity(&c);
    c.kPa_per_count = scene->kPa_per_count;
    c.version = 7;
    assert_int_equal(gait_trial_state_init(ret_state, &scene->geometry, &c), 0);
}

void scene_digest(uint64_t *d, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;

    for (size_t i = 0; i < n; i++)
        *d = (*d ^ b[i]) * UINT64_C(1099511628211);
}

static void take_closed(struct gait_pipeline *p, double t_s, struct scene_result *ret)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(p)) != NULL) {
        assert_true(ret->footfalls < SCENE_FOOTFALLS_MAX);
        scene_digest(&ret->digest, f->value, sizeof f->value);
        scene_digest(&ret->digest, &f->flags, sizeof f->flags);
        scene_digest(&ret->digest, f->region, sizeof f->region);
        ret->closed_s[ret->footfalls] = t_s;
        ret->footfall[ret->footfalls++] = *f;
        gait_pipeline_release(p, f);
    }
}

void scene_run(const struct scene *scene, const struct gait_trial_state *state, double duration_s, scene_hook *hook,
               void *user, struct scene_result *ret)
{
    struct gait_trial_state own;
    struct gait_pipeline *p;
    struct gait_slot slot = {.raw = malloc(gait_geometry_frame_bytes(&scene->geometry))};
    uint32_t lost = 0;

    assert_non_null(slot.raw);
    memset(ret, 0, sizeof *ret);
    if (!state)
        scene_state(scene, &own);
    assert_int_equal(gait_pipeline_new(&scene->geometry, NULL, NULL, &p), 0);
    assert_int_equal(gait_pipeline_start(p, state ? state : &own), 0);
    for (uint64_t k = 0; (double)k < duration_s * scene->geometry.rate_hz; k++) {
        const double t_s = (double)k / scene->geometry.rate_hz;

        slot.meta =
            (struct gait_frame_meta){.index = k, .seq = k, .t_mat_ns = (uint64_t)(t_s * 1e9 + 0.5), .gap_device = lost};
        slot.meta.t_ns = slot.meta.t_mat_ns + 1000;
        scene_draw(scene, t_s, slot.raw);
        if (hook && !hook(user, k, &slot)) {
            lost++;
            continue;
        }
        lost = 0;
        gait_pipeline_frame(p, &slot);
        ret->impulse_Ns += slot.numbers.force_N / scene->geometry.rate_hz;
        ret->force_max_N = fmax(ret->force_max_N, slot.numbers.force_N);
        ret->last = slot.numbers;
        scene_digest(&ret->digest, &slot.numbers, sizeof slot.numbers);
        scene_digest(&ret->digest, &slot.live, sizeof slot.live);
        take_closed(p, t_s, ret);
    }
    gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
    take_closed(p, duration_s, ret);
    gait_pipeline_counters(p, &ret->counters);
    gait_pipeline_free(p);
    free(slot.raw);
    if (!state)
        gait_trial_state_done(&own);
}
