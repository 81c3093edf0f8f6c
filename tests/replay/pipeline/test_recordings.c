/* Real recordings through the whole pipeline: which footfalls count, and why the others do not. Skips without $GAIT_DATA. */
#include "assert_close.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gait/formats_in.h"
#include "gait/pipeline.h"

enum { FOOTFALLS_MAX = 32 };

static struct gait_footfall footfall[FOOTFALLS_MAX];

static uint32_t take(struct gait_pipeline *p, uint32_t n)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(p)) != NULL) {
        assert_true(n < FOOTFALLS_MAX);
        footfall[n++] = *f;
        gait_pipeline_release(p, f);
    }
    return n;
}

/* Works a recording; returns how many footfalls it gave. */
static uint32_t play(const char *name)
{
    const char *data = getenv("GAIT_DATA");
    struct gait_frame_source *source = NULL;
    struct gait_slot slot = {0};
    struct gait_trial_state state;
    struct gait_pipeline *p;
    struct gait_error err = {0};
    char path[4096];
    uint32_t n = 0;

    snprintf(path, sizeof path, "%s/pressuRe/%s", data ? data : "../shared/data", name);
    if (gait_formats_in_open(path, &source, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(
        gait_trial_state_init(&state, &gait_source_info(source)->geometry, &gait_source_info(source)->calibration), 0);
    slot.raw = malloc(gait_geometry_frame_bytes(&state.geometry));
    assert_int_equal(gait_pipeline_new(&state.geometry, NULL, NULL, &p), 0);
    assert_int_equal(gait_pipeline_start(p, &state), 0);
    while (gait_source_next(source, slot.raw, &slot.meta, &err) == 1) {
        slot.meta.t_ns = slot.meta.t_mat_ns;
        gait_pipeline_frame(p, &slot);
        slot.meta = (struct gait_frame_meta){.index = slot.meta.index + 1};
        n = take(p, n);
    }
    gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
    n = take(p, n);
    gait_pipeline_free(p);
    gait_trial_state_done(&state);
    gait_source_free(source);
    free(slot.raw);
    return n;
}

/* The file's window ends at the foot: that is no edge of a mat. */
static void footscan_is_a_full_step(void **state)
{
    (void)state;
    assert_int_equal(play("footscan_test.tsv"), 1);
    assert_int_equal(footfall[0].side, GAIT_SIDE_RIGHT);
    assert_int_equal(footfall[0].valid, 1);
    assert_close_abs(footfall[0].value[GAIT_METRIC_IMPULSE], 360.41, 0.01);
    assert_true(footfall[0].value[GAIT_METRIC_HEEL31_IMPULSE] > 50);
    assert_true(footfall[0].value[GAIT_METRIC_ARCH_INDEX] > 0.1);
}

static void emed_is_a_full_step(void **state)
{
    (void)state;
    assert_int_equal(play("emed_test.lst"), 1);
    assert_int_equal(footfall[0].side, GAIT_SIDE_RIGHT);
    assert_int_equal(footfall[0].valid, 1);
    assert_close_abs(footfall[0].value[GAIT_METRIC_IMPULSE], 675.82, 0.01);
}

/* 31.25 frames a second are too few for events, forces and areas: steps are told, and none counts. */
static void tekscan_is_too_slow(void **state)
{
    uint32_t n = play("fscan_left.asf");

    (void)state;
    assert_true(n >= 4);
    for (uint32_t k = 0; k < n; k++) {
        assert_int_equal(footfall[k].valid, 0);
        assert_true(footfall[k].flags & GAIT_FOOTFALL_LOW_FS);
        assert_true(isnan(footfall[k].value[GAIT_METRIC_IMPULSE]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(footscan_is_a_full_step), cmocka_unit_test(emed_is_a_full_step),
                                       cmocka_unit_test(tekscan_is_too_slow)};
    const char *data = getenv("GAIT_DATA");
    char path[4096];

    snprintf(path, sizeof path, "%s/pressuRe", data ? data : "../shared/data");
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "SKIP: no recordings under %s (set GAIT_DATA)\n", path);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
