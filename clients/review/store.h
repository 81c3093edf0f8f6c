/*
 * A file that is looked at without a daemon. A child (`gait web --to-pipe`), which alone touches the file, works it through the pipeline; what it says is
 * kept here, in a file without a name, and can be had by trial and frame while the child is still reading.
 */
#ifndef GAIT_REVIEW_STORE_H
#define GAIT_REVIEW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/cleanup.h>
#include <gait/error.h>

#include "review/child.h"
#include "review/record.h"

enum { REVIEW_TEXT_MAX = CHILD_TEXT_MAX };

enum review_state { REVIEW_READING, REVIEW_DONE, REVIEW_FAILED };

struct review;

/**
 * Begin to read a file.
 *
 * Owner    the caller: review_free(), which ends the child. wake(arg) is called from another thread when there is more; it may be NULL.
 * Returns  0; negative errno, err says what.
 */
int review_new(const char *path, void (*wake)(void *arg), void *arg, struct review **ret_review,
               struct gait_error *err);
void review_free(struct review *review);
GAIT_DEFINE_CLEANUP(struct review *, review_free)

/** How far it is; with REVIEW_FAILED the reader's line in ret_text, else "". Thread: any. */
enum review_state review_state(struct review *review, char ret_text[REVIEW_TEXT_MAX]);

/** Wait until it is no longer reading, or there is a trial. Returns as review_state(). */
enum review_state review_wait(struct review *review, char ret_text[REVIEW_TEXT_MAX]);

/** Trials that have begun. */
uint32_t review_trials(struct review *review);

/** Records of a kind (frame, footfall, trial) in a trial. */
uint64_t review_count(struct review *review, uint32_t trial, enum review_kind kind);

/**
 * Messages of a trial, one behind the other, each with its size as u32 before it.
 *
 * Owner    *ret_bytes is the caller's: free(ret_bytes - headroom); headroom bytes lie before it.
 * Returns  bytes, of as many messages (at most count, at least one where there is one) as go into max_bytes; 0: there is none; negative errno.
 */
ssize_t review_get(struct review *review, uint32_t trial, enum review_kind kind, uint64_t first, uint64_t count,
                   size_t max_bytes, size_t headroom, unsigned char **ret_bytes);

/** Header (JSON text, not terminated) and payload of one message. Returns 0; -EBADMSG. */
int review_split(const unsigned char *message, size_t n, const char **ret_json, size_t *ret_length,
                 const unsigned char **ret_payload, size_t *ret_payload_bytes);

#endif
