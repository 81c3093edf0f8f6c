/* Status as a page of Prometheus' text format (version 0.0.4). Made from the same object, so that the two never differ. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

struct metric {
    const char *name, *type, *help;
    const char *path[3]; /* in the object */
};

/* clang-format off: tables */
static const struct metric of_daemon[] = {
    {"gaitd_uptime_seconds", "gauge", "since the start", {"uptime_s"}},
    {"gaitd_output_free_bytes", "gauge", "room where trials are written", {"output", "free_MiB"}},
    {"gaitd_output_left_seconds", "gauge", "of recording at the mats' rates", {"output", "minutes_left"}},
    {"gaitd_output_writable", "gauge", "1 when trials can be written", {"output", "writable"}},
    {"gaitd_sealer_waiting", "gauge", "journals and sessions to make files of", {"sealer", "waiting"}},
    {"gaitd_sealer_done_total", "counter", "files made", {"sealer", "done"}},
    {"gaitd_sealer_failed_total", "counter", "files that could not be made", {"sealer", "failed"}},
    {"gaitd_stream_messages_total", "counter", "published", {"stream", "messages"}},
    {"gaitd_stream_subscriptions", "gauge", "held by clients", {"stream", "subscriptions"}},
    {"gaitd_stream_refused_total", "counter", "subscriptions to topics that do not exist", {"stream", "refused"}},
    {"gaitd_control_requests_total", "counter", "read", {"control", "requests"}},
    {"gaitd_control_refused_total",
     "counter",
     "requests that could not be read or were not allowed",
     {"control", "refused"}},
    {"gaitd_tcp_denied_total", "counter", "connections and requests that were not let in", {"tcp", "denied"}},
};
static const struct metric of_mat[] = {
    {"gaitd_mat_rate_hertz", "gauge", "frames a second", {"rate_hz"}},
    {"gaitd_mat_frames_total", "counter", "taken", {"frames"}},
    {"gaitd_mat_last_frame_age_seconds", "gauge", "of the newest frame", {"last_frame_age_s"}},
    {"gaitd_mat_lost_device_total", "counter", "frames that the mat lost", {"lost_device"}},
    {"gaitd_mat_lost_ring_total", "counter", "frames that we lost", {"lost_ring"}},
    {"gaitd_mat_skipped_total", "counter", "frames not published", {"skipped"}},
    {"gaitd_mat_connection", "gauge", "its number; rises at each reconnect", {"connection"}},
    {"gaitd_mat_ring_depth_frames", "gauge", "the ring holds", {"ring", "depth_frames"}},
    {"gaitd_mat_ring_fill_frames", "gauge", "in the ring now", {"ring", "fill"}},
    {"gaitd_mat_ring_high_water_frames", "gauge", "most there ever were", {"ring", "high_water"}},
    {"gaitd_mat_footfalls_dropped",
     "gauge",
     "contacts without a record in this trial",
     {"pipeline", "footfalls_dropped"}},
    {"gaitd_mat_recording", "gauge", "frames of the running trial; absent when none runs", {"trial", "frames"}},
};
static const char *const stages[] = {"pipeline", "append", "sync", "publish"};
/* clang-format on */

static const char *last_of(const char *const path[3])
{
    return path[2] ? path[2] : path[1] ? path[1] : path[0];
}

static const json_t *at(const json_t *o, const char *const path[3])
{
    for (int i = 0; i < 3 && path[i]; i++)
        o = json_object_get(o, path[i]);
    return o;
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* From the unit in a member's name to the base units of such pages, seconds and bytes. */
static double factor_of(const char *member)
{
    return ends_in(member, "_us") ? 1e-6 : ends_in(member, "_MiB") ? 1048576 : strcmp(member, "minutes_left") ? 1 : 60;
}

static void put(FILE *out, const char *name, const char *labels, const json_t *value, const char *member)
{
    const double factor = factor_of(member);

    if (json_is_boolean(value))
        fprintf(out, "%s%s %d\n", name, labels, json_is_true(value));
    else if (factor != 1 && json_is_number(value))
        fprintf(out, "%s%s %.17g\n", name, labels, json_number_value(value) * factor);
    else if (json_is_integer(value))
        fprintf(out, "%s%s %lld\n", name, labels, (long long)json_integer_value(value));
    else if (json_is_real(value))
        fprintf(out, "%s%s %.17g\n", name, labels, json_real_value(value));
}

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_mats(FILE *out, const json_t *mats)
{
    for (size_t m = 0; m < sizeof of_mat / sizeof *of_mat; m++) {
        const json_t *mat;
        size_t i;

        head(out, of_mat[m].name, of_mat[m].type, of_mat[m].help);
        json_array_foreach(mats, i, mat)
        {
            char labels[GAIT_ID_MAX + 16]; /* an id needs no escapes: [A-Za-z0-9._-] */

            snprintf(labels, sizeof labels, "{mat=\"%s\"}", json_string_value(json_object_get(mat, "mat")));
            put(out, of_mat[m].name, labels, at(mat, of_mat[m].path), last_of(of_mat[m].path));
        }
    }
}

/* An object of counts in a mat, each under its own word. */
static void put_words(FILE *out, const char *name, const char *help, const char *label, const json_t *mats,
                      const char *member)
{
    const json_t *mat, *count;
    const char *word;
    size_t i;

    head(out, name, "counter", help);
    json_array_foreach(mats, i, mat)
    {
        json_object_foreach(json_object_get(mat, member), word, count)
        {
            char labels[GAIT_ID_MAX + 100];

            snprintf(labels, sizeof labels, "{mat=\"%s\",%s=\"%s\"}", json_string_value(json_object_get(mat, "mat")),
                     label, word);
            put(out, name, labels, count, word);
        }
    }
}

static void put_stages(FILE *out, const json_t *all)
{
    static const char *const quantile[] = {"0.5", "0.99", "1"}, *const key[] = {"p50_us", "p99_us", "max_us"};

    head(out, "gaitd_stage_seconds", "summary", "time of a stage, a frame (sync: a call)");
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        const json_t *o = json_object_get(all, stages[s]);
        char labels[64];

        for (int q = 0; q < 3; q++) {
            snprintf(labels, sizeof labels, "{stage=\"%s\",quantile=\"%s\"}", stages[s], quantile[q]);
            put(out, "gaitd_stage_seconds", labels, json_object_get(o, key[q]), key[q]);
        }
        snprintf(labels, sizeof labels, "{stage=\"%s\"}", stages[s]);
        put(out, "gaitd_stage_seconds_count", labels, json_object_get(o, "count"), "count");
    }
    head(out, "gaitd_stage_last_seconds", "gauge", "time of a stage, the last one");
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        char labels[64];

        snprintf(labels, sizeof labels, "{stage=\"%s\"}", stages[s]);
        put(out, "gaitd_stage_last_seconds", labels, json_object_get(json_object_get(all, stages[s]), "last_us"),
            "last_us");
    }
}

static void put_clients(FILE *out, json_t *all)
{
    const json_t *n;
    const char *socket;

    head(out, "gaitd_clients", "gauge", "connections");
    json_object_foreach(all, socket, n)
    {
        char labels[64];

        snprintf(labels, sizeof labels, "{socket=\"%s\"}", socket);
        put(out, "gaitd_clients", labels, n, socket);
    }
}

char *prometheus_page(struct daemon *d)
{
    json_t *status = status_object(d);
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    for (size_t i = 0; out && i < sizeof of_daemon / sizeof *of_daemon; i++) {
        head(out, of_daemon[i].name, of_daemon[i].type, of_daemon[i].help);
        put(out, of_daemon[i].name, "", at(status, of_daemon[i].path), last_of(of_daemon[i].path));
    }
    if (out) {
        put_clients(out, json_object_get(status, "clients"));
        put_mats(out, json_object_get(status, "mats"));
        put_words(out, "gaitd_mat_decoded_total", "what was made of bytes that came, by verdict", "verdict",
                  json_object_get(status, "mats"), "decode");
        put_words(out, "gaitd_mat_usb_total", "transfers, how they ended, what was done about it", "event",
                  json_object_get(status, "mats"), "usb");
        put_stages(out, json_object_get(status, "stages"));
        fclose(out);
    }
    json_decref(status);
    return text;
}
