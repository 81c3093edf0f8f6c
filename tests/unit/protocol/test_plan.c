/* What comes next and what is forbidden, over whole visits told pass by pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/plan.h"

enum { PASSES = 400 };

static struct protocol_timepoint timepoints[] = {
    {.name = (char *)"fam", .kind = PROTOCOL_FAMILIARISATION, .passes = 1},
    {.name = (char *)"pre1", .kind = PROTOCOL_PRE},
    {.name = (char *)"post0", .kind = PROTOCOL_POST, .early_min = 1, .late_min = 5},
    {.name = (char *)"post10", .kind = PROTOCOL_POST, .after_treatment_min = 10, .early_min = 1, .late_min = 5},
};
static struct protocol_condition conditions[] = {{.name = (char *)"barefoot"}, {.name = (char *)"shod"}};

static struct protocol multi(void)
{
    return (struct protocol){.design = PROTOCOL_SINGLE_GROUP,
                             .mat_mode = PROTOCOL_MULTI,
                             .passes = 3,
                             .min_steps = 5,
                             .timepoints = timepoints,
                             .n_timepoints = 4,
                             .conditions = conditions,
                             .n_conditions = 1,
                             .oil_removed = true};
}

static struct protocol single(int order)
{
    struct protocol p = multi();

    p.mat_mode = PROTOCOL_SINGLE;
    p.foot_order = order;
    p.passes = 4;
    return p;
}

struct visit {
    struct protocol p;
    struct plan_pass pass[PASSES];
    size_t n;
    struct plan_now now;
};

static struct plan_next next(const struct visit *v)
{
    struct plan_next ret;

    plan_next(&v->p, v->pass, v->n, &v->now, &ret);
    return ret;
}

static void walk(struct visit *v, int timepoint, int condition, int foot, unsigned left, unsigned right)
{
    v->pass[v->n++] = (struct plan_pass){
        .timepoint = timepoint, .condition = condition, .foot = foot, .side = {{.valid = left}, {.valid = right}}};
}

/* The next pass as the plan says it. */
static void walk_next(struct visit *v, unsigned left, unsigned right)
{
    struct plan_next n = next(v);

    assert_int_equal(n.what, PLAN_TRIAL);
    walk(v, n.timepoint, n.condition, n.foot, left, right);
}

static void treat(struct visit *v)
{
    assert_int_equal(next(v).what, PLAN_TREATMENT_START);
    assert_int_equal(plan_may_treat(&v->p, v->pass, v->n), 0);
    v->now.treating = true;
    assert_int_equal(next(v).what, PLAN_TREATMENT_STOP);
    v->now = (struct plan_now){.treated = true, .since_s = 5};
}

static void test_whole_visit(void **state)
{
    struct visit v = {.p = multi()};
    struct plan_next n;

    (void)state;
    n = next(&v);
    assert_true(n.what == PLAN_TRIAL && n.timepoint == 0 && n.pass == 1 && n.of == 1 && n.foot == 0);
    walk_next(&v, 1, 1);
    assert_int_equal(plan_may_treat(&v.p, v.pass, v.n), 2); /* pre1 is missing */
    for (unsigned i = 1; i <= 3; i++) {
        n = next(&v);
        assert_true(n.timepoint == 1 && n.pass == i && n.of == 3);
        walk_next(&v, 2, 2);
    }
    treat(&v);
    assert_int_equal(next(&v).what, PLAN_OIL);
    v.now.oil_removed = true;
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(next(&v).timepoint, 2);
        walk_next(&v, 2, 2);
    }
    v.now.since_s = 500;
    n = next(&v);
    assert_true(n.what == PLAN_WAIT && n.timepoint == 3);
    assert_true(n.wait_s > 39.9 && n.wait_s < 40.1); /* due at 600 s, a minute early is early enough */
    v.now.since_s = 540;
    assert_int_equal(next(&v).what, PLAN_TRIAL);
    for (unsigned i = 1; i <= 3; i++)
        walk_next(&v, 2, 2);
    assert_int_equal(next(&v).what, PLAN_CLOSE);
    assert_int_equal(next(&v).timepoint, -1);
}

/* Three passes with one left step each are no five left steps: more passes are asked for. */
static void test_more_steps_needed(void **state)
{
    struct visit v = {.p = multi()};
    struct plan_cell cell;
    struct plan_next n;

    (void)state;
    walk(&v, 0, 0, 0, 1, 1);
    for (int i = 0; i < 3; i++)
        walk(&v, 1, 0, 0, 1, 2);
    plan_cell(&v.p, v.pass, v.n, 1, 0, &cell);
    assert_true(!cell.complete && cell.passes == 3 && cell.side[0].valid == 3 && cell.target[0] == 5);
    n = next(&v);
    assert_true(n.timepoint == 1 && n.pass == 4 && n.of == 4);
    walk(&v, 1, 0, 0, 2, 0);
    plan_cell(&v.p, v.pass, v.n, 1, 0, &cell);
    assert_true(cell.complete);
    assert_int_equal(next(&v).what, PLAN_TREATMENT_START);
}

static void test_what_does_not_count(void **state)
{
    struct visit v = {.p = multi()};
    struct plan_cell cell;

    (void)state;
    walk(&v, 1, 0, 0, 5, 5);
    v.pass[0].discarded = true;
    walk(&v, 1, 0, 0, 5, 5);
    v.pass[1].extra = true;
    walk(&v, 1, 0, 0, 0, 0); /* nobody stepped on the mat */
    walk(&v, -1, 0, 0, 5, 5);
    plan_cell(&v.p, v.pass, v.n, 1, 0, &cell);
    assert_int_equal(cell.passes, 0);
    assert_int_equal(cell.side[0].valid, 0);
    v.pass[2].running = true; /* and who is walking now is taken as good */
    plan_cell(&v.p, v.pass, v.n, 1, 0, &cell);
    assert_int_equal(cell.passes, 1);
}

static void test_feet_take_turns(void **state)
{
    static const int lrlr[] = {1, 2, 1, 2, 1, 2, 1, 2}, abba[] = {1, 2, 2, 1, 1, 2, 2, 1};
    const int orders[] = {PROTOCOL_LRLR, PROTOCOL_ABBA};

    (void)state;
    for (int o = 0; o < 2; o++) {
        struct visit v = {.p = single(orders[o])};

        v.p.timepoints = timepoints + 1;
        v.p.n_timepoints = 3;
        for (unsigned i = 0; i < 8; i++) {
            struct plan_next n = next(&v);

            assert_true(n.timepoint == 0 && n.pass == i + 1 && n.of == 8);
            assert_int_equal(n.foot, (o ? abba : lrlr)[i]);
            walk(&v, 0, 0, n.foot, 0, 0); /* missed: the same foot again, and the other foot's step is not counted */
            v.pass[v.n - 1].side[2 - n.foot].valid = 1;
            assert_int_equal(next(&v).foot, n.foot);
            walk(&v, 0, 0, n.foot, n.foot == 1, n.foot == 2);
        }
        assert_int_equal(next(&v).what, PLAN_TREATMENT_START);
    }
}

/* A foot that has enough is passed over, whatever the order says. */
static void test_one_foot_behind(void **state)
{
    struct visit v = {.p = single(PROTOCOL_LRLR)};

    (void)state;
    v.p.timepoints = timepoints + 1;
    v.p.n_timepoints = 3;
    for (int i = 0; i < 4; i++)
        walk(&v, 0, 0, PROTOCOL_LEFT, 1, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(next(&v).foot, PROTOCOL_RIGHT);
        walk(&v, 0, 0, PROTOCOL_RIGHT, 0, 1);
    }
    assert_int_equal(next(&v).what, PLAN_TREATMENT_START);
}

static void test_refusals(void **state)
{
    struct visit v = {.p = multi()};

    (void)state;
#define MAY(t, c, foot) plan_may(&v.p, v.pass, v.n, &v.now, t, c, foot)
    v.p.n_conditions = 2;
    assert_int_equal(MAY(0, 0, 0), PLAN_MAY);
    assert_int_equal(MAY(0, 1, 0), PLAN_NOT_IN_TURN);
    assert_int_equal(MAY(1, 0, 0), PLAN_NOT_IN_TURN);
    assert_int_equal(MAY(2, 0, 0), PLAN_NOT_TREATED);
    walk_next(&v, 1, 1);
    assert_int_equal(MAY(0, 0, 0), PLAN_COMPLETE);
    assert_int_equal(MAY(0, 1, 0), PLAN_MAY);
    v.now.treating = true;
    assert_int_equal(MAY(0, 1, 0), PLAN_TREATING);
    v.now = (struct plan_now){.treated = true, .since_s = 1};
    assert_int_equal(MAY(2, 0, 0), PLAN_OIL_LEFT);
    v.now.oil_removed = true;
    assert_int_equal(MAY(2, 0, 0), PLAN_MAY); /* the pre trials were passed over by an override: no way back */
    assert_int_equal(MAY(1, 0, 0), PLAN_NOT_IN_TURN);
    walk(&v, 3, 0, 0, 2, 2); /* overruled as well: post10 has begun, post0 is missed */
    assert_int_equal(next(&v).timepoint, 3);
    assert_int_equal(MAY(2, 0, 0), PLAN_NOT_IN_TURN);
#undef MAY
}

static void test_too_early_and_late(void **state)
{
    struct visit v = {.p = multi(), .now = {.treated = true, .oil_removed = true, .since_s = 539}};

    (void)state;
    for (int i = 0; i < 3; i++)
        walk(&v, 2, 0, 0, 2, 2);
    assert_int_equal(plan_may(&v.p, v.pass, v.n, &v.now, 3, 0, 0), PLAN_TOO_EARLY);
    assert_false(plan_is_late(&v.p, v.pass, v.n, &v.now, 3));
    v.now.since_s = 541;
    assert_int_equal(plan_may(&v.p, v.pass, v.n, &v.now, 3, 0, 0), PLAN_MAY);
    v.now.since_s = 15 * 60 + 1;
    assert_true(plan_is_late(&v.p, v.pass, v.n, &v.now, 3));
    walk(&v, 3, 0, 0, 2, 2);
    assert_false(plan_is_late(&v.p, v.pass, v.n, &v.now, 3)); /* only the first pass is */
}

static void test_other_foot(void **state)
{
    struct visit v = {.p = single(PROTOCOL_LRLR)};

    (void)state;
    assert_int_equal(plan_may(&v.p, v.pass, v.n, &v.now, 0, 0, PROTOCOL_RIGHT), PLAN_OTHER_FOOT);
    assert_int_equal(plan_may(&v.p, v.pass, v.n, &v.now, 0, 0, PROTOCOL_LEFT), PLAN_MAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_visit),         cmocka_unit_test(test_more_steps_needed),
        cmocka_unit_test(test_what_does_not_count), cmocka_unit_test(test_feet_take_turns),
        cmocka_unit_test(test_one_foot_behind),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_early_and_late),  cmocka_unit_test(test_other_foot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
