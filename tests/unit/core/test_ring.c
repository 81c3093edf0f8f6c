#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gait/ring.h"

enum { ROWS = 3, COLS = 5, DEPTH = 8 };

static struct gait_ring_config small_config(void)
{
    return (struct gait_ring_config){
        .geometry = {.rows = ROWS, .cols = COLS, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16},
        .seconds = 0.01 * DEPTH,
    };
}

static int make(void **state)
{
    struct gait_ring_config config = small_config();
    struct gait_ring *ring = NULL;
    int r = gait_ring_new(&config, &ring);

    *state = ring;
    return r;
}

static int drop(void **state)
{
    gait_ring_free(*state);
    return 0;
}

static int produce(struct gait_ring *ring, uint64_t seq)
{
    struct gait_slot *slot = gait_ring_acquire(ring, 0);

    slot->meta.seq = seq;
    memset(slot->raw, (int)(seq & 0xff), (size_t)ROWS * COLS * 2);
    return gait_ring_commit(ring);
}

static void work(struct gait_ring *ring, unsigned n)
{
    while (n--) {
        assert_non_null(gait_ring_peek(ring, GAIT_STAGE_PIPELINE));
        gait_ring_advance(ring, GAIT_STAGE_PIPELINE);
    }
}

static void record(struct gait_ring *ring, unsigned n)
{
    while (n--) {
        assert_non_null(gait_ring_peek(ring, GAIT_STAGE_RECORDER));
        gait_ring_advance(ring, GAIT_STAGE_RECORDER);
    }
}

static void run(struct gait_ring *ring, uint64_t first_seq, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(produce(ring, first_seq + i), 0);
        work(ring, 1);
        record(ring, 1);
        assert_int_equal(gait_ring_release(ring, gait_ring_cursor(ring, GAIT_STAGE_RECORDER)), 0);
    }
}

static struct gait_ring_stats stats_of(const struct gait_ring *ring)
{
    struct gait_ring_stats s;

    gait_ring_stats(ring, &s);
    return s;
}

static void depth_follows_seconds_and_budget(void **state)
{
    struct gait_ring_config config = small_config();
    struct gait_ring *ring = NULL;

    (void)state;
    config.seconds = 1;
    config.pre_trigger_s = 0.5;
    assert_int_equal(gait_ring_new(&config, &ring), 0);
    assert_int_equal(stats_of(ring).depth_frames, 150);
    assert_close_abs(stats_of(ring).depth_s, 1.5, 1e-12);
    gait_ring_free(ring);

    config.memory_bytes = 64 * 1024;
    config.seconds = 1000;
    assert_int_equal(gait_ring_new(&config, &ring), 0);
    assert_true(stats_of(ring).memory_bytes <= 64 * 1024);
    assert_true(stats_of(ring).memory_bytes > 60 * 1024);
    gait_ring_free(ring);

    config.seconds = 1e-9;
    assert_int_equal(gait_ring_new(&config, &ring), 0);
    assert_in_range(stats_of(ring).depth_frames, 8, 51); /* at least 8 */
    gait_ring_free(ring);
    gait_ring_free(NULL);
}

static void bad_configs_are_refused(void **state)
{
    struct gait_ring_config config = small_config();
    struct gait_ring *ring = NULL;

    (void)state;
    config.memory_bytes = 4096;
    assert_int_equal(gait_ring_new(&config, &ring), -E2BIG);
    config = small_config();
    config.seconds = NAN;
    assert_int_equal(gait_ring_new(&config, &ring), -EINVAL);
    config.seconds = -1;
    assert_int_equal(gait_ring_new(&config, &ring), -EINVAL);
    config = small_config();
    config.geometry.rows = 0;
    assert_int_equal(gait_ring_new(&config, &ring), -EINVAL);
    assert_int_equal(gait_ring_new(NULL, &ring), -EINVAL);
    assert_null(ring);
}

static void each_stage_sees_what_the_one_before_has_passed(void **state)
{
    struct gait_ring *ring = *state;
    struct gait_slot *slot = gait_ring_acquire(ring, 0);

    assert_ptr_equal(slot, gait_ring_acquire(ring, 0));
    assert_int_equal((uintptr_t)slot->raw % 64, 0);
    assert_null(gait_ring_peek(ring, GAIT_STAGE_PIPELINE));
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_null(gait_ring_peek(ring, GAIT_STAGE_RECORDER));
    assert_ptr_equal(gait_ring_peek(ring, GAIT_STAGE_PIPELINE), slot);
    assert_null(gait_ring_at(ring, 0));
    gait_ring_advance(ring, GAIT_STAGE_PIPELINE);
    assert_null(gait_ring_peek(ring, GAIT_STAGE_PIPELINE));
    assert_ptr_equal(gait_ring_at(ring, 0), slot);
    assert_int_equal(gait_ring_release(ring, 1), -ERANGE);
    assert_ptr_equal(gait_ring_peek(ring, GAIT_STAGE_RECORDER), slot);
    gait_ring_advance(ring, GAIT_STAGE_RECORDER);
    assert_int_equal(gait_ring_release(ring, 1), 0);
    assert_int_equal(gait_ring_release(ring, 0), -ERANGE);
    assert_null(gait_ring_at(ring, 0));
    assert_null(gait_ring_peek(ring, GAIT_STAGE_PUBLISHER));
    assert_int_equal(gait_ring_head(ring), 1);
    assert_int_equal(gait_ring_freed(ring), 1);
}

static void a_full_ring_spills_and_says_so_in_the_next_frame(void **state)
{
    struct gait_ring *ring = *state;
    struct gait_slot *slot;

    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(produce(ring, i), 0);
    assert_false(gait_ring_has_room(ring));
    for (unsigned i = 0; i < 3; i++) {
        slot = gait_ring_acquire(ring, 0);
        slot->meta.gap_device = i;    /* 0 + 1 + 2 */
        slot->meta.gap_ring = 10 * i; /* a replay of what missed frames already: 0 + 10 + 20 */
        assert_int_equal(gait_ring_commit(ring), -ENOSPC);
    }
    assert_int_equal(stats_of(ring).spilled, 3);
    assert_int_equal(stats_of(ring).taken, DEPTH);
    assert_int_equal(stats_of(ring).high_water, DEPTH);
    work(ring, 1);
    record(ring, 1);
    assert_false(gait_ring_has_room(ring)); /* appended, not yet synced */
    assert_int_equal(gait_ring_release(ring, 1), 0);
    assert_true(gait_ring_has_room(ring));
    slot = gait_ring_acquire(ring, 0);
    slot->meta.gap_device = 4;
    slot->meta.gap_ring = 100;
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_int_equal(slot->meta.gap_ring, 133);
    assert_int_equal(slot->meta.gap_device, 7);
    assert_int_equal(slot->meta.index, DEPTH);
    work(ring, 1);
    record(ring, 1);
    assert_int_equal(gait_ring_release(ring, 2), 0);
    slot = gait_ring_acquire(ring, 0);
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_int_equal(slot->meta.gap_ring, 0);
}

static void two_frames_can_be_under_assembly(void **state)
{
    struct gait_ring *ring = *state;
    struct gait_slot *a = gait_ring_acquire(ring, 0), *b = gait_ring_acquire(ring, 1);

    assert_ptr_not_equal(a, b);
    a->meta.seq = 10;
    b->meta.seq = 11;
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_ptr_equal(gait_ring_acquire(ring, 0), b);
    assert_int_equal(b->meta.seq, 11);
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_int_equal(a->meta.index, 0);
    assert_int_equal(b->meta.index, 1);
}

/* The first of two half frames lies in a spill slot, room comes, the second gets the real one: order and count stay right. */
static void assembly_across_the_edge_of_full(void **state)
{
    struct gait_ring *ring = *state;
    struct gait_slot *lost, *taken, *last;

    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(produce(ring, i), 0);
    lost = gait_ring_acquire(ring, 0);
    work(ring, 1);
    record(ring, 1);
    assert_int_equal(gait_ring_release(ring, 1), 0);
    taken = gait_ring_acquire(ring, 1);
    assert_ptr_not_equal(lost, taken);
    assert_int_equal(gait_ring_commit(ring), -ENOSPC);
    assert_ptr_equal(gait_ring_acquire(ring, 0), taken);
    last = gait_ring_acquire(ring, 1); /* full again: a spill slot */
    assert_ptr_not_equal(last, taken);
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_int_equal(taken->meta.index, DEPTH);
    assert_int_equal(taken->meta.gap_ring, 1);
    assert_ptr_not_equal(gait_ring_acquire(ring, 1), last); /* both spilled, not into the same bytes */
    assert_int_equal(gait_ring_commit(ring), -ENOSPC);
    assert_int_equal(gait_ring_commit(ring), -ENOSPC);
    assert_int_equal(stats_of(ring).spilled, 3);
}

static void abandoned_frames_are_forgotten(void **state)
{
    struct gait_ring *ring = *state;
    struct gait_slot *slot;

    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(produce(ring, i), 0);
    slot = gait_ring_acquire(ring, 0);
    gait_ring_abandon(ring);
    work(ring, 1);
    record(ring, 1);
    assert_int_equal(gait_ring_release(ring, 1), 0);
    assert_ptr_not_equal(gait_ring_acquire(ring, 0), slot); /* not the spill slot of before */
    gait_ring_acquire(ring, 0)->meta.seq = 99;
    gait_ring_abandon(ring);
    assert_int_equal(gait_ring_acquire(ring, 0)->meta.seq, 0);
    assert_int_equal(gait_ring_commit(ring), 0);
    assert_int_equal(stats_of(ring).spilled, 0);
    assert_int_equal(stats_of(ring).taken, DEPTH + 1);
}

static void reconnects_are_numbered_and_flagged_once(void **state)
{
    struct gait_ring *ring = *state;

    assert_int_equal(produce(ring, 0), 0);
    gait_ring_reconnected(ring);
    assert_int_equal(produce(ring, 1), 0);
    assert_int_equal(produce(ring, 2), 0);
    work(ring, 3);
    assert_int_equal(gait_ring_at(ring, 0)->meta.connection, 0);
    assert_int_equal(gait_ring_at(ring, 1)->meta.connection, 1);
    assert_int_equal(gait_ring_at(ring, 1)->meta.flags, GAIT_FRAME_RECONNECT);
    assert_int_equal(gait_ring_at(ring, 2)->meta.connection, 1);
    assert_int_equal(gait_ring_at(ring, 2)->meta.flags, 0);
}

static void a_pinned_slot_is_full_for_the_producer(void **state)
{
    struct gait_ring *ring = *state;
    const struct gait_slot *pinned;
    uint64_t skipped;

    assert_null(gait_ring_pin(ring, &skipped));
    assert_int_equal(produce(ring, 7), 0);
    assert_null(gait_ring_pin(ring, &skipped)); /* not yet worked */
    work(ring, 1);
    pinned = gait_ring_pin(ring, &skipped);
    assert_non_null(pinned);
    assert_ptr_equal(gait_ring_pin(ring, &skipped), pinned);
    record(ring, 1);
    assert_int_equal(gait_ring_release(ring, 1), 0);
    run(ring, 8, DEPTH - 1);
    assert_false(gait_ring_has_room(ring)); /* free, but held */
    assert_int_equal(produce(ring, 1), -ENOSPC);
    assert_int_equal(pinned->meta.seq, 7);
    gait_ring_unpin(ring);
    assert_true(gait_ring_has_room(ring));
    assert_int_equal(produce(ring, 2), 0);
    gait_ring_unpin(ring); /* nothing held: nothing happens */
    assert_int_equal(gait_ring_cursor(ring, GAIT_STAGE_PUBLISHER), 1);
}

static void a_late_publisher_goes_to_the_newest_frame_and_counts(void **state)
{
    struct gait_ring *ring = *state;
    const struct gait_slot *slot;
    uint64_t skipped;

    run(ring, 0, DEPTH / 2);
    slot = gait_ring_pin(ring, &skipped);
    assert_non_null(slot);
    assert_int_equal(skipped, 0); /* half a ring behind is not more than half */
    assert_int_equal(slot->meta.index, 0);
    gait_ring_unpin(ring);
    run(ring, 0, DEPTH * 3);
    slot = gait_ring_pin(ring, &skipped);
    assert_int_equal(slot->meta.index, DEPTH / 2 + DEPTH * 3 - 1);
    assert_int_equal(skipped, DEPTH / 2 + DEPTH * 3 - 1 - 1);
    assert_int_equal(stats_of(ring).skipped, skipped);
    gait_ring_unpin(ring);
    assert_null(gait_ring_pin(ring, &skipped));
    assert_int_equal(skipped, 0);
}

/* The mat loses 3 frames before each: who skips some finds theirs in the next one's sum. */
static void what_was_lost_among_skipped_frames_is_told(void **state)
{
    struct gait_ring *ring = *state;
    const struct gait_slot *slot;
    uint64_t skipped;

    for (unsigned i = 0; i < DEPTH; i++) {
        gait_ring_acquire(ring, 0)->meta.gap_device = 3;
        assert_int_equal(gait_ring_commit(ring), 0);
    }
    assert_int_equal(produce(ring, 0), -ENOSPC);
    assert_int_equal(produce(ring, 0), -ENOSPC);
    work(ring, DEPTH);
    record(ring, DEPTH);
    assert_int_equal(gait_ring_release(ring, DEPTH), 0);
    run(ring, 0, 1);
    slot = gait_ring_pin(ring, &skipped);
    assert_int_equal(skipped, DEPTH);
    assert_int_equal(slot->meta.gap_device, 0);
    assert_int_equal(slot->lost_device, 3 * DEPTH);
    assert_int_equal(slot->lost_ring, 2);
    gait_ring_unpin(ring);
}

/* The pipeline stands while the producer goes round: the publisher's next slot has been taken back. */
static void an_overwritten_slot_is_never_pinned(void **state)
{
    struct gait_ring *ring = *state;
    uint64_t skipped;

    run(ring, 0, 1);
    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(produce(ring, 100 + i), 0);
    assert_null(gait_ring_pin(ring, &skipped));
    assert_int_equal(gait_ring_cursor(ring, GAIT_STAGE_PUBLISHER), 1);
    assert_int_equal(stats_of(ring).skipped, 1);
    work(ring, 1);
    assert_int_equal(gait_ring_pin(ring, &skipped)->meta.seq, 100);
    assert_int_equal(skipped, 1); /* told with the next frame that is sent */
}

/* What the publisher may look at before the pipeline is through with it. */
static void the_next_frame_can_be_previewed(void **state)
{
    struct gait_ring *ring = *state;
    const struct gait_slot *slot;
    uint64_t index = 77, skipped;

    assert_null(gait_ring_preview(ring, &index));
    gait_ring_preview_end(ring); /* nothing held: nothing happens */
    assert_int_equal(produce(ring, 5), 0);
    slot = gait_ring_preview(ring, &index);
    assert_non_null(slot);
    assert_int_equal(index, 0);
    assert_int_equal(*(const uint8_t *)slot->raw, 5);
    work(ring, 1);
    assert_int_equal(gait_ring_rewind(ring, 0), -EAGAIN); /* as long as it is held */
    gait_ring_preview_end(ring);
    assert_int_equal(gait_ring_cursor(ring, GAIT_STAGE_PUBLISHER), 0);
    assert_null(gait_ring_preview(ring, &index)); /* worked: to be pinned now */
    assert_ptr_equal(gait_ring_pin(ring, &skipped), slot);
    gait_ring_unpin(ring);
    assert_null(gait_ring_preview(ring, &index));
    assert_int_equal(produce(ring, 6), 0);
    assert_int_equal(gait_ring_rewind(ring, 0), 0);
    assert_non_null(gait_ring_preview(ring, &index)); /* beyond what is worked again */
    assert_int_equal(index, 1);
    gait_ring_preview_end(ring);
}

static void rewind_goes_back_no_further_than_the_recorder(void **state)
{
    struct gait_ring *ring = *state;

    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(produce(ring, i), 0);
    work(ring, 5);
    record(ring, 2);
    assert_int_equal(gait_ring_rewind(ring, 1), -ERANGE);
    assert_int_equal(gait_ring_rewind(ring, 6), -ERANGE);
    assert_int_equal(gait_ring_cursor(ring, GAIT_STAGE_PIPELINE), 5);
    assert_int_equal(gait_ring_rewind(ring, 2), 0);
    assert_int_equal(gait_ring_cursor(ring, GAIT_STAGE_PIPELINE), 2);
    assert_int_equal(gait_ring_peek(ring, GAIT_STAGE_PIPELINE)->meta.seq, 2);
    assert_null(gait_ring_peek(ring, GAIT_STAGE_RECORDER));
}

static void rewind_waits_for_who_is_reading(void **state)
{
    struct gait_ring *ring = *state;
    uint64_t skipped;

    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(produce(ring, i), 0);
    work(ring, 4);
    assert_non_null(gait_ring_pin(ring, &skipped)); /* holds 0 */
    assert_int_equal(gait_ring_rewind(ring, 1), 0);
    work(ring, 3);
    assert_int_equal(gait_ring_rewind(ring, 0), -EAGAIN);
    assert_int_equal(gait_ring_cursor(ring, GAIT_STAGE_PIPELINE), 4);
    gait_ring_unpin(ring);
    assert_int_equal(gait_ring_rewind(ring, 0), 0);
    assert_null(gait_ring_pin(ring, &skipped)); /* 0 is not sent twice, 1 not yet worked again */
    work(ring, 4);
    assert_int_equal(gait_ring_pin(ring, &skipped)->meta.seq, 1);
    gait_ring_unpin(ring);
    assert_non_null(gait_ring_peek(ring, GAIT_STAGE_RECORDER));
    assert_int_equal(gait_ring_rewind(ring, 0), -EAGAIN);
    assert_int_equal(gait_ring_skip_recorder(ring, 0), 0); /* lets go */
    assert_int_equal(gait_ring_rewind(ring, 0), 0);
}

static void the_idle_recorder_trails(void **state)
{
    struct gait_ring *ring = *state;

    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(produce(ring, i), 0);
    work(ring, 4);
    assert_int_equal(gait_ring_skip_recorder(ring, 5), -ERANGE);
    assert_int_equal(gait_ring_skip_recorder(ring, 3), 0);
    assert_int_equal(gait_ring_skip_recorder(ring, 2), -ERANGE);
    assert_int_equal(gait_ring_release(ring, 3), 0);
    assert_int_equal(gait_ring_peek(ring, GAIT_STAGE_RECORDER)->meta.seq, 3);
    assert_int_equal(stats_of(ring).fill, 2);
    assert_int_equal(stats_of(ring).lag[GAIT_STAGE_PIPELINE], 1);
    assert_int_equal(stats_of(ring).lag[GAIT_STAGE_RECORDER], 2);
    assert_int_equal(stats_of(ring).lag_high_water[GAIT_STAGE_PIPELINE], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_follows_seconds_and_budget),
        cmocka_unit_test(bad_configs_are_refused),
        cmocka_unit_test_setup_teardown(each_stage_sees_what_the_one_before_has_passed, make, drop),
        cmocka_unit_test_setup_teardown(a_full_ring_spills_and_says_so_in_the_next_frame, make, drop),
        cmocka_unit_test_setup_teardown(two_frames_can_be_under_assembly, make, drop),
        cmocka_unit_test_setup_teardown(assembly_across_the_edge_of_full, make, drop),
        cmocka_unit_test_setup_teardown(abandoned_frames_are_forgotten, make, drop),
        cmocka_unit_test_setup_teardown(reconnects_are_numbered_and_flagged_once, make, drop),
        cmocka_unit_test_setup_teardown(a_pinned_slot_is_full_for_the_producer, make, drop),
        cmocka_unit_test_setup_teardown(a_late_publisher_goes_to_the_newest_frame_and_counts, make, drop),
        cmocka_unit_test_setup_teardown(what_was_lost_among_skipped_frames_is_told, make, drop),
        cmocka_unit_test_setup_teardown(an_overwritten_slot_is_never_pinned, make, drop),
        cmocka_unit_test_setup_teardown(the_next_frame_can_be_previewed, make, drop),
        cmocka_unit_test_setup_teardown(rewind_goes_back_no_further_than_the_recorder, make, drop),
        cmocka_unit_test_setup_teardown(rewind_waits_for_who_is_reading, make, drop),
        cmocka_unit_test_setup_teardown(the_idle_recorder_trails, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
