#include "contact_maker.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *old, size_t count, size_t size)
{
    void *p = realloc(old, count * size);

    if (!p)
        abort();
    return p;
}

void contact_maker_init(struct contact_maker *m, uint32_t rows, uint32_t cols, double pitch_x_mm, double pitch_y_mm,
                        double rate_hz, double p_on_kPa)
{
    struct gait_trial_state *s = &m->state;

    memset(m, 0, sizeof(*m));
    s->geometry = (struct gait_geometry){.rows = rows,
                                         .cols = cols,
                                         .pitch_x_mm = pitch_x_mm,
                                         .pitch_y_mm = pitch_y_mm,
                                         .rate_hz = rate_hz,
                                         .dtype = GAIT_F32};
    gait_parameters_default(&s->parameters);
    s->parameters.p_on_kPa = p_on_kPa;
    s->parameters.p_off_kPa = 0.5 * p_on_kPa;
    gait_subject_unknown(&s->subject);
    gait_session_axis_unknown(&s->session);
}

static void make_room(struct contact_maker *m)
{
    uint32_t all = m->state.geometry.rows * m->state.geometry.cols;

    if (m->frames + 2 > m->frames_room) {
        m->frames_room = 2 * m->frames_room + 64;
        m->t_ns = grown(m->t_ns, m->frames_room, sizeof(*m->t_ns));
        m->first = grown(m->first, m->frames_room, sizeof(*m->first));
    }
    if (m->cells + all > m->cells_room) {
        m->cells_room = 2 * m->cells_room + all;
        m->cell = grown(m->cell, m->cells_room, sizeof(*m->cell));
        m->p_kPa = grown(m->p_kPa, m->cells_room, sizeof(*m->p_kPa));
    }
}

void contact_maker_frame(struct contact_maker *m, const float *kPa)
{
    const struct gait_geometry *g = &m->state.geometry;
    float p_on = (float)m->state.parameters.p_on_kPa;
    uint64_t number = m->seen++;

    make_room(m);
    m->first[m->frames] = m->cells;
    for (uint32_t i = 0; i < g->rows * g->cols; i++) {
        if (!(kPa[i] > 0) || kPa[i] < p_on)
            continue;
        m->cell[m->cells] = i;
        m->p_kPa[m->cells++] = kPa[i];
    }
    if (m->frames == 0 && m->cells == 0)
        return;
    if (m->frames == 0)
        m->contact.first_frame = number;
    m->t_ns[m->frames++] = (uint64_t)llround((double)number * 1e9 / g->rate_hz);
    m->first[m->frames] = m->cells;
}

const struct gait_contact *contact_maker_close(struct contact_maker *m)
{
    struct gait_contact *c = &m->contact;

    make_room(m);
    while (m->frames && m->first[m->frames] == m->first[m->frames - 1])
        m->frames--;
    c->state = &m->state;
    c->frames = m->frames;
    c->t_mat_ns = c->t_ns = m->t_ns;
    c->first = m->first;
    c->cell = m->cell;
    c->p_kPa = m->p_kPa;
    c->last_frame = c->first_frame + m->frames - 1;
    c->progression_x = c->progression_y = (double)NAN;
    return c;
}

void contact_maker_done(struct contact_maker *m)
{
    free(m->t_ns);
    free(m->first);
    free(m->cell);
    free(m->p_kPa);
}

struct gait_footfall *contact_maker_measure(struct contact_maker *m)
{
    struct gait_footfall *f = NULL;
    _cleanup_(gait_measure_scratch_freep) struct gait_measure_scratch *scratch = NULL;
    uint32_t cells = m->state.geometry.rows * m->state.geometry.cols;

    if (gait_measure_scratch_new(&m->state.geometry, m->frames + 1, 0, &scratch) < 0 ||
        gait_footfall_new(m->frames + 1, cells, &f) < 0)
        abort();
    if (gait_measure(&m->contact, scratch, f) == 0)
        return f;
    gait_footfall_free(f);
    return NULL;
}
