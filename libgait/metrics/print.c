/* The print of a footfall: every cell it touched, with its maximum and impulse; and the totals of each frame. */
#include "metrics/foot.h"

#include <errno.h>
#include <string.h>

static int check(const struct gait_measure_scratch *m)
{
    const struct gait_contact *c = m->contact;
    const struct gait_geometry *g = &c->state->geometry;

    if (c->frames == 0 || c->first[c->frames] == c->first[0])
        return -EINVAL;
    if (g->rows != m->rows || g->cols != m->cols)
        return -EINVAL;
    if (!(g->rate_hz > 0))
        return -EINVAL;
    return c->frames > m->max_frames ? -ENOSPC : 0;
}

/* Seconds from frame 0, padded; trapezoid weights of the padded series. */
static void set_times(struct gait_measure_scratch *m)
{
    const struct gait_contact *c = m->contact;
    uint32_t n = c->frames;

    for (uint32_t k = 0; k < n; k++)
        m->t_s[k + 1] = (double)(int64_t)(c->t_mat_ns[k] - c->t_mat_ns[0]) * 1e-9;
    m->t_s[0] = -m->dt_s;
    m->t_s[n + 1] = m->t_s[n] + m->dt_s;
    for (uint32_t k = 1; k <= n; k++)
        m->weight_s[k] = 0.5 * (m->t_s[k + 1] - m->t_s[k - 1]);
    m->weight_s[0] = m->weight_s[n + 1] = 0;
}

static int add_cell(struct gait_measure_scratch *m, uint32_t cell)
{
    struct foot_sum *p;

    if (cell >= m->rows * m->cols)
        return -EINVAL;
    if (m->cells == m->max_cells)
        return -ENOSPC;
    m->print[m->cells].cell = cell;
    p = &m->sum[m->cells++];
    p->mm.x = (cell % m->cols + 0.5) * m->pitch_x_mm;
    p->mm.y = (cell / m->cols + 0.5) * m->pitch_y_mm;
    p->max_kPa = p->impulse_kPas = 0;
    m->place[cell] = m->cells;
    return 0;
}

struct total {
    double sum, x, y, peak;
    uint32_t peak_cell;
};

static int add_frame(struct gait_measure_scratch *m, uint32_t k, struct total *ret_total)
{
    const struct gait_contact *c = m->contact;
    struct total t = {0};

    for (uint32_t i = c->first[k]; i < c->first[k + 1]; i++) {
        double p = (double)c->p_kPa[i];
        struct foot_sum *cell;
        int r;

        if (c->cell[i] >= m->rows * m->cols || !m->place[c->cell[i]]) {
            r = add_cell(m, c->cell[i]);
            if (r < 0)
                return r;
        }
        cell = &m->sum[m->place[c->cell[i]] - 1];
        if (p > cell->max_kPa)
            cell->max_kPa = p;
        cell->impulse_kPas += p * m->weight_s[k + 1];
        t.sum += p;
        t.x += p * cell->mm.x;
        t.y += p * cell->mm.y;
        if (p > t.peak) {
            t.peak = p;
            t.peak_cell = c->cell[i];
        }
    }
    *ret_total = t;
    return 0;
}

static void keep_total(struct gait_measure_scratch *m, uint32_t k, const struct total *t)
{
    double force = t->sum * m->area_mm2 * 1e-3;
    double area = (m->contact->first[k + 1] - m->contact->first[k]) * m->area_mm2;
    double offset_y = m->contact->offset_y_mm ? m->contact->offset_y_mm[k] : 0;
    bool centre = t->sum > 0 && force >= m->contact->state->parameters.cop_force_N;

    m->force[GAIT_REGION_FOOT][k + 1] = force;
    m->area_mm2_of[k + 1] = area;
    m->cop_x[k + 1] = centre ? t->x / t->sum : NO_VALUE;
    m->cop_y[k + 1] = centre ? t->y / t->sum + offset_y : NO_VALUE;
    m->force_max_N = max2(m->force_max_N, force);
    m->area_max_mm2 = max2(m->area_max_mm2, area);
    if (t->peak > m->peak_kPa) {
        m->peak_kPa = t->peak;
        m->peak_cell = t->peak_cell;
    }
}

static void take_over(struct gait_measure_scratch *m)
{
    const uint8_t *filled = m->contact->filled;

    for (uint32_t i = 0; i < m->cells; i++) {
        struct foot_cell *c = &m->print[i];

        *c = (struct foot_cell){.cell = c->cell,
                                .mm = m->sum[i].mm,
                                .max_kPa = m->sum[i].max_kPa,
                                .impulse_kPas = m->sum[i].impulse_kPas,
                                .filled = filled && filled[c->cell]};
    }
}

int foot_print_make(struct gait_measure_scratch *m)
{
    int r = check(m);

    if (r < 0)
        return r;
    m->dt_s = 1 / m->contact->state->geometry.rate_hz;
    m->frames = m->contact->frames;
    m->cells = 0;
    m->peak_kPa = m->force_max_N = m->area_max_mm2 = 0;
    m->peak_cell = 0;
    set_times(m);
    for (uint32_t k = 0; k < m->frames; k++) {
        struct total t;

        r = add_frame(m, k, &t);
        if (r < 0)
            return r;
        keep_total(m, k, &t);
    }
    take_over(m);
    m->force[GAIT_REGION_FOOT][0] = m->force[GAIT_REGION_FOOT][m->frames + 1] = 0;
    return m->force_max_N > 0 ? 0 : -EINVAL;
}

void foot_print_clear(struct gait_measure_scratch *m)
{
    for (uint32_t i = 0; i < m->cells; i++)
        m->place[m->print[i].cell] = 0;
    m->cells = 0;
}

double foot_print_at(const struct gait_measure_scratch *m, double x_mm, double y_mm)
{
    double c = x_mm / m->pitch_x_mm, r = y_mm / m->pitch_y_mm;
    uint32_t place;

    if (!(c >= 0) || !(r >= 0) || c >= m->cols || r >= m->rows)
        return 0;
    place = m->place[(uint32_t)r * m->cols + (uint32_t)c];
    return place ? m->print[place - 1].max_kPa : 0;
}
