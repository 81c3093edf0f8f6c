#include "repair.h"

#include <errno.h>
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
};

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

/* Its file says for ever what was done to it. */
static int sign(struct work *w, uint32_t i, const struct gait_salvaged *s)
{
    char text[1024], story[1200], date[32] = "";
    time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc))
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
    describe(s, gait_recording_trial(w->recording->file, i)->frames, text, sizeof(text));
    snprintf(story, sizeof(story), "%s, gait %s: %s", date, gait_version(), text);
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
    guard_file(w->repair->file);
    r = is_touched(s) ? sign(w, i, s) : 0;
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
        uint64_t frames = s->lost ? 0 : gait_recording_trial(w->recording->file, i)->frames;

        if (!s->lost)
            r = write_trial(w, i++, s, err);
        if (r == 0)
            tell(w, s, frames);
        w->lost |= s->lost || s->frames_lost || s->columns_lost || s->footfalls_lost;
    }
    return r;
}

/* ---- the session ------------------------------------------------------------------------------------------------------------------- */

static int write_text(const char *path, const char *text, struct gait_error *err)
{
    FILE *out = fopen(path, "wxe");
    int r = out && fputs(text, out) >= 0 ? 0 : -EIO;

    if (out && fclose(out) != 0)
        r = -EIO;
    return r < 0 ? gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(errno)) : 0;
}

/* What the daemon wrote about the session goes into its folder, where closing looks for it. */
static int write_session_json(struct work *w, struct gait_error *err)
{
    char path[WHOLE_PATH_MAX + 16];
    _cleanup_free_ char *text = NULL;
    json_t *session = gait_recording_session_json(w->recording->file, &text) == 0 ? json_loads(text, 0, NULL) : NULL;
    const bool known = json_is_object(session);

    json_decref(session);
    if (!known || !gait_recording_texts_hold(w->recording->file)) {
        w->lost = true;
        client_note(w->client,
                    known ? "texts at the root of the file have changed: what is said of the session is unproven"
                          : "what was known of the session (session_json) cannot be read and is lost");
    }
    snprintf(path, sizeof(path), "%s/session.json", w->folder);
    return known ? write_text(path, text, err) : 0;
}

static int write_all(struct work *w, struct gait_error *err)
{
    const bool session = strcmp(gait_recording_kind(w->recording->file), "session") == 0;
    char made[WHOLE_PATH_MAX + 16];
    int r;

    snprintf(w->folder, sizeof(w->folder), "%.3900s/session", w->repair->folder);
    if (mkdir(w->folder, 0700) < 0)
        return gait_error_set(err, -errno, "%s: cannot be made: %s", w->folder, strerror(errno));
    r = write_trials(w, err);
    if (r < 0)
        return r;
    snprintf(made, sizeof(made), "%s", w->trial);
    if (session) {
        guard_file(w->repair->file);
        r = write_session_json(w, err);
        r = r < 0 ? r : gait_session_close(w->folder, NULL, err);
        snprintf(made, sizeof(made), "%s/session.h5", w->folder);
    }
    if (r == 0 && rename(made, w->repair->result) < 0)
        r = gait_error_set(err, -errno, "%s: cannot be renamed: %s", made, strerror(errno));
    return r;
}

/* Nothing that was recorded is damaged, and nothing that was made of it. */
static bool is_good(const struct work *w)
{
    struct gait_error err;
    const struct gait_salvaged *s;

    for (uint32_t k = 0; (s = gait_recording_salvaged(w->recording->file, k)); k++)
        if (is_touched(s))
            return false;
    return gait_recording_check(w->recording->file, &err) == 0;
}

int repair_file(const struct client *client, const void *input)
{
    _cleanup_(recording_freep) struct recording *recording = NULL;
    struct work w = {.client = client, .repair = input};
    struct gait_recording *file = NULL;
    struct gait_error err = {0};
    int r;

    guard_file(w.repair->file); /* libhdf5 goes round for ever in some broken files; here and before each step */
    r = gait_recording_salvage(w.repair->file, &file, &err);
    if (r == 0)
        r = recording_of(w.repair->file, file, &recording, &err);
    if (r < 0)
        return client_fail_error(client, r, &err);
    w.recording = recording;
    guard_file(w.repair->file);
    if (is_good(&w)) {
        client_note(client, "%s is good: there is nothing to repair", w.repair->file);
        return CLIENT_OK;
    }
    r = write_all(&w, &err);
    if (r < 0)
        return client_fail_error(client, r, &err);
    return w.lost ? CLIENT_GAPS : CLIENT_OK;
}
