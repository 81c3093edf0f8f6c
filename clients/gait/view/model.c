#include "model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../client.h"
#include "review/shrink.h"

enum { FULL_LEAST_KPA = 200 };

void model_forget(struct model *model)
{
    for (size_t i = 0; i < model->footfalls; i++)
        json_decref(model->footfall[i]);
    model->footfalls = 0;
    model->changed = true;
}

void model_done(struct model *model)
{
    model_forget(model);
    json_decref(model->live);
    json_decref(model->status);
    json_decref(model->trial);
    free(model->now);
    free(model->past);
    *model = (struct model){0};
}

int model_geometry(struct model *model, uint32_t rows, uint32_t cols, double pitch_x_mm, double pitch_y_mm)
{
    size_t cells = (size_t)rows * cols;
    uint16_t *now, *past;

    if (!rows || !cols || rows > GAIT_ROWS_MAX || cols > GAIT_COLS_MAX || !(pitch_x_mm > 0 && pitch_y_mm > 0))
        return -EINVAL;
    if (rows == model->rows && cols == model->cols && pitch_x_mm == model->pitch_x_mm &&
        pitch_y_mm == model->pitch_y_mm)
        return 0;
    now = calloc(cells, sizeof *now);
    past = calloc(cells, sizeof *past);
    if (!now || !past) {
        free(now);
        free(past);
        return -ENOMEM;
    }
    free(model->now);
    free(model->past);
    model->now = now;
    model->past = past;
    model->rows = rows;
    model->cols = cols;
    model->pitch_x_mm = pitch_x_mm;
    model->pitch_y_mm = pitch_y_mm;
    if (!model->fixed)
        model->full_kPa = FULL_LEAST_KPA;
    model->changed = true;
    return 0;
}

static size_t cells_of(const struct model *model)
{
    return (size_t)model->rows * model->cols;
}

void model_clear(struct model *model)
{
    if (model->now) {
        memset(model->now, 0, cells_of(model) * sizeof *model->now);
        memset(model->past, 0, cells_of(model) * sizeof *model->past);
    }
    if (!model->fixed)
        model->full_kPa = FULL_LEAST_KPA;
    model->changed = true;
}

static void grow(struct model *model, double peak_kPa)
{
    static const double steps[] = {200, 300, 400, 600, 800, 1000, 1500, 2000};

    for (size_t i = 0; i < sizeof steps / sizeof *steps && !model->fixed && peak_kPa > model->full_kPa; i++)
        if (steps[i] > model->full_kPa)
            model->full_kPa = steps[i];
}

void model_frame(struct model *model, const float *kPa)
{
    uint16_t peak = 0;

    for (size_t i = 0; i < cells_of(model); i++) {
        uint16_t value = shrink_kPa(kPa[i]);

        model->now[i] = value < SHRINK_FLOOR_DECI_KPA ? 0 : value;
        peak = model->now[i] > peak ? model->now[i] : peak;
    }
    grow(model, peak / 10.0);
    model->changed = true;
}

void model_runs(struct model *model, const unsigned char *runs, size_t n)
{
    size_t cells = cells_of(model), at = 0;
    uint16_t peak = 0;

    if (model->now)
        memset(model->now, 0, cells * sizeof *model->now);
    while (n - at >= 8) {
        uint32_t head[2];

        memcpy(head, runs + at, sizeof head);
        if (head[0] > cells || head[1] > cells - head[0] || head[1] > (n - at - 8) / 2)
            break;
        memcpy(model->now + head[0], runs + at + 8, 2 * (size_t)head[1]);
        for (uint32_t i = 0; i < head[1]; i++)
            peak = model->now[head[0] + i] > peak ? model->now[head[0] + i] : peak;
        at += 8 + 2 * ((size_t)head[1] + head[1] % 2);
        if (at > n)
            break;
    }
    grow(model, peak / 10.0);
    model->changed = true;
}

static uint32_t whole(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static void add_print(struct model *model, const json_t *header, const uint16_t *picture, size_t cells)
{
    const json_t *shape = json_object_get(header, "shape");
    uint32_t row0 = whole(header, "picture_row"), col0 = whole(header, "picture_col");
    uint32_t rows = (uint32_t)json_integer_value(json_array_get(shape, 1));
    uint32_t cols = (uint32_t)json_integer_value(json_array_get(shape, 2));

    if ((size_t)rows * cols != cells || row0 > model->rows || rows > model->rows - row0 || col0 > model->cols ||
        cols > model->cols - col0)
        return;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c++) {
            uint16_t *past = &model->past[(size_t)(row0 + r) * model->cols + col0 + c];

            if (picture[(size_t)r * cols + c] > *past)
                *past = picture[(size_t)r * cols + c];
        }
    grow(model, client_number(json_object_get(header, "metrics"), "peak_kPa"));
}

static bool same_footfall(const json_t *a, const json_t *b)
{
    static const char *const names[] = {"mat", "instance", "trial", "footfall", "ic_ns"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *of_a = json_object_get(a, names[i]), *of_b = json_object_get(b, names[i]);

        if (of_a != of_b && !json_equal(of_a, of_b))
            return false;
    }
    return true;
}

/* Its place; one that came with the snapshot and on the stream has one place. */
static json_t **place_of(struct model *model, const json_t *header)
{
    for (size_t i = model->footfalls; i > 0; i--)
        if (same_footfall(model->footfall[i - 1], header)) {
            json_decref(model->footfall[i - 1]);
            return &model->footfall[i - 1];
        }
    if (model->footfalls == MODEL_FOOTFALLS) {
        json_decref(model->footfall[0]);
        memmove(model->footfall, model->footfall + 1, sizeof model->footfall - sizeof model->footfall[0]);
        model->footfalls--;
    }
    return &model->footfall[model->footfalls++];
}

void model_footfall(struct model *model, json_t *header, const uint16_t *picture, size_t cells)
{
    json_incref(header); /* it may be the one that makes room */
    *place_of(model, header) = header;
    if (picture && model->past)
        add_print(model, header, picture, cells);
    model->changed = true;
}

static void add_flag(json_t *footfall, const char *name)
{
    json_t *flags = json_object_get(footfall, "flags"), *flag;
    size_t i;

    json_array_foreach(flags, i, flag) if (json_is_string(flag) && strcmp(json_string_value(flag), name) == 0) return;
    json_array_append_new(flags, json_string(name));
}

void model_correct(struct model *model, const json_t *event)
{
    static const char *const names[] = {"mat", "trial", "footfall"};
    const char *what = client_text(event, "event");
    bool side = strcmp(what, "set_side") == 0;

    if (!side && strcmp(what, "invalid") != 0)
        return;
    for (size_t i = 0; i < model->footfalls; i++) {
        json_t *footfall = model->footfall[i];
        bool same = true;

        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            same &= json_equal(json_object_get(footfall, names[k]), json_object_get(event, names[k]));
        if (!same)
            continue;
        if (side)
            json_object_set(footfall, "side", json_object_get(event, "side"));
        else
            json_object_set_new(footfall, "valid", json_false());
        add_flag(footfall, side ? "side_override" : "operator_invalid");
        model->changed = true;
    }
}

void model_live(struct model *model, json_t *live)
{
    json_incref(live);
    json_decref(model->live);
    model->live = live;
    model->changed = true;
}

void model_scale(struct model *model)
{
    static const double scales[] = {200, 400, 600, 1000};
    size_t i = 0;

    while (model->fixed && i < sizeof scales / sizeof *scales && scales[i] <= model->full_kPa)
        i++;
    model->fixed = i < sizeof scales / sizeof *scales;
    model->full_kPa = model->fixed ? scales[i] : FULL_LEAST_KPA;
    if (!model->fixed)
        for (size_t k = 0; k < cells_of(model); k++)
            grow(model, (model->past[k] > model->now[k] ? model->past[k] : model->now[k]) / 10.0);
    model->changed = true;
}

const json_t *model_mat(const struct model *model)
{
    const json_t *mat;
    size_t i;

    json_array_foreach(json_object_get(model->status, "mats"), i,
                       mat) if (strcmp(client_text(mat, "mat"), model->mat) == 0) return mat;
    return NULL;
}
