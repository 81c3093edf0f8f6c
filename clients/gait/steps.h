/*
 * The footfalls of many files: sorted into groups (one condition at one timepoint) for the table, and as passes and steps for the
 * comparison, with what the pictures need.
 */
#ifndef STEPS_H
#define STEPS_H

#include <stddef.h>
#include <stdint.h>

#include <gait/design.h>
#include <gait/error.h>
#include <gait/footfall.h>
#include <gait/record.h>
#include <gait/trial_state.h>
#include <gait/sha256.h>

enum {
    STEPS_LABEL_MAX = GAIT_ID_MAX + 1,
    STEPS_PRINT_U = 96, /* cells of a registered print along the foot, heel first */
    STEPS_PRINT_V = 44, /* across, medial first */
    STEPS_WHY_MAX = 120,
};

/* Where a registered print lies, as fractions of the foot's length. */
#define STEPS_PRINT_U0 (-0.04)
#define STEPS_PRINT_U1 1.06
#define STEPS_PRINT_V0 (-0.26)
#define STEPS_PRINT_V1 0.26

/* A line of a construction in the foot's frame: fractions of its length, v lateral; NaN when there is none. */
struct step_line {
    double u0, v0, u1, v1;
};

struct step {
    uint8_t side; /* enum gait_side, left or right */
    bool valid;
    size_t pass; /* index in steps.pass */
    uint32_t id; /* of the footfall in its trial */
    uint32_t flags;
    double value[GAIT_METRIC_COUNT];
    double curve[GAIT_CURVE_COUNT][GAIT_CURVE_SAMPLES];
    float *print_kPa; /* [STEPS_PRINT_U*STEPS_PRINT_V] registered by axis and length, or NULL */
    struct step_line cpei_chord, cpei_third, cpei_width, third_heel, third_fore;
};

struct steps_pass {
    char subject[STEPS_LABEL_MAX], session[STEPS_LABEL_MAX], mat[STEPS_LABEL_MAX];
    char condition[STEPS_LABEL_MAX], timepoint[STEPS_LABEL_MAX];
    char arm[STEPS_LABEL_MAX], treated[STEPS_LABEL_MAX], footwear[STEPS_LABEL_MAX], affected[STEPS_LABEL_MAX];
    char protocol_sha256[GAIT_SHA256_TEXT + 1]; /* "" none */
    bool unblinded;
    char calibration_date[32];
    struct gait_parameters parameters;
    char software[STEPS_LABEL_MAX];
    size_t file;   /* index in steps.file */
    uint32_t part; /* which part of its trial made it, from 2; 0 the first or only one */
    uint64_t start_realtime_ns;
    double since_treatment_s;       /* NaN: before it, or not said */
    struct gait_design_pass design; /* its texts are those above */
};

/* A trial or a footfall that does not count, and why. */
struct steps_excluded {
    size_t file;
    uint32_t trial, footfall; /* footfall 0: the whole trial */
    char why[STEPS_WHY_MAX];
};

struct steps_file {
    char *path;
    uint8_t sha256[GAIT_SHA256_BYTES];
    uint64_t bytes;
    uint32_t trials;
};

struct steps_group {
    char condition[STEPS_LABEL_MAX];
    char timepoint[STEPS_LABEL_MAX]; /* a file without one is called by its own name */
    uint32_t trials;
    uint32_t extra;     /* trials over the protocol's plan: recorded, not counted */
    uint32_t discarded; /* trials beside those that the operator said do not count */
    size_t left_out;    /* footfalls that do not count or whose side is unknown */
    size_t *step;       /* [n] indices of steps.step, valid ones */
    size_t n;
};

/* A treatment that a session logged (docs/SESSION.md). */
struct steps_treatment {
    char subject[STEPS_LABEL_MAX], session[STEPS_LABEL_MAX];
    struct json_t *row;
};

/** Minutes that it took, as /treatments/duration_s has it; NaN: its end is not logged. */
double steps_given_min(const struct steps_treatment *treatment);

/* A recording that was counted, and where it was found. */
struct steps_origin {
    char id[GAIT_SHA256_TEXT + 1]; /* UUID; of a vendor's file its SHA-256 */
    size_t file;
    uint32_t trial;
};

struct steps {
    struct steps_group *group;
    size_t n;
    struct steps_pass **pass;
    size_t n_pass;
    struct step **step; /* every footfall with a side, valid or not */
    size_t n_step;
    struct steps_excluded *excluded;
    size_t n_excluded;
    struct steps_file *file;
    size_t n_file;
    char *protocol_text; /* of the first trial that has one, or NULL */
    struct steps_origin *origin;
    size_t n_origin;
    struct steps_treatment *treatment;
    size_t n_treatment;
    bool progress; /* what is being read is shown on a terminal */
};

/**
 * Add every trial of a file: the footfalls that it holds; those of a vendor's recording are computed.
 *
 * Returns  0; negative errno, err says what and where.
 */
int steps_add_file(struct steps *steps, const char *path, struct gait_error *err);
void steps_done(struct steps *steps);

/** Passes and groups in the order of walking; as given where no time is known. Returns 0; -ENOMEM. */
int steps_sort(struct steps *steps);

/** Passes in another order: the i-th becomes what was order[i]. Shape order[n_pass]. Returns 0; -ENOMEM. */
int steps_reorder(struct steps *steps, const size_t *order);

/**
 * The same as gait_design_data.
 *
 * Owner    the caller: free(ret_pass), free(ret_step); they point into steps.
 * Returns  0; -ENOMEM.
 */
int steps_design(const struct steps *steps, struct gait_design_pass **ret_pass, struct gait_design_step **ret_step);

/** Register a print: bilinear samples of the picture along the foot's axis. Returns 0; -ENODATA no length; -ENOMEM. */
int print_register(const struct gait_footfall *footfall, const struct gait_geometry *geometry, float **ret_print_kPa);

/** A line in mat mm as a line in the foot's frame. */
struct step_line print_line(const struct gait_footfall *footfall, const struct gait_line_mm *line);

#endif
