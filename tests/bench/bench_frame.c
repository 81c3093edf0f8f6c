/*
 * The way of one frame: the contact pass, components, the whole pipeline with its footfalls and live numbers, beside memcpy of the raw counts and beside
 * "memcpy14": reading the 10 bytes and writing the 4 bytes a cell that the pass must touch. The frames are a walk of the walker.
 *
 * bench_frame callgrind ROWS COLS   works the same frames once and nothing else: instructions a cell are counted around contact_frame().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "gait/pipeline.h"
#include "metrics/contact.h"
#include "metrics/label.h"
#include "transport/walker.h"

enum { FRAMES_MAX = 2048 };

struct walk {
    struct gait_geometry geometry;
    struct gait_calibration calibration;
    size_t cells, frames, bytes;
    uint16_t *raw; /* [frames * cells] */
    struct gait_frame_meta meta[FRAMES_MAX];
    size_t at;          /* frame that is next */
    float *table, *out; /* memcpy14: 8 bytes a cell read, 4 written */
    uint16_t *copy;
    struct contact_pass pass;
    struct gait_calibrator *calibrator;
    struct label label;
    struct gait_pipeline *pipeline;
    struct gait_trial_state state;
    struct gait_slot slot;
    uint64_t footfalls;
    volatile double sink;
};

static void must(int r, const char *what)
{
    if (r < 0) {
        fprintf(stderr, "bench_frame: %s: %s\n", what, strerror(-r));
        exit(1);
    }
}

static void load(struct walk *w, uint32_t rows, uint32_t cols, double pitch_mm, double rate_hz)
{
    struct mat_walker_config config;
    struct gait_frame_source *source;
    struct gait_error err = {0};

    mat_walker_default(&config);
    config.rows = rows;
    config.cols = cols;
    config.pitch_x_mm = config.pitch_y_mm = pitch_mm;
    config.rate_hz = rate_hz;
    config.lead_s = config.tail_s = 0.2;
    must(mat_walker_new(&config, &source, &err), err.text);
    const struct gait_source_info *info = gait_source_info(source);
    must(gait_geometry_copy(&info->geometry, &w->geometry), "geometry");
    must(gait_calibration_copy(&info->calibration, &info->geometry, &w->calibration), "calibration");
    w->cells = gait_geometry_cells(&w->geometry);
    w->bytes = w->cells * sizeof *w->raw;
    w->raw = malloc(FRAMES_MAX * w->bytes);
    must(w->raw ? 0 : -1, "memory");
    while (w->frames < FRAMES_MAX &&
           gait_source_next(source, w->raw + w->frames * w->cells, &w->meta[w->frames], &err) > 0)
        w->frames++;
    gait_source_free(source);
}

static const uint16_t *next(struct walk *w)
{
    const uint16_t *raw = w->raw + w->at * w->cells;

    w->at = (w->at + 1) % w->frames;
    return raw;
}

static void prepare(struct walk *w)
{
    w->table = calloc(w->cells, 2 * sizeof *w->table);
    w->out = calloc(w->cells, sizeof *w->out);
    w->copy = calloc(w->cells, sizeof *w->copy);
    must(gait_calibrator_new(&w->geometry, &w->calibrator), "calibrator");
    must(gait_calibrator_load(w->calibrator, &w->calibration), "calibration");
    must(contact_pass_init(w->calibrator, &w->pass), "contact pass");
    contact_pass_begin(&w->pass, 10, 5, 20);
    must(label_init(w->geometry.rows, w->geometry.cols, &w->label), "label");
    must(gait_trial_state_init(&w->state, &w->geometry, &w->calibration), "state");
    must(gait_pipeline_new(&w->geometry, NULL, NULL, &w->pipeline), "pipeline");
    must(gait_pipeline_start(w->pipeline, &w->state), "start");
}

static void copy_raw(struct walk *w)
{
    memcpy(w->copy, next(w), w->bytes);
}

/* Plain loads and stores of what the pass touches: 2 + 8 bytes in, 4 out. */
static void copy_14(struct walk *w)
{
    memcpy(w->copy, next(w), w->bytes);
    memcpy(w->out, w->table, w->cells * sizeof *w->out);
    w->sink = (double)w->table[w->cells];
}

static void contact(struct walk *w)
{
    struct gait_frame_numbers numbers;

    contact_frame(&w->pass, next(w), &numbers);
    w->sink = numbers.force_N;
}

static void contact_and_components(struct walk *w)
{
    contact(w);
    w->sink = label_mask(&w->label, contact_mask(&w->pass), w->pass.p_kPa, w->pass.stride);
}

static void give_back(struct walk *w)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(w->pipeline))) {
        w->footfalls++;
        gait_pipeline_release(w->pipeline, f);
    }
}

static void whole(struct walk *w)
{
    if (w->at == 0)
        must(gait_pipeline_start(w->pipeline, &w->state), "start");
    w->slot.meta = w->meta[w->at];
    w->slot.raw = (void *)(uintptr_t)next(w);
    gait_pipeline_frame(w->pipeline, &w->slot);
    give_back(w);
}

/* One unit of work is a whole walk: empty frames, landings and closing footfalls in their natural proportion. */
#define A_WALK_OF(name)                        \
    static void walk_##name(void *user)        \
    {                                          \
        struct walk *w = user;                 \
                                               \
        w->at = 0;                             \
        for (size_t i = 0; i < w->frames; i++) \
            name(w);                           \
    }
A_WALK_OF(copy_raw)
A_WALK_OF(copy_14)
A_WALK_OF(contact)
A_WALK_OF(contact_and_components)
A_WALK_OF(whole)

/* Longest single frame of a walk: the one in which a footfall is measured. */
static void worst_frame(struct walk *w, const char *name)
{
    double worst_us = 0, total_us = 0;

    for (unsigned walk = 0; walk < 5; walk++) {
        double longest = 0;

        w->at = 0;
        for (size_t i = 0; i < w->frames; i++) {
            uint64_t from = bench_now_ns();

            whole(w);
            double us = (double)(bench_now_ns() - from) / 1e3;
            longest = us > longest ? us : longest;
            total_us += us;
        }
        worst_us = walk == 0 || longest < worst_us ? longest : worst_us;
    }
    bench_value("frame", name, "longest frame (a footfall closes), least of 5 walks", worst_us, "us");
    bench_value("frame", name, "mean over a walk", total_us / (5.0 * (double)w->frames), "us");
}

static void run(uint32_t rows, uint32_t cols, double pitch_mm, double rate_hz)
{
    struct walk *w = calloc(1, sizeof *w);
    char name[32];

    must(w ? 0 : -1, "memory");
    snprintf(name, sizeof name, "%ux%u", rows, cols);
    load(w, rows, cols, pitch_mm, rate_hz);
    prepare(w);
    const struct bench_contestant c[] = {
        {"memcpy14", walk_copy_14, w},     {"memcpy of the counts", walk_copy_raw, w},
        {"contact pass", walk_contact, w}, {"contact pass and components", walk_contact_and_components, w},
        {"whole pipeline", walk_whole, w},
    };
    bench_run("frame", name, c, sizeof c / sizeof c[0], (double)w->frames, 15);
    worst_frame(w, name);
    bench_value("frame", name, "footfalls closed in all rounds", (double)w->footfalls, "1");
    gait_pipeline_free(w->pipeline);
    gait_trial_state_done(&w->state);
    label_done(&w->label);
    contact_pass_done(&w->pass);
    gait_calibrator_free(w->calibrator);
    gait_calibration_done(&w->calibration);
    gait_geometry_done(&w->geometry);
    free(w->raw);
    free(w->table);
    free(w->out);
    free(w->copy);
    free(w);
}

static void count(uint32_t rows, uint32_t cols)
{
    static struct walk w;

    load(&w, rows, cols, 5, 100);
    prepare(&w);
    for (size_t i = 0; i < w.frames; i++)
        contact(&w);
    printf("{\"frames\": %zu, \"cells\": %zu}\n", w.frames, w.cells);
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "callgrind")) {
        count((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
        return 0;
    }
    run(64, 64, 8, 100);
    run(96, 88, 5, 100);
    run(360, 64, 5, 100);
    run(720, 240, 5, 500);
    return 0;
}
