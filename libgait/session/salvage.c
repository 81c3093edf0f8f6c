#include "session/salvage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "gait/crc32c.h"

void salvage_tell(struct gait_salvaged *s, const char *format, ...)
{
    size_t n = strlen(s->told);
    va_list args;

    if (n)
        n += (size_t)snprintf(s->told + n, sizeof(s->told) - n, "; ");
    if (n >= sizeof(s->told))
        return;
    va_start(args, format);
    vsnprintf(s->told + n, sizeof(s->told) - n, format, args);
    va_end(args);
}

bool salvage_crc_holds(hid_t set, uint32_t crc)
{
    uint64_t told;

    return !recording_read_u64(set, H5_CRC, &told) || told == crc;
}

bool salvage_column(const struct gait_recording *rec, const char *path, enum gait_pack_dtype dtype, uint64_t n,
                    void *ret)
{
    _cleanup_h5_ hid_t set = H5Lexists(rec->file, path, H5P_DEFAULT) > 0 ? H5Dopen2(rec->file, path, H5P_DEFAULT) : -1;
    hid_t type = h5_type(dtype);

    if (set < 0 || recording_column_length(set, type) != (int64_t)n)
        return false;
    if (n && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, ret) < 0)
        return false;
    return salvage_crc_holds(set, gait_crc32c(0, ret, (size_t)n * gait_pack_dtype_size(dtype)));
}

/* The texts of a group agree with their checksum, or have none. */
static bool texts_hold(const struct gait_recording *rec, const char *group)
{
    _cleanup_h5_ hid_t object = H5Gopen2(rec->file, group, H5P_DEFAULT);
    uint32_t now = 0;
    uint64_t told;
    int r = object < 0 ? -EIO : h5_texts_crc(object, &now);

    return r >= 0 && (!recording_read_u64(object, H5_TEXTS_CRC, &told) || told == now);
}

/* All texts of a trial are made of its records but one, which stands nowhere else. */
static void salvage_about(struct gait_recording *rec, struct trial *trial, struct gait_salvaged *s)
{
    recording_read_about(rec, s->group, trial);
    if (texts_hold(rec, s->group))
        return;
    s->uuid_unproven = true;
    salvage_tell(s, "its texts have changed: its uuid is unproven");
}

static int salvage_trial(struct gait_recording *rec, struct trial *trial, struct gait_salvaged *s,
                         struct gait_error *err)
{
    int r = salvage_records(rec, s->group, trial, s, err);

    if (r == 0)
        r = salvage_frames(rec, s->group, trial, s, err);
    if (r == 0)
        salvage_about(rec, trial, s);
    return r == 0 ? trial_complete(trial, rec->path, err) : r;
}

static bool is_skipped(const struct gait_salvage_options *o, const char *part)
{
    for (size_t i = 0; o && i < o->n_skip; i++)
        if (strcmp(o->skip[i], part) == 0)
            return true;
    return false;
}

/* What failed names the file first; whoever asked knows it, and may have asked of a copy. */
static const char *without_path(const struct gait_recording *rec, const char *text)
{
    size_t n = strlen(rec->path);

    return strncmp(text, rec->path, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

static int salvage_unless_skipped(struct gait_recording *rec, const struct gait_salvage_options *o, struct trial *trial,
                                  struct gait_salvaged *s, struct gait_error *err)
{
    if (is_skipped(o, s->group))
        return gait_error_set(err, -EBADMSG, "what of it is damaged breaks its reader, or nothing can be made of it");
    if (o && o->begin)
        o->begin(o->user, s->group);
    return salvage_trial(rec, trial, s, err);
}

/* One trial that cannot be saved does not take the others with it. */
static int salvage_trials(struct gait_recording *rec, const struct gait_salvage_options *o,
                          const struct recording_names *names, struct gait_error *err)
{
    rec->trial = calloc(names->n + 1, sizeof(*rec->trial));
    rec->salvaged = calloc(names->n + 1, sizeof(*rec->salvaged));
    if (!rec->trial || !rec->salvaged)
        return gait_error_set(err, -ENOMEM, "%s: no memory", rec->path);
    for (size_t i = 0; i < names->n; i++) {
        struct gait_salvaged *s = &rec->salvaged[rec->n_salvaged++];
        struct gait_error why = {0};
        char pressure[H5_PATH_MAX];
        int r;

        snprintf(s->group, sizeof(s->group), "/%.22s", names->name[i]);
        snprintf(pressure, sizeof(pressure), "%s/pressure", s->group);
        s->pressure = H5Lexists(rec->file, pressure, H5P_DEFAULT) > 0;
        r = salvage_unless_skipped(rec, o, &rec->trial[rec->n_trials], s, &why);
        if (r == -ENOMEM)
            return gait_error_set(err, r, "%s: no memory", rec->path);
        s->lost = r < 0;
        if (r < 0) {
            trial_done(&rec->trial[rec->n_trials]);
            snprintf(s->told, sizeof(s->told), "%.500s", without_path(rec, why.text));
        } else {
            rec->n_trials++;
        }
    }
    return 0;
}

static int salvage(struct gait_recording *rec, const struct gait_salvage_options *o, struct gait_error *err)
{
    struct recording_names names = {0};
    struct gait_error format = {0};
    int r = recording_open_h5(rec, err), known;

    if (r < 0)
        return r;
    rec->texts_skipped = is_skipped(o, "/");
    known = rec->texts_skipped ? -EBADMSG : recording_read_format(rec, &format);
    if (known == -ENOTSUP) /* its texts can be read: they say so */
        return gait_error_set(err, known, "%s", format.text);
    r = recording_list_trials(rec, &names, err);
    if (r < 0 && r != -ENOMEM)
        r = gait_error_set(err, -EBADMSG, "%s: its list of trials cannot be read: only an older copy of it helps",
                           rec->path);
    if (r == 0 && names.n == 0)
        r = gait_error_set(err, -EBADMSG, "%s", format.text[0] ? format.text : "there is no trial in it");
    if (known < 0)
        rec->kind = names.n > 1 || H5Aexists_by_name(rec->file, "/", "session_json", H5P_DEFAULT) > 0
                        ? RECORDING_SESSION
                        : RECORDING_TRIAL;
    if (r == 0)
        r = salvage_trials(rec, o, &names, err);
    free(names.name);
    return r;
}

int gait_recording_salvage(const char *path, const struct gait_salvage_options *options,
                           struct gait_recording **ret_recording, struct gait_error *err)
{
    _cleanup_(gait_recording_freep) struct gait_recording *rec = NULL;
    struct gait_error own = {0};
    H5_QUIET;
    int r;

    err = err ? err : &own;
    rec = calloc(1, sizeof(*rec));
    if (!rec || !(rec->path = strdup(path)))
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    rec->file = -1;
    r = salvage(rec, options, err);
    if (r < 0)
        return r;
    if (rec->n_trials == 0)
        return gait_error_set(err, -EBADMSG, "%s: nothing of it can be saved: %s: %s", path, rec->salvaged[0].group,
                              rec->salvaged[0].told);
    *ret_recording = gait_steal(&rec);
    return 0;
}

const struct gait_salvaged *gait_recording_salvaged(const struct gait_recording *rec, uint32_t i)
{
    return i < rec->n_salvaged ? &rec->salvaged[i] : NULL;
}

bool gait_recording_texts_hold(const struct gait_recording *rec)
{
    H5_QUIET;

    return !rec->texts_skipped && texts_hold(rec, "/");
}

int gait_recording_set_numbers(struct gait_recording *rec, uint32_t trial, const struct gait_frame_numbers *numbers)
{
    if (trial >= rec->n_trials)
        return -EINVAL;
    for (uint64_t i = 0; i < rec->trial[trial].t.frames; i++)
        rec->trial[trial].frame[i].numbers = numbers[i];
    return 0;
}

int gait_recording_set_field(struct gait_recording *rec, uint32_t trial, const char *key, const char *value)
{
    return trial < rec->n_trials ? gait_journal_header_set(&rec->trial[trial].t.header, key, value) : -EINVAL;
}
