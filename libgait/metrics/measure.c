/* One closed footfall, step by step: the order in which the numbers of metrics.md are made. */
#include "gait/measure.h"

#include <errno.h>

#include "metrics/foot.h"

static const double STANDARD_GRAVITY = 9.80665;

static void begin(const struct gait_contact *contact, struct gait_measure_scratch *m)
{
    m->contact = contact;
    m->flags = contact->flags;
    m->bw_N = contact->state->subject.mass_kg * STANDARD_GRAVITY;
    if (!(m->bw_N > 0))
        m->bw_N = NO_VALUE;
    m->side = m->side_print = GAIT_SIDE_UNKNOWN;
    m->side_confidence = 0;
    m->partial = m->heel_whole = false;
}

static uint64_t moved(uint64_t t_ns, double by_s)
{
    double ns = floor(by_s * 1e9 + 0.5);

    if (ns < 0)
        return (double)t_ns < -ns ? 0 : t_ns - (uint64_t)-ns;
    return t_ns + (uint64_t)ns;
}

static void place_and_time(const struct gait_measure_scratch *m, struct gait_footfall *f)
{
    const struct gait_contact *c = m->contact;
    uint32_t k = 1;

    while (k < m->frames && m->t_s[k] < m->events.ic)
        k++;
    f->side = m->side;
    f->side_print = m->side_print;
    f->first_frame = c->first_frame;
    f->last_frame = c->last_frame;
    f->ic_mat_ns = moved(c->t_mat_ns[0], m->events.ic);
    f->to_mat_ns = moved(c->t_mat_ns[0], m->events.to);
    f->ic_ns = moved(c->t_ns[k - 1], m->events.ic - m->t_s[k]);
    f->heel_x_mm = m->heel.x;
    f->heel_y_mm = m->heel.y;
    f->axis_x = m->axis.x;
    f->axis_y = m->axis.y;
    f->origin_x_mm = m->origin.x;
    f->origin_y_mm = m->origin.y;
    f->progression_x = m->progression.x;
    f->progression_y = m->progression.y;
}

static void find(struct gait_measure_scratch *m)
{
    foot_contact_times(m);
    foot_progression(m);
    foot_axis_find(m);
    foot_toe_cut(m);
    foot_regions(m);
    foot_series(m);
    foot_events_find(m);
}

static void fill(struct gait_measure_scratch *m, struct gait_footfall *f)
{
    place_and_time(m, f);
    foot_totals(m, f);
    foot_event_values(m, f);
    foot_force_peaks(m, f);
    foot_heel(m, f);
    foot_forefoot(m, f);
    foot_arch(m, f);
    foot_arch_dynamic(m, f);
    foot_mediolateral(m, f);
    foot_cop_values(m, f);
    foot_cpei(m, f);
    foot_region_rows(m, f);
    foot_curves(m, f);
    foot_path(m, f);
    foot_pictures(m, f);
    foot_classify(m, f);
    foot_sway(m, f);
    foot_validity(m, f);
}

int gait_measure(const struct gait_contact *contact, struct gait_measure_scratch *scratch,
                 struct gait_footfall *ret_footfall)
{
    int r;

    if (!contact || !contact->state || !scratch || !ret_footfall)
        return -EINVAL;
    begin(contact, scratch);
    r = foot_print_make(scratch);
    if (r == 0) {
        find(scratch);
        fill(scratch, ret_footfall);
    }
    foot_print_clear(scratch);
    return r;
}
