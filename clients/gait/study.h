/*
 * Everything that `gait compare` says, computed once: the table, the terminal, JSON, CSV and the report only write it down.
 */
#ifndef STUDY_H
#define STUDY_H

#include <jansson.h>

#include <gait/design.h>

#include "client.h"
#include "steps.h"

enum {
    STUDY_FILES_MAX = 4096,
    STUDY_TIMEPOINTS_MAX = 12,
    STUDY_DATE_MAX = 32,
    STUDY_FEET_MAX = 32,
};

/* What was asked for. */
struct study_options {
    const char *file[STUDY_FILES_MAX];
    size_t files;
    bool all, any;
    bool wanted[GAIT_METRIC_COUNT]; /* rows of the table, with `any` */
    const char *foot, *baseline_file, *against, *condition, *design, *csv, *report, *date, *primary, *protocol;
    double swc[GAIT_METRIC_COUNT];
    enum gait_direction direction[GAIT_METRIC_COUNT];
    bool blind, full, letter;
    bool progress;           /* what is being done is shown on a terminal */
    double seed, window_pct; /* NaN: the default */
};

/* How the walks of a lab's baseline were measured; "", 0 and NaN where its file does not say. */
struct baseline_settings {
    char condition[STEPS_LABEL_MAX];
    unsigned algorithm_version;
    double p_on_kPa, pitch_x_mm, pitch_y_mm;
};

struct study {
    const struct study_options *options;
    struct steps steps;
    struct gait_design_pass *pass;
    struct gait_design_step *step;
    struct gait_design_data data;
    struct gait_design_plan plan;
    struct gait_stats_error_terms *terms; /* of the lab's baseline, or NULL */
    char terms_source[128];
    struct baseline_settings terms_settings;
    struct protocol *protocol; /* or NULL */
    char protocol_source[160], protocol_sha256[GAIT_SHA256_TEXT + 1];
    bool blind; /* asked for, or the protocol's and not yet opened */
    struct gait_design_finding finding[GAIT_DESIGN_FINDINGS_MAX];
    size_t n_finding;
    const char *timepoint[STUDY_TIMEPOINTS_MAX];
    size_t n_timepoint;
    struct gait_design_comparison *judged; /* one person: primaries at each timepoint after treatment */
    size_t n_judged;
    struct gait_design_comparison
        *explored; /* one person: other metrics, each foot, each timepoint; p_adjusted is BH's */
    size_t n_explored;
    struct gait_design_group *group; /* people: primaries at each timepoint */
    size_t n_group;
    char date[STUDY_DATE_MAX]; /* of the report */
};

/**
 * Read the files and compute.
 *
 * Owner    study_done() in any case.
 * Returns  0; negative errno, err says what.
 */
int study_make(const struct study_options *options, struct study *ret_study, struct gait_error *err);
void study_done(struct study *study);

/** Whether nothing at all was compared: every verdict is a refusal, or there is only one timepoint. */
bool study_refused(const struct study *study);

/** Whether the table has this metric's row. */
bool study_shows(const struct study *study, enum gait_metric metric);

/** Which feet the primaries are about: "both", "left and right". Returns text. */
const char *study_feet(const struct study *study, char text[STUDY_FEET_MAX]);

/** Read the protocol that was named, else the one in the files' headers, if there is one. Returns 0; negative errno with err. */
int study_protocol_read(struct study *study, struct gait_error *err);

/** Whether the protocol is blind and not all sessions have been unblinded. */
bool study_protocol_hides(const struct study *study);
/** Say of each pass whether the protocol has it for getting used to it. */
void study_protocol_practice(struct study *study);

/** Whether nothing had been treated at a timepoint: compared, never judged. The protocol's kinds say so; what it does not know goes by its name. */
bool study_is_before(const struct study *study, const char *timepoint);

/** What it registered, into the plan. Returns 0; -EINVAL with err. */
int study_protocol_plan(const struct study *study, struct gait_design_plan *plan, struct gait_error *err);

/** What must be said of it beside the numbers. */
void study_protocol_findings(struct study *study);

/** A number, or null where there is none. */
json_t *study_real(double value);

/** "kPa", "%", "" of a metric, as printed beside numbers. */
const char *study_unit(enum gait_metric metric);

/** The plain table. */
void table_print(const struct client *client, const struct study *study);
json_t *table_json(const struct study *study);

/** The verdicts behind it. */
void verdict_print(const struct client *client, const struct study *study);

/** All of it for programs. */
json_t *study_json(const struct study *study);

/** Long table for lme4. Returns 0; negative errno, err says what. */
int study_csv(const struct study *study, const char *path, struct gait_error *err);

/** The report in the form that the name's end says. Returns 0; negative errno, err says what. */
int report_write(const struct study *study, const char *path, struct gait_error *err);

/** Give timepoints letters in an order that the seed rules, passes and groups in the order of the letters. Returns 0; -ENOMEM. */
int blind_steps(struct steps *steps, uint64_t seed);

/** The same for arms, where there are some: timepoints keep their names then. Returns how many arms there are; -E2BIG. */
int blind_arms(struct steps *steps, uint64_t seed);

/** Read the lab's double baseline that was named into terms and what stands beside them. Returns 0; negative errno with err. */
int baseline_read(struct study *study, struct gait_error *err);

/** A warning where the lab's error was measured otherwise than what is compared. */
void baseline_findings(struct study *study);

/** One more finding, of all timepoints. */
void study_find(struct study *study, enum gait_design_severity severity, const char *code, const char *text);

#endif
