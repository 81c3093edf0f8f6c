#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/cleanup.h>

#include "record_store.h"
#include "verb.h"

enum { KEY_UNTIL_END = 0x100, KEY_FOR, TICK_MS = 250, SILENCE_S = 5, TOPICS = 6 };

struct record {
    const char *folder, *mat;
    bool until_end;
    double seconds; /* 0: without end */
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "this mat only", 0},
    {"until-end", KEY_UNTIL_END, NULL, 0, "end when a trial has ended", 0},
    {"for", KEY_FOR, "SECONDS", 0, "end after that time", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct record *record = state->input;

    switch (key) {
    case 'm':
        record->mat = arg;
        return 0;
    case KEY_UNTIL_END:
        record->until_end = true;
        return 0;
    case KEY_FOR:
        record->seconds = verb_number(state, "--for", arg, 0.1, 1e7);
        return 0;
    case ARGP_KEY_ARG:
        if (record->folder)
            argp_error(state, "one OUT only");
        record->folder = arg;
        return 0;
    case ARGP_KEY_END:
        if (!record->folder)
            argp_error(state, "OUT is needed: a folder that is not there yet");
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

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- before the first message ------------------------------------------------------------------------------------------ */

static int read_mats(struct record_store *store, const json_t *reply, struct gait_error *err)
{
    const json_t *mats = json_object_get(json_object_get(reply, "result"), "mats"), *m;
    size_t i;

    json_array_foreach(mats, i, m)
    {
        double pitch_x_mm = client_number(m, "pitch_x_mm"), pitch_y_mm = client_number(m, "pitch_y_mm");

        if (pitch_x_mm > 0 &&
            record_store_mat(store, client_text(m, "mat"), pitch_x_mm, pitch_y_mm, client_number(m, "rate_hz")) < 0)
            return gait_error_set(err, -E2BIG, "more than %d mats", RECORD_MATS_MAX);
    }
    if (store->n_mats == 0)
        return gait_error_set(err, -ENODEV, "the daemon has no mat to record: gait status");
    return 0;
}

/* Subscribed first, then asked: nothing falls in between. */
static int subscribe(const struct client *client, const struct record *record, struct record_store *store,
                     struct gait_subscriber **ret_subscriber, struct gait_error *err)
{
    static const enum gait_topic topics[TOPICS] = {GAIT_TOPIC_FRAME, GAIT_TOPIC_LIVE,  GAIT_TOPIC_FOOTFALL,
                                                   GAIT_TOPIC_TRIAL, GAIT_TOPIC_EVENT, GAIT_TOPIC_STATUS};
    char text[TOPICS][GAIT_TOPIC_TEXT_MAX];
    const char *topic[TOPICS];
    json_t *reply = NULL, *args = json_object();
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    int r = gait_endpoints_find(client->place, &endpoints, err);

    for (size_t i = 0; r >= 0 && i < TOPICS; i++) {
        r = gait_topic_text(topics[i], topics[i] == GAIT_TOPIC_STATUS ? NULL : record->mat, false, text[i]);
        topic[i] = text[i];
    }
    if (record->mat)
        json_object_set_new(args, "mat", json_string(record->mat));
    r = r < 0 ? r : gait_requester_new(endpoints.query, &requester, err);
    r = r < 0 ? r : gait_subscriber_new(endpoints.stream, topic, TOPICS, ret_subscriber, err);
    r = r < 0 ? r : gait_request(requester, "snapshot", args, CLIENT_ASK_MS, &reply, err);
    r = r < 0 ? r : read_mats(store, reply, err);
    json_decref(reply);
    json_decref(args);
    gait_requester_free(requester);
    return r;
}

/* --- while they come ------------------------------------------------------------------------------------------------------ */

struct state {
    const struct client *client;
    const struct record *record;
    struct record_store store;
    bool ready, ended, silent, given_up;
    double start_s, heard_s, synced_s;
};

static int take(struct state *s, const struct gait_message *message, struct gait_error *err)
{
    s->heard_s = now_s();
    s->silent = false;
    if (!s->ready && s->client->json)
        puts("{\"topic\":\"ready\"}");
    else if (!s->ready)
        client_note(s->client, "recording into %s; Ctrl-C ends", s->record->folder);
    s->ready = true;
    if (message->restarted)
        client_note(s->client, "the daemon was restarted; what came between is not known here");
    if (message->lost)
        client_note(s->client, "%ju messages of %s never came here", (uintmax_t)message->lost,
                    gait_topic_name(message->head.topic));
    if (message->head.topic == GAIT_TOPIC_TRIAL && strcmp(client_text(message->header, "state"), "ended") == 0)
        s->ended = true;
    return record_store_take(&s->store, message, err);
}

static bool done(const struct state *s)
{
    return stop || s->given_up || (s->record->until_end && s->ended) ||
           (s->record->seconds > 0 && now_s() - s->start_s >= s->record->seconds);
}

/* Silence, and what must be done now and then. */
static int tick(struct state *s, struct gait_error *err)
{
    double now = now_s();

    if (now - s->heard_s > SILENCE_S && !s->silent) {
        s->silent = true;
        s->given_up = s->record->until_end; /* an end that nobody will tell: a script must not wait for it */
        client_note(s->client, "nothing heard from the daemon for %d s, %s", SILENCE_S,
                    s->given_up ? "this ends here; what came is kept" : "waiting");
    }
    if (now - s->synced_s < 1)
        return 0;
    s->synced_s = now;
    return record_store_sync(&s->store, err);
}

static int follow(struct state *s, struct gait_subscriber *subscriber, struct gait_error *err)
{
    int r = 0;

    s->start_s = s->heard_s = s->synced_s = now_s();
    while (r >= 0 && !done(s)) {
        struct gait_message *message = NULL;

        r = gait_subscriber_next(subscriber, TICK_MS, &message, err);
        if (r == -EBADMSG || r == -EPROTONOSUPPORT) {
            client_note(s->client, "a message nobody can read: %s, continuing", err->text);
            s->store.lost_messages++;
            r = 0;
        } else if (r == 1) {
            r = take(s, message, err);
            gait_message_free(message);
        }
        r = r < 0 ? r : tick(s, err);
    }
    return r;
}

/* --- what became of it ------------------------------------------------------------------------------------------------------ */

static uint64_t tell_mat(const struct client *client, const struct record_mat *m, json_t *list)
{
    if (m->files == 0)
        return 0;
    if (client->json)
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "mat", m->mat, "path",
                                              m->path, "files", (int)m->files, "frames", (json_int_t)m->frames,
                                              "lost_device", (json_int_t)m->lost_device, "lost_ring",
                                              (json_int_t)m->lost_ring, "skipped", (json_int_t)m->skipped, "lost",
                                              (json_int_t)m->lost, "unwritten", (json_int_t)m->unwritten));
    else
        printf(
            "%s: %ju frames; lost %ju by the mat, %ju by the daemon, %ju passed over by it, %ju on the way here, %ju "
            "not written\n",
            m->path, (uintmax_t)m->frames, (uintmax_t)m->lost_device, (uintmax_t)m->lost_ring, (uintmax_t)m->skipped,
            (uintmax_t)m->lost, (uintmax_t)m->unwritten);
    return m->lost_device + m->lost_ring + m->skipped + m->lost + m->unwritten;
}

static int tell(const struct client *client, const struct record_store *store)
{
    json_t *list = json_array(), *all;
    uint64_t missing = store->lost_messages;

    for (size_t i = 0; i < store->n_mats; i++)
        missing += tell_mat(client, &store->mat[i], list);
    all = json_pack("{s:s, s:o, s:I, s:I, s:i}", "folder", store->folder, "mats", list, "messages",
                    (json_int_t)store->n_messages, "lost_messages", (json_int_t)store->lost_messages, "restarts",
                    (int)store->restarts);
    if (client->json)
        client_print_json(all);
    else
        printf("%s/messages.jsonl: %ju other messages, %ju lost\n", store->folder, (uintmax_t)store->n_messages,
               (uintmax_t)store->lost_messages);
    if (store->restarts && !client->json)
        printf("the daemon was restarted %u times: what it sent last before is not known here\n", store->restarts);
    json_decref(all);
    return missing || store->restarts ? CLIENT_GAPS : CLIENT_OK;
}

static int run(const struct client *client, const void *input)
{
    struct state s = {.client = client, .record = input};
    struct gait_subscriber *subscriber = NULL;
    struct gait_error err = {0}, late = {0};
    int r, closed;
    bool away, begun;

    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    r = subscribe(client, s.record, &s.store, &subscriber, &err);
    away = r < 0;
    r = r < 0 ? r : record_store_open(&s.store, s.record->folder, &err);
    begun = r == 0;
    if (begun)
        r = follow(&s, subscriber, &err);
    closed = record_store_close(&s.store, r < 0 ? "write failed" : "record ended", &late);
    gait_subscriber_free(subscriber);
    if (away)
        return client_fail_daemon(client, r, &err);
    if (r < 0 || closed < 0) {
        if (begun)
            tell(client, &s.store); /* what was kept until then */
        return client_fail_error(client, r < 0 ? r : closed, r < 0 ? &err : &late);
    }
    r = tell(client, &s.store);
    return s.given_up ? CLIENT_NO_DAEMON : r;
}

const struct verb verb_record = {
    .name = "record",
    .args = "OUT",
    .summary = "Keep a stream on this machine; say what never came",
    .more =
        "OUT becomes a folder: MAT.gaitj, a journal of each mat's frames in kPa, which gait analyse, check, export and "
        "view read; and messages.jsonl, every other message in the json/ form of docs/STREAM.md. What never came is "
        "a gap in the journal; the exit status is then 6. When the daemon restarts, MAT.2.gaitj begins. A full disk "
        "ends it: "
        "what was kept until then is told, the exit status is 1.\n\n"
        "Examples:\n  gait record pass-1\n  gait --socket tcp://lab:7470 record pass-1 --until-end",
    .options = options,
    .size = sizeof(struct record),
    .parse = parse,
    .run = run,
};
