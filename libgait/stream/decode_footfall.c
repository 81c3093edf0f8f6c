/* The footfall message back to the record it was made from. */
#include <gait/stream.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include <gait/cleanup.h>

#include "stream/footfall_fields.h"
#include "stream/json_read.h"

enum { COP_FRAMES_MAX = 1 << 20 };

static const char *const sides[] = {"unknown", "left", "right"};
static const char *const classes[] = {"unknown", "walking", "running", "standing"};

GAIT_DEFINE_CLEANUP(struct gait_footfall *, gait_footfall_free)

static void facts_of(struct reader *r, struct gait_footfall *f)
{
    f->id = (uint32_t)get_u64(r, "footfall", UINT32_MAX);
    f->side = (uint8_t)get_word(r, "side", sides, 3);
    f->side_print = (uint8_t)get_word(r, "side_print", sides, 3);
    f->gait_class = (uint8_t)get_word(r, "class", classes, 4);
    f->valid = get_bool(r, "valid");
    f->flags = get_flags(r, "flags", gait_footfall_flag_name);
    f->first_frame = get_u64(r, "first_frame", INT64_MAX);
    f->last_frame = get_u64(r, "last_frame", INT64_MAX);
    f->ic_mat_ns = get_u64(r, "ic_mat_ns", INT64_MAX);
    f->to_mat_ns = get_u64(r, "to_mat_ns", INT64_MAX);
    f->ic_ns = get_u64(r, "ic_ns", INT64_MAX);
    for (size_t i = 0; i < FOOTFALL_PLACES; i++)
        *(double *)(uintptr_t)footfall_place(f, i) = get_real(r, footfall_place_field[i].name);
    f->row0 = (uint32_t)get_u64(r, "picture_row", UINT32_MAX);
    f->col0 = (uint32_t)get_u64(r, "picture_col", UINT32_MAX);
}

/* A metric that this library does not know is passed over; one that the sender does not know stays NaN. */
static void metrics_of(struct reader *r, struct gait_footfall *f)
{
    const json_t *metrics = get_object(r, "metrics"), *reason = get_object(r, "reason");

    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        const char *name = gait_metric_info((enum gait_metric)i)->name;
        const json_t *value = json_object_get(metrics, name);
        const char *word = json_string_value(json_object_get(reason, name));
        int why = word ? gait_reason_find(word) : GAIT_REASON_NONE;

        f->value[i] = json_is_number(value) ? json_number_value(value) : (double)NAN;
        f->reason[i] = (uint8_t)(why < 0 || (!value && !word) ? GAIT_REASON_NOT_COMPUTED : why);
    }
}

static void regions_of(struct reader *r, struct gait_footfall *f)
{
    const json_t *regions = get_object(r, "regions");

    for (int i = 0; i < GAIT_REGION_COUNT; i++) {
        struct reader in = {.object = json_object_get(regions, gait_region_name((enum gait_region)i))};

        for (size_t k = 0; k < FOOTFALL_REGION_FIELDS; k++)
            *(double *)(uintptr_t)footfall_region_value(f, i, k) =
                json_is_object(in.object) ? get_real(&in, footfall_region_field[k].name) : (double)NAN;
        if (in.bad && !r->bad)
            r->bad = in.bad;
    }
}

static void curves_of(struct reader *r, struct gait_footfall *f)
{
    struct reader in = {.object = get_object(r, "curves")};

    for (int i = 0; i < GAIT_CURVE_COUNT && in.object; i++)
        get_reals(&in, gait_curve_name((enum gait_curve)i), f->curve[i], GAIT_CURVE_SAMPLES);
    if (in.bad && !r->bad)
        r->bad = in.bad;
}

static void cop_of(struct reader *r, struct gait_footfall *f)
{
    struct reader in = {.object = json_object_get(r->object, "cop")};

    get_reals(&in, "t_s", f->cop_t_s, f->cop_frames);
    get_reals(&in, "x_mm", f->cop_x_mm, f->cop_frames);
    get_reals(&in, "y_mm", f->cop_y_mm, f->cop_frames);
    get_reals(&in, "force_N", f->cop_force_N, f->cop_frames);
    get_reals(&in, "heel_force_N", f->heel_force_N, f->cop_frames);
    if (in.bad && !r->bad)
        r->bad = in.bad;
}

static void lines_of(struct reader *r, struct gait_footfall *f)
{
    struct reader in = {.object = get_object(r, "lines")};

    for (size_t i = 0; i < FOOTFALL_LINES; i++) {
        struct gait_line_mm *line = (struct gait_line_mm *)(uintptr_t)footfall_line(f, i);
        double at[4] = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};

        if (json_is_array(json_object_get(in.object, footfall_line_field[i].name)))
            get_reals(&in, footfall_line_field[i].name, at, 4);
        *line = (struct gait_line_mm){at[0], at[1], at[2], at[3]};
    }
    if (in.bad && !r->bad)
        r->bad = in.bad;
}

static void pictures_of(const struct gait_message *m, struct gait_footfall *f)
{
    size_t cells = (size_t)m->shape[1] * m->shape[2];

    f->rows = m->shape[1];
    f->cols = m->shape[2];
    if (cells) {
        memcpy(f->picture_max_kPa, m->payload, cells * sizeof(float));
        memcpy(f->picture_mean_kPa, (const float *)m->payload + cells, cells * sizeof(float));
    }
}

int gait_message_footfall(const struct gait_message *m, uint32_t *ret_trial, struct gait_footfall **ret_footfall,
                          struct gait_error *err)
{
    _cleanup_(gait_footfall_freep) struct gait_footfall *f = NULL;
    struct reader r = {.object = m->header};
    size_t frames = json_array_size(json_object_get(json_object_get(m->header, "cop"), "t_s"));
    uint32_t trial = (uint32_t)get_u64(&r, "trial", UINT32_MAX);
    int e;

    if (m->head.topic != GAIT_TOPIC_FOOTFALL)
        return -EINVAL;
    if (m->n_shape != 3 || m->shape[0] != 2 || frames > COP_FRAMES_MAX)
        return gait_error_set(err, -EBADMSG, "footfall message: shape or path is not as docs/STREAM.md says");
    e = gait_footfall_new((uint32_t)frames, m->shape[1] * m->shape[2], &f);
    if (e < 0)
        return e;
    f->cop_frames = (uint32_t)frames;
    facts_of(&r, f);
    metrics_of(&r, f);
    regions_of(&r, f);
    curves_of(&r, f);
    cop_of(&r, f);
    lines_of(&r, f);
    pictures_of(m, f);
    if (r.bad)
        return gait_error_set(err, -EBADMSG, "footfall message: member \"%s\" is missing or of the wrong type", r.bad);
    *ret_trial = trial;
    *ret_footfall = gait_steal(&f);
    return 0;
}
