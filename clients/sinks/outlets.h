/*
 * What of a mat's stream becomes which outlet: metrics (numbers of every frame), markers (footfalls, trials, events as text), and on demand the frames.
 */
#ifndef OUTLETS_H
#define OUTLETS_H

#include <stdbool.h>

#include <gait/stream.h>

#include "lsl_api.h"

enum { OUTLETS_MATS_MAX = 16, OUTLETS_METRICS = 14 };

struct outlets_mat {
    char mat[GAIT_ID_MAX + 1];
    double rate_hz, pitch_x_mm, pitch_y_mm;
    uint32_t rows, cols;
    void *metrics, *markers, *frames; /* liblsl's; frames NULL when not wanted */
};

struct outlets {
    const struct lsl_api *api;
    bool arrival; /* times are those of arrival here: the daemon's clock is another machine's */
    struct outlets_mat mat[OUTLETS_MATS_MAX];
    size_t n;
    uint64_t samples, markers, frames;
};

/** Make the outlets of one mat. Returns 0; -ENOSPC too many mats; -EIO liblsl gave none. */
int outlets_add(struct outlets *outlets, const struct outlets_mat *mat, bool frames, struct gait_error *err);

/** Push what a message holds. Messages of mats that have no outlet are passed over. */
void outlets_push(struct outlets *outlets, const struct gait_message *message);

void outlets_done(struct outlets *outlets);

#endif
