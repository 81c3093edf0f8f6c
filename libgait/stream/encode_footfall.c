/* The footfall message: every number of the final record, so that a subscriber can hold the same bits as the file. */
#include "stream/json_write.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "stream/footfall_fields.h"

static json_t *metrics_object(struct writer *outer, const struct gait_footfall *f)
{
    json_t *metrics = json_object(), *reason = json_object_get(outer->object, "reason");

    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        const char *name = gait_metric_info((enum gait_metric)i)->name;
        enum gait_reason why = (enum gait_reason)f->reason[i];

        if (json_object_set_new(metrics, name, real_or_null(f->value[i])) < 0)
            outer->failed = true;
        if (isfinite(f->value[i]) && why == GAIT_REASON_NONE)
            continue;
        if (why == GAIT_REASON_NONE)
            why = GAIT_REASON_NOT_COMPUTED;
        if (json_object_set_new(reason, name, json_string(gait_reason_name(why))) < 0)
            outer->failed = true;
    }
    return metrics;
}

static json_t *regions_object(struct writer *outer, const struct gait_footfall *f)
{
    json_t *regions = json_object();

    for (int i = 0; i < GAIT_REGION_COUNT; i++) {
        json_t *region = json_pack("{s:s}", "mask", gait_region_mask((enum gait_region)i));

        for (size_t k = 0; k < FOOTFALL_REGION_FIELDS; k++)
            if (json_object_set_new(region, footfall_region_field[k].name,
                                    real_or_null(*footfall_region_value(f, i, k))) < 0)
                outer->failed = true;
        if (json_object_set_new(regions, gait_region_name((enum gait_region)i), region) < 0)
            outer->failed = true;
    }
    return regions;
}

static json_t *curves_object(struct writer *outer, const struct gait_footfall *f)
{
    json_t *curves = json_object();

    for (int i = 0; i < GAIT_CURVE_COUNT; i++)
        if (json_object_set_new(curves, gait_curve_name((enum gait_curve)i),
                                real_array(f->curve[i], GAIT_CURVE_SAMPLES)) < 0)
            outer->failed = true;
    return curves;
}

static json_t *cop_object(const struct gait_footfall *f)
{
    struct writer w = {.object = json_object()};

    put(&w, "t_s", real_array(f->cop_t_s, f->cop_frames));
    put(&w, "x_mm", real_array(f->cop_x_mm, f->cop_frames));
    put(&w, "y_mm", real_array(f->cop_y_mm, f->cop_frames));
    put(&w, "force_N", real_array(f->cop_force_N, f->cop_frames));
    put(&w, "heel_force_N", real_array(f->heel_force_N, f->cop_frames));
    return w.object;
}

static json_t *lines_object(const struct gait_footfall *f)
{
    struct writer w = {.object = json_object()};

    for (size_t i = 0; i < FOOTFALL_LINES; i++) {
        const struct gait_line_mm *line = footfall_line(f, i);
        const double at[4] = {line->x0, line->y0, line->x1, line->y1};

        put(&w, footfall_line_field[i].name, isnan(line->x0) ? json_null() : real_array(at, 4));
    }
    return w.object;
}

static void put_facts(struct writer *w, uint32_t trial, const struct gait_footfall *f)
{
    put_u64(w, "trial", trial);
    put_u64(w, "footfall", f->id);
    put_u64(w, "algorithm_version", GAIT_ALGORITHM_VERSION);
    put_text(w, "side", gait_side_name((enum gait_side)f->side));
    put_text(w, "side_print", gait_side_name((enum gait_side)f->side_print));
    put_text(w, "class", gait_class_name((enum gait_class)f->gait_class));
    put_bool(w, "valid", f->valid != 0);
    put_flags(w, "flags", f->flags, gait_footfall_flag_name);
    put_u64(w, "first_frame", f->first_frame);
    put_u64(w, "last_frame", f->last_frame);
    put_u64(w, "ic_mat_ns", f->ic_mat_ns);
    put_u64(w, "to_mat_ns", f->to_mat_ns);
    put_u64(w, "ic_ns", f->ic_ns);
    put(w, "reason", json_object());
    for (size_t i = 0; i < FOOTFALL_PLACES; i++) {
        double value = *footfall_place(f, i);

        put_real(w, footfall_place_field[i].name, value, isnan(value) ? GAIT_REASON_DEGENERATE : GAIT_REASON_NONE);
    }
}

int gait_stream_footfall(const struct gait_stream_head *head, uint32_t trial, const struct gait_footfall *f,
                         char **ret_header, float *ret_payload)
{
    struct writer w = {0};
    size_t cells;
    char *header;
    int r;

    if (!head || !f || !ret_payload)
        return -EINVAL;
    w.object = json_object();
    if (!w.object)
        return -ENOMEM;
    cells = (size_t)f->rows * f->cols;
    put_head(&w, head);
    put_text(&w, "dtype", "<f4");
    put(&w, "shape", json_pack("[i,I,I]", 2, (json_int_t)f->rows, (json_int_t)f->cols));
    put_text(&w, "unit", "kPa");
    put_facts(&w, trial, f);
    put(&w, "metrics", metrics_object(&w, f));
    put(&w, "regions", regions_object(&w, f));
    put(&w, "curves", curves_object(&w, f));
    put(&w, "cop", cop_object(f));
    put(&w, "lines", lines_object(f));
    put_u64(&w, "picture_row", f->row0);
    put_u64(&w, "picture_col", f->col0);
    r = writer_finish(&w, &header);
    if (r < 0)
        return r;
    if (cells) {
        memcpy(ret_payload, f->picture_max_kPa, cells * sizeof *ret_payload);
        memcpy(ret_payload + cells, f->picture_mean_kPa, cells * sizeof *ret_payload);
    }
    *ret_header = header;
    return 0;
}
