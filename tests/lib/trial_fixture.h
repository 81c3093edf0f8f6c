#ifndef TRIAL_FIXTURE_H
#define TRIAL_FIXTURE_H

/*
 * A small made-up trial for tests of storage: every member of every record has a value of its own, so that one that is forgotten or
 * swapped is seen. Deterministic: the same numbers at every call and on every machine.
 */
#include <gait/journal.h>

enum {
    FIXTURE_ROWS = 4,
    FIXTURE_COLS = 3,
};

/* A frame's slot with storage for its raw counts. */
struct fixture_frame {
    struct gait_slot slot;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
};

void fixture_header(struct gait_journal_header *ret_header); /* free with gait_journal_header_done() */
void fixture_state(struct gait_trial_state *ret_state);      /* free with gait_trial_state_done() */
void fixture_frame(uint64_t number, struct fixture_frame *ret_frame);
struct gait_footfall *fixture_footfall(uint32_t id); /* free with gait_footfall_free() */
struct gait_action fixture_action(void);
struct gait_event fixture_event(void);
struct gait_gap fixture_gap(void);
struct gait_clock_record fixture_clock(void);
struct gait_end fixture_end(uint64_t frames, uint64_t footfalls);

/* A whole journal: header, state, clock, frames, with a footfall, an action, an event and a gap between them, end. Asserts on failure. */
void fixture_journal(const char *path, unsigned frames);

/* The same of a tiled mat of three pads, of which one is missing now and then. */
struct gait_frame_pads fixture_pads(uint64_t number);
void fixture_tiled_journal(const char *path, unsigned frames);

/* The same to the last bit. Asserts. */
void assert_same_frame(const struct gait_journal_frame *frame, const struct fixture_frame *expected);
void assert_same_footfall(const struct gait_footfall *a, const struct gait_footfall *b);
void assert_same_state(const struct gait_trial_state *a, const struct gait_trial_state *b);
void assert_same_header(const struct gait_journal_header *a, const struct gait_journal_header *b);

/* A fresh folder for the test's files, and its removal with everything in it. */
void fixture_folder(char ret_path[64]);
void fixture_remove(const char *folder);

#endif
