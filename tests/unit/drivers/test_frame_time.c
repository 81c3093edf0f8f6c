/* Frame times under what mats and hosts do: jitter, drift, batches, gaps, a counter that wraps or begins anew, a clock that leaps, no clock at all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mats/framer_internal.h"
#include "transport/frame_time.h"

enum { PERIOD_NS = 10000000, MS = 1000000 };
static const uint64_t start_ns = UINT64_C(5000000000);

struct run {
    struct mat_frame_time t;
    struct gait_frame_meta last;
    bool any;
    double worst_ns; /* distance of t_ns from the truth, after the first 20 s */
};

static double uniform(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) / 16777216.0;
}

/* One frame taken at true_ns, seen at now_ns; checks what must always hold. */
static void stamp(struct run *r, struct mat_decoded d, uint64_t true_ns, uint64_t now_ns)
{
    struct gait_frame_meta m = {0};

    mat_frame_time_stamp(&r->t, &d, now_ns, &m);
    assert_int_equal(m.t_arrival_ns, now_ns);
    if (r->any) {
        assert_true(m.t_ns > r->last.t_ns);
        assert_true(m.t_mat_ns > r->last.t_mat_ns);
    }
    double off = fabs((double)(int64_t)(m.t_ns - true_ns));
    if (r->t.locked_s > 20 && off > r->worst_ns)
        r->worst_ns = off;
    r->last = m;
    r->any = true;
}

static void test_jitter_and_drift(void **state)
{
    (void)state;
    struct run r = {0};
    uint32_t seed = 1;

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 20000; k++) { /* 200 s; the mat runs 100 ppm slow; transfers are 0 to 2 ms late */
        uint64_t true_ns = start_ns + (uint64_t)((double)(k * PERIOD_NS) * 1.0001);
        struct mat_decoded d = {.has_tick = true, .tick_us = k * 10000, .has_seq = true, .seq = k};

        stamp(&r, d, true_ns + 1 * MS, true_ns + (uint64_t)(2 * MS * uniform(&seed)));
        assert_int_equal(r.last.t_mat_ns, k * PERIOD_NS);
    }
    assert_true(r.worst_ns < 0.25 * MS); /* the arrivals themselves are off by up to 1 ms */
    assert_int_equal(r.t.jumps, 0);
}

static void test_batches_and_gap(void **state)
{
    (void)state;
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 6000; k++) { /* eight frames come together; 100 are lost in between */
        uint64_t seq = k < 3000 ? k : k + 100, true_ns = start_ns + seq * PERIOD_NS, batch = (seq | 7) * PERIOD_NS;
        struct mat_decoded d = {.has_seq = true, .seq = seq, .gap_device = k == 3000 ? 100 : 0};

        stamp(&r, d, true_ns + 35 * MS, start_ns + batch);
        assert_int_equal(r.last.t_mat_ns, seq * PERIOD_NS);
        assert_int_equal(r.last.gap_device, k == 3000 ? 100 : 0);
    }
    assert_true(r.worst_ns < 5 * MS); /* arrivals are off by 35 ms */
    assert_int_equal(r.t.jumps, 0);
}

/* The host sleeps for three seconds; frames that waited come at once. Nothing leapt. */
static void test_host_stall(void **state)
{
    (void)state;
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 4000; k++) {
        uint64_t true_ns = start_ns + k * PERIOD_NS;
        uint64_t now_ns = k >= 3000 && k < 3300 ? start_ns + UINT64_C(3300) * PERIOD_NS + k : true_ns;
        struct mat_decoded d = {.has_tick = true, .tick_us = k * 10000};

        stamp(&r, d, true_ns, now_ns);
        assert_int_equal(r.last.t_mat_ns, k * PERIOD_NS);
    }
    assert_int_equal(r.t.jumps,
                     1); /* 200 frames were more than a second late: its place was found anew, its own time went on */
}

static void test_leap_forwards(void **state)
{
    (void)state;
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 2000; k++) {
        uint64_t true_ns = start_ns + k * PERIOD_NS;
        struct mat_decoded d = {.has_tick = true, .tick_us = k * 10000 + (k >= 1000 ? 86400000000u : 0)};

        stamp(&r, d, true_ns, true_ns);
        assert_int_equal(r.last.t_mat_ns, k * PERIOD_NS); /* a day is not added to a footfall */
    }
    assert_int_equal(r.t.jumps, 1);
}

/* One byte counts: it passes 255 every 2.56 s, and no frame's time leaps there. */
static void test_wrapped_counter(void **state)
{
    (void)state;
    struct mat_unwrap counter = {0};
    struct run r = {0};
    uint32_t seed = 5;

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 250; k < 6000; k++) {
        uint64_t true_ns = start_ns + k * PERIOD_NS;
        struct mat_decoded d = {.has_seq = true, .seq = mat_unwrap(&counter, k & 0xff, 1)};

        stamp(&r, d, true_ns + 1 * MS, true_ns + (uint64_t)(2 * MS * uniform(&seed)));
        assert_int_equal(r.last.t_mat_ns, k * PERIOD_NS);
    }
    assert_true(r.worst_ns < 0.25 * MS);
    assert_int_equal(r.t.jumps, 0);
}

static void test_restart_goes_on(void **state)
{
    (void)state;
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 100; k++) {
        uint64_t ns = start_ns + k * PERIOD_NS;

        stamp(&r, (struct mat_decoded){.has_tick = true, .tick_us = k * 10000}, ns, ns);
    }
    mat_frame_time_restart(&r.t); /* unplugged for half a second; its clock starts at zero */
    uint64_t back = start_ns + UINT64_C(150) * PERIOD_NS;
    stamp(&r, (struct mat_decoded){.has_tick = true, .tick_us = 0}, back, back);
    assert_int_equal(r.last.t_mat_ns, UINT64_C(150) * PERIOD_NS);
    assert_int_equal(r.last.t_ns, back);
    assert_int_equal(r.t.jumps, 0);
}

static void test_no_clock_at_all(void **state)
{
    (void)state;
    struct run r = {0};
    uint32_t seed = 7;

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 3000; k++) { /* 1 % fast; up to 3 ms late; frames 1000 to 1004 never come */
        uint64_t n = k < 1000 ? k : k + 5;
        uint64_t true_ns = start_ns + (uint64_t)((double)(n * PERIOD_NS) * 0.99);

        stamp(&r, (struct mat_decoded){0}, true_ns, true_ns + (uint64_t)(3 * MS * uniform(&seed)));
        assert_int_equal(r.last.gap_device, k == 1000 ? 5 : 0);
        assert_int_equal(!!(r.last.flags & GAIT_FRAME_GAP_ESTIMATED), k == 1000);
    }
    assert_true(r.worst_ns < 5 * MS);
}

/* One byte counts to 255, and 150 frames never come: it looks as if it had begun anew. The time that passed says how many there were. */
static void test_more_missing_than_a_counter_holds(void **state)
{
    (void)state;
    struct mat_unwrap counter = {0};
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 2000; k++) {
        uint64_t n = k < 1000 ? k : k + 150, ns = start_ns + n * PERIOD_NS;
        struct mat_decoded d = {.has_seq = true, .seq = mat_unwrap(&counter, n & 0xff, 1), .counter_unsure = k == 1000};

        stamp(&r, d, ns, ns + (k % 3) * MS);
        assert_int_equal(r.last.gap_device, k == 1000 ? 150 : 0);
        assert_int_equal(!!(r.last.flags & GAIT_FRAME_GAP_ESTIMATED), k == 1000);
        assert_true(fabs((double)(int64_t)(r.last.t_ns - ns)) < 5 * MS);
    }
}

/* A mat that counts its frames to 99 and begins anew loses none by it. */
static void test_counter_to_ninety_nine(void **state)
{
    (void)state;
    struct mat_unwrap counter = {0};
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 1000; k++) {
        uint64_t ns = start_ns + k * PERIOD_NS;
        struct mat_decoded d = {
            .has_seq = true, .seq = mat_unwrap(&counter, k % 100, 1), .counter_unsure = k && k % 100 == 0};

        stamp(&r, d, ns, ns);
        assert_int_equal(r.last.gap_device, 0);
        assert_true(fabs((double)(int64_t)(r.last.t_ns - ns)) < 1 * MS);
    }
}

/* Two frames of a mat without clock or counter were refused: their time passes all the same, and no more is missing than they. */
static void test_refused_frames_take_time(void **state)
{
    (void)state;
    struct run r = {0};

    mat_frame_time_init(&r.t, 100);
    for (uint64_t k = 0; k < 400; k++) {
        uint64_t n = k < 200 ? k : k + 2, ns = start_ns + n * PERIOD_NS;
        struct mat_decoded d = {.gap_device = k == 200 ? 2 : 0, .flags = k == 200 ? GAIT_FRAME_GAP_ESTIMATED : 0};

        stamp(&r, d, ns, ns);
        assert_int_equal(r.last.gap_device, k == 200 ? 2 : 0);
        assert_int_equal(r.last.t_mat_ns, start_ns + n * PERIOD_NS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jitter_and_drift),
        cmocka_unit_test(test_batches_and_gap),
        cmocka_unit_test(test_host_stall),
        cmocka_unit_test(test_leap_forwards),
        cmocka_unit_test(test_wrapped_counter),
        cmocka_unit_test(test_restart_goes_on),
        cmocka_unit_test(test_no_clock_at_all),
        cmocka_unit_test(test_more_missing_than_a_counter_holds),
        cmocka_unit_test(test_counter_to_ninety_nine),
        cmocka_unit_test(test_refused_frames_take_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
