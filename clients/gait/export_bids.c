#include "export_bids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>

enum { LABEL_MAX = 65, NAME_MAX_BYTES = 512, MADE_MAX = 8, LINE_MAX_BYTES = 4096 };

struct bids {
    const char *folder;
    const struct gait_export_trial *trial;
    bool force;
    char subject[LABEL_MAX], session[LABEL_MAX]; /* session may be "" */
    char below[NAME_MAX_BYTES];                  /* sub-X[/ses-Y] */
    char name[NAME_MAX_BYTES];                   /* sub-X[_ses-Y]_task-walk_tracksys-pressuremat[_acq-Z][_run-N] */
    char made[MADE_MAX][WHOLE_PATH_MAX];         /* to be taken back when a later one fails */
    unsigned n_made;
};

static void name_parts(struct bids *b, const char *source)
{
    const struct gait_export_trial *t = b->trial;
    char acq[2 * LABEL_MAX], label[2 * LABEL_MAX], part[16] = "", *end = b->name + sizeof(b->name);

    if (gait_export_bids_label(t->subject, sizeof(b->subject), b->subject) < 0)
        strcpy(b->subject, "unknown");
    gait_export_bids_label(t->session, sizeof(b->session), b->session);
    snprintf(b->below, sizeof(b->below), "sub-%s%s%s", b->subject, b->session[0] ? "/ses-" : "", b->session);
    if (t->trial)
        snprintf(acq, sizeof(acq), "%s%s", t->condition, t->timepoint);
    else /* a vendor's recording has nothing but its name */
        snprintf(acq, sizeof(acq), "%.*s", (int)strcspn(source, "."), source);
    gait_export_bids_label(acq, sizeof(label), label);
    if (t->part)
        snprintf(part, sizeof(part), "part%u", t->part);
    snprintf(b->name, sizeof(b->name), "sub-%s%s%s_task-walk_tracksys-pressuremat%s%s%s", b->subject,
             b->session[0] ? "_ses-" : "", b->session, label[0] || part[0] ? "_acq-" : "", label, part);
    if (t->trial)
        snprintf(b->name + strlen(b->name), (size_t)(end - b->name) - strlen(b->name), "_run-%u", t->trial);
}

/* ---- one file of this trial ---------------------------------------------------------------------------------------------------- */

typedef int write_part(FILE *out, const struct gait_export_trial *trial);

static int finish(struct bids *b, struct whole_file *file, int r, struct gait_error *err)
{
    if (r < 0 && !err->text[0])
        gait_error_set(err, r, "%s: %s", file->path, strerror(-r));
    r = whole_end(file, r, err);
    if (r == 0 && b->n_made < MADE_MAX)
        strcpy(b->made[b->n_made++], file->path);
    return r;
}

static int write_one(struct bids *b, const char *ending, write_part *write, struct gait_error *err)
{
    struct whole_file file;
    char path[WHOLE_PATH_MAX];
    int r;

    snprintf(path, sizeof(path), "%.2000s/%s/motion/%s_%s", b->folder, b->below, b->name, ending);
    r = whole_begin(path, b->force, &file, err);
    return r < 0 ? r : finish(b, &file, write(file.out, b->trial), err);
}

/* The recording itself, with the whole matrix. */
static int copy_source(struct bids *b, const char *source, struct gait_error *err)
{
    const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source;
    _cleanup_close_ int from = open(source, O_RDONLY | O_CLOEXEC);
    char path[WHOLE_PATH_MAX], bytes[1 << 16];
    struct whole_file file;
    ssize_t n = -1;
    int r;

    snprintf(path, sizeof(path), "%.2000s/sourcedata/%s", b->folder, b->below);
    r = whole_folder(path, err);
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%.255s", name);
    if (r < 0 || (!b->force && access(path, F_OK) == 0)) /* another trial of the same file has brought it */
        return r;
    r = whole_begin(path, b->force, &file, err);
    if (r < 0)
        return r;
    while (from >= 0 && (n = read(from, bytes, sizeof(bytes))) > 0)
        fwrite(bytes, 1, (size_t)n, file.out);
    return finish(b, &file, n < 0 ? -errno : 0, err);
}

/* ---- what all trials share --------------------------------------------------------------------------------------------------------- */

static int dataset_json(FILE *out, const struct gait_export_trial *trial)
{
    return gait_export_bids_dataset_json(out, trial);
}

static int participants_json(FILE *out, const struct gait_export_trial *trial)
{
    (void)trial;
    return gait_export_bids_participants_json(out);
}

static int readme(FILE *out, const struct gait_export_trial *trial)
{
    (void)trial;
    fputs("Walking over a pressure mat, written by gait export. Forces in N and centres of pressure in mm on the mat "
          "(x across, y along\n"
          "the walkway) for each foot; sourcedata holds the recordings with the whole pressure matrix.\n",
          out);
    return 0;
}

/* Made by the first trial, left alone by the others. */
static int write_shared(const struct bids *b, const char *name, write_part *write, struct gait_error *err)
{
    struct whole_file file;
    char path[WHOLE_PATH_MAX];
    int r;

    snprintf(path, sizeof(path), "%.2000s/%s", b->folder, name);
    if (access(path, F_OK) == 0)
        return 0;
    r = whole_begin(path, false, &file, err);
    r = r < 0 ? r : whole_end(&file, write(file.out, b->trial), err);
    return r == -EEXIST ? 0 : r;
}

/* The table with this participant's line in it; a line that is there stays as it is, whoever wrote it. */
static int write_participant(const struct bids *b, struct gait_error *err)
{
    char path[WHOLE_PATH_MAX], line[LINE_MAX_BYTES], start[LABEL_MAX + 8];
    struct whole_file file;
    FILE *old;
    bool known = false;
    int r;

    snprintf(path, sizeof(path), "%.2000s/participants.tsv", b->folder);
    snprintf(start, sizeof(start), "sub-%s\t", b->subject);
    r = whole_begin(path, true, &file, err);
    if (r < 0)
        return r;
    old = fopen(path, "re");
    if (!old)
        fputs(GAIT_EXPORT_BIDS_PARTICIPANTS "\n", file.out);
    while (old && fgets(line, sizeof(line), old)) {
        known |= strncmp(line, start, strlen(start)) == 0;
        fputs(line, file.out);
    }
    if (old)
        fclose(old);
    r = known ? 0 : gait_export_bids_participant(file.out, b->trial);
    return whole_end(&file, r, err);
}

static int events_json(FILE *out, const struct gait_export_trial *trial)
{
    (void)trial;
    return gait_export_bids_events_json(out);
}

static int write_all(struct bids *b, const char *source, struct gait_error *err)
{
    char path[WHOLE_PATH_MAX];
    int r;

    snprintf(path, sizeof(path), "%.2000s/%s/motion", b->folder, b->below);
    r = whole_folder(path, err);
    r = r ? r : write_one(b, "motion.tsv", gait_export_bids_motion, err);
    r = r ? r : write_one(b, "motion.json", gait_export_bids_motion_json, err);
    r = r ? r : write_one(b, "channels.tsv", gait_export_bids_channels, err);
    r = r ? r : write_one(b, "events.tsv", gait_export_bids_events, err);
    r = r ? r : write_one(b, "events.json", events_json, err);
    r = r ? r : copy_source(b, source, err);
    r = r ? r : write_shared(b, "dataset_description.json", dataset_json, err);
    r = r ? r : write_shared(b, "participants.json", participants_json, err);
    r = r ? r : write_shared(b, "README", readme, err);
    return r ? r : write_participant(b, err);
}

int export_bids(const char *folder, const char *source, const struct gait_export_trial *trial, bool force,
                char ret_path[WHOLE_PATH_MAX], struct gait_error *err)
{
    const char *slash = strrchr(source, '/');
    struct bids b = {.folder = folder, .trial = trial, .force = force};
    int r;

    name_parts(&b, slash ? slash + 1 : source);
    r = write_all(&b, source, err);
    for (unsigned i = 0; r < 0 && i < b.n_made; i++)
        unlink(b.made[i]);
    if (r == 0)
        snprintf(ret_path, WHOLE_PATH_MAX, "%.2000s/%s/motion/%s_motion.tsv", folder, b.below, b.name);
    return r;
}
