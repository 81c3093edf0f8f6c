/* One pass over one mat, as main and recorder share it. */
#ifndef GAITD_TRIAL_H
#define GAITD_TRIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gait/journal.h>
#include <gait/trial_state.h>

#include "config.h"

enum { TRIAL_WHY_MAX = 128 };

/*
 * Made by main before anything starts, and unchanged from then on but for the atomics and what is marked as the recorder's. Main frees it after the recorder's
 * last letter about it.
 */
struct trial {
    struct gait_journal_header header; /* of the first journal */
    struct gait_trial_state state;
    char folder[2][CONFIG_PATH_MAX]; /* where journals go: first choice, second ("" none) */
    double max_journal_s;
    double floor_bytes;    /* it ends, or goes on in the other folder, before less is free; 0: when the disk is full */
    uint64_t asked_ns;     /* CLOCK_MONOTONIC then: the wall clock may be set meanwhile */
    uint64_t asked_at;     /* ring index when the start was asked for: frames before it are pre-trigger */
    bool no_memory;        /* something of its header could not be kept: it does not begin */
    bool no_pre_trigger;   /* a source that is held between trials has no frames from before */
    _Atomic uint64_t base; /* ring index of trial frame 0 */
    _Atomic uint64_t frames, footfalls, lost_device, lost_ring, footfalls_dropped;
    char why[TRIAL_WHY_MAX];    /* what ended it; main writes it before the stop order */
    char told[CONFIG_PATH_MAX]; /* main's: the newest journal, as the recorder's letters told it */
    /* the recorder's */
    char journal[CONFIG_PATH_MAX]; /* the newest */
    uint32_t journals;             /* how many so far */
};

struct trial *trial_free(struct trial *trial);

#endif
