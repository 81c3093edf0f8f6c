#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "analyse_store.h"
#include "offline.h"
#include "print.h"
#include "verb.h"
#include "whole_file.h"

enum { FILES_MAX = 4096, KEY_P_ON = 0x100, KEY_MASS, KEY_FRAMES, KEY_METRICS, KEY_STORE };

struct analyse {
    const char *file[FILES_MAX];
    size_t files;
    double p_on_kPa, mass_kg; /* NaN: as recorded, or the default */
    bool frames, metrics;
    const char *store; /* folder for files with the new footfalls; NULL: none */
};

static const struct argp_option options[] = {
    {"p-on", KEY_P_ON, "KPA", 0, "threshold instead of the recorded one (0: every cell above 0 counts)", 0},
    {"mass-kg", KEY_MASS, "KG", 0, "body mass instead of the recorded one", 0},
    {"frames", KEY_FRAMES, NULL, 0, "the numbers of every frame too", 0},
    {"store", KEY_STORE, "DIR", 0, "keep the new footfalls in DIR/NAME-v2.h5, beside the old ones; FILE stays as it is",
     0},
    {"metrics", KEY_METRICS, NULL, 0, "every number of every footfall, with the reason where there is none", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct analyse *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        a->p_on_kPa = a->mass_kg = NAN;
        return 0;
    case KEY_P_ON:
        a->p_on_kPa = verb_number(state, "--p-on", arg, 0, 1000);
        return 0;
    case KEY_MASS:
        a->mass_kg = verb_number(state, "--mass-kg", arg, 2, 400);
        return 0;
    case KEY_FRAMES:
        a->frames = true;
        return 0;
    case KEY_STORE:
        a->store = arg;
        return 0;
    case KEY_METRICS:
        a->metrics = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->files == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        a->file[a->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->files)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One trial being shown. */
struct shown {
    const struct client *client;
    const struct analyse *analyse;
    const struct recording *recording;
    uint64_t frames, footfalls, valid;
    uint64_t first_t_ns;
};

/* ---- as text ------------------------------------------------------------------------------------------------------------------ */

static void print_frame(const struct shown *s, const struct gait_slot *slot)
{
    const struct gait_frame_numbers *n = &slot->numbers;

    if (s->frames == 0)
        puts("  frame    t s     force N  peak kPa   area cm2  CoP x mm  CoP y mm");
    printf("%7ju %8.3f %9.1f %9.0f %10.2f", (uintmax_t)s->frames, (double)(slot->meta.t_mat_ns - s->first_t_ns) * 1e-9,
           n->force_N, n->peak_kPa, n->area_mm2 / 100);
    if (isnan(n->cop_x_mm))
        puts("         -         -");
    else
        printf(" %9.1f %9.1f\n", n->cop_x_mm, n->cop_y_mm);
}

static void print_metrics(const struct client *client, const struct gait_footfall *f)
{
    char text[PRINT_TEXT_MAX];

    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        const struct gait_metric_info *info = gait_metric_info((enum gait_metric)m);

        if (info->tier != GAIT_TIER_STEP)
            continue;
        printf("      %-36s %14s", info->name, print_value(text, f->value[m], info->unit));
        if (f->reason[m])
            printf("  %s%s%s", print_colour(client, PRINT_DIM), gait_reason_name((enum gait_reason)f->reason[m]),
                   print_colour(client, PRINT_PLAIN));
        putchar('\n');
    }
}

/* ---- as JSON: one line a record, the members of docs/STREAM.md -------------------------------------------------------------------- */

/* Print a message header as a line of its kind. Takes header over. */
static void print_header(const char *kind, char *header)
{
    json_t *object = header ? json_loads(header, 0, NULL) : NULL;

    if (object) {
        json_object_set_new(object, "kind", json_string(kind));
        client_print_json(object);
    }
    json_decref(object);
    free(header);
}

static struct gait_stream_head head_of(const struct shown *s, enum gait_topic topic, uint64_t seq)
{
    struct gait_stream_head head = {.topic = topic, .seq = seq, .frame = s->frames};

    snprintf(head.mat, sizeof(head.mat), "%s", s->recording->header->mat[0] ? s->recording->header->mat : "file");
    memcpy(head.instance, "0000000000000000", sizeof(head.instance));
    return head;
}

static void print_frame_json(const struct shown *s, const struct gait_slot *slot)
{
    struct gait_stream_head head = head_of(s, GAIT_TOPIC_LIVE, s->frames + 1);
    char *header = NULL;

    head.t_ns = slot->meta.t_ns;
    head.gap_device = slot->meta.gap_device;
    head.gap_ring = slot->meta.gap_ring;
    if (gait_stream_live(&head, &slot->meta, &slot->numbers, &slot->live, &header) == 0)
        print_header("frame", header);
}

static void print_footfall_json(const struct shown *s, const struct gait_footfall *f)
{
    struct gait_stream_head head = head_of(s, GAIT_TOPIC_FOOTFALL, s->footfalls + 1);
    _cleanup_free_ float *pictures = malloc(gait_stream_footfall_floats(f) * sizeof(float) + 1);
    char *header = NULL;

    head.t_ns = f->ic_ns;
    if (pictures && gait_stream_footfall(&head, s->recording->header->trial, f, &header, pictures) == 0)
        print_header("footfall", header);
}

/* ---- both ---------------------------------------------------------------------------------------------------------------------- */

static void on_frame(void *user, const struct gait_slot *slot)
{
    struct shown *s = user;

    if (s->frames == 0)
        s->first_t_ns = slot->meta.t_mat_ns;
    if (s->analyse->frames && s->client->json)
        print_frame_json(s, slot);
    else if (s->analyse->frames)
        print_frame(s, slot);
    s->frames++;
}

static void on_footfall(void *user, const struct gait_footfall *footfall)
{
    struct shown *s = user;

    if (s->client->json) {
        print_footfall_json(s, footfall);
    } else {
        print_footfall(s->client, "", footfall);
        if (s->analyse->metrics)
            print_metrics(s->client, footfall);
    }
    s->footfalls++;
    s->valid += footfall->valid;
}

static void print_start(const struct client *client, const char *path, const struct recording *r)
{
    const struct gait_geometry *g = &r->state.geometry;
    json_t *line;

    if (client->json) {
        line =
            json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:i,s:i,s:f,s:f,s:f,s:f,s:i}", "kind", "trial", "file", path,
                      "format", r->format, "session", r->header->session, "trial", (int)r->header->trial, "condition",
                      r->header->condition, "timepoint", r->header->timepoint, "rows", (int)g->rows, "cols",
                      (int)g->cols, "pitch_x_mm", g->pitch_x_mm, "pitch_y_mm", g->pitch_y_mm, "rate_hz", g->rate_hz,
                      "p_on_kPa", r->state.parameters.p_on_kPa, "algorithm_version", GAIT_ALGORITHM_VERSION);
        if (line)
            client_print_json(line);
        json_decref(line);
        return;
    }
    printf("%s%s%s: %s", print_colour(client, PRINT_BOLD), path, print_colour(client, PRINT_PLAIN), r->format);
    if (r->header->trial)
        printf(", trial %u of %s %s %s", r->header->trial, r->header->session, r->header->condition,
               r->header->timepoint);
    printf(", %u x %u cells of %.4g x %.4g mm, %.4g Hz, threshold %.3g kPa\n", g->cols, g->rows, g->pitch_x_mm,
           g->pitch_y_mm, g->rate_hz, r->state.parameters.p_on_kPa);
}

static void print_end(const struct shown *s, const struct offline_result *result)
{
    double seconds = (double)(result->last_t_ns - result->first_t_ns) * 1e-9;
    json_t *line;

    if (s->client->json) {
        line = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:b}", "kind", "end", "frames", (json_int_t)s->frames,
                         "footfalls", (json_int_t)s->footfalls, "footfalls_dropped",
                         (json_int_t)result->counters.footfalls_dropped, "rejected_contacts",
                         (json_int_t)result->counters.rejected_contacts, "lost_device", (json_int_t)result->gap_device,
                         "lost_ring", (json_int_t)result->gap_ring, "ended", s->recording->ended);
        if (line)
            client_print_json(line);
        json_decref(line);
        return;
    }
    printf("%ju frames over %.2f s, %ju footfalls (%ju count)", (uintmax_t)s->frames, seconds, (uintmax_t)s->footfalls,
           (uintmax_t)s->valid);
    if (result->gap_device || result->gap_ring)
        printf(", lost %ju by the mat, %ju by us", (uintmax_t)result->gap_device, (uintmax_t)result->gap_ring);
    puts(s->recording->ended ? "" : "; the trial was cut off");
}

/* Options win over what the recording says. */
static void override(const struct analyse *a, struct gait_trial_state *state)
{
    if (!isnan(a->p_on_kPa)) {
        state->parameters.p_on_kPa = a->p_on_kPa;
        state->parameters.p_off_kPa = 0.5 * a->p_on_kPa;
    }
    if (!isnan(a->mass_kg))
        state->subject.mass_kg = a->mass_kg;
}

static int analyse_trial(const struct client *client, const struct analyse *a, const char *path,
                         struct recording *recording)
{
    struct shown shown = {.client = client, .analyse = a, .recording = recording};
    struct offline_hooks hooks = {.frame = on_frame, .footfall = on_footfall, .user = &shown};
    struct offline_result result;
    struct gait_error err = {0};
    int r;

    override(a, &recording->state);
    print_start(client, path, recording);
    r = offline_run(recording, &hooks, &result, &err);
    if (r < 0)
        return client_fail_error(client, r, &err);
    print_end(&shown, &result);
    if (a->store) {
        struct gait_trial_state state =
            recording->state; /* with what the options changed; its arrays stay where they are */

        recording->state = (struct gait_trial_state){0};
        r = recording_go(recording, recording->number, &err);
        gait_trial_state_done(&recording->state);
        recording->state = state;
        r = r < 0 ? client_fail_error(client, r, &err) : analyse_store(client, a->store, path, recording);
        if (r != CLIENT_OK)
            return r;
    }
    return result.gap_device || result.gap_ring || result.counters.footfalls_dropped ? CLIENT_GAPS : CLIENT_OK;
}

static int analyse_file(const struct client *client, const struct analyse *a, const char *path)
{
    struct recording *recording = NULL;
    struct gait_error err = {0};
    int r = recording_open(path, &recording, &err), worst = CLIENT_OK, each;

    if (r == 0)
        recording_warn(recording, path);
    for (uint32_t i = 0; r == 0 && i < recording_trials(recording); i++) {
        r = recording_go(recording, i, &err);
        if (r < 0)
            break;
        each = analyse_trial(client, a, path, recording);
        worst = each > worst ? each : worst;
        if (each != CLIENT_OK && each != CLIENT_GAPS) {
            worst = each;
            break;
        }
    }
    recording_free(recording);
    return r < 0 ? client_fail_error(client, r, &err) : worst;
}

static int run(const struct client *client, const void *input)
{
    const struct analyse *a = input;
    struct gait_error err = {0};
    int worst = CLIENT_OK, r;

    if (a->store && whole_folder(a->store, &err) < 0)
        return client_fail_error(client, err.code, &err);

    for (size_t i = 0; i < a->files; i++) {
        r = analyse_file(client, a, a->file[i]);
        if (r != CLIENT_OK && r != CLIENT_GAPS)
            return r;
        worst = r > worst ? r : worst;
    }
    return worst;
}

const struct verb verb_analyse = {
    .name = "analyse",
    .args = "FILE...",
    .summary = "Compute the footfalls of a recording again",
    .more = "FILE is a trial's journal, a trial or session file, or a vendor's recording (emed .lst, Tekscan .asf or "
            ".csv, footscan, XSENSOR or pliance text, PedCAD .apd). What was "
            "recorded by gaitd gives the same numbers as it did live, to the last bit, unless --p-on or --mass-kg "
            "change what they depend on. "
            "With --json one line a record: trial, frames (--frames), footfalls with every number, end. The exit "
            "status is 6 when frames are "
            "missing.\n\nExamples:\n  gait analyse emed_test.lst --mass-kg 75 --metrics\n  gait analyse --json "
            "trial-001.h5 | jq 'select(.kind == "
            "\"footfall\") | .metrics'",
    .options = options,
    .files = "file",
    .size = sizeof(struct analyse),
    .parse = parse,
    .guarded = true,
    .run = run,
};
