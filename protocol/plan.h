/*
 * What a protocol asks for next, what it forbids, and how far a session is. Pure: passes and times in, answers out; no clock, no files.
 *
 * A cell is one condition at one timepoint. Passes that were discarded, or are over the plan, are in no count.
 */
#ifndef GAIT_PLAN_H
#define GAIT_PLAN_H

#include "protocol/protocol.h"

/* Footfalls of one foot in one pass. */
struct plan_foot {
    unsigned valid, invalid, partial, merged;
};

struct plan_pass {
    int timepoint, condition; /* indices; -1: not of this protocol */
    int foot;                 /* single mode: PROTOCOL_LEFT or _RIGHT, the foot that was asked for; else 0 */
    bool discarded, extra;
    bool running; /* taken as good until it ends */
    struct plan_foot side[2], no_side;
};

struct plan_now {
    bool treating;  /* a treatment is under way */
    bool treated;   /* one has ended */
    double since_s; /* since the last one ended */
    bool oil_removed;
};

enum plan_what {
    PLAN_TRIAL = 1,
    PLAN_TREATMENT_START,
    PLAN_TREATMENT_STOP,
    PLAN_WAIT,
    PLAN_OIL,
    PLAN_CLOSE,
};

struct plan_next {
    enum plan_what what;
    int timepoint, condition; /* of the next pass, also while something else comes first; -1 none is left */
    int foot;                 /* 0: none is asked for */
    unsigned pass, of;
    double wait_s;
};

/* Sums of a cell. */
struct plan_cell {
    unsigned passes;          /* that gave a valid step; single: valid steps of the foot asked for */
    struct plan_foot side[2]; /* single: of passes of that foot only */
    struct plan_foot no_side; /* nobody knows of which foot: in no count of a foot */
    unsigned target[2];       /* valid steps planned */
    bool complete;
};

void plan_cell(const struct protocol *protocol, const struct plan_pass *pass, size_t n, int timepoint, int condition,
               struct plan_cell *ret_cell);

/** Which pass comes, and what must happen before. Shape: pass[n], in the order of time. */
void plan_next(const struct protocol *protocol, const struct plan_pass *pass, size_t n, const struct plan_now *now,
               struct plan_next *ret_next);

/** What comes now, as PLAN_..., in the word of docs/CONTROL.md. */
const char *plan_what_name(enum plan_what what);

enum plan_refusal {
    PLAN_MAY = 0,
    PLAN_NOT_IN_TURN,
    PLAN_COMPLETE, /* the planned number is there: the pass would be extra */
    PLAN_TOO_EARLY,
    PLAN_NOT_TREATED,
    PLAN_TREATING,
    PLAN_OIL_LEFT,
    PLAN_OTHER_FOOT,
    PLAN_NOTHING_LEFT,
};

/** Whether a pass may be walked now; which is why not. The first reason, the one to deal with first. */
enum plan_refusal plan_may(const struct protocol *protocol, const struct plan_pass *pass, size_t n,
                           const struct plan_now *now, int timepoint, int condition, int foot);

/** True when the first pass of this timepoint would begin later than the protocol has it. */
bool plan_is_late(const struct protocol *protocol, const struct plan_pass *pass, size_t n, const struct plan_now *now,
                  int timepoint);

/** Whether the treatment may begin: 0, or the index + 1 of the pre timepoint that is not complete. */
int plan_may_treat(const struct protocol *protocol, const struct plan_pass *pass, size_t n);

#endif
