/* A file into the model: one trial, one frame of it at a time. */
#ifndef VIEW_REVIEW_H
#define VIEW_REVIEW_H

#include "review/store.h"
#include "model.h"

/** Stand at trial i from its beginning. */
void review_trial(struct review *review, struct model *model, uint32_t i);

/** Stand at a frame; beyond the ends: at the end. */
void review_seek(struct review *review, struct model *model, int64_t frame);

/** To the first frame of the next footfall, or back to that of the one before. */
void review_next_footfall(struct review *review, struct model *model, bool back);

/** Seconds have passed: play on, and see whether the file has grown. */
void review_tick(struct review *review, struct model *model, double seconds);

#endif
