/* What the pipeline promises of itself: nothing allocated after new, the same bits single-stepped or in bulk, and the ring's way as the direct one. */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "scene.h"

/* Every allocation of this program passes here: counted while `armed`. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static volatile bool armed; /* volatile: the compiler thinks that malloc looks at nothing of ours */
static volatile unsigned allocations;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TRAPPED 1
void *malloc(size_t size)
{
    allocations += armed;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    allocations += armed;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    allocations += armed;
    return __libc_realloc(p, size);
}
#else
#define TRAPPED 0
#endif

/* A walk with a fall of feet side by side at its end: all that allocates would. */
static struct scene *busy_scene(void)
{
    struct scene *s = scene_new(460, 100, 5, 100, GAIT_U16);
    const double end =
        scene_add_walk(s, (struct scene_walk){220, 100, 0.1, 640, 100, 0.55, 0.69, 0.12, GAIT_SIDE_LEFT, 3});

    scene_add_foot(s, (struct scene_foot){180, 1900, 0, 250, end + 0.2, 0.7, 1, 60, GAIT_SIDE_LEFT});
    scene_add_foot(s, (struct scene_foot){266, 1900, 0, 250, end + 0.3, 0.7, 1, 60, GAIT_SIDE_RIGHT});
    return s;
}

enum { FRAMES = 320 };

static void nothing_is_allocated(void **state)
{
    struct gait_trial_state trial;
    struct gait_pipeline *p;
    unsigned footfalls = 0, probe;
    void *volatile seen; /* or the compiler leaves both out */

    (void)state;
    if (!TRAPPED)
        skip();
    struct scene *s = busy_scene();
    struct gait_slot slot = {.raw = malloc(gait_geometry_frame_bytes(&s->geometry))};

    armed = true;
    probe = allocations;
    seen = malloc(1);
    free(seen);
    assert_int_equal(allocations, probe + 1); /* the trap works */
    armed = false;
    scene_state(s, &trial);
    assert_int_equal(gait_pipeline_new(&s->geometry, NULL, NULL, &p), 0);
    for (int round = 0; round < 2; round++) {
        allocations = 0;
        armed = true;
        assert_int_equal(gait_pipeline_start(p, &trial), 0);
        armed = false;
        for (uint64_t k = 0; k < FRAMES; k++) {
            struct gait_action action = {.kind = GAIT_ACTION_SET_SIDE, .side = GAIT_SIDE_LEFT, .footfall = 1};
            struct gait_footfall *f;

            slot.meta = (struct gait_frame_meta){.index = k, .seq = k, .t_mat_ns = k * 10000000};
            scene_draw(s, (double)k / 100, slot.raw);
            armed = true;
            gait_pipeline_frame(p, &slot);
            gait_pipeline_act(p, &action);
            while ((f = gait_pipeline_closed(p)) != NULL) {
                footfalls++;
                gait_pipeline_release(p, f);
            }
            armed = false;
        }
        armed = true;
        gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
        armed = false;
        for (struct gait_footfall *f; (f = gait_pipeline_closed(p)) != NULL; gait_pipeline_release(p, f))
            footfalls++;
        assert_int_equal(allocations, 0);
    }
    assert_int_equal(footfalls, 10);
    gait_pipeline_free(p);
    gait_trial_state_done(&trial);
    scene_free(s);
    free(slot.raw);
}

static uint64_t fold(uint64_t digest, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;

    for (size_t i = 0; i < n; i++)
        digest = (digest ^ b[i]) * UINT64_C(1099511628211);
    return digest;
}

/* Frames through a ring, `at_once` put in before the pipeline steps; returns a digest of numbers, live feet and records. */
static uint64_t through_ring(const struct scene *s, unsigned at_once)
{
    const struct gait_ring_config config = {
        .geometry = s->geometry, .seconds = 10, .pre_trigger_s = 1, .memory_bytes = 1 << 28};
    struct gait_trial_state trial;
    struct gait_ring *ring;
    struct gait_pipeline *p;
    uint64_t digest = 7, put = 0;

    scene_state(s, &trial);
    assert_int_equal(gait_ring_new(&config, &ring), 0);
    assert_int_equal(gait_pipeline_new(&s->geometry, ring, NULL, &p), 0);
    assert_int_equal(gait_pipeline_start(p, &trial), 0);
    while (put < FRAMES) {
        for (unsigned k = 0; k < at_once && put < FRAMES; k++, put++) {
            struct gait_slot *slot = gait_ring_acquire(ring, 0);

            scene_draw(s, (double)put / 100, slot->raw);
            slot->meta.seq = put;
            slot->meta.t_mat_ns = put * 10000000;
            assert_int_equal(gait_ring_commit(ring), 0);
        }
        gait_pipeline_step(p, UINT64_MAX);
    }
    for (uint64_t k = 0; k < FRAMES; k++) {
        const struct gait_slot *slot = gait_ring_at(ring, k);

        assert_non_null(slot);
        digest = fold(digest, &slot->numbers, sizeof slot->numbers);
        digest = fold(digest, &slot->live, sizeof slot->live);
        assert_int_equal(slot->calibration_version, 7);
    }
    gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
    for (struct gait_footfall *f; (f = gait_pipeline_closed(p)) != NULL; gait_pipeline_release(p, f)) {
        digest = fold(digest, f->value, sizeof f->value);
        digest = fold(digest, f->region, sizeof f->region);
        digest = fold(digest, f->curve, sizeof f->curve);
        digest = fold(digest, &f->ic_mat_ns, sizeof f->ic_mat_ns);
    }
    gait_pipeline_free(p);
    gait_ring_free(ring);
    gait_trial_state_done(&trial);
    return digest;
}

static void same_bits_however_it_is_stepped(void **state)
{
    struct scene *s = busy_scene();
    const uint64_t single = through_ring(s, 1);

    (void)state;
    assert_true(through_ring(s, 7) == single);
    assert_true(through_ring(s, FRAMES) == single);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated),
        cmocka_unit_test(same_bits_however_it_is_stepped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
