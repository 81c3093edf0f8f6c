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
    json_object_set_new(o, "source", json_string(sources[c->mdc_source]));
    json_object_set_new(o, "ci95", interval(&c->mdc_ci));
    json_object_set_new(o, "note", json_string(c->mdc_note));
    return o;
}

static json_t *verdict(const struct gait_design_comparison *c)
{
    json_t *o = json_object(), *reasons = json_array();

    for (unsigned bit = 1; bit <= GAIT_VERDICT_MDC_UNCERTAIN; bit <<= 1)
        if (c->verdict.reasons & bit)
            json_array_append_new(reasons, json_string(gait_verdict_reason_name((enum gait_verdict_reason)bit)));
    json_object_set_new(o, "kind", json_string(gait_verdict_name(c->verdict.kind)));
    json_object_set_new(o, "reasons", reasons);
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
    put(o, "permutation_p", c->permutation.total ? c->permutation.p : (double)NAN);
    put(o, "g", c->effect.g);
    json_object_set_new(o, "bca95", interval(&c->bca.bca));
    json_object_set_new(o, "mdc", mdc(c));
    json_object_set_new(o, "why_missing", json_string(c->why));
    if (c->judged)
        json_object_set_new(o, "verdict", verdict(c));
    else
        put(o, "p_bh", c->p_adjusted);
    return o;
}

static json_t *group(const struct gait_design_group *g)
{
    json_t *o = json_object();

    json_object_set_new(o, "metric", json_string(gait_metric_info(g->metric)->name));
    json_object_set_new(o, "unit", json_string(gait_metric_info(g->metric)->unit));
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
    put(o, "d_av", g->kind == GAIT_DESIGN_GROUP && g->n > 1 ? g->paired.d_av : (double)NAN);
    json_object_set_new(o, "verdict", json_string(gait_design_group_verdict_name(g->verdict)));
    json_object_set_new(o, "sentence", json_string(g->sentence));
    json_object_set_new(o, "why_missing", json_string(g->why));
    return o;
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

static json_t *provenance(const struct study *study)
{
    json_t *files = json_array(), *excluded = json_array();

    for (size_t i = 0; i < study->steps.n_file; i++) {
        const struct steps_file *f = &study->steps.file[i];
        char crc[16];

        snprintf(crc, sizeof(crc), "%08x", f->crc32c);
        json_array_append_new(files, json_pack("{s:s,s:s,s:I,s:i}", "path", f->path, "crc32c", crc, "bytes",
                                               (json_int_t)f->bytes, "trials", (int)f->trials));
    }
    for (size_t i = 0; i < study->steps.n_excluded; i++) {
        const struct steps_excluded *e = &study->steps.excluded[i];

        json_array_append_new(excluded, json_pack("{s:i,s:i,s:i,s:s}", "file", (int)e->file, "trial", (int)e->trial,
                                                  "footfall", (int)e->footfall, "why", e->why));
    }
    return json_pack("{s:s,s:s,s:i,s:I,s:o,s:o}", "date", study->date, "software", "gait " GAIT_VERSION_STRING,
                     "algorithm_version", (int)GAIT_ALGORITHM_VERSION, "seed", (json_int_t)study->plan.seed, "files",
                     files, "excluded", excluded);
}

json_t *study_json(const struct study *study)
{
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
    json_object_set_new(o, "foot", json_string(gait_design_foot_name(study->plan.foot)));
    json_object_set_new(o, "blind", json_boolean(study->options->blind));
    json_object_set_new(o, "findings", findings(study));
    json_object_set_new(o, "primaries", judged);
    json_object_set_new(o, "explored", explored);
    json_object_set_new(o, "people", groups);
    json_object_set_new(o, "provenance", provenance(study));
    return o;
}
