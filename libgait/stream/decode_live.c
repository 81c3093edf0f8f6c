#include <gait/stream.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "stream/json_read.h"

static const char *const sides[] = {"unknown", "left", "right"};
static const char *const phases[] = {"none", "landing", "foot_flat", "push_off"};

static const char *foot_of(const json_t *object, struct gait_live_foot *foot)
{
    struct reader r = {.object = object};

    foot->footfall = (uint32_t)get_u64(&r, "footfall", UINT32_MAX);
    foot->side = (uint8_t)get_word(&r, "side", sides, 3);
    foot->phase = (uint8_t)get_word(&r, "phase", phases, 4);
    foot->force_N = get_real(&r, "force_N");
    foot->heel_force_N = get_real(&r, "heel_force_N");
    foot->mid_share_pct = get_real(&r, "mid_share_pct");
    foot->mid_spread = get_real(&r, "mid_spread");
    foot->cop_x_mm = get_real(&r, "cop_x_mm");
    foot->cop_y_mm = get_real(&r, "cop_y_mm");
    foot->time_s = get_real(&r, "time_s");
    get_reals(&r, "region_force_N", foot->region_force_N, GAIT_LIVE_REGIONS);
    return r.bad;
}

static uint32_t peak_cell(struct reader *r)
{
    if (json_is_null(json_object_get(r->object, "peak_cell")))
        return UINT32_MAX;
    return (uint32_t)get_u64(r, "peak_cell", UINT32_MAX);
}

int gait_message_live(const struct gait_message *message, struct gait_frame_numbers *ret_numbers,
                      struct gait_frame_live *ret_live)
{
    struct gait_frame_numbers n = {0};
    struct gait_frame_live live = {0};
    struct reader r = {.object = message->header};
    const json_t *feet = json_object_get(message->header, "feet");

    if (message->head.topic != GAIT_TOPIC_LIVE)
        return -EINVAL;
    if (!json_is_array(feet) || json_array_size(feet) > GAIT_LIVE_FEET)
        return -EBADMSG;
    n.force_N = get_real(&r, "force_N");
    n.area_mm2 = get_real(&r, "area_mm2");
    n.peak_kPa = get_real(&r, "peak_kPa");
    n.mean_kPa = get_real(&r, "mean_kPa");
    n.cop_x_mm = get_real(&r, "cop_x_mm");
    n.cop_y_mm = get_real(&r, "cop_y_mm");
    n.contact_cells = (uint32_t)get_u64(&r, "contact_cells", UINT32_MAX);
    n.saturated_cells = (uint32_t)get_u64(&r, "saturated_cells", UINT32_MAX);
    n.open_footfalls = (uint32_t)get_u64(&r, "open_footfalls", UINT32_MAX);
    n.peak_cell = peak_cell(&r);
    live.feet = (uint32_t)json_array_size(feet);
    for (uint32_t i = 0; i < live.feet && !r.bad; i++)
        r.bad = foot_of(json_array_get(feet, i), &live.foot[i]);
    if (r.bad)
        return -EBADMSG;
    *ret_numbers = n;
    *ret_live = live;
    return 0;
}
