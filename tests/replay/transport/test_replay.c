/*
 * The replay transport between a walker and a ring. Time is a clock that the test turns; nothing sleeps, a hang ends by the alarm.
 */
#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport/transport.h"
#include "transport/walker.h"

enum { HANG_S = 90, CELLS = 16 * 8, EVENTS = 16 };

static const char small_walk[] = "rows=16,cols=8,pitch=20,steps=1,lead_s=0.2,tail_s=0.2,seed=3";

/* A mat's side of things: ring, clock, and what the transport told. */
struct mat {
    struct gait_ring *ring;
    struct gait_clock clock;
    atomic_uint_fast64_t now_ns;
    atomic_uint_fast64_t committed;
    atomic_uint_fast64_t allowed; /* ready() says yes until so many frames were committed */
    _Atomic int events;
    struct mat_event event[EVENTS];
    struct mat_sink sink;
    struct mat_transport *transport;
    uint64_t frames; /* of the source */
};

static uint64_t turned_now_ns(const struct gait_clock *clock, enum gait_clock_id id)
{
    const struct mat *mat = clock->user;

    (void)id;
    return atomic_load(&mat->now_ns);
}

static void on_commit(void *user)
{
    struct mat *mat = user;

    atomic_fetch_add(&mat->committed, 1);
}

static void on_event(void *user, const struct mat_event *event)
{
    struct mat *mat = user;
    int n = atomic_load(&mat->events);

    if (n < EVENTS)
        mat->event[n] = *event;
    atomic_store(&mat->events, n + 1);
}

static bool ready(void *user)
{
    struct mat *mat = user;

    return atomic_load(&mat->committed) < atomic_load(&mat->allowed);
}

static struct gait_frame_source *walker(void)
{
    struct mat_walker_config config;
    struct gait_frame_source *source = NULL;

    assert_int_equal(mat_walker_parse(small_walk, &config, NULL), 0);
    assert_int_equal(mat_walker_new(&config, &source, NULL), 0);
    return source;
}

static void mat_init(struct mat *mat, const struct gait_geometry *geometry, double ring_s)
{
    struct gait_ring_config config = {.geometry = *geometry, .seconds = ring_s};

    memset(mat, 0, sizeof *mat);
    assert_int_equal(gait_ring_new(&config, &mat->ring), 0);
    mat->clock = (struct gait_clock){.now_ns = turned_now_ns, .user = mat};
    atomic_store(&mat->now_ns, 1000000000);
    atomic_store(&mat->allowed, UINT64_MAX);
    mat->sink = (struct mat_sink){.ring = mat->ring,
                                  .clock = &mat->clock,
                                  .committed = on_commit,
                                  .event = on_event,
                                  .ready = ready,
                                  .user = mat};
}

static void mat_with(struct mat *mat, struct gait_frame_source *source, struct mat_replay_options options,
                     double ring_s)
{
    mat_init(mat, &gait_source_info(source)->geometry, ring_s);
    mat->frames = gait_source_info(source)->frames;
    assert_int_equal(mat_replay_new(source, &options, &mat->sink, &mat->transport), 0);
    assert_int_equal(mat->transport->ops->start(mat->transport, NULL), 0);
}

static void mat_done(struct mat *mat)
{
    mat->transport->ops->free(mat->transport);
    gait_ring_free(mat->ring);
}

static void wait_for_head(const struct mat *mat, uint64_t head)
{
    while (gait_ring_head(mat->ring) < head)
        sched_yield();
}

static void wait_for_event(const struct mat *mat, enum mat_event_kind kind)
{
    for (;;) {
        int n = atomic_load(&mat->events);

        if (n > 0 && mat->event[n - 1].kind == kind)
            return;
        sched_yield();
    }
}

/* Wait for the next frame and walk all stages past it. */
static struct gait_frame_meta consume(struct mat *mat, void *raw)
{
    struct gait_slot *slot;
    struct gait_frame_meta meta;

    while (!(slot = gait_ring_peek(mat->ring, GAIT_STAGE_PIPELINE)))
        sched_yield();
    meta = slot->meta;
    if (raw)
        memcpy(raw, slot->raw, CELLS * 2);
    gait_ring_advance(mat->ring, GAIT_STAGE_PIPELINE);
    assert_non_null(gait_ring_peek(mat->ring, GAIT_STAGE_RECORDER));
    gait_ring_advance(mat->ring, GAIT_STAGE_RECORDER);
    assert_int_equal(gait_ring_release(mat->ring, meta.index + 1), 0);
    return meta;
}

static struct gait_ring_stats stats_of(const struct mat *mat)
{
    struct gait_ring_stats stats;

    gait_ring_stats(mat->ring, &stats);
    return stats;
}

static void unpaced_gives_every_frame_through_a_small_ring(void **state)
{
    struct gait_frame_source *reference = walker();
    uint16_t expected[CELLS], raw[CELLS];
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.free_run = true}, 0.08);
    for (uint64_t i = 0; i < mat.frames; i++) {
        struct gait_frame_meta want = {0}, got = consume(&mat, raw);

        assert_int_equal(gait_source_next(reference, expected, &want, NULL), 1);
        assert_memory_equal(raw, expected, sizeof raw);
        assert_int_equal(got.seq, want.seq);
        assert_int_equal(got.t_mat_ns, want.t_mat_ns);
        assert_int_equal(got.gap_ring, 0);
        assert_int_equal(got.t_ns, 1000000000 + want.t_mat_ns);
        assert_int_equal(got.t_arrival_ns, 1000000000);
    }
    wait_for_event(&mat, MAT_EVENT_END);
    assert_int_equal(atomic_load(&mat.events), 2);
    assert_int_equal(mat.event[0].kind, MAT_EVENT_STREAMING);
    assert_int_equal(stats_of(&mat).taken, mat.frames);
    assert_int_equal(stats_of(&mat).spilled, 0);
    assert_int_equal(atomic_load(&mat.committed), mat.frames);
    mat_done(&mat);
    gait_source_free(reference);
}

static void unpaced_waits_for_room_and_drops_nothing(void **state)
{
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.free_run = true}, 0.08);
    wait_for_head(&mat, 8); /* nobody consumes: the ring is full */
    for (int i = 0; i < 1000; i++)
        sched_yield();
    assert_int_equal(stats_of(&mat).taken, 8);
    assert_int_equal(stats_of(&mat).spilled, 0);
    for (uint64_t i = 0; i < mat.frames; i++)
        assert_int_equal(consume(&mat, NULL).seq, i);
    wait_for_event(&mat, MAT_EVENT_END);
    assert_int_equal(stats_of(&mat).spilled, 0);
    mat_done(&mat);
}

static void unpaced_waits_for_downstream(void **state)
{
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.speed = 0}, 10);
    atomic_store(&mat.allowed, 3);
    mat.transport->ops->release(mat.transport);
    wait_for_head(&mat, 3);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    assert_int_equal(gait_ring_head(mat.ring), 3);
    atomic_store(&mat.allowed, UINT64_MAX);
    wait_for_event(&mat, MAT_EVENT_END);
    assert_int_equal(gait_ring_head(mat.ring), mat.frames);
    mat_done(&mat);
}

/* While another replay runs from start to end, the held one gives nothing. */
static void held_until_released(void **state)
{
    struct mat_transport_status status;
    struct mat held, other;

    (void)state;
    mat_with(&held, walker(), (struct mat_replay_options){.speed = 0}, 10);
    mat_with(&other, walker(), (struct mat_replay_options){.free_run = true}, 10);
    wait_for_event(&other, MAT_EVENT_END);
    assert_int_equal(gait_ring_head(held.ring), 0);
    held.transport->ops->status(held.transport, &status);
    assert_false(status.streaming);
    assert_string_equal(status.text, "waiting for trial start");
    held.transport->ops->release(held.transport);
    wait_for_event(&held, MAT_EVENT_END);
    assert_int_equal(gait_ring_head(held.ring), held.frames);
    held.transport->ops->status(held.transport, &status);
    assert_int_equal(status.frames, held.frames);
    assert_false(status.streaming);
    assert_string_equal(status.text, "at its end");
    mat_done(&held);
    mat_done(&other);
}

/* After the end and a new release, and after a hold in the middle, it begins again at the first frame. */
static void every_release_starts_at_the_first_frame(void **state)
{
    uint64_t last_ns = 0, taken;
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.speed = 0}, 10);
    for (int trial = 0; trial < 2; trial++) {
        mat.transport->ops->release(mat.transport);
        for (uint64_t i = 0; i < mat.frames; i++) {
            struct gait_frame_meta meta = consume(&mat, NULL);

            assert_int_equal(meta.seq, i);
            assert_true(meta.t_ns > last_ns); /* the clock stands; the second trial still goes on in time */
            last_ns = meta.t_ns;
        }
        wait_for_event(&mat, MAT_EVENT_END);
        atomic_store(&mat.events, 0);
    }
    taken = 2 * mat.frames;
    atomic_store(&mat.allowed, taken + 5);
    mat.transport->ops->release(mat.transport);
    wait_for_head(&mat, taken + 5);
    mat.transport->ops->hold(mat.transport);
    mat.transport->ops->release(mat.transport); /* at once: it must not simply go on */
    atomic_store(&mat.allowed, UINT64_MAX);
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(consume(&mat, NULL).seq, i);
    for (uint64_t i = 0; i < mat.frames; i++)
        assert_int_equal(consume(&mat, NULL).seq, i);
    wait_for_event(&mat, MAT_EVENT_END);
    assert_int_equal(atomic_load(&mat.events), 1); /* no end for the one that was held */
    mat_done(&mat);
}

static void paced_frames_come_when_they_are_due(void **state)
{
    static const double speed[] = {1, 8};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct mat mat;

        mat_with(&mat, walker(), (struct mat_replay_options){.speed = speed[i]}, 10);
        mat.transport->ops->release(mat.transport);
        for (uint64_t n = 1; n <= 30; n++) {
            assert_int_equal(consume(&mat, NULL).seq, n - 1);
            assert_null(gait_ring_peek(mat.ring, GAIT_STAGE_PIPELINE)); /* the next one is not due */
            atomic_fetch_add(&mat.now_ns, (uint64_t)(10000000 / speed[i]));
        }
        mat_done(&mat); /* in the middle: stop comes back at once */
    }
}

/* Lateness of one frame does not move the next: after a long pause everything that is due comes. */
static void deadlines_are_absolute(void **state)
{
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.speed = 1}, 10);
    mat.transport->ops->release(mat.transport);
    wait_for_head(&mat, 1);
    atomic_fetch_add(&mat.now_ns, 205000000);
    wait_for_head(&mat, 21);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    assert_int_equal(gait_ring_head(mat.ring), 21);
    mat_done(&mat);
}

static void paced_into_a_full_ring_counts(void **state)
{
    struct gait_frame_meta meta;
    uint32_t device, ring;
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.speed = 1}, 0.08);
    mat.transport->ops->release(mat.transport);
    wait_for_head(&mat, 1);
    atomic_fetch_add(&mat.now_ns, 100000000000); /* everything is due, nobody takes it */
    wait_for_event(&mat, MAT_EVENT_END);
    assert_int_equal(stats_of(&mat).taken, 8);
    assert_int_equal(stats_of(&mat).spilled, mat.frames - 8);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(consume(&mat, NULL).seq, i);
    gait_ring_lost_behind(mat.ring, &device, &ring); /* the trial that ends here misses them, */
    assert_int_equal(device, 0);
    assert_int_equal(ring, mat.frames - 8);
    mat.transport->ops->hold(mat.transport);
    mat.transport->ops->release(mat.transport);
    meta = consume(&mat, NULL);
    assert_int_equal(meta.seq, 0);
    assert_int_equal(meta.gap_ring, 0); /* not the next one */
    mat_done(&mat);
}

/* A walker of whose recording frames are missing: before frame 2 the mat lost 5 and we lost 7. */
struct gappy {
    struct gait_frame_source source; /* first: the ops cast back */
    struct gait_frame_source *inner;
};

static struct gait_frame_source *inner_of(const struct gait_frame_source *source)
{
    return ((const struct gappy *)source)->inner;
}

static const struct gait_source_info *gappy_info(const struct gait_frame_source *source)
{
    return gait_source_info(inner_of(source));
}

static int gappy_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                      struct gait_error *err)
{
    int r = gait_source_next(inner_of(source), raw, ret_meta, err);

    ret_meta->gap_device = ret_meta->seq == 2 ? 5 : 0;
    ret_meta->gap_ring = ret_meta->seq == 2 ? 7 : 0;
    return r;
}

static int gappy_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    return gait_source_rewind(inner_of(source), err);
}

static void gappy_free(struct gait_frame_source *source)
{
    gait_source_free(inner_of(source));
    free(source);
}

static const struct gait_frame_source_ops gappy_ops = {
    .info = gappy_info, .next = gappy_next, .rewind = gappy_rewind, .free = gappy_free};

static void what_a_recording_misses_is_missing_in_its_replay(void **state)
{
    struct gappy *gappy = calloc(1, sizeof *gappy);
    struct mat mat;

    (void)state;
    assert_non_null(gappy);
    *gappy = (struct gappy){.source.ops = &gappy_ops, .inner = walker()};
    mat_with(&mat, &gappy->source, (struct mat_replay_options){.free_run = true}, 0.08);
    for (uint64_t i = 0; i < 4; i++) {
        struct gait_frame_meta got = consume(&mat, NULL);

        assert_int_equal(got.gap_device, i == 2 ? 5 : 0);
        assert_int_equal(got.gap_ring, i == 2 ? 7 : 0);
    }
    mat_done(&mat);
}

static void a_loop_goes_on_in_number_and_time(void **state)
{
    struct gait_frame_meta before = {0}, meta;
    struct mat mat;

    (void)state;
    mat_with(&mat, walker(), (struct mat_replay_options){.free_run = true, .loop = true}, 0.5);
    for (uint64_t i = 0; i < 3 * mat.frames; i++) {
        meta = consume(&mat, NULL);
        assert_int_equal(meta.seq, i);
        if (i > 0) {
            assert_int_equal(meta.t_mat_ns - before.t_mat_ns, 10000000);
            assert_int_equal(meta.t_ns - before.t_ns, 10000000);
        }
        before = meta;
    }
    mat.transport->ops->hold(mat.transport); /* free running: like a mat, it does not stop */
    for (int i = 0; i < 100; i++)
        assert_int_equal(consume(&mat, NULL).seq, before.seq + 1 + (uint64_t)i);
    assert_int_equal(atomic_load(&mat.events), 1);
    mat_done(&mat);
}

/* --- a source that fails in the middle --------------------------------------------------------- */

struct failing {
    struct gait_frame_source source;
    struct gait_source_info info;
    uint64_t next, fails_at;
};

static const struct gait_source_info *failing_info(const struct gait_frame_source *source)
{
    return &((const struct failing *)source)->info;
}

static int failing_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                        struct gait_error *err)
{
    struct failing *f = (struct failing *)source;

    if (f->next == f->fails_at)
        return gait_error_set(err, -EBADMSG, "walk.lst: line 12: expected a number");
    memset(raw, 0, CELLS * 2);
    ret_meta->seq = f->next;
    ret_meta->t_mat_ns = f->next++ * 10000000;
    return 1;
}

static int failing_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    (void)err;
    ((struct failing *)source)->next = 0;
    return 0;
}

static void failing_free(struct gait_frame_source *source)
{
    free(source);
}

static struct gait_frame_source *failing(uint64_t at)
{
    static const struct gait_frame_source_ops failing_ops = {
        .info = failing_info, .next = failing_next, .rewind = failing_rewind, .free = failing_free};
    struct failing *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->source.ops = &failing_ops;
    f->fails_at = at;
    f->info.geometry = (struct gait_geometry){
        .rows = 16, .cols = 8, .pitch_x_mm = 20, .pitch_y_mm = 20, .rate_hz = 100, .dtype = GAIT_U16};
    return &f->source;
}

static void a_failing_source_is_told_with_its_words(void **state)
{
    struct mat_transport_status status;
    struct mat mat;

    (void)state;
    mat_with(&mat, failing(5), (struct mat_replay_options){.speed = 0}, 10);
    for (uint64_t trial = 1; trial <= 2; trial++) {
        mat.transport->ops->release(mat.transport);
        wait_for_event(&mat, MAT_EVENT_FAILED);
        assert_int_equal(gait_ring_head(mat.ring), 5 * trial);
        assert_int_equal(mat.event[atomic_load(&mat.events) - 1].code, -EBADMSG);
        assert_string_equal(mat.event[atomic_load(&mat.events) - 1].text, "walk.lst: line 12: expected a number");
        mat.transport->ops->status(mat.transport, &status);
        assert_string_equal(status.text, "walk.lst: line 12: expected a number");
        atomic_store(&mat.events, 0);
        mat.transport->ops->hold(mat.transport);
    }
    mat_done(&mat);
}

static void an_empty_loop_ends(void **state)
{
    struct mat mat;

    (void)state;
    mat_with(&mat, failing(0), (struct mat_replay_options){.free_run = true, .loop = true}, 10);
    wait_for_event(&mat, MAT_EVENT_FAILED);
    mat_done(&mat);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct gait_geometry other = {
        .rows = 8, .cols = 16, .pitch_x_mm = 20, .pitch_y_mm = 20, .rate_hz = 100, .dtype = GAIT_U16};
    struct mat_replay_options options = {.speed = 1};
    struct mat mat;

    (void)state;
    mat_init(&mat, &other, 1);
    assert_int_equal(mat_replay_new(walker(), &options, &mat.sink, &mat.transport), -EINVAL);
    gait_ring_free(mat.ring);
    mat_init(&mat,
             &(struct gait_geometry){
                 .rows = 16, .cols = 8, .pitch_x_mm = 20, .pitch_y_mm = 20, .rate_hz = 100, .dtype = GAIT_U16},
             1);
    options.speed = NAN;
    assert_int_equal(mat_replay_new(walker(), &options, &mat.sink, &mat.transport), -EINVAL);
    options.speed = -1;
    assert_int_equal(mat_replay_new(walker(), &options, &mat.sink, &mat.transport), -EINVAL);
    options = (struct mat_replay_options){.loop = true};
    assert_int_equal(mat_replay_new(walker(), &options, &mat.sink, &mat.transport), -EINVAL);
    assert_int_equal(mat_replay_new(NULL, &options, &mat.sink, &mat.transport), -EINVAL);
    assert_null(mat.transport);
    gait_ring_free(mat.ring);
}

static void on_alarm(int signal_number)
{
    static const char text[] = "test_replay: hangs\n";

    (void)signal_number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(2);
    _exit(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpaced_gives_every_frame_through_a_small_ring),
        cmocka_unit_test(unpaced_waits_for_room_and_drops_nothing),
        cmocka_unit_test(unpaced_waits_for_downstream),
        cmocka_unit_test(held_until_released),
        cmocka_unit_test(every_release_starts_at_the_first_frame),
        cmocka_unit_test(paced_frames_come_when_they_are_due),
        cmocka_unit_test(deadlines_are_absolute),
        cmocka_unit_test(paced_into_a_full_ring_counts),
        cmocka_unit_test(what_a_recording_misses_is_missing_in_its_replay),
        cmocka_unit_test(a_loop_goes_on_in_number_and_time),
        cmocka_unit_test(a_failing_source_is_told_with_its_words),
        cmocka_unit_test(an_empty_loop_ends),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    signal(SIGALRM, on_alarm);
    alarm(HANG_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
