/*
 * How a real-time thread says something: a record of fixed size into a small ring, made into text by whoever drains it.
 * One producer, one consumer, no lock, no allocation, no text. What does not fit is counted, never silent.
 */
#ifndef GAIT_NOTE_H
#define GAIT_NOTE_H

#include <stdint.h>

#include <gait/api.h>

struct gait_note {
    uint32_t code; /* the program's own enum; 0 is not used */
    int64_t a, b;  /* meaning by code */
    uint64_t t_ns; /* CLOCK_MONOTONIC of the event, as the poster knows it */
};

struct gait_notes;

/**
 * Make a ring of notes, all memory taken and touched here.
 *
 * Shape    capacity rounded up to a power of two, at most 65536.
 * Thread   init.
 * Returns  0; -EINVAL capacity 0 or too large; -ENOMEM.
 */
GAIT_API int gait_notes_new(uint32_t capacity, struct gait_notes **ret_notes);
GAIT_API void gait_notes_free(struct gait_notes *notes);

/**
 * Post a note.
 *
 * Thread   the producer's; never blocks.
 * Returns  0; -ENOSPC the ring is full: the note is lost and counted.
 */
GAIT_API int gait_notes_post(struct gait_notes *notes, uint32_t code, int64_t a, int64_t b, uint64_t t_ns);

/**
 * Take the oldest note.
 *
 * Thread   the consumer's.
 * Returns  1 a note; 0 none.
 */
GAIT_API int gait_notes_take(struct gait_notes *notes, struct gait_note *ret_note);

/** Notes lost so far. Thread: any. */
GAIT_API uint64_t gait_notes_lost(const struct gait_notes *notes);

#endif
