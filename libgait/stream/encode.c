/* Live and object messages. */
#include "stream/json_write.h"

#include <errno.h>
#include <math.h>

static struct writer begin(const struct gait_stream_head *head)
{
    struct writer w = {.object = json_object()};

    if (!w.object)
        w.failed = true;
    else
        put_head(&w, head);
    return w;
}

/* null: the pad is not in the frame, and the flags say pad_missing. */
static void put_pads(struct writer *w, const struct gait_frame_pads *pads)
{
    json_t *age = pads->n ? json_array() : NULL;

    for (uint32_t i = 0; age && i < pads->n && i < GAIT_PADS_MAX; i++)
        json_array_append_new(age,
                              pads->age_us[i] == GAIT_PAD_MISSING ? json_null() : json_real(pads->age_us[i] * 1e-6));
    if (age)
        put(w, "pad_age_s", age);
}

static void put_meta(struct writer *w, const struct gait_frame_meta *meta)
{
    put_u64(w, "t_mat_ns", meta->t_mat_ns);
    put_flags(w, "flags", meta->flags, gait_frame_flag_name);
    put_pads(w, &meta->pads);
}

static json_t *live_foot(const struct gait_live_foot *foot)
{
    static const char *const phase[] = {"none", "landing", "foot_flat", "push_off"};
    const enum gait_reason unknown = GAIT_REASON_NOT_COMPUTED;
    struct writer w = {.object = json_object()};

#define PUT(name) put_real(&w, #name, foot->name, isnan(foot->name) ? unknown : GAIT_REASON_NONE)
    put_u64(&w, "footfall", foot->footfall);
    put_text(&w, "side", gait_side_name((enum gait_side)foot->side));
    put_text(&w, "phase", phase[foot->phase < 4 ? foot->phase : 0]);
    PUT(force_N);
    PUT(heel_force_N);
    PUT(mid_share_pct);
    PUT(mid_spread);
    PUT(cop_x_mm);
    PUT(cop_y_mm);
    PUT(time_s);
    put(&w, "region_force_N", real_array(foot->region_force_N, GAIT_LIVE_REGIONS));
#undef PUT
    if (w.failed) {
        json_decref(w.object);
        return NULL;
    }
    return w.object;
}

static void put_numbers(struct writer *w, const struct gait_frame_numbers *n)
{
    put_real(w, "force_N", n->force_N, GAIT_REASON_NONE);
    put_real(w, "area_mm2", n->area_mm2, GAIT_REASON_NONE);
    put_real(w, "peak_kPa", n->peak_kPa, GAIT_REASON_NONE);
    put_real(w, "mean_kPa", n->mean_kPa, isnan(n->mean_kPa) ? GAIT_REASON_NO_CONTACT : GAIT_REASON_NONE);
    put_real(w, "cop_x_mm", n->cop_x_mm, isnan(n->cop_x_mm) ? GAIT_REASON_NO_CONTACT : GAIT_REASON_NONE);
    put_real(w, "cop_y_mm", n->cop_y_mm, isnan(n->cop_y_mm) ? GAIT_REASON_NO_CONTACT : GAIT_REASON_NONE);
    put_u64(w, "contact_cells", n->contact_cells);
    put_u64(w, "saturated_cells", n->saturated_cells);
    put_u64(w, "open_footfalls", n->open_footfalls);
    if (n->peak_cell == UINT32_MAX)
        put_real(w, "peak_cell", (double)NAN, GAIT_REASON_NO_CONTACT);
    else
        put_u64(w, "peak_cell", n->peak_cell);
}

int gait_stream_live(const struct gait_stream_head *head, const struct gait_frame_meta *meta,
                     const struct gait_frame_numbers *numbers, const struct gait_frame_live *live, char **ret_header)
{
    struct writer w;
    json_t *feet;

    if (!head || !meta || !numbers || !live || live->feet > GAIT_LIVE_FEET)
        return -EINVAL;
    w = begin(head);
    put_meta(&w, meta);
    put_numbers(&w, numbers);
    feet = json_array();
    for (uint32_t i = 0; i < live->feet; i++)
        if (json_array_append_new(feet, live_foot(&live->foot[i])) < 0)
            w.failed = true;
    put(&w, "feet", feet);
    return writer_finish(&w, ret_header);
}

int gait_stream_object(const struct gait_stream_head *head, const struct json_t *body, char **ret_header)
{
    struct writer w;
    const char *key;
    json_t *value;

    if (!head || !json_is_object(body))
        return -EINVAL;
    w = begin(head);
    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        if (!json_object_get(w.object, key))
            put(&w, key, json_incref(value));
    }
    return writer_finish(&w, ret_header);
}
