#include "steps.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gait/cleanup.h>

#include "clean_text.h"
#include "offline.h"
#include "print.h"
#include "steps_tier.h"

/* Ids of the masks of this algorithm version. */
#define MASKS "heel31 heel27 fore55 thirds prc11 axis_halves"

/* One more element behind an array of pointers or structs; NULL without memory. */
static void *one_more(void *array, size_t n, size_t size)
{
    return n & (n - 1) ? array : reallocarray(array, n ? 2 * n : 1, size);
}

static struct steps_group *group_of(struct steps *steps, const char *condition, const char *timepoint)
{
    struct steps_group *more;

    for (size_t i = 0; i < steps->n; i++)
        if (strcmp(steps->group[i].condition, condition) == 0 && strcmp(steps->group[i].timepoint, timepoint) == 0)
            return &steps->group[i];
    more = reallocarray(steps->group, steps->n + 1, sizeof(*more));
    if (!more)
        return NULL;
    steps->group = more;
    more = &steps->group[steps->n++];
    memset(more, 0, sizeof(*more));
    snprintf(more->condition, sizeof(more->condition), "%s", condition);
    snprintf(more->timepoint, sizeof(more->timepoint), "%s", timepoint);
    return more;
}

/* Where footfalls of one trial go. */
struct adding {
    struct steps *steps;
    struct steps_group *group;
    const struct recording *recording;
    size_t pass;
    uint32_t trial;
    bool at_an_end; /* the next one is the first or last of its crossing, which is long enough to do without */
    int r;
};

enum { LONG_PASS = 5 }; /* footfalls */

static int exclude(struct steps *steps, uint32_t trial, uint32_t footfall, const char *why)
{
    struct steps_excluded *more = one_more(steps->excluded, steps->n_excluded, sizeof(*more));

    if (!more)
        return -ENOMEM;
    steps->excluded = more;
    more = &more[steps->n_excluded++];
    *more = (struct steps_excluded){.file = steps->n_file - 1, .trial = trial, .footfall = footfall};
    snprintf(more->why, sizeof(more->why), "%s", why);
    return 0;
}

/* Why a footfall does not count, in the words of its flags. */
static void words_of(const struct gait_footfall *f, char why[STEPS_WHY_MAX])
{
    static const uint32_t reasons = GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_SLOW |
                                    GAIT_FOOTFALL_ACCEL | GAIT_FOOTFALL_GAP | GAIT_FOOTFALL_CUT |
                                    GAIT_FOOTFALL_TOO_LIGHT | GAIT_FOOTFALL_TOO_SMALL | GAIT_FOOTFALL_TOO_SHORT |
                                    GAIT_FOOTFALL_OPERATOR_INVALID | GAIT_FOOTFALL_TRUNCATED;
    size_t n = 0;

    why[0] = '\0';
    if (f->side != GAIT_SIDE_LEFT && f->side != GAIT_SIDE_RIGHT)
        n += (size_t)snprintf(why, STEPS_WHY_MAX, "side unknown");
    for (uint32_t bit = 1; bit && n < STEPS_WHY_MAX; bit <<= 1)
        if (f->flags & reasons & bit && gait_footfall_flag_name(bit))
            n += (size_t)snprintf(why + n, STEPS_WHY_MAX - n, "%s%s", n ? ", " : "", gait_footfall_flag_name(bit));
    if (!n)
        snprintf(why, STEPS_WHY_MAX, "not a full step (%s)", gait_class_name((enum gait_class)f->gait_class));
}

static struct step *copy_step(const struct adding *adding, const struct gait_footfall *f)
{
    struct step *step = calloc(1, sizeof(*step));

    if (!step)
        return NULL;
    step->side = f->side;
    step->valid = f->valid;
    step->pass = adding->pass;
    step->id = f->id;
    step->flags = f->flags;
    memcpy(step->value, f->value, sizeof(f->value));
    memcpy(step->curve, f->curve, sizeof(f->curve));
    step->cpei_chord = print_line(f, &f->cpei_chord);
    step->cpei_third = print_line(f, &f->cpei_third);
    step->cpei_width = print_line(f, &f->cpei_width);
    step->third_heel = print_line(f, &f->third_heel);
    step->third_fore = print_line(f, &f->third_fore);
    if (f->valid && print_register(f, &adding->recording->state.geometry, &step->print_kPa) == -ENOMEM) {
        free(step);
        return NULL;
    }
    return step;
}

static int add_step(struct adding *adding, const struct gait_footfall *f)
{
    struct steps *steps = adding->steps;
    struct steps_group *group = adding->group;
    struct step **more = one_more(steps->step, steps->n_step, sizeof(struct step *)), *step;
    size_t *index;

    if (!more)
        return -ENOMEM;
    steps->step = more;
    step = copy_step(adding, f);
    if (!step)
        return -ENOMEM;
    steps->step[steps->n_step++] = step;
    if (!f->valid)
        return 0;
    index = one_more(group->step, group->n, sizeof(*index));
    if (!index)
        return -ENOMEM;
    group->step = index;
    group->step[group->n++] = steps->n_step - 1;
    return 0;
}

/* Where one pass is one footfall, and the feet take turns. */
static bool is_other_foot(const struct recording *recording, const struct gait_footfall *f)
{
    const char *foot = recording->vendor ? NULL : gait_journal_header_get(recording->header, "foot");

    return foot && f->side && strcmp(foot, gait_side_name((enum gait_side)f->side)) != 0;
}

static void add(void *user, const struct gait_footfall *given)
{
    struct adding *adding = user;
    struct gait_footfall ended = *given;
    const struct gait_footfall *footfall = adding->at_an_end ? &ended : given;
    char why[STEPS_WHY_MAX];
    bool sided = footfall->side == GAIT_SIDE_LEFT || footfall->side == GAIT_SIDE_RIGHT;

    if (adding->r < 0)
        return;
    ended.valid = 0;
    if (!footfall->valid || !sided) {
        adding->group->left_out++;
        words_of(footfall, why);
        if (given->valid && sided)
            snprintf(why, sizeof(why), "first or last of a pass of %d footfalls or more", LONG_PASS);
        if (is_other_foot(adding->recording, footfall))
            snprintf(why, sizeof(why), "the other foot's turn");
        adding->r = exclude(adding->steps, adding->trial, footfall->id, why);
    }
    if (sided && adding->r == 0)
        adding->r = add_step(adding, footfall);
}

/* ---- passes --------------------------------------------------------------------------------------------------------------- */

/* The footfalls of a trial that was recorded; of a long crossing the first and last foot do not count. */
static void add_recorded(struct adding *adding, const struct steps_tier *tier)
{
    const struct recording *recording = adding->recording;
    const size_t n = recording->n_footfalls;
    struct steps_crossing c = {0};
    uint32_t number = 0;

    for (size_t i = 0; i < n && adding->r == 0; i++) {
        const struct gait_tier_row *row = &tier->row[i];

        if (row->crossing != number && row->crossing != 0) {
            number = row->crossing;
            c = steps_tier_crossing(tier->row, n, i);
        }
        adding->at_an_end = row->crossing && c.feet >= LONG_PASS && (i == c.first || i == c.last);
        steps_tier_apply(recording->footfall[i], row);
        add(adding, recording->footfall[i]);
    }
}

static void copy_field(const struct recording *recording, const char *key, char text[STEPS_LABEL_MAX])
{
    const char *field = recording->vendor ? NULL : gait_journal_header_get(recording->header, key);
    const json_t *of_session = json_object_get(json_object_get(recording->session, "fields"), key);

    if (!field && json_is_string(of_session))
        field = json_string_value(of_session);
    snprintf(text, STEPS_LABEL_MAX, "%s", field ? field : "");
}

static struct steps_pass *pass_new(const struct recording *recording, const char *timepoint, double speed_m_per_s)
{
    const struct gait_journal_header *h = recording->header;
    const struct gait_trial_state *state = &recording->state;
    struct steps_pass *p = calloc(1, sizeof(*p));
    const char *since, *sha256;

    if (!p)
        return NULL;
    snprintf(p->subject, sizeof(p->subject), "%s", h->subject);
    snprintf(p->session, sizeof(p->session), "%s", h->session);
    snprintf(p->mat, sizeof(p->mat), "%s", h->mat);
    snprintf(p->condition, sizeof(p->condition), "%s", h->condition);
    snprintf(p->timepoint, sizeof(p->timepoint), "%s", timepoint);
    snprintf(p->software, sizeof(p->software), "%s", h->software);
    snprintf(p->calibration_date, sizeof(p->calibration_date), "%s", state->calibration.date);
    copy_field(recording, "arm", p->arm);
    copy_field(recording, "treated", p->treated);
    copy_field(recording, "footwear", p->footwear);
    copy_field(recording, "affected_side", p->affected);
    sha256 = recording->vendor ? NULL : gait_journal_header_get(h, "protocol_sha256");
    snprintf(p->protocol_sha256, sizeof(p->protocol_sha256), "%s", sha256 ? sha256 : "");
    p->unblinded = json_object_get(recording->session, "unblinded") != NULL;
    p->parameters = state->parameters;
    p->start_realtime_ns = h->start_realtime_ns;
    since = recording->vendor ? NULL : gait_journal_header_get(h, "t_since_treatment_s");
    p->since_treatment_s = since ? atof(since) : (double)NAN;
    p->design = (struct gait_design_pass){
        p->subject,
        p->session,
        p->condition,
        p->timepoint,
        p->mat,
        p->arm,
        p->treated,
        h->trial,
        speed_m_per_s,
        {state->algorithm_version, MASKS, p->footwear, state->parameters.p_on_kPa, state->geometry.pitch_x_mm,
         state->geometry.pitch_y_mm, state->geometry.rate_hz, state->parameters.surface, state->parameters.approach,
         state->calibration.version, p->calibration_date},
        .practice = false,
    };
    return p;
}

/* The pass that an earlier part of this trial made, or n_pass. */
static size_t pass_of(const struct steps *steps, const struct recording *recording)
{
    const struct gait_journal_header *h = recording->header;
    const uint32_t part = recording_part(recording);
    size_t i = 0;

    for (; i < steps->n_pass; i++) {
        const struct steps_pass *p = steps->pass[i];

        if ((part || p->part) && h->session[0] && strcmp(p->session, h->session) == 0 &&
            strcmp(p->subject, h->subject) == 0 && p->design.trial == h->trial)
            break;
    }
    return i;
}

static int add_pass(struct steps *steps, const struct recording *recording, const char *timepoint, double speed_m_per_s)
{
    struct steps_pass **more = one_more(steps->pass, steps->n_pass, sizeof(struct steps_pass *));

    if (!more)
        return -ENOMEM;
    steps->pass = more;
    more[steps->n_pass] = pass_new(recording, timepoint, speed_m_per_s);
    if (!more[steps->n_pass])
        return -ENOMEM;
    more[steps->n_pass]->part = recording_part(recording);
    more[steps->n_pass++]->file = steps->n_file - 1;
    return 0;
}

/* The recording that a trial is of: its own journal, or the one that it is another analysis of. */
static void origin_of(const struct gait_journal_header *h, char ret[GAIT_UUID_TEXT + 1])
{
    const char *of = gait_journal_header_get(h, "analysis_of");

    gait_uuid_text(h->uuid, ret);
    if (of && strlen(of) == GAIT_UUID_TEXT)
        memcpy(ret, of, GAIT_UUID_TEXT + 1);
}

/* A recording counts once, however often its file is named and in however many files it lies. */
static int remember(struct steps *steps, const char *path, const struct recording *recording, struct gait_error *err)
{
    struct steps_origin *more, now = {.file = steps->n_file - 1, .trial = recording->header->trial};

    if (recording->vendor)
        gait_sha256_text(steps->file[now.file].sha256, now.id);
    else
        origin_of(recording->header, now.id);
    for (size_t i = 0; i < steps->n_origin; i++)
        if (strcmp(steps->origin[i].id, now.id) == 0)
            return gait_error_set(err, -EINVAL,
                                  "%s: trial %u is the recording that %s holds as trial %u: name one of them", path,
                                  now.trial, steps->file[steps->origin[i].file].path, steps->origin[i].trial);
    more = one_more(steps->origin, steps->n_origin, sizeof(*more));
    if (!more)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    steps->origin = more;
    more[steps->n_origin++] = now;
    return 0;
}

double steps_given_min(const struct steps_treatment *t)
{
    const char *started = client_text(t->row, "started_boot_id"), *stopped = client_text(t->row, "stopped_boot_id");
    double by_boot_s = client_number(t->row, "stopped_boot_s") - client_number(t->row, "started_boot_s");
    bool boot = *started && strcmp(started, stopped) == 0 && isfinite(by_boot_s);

    return (boot ? by_boot_s : client_number(t->row, "stopped_s") - client_number(t->row, "started_s")) / 60;
}

/* The treatments of the session that this recording belongs to, once. */
static int add_treatments(struct steps *steps, const struct recording *recording)
{
    const struct gait_journal_header *h = recording->header;
    size_t i;
    json_t *row;

    for (i = 0; i < steps->n_treatment; i++)
        if (strcmp(steps->treatment[i].session, h->session) == 0 &&
            strcmp(steps->treatment[i].subject, h->subject) == 0)
            return 0;
    json_array_foreach(json_object_get(recording->session, "treatments"), i, row)
    {
        struct steps_treatment *more = one_more(steps->treatment, steps->n_treatment, sizeof(*more));

        if (!more)
            return -ENOMEM;
        steps->treatment = more;
        more = &more[steps->n_treatment++];
        *more = (struct steps_treatment){.row = json_incref(row)};
        snprintf(more->subject, sizeof(more->subject), "%s", h->subject);
        snprintf(more->session, sizeof(more->session), "%s", h->session);
    }
    return 0;
}

static int add_trial(struct steps *steps, const char *path, struct recording *recording, struct gait_error *err)
{
    const struct gait_journal_header *h = recording->header;
    const char *slash = strrchr(path, '/');
    char timepoint[STEPS_LABEL_MAX];
    struct adding adding = {.steps = steps, .recording = recording, .trial = h->trial};
    struct offline_hooks hooks = {.footfall = add, .user = &adding};
    struct offline_result result;
    struct steps_tier tier;

    snprintf(timepoint, sizeof(timepoint), "%s", h->timepoint[0] ? h->timepoint : slash ? slash + 1 : path);
    clean_text(timepoint);
    adding.group = group_of(steps, h->condition, timepoint);
    if (!adding.group)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    adding.r = remember(steps, path, recording, err);
    if (adding.r < 0)
        return adding.r;
    if (recording->discarded) {
        adding.group->discarded += recording_part(recording) == 0;
        return exclude(steps, h->trial, 0, "discarded by the operator");
    }
    if (!recording->vendor && gait_journal_header_get(h, "extra")) {
        adding.group->extra += recording_part(recording) == 0;
        return exclude(steps, h->trial, 0, "an extra pass, over the protocol's plan");
    }
    if (!recording->vendor && !steps->protocol_text && gait_journal_header_get(h, "protocol_text"))
        steps->protocol_text = strdup(gait_journal_header_get(h, "protocol_text"));
    adding.pass = pass_of(steps, recording);
    adding.r = steps_tier(recording, &tier);
    if (adding.r == 0 && adding.pass == steps->n_pass) {
        adding.group->trials++;
        steps->file[steps->n_file - 1].trials++;
        adding.r = add_pass(steps, recording, timepoint, tier.speed_m_per_s);
    } else if (adding.r == 0 && isnan(steps->pass[adding.pass]->design.speed_m_per_s)) {
        steps->pass[adding.pass]->design.speed_m_per_s = tier.speed_m_per_s;
    }
    if (recording->vendor && adding.r == 0)
        adding.r = offline_run(recording, &hooks, &result, err);
    else if (adding.r == 0)
        add_recorded(&adding, &tier);
    free(tier.row);
    return adding.r < 0 && !err->text[0] ? gait_error_set(err, adding.r, "%s: no memory", path) : adding.r;
}

/* Name, size and checksum for the last page. */
static int add_file(struct steps *steps, const char *path, struct gait_error *err)
{
    struct steps_file *more = one_more(steps->file, steps->n_file, sizeof(*more));
    unsigned char bytes[65536];
    struct steps_file file = {.path = strdup(path)};
    FILE *in = fopen(path, "re");
    struct gait_sha256 sum;
    size_t n;

    if (more)
        steps->file = more;
    if (!more || !file.path || !in) {
        int r = in ? -ENOMEM : -errno;

        free(file.path);
        if (in)
            fclose(in);
        return gait_error_set(err, r, "%s: %s", path, strerror(-r));
    }
    gait_sha256_begin(&sum);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        gait_sha256_add(&sum, bytes, n);
        file.bytes += n;
    }
    gait_sha256_end(&sum, file.sha256);
    clean_text(file.path);
    fclose(in);
    steps->file[steps->n_file++] = file;
    return 0;
}

int steps_add_file(struct steps *steps, const char *path, struct gait_error *err)
{
    struct recording *recording = NULL;
    int r;

    if (steps->progress)
        print_progress("reading %.100s", path);
    r = recording_open(path, &recording, err);
    if (r == 0)
        r = add_file(steps, path, err);
    if (r == 0)
        recording_warn(recording, path);
    for (uint32_t i = 0; r == 0 && i < recording_trials(recording); i++) {
        if (steps->progress)
            print_progress("reading %.100s: trial %u of %u", path, i + 1, recording_trials(recording));
        r = recording_go(recording, i, err);
        if (r == 0)
            r = add_trial(steps, path, recording, err);
        if (r == 0 && add_treatments(steps, recording) < 0)
            r = gait_error_set(err, -ENOMEM, "%s: no memory", path);
    }
    recording_free(recording);
    return r;
}

static int by_pass(const void *a, const void *b)
{
    const struct gait_design_step *x = a, *y = b;

    return (x->pass > y->pass) - (x->pass < y->pass);
}

int steps_design(const struct steps *steps, struct gait_design_pass **ret_pass, struct gait_design_step **ret_step)
{
    struct gait_design_pass *pass = calloc(steps->n_pass + 1, sizeof(*pass));
    struct gait_design_step *step = calloc(steps->n_step + 1, sizeof(*step));

    if (!pass || !step) {
        free(pass);
        free(step);
        return -ENOMEM;
    }
    for (size_t i = 0; i < steps->n_pass; i++)
        pass[i] = steps->pass[i]->design;
    for (size_t i = 0; i < steps->n_step; i++)
        step[i] = (struct gait_design_step){steps->step[i]->pass, steps->step[i]->side, steps->step[i]->valid,
                                            steps->step[i]->value};
    for (size_t i = 1; i < steps->n_step; i++)
        if (step[i].pass < step[i - 1].pass) { /* they were put in order */
            qsort(step, steps->n_step, sizeof(*step), by_pass);
            break;
        }
    *ret_pass = pass;
    *ret_step = step;
    return 0;
}

void steps_done(struct steps *steps)
{
    for (size_t i = 0; i < steps->n; i++)
        free(steps->group[i].step);
    for (size_t i = 0; i < steps->n_pass; i++)
        free(steps->pass[i]);
    for (size_t i = 0; i < steps->n_step; i++) {
        free(steps->step[i]->print_kPa);
        free(steps->step[i]);
    }
    for (size_t i = 0; i < steps->n_file; i++)
        free(steps->file[i].path);
    for (size_t i = 0; i < steps->n_treatment; i++)
        json_decref(steps->treatment[i].row);
    free(steps->treatment);
    free(steps->group);
    free(steps->origin);
    free(steps->protocol_text);
    free(steps->pass);
    free(steps->step);
    free(steps->excluded);
    free(steps->file);
    *steps = (struct steps){0};
}
