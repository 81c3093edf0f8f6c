#include "study.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gait/cleanup.h>

#include "protocol/protocol.h"
#include "print.h"
#include "session_files.h"

/* What is always shown. */
static const enum gait_metric usual[] = {
    GAIT_METRIC_STANCE,       GAIT_METRIC_FORCE_MAX,   GAIT_METRIC_IMPULSE,          GAIT_METRIC_PEAK,
    GAIT_METRIC_HO,           GAIT_METRIC_HEEL31_PEAK, GAIT_METRIC_HEEL31_FORCE_MAX, GAIT_METRIC_HEEL31_IMPULSE,
    GAIT_METRIC_HEEL31_SHARE, GAIT_METRIC_ARCH_INDEX,  GAIT_METRIC_MID_SHARE,        GAIT_METRIC_DAI_MEAN,
    GAIT_METRIC_CPEI,
};

bool study_shows(const struct study *study, enum gait_metric metric)
{
    const struct study_options *o = study->options;

    if (gait_metric_info(metric)->tier != GAIT_TIER_STEP)
        return false;
    if (o->all || o->any)
        return o->all || o->wanted[metric];
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i] == metric)
            return true;
    return false;
}

const char *study_feet(const struct study *study, char text[STUDY_FEET_MAX])
{
    const struct gait_design_plan *plan = &study->plan;
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < plan->primaries; i++) {
        const char *foot = gait_design_foot_name(gait_design_plan_of(plan, i).foot);

        if (!strstr(text, foot))
            n += (size_t)snprintf(text + n, STUDY_FEET_MAX - n, "%s%s", n ? " and " : "", foot);
    }
    return text;
}

json_t *study_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

const char *study_unit(enum gait_metric metric)
{
    const char *unit = gait_metric_info(metric)->unit;

    return strcmp(unit, "1") == 0 ? "" : strcmp(unit, "percent") == 0 ? "%" : unit;
}

static int make_primaries(const char *list, struct gait_design_plan *plan, struct gait_error *err)
{
    _cleanup_free_ char *copy = strdup(list);
    char *rest = copy, *name;

    if (!copy)
        return gait_error_set(err, -ENOMEM, "no memory");
    plan->primaries = 0;
    while ((name = strsep(&rest, ","))) {
        char *foot = strchr(name, ':');
        int m, f = 0;

        if (foot)
            *foot++ = '\0';
        m = gait_metric_find(name);
        if (foot)
            f = gait_design_foot_find(foot);
        if (f < 0)
            return gait_error_set(err, -EINVAL, "--primary %s:%s: the foot must be left, right or both", name, foot);

        if (m < 0)
            return gait_error_set(err, -EINVAL, "--primary: no metric is called '%s': gait metrics lists them", name);
        if (gait_metric_info((enum gait_metric)m)->tier == GAIT_TIER_SESSION)
            return gait_error_set(err, -EINVAL,
                                  "--primary: %s is one number of a whole pass (tier session in docs/METRICS.md): "
                                  "verdicts are of numbers that each footfall has",
                                  name);
        for (size_t i = 0; i < plan->primaries; i++)
            if ((int)plan->primary[i] == m && (int)plan->primary_foot[i] == f)
                return gait_error_set(err, -EINVAL, "--primary names %s twice", name);
        if (plan->primaries == GAIT_VERDICT_PRIMARIES_MAX)
            return gait_error_set(err, -EINVAL,
                                  "--primary names more than %d metrics: with more, chance makes verdicts",
                                  GAIT_VERDICT_PRIMARIES_MAX);
        plan->primary_foot[plan->primaries] = (enum gait_design_foot)f;
        plan->primary[plan->primaries++] = (enum gait_metric)m;
    }
    return 0;
}

static int make_kind(const char *design, struct gait_design_plan *plan, struct gait_error *err)
{
    for (int kind = GAIT_DESIGN_ONE_PERSON; kind <= GAIT_DESIGN_ONE_FOOT; kind++)
        if (strcmp(design, gait_design_kind_name((enum gait_design_kind)kind)) == 0) {
            plan->kind = (enum gait_design_kind)kind;
            return 0;
        }
    return gait_error_set(err, -EINVAL,
                          "--design is '%s': it must be one_person, group, parallel, crossover or one_foot", design);
}

static bool has_pass(const struct study *s, const char *condition, const char *timepoint)
{
    for (size_t i = 0; i < s->data.passes; i++)
        if ((!condition || strcmp(s->pass[i].condition, condition) == 0) &&
            (!timepoint || strcmp(s->pass[i].timepoint, timepoint) == 0))
            return true;
    return false;
}

enum { SEED_BYTES = 8 };

/* Same data, same chance: the seed comes from the files unless one was given. */
static uint64_t seed_of(const struct study *s)
{
    uint64_t seed = 1;

    if (!isnan(s->options->seed))
        return (uint64_t)s->options->seed;
    for (size_t i = 0; i < s->steps.n_file; i++)
        for (size_t k = 0; k < SEED_BYTES; k++)
            seed = seed * 257 + s->steps.file[i].sha256[k];
    return seed % 1000000000;
}

static int make_plan(struct study *s, struct gait_error *err)
{
    const struct study_options *o = s->options;
    struct gait_design_plan *plan = &s->plan;
    int r = s->protocol ? study_protocol_plan(s, plan, err) : 0;

    if (r == 0 && o->primary)
        r = make_primaries(o->primary, plan, err);
    if (r == 0 && o->design)
        r = make_kind(o->design, plan, err);
    if (r == 0 && o->foot) {
        plan->foot = (enum gait_design_foot)gait_design_foot_find(o->foot);
        memset(plan->primary_foot, 0, o->primary ? 0 : sizeof(plan->primary_foot));
    }
    if (r < 0)
        return r;
    if (o->condition)
        plan->condition = o->condition;
    if (o->against)
        plan->baseline = o->against;
    for (int m = 0; m < GAIT_METRIC_COUNT; m++) {
        if (!isnan(o->swc[m]))
            plan->swc[m] = o->swc[m];
        if (o->direction[m] != GAIT_DIRECTION_NONE)
            plan->wanted[m] = o->direction[m];
        if (s->blind) /* a direction would tell which letter came first */
            plan->wanted[m] = GAIT_DIRECTION_NONE;
    }
    if (!isnan(o->window_pct))
        plan->window = o->window_pct / 100;
    plan->seed = seed_of(s);
    if (o->baseline_file)
        r = baseline_read(s, err);
    plan->terms = s->terms;
    return r;
}

static int deduce(struct study *s, struct gait_error *err)
{
    struct gait_design_plan *plan = &s->plan;

    if (gait_design_deduce(&s->data, plan) < 0)
        return gait_error_set(err, -ENODATA, "there is no trial that counts in these files");
    if (!has_pass(s, plan->condition, NULL))
        return gait_error_set(err, -EINVAL, "--condition is '%s': nobody walked so in these files", plan->condition);
    if (!has_pass(s, plan->condition, plan->baseline))
        return gait_error_set(err, -EINVAL, "--against is '%s': there is no such timepoint (condition %s)",
                              plan->baseline, plan->condition);
    s->n_timepoint = gait_design_timepoints(&s->data, plan, STUDY_TIMEPOINTS_MAX, s->timepoint);
    if (s->n_timepoint > STUDY_TIMEPOINTS_MAX)
        return gait_error_set(err, -E2BIG, "%zu timepoints: at most %d can be compared; give every trial a --timepoint",
                              s->n_timepoint, STUDY_TIMEPOINTS_MAX);
    return 0;
}

/* ---- numbers -------------------------------------------------------------------------------------------------------------- */

static int make_judged(struct study *s)
{
    const struct gait_design_plan *plan = &s->plan;
    int r = 0;

    s->judged = calloc(s->n_timepoint * plan->primaries + 1, sizeof(*s->judged));
    if (!s->judged)
        return -ENOMEM;
    for (size_t t = 0; t < s->n_timepoint; t++)
        for (size_t i = 0; i < plan->primaries && r == 0; i++)
            if (!study_is_before(s, s->timepoint[t]))
                r = gait_design_compare(&s->data, plan, NULL, s->timepoint[t], plan->primary[i],
                                        gait_design_plan_of(plan, i).foot, &s->judged[s->n_judged++]);
    return r < 0 ? r : gait_design_judge(plan, s->finding, s->n_finding, s->judged, s->n_judged);
}

/* Everything else: numbers and bars, no verdict; p adjusted for the false discovery rate. */
static int make_explored(struct study *s)
{
    size_t room = s->n_timepoint * GAIT_METRIC_COUNT * 2;
    _cleanup_free_ double *p = calloc(room + 1, sizeof(*p));
    int r = 0;

    s->explored = calloc(room + 1, sizeof(*s->explored));
    if (!s->explored || !p)
        return -ENOMEM;
    for (size_t t = 0; t < s->n_timepoint; t++)
        for (int foot = GAIT_DESIGN_LEFT; foot <= GAIT_DESIGN_RIGHT; foot++)
            for (int m = 0; m < GAIT_METRIC_COUNT && r == 0; m++)
                if (study_shows(s, (enum gait_metric)m))
                    r = gait_design_compare(&s->data, &s->plan, NULL, s->timepoint[t], (enum gait_metric)m,
                                            (enum gait_design_foot)foot, &s->explored[s->n_explored++]);
    for (size_t i = 0; i < s->n_explored; i++)
        p[i] = s->explored[i].change.se > 0 ? s->explored[i].change.p : (double)NAN;
    if (r == 0)
        r = gait_stats_benjamini_hochberg(p, s->n_explored, p);
    for (size_t i = 0; i < s->n_explored; i++)
        s->explored[i].p_adjusted = p[i];
    return r;
}

static int make_group(struct study *s)
{
    const struct gait_design_plan *plan = &s->plan;
    int r = 0;

    s->group = calloc(s->n_timepoint * plan->primaries + 1, sizeof(*s->group));
    if (!s->group)
        return -ENOMEM;
    for (size_t t = 0; t < s->n_timepoint; t++)
        for (size_t i = 0; i < plan->primaries && r == 0; i++)
            if (!study_is_before(s, s->timepoint[t])) {
                struct gait_design_plan of = gait_design_plan_of(plan, i);

                r = gait_design_group(&s->data, &of, s->timepoint[t], plan->primary[i], &s->group[s->n_group++]);
            }
    return r < 0 ? r : gait_design_group_judge(plan, s->finding, s->n_finding, s->group, s->n_group);
}

void study_find(struct study *study, enum gait_design_severity severity, const char *code, const char *text)
{
    struct gait_design_finding *f = &study->finding[study->n_finding];

    if (study->n_finding == GAIT_DESIGN_FINDINGS_MAX)
        return;
    *f = (struct gait_design_finding){.severity = severity, .code = code, .timepoint = ""};
    snprintf(f->text, sizeof(f->text), "%s", text);
    study->n_finding++;
}

bool study_refused(const struct study *s)
{
    size_t refused = 0;

    for (size_t i = 0; i < s->n_judged; i++)
        refused += s->judged[i].verdict.kind == GAIT_VERDICT_REFUSED;
    for (size_t i = 0; i < s->n_group; i++)
        refused += s->group[i].verdict == GAIT_DESIGN_GROUP_REFUSED;
    return refused == s->n_judged + s->n_group && (refused || !s->n_timepoint);
}

/* Too few steps at a timepoint before the treatment refuse nothing: it is shown, and no verdict is made of it. */
static void soften_before(struct study *s)
{
    for (size_t i = 0; i < s->n_finding; i++) {
        struct gait_design_finding *f = &s->finding[i];

        if (f->severity == GAIT_DESIGN_REFUSED && strcmp(f->code, "few_steps") == 0 && f->timepoint[0] &&
            strcmp(f->timepoint, s->plan.baseline) != 0 && study_is_before(s, f->timepoint))
            f->severity = GAIT_DESIGN_WARNING;
    }
}

static int compute(struct study *s, struct gait_error *err)
{
    int r;

    if (s->options->progress)
        print_progress("comparing %zu footfalls of %zu passes", s->steps.n_step, s->steps.n_pass);
    r = gait_design_check(&s->data, &s->plan, GAIT_DESIGN_FINDINGS_MAX, s->finding);

    if (r >= 0) {
        s->n_finding = r < GAIT_DESIGN_FINDINGS_MAX ? (size_t)r : GAIT_DESIGN_FINDINGS_MAX;
        soften_before(s);
        study_protocol_findings(s);
        baseline_findings(s);
        r = s->plan.kind == GAIT_DESIGN_ONE_PERSON ? make_judged(s) : make_group(s);
    }
    if (r >= 0 && s->plan.kind == GAIT_DESIGN_ONE_PERSON)
        r = make_explored(s);
    return r < 0 ? gait_error_set(err, r, "the comparison could not be computed: %s", strerror(-r)) : 0;
}

static void make_date(struct study *s)
{
    time_t now = time(NULL);
    struct tm utc;

    if (s->options->date)
        snprintf(s->date, sizeof(s->date), "%s", s->options->date);
    else
        strftime(s->date, sizeof(s->date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

/* Letters: for arms where there are some, else for timepoints. */
static int make_blind(struct study *s, struct gait_error *err)
{
    bool hides = study_protocol_hides(s);
    int r;

    s->blind = s->options->blind || hides;
    if (!s->blind)
        return 0;
    if (s->options->csv)
        return gait_error_set(err, -EINVAL, "--csv tells what is blind: gait session unblind first");
    for (size_t i = 0; i < s->steps.n_pass; i++)
        if (strcmp(s->steps.pass[i]->treated, "left") == 0 || strcmp(s->steps.pass[i]->treated, "right") == 0)
            return gait_error_set(err, -EINVAL, "trial %u of %s says which foot was treated: a report cannot hide it",
                                  s->steps.pass[i]->design.trial, s->steps.pass[i]->subject);
    r = blind_arms(&s->steps, seed_of(s));
    if (r >= 0 && r < 2)
        r = blind_steps(&s->steps, seed_of(s));
    return r < 0 ? gait_error_set(err, r, r == -E2BIG ? "more timepoints or arms than letters" : "no memory") : 0;
}

static int add_files(struct study *s, struct gait_error *err)
{
    struct session_files files;
    int r = session_files_find(s->options->file, s->options->files, STUDY_FILES_MAX, &files, err);

    for (size_t i = 0; i < files.n && r == 0; i++)
        r = steps_add_file(&s->steps, files.path[i], err);
    session_files_done(&files);
    return r;
}

int study_make(const struct study_options *options, struct study *ret_study, struct gait_error *err)
{
    struct study *s = ret_study;
    int r;

    *s = (struct study){.options = options};
    gait_design_plan_init(&s->plan);
    make_date(s);
    s->steps.progress = options->progress;
    r = add_files(s, err);
    if (r == 0 && steps_sort(&s->steps) < 0)
        r = gait_error_set(err, -ENOMEM, "no memory");
    if (r == 0)
        r = study_protocol_read(s, err);
    study_protocol_practice(s);
    if (r == 0)
        r = make_blind(s, err);
    if (r == 0 && steps_design(&s->steps, &s->pass, &s->step) < 0)
        r = gait_error_set(err, -ENOMEM, "no memory");
    if (r < 0)
        return r;
    s->data = (struct gait_design_data){s->pass, s->steps.n_pass, s->step, s->steps.n_step};
    r = make_plan(s, err);
    if (r == 0)
        r = deduce(s, err);
    return r < 0 ? r : compute(s, err);
}

void study_done(struct study *study)
{
    steps_done(&study->steps);
    free(study->pass);
    free(study->step);
    free(study->terms);
    protocol_free(study->protocol);
    free(study->judged);
    free(study->explored);
    free(study->group);
}
