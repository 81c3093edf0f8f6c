/*
 * The lengths, times and shares by which blobs become footfalls (metrics.md 2.1 to 2.3), on rectangles that are there in some frames and not in others: each case lies
 * just beside its limit. 5 mm, 100 Hz; the foot is 250 mm long where nothing else is said.
 */
#include "assert_close.h"

#include <math.h>
#include <string.h>

#include "scene.h"

enum { ROWS = 120, COLS = 80, PATCHES = 8 };

/* Cells with this pressure in the frames from .. to - 1. */
struct patch {
    int row, rows, col, cols, from, to;
    float kPa;
};

static struct scene_result result;

static bool draw(void *user, uint64_t frame, struct gait_slot *slot)
{
    const struct patch *p = user;
    float *raw = slot->raw;

    memset(raw, 0, ROWS * COLS * sizeof *raw);
    for (int k = 0; k < PATCHES; k++)
        for (int c = 0; (int)frame >= p[k].from && (int)frame < p[k].to && c < p[k].rows * p[k].cols; c++)
            raw[(p[k].row + c / p[k].cols) * COLS + p[k].col + c % p[k].cols] = p[k].kPa;
    return true;
}

struct person {
    double length_mm, stature_m, closing_gap_s;
};

static uint32_t footfalls_of(const struct patch *patch, size_t n, const struct person *who)
{
    struct scene *s = scene_new(ROWS, COLS, 5, 100, GAIT_F32);
    struct patch all[PATCHES] = {{0}};
    struct gait_trial_state trial;

    memcpy(all, patch, n * sizeof *patch);
    scene_state(s, &trial);
    trial.subject.foot_length_mm[0] = trial.subject.foot_length_mm[1] = who ? who->length_mm : 250;
    trial.subject.stature_m = who ? who->stature_m : (double)NAN;
    if (who && who->closing_gap_s > 0)
        trial.parameters.closing_gap_s = who->closing_gap_s;
    scene_run(s, &trial, 2, draw, all, &result);
    gait_trial_state_done(&trial);
    scene_free(s);
    return result.footfalls;
}

#define FOOTFALLS(...) \
    footfalls_of((struct patch[]){__VA_ARGS__}, sizeof((struct patch[]){__VA_ARGS__}) / sizeof(struct patch), NULL)

/* Heel and forefoot, edge to edge `rows` long, with 50 mm of nothing between them. */
static uint32_t long_foot(int rows, const struct person *who)
{
    const struct patch p[] = {{10, 12, 20, 12, 20, 50, 100}, {32, rows - 22, 20, 16, 30, 80, 100}};

    return footfalls_of(p, 2, who);
}

/* Blobs of one foot are up to 1.20 of it long: 300 mm of 250. Its length is what was measured, else 0.153 of stature, else 265 mm. */
static void length_of_blobs(void **state)
{
    const struct person tall = {(double)NAN, 1.70, 0}, unknown = {(double)NAN, (double)NAN, 0};

    (void)state;
    assert_int_equal(long_foot(60, NULL), 1);
    assert_int_equal(long_foot(61, NULL), 2);
    assert_int_equal(long_foot(62, &tall), 1); /* 312.1 mm */
    assert_int_equal(long_foot(63, &tall), 2);
    assert_int_equal(long_foot(63, &unknown), 1); /* 318 mm */
    assert_int_equal(long_foot(64, &unknown), 2);
}

/* Two blobs side by side, `rows` long, `first` and `second` columns wide and so many in all. */
static uint32_t wide_foot(int rows, int first, int second, int all)
{
    return FOOTFALLS({10, rows, 10, first, 20, 60, 100}, {10, rows, 10 + all - second, second, 30, 80, 100});
}

/* Up to 0.55 of the foot wide: 137.5 mm; beside a print of 0.60 of it, 150 mm, up to 0.45, 112.5 mm, or 25 mm more than that print. */
static void width_of_blobs(void **state)
{
    (void)state;
    assert_int_equal(wide_foot(28, 8, 8, 27), 1);
    assert_int_equal(wide_foot(28, 8, 8, 28), 2);
    assert_int_equal(wide_foot(29, 8, 8, 26), 1);
    assert_int_equal(wide_foot(30, 8, 8, 26), 2);
    assert_int_equal(wide_foot(30, 8, 8, 22), 1);
    assert_int_equal(wide_foot(30, 8, 8, 23), 2);
    assert_int_equal(wide_foot(30, 19, 2, 24), 1);
    assert_int_equal(wide_foot(30, 18, 2, 24), 2);
}

/* One piece is one foot up to 1.25 of it long, 312.5 mm, and 0.60 wide, 150 mm; beyond that it is two, or flagged where no two feet can be made of it. */
static void one_piece(void **state)
{
    static const struct {
        int rows, cols;
        bool one;
    } c[] = {{62, 16, true}, {63, 16, false}, {40, 30, true}, {40, 31, false}};

    (void)state;
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const uint32_t n = FOOTFALLS({10, c[k].rows, 20, c[k].cols, 20, 80, 100});
        const uint32_t flags = result.footfall[0].flags & (GAIT_FOOTFALL_MERGED_FEET | GAIT_FOOTFALL_SPLIT);

        assert_int_equal(n == 1 && !flags, c[k].one);
        assert_true(c[k].one || (n == 2 && flags == GAIT_FOOTFALL_SPLIT) || flags == GAIT_FOOTFALL_MERGED_FEET);
    }
}

/* The same cells again: 100 ms after the last contact it is the same footfall, 110 ms after it another. */
static void closing_gap(void **state)
{
    const struct person slow = {250, (double)NAN, 0.2};

    (void)state;
    assert_int_equal(FOOTFALLS({10, 50, 20, 16, 20, 60, 100}, {10, 50, 20, 16, 69, 110, 100}), 1);
    assert_int_equal(FOOTFALLS({10, 50, 20, 16, 20, 60, 100}, {10, 50, 20, 16, 70, 110, 100}), 2);
    assert_close_abs(result.closed_s[0], 0.59 + 0.10, 1e-9);
    for (int later = 0; later < 2;
         later++) { /* and blobs are joined over 100 ms, however long a footfall is kept open */
        const struct patch p[] = {{10, 12, 20, 12, 20, 60, 100}, {32, 16, 20, 16, 69 + later, 110, 100}};

        assert_int_equal(footfalls_of(p, 2, &slow), 1 + later);
    }
}

/* A print too long for blobs to be joined to it, gone and back: 30 ms are bridged. */
static void blob_gap(void **state)
{
    (void)state;
    assert_int_equal(FOOTFALLS({10, 62, 20, 16, 20, 60, 100}, {10, 62, 20, 16, 63, 110, 100}), 1);
    assert_int_equal(FOOTFALLS({10, 62, 20, 16, 20, 60, 100}, {10, 62, 20, 16, 64, 110, 100}), 2);
}

/* A foot of which less than 5 % of its largest force is left is leaving: what lands more than 40 mm from that is another. 144 cells of 100 kPa, of which some stay. */
static void leaving(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const int stay = k < 2 ? 7 : 8, rows = k % 2 ? 9 : 8; /* 7 cells are 4.9 %, 8 are 5.6 %; 45 and 40 mm away */
        const bool another = stay == 7 && rows == 9;

        assert_int_equal(FOOTFALLS({10, 11, 20, 12, 20, 50, 100}, {21, 1, 20, stay, 20, 70, 100},
                                   {21, 1, 20 + stay, 12 - stay, 20, 50, 100}, {22 + rows, 16, 20, 16, 55, 100, 100}),
                         1 + another);
    }
}

/* What has lain there for more than 0.25 s without the force of a foot takes no foot in: the footfall begins with the foot. */
static void weak(void **state)
{
    (void)state;
    for (int longer = 0; longer < 2; longer++) {
        assert_int_equal(FOOTFALLS({10, 2, 20, 2, 30 - longer, 120, 50}, {14, 40, 16, 16, 55, 110, 100}), 1);
        assert_int_equal(result.footfall[0].first_frame, longer ? 55 : 30);
    }
}

/*
 * Cells that flicker 15 mm before the heel of a print that is nearly as long as blobs are joined to are of it. Not so where the print would be too long for one foot,
 * or longer by 45 mm, nor what lay there before the foot or stays when it has left.
 */
static void rim(void **state)
{
    static const struct {
        int rows, before, from, until;
        bool taken;
    } c[] = {{59, 3, 30, 70, true},
             {59, 4, 30, 70, false},
             {52, 9, 30, 70, false},
             {59, 3, 15, 70, false},
             {59, 3, 30, 85, false}};

    (void)state;
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const double speck_N = 4 * 50 * 25e-3, foot_N = c[k].rows * 16 * 100 * 25e-3;

        assert_int_equal(
            FOOTFALLS({20, c[k].rows, 20, 16, 20, 80, 100}, {20 - c[k].before, 1, 24, 4, c[k].from, c[k].until, 50}),
            1);
        assert_close_abs(result.footfall[0].value[GAIT_METRIC_IMPULSE],
                         foot_N * 0.60 + (c[k].taken ? speck_N * 0.40 : 0), 1e-3);
        assert_false(result.footfall[0].flags & GAIT_FOOTFALL_MERGED_FEET);
    }
}

/* Nor is it lost when, after more than 0.25 s, one piece reaches from the foot to where it was. */
static void rim_that_is_reached(void **state)
{
    const double foot_N = 59 * 16 * 100 * 25e-3, speck_N = 4 * 50 * 25e-3, bridge_N = 8 * 50 * 25e-3;

    (void)state;
    assert_int_equal(FOOTFALLS({20, 59, 20, 16, 20, 80, 100}, {17, 1, 24, 4, 30, 70, 50}, {18, 2, 24, 4, 72, 80, 50}),
                     1);
    assert_close_abs(result.footfall[0].value[GAIT_METRIC_IMPULSE], foot_N * 0.60 + speck_N * 0.40 + bridge_N * 0.08,
                     1e-3);
}

/*
 * A print of 1.12 of the foot with cells before its heel and toes that are there for a moment, up to 1.35 in all, 337.5 mm: one foot. Four frames of 60 are 6.7 % of
 * what a cell carries at most, and with 8 % they are of the foot; then it is two that touch.
 */
static void flickering_ends(void **state)
{
    static const struct {
        int before, behind, frames;
        bool one;
    } c[] = {{4, 4, 4, true}, {4, 4, 5, false}, {6, 5, 4, true}, {6, 6, 4, false}};

    (void)state;
    for (size_t k = 0; k < sizeof c / sizeof c[0]; k++) {
        const int until = 20 + c[k].frames;
        const uint32_t n =
            FOOTFALLS({15, 56, 20, 16, 20, 80, 100}, {15 - c[k].before, c[k].before, 27, 2, 20, until, 100},
                      {71, c[k].behind, 27, 2, 20, until, 100});

        assert_int_equal(n == 1 && result.footfall[0].valid, c[k].one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_of_blobs),
        cmocka_unit_test(width_of_blobs),
        cmocka_unit_test(one_piece),
        cmocka_unit_test(closing_gap),
        cmocka_unit_test(blob_gap),
        cmocka_unit_test(leaving),
        cmocka_unit_test(weak),
        cmocka_unit_test(rim),
        cmocka_unit_test(rim_that_is_reached),
        cmocka_unit_test(flickering_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
