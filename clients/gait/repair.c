#include "repair.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/version.h>

#include "guard.h"
#include "offline.h"
#include "trial_writer.h"
#include "whole_file.h"

GAIT_DEFINE_CLEANUP(struct recording *, recording_free)

/* One file under repair. */
struct work {
    const struct client *client;
    const struct repair *repair;
    struct recording *recording; /* what was saved */
    char folder[WHOLE_PATH_MAX]; /* where its trial files are made */
    char trial[WHOLE_PATH_MAX];  /* the last of them */
    bool lost;                   /* something that was recorded */
    char gone[512];              /* what of the session has no trial that could tell of it */
    size_t gone_trials;          /* bytes of it that are about lost trials, which tell() names */
};

/* From here on whoever waits for this process knows what broke it. */
static void begin(void *user, const char *part)
{
    const struct repair *repair = user;

    guard_file(repair->open); /* libhdf5 goes round for ever in some broken files: each part has its time */
    snprintf(repair->at, REPAIR_PART_MAX, "%s", part);
}

static void add_gone(struct work *w, const char *text)
{
    size_t n = strlen(w->gone);

    w->lost = true;
    snprintf(w->gone + n, sizeof(w->gone) - n, "%s%s", n ? "; " : "", text);
}

/* ---- telling ----------------------------------------------------------------------------------------------------------------------- */

static void tell_json(const struct work *w, const struct gait_salvaged *s, uint64_t frames)
{
    json_t *line =
        json_pack("{s:s,s:s,s:b,s:I,s:I,s:b,s:b,s:s}", "file", w->repair->file, "trial", s->group + 1, "lost", s->lost,
                  "frames", (json_int_t)frames, "frames_lost", (json_int_t)s->frames_lost, "numbers_computed",
                  s->numbers_lost, "footfalls_computed", s->footfalls_lost, "told", s->told);

    client_print_json(line);
    json_decref(line);
}

/* What was recorded in it is damaged, not only what was made from that. */
static bool is_touched(const struct gait_salvaged *s)
{
    return s->lost || s->frames_lost || s->numbers_lost || s->footfalls_lost || s->told[0];
}

/* What became of a trial, in words that its file keeps, too. */
static void describe(const struct gait_salvaged *s, uint64_t frames, char *text, size_t size)
{
    size_t n = 0;

    if (s->frames_lost)
        n = (size_t)snprintf(text, size, "%ju of %ju frames cannot be read and are lost", (uintmax_t)s->frames_lost,
                             (uintmax_t)(frames + s->frames_lost));
    else
        n = (size_t)snprintf(text, size, "all %ju frames are there", (uintmax_t)frames);
    if (s->footfalls_lost)
        n += (size_t)snprintf(text + n, size - n, "; footfalls are computed anew");
    else if (s->numbers_lost)
        n += (size_t)snprintf(text + n, size - n, "; numbers of frames are computed anew");
    if (s->told[0])
        snprintf(text + n, size - n, "; %s", s->told);
}

static void tell(const struct work *w, const struct gait_salvaged *s, uint64_t frames)
{
    char text[1024];

    if (w->client->json) {
        tell_json(w, s, frames);
        return;
    }
    describe(s, frames, text, sizeof(text));
    if (s->lost)
        fprintf(stderr, "gait: %s is lost: %s\n", s->group + 1, s->told);
    else if (is_touched(s))
        printf("%s: %s\n", s->group + 1, text);
}

/* ---- one trial --------------------------------------------------------------------------------------------------------------------- */

static void date_story(const char *text, char *story, size_t size)
{
    time_t now = time(NULL);
    char date[32] = "";
    struct tm utc;

    if (gmtime_r(&now, &utc))
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(story, size, "%s, gait %s: %s", date, gait_version(), text);
}

/* Its file says for ever what was done to it. */
static int sign(struct work *w, uint32_t i, const struct gait_salvaged *s)
{
    char text[1024], story[1200];

    describe(s, gait_recording_trial(w->recording->file, i)->frames, text, sizeof(text));
    if (w->repair->found)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "; its file had lost the list of its trials");
    date_story(text, story, sizeof(story));
    return gait_recording_set_field(w->recording->file, i, "repaired", story);
}

struct numbers {
    struct gait_frame_numbers *of;
    uint64_t n;
};

static void keep_numbers(void *user, const struct gait_slot *slot)
{
    struct numbers *numbers = user;

    numbers->of[numbers->n++] = slot->numbers;
}

static int compute_numbers(struct work *w, uint32_t i, struct gait_error *err)
{
    const uint64_t frames = gait_recording_trial(w->recording->file, i)->frames;
    struct numbers numbers = {.of = calloc(frames + 1, sizeof(*numbers.of))};
    struct offline_hooks hooks = {.frame = keep_numbers, .user = &numbers};
    struct offline_result result;
    int r = numbers.of ? recording_go(w->recording, i, err) : -ENOMEM;

    if (r == 0)
        r = offline_run(w->recording, &hooks, &result, err);
    if (r == 0)
        r = gait_recording_set_numbers(w->recording->file, i, numbers.of);
    free(numbers.of);
    return r;
}

/* Frames and records as they were become a journal, and that a trial file. */
static int write_as_it_was(struct work *w, uint32_t i, const struct gait_salvaged *s, struct gait_error *err)
{
    const struct gait_seal_options seal = {.pressure = s->pressure};
    char journal[WHOLE_PATH_MAX + 16];
    int r = s->numbers_lost ? compute_numbers(w, i, err) : 0;

    snprintf(journal, sizeof(journal), "%s.gaitj", w->trial);
    if (r == 0)
        r = gait_recording_to_journal(w->recording->file, i, journal, err);
    return r < 0 ? r : gait_seal(journal, w->trial, &seal, NULL, err);
}

/* Frames go through the pipeline again, with what is left of the operators' actions. */
static int write_anew(struct work *w, uint32_t i, const struct gait_salvaged *s, struct gait_error *err)
{
    const struct gait_seal_options seal = {.pressure = s->pressure};
    char journal[WHOLE_PATH_MAX + 16];
    struct trial_writer writer = {.journal = journal,
                                  .out = w->trial,
                                  .header = &gait_recording_trial(w->recording->file, i)->header,
                                  .seal = &seal};
    int r = recording_go(w->recording, i, err);

    snprintf(journal, sizeof(journal), "%s.gaitj", w->trial);
    w->recording->state.algorithm_version = GAIT_ALGORITHM_VERSION;
    return r < 0 ? r : trial_write(&writer, w->recording, NULL, err);
}

static int write_trial(struct work *w, uint32_t i, const struct gait_salvaged *s, struct gait_error *err)
{
    int r;

    /* the session's folder is read by the names of its files: the order of the trials is theirs */
    snprintf(w->trial, sizeof(w->trial), "%.3900s/trial-%05u.h5", w->folder, i);
    begin((void *)(uintptr_t)w->repair, s->group);
    r = is_touched(s) || w->repair->found ? sign(w, i, s) : 0;
    if (r < 0)
        return gait_error_set(err, r, "%s: its header cannot be changed", s->group + 1);
    return s->footfalls_lost ? write_anew(w, i, s, err) : write_as_it_was(w, i, s, err);
}

static int write_trials(struct work *w, struct gait_error *err)
{
    const struct gait_salvaged *s;
    uint32_t i = 0;
    int r = 0;

    for (uint32_t k = 0; r == 0 && (s = gait_recording_salvaged(w->recording->file, k)); k++) {
        if (s->lost) {
            char text[64];

            snprintf(text, sizeof(text), "%s is lost", s->group + 1);
            add_gone(w, text);
        } else {
            r = write_trial(w, i++, s, err);
        }
        w->lost |= s->lost || s->frames_lost || s->columns_lost || s->uuid_unproven || s->footfalls_lost;
    }
    w->gone_trials = strlen(w->gone);
    return r;
}

/* When all of it is done: a turn that dies has told nothing. */
static void tell_all(const struct work *w)
{
    const struct gait_salvaged *s;
    uint32_t i = 0;

    for (uint32_t k = 0; (s = gait_recording_salvaged(w->recording->file, k)); k++)
        tell(w, s, s->lost ? 0 : gait_recording_trial(w->recording->file, i++)->frames);
    if (w->gone[w->gone_trials])
        client_note(w->client, "%s", w->gone + w->gone_trials + (w->gone_trials ? 2 : 0));
}

/* ---- the session ------------------------------------------------------------------------------------------------------------------- */

/* What is known of the session, or the least that a session has. */
static json_t *session_of(struct work *w)
{
    _cleanup_free_ char *text = NULL;
    json_t *session = gait_recording_session_json(w->recording->file, &text) == 0 ? json_loads(text, 0, NULL) : NULL;
    const bool known = json_is_object(session);

    if (w->repair->found)
        add_gone(w,
                 "the list of its trials was gone: these were looked for, more there may have been, and what is said "
                 "of the session is unproven");
    if (!known) {
        json_decref(session);
        session = json_pack("{s:s}", "session", gait_recording_trial(w->recording->file, 0)->header.session);
        add_gone(w, "what was known of the session (session_json) cannot be read and is lost");
    } else if (!gait_recording_texts_hold(w->recording->file)) {
        add_gone(w, "texts at the root of the file have changed: what is said of the session is unproven");
    }
    return session;
}

/* What the daemon wrote about the session goes into its folder, where closing looks for it. */
static int write_session_json(struct work *w, struct gait_error *err)
{
    char path[WHOLE_PATH_MAX + 16], story[700];
    json_t *session;
    int r;

    begin((void *)(uintptr_t)w->repair, "/");
    session = session_of(w);
    if (w->gone[0]) {
        date_story(w->gone, story, sizeof(story));
        json_object_set_new(session, "repaired", json_string(story));
    }
    snprintf(path, sizeof(path), "%s/session.json", w->folder);
    r = json_dump_file(session, path, JSON_COMPACT | JSON_REAL_PRECISION(17)) < 0 ? -(errno ? errno : EIO) : 0;
    json_decref(session);
    begin((void *)(uintptr_t)w->repair, "");
    return r < 0 ? gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r)) : 0;
}

static int write_all(struct work *w, struct gait_error *err)
{
    const bool session = strcmp(gait_recording_kind(w->recording->file), "session") == 0;
    char made[WHOLE_PATH_MAX + 16];
    int r;

    /* each turn has a folder of its own: what an earlier one left behind when it died is not in the way */
    snprintf(w->folder, sizeof(w->folder), "%.3900s/%zu", w->repair->folder, w->repair->n_skip);
    if (mkdir(w->folder, 0700) < 0)
        return gait_error_set(err, -errno, "%s: cannot be made: %s", w->folder, strerror(errno));
    r = write_trials(w, err);
    if (r < 0)
        return r;
    snprintf(made, sizeof(made), "%s", w->trial);
    w->lost |= w->repair->found;
    if (session) {
        r = write_session_json(w, err);
        r = r < 0 ? r : gait_session_close(w->folder, NULL, err);
        snprintf(made, sizeof(made), "%s/%zu.h5", w->folder, w->repair->n_skip);
    }
    if (r == 0 && rename(made, w->repair->result) < 0)
        r = gait_error_set(err, -errno, "%s: cannot be renamed: %s", made, strerror(errno));
    return r;
}

/* ---- both ways in ------------------------------------------------------------------------------------------------------------------ */

static int salvage(const struct repair *repair, struct gait_recording **ret_file, struct gait_error *err)
{
    struct gait_salvage_options options = {
        .begin = begin, .user = (void *)(uintptr_t)repair, .skip = repair->skip, .n_skip = repair->n_skip};
    int r;

    signal(SIGINT, SIG_DFL); /* who waits catches these, to tidy up */
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    begin((void *)(uintptr_t)repair, "");
    r = gait_recording_salvage(repair->open, &options, ret_file, err);
    begin((void *)(uintptr_t)repair, "/");
    return r;
}

/* Nothing that was recorded is damaged, and nothing that was made of it. */
int repair_look(const struct client *client, const void *input)
{
    _cleanup_(gait_recording_freep) struct gait_recording *file = NULL;
    const struct gait_salvaged *s;
    struct gait_error err;

    (void)client;
    if (salvage(input, &file, &err) < 0)
        return CLIENT_GAPS;
    for (uint32_t k = 0; (s = gait_recording_salvaged(file, k)); k++)
        if (is_touched(s))
            return CLIENT_GAPS;
    return gait_recording_check(file, &err) == 0 ? CLIENT_OK : CLIENT_GAPS;
}

int repair_lists(const struct client *client, const void *input)
{
    const struct repair *repair = input;

    (void)client;
    return gait_recording_lists_trials(repair->open) ? CLIENT_OK : CLIENT_GAPS;
}

int repair_find(const struct client *client, const void *input)
{
    const struct repair *repair = input;
    struct gait_error err = {0};
    int r = gait_recording_find_trials(repair->open, &err);

    if (*whole_hint(r))
        return client_fail(client, CLIENT_FAILED, "%s: %s%s", repair->out, strerror(-r), whole_hint(r));
    return r == 0 ? CLIENT_OK : CLIENT_BAD_INPUT;
}

static int failed(const struct work *w, int r, struct gait_error *err)
{
    if (*whole_hint(r))
        gait_error_set(err, r, "%s: %s%s", w->repair->out, strerror(-r), whole_hint(r));
    return client_fail_error(w->client, r, err);
}

int repair_file(const struct client *client, const void *input)
{
    _cleanup_(recording_freep) struct recording *recording = NULL;
    struct work w = {.client = client, .repair = input};
    struct gait_recording *file = NULL;
    struct gait_error err = {0};
    int r = salvage(w.repair, &file, &err);

    if (r == 0)
        r = recording_of(w.repair->open, file, &recording, &err);
    if (r < 0)
        return failed(&w, r, &err);
    w.recording = recording;
    r = write_all(&w, &err);
    if (r < 0 && *w.repair->at && !*whole_hint(r) && r != -ENOMEM)
        return REPAIR_AGAIN; /* this part cannot be written: without it, the others can */
    if (r < 0)
        return failed(&w, r, &err);
    tell_all(&w);
    return w.lost ? CLIENT_GAPS : CLIENT_OK;
}
