/*
 * Producer, pipeline, recorder and publisher walk one small ring at irregular, seeded speeds. Every reader checks every byte of every
 * frame; at the end everything that was produced is accounted for. A hang is a failure: the alarm ends the process with 1.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gait/note.h"
#include "gait/ring.h"

enum { CELLS = 96, HANG_S = 100 };

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                                 \
        }                                                                             \
    } while (0)

struct stress {
    struct gait_ring *ring;
    struct gait_notes *notes;
    uint64_t seed, frames;
    atomic_bool produced, worked, done;
    /* each written by its thread, read after the join */
    uint64_t taken, spilled;
    uint64_t rewinds, rewinds_late;
    uint64_t recorded, left_out, gaps, last_seq_recorded;
    uint64_t sent, passed, previewed;
};

static void on_alarm(int signal_number)
{
    static const char text[] = "ring_stress: hangs\n";

    (void)signal_number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(2);
    _exit(1);
}

static uint64_t roll(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Mostly nothing, now and then a pause, seldom a long one. */
static void stumble(uint64_t *state)
{
    uint64_t r = roll(state);

    if (r % 16 == 0)
        sched_yield();
    if (r % 64 == 1)
        for (volatile unsigned i = 0; i < (r >> 32) % 4000;)
            i = i + 1;
    if (r % 1024 == 2)
        for (unsigned i = 0; i < 50; i++)
            sched_yield();
}

static uint16_t pattern(uint64_t seq, size_t cell)
{
    uint64_t x = (seq + 1) * 0x9e3779b97f4a7c15u + cell * 0x2545f4914f6cdd1du;

    return (uint16_t)(x >> 40);
}

static void fill(struct gait_slot *slot, uint64_t seq, size_t from, size_t to)
{
    uint16_t *raw = slot->raw;

    slot->meta.seq = seq;
    for (size_t i = from; i < to; i++)
        raw[i] = pattern(seq, i);
}

static void check_raw(const struct gait_slot *slot)
{
    const uint16_t *raw = slot->raw;

    for (size_t i = 0; i < CELLS; i++)
        CHECK(raw[i] == pattern(slot->meta.seq, i));
}

/* The pipeline's numbers carry seq and the round they were worked in; their sum shows a torn record. */
static void check_worked(const struct gait_slot *slot, uint64_t index)
{
    CHECK(slot->meta.index == index);
    check_raw(slot);
    CHECK(slot->numbers.force_N == (double)slot->meta.seq);
    CHECK(slot->numbers.peak_kPa == slot->numbers.force_N + slot->numbers.area_mm2);
}

static void *producer(void *argument)
{
    struct stress *s = argument;
    uint64_t dice = s->seed * 3 + 1;
    bool ahead = false;

    for (uint64_t seq = 0; seq < s->frames; seq++) {
        /* unpaced for a while, paced for a while; the last one tells what was lost before it */
        bool wait = !ahead && (roll(&dice) % 4 != 0 || seq + 1 == s->frames);

        while (wait && !gait_ring_has_room(s->ring))
            sched_yield();
        fill(gait_ring_acquire(s->ring, 0), seq, ahead ? CELLS / 2 : 0, CELLS);
        ahead = seq + 2 < s->frames && roll(&dice) % 8 == 0;
        if (ahead) /* the first half of the next frame comes early */
            fill(gait_ring_acquire(s->ring, 1), seq + 1, 0, CELLS / 2);
        if (gait_ring_commit(s->ring) == 0) {
            s->taken++;
        } else {
            CHECK(!wait); /* there was room for it */
            s->spilled++;
        }
        gait_notes_post(s->notes, 1, (int64_t)seq, -(int64_t)seq, seq);
        stumble(&dice);
    }
    atomic_store(&s->produced, true);
    return NULL;
}

static void work_one(struct gait_slot *slot, uint64_t round)
{
    check_raw(slot);
    slot->numbers.force_N = (double)slot->meta.seq;
    slot->numbers.area_mm2 = (double)round;
    slot->numbers.peak_kPa = (double)slot->meta.seq + (double)round;
}

static void try_rewind(struct stress *s, uint64_t *dice)
{
    uint64_t low = gait_ring_cursor(s->ring, GAIT_STAGE_RECORDER);
    uint64_t high = gait_ring_cursor(s->ring, GAIT_STAGE_PIPELINE);
    int r = gait_ring_rewind(s->ring, low + roll(dice) % (high - low + 1));

    CHECK(r == 0 || r == -EAGAIN || r == -ERANGE);
    s->rewinds += r == 0;
    s->rewinds_late += r == -ERANGE;
}

static void *pipeline(void *argument)
{
    struct stress *s = argument;
    uint64_t dice = s->seed * 5 + 1, round = 1;

    for (;;) {
        bool last = atomic_load(&s->produced);
        struct gait_slot *slot = gait_ring_peek(s->ring, GAIT_STAGE_PIPELINE);

        if (slot) {
            work_one(slot, round);
            gait_ring_advance(s->ring, GAIT_STAGE_PIPELINE);
        } else if (last) {
            break;
        } else {
            sched_yield();
        }
        if (roll(&dice) % 32 == 0) {
            round++;
            try_rewind(s, &dice);
        }
        stumble(&dice);
    }
    atomic_store(&s->worked, true);
    return NULL;
}

static void append(struct stress *s, const struct gait_slot *slot, uint64_t index)
{
    check_worked(slot, index);
    if (s->recorded > 0 || s->left_out > 0)
        CHECK(slot->meta.seq > s->last_seq_recorded);
    s->gaps += slot->meta.gap_ring;
    s->last_seq_recorded = slot->meta.seq;
    s->recorded++;
}

/* Idle for a moment: pass over what the pipeline has worked, but count the gaps that stood there. */
static void leave_out(struct stress *s)
{
    uint64_t from = gait_ring_cursor(s->ring, GAIT_STAGE_RECORDER);
    uint64_t to = gait_ring_cursor(s->ring, GAIT_STAGE_PIPELINE);
    int r;

    if (to <= from)
        return;
    r = gait_ring_skip_recorder(s->ring, from + 1);
    CHECK(r == 0 || r == -ERANGE);
    if (r == 0) {
        s->gaps += gait_ring_at(s->ring, from)->meta.gap_ring;
        s->left_out++;
    }
}

static void *recorder(void *argument)
{
    struct stress *s = argument;
    uint64_t dice = s->seed * 7 + 1, unsynced = 0;

    for (;;) {
        bool last = atomic_load(&s->worked);
        uint64_t index = gait_ring_cursor(s->ring, GAIT_STAGE_RECORDER);
        const struct gait_slot *slot = gait_ring_peek(s->ring, GAIT_STAGE_RECORDER);

        if (slot) {
            append(s, slot, index);
            gait_ring_advance(s->ring, GAIT_STAGE_RECORDER);
            unsynced++;
        } else if (last) {
            break;
        } else {
            sched_yield();
        }
        if (roll(&dice) % 128 == 0)
            leave_out(s);
        if (!slot || roll(&dice) % 4 == 0 || unsynced > 4) {
            CHECK(gait_ring_release(s->ring, gait_ring_cursor(s->ring, GAIT_STAGE_RECORDER)) == 0);
            unsynced = 0;
        }
        stumble(&dice);
    }
    CHECK(gait_ring_release(s->ring, gait_ring_cursor(s->ring, GAIT_STAGE_RECORDER)) == 0);
    atomic_store(&s->done, true);
    return NULL;
}

/* The counts of a frame that is not worked yet stand still as long as they are held. */
static void look_ahead(struct stress *s, uint64_t *dice)
{
    uint64_t index = 0;
    const struct gait_slot *slot = gait_ring_preview(s->ring, &index);

    if (slot) {
        CHECK(index == gait_ring_cursor(s->ring, GAIT_STAGE_PUBLISHER));
        check_raw(slot);
        stumble(dice);
        check_raw(slot);
        s->previewed++;
    }
    gait_ring_preview_end(s->ring);
}

static void *publisher(void *argument)
{
    struct stress *s = argument;
    uint64_t dice = s->seed * 11 + 1, next = 0, skipped, note_seq = 0;
    struct gait_note note;

    for (;;) {
        bool last = atomic_load(&s->done);
        const struct gait_slot *slot = gait_ring_pin(s->ring, &skipped);

        if (!slot && roll(&dice) % 2)
            look_ahead(s, &dice);
        if (slot) {
            next += skipped;
            check_worked(slot, next);
            stumble(&dice);
            check_worked(slot, next); /* still the same frame while it is pinned */
            gait_ring_unpin(s->ring);
            next++;
            s->sent++;
            s->passed += skipped;
        } else if (last) {
            break;
        } else {
            sched_yield();
        }
        while (gait_notes_take(s->notes, &note) > 0) {
            CHECK(note.code == 1 && note.a == -note.b && note.t_ns == (uint64_t)note.a);
            CHECK((uint64_t)note.a >= note_seq);
            note_seq = (uint64_t)note.a + 1;
        }
        stumble(&dice);
    }
    return NULL;
}

static void check_the_books(const struct stress *s)
{
    struct gait_ring_stats stats;

    gait_ring_stats(s->ring, &stats);
    CHECK(s->taken + s->spilled == s->frames);
    CHECK(stats.taken == s->taken && stats.spilled == s->spilled);
    CHECK(s->recorded + s->left_out == s->taken);
    CHECK(s->sent + stats.skipped == s->taken);
    CHECK(stats.fill == 0 && stats.high_water <= stats.depth_frames);
    CHECK(s->gaps == s->spilled);
}

static void run(uint64_t seed, uint64_t frames, double seconds)
{
    static void *(*const body[])(void *) = {producer, pipeline, recorder, publisher};
    struct gait_ring_config config = {
        .geometry = {.rows = 8, .cols = CELLS / 8, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16},
        .seconds = seconds,
    };
    struct stress s = {.seed = seed, .frames = frames};
    pthread_t thread[4];

    CHECK(gait_ring_new(&config, &s.ring) == 0);
    CHECK(gait_notes_new(64, &s.notes) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, body[i], &s) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    check_the_books(&s);
    CHECK(s.rewinds > 0 && s.previewed > 0);
    printf("seed %llu: %llu taken, %llu spilled, %llu recorded, %llu left out, %llu sent, %llu passed over, %llu "
           "rewinds\n",
           (unsigned long long)seed, (unsigned long long)s.taken, (unsigned long long)s.spilled,
           (unsigned long long)s.recorded, (unsigned long long)s.left_out, (unsigned long long)s.sent,
           (unsigned long long)s.passed, (unsigned long long)s.rewinds);
    gait_notes_free(s.notes);
    gait_ring_free(s.ring);
}

int main(int argc, char **argv)
{
    uint64_t frames = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;

    signal(SIGALRM, on_alarm);
    for (unsigned seed = 1; seed <= 3; seed++) {
        alarm(HANG_S);
        run(seed, frames, 0.08 * seed);
    }
    return 0;
}
