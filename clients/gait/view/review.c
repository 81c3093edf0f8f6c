#include "review.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

#include "../client.h"

/* A message of the file: its header, and where its payload lies in *ret_bytes, which the caller frees. NULL: there is none. */
static json_t *message(struct review *review, uint32_t trial, enum review_kind kind, uint64_t i,
                       unsigned char **ret_bytes, const unsigned char **ret_payload, size_t *ret_n)
{
    unsigned char *bytes = NULL;
    ssize_t n = review_get(review, trial, kind, i, 1, 0, 0, &bytes);
    json_t *object = NULL;
    const char *json;
    size_t length;

    *ret_bytes = bytes;
    if (n > 4 && review_split(bytes + 4, (size_t)n - 4, &json, &length, ret_payload, ret_n) == 0)
        object = json_loadb(json, length, 0, NULL);
    return object;
}

/* Prints that have left the mat at this frame; the table holds all of them. */
static void show_footfalls(struct review *review, struct model *model)
{
    uint64_t n = review_count(review, model->trial_index, REVIEW_FOOTFALL);

    model_forget(model);
    for (uint64_t i = 0; i < n; i++) {
        _cleanup_free_ unsigned char *bytes = NULL;
        const unsigned char *payload = NULL;
        size_t size = 0;
        json_t *object = message(review, model->trial_index, REVIEW_FOOTFALL, i, &bytes, &payload, &size), *m;

        m = json_object_get(object, "m");
        if (m && client_number(m, "last_frame") <= (double)model->frame) {
            _cleanup_free_ uint16_t *picture = malloc(size + 2); /* aligned */

            if (picture) {
                memcpy(picture, payload, size);
                model_footfall(model, m, picture, size / 2);
            }
        }
        json_decref(object);
    }
}

void review_seek(struct review *review, struct model *model, int64_t frame)
{
    _cleanup_free_ unsigned char *bytes = NULL;
    const unsigned char *payload = NULL;
    size_t size = 0;
    json_t *object;
    bool on;

    model->frames = review_count(review, model->trial_index, REVIEW_FRAME);
    if (!model->frames)
        return;
    frame = frame < 0 ? 0 : frame >= (int64_t)model->frames ? (int64_t)model->frames - 1 : frame;
    object = message(review, model->trial_index, REVIEW_FRAME, (uint64_t)frame, &bytes, &payload, &size);
    on = (uint64_t)frame > model->frame;
    model->frame = (uint64_t)frame;
    if (!object)
        return;
    model->t_s = client_number(object, "t_s");
    model_live(model, json_object_get(object, "live"));
    json_decref(object);
    if (!on)
        model_clear(model);
    show_footfalls(review, model);
    model_runs(model, payload, size);
}

void review_trial(struct review *review, struct model *model, uint32_t i)
{
    _cleanup_free_ unsigned char *bytes = NULL;
    const unsigned char *payload = NULL;
    size_t size;
    json_t *object, *m;

    if (i >= review_trials(review))
        return;
    object = message(review, i, REVIEW_TRIAL, 0, &bytes, &payload, &size);
    m = json_object_get(object, "m");
    if (!m)
        return;
    json_decref(model->trial);
    model->trial = json_incref(m);
    json_decref(object);
    model->trial_index = i;
    model->frame = 0;
    model_geometry(model, (uint32_t)client_number(m, "rows"), (uint32_t)client_number(m, "cols"),
                   client_number(m, "pitch_x_mm"), client_number(m, "pitch_y_mm"));
    model_clear(model);
    review_seek(review, model, 0);
    model->changed = true;
}

void review_next_footfall(struct review *review, struct model *model, bool back)
{
    uint64_t n = review_count(review, model->trial_index, REVIEW_FOOTFALL);
    double best = NAN, at = (double)model->frame;

    for (uint64_t i = 0; i < n; i++) {
        _cleanup_free_ unsigned char *bytes = NULL;
        const unsigned char *payload;
        size_t size;
        json_t *object = message(review, model->trial_index, REVIEW_FOOTFALL, i, &bytes, &payload, &size);
        double first = client_number(json_object_get(object, "m"), "first_frame");

        json_decref(object);
        if (back ? first < at && !(first <= best) : first > at && !(first >= best))
            best = first;
    }
    if (!isnan(best))
        review_seek(review, model, (int64_t)best);
}

void review_tick(struct review *review, struct model *model, double seconds)
{
    char text[REVIEW_TEXT_MAX];
    double rate_hz = client_number(model->trial, "rate_hz");
    uint64_t frames = review_count(review, model->trial_index, REVIEW_FRAME);
    enum review_state state = review_state(review, text);
    uint32_t trials = review_trials(review);
    bool reading = state == REVIEW_READING;

    model->changed |= frames != model->frames || trials != model->trials || reading != model->reading;
    if (state == REVIEW_FAILED && !model->link[0]) {
        snprintf(model->link, sizeof model->link, "%s", text);
        model->changed = true;
    }
    model->trials = trials;
    model->reading = reading;
    if (!model->frames && frames)
        review_seek(review, model, 0);
    model->frames = frames;
    if (!model->playing || !(rate_hz > 0))
        return;
    model->due += seconds * model->speed * rate_hz;
    if (model->due < 1)
        return;
    if (model->frame + 1 >= frames && !reading) {
        model->playing = false;
        model->changed = true;
        return;
    }
    review_seek(review, model, (int64_t)model->frame + (int64_t)model->due);
    model->due -= floor(model->due);
}
