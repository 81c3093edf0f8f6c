/* What the daemon says about itself: status, snapshot. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/version.h>

#include "folders.h"
#include "study.h"

#define MIB           1048576.0
#define RATE_STALE_NS 3000000000ull
/* Of floor_min, where a trial that runs ends: one that begins at the floor has nearly half of it, since its file needs room beside the journal. */
enum { STOP_PART = 10 };

static json_t *real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static double bytes_per_s(struct daemon *d)
{
    double sum = 0;

    for (unsigned i = 0; i < d->n_mats; i++) {
        const struct lane *lane = mat_lane(d, &d->mat[i]);

        if (lane)
            sum +=
                (double)(gait_geometry_frame_bytes(&lane->geometry) + GAIT_FRAME_HEAD_BYTES + GAIT_RECORD_HEAD_BYTES) *
                lane->geometry.rate_hz;
    }
    return sum;
}

double disk_minutes(struct daemon *d, const char *path, double *ret_free_MiB, bool *ret_writable)
{
    double rate = bytes_per_s(d);

    *ret_free_MiB = folders_free_bytes(path, ret_writable) / MIB;
    return rate > 0 ? *ret_free_MiB * MIB / rate / 60 : (double)NAN;
}

double disk_stop_bytes(struct daemon *d)
{
    return d->config.floor_min * 60 * bytes_per_s(d) / STOP_PART;
}

static json_t *stage_object(const struct stage_times *t)
{
    struct stage_summary s = stage_times_summary(t);

    return json_pack("{s:I, s:f, s:f, s:f, s:f}", "count", (json_int_t)s.count, "last_us", s.last_us, "p50_us",
                     s.p50_us, "p99_us", s.p99_us, "max_us", s.max_us);
}

static json_t *ring_object(const struct gait_ring_stats *s)
{
    return json_pack("{s:I, s:f, s:f, s:I, s:I, s:{s:I, s:I, s:I}}", "depth_frames", (json_int_t)s->depth_frames,
                     "depth_s", s->depth_s, "memory_MiB", (double)s->memory_bytes / MIB, "fill", (json_int_t)s->fill,
                     "high_water", (json_int_t)s->high_water, "lag", "pipeline", (json_int_t)s->lag[0], "recorder",
                     (json_int_t)s->lag[1], "publisher", (json_int_t)s->lag[2]);
}

static void put_geometry(json_t *o, const struct gait_geometry *g, const char *rate_key)
{
    json_object_set_new(o, "rows", json_integer(g->rows));
    json_object_set_new(o, "cols", json_integer(g->cols));
    json_object_set_new(o, "pitch_x_mm", json_real(g->pitch_x_mm));
    json_object_set_new(o, "pitch_y_mm", json_real(g->pitch_y_mm));
    json_object_set_new(o, "dtype", json_string(gait_dtype_name(g->dtype)));
    json_object_set_new(o, rate_key, json_real(g->rate_hz));
}

/* How transfers ended that did not end well, and what was done about it. */
static json_t *transfers_object(const struct mat_transport_status *s)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "transfers", (json_int_t)s->transfers,
                     "stalls", (json_int_t)s->stalls, "overflows", (json_int_t)s->overflows, "errors",
                     (json_int_t)s->errors, "cancelled", (json_int_t)s->cancelled, "no_device",
                     (json_int_t)s->no_device, "clear_halts", (json_int_t)s->clear_halts, "resets",
                     (json_int_t)s->resets, "reopens", (json_int_t)s->reopens, "reconnects", (json_int_t)s->reconnects);
}

static void put_transport(json_t *o, const struct mat *mat, uint64_t now_ns)
{
    static const char *const verdict[] = {"more",         "frame",      "skip_length", "skip_early",
                                          "bad_checksum", "bad_sanity", "partial"};
    struct mat_transport_status s = {0};
    json_t *decode = json_object();
    uint64_t age_ns;

    if (mat->transport)
        mat->transport->ops->status(mat->transport, &s);
    age_ns = now_ns > s.last_frame_ns ? now_ns - s.last_frame_ns : 0; /* one may have come since now was read */
    /* a rate is of frames that come: none came for a while, none is said */
    json_object_set_new(o, "rate_hz", json_real(age_ns < RATE_STALE_NS ? s.rate_hz : 0));
    json_object_set_new(o, "frames", json_integer((json_int_t)s.frames));
    json_object_set_new(o, "lost_device", json_integer((json_int_t)s.gap_device));
    json_object_set_new(o, "last_frame_age_s", s.last_frame_ns ? real((double)age_ns / 1e9) : json_null());
    for (size_t i = 1; i < sizeof verdict / sizeof *verdict; i++)
        if (s.verdict[i])
            json_object_set_new(decode, verdict[i], json_integer((json_int_t)s.verdict[i]));
    json_object_set_new(o, "decode", decode);
    if (mat->source.kind == SOURCE_USB)
        json_object_set_new(o, "usb", transfers_object(&s));
    json_object_set_new(o, "text", json_string(mat->text[0] ? mat->text : s.text));
}

static json_t *trial_object(const struct daemon *d, const struct mat *mat)
{
    json_t *o;

    if (!mat->trial)
        return json_null();
    o = study_hide_row(d->session, trial_row(mat, mat->trial));
    json_object_set_new(o, "seconds", real((double)(gait_now_ns(d->clock) - mat->trial->asked_ns) / 1e9));
    return o;
}

static json_t *pipeline_object(const struct pipeline_told *t)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "frames", (json_int_t)atomic_load(&t->frames), "footfalls",
                     (json_int_t)atomic_load(&t->footfalls), "footfalls_dropped",
                     (json_int_t)atomic_load(&t->footfalls_dropped), "arena_full",
                     (json_int_t)atomic_load(&t->arena_full), "rejected_contacts",
                     (json_int_t)atomic_load(&t->rejected_contacts));
}

static void put_lane(json_t *o, const struct lane *lane)
{
    struct gait_ring_stats ring;

    gait_ring_stats(lane->ring, &ring);
    put_geometry(o, &lane->geometry, "nominal_rate_hz");
    json_object_set_new(o, "lost_ring", json_integer((json_int_t)ring.spilled));
    json_object_set_new(o, "skipped", json_integer((json_int_t)ring.skipped));
    json_object_set_new(o, "taken", json_integer((json_int_t)ring.taken));
    json_object_set_new(o, "calibration", json_integer(lane_idle(lane)->calibration.version));
    json_object_set_new(o, "ring", ring_object(&ring));
    json_object_set_new(o, "pipeline", pipeline_object(&lane->told));
}

static json_t *mat_object(struct daemon *d, struct mat *mat, uint64_t now_ns)
{
    static const char *const kind[] = {"none", "usb", "replay", "walker"};
    const struct lane *lane = mat_lane(d, mat);
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "mat", mat->config->id, "profile", mat->config->profile, "source",
                  kind[mat->source.kind], "source_text", mat->last_source, "state", mat_state_name(mat));

    put_transport(o, mat, now_ns);
    if (lane)
        put_lane(o, lane);
    calibrating_status(mat, o);
    json_object_set_new(o, "trial", trial_object(d, mat));
    return o;
}

static json_t *output_object(struct daemon *d)
{
    const char *path = d->output[0] ? d->output : d->session ? d->session->folder : d->config.path;
    bool writable;
    double free_MiB, minutes = disk_minutes(d, path, &free_MiB, &writable);

    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:f, s:s}", "path", path, "second_path", d->config.second_path,
                     "writable", writable, "free_MiB", real(free_MiB), "minutes_left", real(minutes), "floor_min",
                     d->config.floor_min, "text", d->output_text);
}

static json_t *endpoints_object(const struct daemon *d)
{
    char stream[GAIT_ENDPOINT_MAX * 3], query[GAIT_ENDPOINT_MAX * 3], control[GAIT_ENDPOINT_MAX * 3];

    snprintf(stream, sizeof stream, "ipc://%s/stream", d->config.stream_ipc);
    snprintf(query, sizeof query, "ipc://%s/query", d->config.stream_ipc);
    snprintf(control, sizeof control, "ipc://%s/control", d->config.control_ipc);
    return json_pack("{s:s, s:s, s:s}", "stream", stream, "query", query, "control", control);
}

static json_t *tcp_object(const struct daemon *d)
{
    const struct tcp *t = &d->tcp;

    if (!t->wanted)
        return json_null();
    return json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I}", "control", t->endpoint[0], "stream", t->endpoint[1],
                     "control_open", t->open[0], "stream_open", t->open[1], "keys", (json_int_t)t->keys.n, "denied",
                     (json_int_t)t->denied, "reopened", (json_int_t)t->reopened);
}

/* Connections: who subscribes to ten topics is one, a program that asks and listens is two. */
static json_t *clients_object(const struct daemon *d)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "stream", (json_int_t)d->peers[AT_STREAM].connected, "query",
                     (json_int_t)d->peers[AT_QUERY].connected, "control", (json_int_t)d->peers[AT_CONTROL].connected,
                     "tcp", (json_int_t)(d->tcp.peers[0].connected + d->tcp.peers[1].connected));
}

json_t *status_object(struct daemon *d)
{
    uint64_t now = gait_now_ns(d->clock);
    json_t *mats = json_array();

    for (unsigned i = 0; i < d->n_mats; i++)
        json_array_append_new(mats, mat_object(d, &d->mat[i], now));
    return json_pack(
        "{s:s, s:s, s:i, s:f, s:I, s:I, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:{s:o, s:i, s:I, "
        "s:I, s:s}, s:{s:I, s:I, s:I}, s:{s:I, s:I}, s:o, s:o}",
        "version", GAIT_VERSION_STRING, "instance", d->instance, "pid", (int)getpid(), "uptime_s",
        (double)(now - d->started_ns) / 1e9, "t_ns", (json_int_t)now, "realtime_ns",
        (json_int_t)d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), "endpoints", endpoints_object(d), "output",
        output_object(d), "session", study_session(d), "mats", mats, "stages", "pipeline",
        stage_object(&d->lanes.pipeline), "append", stage_object(&d->lanes.append), "sync",
        stage_object(&d->lanes.sync), "publish", stage_object(&d->lanes.publish), "sealer", "running",
        d->sealer.now ? json_string(d->sealer.now->path) : json_null(), "waiting", (int)sealer_waiting(&d->sealer),
        "done", (json_int_t)d->sealer.done, "failed", (json_int_t)d->sealer.failed, "text", d->sealer.trouble, "stream",
        "messages", (json_int_t)atomic_load(&d->publisher.messages), "subscriptions",
        (json_int_t)atomic_load(&d->publisher.subscriptions), "refused", (json_int_t)atomic_load(&d->publisher.refused),
        "control", "requests", (json_int_t)d->control.requests, "refused", (json_int_t)d->control.refused, "tcp",
        tcp_object(d), "clients", clients_object(d));
}

/* --- snapshot ---------------------------------------------------------------------------------------------------------- */

static json_t *seq_object(struct lane *lane)
{
    json_t *seq = json_object();

    for (int i = 0; i < GAIT_TOPIC_STATUS; i++) {
        char topic[GAIT_TOPIC_TEXT_MAX];

        if (gait_topic_text((enum gait_topic)i, lane->id, false, topic) > 0)
            json_object_set_new(seq, topic, json_integer((json_int_t)atomic_load(&lane->pub.topic[i].seq)));
    }
    return seq;
}

static json_t *footfalls_array(struct lane *lane)
{
    json_t *list = json_array();
    unsigned n, first;

    pthread_mutex_lock(&lane->pub.lock);
    n = lane->pub.footfalls;
    first = n > SNAPSHOT_FOOTFALLS ? n - SNAPSHOT_FOOTFALLS : 0;
    for (unsigned i = first; i < n; i++) {
        const char *text = lane->pub.footfall[i % SNAPSHOT_FOOTFALLS];

        if (text)
            json_array_append_new(list, json_loads(text, 0, NULL));
    }
    pthread_mutex_unlock(&lane->pub.lock);
    return list;
}

static json_t *cells_value(const struct gait_geometry *g)
{
    return gait_json_base64(g->cell, g->cell ? gait_geometry_cells(g) : 0);
}

static json_t *mat_snapshot(struct daemon *d, struct mat *mat)
{
    struct lane *lane = mat_lane(d, mat);
    json_t *o = json_pack("{s:s, s:s}", "mat", mat->config->id, "state", mat_state_name(mat));
    const struct gait_calibration *c;

    if (!lane)
        return o;
    c = &lane_idle(lane)->calibration;
    put_geometry(o, &lane->geometry, "rate_hz");
    json_object_set_new(o, "cells", cells_value(&lane_idle(lane)->geometry));
    json_object_set_new(o, "calibration",
                        json_pack("{s:I, s:s, s:s, s:s}", "version", (json_int_t)c->version, "model", c->model,
                                  "serial", c->serial, "date", c->date));
    json_object_set_new(o, "trial", trial_object(d, mat));
    json_object_set_new(o, "footfalls", footfalls_array(lane));
    json_object_set_new(o, "seq", seq_object(lane));
    return o;
}

json_t *snapshot_object(struct daemon *d, const char *mat)
{
    json_t *mats = json_array();

    for (unsigned i = 0; i < d->n_mats; i++)
        if (!mat || strcmp(mat, d->mat[i].config->id) == 0)
            json_array_append_new(mats, mat_snapshot(d, &d->mat[i]));
    return json_pack("{s:s, s:o, s:o}", "instance", d->instance, "session", study_session(d), "mats", mats);
}
