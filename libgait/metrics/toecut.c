/* The line between forefoot and toes: the pressure valley of each strip along the foot (metrics.md 3.1). */
#include "metrics/foot.h"

#include <string.h>

enum { PROFILE_MAX = 512 };

struct toe_line {
    int first; /* index of strip 0: v = (first + k + 0.5) * pitch_v */
    int count;
    double u[FOOT_STRIPS_MAX];        /* NaN: no toe pressure beyond the ridge */
    double straight[FOOT_STRIPS_MAX]; /* the fallback */
    bool clamped[FOOT_STRIPS_MAX];
};

struct profile {
    double step;
    int count;
    double kPa[PROFILE_MAX], beyond[PROFILE_MAX]; /* largest value of all later samples */
};

static void sample_strip(const struct gait_measure_scratch *m, double v, struct profile *ret)
{
    ret->step = max2(0.5 * m->pitch_u, m->length / (PROFILE_MAX - 2));
    ret->count = (int)(m->length / ret->step) + 1;
    for (int i = 0; i < ret->count; i++) {
        double u = i * ret->step;

        ret->kPa[i] = foot_print_at(m, m->origin.x + u * m->axis.x + v * m->lateral.x,
                                    m->origin.y + u * m->axis.y + v * m->lateral.y);
    }
    ret->beyond[ret->count - 1] = 0;
    for (int i = ret->count - 1; i-- > 0;)
        ret->beyond[i] = max2(ret->beyond[i + 1], ret->kPa[i + 1]);
}

/* Index of the forefoot ridge, -1 when the strip has no forefoot. */
static int ridge(const struct gait_measure_scratch *m, const struct profile *p)
{
    int best = -1;

    for (int i = 0; i < p->count; i++) {
        double u = i * p->step;

        if (u < 0.55 * m->length || u > 0.80 * m->length || p->kPa[i] <= 0)
            continue;
        if (best < 0 || p->kPa[i] > p->kPa[best])
            best = i;
    }
    return best;
}

/* Lowest place between ridge and toe pressure: middle of the longest run of the minimum. */
static double valley(const struct gait_measure_scratch *m, const struct profile *p, int from)
{
    double rise = m->contact->state->parameters.p_on_kPa, lowest = FAR, middle = NO_VALUE;
    int run = 0, longest = 0;

    for (int i = from; i < p->count && i * p->step <= 0.93 * m->length; i++) {
        bool toes = p->beyond[i] > p->kPa[i] && p->beyond[i] >= p->kPa[i] + rise;

        if (i * p->step < 0.68 * m->length || !toes || p->kPa[i] > lowest) {
            run = 0;
            continue;
        }
        run = p->kPa[i] < lowest ? 1 : run + 1;
        if (p->kPa[i] < lowest || run > longest) {
            longest = run;
            middle = (i - 0.5 * (run - 1)) * p->step;
        }
        lowest = p->kPa[i];
    }
    return middle;
}

static int find_strips(const struct gait_measure_scratch *m, struct toe_line *line)
{
    struct profile p;
    int found = 0;

    line->first = (int)floor(m->v_min / m->pitch_v);
    line->count = (int)floor(m->v_max / m->pitch_v) - line->first + 1;
    if (line->count > FOOT_STRIPS_MAX)
        return 0;
    for (int k = 0; k < line->count; k++) {
        double v = (line->first + k + 0.5) * m->pitch_v, across = (v - m->v_min) / max2(m->v_max - m->v_min, 1e-9);
        int top;

        sample_strip(m, v, &p);
        top = ridge(m, &p);
        line->u[k] = top < 0 ? NO_VALUE : valley(m, &p, top);
        line->straight[k] = (0.83 - 0.07 * min2(1, max2(0, across))) * m->length;
        found += !isnan(line->u[k]);
    }
    return found;
}

/* Strips without a valley take the line between their neighbours, at the ends the nearest. */
static void bridge(struct toe_line *line)
{
    int last = -1;

    for (int k = 0; k < line->count; k++) {
        if (isnan(line->u[k]))
            continue;
        for (int j = last + 1; j < k; j++)
            line->u[j] = last < 0 ? line->u[k] : line->u[last] + (line->u[k] - line->u[last]) * (j - last) / (k - last);
        last = k;
    }
    for (int j = last + 1; j < line->count; j++)
        line->u[j] = line->u[last];
}

static void median5(struct toe_line *line)
{
    double in[FOOT_STRIPS_MAX], window[5];

    memcpy(in, line->u, sizeof(in[0]) * (size_t)line->count);
    for (int k = 0; k < line->count; k++) {
        int from = k < 2 ? 0 : k - 2, to = k + 2 < line->count ? k + 2 : line->count - 1;

        memcpy(window, in + from, sizeof(in[0]) * (size_t)(to - from + 1));
        sort_doubles(window, (uint32_t)(to - from + 1));
        line->u[k] = quantile_sorted(window, (uint32_t)(to - from + 1), 0.5);
    }
}

/* Puts the straight line where the found one leaves [0.70, 0.92] L. True when most of the hallux third had to be. */
static bool clamp(const struct gait_measure_scratch *m, struct toe_line *line)
{
    int hallux = 0, clamped = 0;

    for (int k = 0; k < line->count; k++) {
        line->clamped[k] = line->u[k] < 0.70 * m->length || line->u[k] > 0.92 * m->length;
        if (line->clamped[k])
            line->u[k] = line->straight[k];
        if (3 * k < line->count) {
            hallux++;
            clamped += line->clamped[k];
        }
    }
    return 2 * clamped > hallux;
}

static double mark_toes(struct gait_measure_scratch *m, const struct toe_line *line, const double *u)
{
    double area = 0;

    for (uint32_t i = 0; i < m->cells; i++) {
        int k = (int)floor(m->print[i].v / m->pitch_v) - line->first;

        m->print[i].toe = m->print[i].u > u[k];
        area += m->print[i].toe ? m->area_mm2 : 0;
    }
    return area;
}

static double arch_index(const struct gait_measure_scratch *m)
{
    return m->third_mm2[1] / (m->third_mm2[0] + m->third_mm2[1] + m->third_mm2[2]);
}

static void no_toes(struct gait_measure_scratch *m)
{
    for (uint32_t i = 0; i < m->cells; i++)
        m->print[i].toe = false;
    m->no_toes = true;
    m->toes_default = false;
    foot_thirds(m);
}

void foot_toe_cut(struct gait_measure_scratch *m)
{
    struct toe_line line;
    double straight = NO_VALUE;

    m->no_toes = m->toes_default = false;
    if (find_strips(m, &line) == 0) {
        no_toes(m);
        return;
    }
    bridge(&line);
    median5(&line);
    m->toes_default = clamp(m, &line);
    if (mark_toes(m, &line, line.straight) > 0) {
        foot_thirds(m);
        straight = arch_index(m);
    }
    if (mark_toes(m, &line, line.u) < 200) {
        no_toes(m);
        return;
    }
    foot_thirds(m);
    if (!(fabs(arch_index(m) - straight) > 0.03))
        return;
    mark_toes(m, &line, line.straight);
    foot_thirds(m);
    m->toes_default = true;
}
