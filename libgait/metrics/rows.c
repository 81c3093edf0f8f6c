/* The region table and the pictures of a footfall. */
#include "metrics/foot.h"

static bool in_region(const struct foot_cell *c, int r)
{
    switch (r) {
    case GAIT_REGION_FOOT:
        return true;
    case GAIT_REGION_HEEL31:
        return c->heel31;
    case GAIT_REGION_HEEL27:
        return c->heel27;
    case GAIT_REGION_TOES:
        return c->toe;
    default:
        return c->mask11 == r;
    }
}

static double cells_of(const struct gait_measure_scratch *m, int r)
{
    double n = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        if (r >= GAIT_REGION_THIRD_HEEL && r <= GAIT_REGION_THIRD_FORE)
            n += m->print[i].third[r - GAIT_REGION_THIRD_HEEL];
        else
            n += in_region(&m->print[i], r);
    }
    return n;
}

static struct gait_region_numbers row_of(const struct gait_measure_scratch *m, int r)
{
    const double *force = m->force[r], *peak = m->peak[r];
    uint32_t top = foot_index_of_max(m, force);
    double impulse = foot_integral(m, force), cells = cells_of(m, r), mm2 = cells * m->area_mm2;
    double highest = peak[foot_index_of_max(m, peak)];

    return (struct gait_region_numbers){
        .cells = cells,
        .area_cm2 = mm2 * 1e-2,
        .peak_kPa = cells > 0 ? highest : NO_VALUE,
        .force_max_N = force[top],
        .impulse_Ns = impulse,
        .share_pct = 100 * impulse / foot_integral(m, m->force[GAIT_REGION_FOOT]),
        .pti_peak_kPas = cells > 0 ? foot_integral(m, peak) : NO_VALUE,
        .pti_mean_kPas = cells > 0 ? impulse / (mm2 * 1e-3) : NO_VALUE,
        .mean_kPa = cells > 0 ? force[top] / (mm2 * 1e-3) : NO_VALUE,
        .contact_time_s = foot_time_above(m, force, 1e-9),
        .time_to_peak_s = cells > 0 ? m->t_s[top] - m->events.ic : NO_VALUE,
    };
}

void foot_region_rows(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    for (int r = 0; r < GAIT_REGION_COUNT; r++)
        f->region[r] = row_of(m, r);
}

/* The window of the print in the mat, its rows cut to what the record holds. */
static void set_window(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    uint32_t row0 = UINT32_MAX, col0 = UINT32_MAX, row1 = 0, col1 = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        uint32_t row = m->print[i].cell / m->cols, col = m->print[i].cell % m->cols;

        row0 = row < row0 ? row : row0;
        row1 = row > row1 ? row : row1;
        col0 = col < col0 ? col : col0;
        col1 = col > col1 ? col : col1;
    }
    f->row0 = row0;
    f->col0 = col0;
    f->cols = col1 - col0 + 1;
    f->rows = row1 - row0 + 1;
    if (f->rows > f->picture_capacity / f->cols)
        f->rows = f->picture_capacity / f->cols;
}

void foot_pictures(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    double contact_s = m->t_s[m->frames + 1] - m->t_s[1];

    set_window(m, f);
    for (uint32_t i = 0; i < f->rows * f->cols; i++)
        f->picture_max_kPa[i] = f->picture_mean_kPa[i] = 0;
    for (uint32_t i = 0; i < m->cells; i++) {
        const struct foot_cell *c = &m->print[i];
        uint32_t row = c->cell / m->cols - f->row0, col = c->cell % m->cols - f->col0;

        if (row >= f->rows)
            continue;
        f->picture_max_kPa[row * f->cols + col] = (float)c->max_kPa;
        f->picture_mean_kPa[row * f->cols + col] = (float)(c->impulse_kPas / contact_s);
    }
}
