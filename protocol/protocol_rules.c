/* What each key may be stands in the table; here is what does not belong together. */
#include <stdlib.h>
#include <string.h>

#include <gait/metric.h>

#include "mats/yaml_scalar.h"
#include "protocol/field.h"
#include "protocol/protocol_keys.h"

struct rules {
    const struct protocol *p;
    struct yaml_check *check;
};

static bool word_ok(const char *word)
{
    return *word && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(word) && *word != '-';
}

static void judge_word(const struct rules *r, const char *path, const char *word)
{
    if (word && yaml_written(r->check, path) && !word_ok(word))
        yaml_fault(r->check, path, "'%.40s' must be of a-z, 0-9, '_' and '-'", word);
}

static bool same_name(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Names of a list: words, each once. */
static void judge_names(const struct rules *r, const char *list, const void *rows, size_t size, size_t offset,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const char *name = *(char *const *)(const void *)((const char *)rows + i * size + offset);
        char path[96];

        snprintf(path, sizeof path, "%s[%u].name", list, i);
        if (!name) /* a mistake was found in it */
            continue;
        judge_word(r, path, name);
        for (uint32_t k = 0; k < i; k++)
            if (same_name(name, *(char *const *)(const void *)((const char *)rows + k * size + offset)))
                yaml_fault(r->check, path, "'%.40s' stands here twice", name);
    }
}

static void judge_arms(const struct rules *r)
{
    const struct protocol *p = r->p;

    if ((p->design == PROTOCOL_SINGLE_GROUP || p->design == PROTOCOL_SIDE_RANDOMISED) && p->n_arms != 1)
        yaml_fault(r->check, "arms", "%s has one arm: there are %u", protocol_design_name(p->design), p->n_arms);
    if (p->design == PROTOCOL_PARALLEL && p->n_arms < 2)
        yaml_fault(r->check, "arms", "parallel compares two arms or more: there is 1");
    if (p->design == PROTOCOL_CROSSOVER && p->n_arms != 2)
        yaml_fault(r->check, "arms", "a crossover has two arms: there are %u", p->n_arms);
    if (p->design == PROTOCOL_CROSSOVER && p->washout_days < 7)
        yaml_fault(r->check, "washout_days", "a crossover needs washout_days of 7 or more");
    if (p->design != PROTOCOL_CROSSOVER && yaml_written(r->check, "washout_days"))
        yaml_fault(r->check, "washout_days", "washout_days belongs to design: crossover");
}

static void judge_sides(const struct rules *r)
{
    const struct protocol *p = r->p;

    if ((p->design == PROTOCOL_SIDE_RANDOMISED) != (p->treated == PROTOCOL_RANDOM))
        yaml_fault(r->check, "treated", "treated: random and design: side_randomised go together");
    if (p->index_foot == PROTOCOL_TREATED && p->treated == PROTOCOL_BOTH)
        yaml_fault(r->check, "index_foot", "index_foot: treated, and both are treated: write both");
    if (yaml_written(r->check, "foot_order") && p->mat_mode == PROTOCOL_MULTI)
        yaml_fault(r->check, "foot_order", "foot_order belongs to mat_mode: single");
    if (p->mat_mode == PROTOCOL_SINGLE && p->passes < p->min_steps)
        yaml_fault(r->check, "passes", "%u passes a foot cannot give min_steps of %u", p->passes, p->min_steps);
}

static void judge_timepoints(const struct rules *r)
{
    const struct protocol *p = r->p;
    unsigned kinds = 0;

    for (uint32_t i = 0; i < p->n_timepoints; i++) {
        const struct protocol_timepoint *t = &p->timepoints[i], *before = i ? t - 1 : NULL;
        char path[96];

        kinds |= 1u << t->kind;
        snprintf(path, sizeof path, "timepoints[%u]", i);
        if (before && t->kind < before->kind)
            yaml_fault(r->check, path, "%s comes before %s: familiarisation, then pre, then post", t->name,
                       before->name);
        if (before && t->kind == PROTOCOL_POST && before->kind == PROTOCOL_POST &&
            t->after_treatment_min < before->after_treatment_min)
            yaml_fault(r->check, path, "%s is due before %s, which stands above it", t->name, before->name);
        snprintf(path, sizeof path, "timepoints[%u].after_treatment_min", i);
        if (t->kind != PROTOCOL_POST && yaml_written(r->check, path))
            yaml_fault(r->check, path, "after_treatment_min belongs to kind: post");
        if (p->mat_mode == PROTOCOL_SINGLE && t->kind != PROTOCOL_FAMILIARISATION && t->passes &&
            t->passes < p->min_steps)
            yaml_fault(r->check, path, "%u passes a foot cannot give min_steps of %u", t->passes, p->min_steps);
    }
    if (!(kinds & 1u << PROTOCOL_PRE) || !(kinds & 1u << PROTOCOL_POST))
        yaml_fault(r->check, "timepoints", "one timepoint of kind: pre and one of kind: post are needed");
}

static const char *nearest_metric(const char *name)
{
    const char *best = NULL;
    unsigned least = 4;

    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        unsigned d = yaml_distance(name, gait_metric_info((enum gait_metric)i)->name);

        if (d < least) {
            least = d;
            best = gait_metric_info((enum gait_metric)i)->name;
        }
    }
    return best;
}

static void judge_primary(const struct rules *r)
{
    for (uint32_t i = 0; i < r->p->n_primary; i++) {
        const char *name = r->p->primary[i].metric, *near = NULL;
        const int metric = gait_metric_find(name);
        char path[96];

        snprintf(path, sizeof path, "primary[%u].metric", i);
        if (metric >= 0 && gait_metric_info((enum gait_metric)metric)->tier == GAIT_TIER_SESSION)
            yaml_fault(
                r->check, path,
                "%s is one number of a whole pass (tier session in docs/METRICS.md): verdicts are of numbers that "
                "each footfall has",
                name);
        if (!yaml_written(r->check, path) || metric >= 0)
            continue;
        near = nearest_metric(name);
        yaml_fault(r->check, path, "'%.60s' is no metric: %s%s", name, near ? "write " : "docs/METRICS.md lists them",
                   near ? near : "");
    }
}

static void judge_allocation(const struct rules *r)
{
    const struct protocol *p = r->p;
    unsigned arms = p->design == PROTOCOL_PARALLEL ? p->n_arms : 2; /* two orders, two sides */

    if (!p->allocation)
        return;
    if (!protocol_is_drawn(p))
        yaml_fault(r->check, "allocation", "a single group has nothing to draw: drop allocation");
    for (uint32_t i = 0; i < p->allocation->blocks; i++)
        if (p->allocation->block[i] == 0 || p->allocation->block[i] % arms || p->allocation->block[i] > 96)
            yaml_fault(r->check, "allocation.blocks", "%u is no multiple of %u, up to 96", p->allocation->block[i],
                       arms);
    if (p->allocation->stratify_by && !field_find(p->allocation->stratify_by))
        yaml_fault(r->check, "allocation.stratify_by", "'%.31s' is no field: gait session fields lists them",
                   p->allocation->stratify_by);
}

void protocol_rules(const struct protocol *p, struct yaml_check *check)
{
    struct rules r = {p, check};

    judge_word(&r, "name", p->name);
    judge_word(&r, "study", p->study);
    judge_names(&r, "arms", p->arms, sizeof *p->arms, offsetof(struct protocol_arm, name), p->n_arms);
    judge_names(&r, "timepoints", p->timepoints, sizeof *p->timepoints, offsetof(struct protocol_timepoint, name),
                p->n_timepoints);
    judge_names(&r, "conditions", p->conditions, sizeof *p->conditions, offsetof(struct protocol_condition, name),
                p->n_conditions);
    if (yaml_good(check, "design") && yaml_good(check, "arms"))
        judge_arms(&r);
    if (yaml_good(check, "design") && yaml_good(check, "treated"))
        judge_sides(&r);
    if (yaml_good(check, "timepoints"))
        judge_timepoints(&r);
    judge_primary(&r);
    if (yaml_good(check, "design") && yaml_good(check, "arms") && yaml_good(check, "allocation"))
        judge_allocation(&r);
}
