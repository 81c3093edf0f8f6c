/* What the other threads tell main. Each is a letter; main frees it. */
#ifndef GAITD_NEWS_H
#define GAITD_NEWS_H

#include <gait/error.h>
#include <gait/trial_state.h>

#include "config.h"
#include "mailbox.h"
#include "session.h"

struct lane;
struct trial;

enum news_kind {
    NEWS_ARMED = 1, /* recorder: header and state are synced, or err */
    NEWS_FIRST,     /* recorder: the first frame is appended */
    NEWS_FAILED,    /* recorder: nothing can be written any more; frames are being lost and counted */
    NEWS_LOW,       /* recorder: the disk is low (text): the trial is to be ended */
    NEWS_MOVED,     /* recorder: goes on in another journal (text) */
    NEWS_DONE,      /* recorder: the trial's journal is complete and synced (err: what is not) */
    NEWS_ABORTED,   /* recorder: nothing is left of it */
    NEWS_ACTED,     /* recorder: the action is in the journal; code -ENOENT: no such footfall */
    NEWS_FOOTFALL,  /* recorder: a final record of a trial, numbers main needs for the session */
    NEWS_TARED,     /* recorder: offset and sigma, or err */
    NEWS_SOURCE,    /* device: a source was opened or changed, or err */
    NEWS_WAITING,   /* device: the mat is not there yet, or cannot be opened (err) */
    NEWS_HELD,      /* device: a source stands still and at its first frame */
    NEWS_WAKE,      /* a source's event queue wants to be looked at */
};

struct news {
    struct letter letter;
    enum news_kind kind;
    unsigned mat;
    struct trial *trial;
    uint64_t ticket;
    uint64_t t_ns;
    int code;
    struct gait_error err;
    struct gait_action action;
    char left[CONFIG_PATH_MAX]; /* recorder, NEWS_MOVED: the journal before it, closed */
    char path[CONFIG_PATH_MAX]; /* recorder: the trial's newest journal; "" none */
    struct session_step footfall;
    struct {
        float *offset, *sigma;
        uint32_t frames;
        double sigma_mean;
        uint32_t noisy_cells, stuck_cells; /* as gait_tare_result */
    } tare;                                /* main frees the arrays */
    struct {
        bool any;
        float *count;    /* [rows*cols] mean of each cell */
        double *force_N; /* [frames] */
        uint32_t frames;
        double duration_s;
    } collected; /* what a loaded mat showed; main frees the arrays */
};

/** A letter of a kind; exits the daemon when there is no memory for 1 KiB: nothing could be told any more. */
struct news *news_new(enum news_kind kind, unsigned mat);

#endif
