#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include <gait/cleanup.h>
#include <gait/formats_in.h>
#include <gait/session_tier.h>

#include "guard.h"

GAIT_DEFINE_CLEANUP(struct recording *, recording_free)

static const struct gait_journal_header no_header;

static const unsigned char journal[8] = {0x8B, 'G', 'A', 'I', 'T', 'R', '\r', '\n'};

static bool is_named(const char *path, const char *ending)
{
    size_t n = strlen(path), k = strlen(ending);

    return n > k && strcmp(path + n - k, ending) == 0;
}

/* A journal that lost its first record has others. */
static bool has_record(int fd)
{
    enum { LOOK_BYTES = 1 << 20 };
    _cleanup_free_ unsigned char *bytes = malloc(LOOK_BYTES);
    ssize_t n = bytes ? pread(fd, bytes, LOOK_BYTES, 0) : 0;

    for (size_t at = 0; n > 0 && at + sizeof(journal) <= (size_t)n; at += sizeof(journal)) {
        if (memcmp(bytes + at, journal, sizeof(journal)) == 0)
            return true;
    }
    return false;
}

int recording_is_ours(const char *path, struct gait_error *err)
{
    static const unsigned char hdf5[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char head[8];
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

    if (n < 0 && errno == EISDIR)
        return gait_error_set(err, -EISDIR, "%s: a folder: name the file in it", path);
    if (n < 0)
        return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    if (n == sizeof(head) && memcmp(head, hdf5, sizeof(head)) == 0)
        return 1;
    if (has_record(fd) || is_named(path, ".gaitj"))
        return 1;
    if (!is_named(path, ".h5"))
        return 0;
    return gait_error_set(
        err, -EBADMSG,
        "%s: its name is that of a session file and it does not begin as one: it is damaged. Take a copy of it, or the "
        "trial's journal (.gaitj), which 'gait recover' seals again; else 'gait repair' looks for its trials",
        path);
}

/* The last digit that a vendor's file gives of numbers: 1, 0.1 or 0.01. Each is off by up to half of it. */
static double last_digit(const float *value, size_t n)
{
    for (double digit = 1; digit > 0.05; digit /= 10) {
        size_t i = 0;

        while (i < n && fabs((double)value[i] / digit - round((double)value[i] / digit)) < 0.01)
            i++;
        if (i == n)
            return digit;
    }
    return 0.01;
}

/* A frame's cells must sum to what the vendor's own program wrote beside them. Returns 1 they do, 0 it wrote nothing. */
static int check_total(const struct recording *recording, const float *p_kPa, double *ret_sum_N, double *ret_device_N)
{
    const struct gait_geometry *g = &gait_source_info(recording->source)->geometry;
    double N_per_kPa = gait_geometry_cell_area_mm2(g) / 1000, loaded = 0, off_N;
    float total;

    if (gait_formats_device_force(recording->source, ret_device_N) < 0)
        return 0;
    *ret_sum_N = 0;
    for (size_t i = 0; i < gait_geometry_cells(g); i++)
        if (p_kPa[i] > 0) {
            *ret_sum_N += (double)p_kPa[i] * N_per_kPa;
            loaded++;
        }
    total = (float)*ret_device_N;
    off_N = 0.51 * last_digit(&total, 1) + 0.5 * last_digit(p_kPa, gait_geometry_cells(g)) * loaded * N_per_kPa +
            gait_formats_device_tolerance(recording->source);
    return fabs(*ret_sum_N - *ret_device_N) <= off_N ? 1 : -EBADMSG;
}

static int check_totals(const char *path, struct recording *recording, struct gait_error *err)
{
    _cleanup_free_ float *p_kPa = malloc(gait_geometry_frame_bytes(&gait_source_info(recording->source)->geometry));
    struct gait_frame_meta meta = {0};
    double sum_N, device_N;
    uint64_t picture = 0;
    int r;

    if (!p_kPa)
        return gait_error_set(err, -ENOMEM, "%s: no memory for a frame", path);
    while ((r = gait_source_next(recording->source, p_kPa, &meta, err)) == 1) {
        picture++;
        r = check_total(recording, p_kPa, &sum_N, &device_N);
        if (r < 0)
            return gait_error_set(err, r, "%s: picture %ju: its cells sum to %.2f N, the file says %.2f N: %s", path,
                                  (uintmax_t)picture, sum_N, device_N,
                                  recording->insole
                                      ? "the layout is not this insole's, or the .fgt not this recording's"
                                      : "export the recording again");
        if (r == 0 && picture == 1)
            break; /* either all frames have one, or none */
        recording->totals += (uint64_t)r;
    }
    return r < 0 ? r : gait_source_rewind(recording->source, err);
}

static int take_vendor(const char *path, struct recording *recording, struct gait_error *err)
{
    const struct gait_source_info *info;
    int r = check_totals(path, recording, err);

    if (r < 0)
        return r;
    info = gait_source_info(recording->source);
    r = gait_trial_state_init(&recording->state, &info->geometry, &info->calibration);
    if (r < 0)
        return gait_error_set(err, r, "%s: its matrix cannot be worked with", path);
    memcpy(recording->format, info->format, sizeof(recording->format));
    memcpy(recording->side, info->side, sizeof(recording->side));
    recording->header = &no_header;
    recording->frames = info->frames;
    recording->vendor = recording->ended = true;
    recording->frame = UINT64_MAX; /* the first is 0 */
    return 0;
}

static int open_vendor(const char *path, struct recording *recording, struct gait_error *err)
{
    int r = gait_formats_in_open(path, &recording->source, err);

    return r < 0 ? r : take_vendor(path, recording, err);
}

/* The file of forces that novel's program writes beside an .asc; false: there is none. */
static bool forces_beside(const char *path, char *ret_path, size_t size)
{
    const char *ending = is_named(path, ".asc") ? ".fgt" : is_named(path, ".ASC") ? ".FGT" : NULL;

    return ending && snprintf(ret_path, size, "%.*s%s", (int)(strlen(path) - 4), path, ending) < (int)size &&
           access(ret_path, F_OK) == 0;
}

int recording_open_insole(const char *path, const char *layout, bool right, struct recording **ret_recording,
                          struct gait_error *err)
{
    _cleanup_(recording_freep) struct recording *recording = calloc(1, sizeof(*recording));
    char forces[PATH_MAX];
    int r;

    if (!recording)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    guard_file(path);
    recording->insole = true;
    r = gait_formats_in_open_insole(path, layout, forces_beside(path, forces, sizeof(forces)) ? forces : NULL, right,
                                    &recording->source, err);
    r = r < 0 ? r : take_vendor(path, recording, err);
    if (r == 0)
        *ret_recording = gait_steal(&recording);
    return r;
}

static void read_session(struct recording *recording)
{
    _cleanup_free_ char *text = NULL;

    if (gait_recording_session_json(recording->file, &text) == 0)
        recording->session = json_loads(text, 0, NULL);
}

enum { SESSION_JSON_MAX = 16 << 20 };

/* The session's own file beside a path, or NULL. */
static json_t *session_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    char name[PATH_MAX];
    _cleanup_close_ int fd = -1;
    json_t *root = NULL;
    struct stat st;
    FILE *in;

    if (snprintf(name, sizeof(name), "%.*ssession.json", slash ? (int)(slash - path + 1) : 0, path) >= PATH_MAX)
        return NULL;
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SESSION_JSON_MAX)
        return NULL;
    in = fdopen(fd, "re");
    if (!in)
        return NULL;
    fd = -1;
    /* buffered: json_loadfd() reads each byte by itself, and a long session has millions */
    root = json_loadf(in, 0, NULL);
    fclose(in);
    return root;
}

/* A session file is not changed when its session is unblinded later: arm, treated side and treatments then stand in session.json only. */
static void take_unblinded(const char *path, struct recording *recording)
{
    json_t *now = recording->session ? session_beside(path) : NULL, *told = json_object_get(now, "unblinded");
    const char *id = json_string_value(json_object_get(recording->session, "session")),
               *its = json_string_value(json_object_get(now, "session"));

    if (told && id && its && strcmp(id, its) == 0) {
        json_object_set(recording->session, "unblinded", told);
        json_object_update(json_object_get(recording->session, "fields"), json_object_get(now, "fields"));
        if (json_object_get(now, "treatments"))
            json_object_set(recording->session, "treatments", json_object_get(now, "treatments"));
    }
    json_decref(now);
}

/* What the session says of a trial. */
static bool is_discarded(const struct recording *recording, uint32_t trial)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(recording->session, "trials"), i,
                       row) if (json_integer_value(json_object_get(row, "trial")) ==
                                trial) return json_is_true(json_object_get(row, "discarded"));
    return false;
}

/* Side, validity and flags as operators said they are, also of footfalls that had left the mat by then; the arrays inside stay the file's. */
static int correct(struct recording *recording, const struct gait_recorded_trial *trial, uint32_t i)
{
    uint32_t n = trial->n_footfalls;
    int r;

    free(recording->said);
    free(recording->corrected);
    free(recording->list);
    recording->said = NULL;
    recording->corrected = calloc((size_t)n + 1, sizeof(*recording->corrected));
    recording->list = calloc((size_t)n + 1, sizeof(*recording->list));
    if (!recording->corrected || !recording->list)
        return -ENOMEM;
    r = gait_recording_said(recording->file, i, &recording->said, &recording->n_said);
    for (uint32_t k = 0; r == 0 && k < n; k++) {
        recording->corrected[k] = *trial->footfall[k];
        gait_footfall_correct(&recording->corrected[k], recording->said, recording->n_said);
        recording->list[k] = &recording->corrected[k];
    }
    recording->footfall = recording->list;
    recording->n_footfalls = n;
    return r;
}

static int begin_ours(const char *path, struct recording *recording, struct gait_error *err)
{
    if (gait_recording_trials(recording->file) == 0)
        return gait_error_set(err, -EBADMSG, "%s: there is no trial in it", path);
    read_session(recording);
    take_unblinded(path, recording);
    return recording_go(recording, 0, err);
}

static int open_ours(const char *path, struct recording *recording, struct gait_error *err)
{
    int r = gait_recording_open(path, &recording->file, err);

    return r < 0 ? r : begin_ours(path, recording, err);
}

uint32_t recording_trials(const struct recording *recording)
{
    return recording->file ? gait_recording_trials(recording->file) : 1;
}

uint32_t recording_part(const struct recording *recording)
{
    const char *part = recording->vendor ? NULL : gait_journal_header_get(recording->header, "part");
    size_t n = part ? strlen(part) : 0;

    return n == 0 || n > 4 || strspn(part, "0123456789") != n ? 0 : (uint32_t)strtoul(part, NULL, 10);
}

int recording_go(struct recording *recording, uint32_t i, struct gait_error *err)
{
    const struct gait_recorded_trial *trial;
    int r;

    recording->number = i;
    recording->frame = UINT64_MAX;
    if (!recording->file)
        return gait_source_rewind(recording->source, err);
    trial = gait_recording_trial(recording->file, i);
    if (!trial)
        return gait_error_set(err, -EINVAL, "there is no trial %u in the file", i + 1);
    gait_recorded_frames_free(recording->stored);
    recording->stored = NULL;
    gait_trial_state_done(&recording->state);
    r = gait_recorded_frames_new(recording->file, i, &recording->stored, err);
    if (r < 0)
        return r;
    r = gait_trial_state_copy(&trial->state, &recording->state);
    if (r < 0)
        return gait_error_set(err, r, "trial %u: %s", i + 1, strerror(-r));
    strncpy(recording->format, gait_recording_kind(recording->file), sizeof(recording->format) - 1);
    recording->header = &trial->header;
    recording->action = trial->action;
    recording->n_actions = trial->n_actions;
    r = correct(recording, trial, i);
    if (r < 0)
        return gait_error_set(err, r, "trial %u: %s", i + 1, strerror(-r));
    recording->frames = trial->frames;
    recording->ended = trial->ended;
    recording->discarded = is_discarded(recording, trial->header.trial);
    return 0;
}

/* Of all its trials, unpacked. */
static uint64_t readings_bytes(const struct gait_recording *file)
{
    const struct gait_recorded_trial *trial;
    uint64_t sum = 0, bytes;

    for (uint32_t i = 0; (trial = gait_recording_trial(file, i)); i++)
        if (__builtin_mul_overflow(trial->frames, 2 * gait_geometry_cells(&trial->state.geometry), &bytes) ||
            __builtin_add_overflow(sum, bytes, &sum))
            return UINT64_MAX;
    return sum;
}

int recording_open(const char *path, struct recording **ret_recording, struct gait_error *err)
{
    _cleanup_(recording_freep) struct recording *recording = NULL;
    int ours = recording_is_ours(path, err), r;

    if (ours < 0)
        return ours;
    guard_file(path);
    recording = calloc(1, sizeof(*recording));
    if (!recording)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    r = ours ? open_ours(path, recording, err) : open_vendor(path, recording, err);
    if (r == 0 && ours)
        guard_readings(path, readings_bytes(recording->file));
    if (r == 0)
        *ret_recording = gait_steal(&recording);
    return r;
}

int recording_of(const char *path, struct gait_recording *file, struct recording **ret_recording,
                 struct gait_error *err)
{
    _cleanup_(recording_freep) struct recording *recording = calloc(1, sizeof(*recording));
    int r;

    if (!recording) {
        gait_recording_free(file);
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    }
    recording->file = file;
    r = begin_ours(path, recording, err);
    if (r == 0)
        *ret_recording = gait_steal(&recording);
    return r;
}

void recording_free(struct recording *recording)
{
    if (!recording)
        return;
    gait_recorded_frames_free(recording->stored);
    gait_recording_free(recording->file);
    gait_source_free(recording->source);
    gait_trial_state_done(&recording->state);
    json_decref(recording->session);
    free(recording->said);
    free(recording->corrected);
    free(recording->list);
    free(recording);
}

static void add_damage(char *text, const char *format, ...) GAIT_PRINTF(2, 3);
static void add_damage(char *text, const char *format, ...)
{
    size_t n = strlen(text);
    va_list args;

    if (n)
        n += (size_t)snprintf(text + n, RECORDING_DAMAGE_MAX - n, ", ");
    va_start(args, format);
    vsnprintf(text + n, RECORDING_DAMAGE_MAX - n, format, args);
    va_end(args);
}

const char *recording_damage(const struct gait_recorded_trial *t, char ret_text[RECORDING_DAMAGE_MAX])
{
    ret_text[0] = '\0';
    if (t->missing_records)
        add_damage(ret_text, "%ju record%s damaged%s%s%s", (uintmax_t)t->missing_records,
                   t->missing_records > 1 ? "s" : "", t->missing_kinds[0] ? " (" : "", t->missing_kinds,
                   t->missing_kinds[0] ? ")" : "");
    else if (t->bad_bytes)
        add_damage(ret_text, "%ju bytes between records are none", (uintmax_t)t->bad_bytes);
    if (t->ended && t->torn_bytes)
        add_damage(ret_text, "%ju bytes behind the end are no record", (uintmax_t)t->torn_bytes);
    if (t->ended && t->end.footfalls != t->n_footfalls)
        add_damage(ret_text, "its end counts %ju footfalls", (uintmax_t)t->end.footfalls);
    return ret_text;
}

bool recording_is_damaged(const struct gait_recorded_trial *t)
{
    char text[RECORDING_DAMAGE_MAX];

    return recording_damage(t, text)[0] != '\0';
}

void recording_warn(const struct recording *recording, const char *path)
{
    char text[RECORDING_DAMAGE_MAX];

    for (uint32_t i = 0; recording->file && i < recording_trials(recording); i++) {
        const struct gait_recorded_trial *t = gait_recording_trial(recording->file, i);

        if (recording_damage(t, text)[0])
            fprintf(stderr, "gait: %s: trial %u is damaged: %s\n", path, t->header.trial, text);
    }
}

int recording_next(struct recording *recording, struct gait_slot *slot, struct gait_error *err)
{
    int r;

    if (recording->stored)
        return gait_recorded_frames_next(recording->stored, slot, &recording->frame, err);
    recording->frame++;
    slot->meta = (struct gait_frame_meta){0};
    r = gait_source_next(recording->source, slot->raw, &slot->meta, err);
    slot->meta.t_ns = slot->meta.t_mat_ns;
    return r;
}
