/* The memory of gait_measure(), taken once. */
#include "metrics/foot.h"

#include <errno.h>
#include <stdlib.h>

static bool take(double **slot, size_t n)
{
    *slot = calloc(n, sizeof(**slot));
    return *slot != NULL;
}

static bool take_series(struct gait_measure_scratch *m, size_t n)
{
    double **const one[] = {&m->t_s,         &m->weight_s, &m->fore_N, &m->fore_kPa, &m->medial_mid_N, &m->mid_mm2,
                            &m->area_mm2_of, &m->cop_x,    &m->cop_y,  &m->cop_u,    &m->cop_v};

    for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
        if (!take(one[i], n))
            return false;
    for (int r = 0; r < GAIT_REGION_COUNT; r++)
        if (!take(&m->force[r], n) || !take(&m->peak[r], n))
            return false;
    return true;
}

static bool take_cells(struct gait_measure_scratch *m, size_t n, size_t either)
{
    m->print = calloc(n, sizeof(*m->print));
    m->sum = calloc(n, sizeof(*m->sum));
    m->mask = calloc(n, sizeof(*m->mask));
    m->place = calloc((size_t)m->rows * m->cols, sizeof(*m->place));
    m->corner = calloc(4 * n, sizeof(*m->corner));
    m->hull = calloc(4 * n + 1, sizeof(*m->hull));
    return m->print && m->sum && m->mask && m->place && m->corner && m->hull && take(&m->tmp, either) &&
           take(&m->tmp_u, either);
}

int gait_measure_scratch_new(const struct gait_geometry *geometry, uint32_t max_frames, uint32_t max_cells,
                             struct gait_measure_scratch **ret_scratch)
{
    _cleanup_(gait_measure_scratch_freep) struct gait_measure_scratch *m = NULL;
    size_t cells, series;

    if (!geometry || !ret_scratch || gait_geometry_check(geometry) < 0 || max_frames == 0 || max_frames > 1u << 24)
        return -EINVAL;
    cells = gait_geometry_cells(geometry);
    if (max_cells == 0 || max_cells > cells)
        max_cells = (uint32_t)cells;
    series = (size_t)max_frames + 2;
    m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->rows = geometry->rows;
    m->cols = geometry->cols;
    m->pitch_x_mm = geometry->pitch_x_mm;
    m->pitch_y_mm = geometry->pitch_y_mm;
    m->area_mm2 = gait_geometry_cell_area_mm2(geometry);
    m->max_frames = max_frames;
    m->max_cells = max_cells;
    if (!take_series(m, series) || !take_cells(m, max_cells, series > max_cells ? series : max_cells))
        return -ENOMEM;
    *ret_scratch = gait_steal(&m);
    return 0;
}

void gait_measure_scratch_free(struct gait_measure_scratch *m)
{
    if (!m)
        return;
    for (int r = 0; r < GAIT_REGION_COUNT; r++) {
        free(m->force[r]);
        free(m->peak[r]);
    }
    free(m->t_s);
    free(m->weight_s);
    free(m->fore_N);
    free(m->fore_kPa);
    free(m->medial_mid_N);
    free(m->mid_mm2);
    free(m->area_mm2_of);
    free(m->cop_x);
    free(m->cop_y);
    free(m->cop_u);
    free(m->cop_v);
    free(m->print);
    free(m->sum);
    free(m->mask);
    free(m->place);
    free(m->corner);
    free(m->hull);
    free(m->tmp);
    free(m->tmp_u);
    free(m);
}
