/*
 * One closed footfall measured, beside memcpy of its cells. The unit of work is a footfall: a synthetic foot of about 400 cells a frame; the long one has the
 * frames of a 0.7 s stance at 500 Hz.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "synthetic_foot.h"

struct work {
    const struct gait_contact *contact;
    struct gait_measure_scratch *scratch;
    struct gait_footfall *footfall;
    void *copy;
};

static void copy_cells(void *user)
{
    struct work *w = user;
    size_t cells = w->contact->first[w->contact->frames];

    memcpy(w->copy, w->contact->cell, cells * sizeof(uint32_t));
    memcpy((uint32_t *)w->copy + cells, w->contact->p_kPa, cells * sizeof(float));
}

static void measure(void *user)
{
    struct work *w = user;

    if (gait_measure(w->contact, w->scratch, w->footfall) < 0)
        abort();
}

static void one_case(const char *name, double rate_hz)
{
    const struct pose pose = {110, 60, 10, false, 0};
    struct synthetic_foot foot;
    struct contact_maker maker;
    struct work w = {0};
    struct bench_contestant who[] = {{"memcpy of its cells", copy_cells, &w}, {"gait_measure", measure, &w}};

    synthetic_slow(&foot);
    synthetic_arch(&foot, 120, 20);
    contact_maker_init(&maker, 80, 64, 5, 5, rate_hz, 10);
    synthetic_walk_over(&foot, &pose, &maker);
    w.contact = &maker.contact;
    w.copy = malloc((size_t)maker.first[maker.frames] * 8);
    if (!w.copy || gait_measure_scratch_new(&maker.state.geometry, maker.frames, 0, &w.scratch) < 0 ||
        gait_footfall_new(maker.frames, 80 * 64, &w.footfall) < 0)
        abort();
    bench_run("measure", name, who, 2, 1, 51);
    bench_value("measure", name, "cells of all frames", maker.first[maker.frames], "1");
    gait_measure_scratch_free(w.scratch);
    gait_footfall_free(w.footfall);
    free(w.copy);
    contact_maker_done(&maker);
}

int main(void)
{
    one_case("100 Hz", 100);
    one_case("500 Hz", 500);
    return 0;
}
