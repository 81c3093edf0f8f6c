/* What the study's protocol registered beforehand: it stands in the trials' headers, or in the file that was named. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/sha256.h>

#include "protocol/protocol.h"
#include "study.h"

static int read_text(struct study *s, const char *name, const char *text, size_t length, struct gait_error *err)
{
    struct mat_profile_fault fault;
    uint8_t digest[GAIT_SHA256_BYTES];
    size_t count = 0;
    int r = protocol_read_bytes(text, length, &s->protocol, &fault, 1, &count, err);

    if (r < 0 && count)
        return gait_error_set(err, r, "%s:%u:%u: %s: %s%s", name, fault.line, fault.column, fault.path, fault.text,
                              count > 1 ? " (and more: gait protocol check lists all)" : "");
    if (r < 0)
        return r;
    gait_sha256(text, length, digest);
    gait_sha256_text(digest, s->protocol_sha256);
    snprintf(s->protocol_source, sizeof(s->protocol_source), "%.60s, from %.80s", s->protocol->name, name);
    return 0;
}

int study_protocol_read(struct study *s, struct gait_error *err)
{
    _cleanup_free_ char *text = NULL;
    size_t length = 0;
    int r;

    if (s->options->protocol) {
        r = protocol_read_file(s->options->protocol, &text, &length, err);
        return r < 0 ? r : read_text(s, s->options->protocol, text, length, err);
    }
    return s->steps.protocol_text
               ? read_text(s, "the session", s->steps.protocol_text, strlen(s->steps.protocol_text), err)
               : 0;
}

void study_protocol_practice(struct study *s)
{
    const struct protocol *p = s->protocol;

    for (size_t i = 0; p && i < s->steps.n_pass; i++) {
        int t = protocol_timepoint_find(p, s->steps.pass[i]->timepoint);

        s->steps.pass[i]->design.practice = t >= 0 && p->timepoints[t].kind == PROTOCOL_FAMILIARISATION;
    }
}

bool study_protocol_hides(const struct study *s)
{
    bool opened = s->steps.n_pass > 0;

    for (size_t i = 0; i < s->steps.n_pass; i++)
        opened &= s->steps.pass[i]->unblinded;
    return s->protocol && s->protocol->blind && s->steps.protocol_text && !opened;
}

/* The one side that all passes name in a field; 0 when they differ or do not say. */
static enum gait_design_foot side_of(const struct study *s, bool treated)
{
    const char *first = NULL;
    int foot;

    for (size_t i = 0; i < s->steps.n_pass; i++) {
        const char *side = treated ? s->steps.pass[i]->treated : s->steps.pass[i]->affected;

        if (first && strcmp(first, side) != 0)
            return (enum gait_design_foot)0;
        first = side;
    }
    foot = first ? gait_design_foot_find(first) : -ENOENT;
    return foot < 0 ? (enum gait_design_foot)0 : (enum gait_design_foot)foot;
}

static enum gait_design_foot foot_of(const struct study *s, int foot)
{
    enum gait_design_foot found = (enum gait_design_foot)0;

    if (foot == PROTOCOL_LEFT || foot == PROTOCOL_RIGHT || foot == PROTOCOL_BOTH)
        return (enum gait_design_foot)foot;
    if (foot == PROTOCOL_TREATED)
        found = side_of(s, true);
    if (foot == PROTOCOL_AFFECTED)
        found = side_of(s, false);
    return found ? found : GAIT_DESIGN_BOTH;
}

static bool several_people(const struct study *s)
{
    for (size_t i = 1; i < s->steps.n_pass; i++)
        if (strcmp(s->steps.pass[i]->subject, s->steps.pass[0]->subject) != 0)
            return true;
    return false;
}

static enum gait_design_kind kind_of(const struct study *s)
{
    static const enum gait_design_kind kinds[] = {
        [PROTOCOL_SINGLE_GROUP] = GAIT_DESIGN_GROUP,
        [PROTOCOL_PARALLEL] = GAIT_DESIGN_PARALLEL,
        [PROTOCOL_CROSSOVER] = GAIT_DESIGN_CROSSOVER,
        [PROTOCOL_SIDE_RANDOMISED] = GAIT_DESIGN_ONE_FOOT,
    };

    return several_people(s) ? kinds[s->protocol->design] : GAIT_DESIGN_ONE_PERSON;
}

/* The last timepoint before treatment that was walked. */
static const char *baseline_of(const struct study *s)
{
    const struct protocol *p = s->protocol;

    for (uint32_t t = p->n_timepoints; t-- > 0;)
        for (size_t i = 0; i < s->steps.n_pass && p->timepoints[t].kind == PROTOCOL_PRE; i++)
            if (strcmp(s->steps.pass[i]->timepoint, p->timepoints[t].name) == 0)
                return s->steps.pass[i]->timepoint;
    return NULL;
}

bool study_is_before(const struct study *s, const char *timepoint)
{
    for (uint32_t t = 0; s->protocol && t < s->protocol->n_timepoints; t++)
        if (strcmp(s->protocol->timepoints[t].name, timepoint) == 0)
            return s->protocol->timepoints[t].kind != PROTOCOL_POST;
    return gait_design_is_before(timepoint);
}

int study_protocol_plan(const struct study *s, struct gait_design_plan *plan, struct gait_error *err)
{
    const struct protocol *p = s->protocol;

    plan->primaries = 0;
    for (uint32_t i = 0; i < p->n_primary && i < GAIT_VERDICT_PRIMARIES_MAX; i++) {
        const struct protocol_primary *one = &p->primary[i];
        int m = gait_metric_find(one->metric);

        if (m < 0)
            return gait_error_set(err, -EINVAL, "the protocol's primary metric '%s' is not known here", one->metric);
        plan->primary_foot[plan->primaries] = foot_of(s, one->foot);
        plan->primary[plan->primaries++] = (enum gait_metric)m;
        plan->swc[m] = one->swc > 0 ? one->swc : (double)NAN;
        plan->wanted[m] = one->direction == PROTOCOL_INCREASE   ? GAIT_DIRECTION_INCREASE
                          : one->direction == PROTOCOL_DECREASE ? GAIT_DIRECTION_DECREASE
                                                                : GAIT_DIRECTION_NONE;
    }
    if (p->window_percent > 0)
        plan->window = p->window_percent / 100;
    plan->kind = kind_of(s);
    if (!s->blind && baseline_of(s))
        plan->baseline = baseline_of(s);
    return 0;
}

/* A primary of the treated or affected foot while nobody may know, or nobody said, which that is. */
static bool foot_is_open(const struct study *s)
{
    for (uint32_t i = 0; i < s->protocol->n_primary; i++) {
        int foot = s->protocol->primary[i].foot;

        if ((foot == PROTOCOL_TREATED && !side_of(s, true)) || (foot == PROTOCOL_AFFECTED && !side_of(s, false)))
            return s->plan.kind == GAIT_DESIGN_ONE_PERSON;
    }
    return false;
}

void study_protocol_findings(struct study *s)
{
    const struct study_options *o = s->options;
    bool asked = o->primary || o->foot || o->design || o->against || !isnan(o->window_pct), other = false;
    const char *sha256 = NULL;

    if (!s->protocol)
        return;
    for (int m = 0; m < GAIT_METRIC_COUNT; m++)
        asked |= !isnan(o->swc[m]) || o->direction[m] != GAIT_DIRECTION_NONE;
    if (asked)
        study_find(
            s, GAIT_DESIGN_WARNING, "not_registered",
            "options of this command stand in place of what the protocol registered: these verdicts were not named "
            "beforehand");
    for (size_t i = 0; i < s->steps.n_pass; i++) {
        const char *own = s->steps.pass[i]->protocol_sha256;

        other |= *own && strcmp(own, s->protocol_sha256) != 0;
        sha256 = *own ? own : sha256;
    }
    if (foot_is_open(s) && !s->options->foot && !s->options->primary)
        study_find(
            s, GAIT_DESIGN_WARNING, "foot_unknown",
            "the protocol judges the treated or affected foot, and the files do not say which that is (blind until it "
            "is opened: gait session unblind): both feet stand in for it");
    if (other)
        study_find(
            s, GAIT_DESIGN_WARNING, "protocol_differs",
            "not all trials were walked under this version of the protocol: what was registered may have changed in "
            "between");
    if (!sha256)
        study_find(s, GAIT_DESIGN_NOTE, "protocol_afterwards",
                   "the trials name no protocol: that this one was registered beforehand, the files do not show");
}
