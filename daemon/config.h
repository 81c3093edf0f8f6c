/*
 * gaitd.yaml as structs, defaults filled in. Every key has one row in the table of config.c; docs/CONFIG.md lists them.
 */
#ifndef GAITD_CONFIG_H
#define GAITD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <gait/error.h>
#include <gait/frame.h>
#include <gait/log.h>
#include <gait/trial_state.h>

#include "session_name.h"

enum {
    CONFIG_MATS_MAX = 16,
    CONFIG_PATH_MAX = 512,
    CONFIG_TEXT_MAX = 256,
    CONFIG_DATA_PATH_MAX = 350, /* of the folders of sessions */
    CONFIG_AUDIT_MAX = CONFIG_PATH_MAX + 32,
};

enum source_kind { SOURCE_NONE = 0, SOURCE_USB = 1, SOURCE_REPLAY = 2, SOURCE_WALKER = 3 };

/* Where a mat's frames come from. */
struct source_config {
    enum source_kind kind;
    char path[CONFIG_PATH_MAX];   /* replay: the recording */
    char walker[CONFIG_TEXT_MAX]; /* walker: "seed=1,rows=360,..." */
    double speed;                 /* replay, walker: 1 = as recorded, 0 = as fast as it is taken */
    bool free_run;                /* do not wait for trial start, and start over at the end: what a real mat does */
};

struct mat_config {
    char id[GAIT_ID_MAX + 1];
    char profile[CONFIG_TEXT_MAX];
    char calibration[CONFIG_PATH_MAX];
    struct source_config source;
};

struct config {
    char file[CONFIG_PATH_MAX]; /* where it was read from; "" no file: defaults */
    uint64_t version;
    uint32_t n_mats;
    struct mat_config mat[CONFIG_MATS_MAX];
    struct source_config source; /* of mats that name none; with no mats at all it is the mat "mat-1" */
    double ring_memory_MiB;
    double ring_seconds;
    char path[CONFIG_PATH_MAX], second_path[CONFIG_PATH_MAX];
    char session_name[SESSION_NAME_MAX + 1]; /* a template */
    double floor_min;
    double pre_trigger_s;
    bool pressure; /* store kPa beside raw counts when sealing */
    double max_trial_s;
    double seal_timeout_s;
    struct gait_parameters parameters;
    char stream_ipc[CONFIG_PATH_MAX], control_ipc[CONFIG_PATH_MAX]; /* folders of the sockets */
    char stream_tcp[CONFIG_TEXT_MAX],
        control_tcp[CONFIG_TEXT_MAX]; /* ADDRESS:PORT; "" none: then nobody from outside */
    char keys[CONFIG_PATH_MAX];       /* folder of keys, without which no TCP socket is opened */
    char audit[CONFIG_PATH_MAX];      /* who did what; "" beside recording.path */
    uint64_t stream_hwm, stream_memory_MiB;
    uint64_t priority; /* SCHED_FIFO of the pipeline thread; 0: none */
    enum gait_log_level log_level;
};

/** Defaults for a service (run folder /run/gaitd, data /var/lib/gaitd); of one person's daemon each of the two where that is said. Returns 0; -EINVAL, -ENAMETOOLONG with err. */
int config_default(bool own_run, bool own_sessions, struct config *ret_config, struct gait_error *err);

/**
 * Read a file over the defaults. All mistakes are told, one line each: FILE:LINE:COLUMN: what is wrong and what to do.
 *
 * Owner    report(user, line) gets each line, without a newline.
 * Returns  0; -EINVAL mistakes (reported); other negative errno: the file cannot be read (reported).
 */
int config_load(const char *file, struct config *config, void (*report)(void *user, const char *line), void *user);

/** The same from memory; name stands in messages for the file. */
int config_parse(const char *name, const char *text, size_t length, struct config *config,
                 void (*report)(void *user, const char *line), void *user);

/** Where the audit log lies, also when nothing names it. */
void config_audit(const struct config *config, char ret[CONFIG_AUDIT_MAX]);

/** The table of keys (config_yaml.h). */
const struct key *config_table(void);

#endif
