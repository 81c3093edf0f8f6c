/*
 * How a centre of pressure wanders: running sums that go on for as long as somebody stands, without keeping the path.
 */
#ifndef METRICS_SWAY_H
#define METRICS_SWAY_H

struct sway {
    double points;
    double first_s, last_s;
    double path_mm, force_N; /* sums */
    double x0_mm, y0_mm;     /* first point */
    double x1_mm, y1_mm;     /* last one */
    double x, y, xx, xy, yy; /* sums about the first point, mm and mm2 */
};

/** Add a point; all zero before the first. Unit: s; mm in any frame that stays; N. */
void sway_add(struct sway *sway, double t_s, double x_mm, double y_mm, double force_N);

/** Area of the 95 % ellipse: pi * 5.991 * sqrt of the covariance's determinant. Unit: mm2. Returns NaN below 3 points. */
double sway_ellipse_mm2(const struct sway *sway);

/** Path over time. Unit: mm/s. Returns NaN below 3 points. */
double sway_velocity_mm_per_s(const struct sway *sway);

#endif
