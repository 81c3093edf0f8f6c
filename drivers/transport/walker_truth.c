#include "walker_truth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"

#define P_ON_KPA 10.0
#define EVENT_N  20.0

/* What the frames of one step leave behind. */
struct work {
    const struct walker_step *step;
    const struct walker_print *print;
    const struct gait_geometry *geometry;
    int64_t first; /* frame of the walk */
    uint32_t frames;
    size_t begin, end;       /* cells of the rows that the print can reach */
    double *now;             /* [cells] kPa of one frame */
    double *max;             /* [cells] largest kPa of the step, 0 below p_on */
    double *edge;            /* [cells] scratch: outer edges of cells along the foot */
    double *force, *pressed; /* [frames] all force; of the cells with p10 */
};

static double frame_time_s(const struct work *w, uint32_t frame)
{
    return (double)(w->first + frame) / w->geometry->rate_hz;
}

static double newton(const struct work *w, double kPa)
{
    return kPa * gait_geometry_cell_area_mm2(w->geometry) * 1e-3;
}

static void draw(struct work *w, uint32_t frame)
{
    memset(w->now + w->begin, 0, (w->end - w->begin) * sizeof *w->now);
    walker_print_add(w->print, w->step, w->geometry, frame_time_s(w, frame), w->now);
}

/* Place of a cell's centre along the foot, in mm. */
static double along(const struct work *w, size_t cell)
{
    double x = ((double)(cell % w->geometry->cols) + 0.5) * w->geometry->pitch_x_mm - w->step->origin_x_mm;
    double y = ((double)(cell / w->geometry->cols) + 0.5) * w->geometry->pitch_y_mm - w->step->origin_y_mm;

    return x * w->step->ux + y * w->step->uy;
}

static double half_cell_mm(const struct work *w)
{
    return (w->geometry->pitch_x_mm * fabs(w->step->ux) + w->geometry->pitch_y_mm * fabs(w->step->uy)) / 2;
}

/* --- first look: forces, times, the print ------------------------------------------------------ */

static bool outermost(const struct work *w, size_t cell)
{
    size_t row = cell / w->geometry->cols, col = cell % w->geometry->cols;

    return row == 0 || row == w->geometry->rows - 1 || col == 0 || col == w->geometry->cols - 1;
}

static void look_at_forces(struct work *w, struct walker_truth *truth)
{
    double dt = 1 / w->geometry->rate_hz;

    for (uint32_t i = 0; i < w->frames; i++) {
        double all = 0, pressed = 0;

        draw(w, i);
        for (size_t c = w->begin; c < w->end; c++) {
            all += w->now[c];
            truth->peak_kPa = fmax(truth->peak_kPa, w->now[c]);
            if (w->now[c] > truth->edge_kPa && outermost(w, c))
                truth->edge_kPa = w->now[c];
            if (w->now[c] < P_ON_KPA)
                continue;
            pressed += w->now[c];
            w->max[c] = fmax(w->max[c], w->now[c]);
        }
        w->force[i] = newton(w, all);
        w->pressed[i] = newton(w, pressed);
        truth->force_max_N = fmax(truth->force_max_N, w->force[i]);
        truth->impulse_Ns += w->force[i] * dt;
        truth->force_max_p10_N = fmax(truth->force_max_p10_N, newton(w, pressed));
        truth->impulse_p10_Ns += newton(w, pressed) * dt;
    }
}

static double force_at(const struct work *w, const double *force, int64_t frame)
{
    return frame < 0 || frame >= w->frames ? 0 : force[frame];
}

/* Where the line between two frames crosses the event force. */
static double crossing_s(const struct work *w, const double *force, int64_t frame)
{
    double a = force_at(w, force, frame), b = force_at(w, force, frame + 1);

    return ((double)(w->first + frame) + (EVENT_N - a) / (b - a)) / w->geometry->rate_hz;
}

static void find_events(const struct work *w, const double *force, double *ret_ic_s, double *ret_to_s)
{
    *ret_ic_s = *ret_to_s = NAN;
    for (int64_t i = 0; i < w->frames; i++)
        if (isnan(*ret_ic_s) && force_at(w, force, i) >= EVENT_N)
            *ret_ic_s = crossing_s(w, force, i - 1);
    for (int64_t i = (int64_t)w->frames - 1; i >= 0; i--)
        if (isnan(*ret_to_s) && force_at(w, force, i) >= EVENT_N)
            *ret_to_s = crossing_s(w, force, i);
}

/* --- second look: the print and its parts ------------------------------------------------------ */

/* Rear edge of the print along the foot; length into *truth. False: no print. */
static bool find_length(const struct work *w, struct walker_truth *truth, double *ret_rear)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t c = w->begin; c < w->end; c++) {
        if (w->max[c] <= 0)
            continue;
        low = fmin(low, along(w, c));
        high = fmax(high, along(w, c));
    }
    if (low > high)
        return false;
    truth->length_mm = high - low + 2 * half_cell_mm(w);
    *ret_rear = low - half_cell_mm(w);
    return true;
}

static bool is_toe(const struct work *w, size_t cell)
{
    uint32_t row = (uint32_t)(cell / w->geometry->cols), col = (uint32_t)(cell % w->geometry->cols);

    return walker_step_reach_kPa(w->step, w->geometry, row, col, true) >
           walker_step_reach_kPa(w->step, w->geometry, row, col, false);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Arch index: thirds of the toeless length, which ends at the 98th percentile of the outer edges of non-toe cells. */
static void find_arch(const struct work *w, double rear, struct walker_truth *truth)
{
    size_t n = 0, middle = 0, print = 0;

    for (size_t c = w->begin; c < w->end; c++)
        if (w->max[c] > 0 && !is_toe(w, c))
            w->edge[n++] = along(w, c) + half_cell_mm(w) - rear;
    if (n == 0)
        return;
    qsort(w->edge, n, sizeof *w->edge, by_size);
    truth->toeless_length_mm = w->edge[(size_t)(0.98 * (double)(n - 1) + 0.5)];
    for (size_t i = 0; i < n; i++) {
        double u = w->edge[i] - half_cell_mm(w);

        print++;
        middle += u >= truth->toeless_length_mm / 3 && u < truth->toeless_length_mm * 2 / 3;
    }
    truth->arch_index = (double)middle / (double)print;
}

static void find_heel_centre(const struct work *w, double rear, struct walker_truth *truth)
{
    double x = 0, y = 0, n = 0;

    for (size_t c = w->begin; c < w->end; c++) {
        if (w->max[c] <= 0 || along(w, c) - rear >= 0.20 * truth->length_mm)
            continue;
        x += ((double)(c % w->geometry->cols) + 0.5) * w->geometry->pitch_x_mm;
        y += ((double)(c / w->geometry->cols) + 0.5) * w->geometry->pitch_y_mm;
        n++;
    }
    truth->heel_x_mm = x / n;
    truth->heel_y_mm = y / n;
}

static void find_heel_load(struct work *w, double rear, struct walker_truth *truth)
{
    double dt = 1 / w->geometry->rate_hz;

    for (uint32_t i = 0; i < w->frames; i++) {
        double heel = 0;

        draw(w, i);
        for (size_t c = w->begin; c < w->end; c++)
            if (w->now[c] >= P_ON_KPA && along(w, c) - rear < 0.31 * truth->length_mm)
                heel += w->now[c];
        truth->heel31_force_max_N = fmax(truth->heel31_force_max_N, newton(w, heel));
        truth->heel31_impulse_Ns += newton(w, heel) * dt;
    }
    truth->heel31_share_pct = 100 * truth->heel31_impulse_Ns / truth->impulse_p10_Ns;
}

/* Nothing of it stands on the outermost cells, and the mat bears all of it all the time. */
static bool whole(const struct work *w, const struct walker_truth *truth)
{
    double endless_N = 0;

    for (uint32_t i = 0; i < w->frames; i++)
        endless_N += walker_foot_force_N(&w->step->foot, (frame_time_s(w, i) - w->step->landing_s) / w->step->stance_s);
    if (truth->impulse_Ns < 0.99 * endless_N / w->geometry->rate_hz)
        return false;
    for (size_t c = w->begin; c < w->end; c++)
        if (w->max[c] > 0 && outermost(w, c))
            return false;
    return true;
}

static void look(struct work *w, struct walker_truth *truth)
{
    double rear;

    look_at_forces(w, truth);
    find_events(w, w->force, &truth->ic_s, &truth->to_s);
    find_events(w, w->pressed, &truth->ic_p10_s, &truth->to_p10_s);
    if (!find_length(w, truth, &rear))
        return;
    find_heel_centre(w, rear, truth);
    find_heel_load(w, rear, truth);
    find_arch(w, rear, truth);
    truth->whole = whole(w, truth);
}

static void find_rows(struct work *w)
{
    uint32_t first = w->geometry->rows, end = 0;

    for (int i = 0; i < WALKER_BLOBS; i++) {
        const struct walker_stamp *s = &w->print->stamp[i];

        if (s->rows == 0)
            continue;
        first = s->row0 < first ? s->row0 : first;
        end = s->row0 + s->rows > end ? s->row0 + s->rows : end;
    }
    w->begin = (size_t)(first < end ? first : end) * w->geometry->cols;
    w->end = (size_t)end * w->geometry->cols;
}

int walker_truth_make(const struct walker_step *step, const struct walker_print *print,
                      const struct gait_geometry *geometry, struct walker_truth *ret_truth)
{
    size_t cells = gait_geometry_cells(geometry);
    struct walker_truth truth = {.length_mm = NAN,
                                 .toeless_length_mm = NAN,
                                 .heel_x_mm = NAN,
                                 .heel_y_mm = NAN,
                                 .heel31_share_pct = NAN,
                                 .arch_index = NAN};
    struct work w = {.step = step, .print = print, .geometry = geometry};
    _cleanup_free_ double *memory = NULL;

    w.first = (int64_t)floor(step->landing_s * geometry->rate_hz) - 1;
    w.frames = (uint32_t)(step->stance_s * geometry->rate_hz) + 4;
    memory = calloc(3 * cells + 2 * (size_t)w.frames, sizeof *memory);
    if (!memory)
        return -ENOMEM;
    w.now = memory;
    w.max = memory + cells;
    w.edge = memory + 2 * cells;
    w.force = memory + 3 * cells;
    w.pressed = w.force + w.frames;
    find_rows(&w);
    look(&w, &truth);
    *ret_truth = truth;
    return 0;
}
