#include "outlets.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gait/cleanup.h>

enum { TEXT_MAX = 160, BUFFERED_S = 60, BUFFERED_MIB = 128 };

/* Channels of the metrics outlet; those of a foot are NaN while it is not on the mat. */
static const struct {
    const char *label, *unit, *type;
} channels[OUTLETS_METRICS] = {
    {"force", "N", "Force"},
    {"area", "mm2", "Area"},
    {"peak", "kPa", "Pressure"},
    {"mean", "kPa", "Pressure"},
    {"cop_x", "mm", "PositionX"},
    {"cop_y", "mm", "PositionY"},
    {"left_force", "N", "Force"},
    {"left_heel_force", "N", "Force"},
    {"left_mid_share", "%", "Share"},
    {"right_force", "N", "Force"},
    {"right_heel_force", "N", "Force"},
    {"right_mid_share", "%", "Share"},
    {"contact_cells", "1", "Count"},
    {"open_footfalls", "1", "Count"},
};

/* --- making ------------------------------------------------------------------------------------------------------- */

static void describe_channels(const struct lsl_api *api, void *info)
{
    void *list = api->append_child(api->get_desc(info), "channels");

    for (size_t i = 0; i < OUTLETS_METRICS; i++) {
        void *channel = api->append_child(list, "channel");

        api->append_child_value(channel, "label", channels[i].label);
        api->append_child_value(channel, "unit", channels[i].unit);
        api->append_child_value(channel, "type", channels[i].type);
    }
}

static void describe_source(const struct lsl_api *api, void *info, const struct outlets_mat *mat)
{
    void *acquisition = api->append_child(api->get_desc(info), "acquisition");

    api->append_child_value(acquisition, "model", "pressure mat, read by gaitd");
    api->append_child_value(acquisition, "serial_number", mat->mat);
}

static void describe_matrix(const struct lsl_api *api, void *info, const struct outlets_mat *mat)
{
    void *matrix = api->append_child(api->get_desc(info), "matrix");
    const struct {
        const char *name;
        double value;
    } facts[] = {
        {"rows", mat->rows}, {"cols", mat->cols}, {"pitch_x_mm", mat->pitch_x_mm}, {"pitch_y_mm", mat->pitch_y_mm}};
    char text[32];

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        snprintf(text, sizeof text, "%.17g", facts[i].value);
        api->append_child_value(matrix, facts[i].name, text);
    }
    api->append_child_value(matrix, "unit", "kPa");
}

/* What liblsl keeps for somebody who does not read: seconds, less of large frames. */
static int32_t buffered_s(const struct outlets_mat *mat, enum lsl_format format)
{
    double bytes_per_s = mat->rate_hz * mat->rows * mat->cols * (double)sizeof(float);
    double fits_s = format == LSL_FLOAT32 && bytes_per_s > 0 ? BUFFERED_MIB * 1048576.0 / bytes_per_s : BUFFERED_S;

    return fits_s < 1 ? 1 : fits_s < BUFFERED_S ? (int32_t)fits_s : BUFFERED_S;
}

/* rate_hz 0: irregular */
static void *make(const struct lsl_api *api, const struct outlets_mat *mat, const char *what, const char *type,
                  int32_t n, double rate_hz, enum lsl_format format)
{
    char name[TEXT_MAX], source[TEXT_MAX];
    void *info, *outlet;

    snprintf(name, sizeof name, "gait %s %s", mat->mat, what);
    snprintf(source, sizeof source, "gaitd-%s-%s", mat->mat, what);
    info = api->create_streaminfo(name, type, n, rate_hz, (int)format, source);
    if (!info)
        return NULL;
    if (format == LSL_DOUBLE64)
        describe_channels(api, info);
    else if (format == LSL_FLOAT32)
        describe_matrix(api, info, mat);
    describe_source(api, info, mat);
    outlet = api->create_outlet(info, 0, buffered_s(mat, format));
    api->destroy_streaminfo(info);
    return outlet;
}

int outlets_add(struct outlets *o, const struct outlets_mat *mat, bool frames, struct gait_error *err)
{
    struct outlets_mat *m = &o->mat[o->n];

    if (o->n == OUTLETS_MATS_MAX)
        return gait_error_set(err, -ENOSPC, "more than %d mats", OUTLETS_MATS_MAX);
    *m = *mat;
    o->n++;
    m->metrics = make(o->api, m, "metrics", "Gait", OUTLETS_METRICS, m->rate_hz, LSL_DOUBLE64);
    m->markers = make(o->api, m, "markers", "Markers", 1, 0, LSL_STRING);
    if (frames)
        m->frames = make(o->api, m, "frames", "PressureMap", (int32_t)(m->rows * m->cols), m->rate_hz, LSL_FLOAT32);
    if (!m->metrics || !m->markers || (frames && !m->frames))
        return gait_error_set(err, -EIO, "%s: liblsl makes no outlet", m->mat);
    return 0;
}

void outlets_done(struct outlets *o)
{
    for (size_t i = 0; i < o->n; i++) {
        void *all[] = {o->mat[i].metrics, o->mat[i].markers, o->mat[i].frames};

        for (size_t k = 0; k < 3; k++)
            if (all[k])
                o->api->destroy_outlet(all[k]);
    }
    o->n = 0;
}

/* --- pushing -------------------------------------------------------------------------------------------------------- */

/* liblsl's clock is CLOCK_MONOTONIC in seconds, as the daemon's is; another machine's clock is not ours. */
static double time_of(const struct outlets *o, const struct gait_message *message)
{
    return o->arrival ? o->api->local_clock() : (double)message->head.t_ns * 1e-9;
}

static void push_metrics(struct outlets *o, const struct outlets_mat *m, const struct gait_message *message)
{
    double sample[OUTLETS_METRICS];
    struct gait_frame_numbers n;
    struct gait_frame_live live;

    if (gait_message_live(message, &n, &live) < 0)
        return;
    for (size_t i = 0; i < OUTLETS_METRICS; i++)
        sample[i] = NAN;
    sample[0] = n.force_N;
    sample[1] = n.area_mm2;
    sample[2] = n.peak_kPa;
    sample[3] = n.mean_kPa;
    sample[4] = n.cop_x_mm;
    sample[5] = n.cop_y_mm;
    for (uint32_t i = 0; i < live.feet; i++) {
        size_t at = live.foot[i].side == GAIT_SIDE_LEFT ? 6 : 9;

        if (live.foot[i].side != GAIT_SIDE_LEFT && live.foot[i].side != GAIT_SIDE_RIGHT)
            continue;
        if (!isnan(sample[at])) /* two of one side: the later one has only landed, its side is a guess */
            continue;
        sample[at] = live.foot[i].force_N;
        sample[at + 1] = live.foot[i].heel_force_N;
        sample[at + 2] = live.foot[i].mid_share_pct;
    }
    sample[12] = n.contact_cells;
    sample[13] = n.open_footfalls;
    o->api->push_double(m->metrics, sample, time_of(o, message));
    o->samples++;
}

/* {"marker": "footfall", ...}: what somebody who only has the markers wants to know. */
static json_t *marker_of(const struct gait_message *message)
{
    static const char *const footfall[] = {"trial", "footfall", "side", "class", "valid", "ic_ns", "metrics"};
    static const char *const trial[] = {"state", "session", "trial", "condition", "timepoint", "why"};
    static const char *const event[] = {"event", "text"};
    const char *const *names = message->head.topic == GAIT_TOPIC_FOOTFALL ? footfall
                               : message->head.topic == GAIT_TOPIC_TRIAL  ? trial
                                                                          : event;
    size_t n = names == footfall ? 7 : names == trial ? 6 : 2;
    json_t *marker = json_pack("{s:s}", "marker", gait_topic_name(message->head.topic));

    for (size_t i = 0; marker && i < n; i++) {
        json_t *value = json_object_get(message->header, names[i]);

        if (value)
            json_object_set(marker, names[i], value);
    }
    return marker;
}

static void push_marker(struct outlets *o, const struct outlets_mat *m, const struct gait_message *message)
{
    json_t *marker = marker_of(message);
    _cleanup_free_ char *text = marker ? gait_json_text(marker) : NULL;
    const char *sample[1] = {text};

    json_decref(marker);
    if (!text)
        return;
    o->api->push_string(m->markers, sample, time_of(o, message));
    o->markers++;
}

static void push_frame(struct outlets *o, const struct outlets_mat *m, const struct gait_message *message)
{
    if (!m->frames || message->payload_bytes != sizeof(float) * m->rows * m->cols)
        return; /* another matrix than at the start */
    o->api->push_float(m->frames, message->payload, time_of(o, message));
    o->frames++;
}

void outlets_push(struct outlets *o, const struct gait_message *message)
{
    const struct outlets_mat *m = NULL;

    for (size_t i = 0; i < o->n && !m; i++)
        if (strcmp(o->mat[i].mat, message->head.mat) == 0)
            m = &o->mat[i];
    if (!m)
        return;
    switch (message->head.topic) {
    case GAIT_TOPIC_LIVE:
        push_metrics(o, m, message);
        break;
    case GAIT_TOPIC_FRAME:
        push_frame(o, m, message);
        break;
    case GAIT_TOPIC_FOOTFALL:
    case GAIT_TOPIC_TRIAL:
    case GAIT_TOPIC_EVENT:
        push_marker(o, m, message);
        break;
    default:
        break;
    }
}
