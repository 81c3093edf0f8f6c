#include "review_write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/calibrate.h>
#include <gait/cleanup.h>
#include <gait/session_tier.h>

#include "offline.h"
#include "review/record.h"
#include "review/shrink.h"

/* One trial on its way out. */
struct out {
    const struct client *client;
    const struct recording *recording;
    struct gait_calibrator *calibrator;
    float *kPa;
    unsigned char *runs;
    uint32_t trial; /* in the file, from 0 */
    uint64_t frames, footfalls, first_t_ns;
    int r;
};

static int say(enum review_kind kind, uint32_t trial, const char *json, const void *payload, size_t n)
{
    static const char spaces[4] = "   ";
    size_t length = strlen(json), pad = (4 - length % 4) % 4;
    uint32_t blob[2] = {REVIEW_BLOB, (uint32_t)(length + pad)};
    struct review_head head = {REVIEW_MAGIC, kind, trial, (uint32_t)(8 + length + pad + n)};

    if (8 + length + pad + n > REVIEW_BYTES_MAX)
        return -EFBIG;
    fwrite(&head, sizeof head, 1, stdout);
    fwrite(blob, sizeof blob, 1, stdout);
    fwrite(json, 1, length, stdout);
    fwrite(spaces, 1, pad, stdout);
    if (n)
        fwrite(payload, 1, n, stdout);
    return ferror(stdout) ? -EIO : 0;
}

/* Takes body over: {"kind": kind, "m": body}. */
static int say_object(enum review_kind kind, uint32_t trial, const char *name, json_t *body, const void *payload,
                      size_t n)
{
    json_t *object = body ? json_pack("{s:s, s:o}", "kind", name, "m", body) : NULL;
    _cleanup_free_ char *text = object ? gait_json_text(object) : NULL;
    int r = text ? say(kind, trial, text, payload, n) : -ENOMEM;

    json_decref(object);
    return r;
}

static const char *mat_of(const struct recording *recording)
{
    return recording->header->mat[0] ? recording->header->mat : "file";
}

static int say_trial(const struct out *out, const char *path)
{
    const struct recording *r = out->recording;
    const struct gait_geometry *g = &r->state.geometry;
    const char *slash = strrchr(path, '/');
    const json_t *session = r->session;
    json_t *body = json_pack(
        "{s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:b,s:b,s:i,s:i,s:f,s:f,s:f,s:I}", "file", slash ? slash + 1 : path, "format",
        r->format, "session", r->header->session, "trial", (int)(r->header->trial ? r->header->trial : out->trial + 1),
        "condition", r->header->condition, "timepoint", r->header->timepoint, "mat", mat_of(r), "discarded",
        r->discarded, "ended", r->ended, "rows", (int)g->rows, "cols", (int)g->cols, "pitch_x_mm", g->pitch_x_mm,
        "pitch_y_mm", g->pitch_y_mm, "rate_hz", g->rate_hz, "frames", (json_int_t)r->frames);

    if (body && json_is_object(session))
        json_object_set(body, "subject", json_object_get(session, "subject"));
    return say_object(REVIEW_TRIAL, out->trial, "trial", body, NULL, 0);
}

static struct gait_stream_head head_of(const struct out *out, enum gait_topic topic, uint64_t seq)
{
    struct gait_stream_head head = {.topic = topic, .seq = seq, .frame = out->frames};

    snprintf(head.mat, sizeof head.mat, "%s", mat_of(out->recording));
    memcpy(head.instance, "0000000000000000", sizeof head.instance);
    return head;
}

static void on_frame(void *user, const struct gait_slot *slot)
{
    struct out *out = user;
    const struct gait_geometry *g = &out->recording->state.geometry;
    struct gait_stream_head head = head_of(out, GAIT_TOPIC_LIVE, out->frames + 1);
    _cleanup_free_ char *live = NULL, *json = NULL;

    if (out->frames == 0)
        out->first_t_ns = slot->meta.t_mat_ns;
    head.t_ns = slot->meta.t_ns;
    head.gap_device = slot->meta.gap_device;
    head.gap_ring = slot->meta.gap_ring;
    if (out->r == 0)
        out->r = gait_stream_live(&head, &slot->meta, &slot->numbers, &slot->live, &live);
    if (out->r == 0 &&
        asprintf(&json,
                 "{\"kind\":\"frame\",\"mat\":\"%s\",\"frame\":%ju,\"rows\":%u,\"cols\":%u,\"t_s\":%.6f,\"live\":%s}",
                 head.mat, (uintmax_t)out->frames, g->rows, g->cols,
                 (double)(slot->meta.t_mat_ns - out->first_t_ns) * 1e-9, live) < 0)
        out->r = -ENOMEM;
    if (out->r == 0) {
        size_t cells = gait_geometry_cells(g);

        gait_calibrate(out->calibrator, slot->raw, NAN, out->kPa);
        out->r = say(REVIEW_FRAME, out->trial, json, out->runs, shrink_runs(out->kPa, cells, out->runs));
    }
    out->frames++;
}

static int say_footfall(struct out *out, const struct gait_footfall *f)
{
    struct gait_stream_head head = head_of(out, GAIT_TOPIC_FOOTFALL, ++out->footfalls);
    size_t floats = gait_stream_footfall_floats(f);
    _cleanup_free_ float *pictures = malloc(floats * sizeof(float) + 1);
    _cleanup_free_ uint16_t *deci_kPa = malloc(floats * sizeof(uint16_t) + 1);
    _cleanup_free_ char *header = NULL;
    uint32_t trial = out->recording->header->trial;
    int r;

    head.t_ns = f->ic_ns;
    if (!pictures || !deci_kPa)
        return -ENOMEM;
    r = gait_stream_footfall(&head, trial ? trial : out->trial + 1, f, &header, pictures);
    if (r < 0)
        return r;
    for (size_t i = 0; i < floats / 2; i++)
        deci_kPa[i] = shrink_kPa(pictures[i]);
    return say_object(REVIEW_FOOTFALL, out->trial, "footfall", json_loads(header, 0, NULL), deci_kPa, floats);
}

static void on_footfall(void *user, const struct gait_footfall *footfall)
{
    struct out *out = user;

    if (out->r == 0 && out->recording->vendor) /* of our own files those that were recorded have been said */
        out->r = say_footfall(out, footfall);
}

/* The footfalls of the file, with what the operator did after they had been closed. */
static int say_recorded(struct out *out)
{
    const struct recording *r = out->recording;
    size_t n = r->n_footfalls;
    _cleanup_free_ struct gait_tier_row *row = calloc(n + 1, sizeof *row);
    struct gait_tier_trial trial;
    bool tier;

    if (!row)
        return -ENOMEM;
    tier = gait_session_tier(&r->state, (const struct gait_footfall *const *)r->footfall, (uint32_t)n, r->said,
                             r->n_said, row, &trial) == 0;
    for (size_t i = 0; i < n && out->r == 0; i++) {
        struct gait_footfall f = *r->footfall[i];

        if (tier) {
            f.side = row[i].side;
            f.valid = row[i].valid;
            f.flags = row[i].flags;
        }
        out->r = say_footfall(out, &f);
    }
    return out->r;
}

static int write_trial(struct out *out, const char *path, struct gait_error *err)
{
    const struct gait_geometry *g = &out->recording->state.geometry;
    struct offline_hooks hooks = {.frame = on_frame, .footfall = on_footfall, .user = out};
    size_t cells = gait_geometry_cells(g);
    _cleanup_(gait_calibrator_freep) struct gait_calibrator *calibrator = NULL;
    _cleanup_free_ float *kPa = malloc(cells * sizeof *kPa);
    _cleanup_free_ unsigned char *runs = malloc(shrink_bound(cells));
    struct offline_result result;
    int r = kPa && runs ? gait_calibrator_new(g, &calibrator) : -ENOMEM;

    if (r == 0)
        r = gait_calibrator_load(calibrator, &out->recording->state.calibration);
    if (r < 0)
        return gait_error_set(err, r, "%s: its calibration does not fit its matrix", path);
    out->calibrator = calibrator;
    out->kPa = kPa;
    out->runs = runs;
    r = say_trial(out, path);
    if (r == 0)
        r = say_recorded(out);
    if (r == 0)
        r = offline_run((struct recording *)(uintptr_t)out->recording, &hooks, &result, err);
    if (r == 0)
        r = out->r;
    return r < 0 && !err->text[0] ? gait_error_set(err, r, "%s: %s", path, strerror(-r)) : r;
}

int review_write(const struct client *client, const char *path)
{
    struct recording *recording = NULL;
    struct gait_error err = {0};
    int r = recording_open(path, &recording, &err);
    uint32_t trials = r == 0 ? recording_trials(recording) : 0;

    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    for (uint32_t i = 0; r == 0 && i < trials; i++) {
        struct out out = {.client = client, .recording = recording, .trial = i};

        r = recording_go(recording, i, &err);
        if (r == 0)
            r = write_trial(&out, path, &err);
    }
    if (r == 0)
        r = say(REVIEW_END, trials, "{}", NULL, 0);
    recording_free(recording);
    return r < 0 ? client_fail_error(client, r, &err) : CLIENT_OK;
}
