#include "synthetic_foot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARCH = 1 };

static void add(struct synthetic_foot *foot, struct blob b)
{
    foot->blob[foot->blobs++] = b;
}

static void forefoot(struct synthetic_foot *foot, double from)
{
    static const double v[5] = {-26, -12, 2, 16, 30}, kPa[5] = {150, 210, 200, 120, 90};
    const double length = 250;

    for (int k = 0; k < 5; k++)
        add(foot, (struct blob){(0.72 - 0.012 * k) * length, v[k], 12, 8, kPa[k], from + 0.015 * (4 - k), 1});
    add(foot, (struct blob){0.93 * length, -24, 8, 7, 200, 0.5, 1});
    for (int k = 0; k < 4; k++)
        add(foot, (struct blob){(0.93 - 0.02 * k) * length, -8 + 11 * k, 5, 5, 40, 0.5, 0.97});
}

void synthetic_slow(struct synthetic_foot *foot)
{
    *foot = (struct synthetic_foot){.stance_s = 0.69};
    add(foot, (struct blob){30, 0, 19, 16, 300, -0.12, 0.66});
    add(foot, (struct blob){105, 12, 35, 12, 60, 0.10, 0.80});
    forefoot(foot, 0.15);
}

void synthetic_normal(struct synthetic_foot *foot)
{
    *foot = (struct synthetic_foot){.stance_s = 0.63};
    add(foot, (struct blob){30, 0, 19, 16, 300, -0.10, 0.56});
    add(foot, (struct blob){105, 14, 30, 8, 30, 0.12, 0.62});
    forefoot(foot, 0.12);
    for (int i = 2; i < 7; i++)
        foot->blob[i].kPa *= 1.5;
}

void synthetic_arch(struct synthetic_foot *foot, double kPa, double sigma_v)
{
    foot->blob[ARCH].kPa = kPa;
    foot->blob[ARCH].sigma_v = sigma_v;
}

double raised_cosine(double t, double from, double to)
{
    return t > from && t < to ? 0.5 * (1 - cos(2 * M_PI * (t - from) / (to - from))) : 0;
}

/* Shape of one blob on the mat, 1 at its centre. */
static void shape(const struct blob *o, const struct pose *pose, const struct gait_geometry *g, double *ret_shape)
{
    double s = sin(pose->turn_deg * M_PI / 180), c = cos(pose->turn_deg * M_PI / 180), side = pose->left ? -1 : 1;

    for (uint32_t i = 0; i < g->rows * g->cols; i++) {
        double x = (i % g->cols + 0.5) * g->pitch_x_mm - pose->x_mm;
        double y = (i / g->cols + 0.5) * g->pitch_y_mm - pose->y_mm;
        double u = x * s + y * c - o->u_mm, v = side * (x * c - y * s) - o->v_mm;
        double e = u * u / (2 * o->sigma_u * o->sigma_u) + v * v / (2 * o->sigma_v * o->sigma_v);

        ret_shape[i] = e < 40 ? exp(-e) : 0;
    }
}

static double *zeroed(size_t n)
{
    double *p = calloc(n, sizeof(*p));

    if (!p)
        abort();
    return p;
}

static void give_frame(const struct synthetic_foot *foot, const struct pose *pose, struct contact_maker *maker,
                       double t_s, const double *shapes, double *sum)
{
    size_t cells = gait_geometry_cells(&maker->state.geometry);
    double scale = pose->kPa_scale > 0 ? pose->kPa_scale : 1;
    float *kPa = (float *)(sum + cells);

    memset(sum, 0, cells * sizeof(*sum));
    for (int b = 0; b < foot->blobs; b++) {
        double now =
            scale * foot->blob[b].kPa * raised_cosine(t_s / foot->stance_s, foot->blob[b].from, foot->blob[b].to);

        for (size_t i = 0; now > 0 && i < cells; i++)
            sum[i] += now * shapes[(size_t)b * cells + i];
    }
    for (size_t i = 0; i < cells; i++)
        kPa[i] = (float)sum[i];
    contact_maker_frame(maker, kPa);
}

void synthetic_walk_over(const struct synthetic_foot *foot, const struct pose *pose, struct contact_maker *maker)
{
    const struct gait_geometry *g = &maker->state.geometry;
    size_t cells = gait_geometry_cells(g);
    double *shapes = zeroed(cells * (size_t)foot->blobs), *sum = zeroed(2 * cells);
    int frames = (int)floor(foot->stance_s * g->rate_hz + 1e-9);

    for (int b = 0; b < foot->blobs; b++)
        shape(&foot->blob[b], pose, g, shapes + (size_t)b * cells);
    for (int k = 0; k <= frames; k++)
        give_frame(foot, pose, maker, k / g->rate_hz, shapes, sum);
    free(shapes);
    free(sum);
    contact_maker_close(maker);
}
