/*
 * What stands, rolls, bounces or walks on a mat and is no foot: chairs, wheels, balls, a cat, a crutch. Nothing of it may count as a step, whether the person's mass is known
 * or not; a step among it still does.
 */
#include "assert_close.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static struct scene_result result;

static double between(double low, double high)
{
    return low + (high - low) * (rand() / (RAND_MAX + 1.0));
}

static struct scene *mat(int variant)
{
    return variant % 3 == 2 ? scene_new(100, 40, 10, 100, GAIT_U8)
                            : scene_new(200, 80, 5, variant % 3 ? 200 : 100, GAIT_U16);
}

static void stud(struct scene *s, double x_mm, double y_mm, double half_mm, double N, double from_s, double to_s)
{
    scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, x_mm, y_mm, half_mm, half_mm, 0,
                                     N / (4 * half_mm * half_mm) * 1e3, from_s, to_s});
}

/* Nobody's step, with and without a mass. least: how many contacts there must have been. */
static void assert_silent(struct scene *s, double end_s, const char *what, int variant)
{
    for (int weighed = 0; weighed < 2; weighed++) {
        struct gait_trial_state trial;

        scene_state(s, &trial);
        trial.subject.mass_kg = weighed ? 70 : (double)NAN;
        scene_run(s, &trial, end_s, NULL, NULL, &result);
        assert_true(result.force_max_N > 5); /* it was there */
        for (uint32_t k = 0; k < result.footfalls; k++) {
            const struct gait_footfall *f = &result.footfall[k];

            if (f->valid)
                print_error("%s %d: footfall %u of %u counts: %.0f N, %.2f s, %.0f x %.0f mm, %.0f cm2, flags %x\n",
                            what, variant, k + 1, result.footfalls, f->value[GAIT_METRIC_FORCE_MAX],
                            f->value[GAIT_METRIC_STANCE], f->value[GAIT_METRIC_LENGTH], f->value[GAIT_METRIC_WIDTH],
                            f->value[GAIT_METRIC_FOOTPRINT_AREA], f->flags);
            assert_false(f->valid);
        }
        gait_trial_state_done(&trial);
    }
    scene_free(s);
}

/* Four legs; somebody sits down, rocks from the front legs to the back ones, and gets up. */
static void chair(int variant)
{
    struct scene *s = mat(variant);
    const double body_N = variant % 2 ? between(450, 1000) : 50, half = between(8, 16), period = between(0.8, 1.6);

    for (int leg = 0; leg < 4; leg++) {
        const double x = leg % 2 ? 25 : 375, y = leg / 2 ? 80 : 470;

        stud(s, x, y, half, body_N / 8, 0.2, 4.6);
        for (int k = 0; k < 3; k++)
            stud(s, x, y, half, body_N / 4, 0.5 + period * (k + 0.5 * (leg / 2)),
                 0.5 + period * (k + 0.5 * (leg / 2)) + 0.6 * period);
    }
    assert_silent(s, 5.2, "chair", variant);
}

/* A castor or a wheel rolls over the mat with part of somebody's weight. */
static void wheel(int variant)
{
    struct scene *s = mat(variant);
    const double speed = between(250, 1200), N = between(60, 350), rx = between(8, 20), ry = between(10, 25),
                 x = between(60, 340);
    const double step_s = 0.005, lasts_s = 960 / speed;

    for (int k = 0; k * step_s < lasts_s; k++) /* four overlap at any time */
        scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_RAISED_COSINE, x, 20 + speed * k * step_s, rx, ry, 0,
                                         N / (8 * rx * ry) * 1e3, 0.2 + k * step_s, 0.2 + (k + 4) * step_s});
    assert_silent(s, lasts_s + 0.8, "wheel", variant);
}

/* A ball bounces five times, lower and lower, and rolls away. */
static void ball(int variant)
{
    struct scene *s = mat(variant);
    const double mass_kg = between(0.3, 3), r = between(10, 20);
    double t = 0.3, apart = 0.7;

    for (int k = 0; k < 5; k++, t += apart, apart *= 0.8)
        scene_add(s, (struct scene_blob){SCENE_GAUSSIAN, SCENE_RAISED_COSINE, 120 + 25 * k, 100 + 60 * k, r, r, 0,
                                         mass_kg * 9.81 * apart / 0.03 / (2 * M_PI * r * r) * 1e3, t,
                                         t + between(0.02, 0.05)});
    assert_silent(s, t + 0.5, "ball", variant);
}

/* A cat walks through on four paws, each hind paw beside the print of a fore paw, and sits down for a second. */
static void cat(int variant)
{
    struct scene *s = mat(variant);
    const double body_N = between(30, 50), stride = between(250, 350), cycle = between(0.5, 0.8), rx = between(7, 9),
                 ry = between(8, 10);
    const double kPa = 0.35 * body_N / (2 * M_PI * rx * ry) * 1e3;
    int strides = (int)(600 / stride);
    double t = 0;

    for (int k = 0; k < strides; k++)
        for (int paw = 0; paw < 4; paw++) {
            t = 0.2 + cycle * (k + (paw == 0 ? 0 : paw == 1 ? 0.5 : paw == 2 ? 0.75 : 0.25));
            scene_add(s,
                      (struct scene_blob){SCENE_GAUSSIAN, SCENE_RAISED_COSINE, (paw % 2 ? 160 : 230) + between(-8, 8),
                                          60 + stride * (k + 0.5 * (paw % 2)) + between(-15, 15), rx, ry, 0, kPa, t,
                                          t + 0.62 * cycle});
        }
    t += cycle;
    for (int paw = 0; paw < 4; paw++)
        scene_add(s, (struct scene_blob){SCENE_GAUSSIAN, SCENE_TRAPEZOID, paw % 2 ? 170 : 220, 780 + 120 * (paw / 2),
                                         rx, ry, 0, 0.7 * kPa, t, t + 1});
    assert_silent(s, t + 1.5, "cat", variant);
}

/* A crutch or stick beside somebody who is not on the mat. */
static void crutch(int variant)
{
    struct scene *s = mat(variant);
    double t = 0.2;

    for (int k = 0; k < 4; k++, t += 1.1) {
        const double half = between(12, 18);

        scene_add(s,
                  (struct scene_blob){SCENE_RECTANGLE, SCENE_RAISED_COSINE, 200 + between(-20, 20), 100 + 220 * k, half,
                                      half, 0, between(100, 450) / (4 * half * half) * 1e3, t, t + between(0.5, 0.9)});
    }
    assert_silent(s, t + 0.5, "crutch", variant);
}

/* Noise of single cells and of whole rows, more than any mat that works has. */
static void noise(int variant)
{
    struct scene *s = mat(variant);

    for (int k = 0; k < 250; k++) {
        const double t = 0.1 + 0.008 * k;

        scene_add(s,
                  (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 5 + 10 * (rand() % 40), 5 + 10 * (rand() % 100),
                                      4, 4, 0, between(10, 300), t, t + between(0.01, 0.3)});
        if (k % 50 == 0)
            scene_add(s, (struct scene_blob){SCENE_RECTANGLE, SCENE_TRAPEZOID, 200, 5 + 10 * (rand() % 100), 220, 4, 0,
                                             between(10, 60), t, t + 0.05});
    }
    assert_silent(s, 2.6, "noise", variant);
}

static const struct {
    const char *name;
    void (*make)(int variant);
} thing[] = {{"chair", chair}, {"wheel", wheel}, {"ball", ball}, {"cat", cat}, {"crutch", crutch}, {"noise", noise}};

static void no_step(void **state)
{
    const char *tier = getenv("GAIT_TIER");
    const int variants = tier && strcmp(tier, "full") == 0 ? 60 : 3;

    (void)state;
    for (size_t k = 0; k < sizeof thing / sizeof thing[0]; k++)
        for (int variant = 0; variant < variants; variant++) {
            srand((unsigned)(1000 * k + (unsigned)variant));
            thing[k].make(variant);
        }
}

/* The chair stands beside the walkway: the step between its legs counts, and its legs do not. */
static void a_step_beside_a_chair(void **state)
{
    struct scene *s = scene_new(200, 80, 5, 100, GAIT_U16);
    uint32_t valid = 0;

    (void)state;
    for (int leg = 0; leg < 4; leg++)
        stud(s, leg % 2 ? 25 : 375, leg / 2 ? 600 : 960, 12, 200, 0.2, 3);
    scene_add_foot(s, (struct scene_foot){200, 100, 0, 250, 0.8, 0.69, 1, 60, GAIT_SIDE_RIGHT});
    scene_run(s, NULL, 3.5, NULL, NULL, &result);
    for (uint32_t k = 0; k < result.footfalls; k++)
        valid += result.footfall[k].valid;
    assert_int_equal(valid, 1);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_step), cmocka_unit_test(a_step_beside_a_chair)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
