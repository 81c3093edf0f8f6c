#include "walker_gait.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "walker_print.h"
#include "walker_random.h"

enum { STEPS_MAX = 4096, STREAM_PASS = 1 << 30, STREAM_STEP = 1 << 29 };

/* Natural spread at variation 1, as standard deviations: from step to step of one foot, and of a whole pass. */
#define SPREAD_LOAD        0.03
#define SPREAD_HEEL        0.04
#define SPREAD_ARCH        0.07
#define SPREAD_FORE        0.03
#define SPREAD_STANCE      0.02
#define SPREAD_STEP_TIME   0.015
#define SPREAD_STEP_LENGTH 0.02
#define SPREAD_WIDTH_MM    6.0
#define SPREAD_TOE_OUT_DEG 1.5
#define SPREAD_PASS_LOAD   0.01
#define SPREAD_PASS_PACE   0.015
#define SPREAD_PASS_X_MM   5.0
#define FOOT_WIDTH         0.42 /* of its length, with room to spare */

/* What one pass does differently from the last. */
struct pass {
    double load, pace, x_mm;
};

static double spread(struct walker_random *r, const struct mat_walker_config *config, double deviation)
{
    return walker_random_normal(r) * deviation * config->variation;
}

static struct pass make_pass(const struct mat_walker_config *config)
{
    struct walker_random r = walker_random_of(config->seed, config->pass, STREAM_PASS);
    struct pass pass;

    pass.load = 1 + spread(&r, config, SPREAD_PASS_LOAD);
    pass.pace = 1 + spread(&r, config, SPREAD_PASS_PACE);
    pass.x_mm = spread(&r, config, SPREAD_PASS_X_MM);
    return pass;
}

static enum gait_side side_of(const struct mat_walker_config *config, uint32_t number)
{
    bool left = config->first_side == GAIT_SIDE_LEFT;

    if (config->first_side == GAIT_SIDE_UNKNOWN)
        left = config->pass % 2 == 1;
    if (number % 2 == 1)
        left = !left;
    return left ? GAIT_SIDE_LEFT : GAIT_SIDE_RIGHT;
}

static bool goes_up(const struct mat_walker_config *config)
{
    return config->direction == MAT_WALKER_UP || (config->direction == MAT_WALKER_ALTERNATE && config->pass % 2 == 1);
}

/* Half of what lies between the feet; less on a mat too narrow for both. */
static double half_width_mm(const struct mat_walker_config *config)
{
    double room = config->cols * config->pitch_x_mm - FOOT_WIDTH * config->foot_length_mm;

    return fmax(0, fmin(config->step_width_mm, room)) / 2;
}

/* Distance that one foot takes from its heel's centre to its ends. */
static void foot_reach(const struct mat_walker_config *config, double *ret_back_mm, double *ret_front_mm)
{
    static const struct walker_load plain = {1, 1, 1, 1};
    struct walker_foot foot;

    walker_foot_make(config, &plain, &foot);
    *ret_back_mm = foot.heel_u_mm - foot.back_u_mm;
    *ret_front_mm = foot.front_u_mm - foot.heel_u_mm;
}

/* How many feet and where the first heel comes down, counted from the edge that is met first. */
static uint32_t plan(const struct mat_walker_config *config, double *ret_first_mm)
{
    double mat = config->rows * config->pitch_y_mm, back, front, n;

    foot_reach(config, &back, &front);
    if (!isnan(config->start_mm)) {
        *ret_first_mm = config->start_mm;
        n = ceil((mat + back - config->start_mm) / config->step_length_mm);
    } else {
        double spare = 0.05 * config->step_length_mm * fmin(config->variation, 1);

        n = config->steps ? config->steps : floor((mat - back - front - 2 * spare) / config->step_length_mm) + 1;
        n = fmax(n, 1);
        *ret_first_mm = (mat - back - front - (n - 1) * config->step_length_mm) / 2 + back;
    }
    if (config->steps)
        n = config->steps;
    return (uint32_t)fmin(fmax(n, 1), STEPS_MAX);
}

static struct walker_load make_load(const struct mat_walker_config *config, const struct pass *pass,
                                    enum gait_side side, struct walker_random *r)
{
    double lean = config->asymmetry_pct / 200 * (side == GAIT_SIDE_RIGHT ? 1 : -1);
    struct walker_load load;

    load.all = pass->load * (1 + lean) * (1 + spread(r, config, SPREAD_LOAD));
    load.heel = 1 + spread(r, config, SPREAD_HEEL);
    load.arch = 1 + spread(r, config, SPREAD_ARCH);
    load.fore = 1 + spread(r, config, SPREAD_FORE);
    return load;
}

/* Unit vectors of the foot: its axis is turned outwards, away from the other foot, and its frame a little more. */
static void orient(struct walker_step *step, const struct walker_walk *walk)
{
    double out = step->side == GAIT_SIDE_LEFT ? 1 : -1; /* left of progression is q = (-py, px) */
    double lx = -walk->py * out, ly = walk->px * out;
    double axis = step->toe_out_deg * M_PI / 180, frame = axis + walker_foot_axis_rad();
    double c = cos(frame), s = sin(frame);

    step->axis_x = cos(axis) * walk->px + sin(axis) * lx;
    step->axis_y = cos(axis) * walk->py + sin(axis) * ly;
    step->ux = c * walk->px + s * lx;
    step->uy = c * walk->py + s * ly;
    step->vx = c * lx - s * walk->px;
    step->vy = c * ly - s * walk->py;
    step->origin_x_mm = step->heel_x_mm - step->foot.heel_u_mm * step->ux;
    step->origin_y_mm = step->heel_y_mm - step->foot.heel_u_mm * step->uy;
}

static void make_step(const struct mat_walker_config *config, const struct pass *pass, const struct walker_walk *walk,
                      uint32_t number, double along_mm, struct walker_step *ret_step)
{
    struct walker_random r = walker_random_of(config->seed, config->pass, STREAM_STEP + number);
    enum gait_side side = side_of(config, number);
    struct walker_load load = make_load(config, pass, side, &r);
    double out = side == GAIT_SIDE_LEFT ? 1 : -1;
    double across = half_width_mm(config) + spread(&r, config, SPREAD_WIDTH_MM) / 2;
    double mat = config->rows * config->pitch_y_mm;

    ret_step->side = side;
    ret_step->stance_s = config->stance_s / pass->pace * (1 + spread(&r, config, SPREAD_STANCE));
    ret_step->toe_out_deg = config->toe_out_deg + spread(&r, config, SPREAD_TOE_OUT_DEG);
    ret_step->drag_mm = config->drag_mm;
    ret_step->heel_x_mm =
        config->cols * config->pitch_x_mm / 2 + config->shift_mm + pass->x_mm - walk->py * out * across;
    ret_step->heel_y_mm = walk->py > 0 ? along_mm : mat - along_mm;
    walker_foot_make(config, &load, &ret_step->foot);
    orient(ret_step, walk);
}

static void lay_out(const struct mat_walker_config *config, const struct pass *pass, double first_mm,
                    struct walker_walk *walk)
{
    struct walker_random r = walker_random_of(config->seed, config->pass, STREAM_STEP - 1);
    double along = first_mm, landing = config->lead_s;

    for (uint32_t k = 0; k < walk->steps; k++) {
        struct walker_step *step = &walk->step[k];

        make_step(config, pass, walk, k, along, step);
        step->landing_s = landing;
        walk->end_s = fmax(walk->end_s, landing + step->stance_s * (config->drag_mm > 0 ? WALKER_DRAG_TO : 1));
        along = first_mm + (k + 1) * config->step_length_mm +
                spread(&r, config, SPREAD_STEP_LENGTH * config->step_length_mm);
        landing = config->lead_s + (k + 1) * config->step_time_s / pass->pace +
                  spread(&r, config, SPREAD_STEP_TIME * config->step_time_s);
    }
}

int walker_walk_make(const struct mat_walker_config *config, struct walker_walk *ret_walk)
{
    struct walker_walk walk = {.py = goes_up(config) ? 1 : -1};
    struct pass pass = make_pass(config);
    double first_mm;

    walk.steps = plan(config, &first_mm);
    walk.step = calloc(walk.steps, sizeof *walk.step);
    if (!walk.step)
        return -ENOMEM;
    lay_out(config, &pass, first_mm, &walk);
    *ret_walk = walk;
    return 0;
}

void walker_walk_done(struct walker_walk *walk)
{
    free(walk->step);
    memset(walk, 0, sizeof *walk);
}
