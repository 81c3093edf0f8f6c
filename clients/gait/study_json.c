/* The comparison for programs: every number that the report prints, by name. */
#include <math.h>

#include <gait/version.h>

#include "study.h"

static void put(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, study_real(value));
}

static json_t *interval(const struct gait_stats_interval *ci)
{
    json_t *pair = json_array();

    json_array_append_new(pair, study_real(ci->lo));
    json_array_append_new(pair, study_real(ci->hi));
    return pair;
}

static json_t *estimate(const struct gait_stats_estimate *e)
{
    json_t *o = json_object();

    put(o, "value", e->value);
    put(o, "se", e->se);
    put(o, "df", e->df);
    put(o, "t", e->t);
    put(o, "p", e->p);
    json_object_set_new(o, "ci95", interval(&e->ci));
    json_object_set_new(o, "note", json_string(gait_stats_note_text(e->note)));
    return o;
}

static json_t *summary(const struct gait_stats_summary *s)
{
    json_t *o = json_object();

    json_object_set_new(o, "n", json_integer((json_int_t)s->n));
    put(o, "mean", s->n ? s->mean : (double)NAN);
    put(o, "sd", s->n ? s->sd : (double)NAN);
    return o;
}

static json_t *mdc(const struct gait_design_comparison *c)
{
    static const char *const sources[] = {"none", "literature", "lab"};
    json_t *o = json_object();

    put(o, "mdc95", c->mdc95);
    put(o, "df", c->mdc_df);
    json_object_set_new(o, "source", json_string(sources[c->mdc_source]));
    json_object_set_new(o, "ci95", interval(&c->mdc_ci));
    json_object_set_new(o, "note", json_string(c->mdc_note));
    return o;
}

static json_t *permutation(const struct gait_stats_permutation *p)
{
    json_t *o = json_object();

    if (!p->total) {
        json_decref(o);
        return json_null();
    }
    put(o, "p", p->p);
    put(o, "smallest_possible", p->p_min);
    json_object_set_new(o, "count", json_integer((json_int_t)p->count));
    json_object_set_new(o, "of", json_integer((json_int_t)p->total));
    json_object_set_new(o, "exact", json_boolean(p->exact));
    return o;
}

static json_t *bootstrap(const struct gait_stats_bootstrap *b)
{
    json_t *o;

    if (!b->draws)
        return json_null();
    o = json_object();
    json_object_set_new(o, "ci95", interval(&b->bca));
    json_object_set_new(o, "percentile95", interval(&b->percentile));
    json_object_set_new(o, "draws", json_integer((json_int_t)b->draws));
    json_object_set_new(o, "note", json_string(gait_stats_note_text(b->note)));
    return o;
}

static json_t *effect(const struct gait_stats_effect_two *e)
{
    json_t *o = json_object();

    put(o, "d", e->d);
    put(o, "g", e->g);
    put(o, "sd_pooled", e->sd_pooled);
    json_object_set_new(o, "ci95_d", interval(&e->ci_d));
    json_object_set_new(o, "note", json_string(gait_stats_note_text(e->note)));
    return o;
}

static json_t *verdict(const struct gait_design_comparison *c)
{
    static const char *const ways[] = {"none", "increase", "decrease"};
    json_t *o = json_object(), *reasons = json_array();

    for (unsigned bit = 1; bit <= GAIT_VERDICT_MDC_UNCERTAIN; bit <<= 1)
        if (c->verdict.reasons & bit)
            json_array_append_new(reasons, json_string(gait_verdict_reason_name((enum gait_verdict_reason)bit)));
    json_object_set_new(o, "kind", json_string(gait_verdict_name(c->verdict.kind)));
    json_object_set_new(o, "reasons", reasons);
    json_object_set_new(o, "direction", json_string(ways[c->verdict.direction]));
    json_object_set_new(o, "ci90", interval(&c->verdict.ci90));
    json_object_set_new(o, "improved", json_boolean(c->verdict.improved));
    put(o, "largest_not_excluded", c->verdict.largest_not_excluded);
    put(o, "p_holm", c->p_adjusted);
    json_object_set_new(o, "sentence", json_string(c->sentence));
    return o;
}

static json_t *comparison(const struct gait_design_comparison *c)
{
    json_t *o = json_object();

    json_object_set_new(o, "metric", json_string(gait_metric_info(c->metric)->name));
    json_object_set_new(o, "unit", json_string(gait_metric_info(c->metric)->unit));
    json_object_set_new(o, "mask", json_string(gait_metric_mask(c->metric)));
    json_object_set_new(o, "foot", json_string(gait_design_foot_name(c->foot)));
    json_object_set_new(o, "timepoint", json_string(c->timepoint));
    json_object_set_new(o, "steps", json_pack("[I,I]", (json_int_t)c->steps_pre, (json_int_t)c->steps_post));
    json_object_set_new(o, "before", summary(&c->pre));
    json_object_set_new(o, "after", summary(&c->post));
    json_object_set_new(o, "change", estimate(&c->change));
    json_object_set_new(o, "all_before", summary(&c->all_pre));
    json_object_set_new(o, "all_after", summary(&c->all_post));
    json_object_set_new(o, "all_change", estimate(&c->all));
    json_object_set_new(o, "equal_speed_change", c->has_adjusted ? estimate(&c->adjusted.group) : json_null());
    json_object_set_new(o, "slope_on_speed", c->has_adjusted ? estimate(&c->adjusted.covariate) : json_null());
    json_object_set_new(o, "permutation", permutation(&c->permutation));
    json_object_set_new(o, "effect", effect(&c->effect));
    json_object_set_new(o, "bootstrap", bootstrap(&c->bca));
    put(o, "r1_before", c->r1_pre);
    put(o, "r1_after", c->r1_post);
    json_object_set_new(o, "effective_numbers", json_boolean(c->effective));
    json_object_set_new(o, "mdc", mdc(c));
    json_object_set_new(o, "why_missing", json_string(c->why));
    if (c->judged)
        json_object_set_new(o, "verdict", verdict(c));
    else
        put(o, "p_bh", c->p_adjusted);
    return o;
}

static json_t *paired(const struct gait_design_group *g)
{
    const struct gait_stats_effect_paired *e = &g->paired;
    json_t *o;

    if (g->kind != GAIT_DESIGN_GROUP || g->n < 2)
        return json_null();
    o = json_object();
    put(o, "d_av", e->d_av);
    put(o, "g_av", e->g_av);
    put(o, "d_z", e->d_z);
    put(o, "g_z", e->g_z);
    json_object_set_new(o, "ci95_d_z", interval(&e->ci_d_z));
    put(o, "r", e->r);
    json_object_set_new(o, "note", json_string(gait_stats_note_text(e->note)));
    return o;
}

static json_t *group(const struct gait_design_group *g)
{
    json_t *o = json_object();

    json_object_set_new(o, "metric", json_string(gait_metric_info(g->metric)->name));
    json_object_set_new(o, "unit", json_string(gait_metric_info(g->metric)->unit));
    json_object_set_new(o, "mask", json_string(gait_metric_mask(g->metric)));
    json_object_set_new(o, "foot", json_string(gait_design_foot_name(g->foot)));
    json_object_set_new(o, "before", summary(&g->pre));
    json_object_set_new(o, "after", summary(&g->post));
    json_object_set_new(o, "timepoint", json_string(g->timepoint));
    json_object_set_new(o, "people", json_integer((json_int_t)g->n));
    json_object_set_new(o, "left_out", json_integer((json_int_t)g->n_left_out));
    json_object_set_new(o, "arm", json_string(g->arm));
    json_object_set_new(o, "reference", json_string(g->reference));
    json_object_set_new(o, "effect", estimate(&g->effect));
    json_object_set_new(o, "order", g->order_tested ? estimate(&g->order) : json_null());
    put(o, "permutation_p", g->p_permutation);
    put(o, "wilcoxon_p", g->p_wilcoxon);
    put(o, "p_holm", g->p_adjusted);
    json_object_set_new(o, "effect_size", paired(g));
    if (g->kind == GAIT_DESIGN_GROUP)
        json_object_set_new(o, "responders",
                            json_pack("{s:i,s:i}", "up", (int)g->responders_up, "down", (int)g->responders_down));
    json_object_set_new(o, "verdict", json_string(gait_design_group_verdict_name(g->verdict)));
    json_object_set_new(o, "sentence", json_string(g->sentence));
    json_object_set_new(o, "why_missing", json_string(g->why));
    return o;
}

/* What was named beforehand. */
static json_t *plan(const struct study *study)
{
    static const char *const ways[] = {"either", "increase", "decrease"};
    const struct gait_design_plan *p = &study->plan;
    json_t *primary = json_array();

    for (size_t i = 0; i < p->primaries; i++)
        json_array_append_new(
            primary,
            json_pack("{s:s,s:s,s:s,s:o,s:s}", "metric", gait_metric_info(p->primary[i])->name, "mask",
                      gait_metric_mask(p->primary[i]), "foot", gait_design_foot_name(gait_design_plan_of(p, i).foot),
                      "swc", study_real(p->swc[p->primary[i]]), "direction", ways[p->wanted[p->primary[i]]]));
    return json_pack("{s:s,s:s,s:o,s:f,s:s}", "protocol", study->protocol_source, "protocol_sha256",
                     study->protocol_sha256, "primaries", primary, "window_percent", 100 * p->window,
                     "measurement_error", study->terms ? study->terms_source : "literature defaults");
}

static json_t *findings(const struct study *study)
{
    static const char *const words[] = {"?", "note", "warning", "refused"};
    json_t *list = json_array();

    for (size_t i = 0; i < study->n_finding; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "severity", words[study->finding[i].severity],
                                              "code", study->finding[i].code, "timepoint", study->finding[i].timepoint,
                                              "text", study->finding[i].text));
    return list;
}

/* As logged; null in a blind comparison. */
static json_t *treatments(const struct study *study)
{
    static const char *const keys[] = {"n",  "technique",   "muscle",      "side",       "intensity",
                                       "by", "planned_min", "started_utc", "stopped_utc"};
    json_t *list = json_array();

    if (study->blind) {
        json_decref(list);
        return json_null();
    }
    for (size_t i = 0; i < study->steps.n_treatment; i++) {
        const struct steps_treatment *t = &study->steps.treatment[i];
        json_t *o = json_pack("{s:s,s:s}", "subject", t->subject, "session", t->session);

        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            json_object_set(o, keys[k], json_object_get(t->row, keys[k]));
        put(o, "given_min", steps_given_min(t));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *provenance(const struct study *study)
{
    json_t *files = json_array(), *excluded = json_array();

    for (size_t i = 0; i < study->steps.n_file; i++) {
        const struct steps_file *f = &study->steps.file[i];
        char sha256[GAIT_SHA256_TEXT + 1];

        gait_sha256_text(f->sha256, sha256);
        json_array_append_new(files, json_pack("{s:s,s:s,s:I,s:i}", "path", f->path, "sha256", sha256, "bytes",
                                               (json_int_t)f->bytes, "trials", (int)f->trials));
    }
    for (size_t i = 0; i < study->steps.n_excluded; i++) {
        const struct steps_excluded *e = &study->steps.excluded[i];

        json_array_append_new(excluded, json_pack("{s:i,s:i,s:i,s:s}", "file", (int)e->file, "trial", (int)e->trial,
                                                  "footfall", (int)e->footfall, "why", e->why));
    }
    return json_pack("{s:s,s:s,s:i,s:I,s:o,s:o,s:o}", "date", study->date, "software", "gait " GAIT_VERSION_STRING,
                     "algorithm_version", (int)GAIT_ALGORITHM_VERSION, "seed", (json_int_t)study->plan.seed, "files",
                     files, "treatments", treatments(study), "excluded", excluded);
}

json_t *study_json(const struct study *study)
{
    char feet[STUDY_FEET_MAX];
    json_t *o = table_json(study), *judged = json_array(), *explored = json_array(), *groups = json_array();

    for (size_t i = 0; i < study->n_judged; i++)
        json_array_append_new(judged, comparison(&study->judged[i]));
    for (size_t i = 0; i < study->n_explored; i++)
        json_array_append_new(explored, comparison(&study->explored[i]));
    for (size_t i = 0; i < study->n_group; i++)
        json_array_append_new(groups, group(&study->group[i]));
    json_object_set_new(o, "design", json_string(gait_design_kind_name(study->plan.kind)));
    json_object_set_new(o, "baseline", json_string(study->plan.baseline));
    json_object_set_new(o, "condition", json_string(study->plan.condition));
    json_object_set_new(o, "foot", json_string(study_feet(study, feet)));
    json_object_set_new(o, "blind", json_boolean(study->blind));
    json_object_set_new(o, "plan", plan(study));
    json_object_set_new(o, "findings", findings(study));
    json_object_set_new(o, "primaries", judged);
    json_object_set_new(o, "explored", explored);
    json_object_set_new(o, "people", groups);
    json_object_set_new(o, "provenance", provenance(study));
    return o;
}
