/*
 * A study's protocol: what is walked, when, how often, and what is registered before anything is seen. One YAML file; docs/PROTOCOLS.md tells what each
 * key is for, docs/PROTOCOL-KEYS.md is printed from the table of keys.
 */
#ifndef GAIT_PROTOCOL_H
#define GAIT_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <gait/error.h>

#include "mats/profile.h"

enum {
    PROTOCOL_BYTES_MAX = 32768, /* of a file: it is kept whole in every journal of its study */
    PROTOCOL_ARMS_MAX = 6,
    PROTOCOL_TIMEPOINTS_MAX = 24,
    PROTOCOL_CONDITIONS_MAX = 8,
    PROTOCOL_PRIMARY_MAX = 3, /* metrics.md: more cannot be told apart from chance */
};

enum protocol_design {
    PROTOCOL_SINGLE_GROUP = 1,
    PROTOCOL_PARALLEL = 2,
    PROTOCOL_CROSSOVER = 3,
    PROTOCOL_SIDE_RANDOMISED = 4,
};

enum protocol_kind { PROTOCOL_FAMILIARISATION = 1, PROTOCOL_PRE = 2, PROTOCOL_POST = 3 };
enum protocol_mat_mode { PROTOCOL_MULTI = 1, PROTOCOL_SINGLE = 2 }; /* as enum gait_mat_mode */
enum protocol_approach {
    PROTOCOL_MIDGAIT = 1,
    PROTOCOL_TWO_STEP = 2,
    PROTOCOL_THREE_STEP = 3
}; /* as enum gait_approach */
enum protocol_order { PROTOCOL_LRLR = 1, PROTOCOL_ABBA = 2 };
enum protocol_speed {
    PROTOCOL_SPEED_MAT = 1,
    PROTOCOL_SPEED_STANCE = 2,
    PROTOCOL_SPEED_GATES = 3,
    PROTOCOL_SPEED_TREADMILL = 4
};
enum protocol_foot {
    PROTOCOL_LEFT = 1,
    PROTOCOL_RIGHT = 2,
    PROTOCOL_BOTH = 3,
    PROTOCOL_AFFECTED = 4,
    PROTOCOL_RANDOM = 5,
    PROTOCOL_TREATED = 6,
};
enum protocol_direction { PROTOCOL_EITHER = 1, PROTOCOL_INCREASE = 2, PROTOCOL_DECREASE = 3 };

struct protocol_arm {
    char *name, *technique, *about;
    double dose_min; /* planned minutes of treatment */
};

struct protocol_timepoint {
    char *name;
    int kind;
    double after_treatment_min; /* post: when it is due */
    double early_min, late_min; /* it may begin that much before; beginning later than that is flagged */
    uint32_t passes;            /* 0: the protocol's */
};

struct protocol_condition {
    char *name, *about;
};

struct protocol_primary {
    char *metric;
    int foot, direction;
    double swc; /* smallest worthwhile change, the metric's unit; 0: none is registered */
};

struct protocol_allocation {
    uint32_t *block, blocks; /* lengths that blocks may have */
    char *stratify_by;       /* a subject's field, or NULL */
};

struct protocol {
    uint32_t version;
    char *name, *study, *title, *note;
    int design, mat_mode, approach, foot_order, speed_source, treated, index_foot;
    bool blind, oil_removed;
    uint32_t passes, min_steps, warm_up_min;
    double window_percent, balance_s, washout_days;
    struct protocol_arm *arms;
    struct protocol_timepoint *timepoints;
    struct protocol_condition *conditions;
    struct protocol_primary *primary;
    struct protocol_allocation *allocation; /* NULL: blocks of twice the arms */
    uint32_t n_arms, n_timepoints, n_conditions, n_primary;
};

/**
 * Read a protocol from its text; every mistake is listed.
 *
 * Shape    ret_faults[capacity], in the order of the file; *ret_count may exceed capacity.
 * Owner    *ret_protocol is the caller's: protocol_free().
 * Returns  0; -EINVAL mistakes were found; -E2BIG longer than PROTOCOL_BYTES_MAX; -ENOMEM; with err.
 */
int protocol_read_bytes(const char *text, size_t length, struct protocol **ret_protocol,
                        struct mat_profile_fault *ret_faults, size_t capacity, size_t *ret_count,
                        struct gait_error *err);

/** A protocol's file, whole and with a 0 behind it: free(). Returns 0; -E2BIG; negative errno with err. */
int protocol_read_file(const char *path, char **ret_text, size_t *ret_length, struct gait_error *err);

void protocol_free(struct protocol *protocol);

/** Index of a name; -1 none. */
int protocol_timepoint_find(const struct protocol *protocol, const char *name);
int protocol_condition_find(const struct protocol *protocol, const char *name);

/** True for a study whose arm (or treated side) is drawn. */
bool protocol_is_drawn(const struct protocol *protocol);
/** Sessions of one person: 2 in a crossover, else 1. */
unsigned protocol_periods(const struct protocol *protocol);
/** Passes planned of a condition at a timepoint. */
unsigned protocol_passes(const struct protocol *protocol, unsigned timepoint);

/* Words of the file. */
const char *protocol_design_name(int design);
const char *protocol_kind_name(int kind);
const char *protocol_foot_name(int foot);
const char *protocol_mat_mode_name(int mode);
const char *protocol_approach_name(int approach);
const char *protocol_order_name(int order);
const char *protocol_speed_name(int source);
const char *protocol_direction_name(int direction);

/** Every key, as Markdown. */
void protocol_print_keys(FILE *out);

#endif
