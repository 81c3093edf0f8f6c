#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "session/about.h"
#include "session/copy.h"
#include "session/corrections.h"
#include "session/files.h"
#include "session/layout.h"
#include "session/present.h"
#include "session/recording.h"
#include "session/study.h"
#include "session/tables.h"

/* A trial that goes into the session file, and the recording it comes from. */
struct source {
    struct gait_recording *recording;
    const struct trial *trial;
};

/* A session being closed. */
struct closing {
    char folder[FILES_PATH_MAX], session[FILES_PATH_MAX], part[FILES_PATH_MAX], json[FILES_PATH_MAX];
    struct gait_error *err;
    const char *also;                  /* another folder with trials of this session, or NULL */
    struct gait_recording **recording; /* the session file, when there is one, then the trial files */
    int *held;                         /* [n_recordings] locks: nobody writes into them meanwhile */
    size_t n_recordings;
    bool have_session;
    struct source *source;   /* by rising trial number */
    size_t n_sources, n_new; /* n_new: those that the session file does not hold yet */
    struct h5_writer w;
};

static void closing_done(struct closing *c)
{
    h5_writer_done(&c->w);
    for (size_t i = 0; i < c->n_recordings; i++)
        gait_recording_free(c->recording[i]);
    for (size_t i = 0; i < c->n_recordings; i++)
        close(c->held[i]);
    free(c->held);
    free(c->recording);
    free(c->source);
}

static int add_source(struct closing *c, struct gait_recording *rec, const struct trial *trial)
{
    struct source *grown;
    char own[24], other[24];

    layout_group(own, &trial->t.header);
    for (size_t i = 0; i < c->n_sources; i++) {
        const struct gait_journal_header *there = &c->source[i].trial->t.header, *h = &trial->t.header;

        if (memcmp(there->uuid, h->uuid, GAIT_UUID_BYTES) == 0)
            return 0; /* a crash came between copying and removing */
        layout_group(other, there);
        if (strcmp(own, other) == 0)
            return gait_error_set(c->err, -EEXIST, "%s: trial %u is another one than that in %s; move one of them away",
                                  rec->path, h->trial, c->source[i].recording->path);
    }
    grown = reallocarray(c->source, c->n_sources + 1, sizeof(*grown));
    if (!grown)
        return gait_error_set(c->err, -ENOMEM, "%s: no memory", c->folder);
    c->source = grown;
    grown[c->n_sources++] = (struct source){rec, trial};
    c->n_new += rec->kind != RECORDING_SESSION;
    return 0;
}

static int make_room(struct closing *c)
{
    struct gait_recording **recording = reallocarray(c->recording, c->n_recordings + 1, sizeof(*recording));
    int *held = reallocarray(c->held, c->n_recordings + 1, sizeof(*held));

    if (recording)
        c->recording = recording;
    if (held)
        c->held = held;
    return recording && held ? 0 : gait_error_set(c->err, -ENOMEM, "%s: no memory", c->folder);
}

static int add_recording(struct closing *c, const char *path)
{
    _cleanup_close_ int held = -1;
    struct gait_recording *rec;
    int r = make_room(c);

    if (r == 0)
        r = files_hold(path, &held, c->err);
    if (r == 0)
        r = gait_recording_open(path, &rec, c->err);
    if (r < 0)
        return r;
    c->held[c->n_recordings] = held;
    c->recording[c->n_recordings++] = rec;
    held = -1;
    for (uint32_t i = 0; r == 0 && i < rec->n_trials; i++)
        r = add_source(c, rec, &rec->trial[i]);
    return r;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t n = strlen(name), k = strlen(ending);

    return n > k && strcmp(name + n - k, ending) == 0;
}

static int is_ours(const struct dirent *e)
{
    return e->d_name[0] != '.' &&
           (ends_in(e->d_name, ".gaitj") || (strncmp(e->d_name, "trial-", 6) == 0 && ends_in(e->d_name, ".h5")));
}

static int take_file(struct closing *c, const char *folder, const char *name)
{
    char path[FILES_PATH_MAX];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
        return gait_error_set(c->err, -ENAMETOOLONG, "%.100s...: the path is too long", folder);
    if (ends_in(name, ".gaitj"))
        return gait_error_set(c->err, -EBUSY, "%s: this trial is not sealed yet; run 'gait recover %s' first", path,
                              path);
    return add_recording(c, path);
}

static int by_number(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    uint32_t m = x->trial->t.header.trial, n = y->trial->t.header.trial;

    if (m == n) /* parts of one trial */
        return x->trial->t.header.first_frame < y->trial->t.header.first_frame ? -1 : 1;
    return m < n ? -1 : 1;
}

static int list_folder(struct closing *c, const char *folder)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, is_ours, alphasort), r = 0;

    if (n < 0)
        return gait_error_set(c->err, -errno, "%s: cannot be read: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = take_file(c, folder, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    return r;
}

static int list_sources(struct closing *c)
{
    int r = 0;

    c->have_session = files_exist(c->session);
    if (c->have_session)
        r = add_recording(c, c->session);
    if (r == 0)
        r = list_folder(c, c->folder);
    if (r == 0 && c->also && files_exist(c->also))
        r = list_folder(c, c->also);
    if (r == 0 && c->n_sources == 0)
        r = gait_error_set(c->err, -ENOENT, "%s: there is no trial in it to close", c->folder);
    if (r == 0)
        qsort(c->source, c->n_sources, sizeof(*c->source), by_number);
    return r;
}

static int create_part(struct closing *c)
{
    if (unlink(c->part) < 0 && errno != ENOENT)
        return gait_error_set(c->err, -errno, "%s: cannot be removed: %s", c->part, strerror(errno));
    c->w = (struct h5_writer){.name = c->session, .err = c->err};
    c->w.file = h5_file_new(c->part);
    return c->w.file < 0 ? h5_error(c->err, "%s: cannot be made", c->part) : 0;
}

/* What the daemon says of a trial in session.json, where a reader of the trial looks for it. */
static int mark_discarded(struct closing *c, const char *group, const struct json_t *row)
{
    const char *why = json_string_value(json_object_get(row, "discard_why"));
    int r = H5Adelete_by_name(c->w.file, group, "discarded", H5P_DEFAULT) < 0 ? 0 : 1;

    if (r) /* from an earlier close */
        H5Adelete_by_name(c->w.file, group, "discard_why", H5P_DEFAULT);
    r = h5_texts_change(&c->w, group);
    if (r == 0)
        r = h5_attr_i64(&c->w, group, "discarded", 1);
    return r < 0 ? r : h5_attr_text(&c->w, group, "discard_why", why ? why : "");
}

static int mark_all_discarded(struct closing *c, const json_t *root)
{
    char group[24];
    json_t *row;
    size_t k;
    int r = 0;

    json_array_foreach(json_object_get(root, "trials"), k, row)
    {
        for (size_t i = 0; r == 0 && json_is_true(json_object_get(row, "discarded")) && i < c->n_sources; i++) {
            const struct gait_journal_header *h = &c->source[i].trial->t.header;

            layout_group(group, h);
            if (json_integer_value(json_object_get(row, "trial")) == (json_int_t)h->trial)
                r = mark_discarded(c, group, row);
        }
    }
    return r;
}

/* Events and the session's tables, with what was said of footfalls after their trials had ended. trial[n_sources] is worked on: its actions become its own. */
static int write_tables(struct closing *c, const json_t *root, struct gait_recorded_trial *trial)
{
    const struct gait_recorded_trial **list = calloc(c->n_sources, sizeof(*list));
    size_t n = 0;
    int r = list ? 0 : -ENOMEM;

    for (; r == 0 && n < c->n_sources; n++) {
        r = corrections_add(root, &trial[n], &trial[n].action, &trial[n].n_actions);
        list[n] = &trial[n];
        if (r < 0)
            break;
    }
    if (r < 0)
        gait_error_set(c->err, r, "%s: no memory", c->folder);
    if (r == 0)
        r = layout_events(&c->w, list, n);
    if (r == 0)
        r = tables_write(&c->w, list, n);
    for (size_t i = 0; i < n; i++)
        free(trial[i].action);
    free(list);
    return r;
}

static int write_trials(struct closing *c)
{
    json_t *root = files_exist(c->json) ? json_load_file(c->json, JSON_REJECT_DUPLICATES, NULL) : NULL;
    struct gait_recorded_trial *trial = calloc(c->n_sources, sizeof(*trial));
    char group[24];
    int r = trial ? 0 : gait_error_set(c->err, -ENOMEM, "%s: no memory", c->folder);

    if (r == 0 && !root && files_exist(c->json)) /* without it a discarded trial would count */
        r = gait_error_set(c->err, -EIO, "%s: could be read once and not again", c->json);
    for (size_t i = 0; r == 0 && i < c->n_sources; i++) {
        trial[i] = c->source[i].trial->t; /* shares all it points to */
        layout_group(group, &trial[i].header);
        r = copy_group(&c->w, c->source[i].recording->file, group);
    }
    if (r == 0)
        r = mark_all_discarded(c, root);
    if (r == 0)
        r = write_tables(c, root, trial);
    free(trial);
    json_decref(root);
    return r;
}

static int write_part(struct closing *c)
{
    hid_t file;
    int r = create_part(c);

    if (r == 0)
        r = copy_attributes(&c->w, c->source[0].recording->file, "/");
    if (r == 0)
        r = h5_texts_change(&c->w, "/");
    if (r == 0)
        r = layout_version(&c->w); /* trial files may be older */
    if (r == 0)
        r = h5_attr_text(&c->w, "/", "kind", "session");
    if (r == 0)
        r = about_write(&c->w, c->json);
    if (r == 0)
        r = study_write(&c->w, c->json);
    if (r == 0)
        r = write_trials(c);
    if (r == 0)
        r = h5_seal_texts(&c->w);
    if (r < 0)
        return r;
    file = c->w.file;
    c->w.file = -1;
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 || H5Fclose(file) < 0)
        return h5_error(c->err, "%s: cannot be written", c->part);
    return h5_verify(c->part, c->w.digests, c->w.n_digests, c->err);
}

/* Every trial of the folder is in the session file now: the trial files may go. */
static int remove_trial_files(struct closing *c)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < c->n_recordings; i++) {
        if (c->recording[i]->kind == RECORDING_TRIAL)
            r = files_remove(c->recording[i]->path, c->err);
    }
    return r;
}

/* A session file from before a crash stands in for its trial files only when it still reads back: all frames, all footfalls. */
static int check_session(struct closing *c)
{
    for (size_t i = c->have_session; i < c->n_recordings; i++) {
        int r = trial_is_present(c->recording[i]->path, &c->recording[i]->trial[0], c->err);

        if (r < 0)
            return r;
    }
    return 0;
}

static int close_session(struct closing *c)
{
    int r = list_sources(c);

    if (r < 0)
        return r;
    if (c->n_new == 0)
        r = check_session(c);
    else
        r = write_part(c);
    if (r == 0 && c->n_new)
        r = files_commit(c->part, c->session, c->have_session, c->err);
    if (r < 0 && c->part[0]) {
        h5_closep(&c->w.file);
        unlink(c->part);
    }
    return r == 0 ? remove_trial_files(c) : r;
}

static int name_files(struct closing *c, const char *folder)
{
    int r = session_file_of(folder, c->session, sizeof(c->session), c->err);

    if (r == 0)
        r = files_folder(c->session, c->folder, c->err);
    if (r == 0)
        r = files_part(c->session, c->part, c->err);
    if (r == 0 && (size_t)snprintf(c->json, sizeof(c->json), "%s/session.json", c->folder) >= sizeof(c->json))
        r = gait_error_set(c->err, -ENAMETOOLONG, "%.100s...: the path is too long", folder);
    return r;
}

int gait_session_close(const char *folder, uint32_t *ret_trials, struct gait_error *err)
{
    return gait_session_close_also(folder, NULL, ret_trials, err);
}

int gait_session_close_also(const char *folder, const char *also, uint32_t *ret_trials, struct gait_error *err)
{
    struct gait_error own = {0};
    _cleanup_(closing_done) struct closing c = {.also = also, .err = err ? err : &own};
    H5_QUIET;
    _cleanup_close_ int lock = -1;
    int r = name_files(&c, folder);

    if (r == 0)
        r = lock = files_lock(c.folder, c.err);
    if (r >= 0)
        r = close_session(&c);
    if (r < 0)
        return r;
    if (ret_trials)
        *ret_trials = (uint32_t)c.n_sources;
    return 0;
}
