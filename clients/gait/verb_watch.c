#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/cleanup.h>

#include "print.h"
#include "verb.h"

enum { KEY_FRAMES = 0x100, KEY_UNTIL_END, KEY_FOR, SILENCE_S = 5, TICK_MS = 250 };

struct watch {
    const char *mat;
    bool frames, until_end;
    uint64_t count; /* footfalls to show; 0: without end */
    double seconds; /* 0: without end */
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "this mat only", 0},
    {"frames", KEY_FRAMES, NULL, 0, "every frame's numbers too", 0},
    {"count", 'n', "N", 0, "end after N footfalls", 0},
    {"until-end", KEY_UNTIL_END, NULL, 0, "end when a trial ends", 0},
    {"for", KEY_FOR, "SECONDS", 0, "end after that time", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct watch *watch = state->input;

    switch (key) {
    case 'm':
        watch->mat = arg;
        return 0;
    case KEY_FRAMES:
        watch->frames = true;
        return 0;
    case 'n':
        watch->count = (uint64_t)verb_number(state, "--count", arg, 1, 1e9);
        return 0;
    case KEY_UNTIL_END:
        watch->until_end = true;
        return 0;
    case KEY_FOR:
        watch->seconds = verb_number(state, "--for", arg, 0.1, 1e7);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What a run of watch keeps in mind. */
struct state {
    const struct client *client;
    const struct watch *watch;
    uint64_t footfalls, lost;
    bool ready, ended, silent, no_mat;
    double start_s, heard_s;
};

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

static int subscribe(const struct client *client, const struct watch *watch, struct gait_subscriber **ret_subscriber)
{
    static const enum gait_topic topics[] = {GAIT_TOPIC_FOOTFALL, GAIT_TOPIC_TRIAL, GAIT_TOPIC_EVENT, GAIT_TOPIC_LIVE};
    char text[5][GAIT_TOPIC_TEXT_MAX];
    const char *topic[5] = {text[0], text[1], text[2], text[3], text[4]};
    size_t n = watch->frames ? 4 : 3;
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    struct gait_error err = {0};
    int r;

    r = gait_endpoints_find(client->place, &endpoints, &err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = gait_topic_text(topics[i], watch->mat, false, text[i]);
    if (r >= 0)
        r = gait_topic_text(GAIT_TOPIC_STATUS, NULL, false, text[n]);
    if (r >= 0)
        r = gait_requester_new(endpoints.query, &requester, &err); /* says now when no daemon is there */
    gait_requester_free(requester);
    if (r >= 0)
        r = gait_subscriber_new(endpoints.stream, topic, n + 1, ret_subscriber, &err);
    return r < 0 ? client_fail_daemon(client, r, &err) : CLIENT_OK;
}

static void show_live(const struct gait_message *message)
{
    struct gait_frame_numbers numbers;
    struct gait_frame_live live;
    char force[PRINT_TEXT_MAX], peak[PRINT_TEXT_MAX];

    if (gait_message_live(message, &numbers, &live) < 0)
        return;
    printf("%s  frame %ju  force %9s  peak %8s  area %6.1f cm2", message->head.mat, (uintmax_t)message->head.frame,
           print_value(force, numbers.force_N, "N"), print_value(peak, numbers.peak_kPa, "kPa"),
           numbers.area_mm2 / 100);
    if (!isnan(numbers.cop_x_mm))
        printf("  CoP %.1f %.1f mm", numbers.cop_x_mm, numbers.cop_y_mm);
    for (uint32_t i = 0; i < live.feet; i++)
        printf("  #%u %s", live.foot[i].footfall, gait_side_name((enum gait_side)live.foot[i].side));
    putchar('\n');
}

static void show_footfall(const struct client *client, const struct gait_message *message)
{
    struct gait_footfall *footfall = NULL;
    struct gait_error err = {0};
    uint32_t trial;

    if (gait_message_footfall(message, &trial, &footfall, &err) < 0) {
        client_note(client, "a footfall nobody can read: %s, continuing", err.text);
        return;
    }
    print_footfall(client, message->head.mat, footfall);
    gait_footfall_free(footfall);
}

static void show_trial(const struct client *client, const struct gait_message *message)
{
    const json_t *h = message->header;

    printf("%s%s  trial %.0f %s%s  %s %s", print_colour(client, PRINT_BOLD), message->head.mat,
           client_number(h, "trial"), client_text(h, "state"), print_colour(client, PRINT_PLAIN),
           client_text(h, "condition"), client_text(h, "timepoint"));
    if (client_number(h, "frames") > 0)
        printf("  %.0f frames, %.0f footfalls, lost %.0f by the mat, %.0f by us", client_number(h, "frames"),
               client_number(h, "footfalls"), client_number(h, "lost_device"), client_number(h, "lost_ring"));
    if (*client_text(h, "why"))
        printf(" (%s)", client_text(h, "why"));
    printf("  %s\n", client_text(h, "path"));
}

/* That a source begins and ends is told by its trial. */
static void show_event(const struct gait_message *message)
{
    const char *event = client_text(message->header, "event"), *text = client_text(message->header, "text");

    if (*text)
        printf("%s  %s  %s%s\n", message->head.mat, event, text,
               strcmp(event, "lost") == 0 ? ": it is taken again by itself, and a trial that runs goes on" : "");
}

static void show(const struct client *client, const struct gait_message *message)
{
    if (message->head.topic == GAIT_TOPIC_LIVE)
        show_live(message);
    else if (message->head.topic == GAIT_TOPIC_FOOTFALL)
        show_footfall(client, message);
    else if (message->head.topic == GAIT_TOPIC_TRIAL)
        show_trial(client, message);
    else
        show_event(message);
}

static void show_json(const struct gait_message *message)
{
    char topic[GAIT_TOPIC_TEXT_MAX];

    if (gait_topic_text(message->head.topic, message->head.mat, false, topic) >= 0)
        json_object_set_new(message->header, "topic", json_string(topic));
    client_print_json(message->header);
}

/* The first message of any kind proves that the subscription stands: scripts start their trial then. */
static void heard(struct state *s)
{
    s->heard_s = now_s();
    s->silent = false;
    if (s->ready)
        return;
    s->ready = true;
    if (s->client->json)
        puts("{\"topic\":\"ready\"}");
    else
        client_note(s->client, "watching; Ctrl-C ends");
}

/* The mat that was named may not be one of the daemon's: then nothing would ever be shown. */
static void look_for_mat(struct state *s, const json_t *status)
{
    const json_t *mats = json_object_get(status, "mats"), *mat;
    size_t i;

    if (!s->watch->mat || !mats)
        return;
    json_array_foreach(mats, i, mat)
    {
        if (strcmp(client_text(mat, "mat"), s->watch->mat) == 0)
            return;
    }
    s->no_mat = true;
}

static void take(struct state *s, const struct gait_message *message)
{
    heard(s);
    if (message->restarted)
        client_note(s->client, "the daemon was restarted; what came between is not known here");
    if (message->lost && message->head.topic != GAIT_TOPIC_STATUS) {
        s->lost += message->lost;
        client_note(s->client, "%ju messages of %s never came here (the recording has them)", (uintmax_t)message->lost,
                    gait_topic_name(message->head.topic));
    }
    if (message->head.topic == GAIT_TOPIC_STATUS) {
        look_for_mat(s, message->header);
        return;
    }
    if (s->client->json)
        show_json(message);
    else
        show(s->client, message);
    s->footfalls += message->head.topic == GAIT_TOPIC_FOOTFALL;
    if (message->head.topic == GAIT_TOPIC_TRIAL && strcmp(client_text(message->header, "state"), "ended") == 0)
        s->ended = true;
}

static bool done(const struct state *s)
{
    const struct watch *w = s->watch;

    return stop || s->no_mat || (w->count && s->footfalls >= w->count) || (w->until_end && s->ended) ||
           (w->seconds > 0 && now_s() - s->start_s >= w->seconds);
}

static int follow(struct state *s, struct gait_subscriber *subscriber)
{
    struct gait_error err = {0};
    struct gait_message *message;
    int r;

    while (!done(s)) {
        r = gait_subscriber_next(subscriber, TICK_MS, &message, &err);
        if (r == 1) {
            take(s, message);
            gait_message_free(message);
        } else if (r == -EBADMSG || r == -EPROTONOSUPPORT) {
            client_note(s->client, "a message nobody can read: %s, continuing", err.text);
        } else if (r < 0) {
            return client_fail_daemon(s->client, r, &err);
        } else if (now_s() - s->heard_s > SILENCE_S) {
            if (s->watch->until_end)
                return client_fail(s->client, CLIENT_NO_DAEMON, "nothing heard from the daemon for %d s", SILENCE_S);
            if (!s->silent)
                client_note(s->client, "nothing heard from the daemon for %d s, waiting", SILENCE_S);
            s->silent = true;
        }
    }
    if (s->no_mat)
        return client_fail(s->client, CLIENT_REFUSED, "the daemon has no mat %s: gait devices lists its mats",
                           s->watch->mat);
    return s->lost ? CLIENT_GAPS : CLIENT_OK;
}

static int run(const struct client *client, const void *input)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct state state = {.client = client, .watch = input, .start_s = now_s(), .heard_s = now_s()};
    struct gait_subscriber *subscriber = NULL;
    int r;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    r = subscribe(client, input, &subscriber);
    if (r == CLIENT_OK)
        r = follow(&state, subscriber);
    gait_subscriber_free(subscriber);
    return r;
}

const struct verb verb_watch = {
    .name = "watch",
    .summary = "Show footfalls as they are measured, one a line",
    .more = "Trials and events are shown too. With --json every message is one line: its header (docs/STREAM.md) and "
            "its topic; the first line, "
            "{\"topic\":\"ready\"}, says that from here on nothing is missed.\n\nExamples:\n  gait watch\n  gait watch "
            "--json | jq 'select(.footfall) | "
            ".metrics.arch_index'",
    .options = options,
    .size = sizeof(struct watch),
    .parse = parse,
    .run = run,
};
