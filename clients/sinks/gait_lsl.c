/* gait-lsl: hands a mat's live stream on to Lab Streaming Layer, for labs whose other devices are recorded there. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gait/cleanup.h>
#include <gait/version.h>

#include "outlets.h"

enum { KEY_FRAMES = 0x100, KEY_LIBLSL, TICK_MS = 250, ASK_MS = 10000, EXIT_USAGE = 2, EXIT_NO_DAEMON = 4 };

struct options {
    const char *place, *mat, *library;
    bool frames;
};

static const struct argp_option rows[] = {
    {"socket", 's', "PLACE", 0, "run folder or endpoint of the daemon (default: $GAIT_SOCKET, else found)", 0},
    {"mat", 'm', "ID", 0, "this mat only", 0},
    {"frames", KEY_FRAMES, NULL, 0, "the pressure of every frame too (rows x columns channels)", 0},
    {"liblsl", KEY_LIBLSL, "FILE", 0, "the library (default: liblsl.so.2, liblsl.so.1 or liblsl.so, where ld.so looks)",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 's':
        o->place = arg;
        return 0;
    case 'm':
        o->mat = arg;
        return 0;
    case KEY_FRAMES:
        o->frames = true;
        return 0;
    case KEY_LIBLSL:
        o->library = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int say(int status, const struct gait_error *err)
{
    fprintf(stderr, "gait-lsl: %s\n", err->text);
    return status;
}

/* --- mats --------------------------------------------------------------------------------------------------------- */

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static int add_mats(struct outlets *outlets, const struct options *o, const json_t *reply, struct gait_error *err)
{
    const json_t *mats = json_object_get(json_object_get(reply, "result"), "mats"), *value;
    size_t i;
    int r = 0;

    json_array_foreach(mats, i, value)
    {
        struct outlets_mat mat = {.rate_hz = number(value, "rate_hz"),
                                  .pitch_x_mm = number(value, "pitch_x_mm"),
                                  .pitch_y_mm = number(value, "pitch_y_mm"),
                                  .rows = (uint32_t)number(value, "rows"),
                                  .cols = (uint32_t)number(value, "cols")};
        const char *id = json_string_value(json_object_get(value, "mat"));

        if (!id || !mat.rows || (o->mat && strcmp(o->mat, id) != 0))
            continue;
        snprintf(mat.mat, sizeof mat.mat, "%s", id);
        r = r < 0 ? r : outlets_add(outlets, &mat, o->frames, err);
    }
    if (r == 0 && outlets->n == 0)
        r = gait_error_set(err, -ENODEV, "the daemon has no %s: gait status", o->mat ? o->mat : "mat that is there");
    return r;
}

/* Subscribed first, then asked: nothing falls in between. */
static int begin(const struct options *o, struct outlets *outlets, struct gait_subscriber **ret_subscriber,
                 struct gait_error *err)
{
    static const enum gait_topic topics[] = {GAIT_TOPIC_LIVE, GAIT_TOPIC_FOOTFALL, GAIT_TOPIC_TRIAL, GAIT_TOPIC_EVENT,
                                             GAIT_TOPIC_FRAME};
    size_t n = o->frames ? 5 : 4;
    char text[5][GAIT_TOPIC_TEXT_MAX];
    const char *topic[5];
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    json_t *reply = NULL;
    int r = gait_endpoints_find(o->place, &endpoints, err);

    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = gait_topic_text(topics[i], o->mat, false, text[i]);
        topic[i] = text[i];
    }
    r = r < 0 ? r : gait_requester_new(endpoints.query, &requester, err);
    r = r < 0 ? r : gait_subscriber_new(endpoints.stream, topic, n, ret_subscriber, err);
    r = r < 0 ? r : gait_request(requester, "snapshot", NULL, ASK_MS, &reply, err);
    if (r >= 0) {
        outlets->arrival = strncmp(endpoints.stream, "tcp:", 4) == 0;
        r = add_mats(outlets, o, reply, err);
    }
    json_decref(reply);
    gait_requester_free(requester);
    return r;
}

static int follow(struct outlets *outlets, struct gait_subscriber *subscriber, struct gait_error *err)
{
    int r = 0;

    while (!stop) {
        struct gait_message *message = NULL;

        r = gait_subscriber_next(subscriber, TICK_MS, &message, err);
        if (r == -EBADMSG || r == -EPROTONOSUPPORT)
            fprintf(stderr, "gait-lsl: a message nobody can read: %s, continuing\n", err->text);
        else if (r < 0)
            return r;
        if (r != 1)
            continue;
        if (message->lost)
            fprintf(stderr, "gait-lsl: %ju messages of %s never came here\n", (uintmax_t)message->lost,
                    gait_topic_name(message->head.topic));
        outlets_push(outlets, message);
        gait_message_free(message);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct argp argp = {
        .options = rows,
        .parser = parse,
        .doc =
            "Hand a mat's live stream on to Lab Streaming Layer.\vEach mat becomes two outlets: 'gait MAT metrics' "
            "(numbers of every frame, type Gait) and 'gait MAT markers' (footfalls, trials and events as JSON, type "
            "Markers); with --frames also 'gait MAT frames' (type PressureMap). Times are the daemon's, which on the "
            "same machine are LSL's; over TCP they are those of arrival. The recording does not depend on it."};
    struct options o = {0};
    struct lsl_api api;
    struct outlets outlets = {.api = &api};
    struct gait_subscriber *subscriber = NULL;
    struct gait_error err = {0};
    int r;

    argp_err_exit_status = EXIT_USAGE;
    argp_program_version = "gait-lsl " GAIT_VERSION_STRING;
    if (argp_parse(&argp, argc, argv, 0, NULL, &o) != 0)
        return say(EXIT_FAILURE, &(struct gait_error){.text = "no memory to read the options"});
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (lsl_api_load(o.library, &api, &err) < 0)
        return say(EXIT_FAILURE, &err);
    r = begin(&o, &outlets, &subscriber, &err);
    if (r == 0) {
        fprintf(stderr, "gait-lsl: liblsl %d, %zu mats; Ctrl-C ends\n", api.library_version(), outlets.n);
        r = follow(&outlets, subscriber, &err);
        fprintf(stderr, "gait-lsl: %ju samples, %ju markers, %ju frames handed on\n", (uintmax_t)outlets.samples,
                (uintmax_t)outlets.markers, (uintmax_t)outlets.frames);
    }
    gait_subscriber_free(subscriber);
    outlets_done(&outlets);
    return r < 0 ? say(r == -ECONNREFUSED || r == -ETIMEDOUT ? EXIT_NO_DAEMON : EXIT_FAILURE, &err) : EXIT_SUCCESS;
}
