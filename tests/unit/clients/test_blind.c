/* Letters in place of timepoints and arms: each order comes about as often as the others, the same seed gives the same, and nothing else of a pass moves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"

#include "gait/study.h"

enum { TIMEPOINTS = 3, PASSES = 9, SEEDS = 600 };

static const char *const timepoints[TIMEPOINTS] = {"pre1", "post0", "post30"};

struct visit {
    struct steps steps;
    struct steps_group group[TIMEPOINTS];
    struct steps_pass pass[PASSES], *passes[PASSES];
    struct step step[PASSES], *list[PASSES];
};

/* Nine passes, three a timepoint, every other one of arm "rest"; pass i began at i + 1. */
static void begin(struct visit *v)
{
    *v = (struct visit){.steps = {.group = v->group,
                                  .n = TIMEPOINTS,
                                  .pass = v->passes,
                                  .n_pass = PASSES,
                                  .step = v->list,
                                  .n_step = PASSES}};
    for (size_t i = 0; i < PASSES; i++) {
        snprintf(v->group[i / 3].timepoint, STEPS_LABEL_MAX, "%s", timepoints[i / 3]);
        snprintf(v->pass[i].timepoint, STEPS_LABEL_MAX, "%s", timepoints[i / 3]);
        snprintf(v->pass[i].arm, STEPS_LABEL_MAX, "%s", i % 2 ? "rest" : "massage");
        v->pass[i].start_realtime_ns = i + 1;
        v->step[i].pass = i;
        v->step[i].id = (uint32_t)i;
        v->passes[i] = &v->pass[i];
        v->list[i] = &v->step[i];
    }
}

/* Which of the six orders the letters have; checks that each letter stands for one timepoint and its passes. */
static int order_of(const struct visit *v)
{
    char letter[TIMEPOINTS];

    for (int i = 0; i < TIMEPOINTS; i++) {
        letter[i] = v->pass[3 * i].timepoint[0];
        assert_int_equal(strlen(v->pass[3 * i].timepoint), 1);
        assert_in_range(letter[i], 'A', 'C');
        assert_string_equal(v->pass[3 * i].timepoint, v->pass[3 * i + 2].timepoint);
        assert_int_equal(v->group[i].timepoint[0], 'A' + i); /* in the order of the letters, not of time */
    }
    assert_true(letter[0] != letter[1] && letter[1] != letter[2] && letter[0] != letter[2]);
    return (letter[0] - 'A') * 2 + (letter[1] > letter[2]);
}

/* Passes lie by letters, those of one in order of time, and each step goes with its own. */
static void check_order(const struct visit *v)
{
    for (size_t i = 0; i < PASSES; i++) {
        const struct steps_pass *p = v->passes[i];

        assert_int_equal(p->timepoint[0], 'A' + (int)i / 3);
        assert_true(i % 3 == 0 || p->start_realtime_ns == v->passes[i - 1]->start_realtime_ns + 1);
        assert_int_equal(v->passes[v->step[i].pass]->start_realtime_ns, v->step[i].id + 1);
    }
}

static void every_order_of_timepoints(void **state)
{
    int count[6] = {0};
    struct visit v;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        int order;

        begin(&v);
        assert_int_equal(blind_steps(&v.steps, seed), 0);
        order = order_of(&v);
        check_order(&v);
        count[order]++;
        begin(&v);
        assert_int_equal(blind_steps(&v.steps, seed), 0);
        assert_int_equal(order_of(&v), order);
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], SEEDS / 6 - 36, SEEDS / 6 + 36); /* four SDs */
}

static void both_orders_of_arms(void **state)
{
    int massage_is_A = 0, both_A = 0;
    struct visit v;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(&v);
        assert_int_equal(blind_arms(&v.steps, seed), 2);
        for (size_t i = 0; i < PASSES; i++)
            assert_string_equal(v.pass[i].arm, v.pass[i % 2].arm);
        assert_true(v.pass[0].arm[0] + v.pass[1].arm[0] == 'A' + 'B' && !v.pass[0].arm[1]);
        massage_is_A += v.pass[0].arm[0] == 'A';
        blind_steps(&v.steps, seed);
        both_A += v.pass[0].arm[0] == 'A' && v.pass[0].timepoint[0] == 'A';
    }
    assert_in_range(massage_is_A, SEEDS / 2 - 49, SEEDS / 2 + 49);
    assert_in_range(both_A, SEEDS / 6 - 36, SEEDS / 6 + 36); /* one does not tell the other */
}

static void no_arm_no_letter(void **state)
{
    struct visit v;

    (void)state;
    begin(&v);
    for (size_t i = 0; i < PASSES; i++)
        v.pass[i].arm[0] = '\0';
    assert_int_equal(blind_arms(&v.steps, 1), 0);
    assert_string_equal(v.pass[0].arm, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_timepoints),
        cmocka_unit_test(both_orders_of_arms),
        cmocka_unit_test(no_arm_no_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
