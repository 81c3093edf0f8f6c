/*
 * What the terminal shows, wherever it comes from: a running daemon (live.c) or a file (review.c). Headers are kept as they came, in the members of
 * docs/STREAM.md and docs/CONTROL.md, so a member that is not there is simply not shown.
 */
#ifndef VIEW_MODEL_H
#define VIEW_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gait/frame.h>

enum { MODEL_FOOTFALLS = 128, MODEL_TEXT = 256 };

struct model {
    bool review;
    char mat[GAIT_ID_MAX + 1];
    uint32_t rows, cols;
    double pitch_x_mm, pitch_y_mm;
    uint16_t *now, *past; /* [rows*cols] tenths of kPa: what presses, the largest of this trial's footfalls */
    double full_kPa;      /* of the colour scale */
    bool fixed;           /* chosen by hand: it does not grow */
    json_t *live;         /* numbers of the newest frame, or NULL */
    json_t *footfall[MODEL_FOOTFALLS]; /* oldest first */
    size_t footfalls;
    bool changed; /* since it was drawn last */

    json_t *status;        /* live: of the last second, or NULL */
    char link[MODEL_TEXT]; /* live: what is wrong with the connection; "" when the daemon is heard */
    uint64_t missed;       /* live: messages that never came here */
    bool recording;        /* live: a trial runs on this mat */

    json_t *trial; /* review: what the file says of it */
    uint32_t trials, trial_index;
    uint64_t frame, frames;
    double t_s, speed, due; /* due: frames that playing owes */
    bool playing, reading;
};

/** Free everything; the model can be used again. */
void model_done(struct model *model);

/** Another matrix: pictures begin empty. The same one: nothing happens. Returns 0; -ENOMEM. */
int model_geometry(struct model *model, uint32_t rows, uint32_t cols, double pitch_x_mm, double pitch_y_mm);

/** No print, no foot: a trial begins. */
void model_clear(struct model *model);

/** What presses now. Shape kPa[rows*cols] of the model. */
void model_frame(struct model *model, const float *kPa);

/** The same as runs of cells (review/shrink.h). */
void model_runs(struct model *model, const unsigned char *runs, size_t n);

/** A footfall: its header, kept, and its picture of largest pressures in tenths of kPa; NULL: none came. */
void model_footfall(struct model *model, json_t *header, const uint16_t *picture, size_t cells);

/** What an operator says of a footfall that is kept: an event `set_side` or `invalid`. Others are passed over. */
void model_correct(struct model *model, const json_t *event);

/** Forget the footfalls. */
void model_forget(struct model *model);

/** The newest numbers, kept. */
void model_live(struct model *model, json_t *live);

/** The next scale by hand: automatic, 200, 400, 600, 1000 kPa. */
void model_scale(struct model *model);

/** The row of this mat in the status, or NULL. */
const json_t *model_mat(const struct model *model);

#endif
