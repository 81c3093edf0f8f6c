/*
 * The report's pictures, one a file. Each draws one idea into a box of a page and computes nothing that the study has already.
 */
#ifndef REPORT_H
#define REPORT_H

#include <gait/stats_curve.h>

#include "../study.h"
#include "canvas.h"

/* Rows (one a pass) of something sampled at nodes, before and after, of one foot, in the speed window. */
struct rows {
    double *pre, *post;
    size_t n_pre, n_post, nodes;
    double *mean_pre, *mean_post, *t, *p; /* [nodes]; t and p NaN where nothing can be said */
    struct gait_stats_curve test;
    bool tested;
};

/** Pass means of a curve. Owner: rows_done(). Returns 0; -ENOMEM. */
int rows_of_curve(const struct study *study, const char *timepoint, enum gait_side side, enum gait_curve curve,
                  struct rows *ret_rows);

/** Pass means of registered prints; tested on cells of 2 x 2. nodes = STEPS_PRINT_U*STEPS_PRINT_V. Owner, returns as above. */
int rows_of_print(const struct study *study, const char *timepoint, enum gait_side side, struct rows *ret_rows);
void rows_done(struct rows *rows);

/* Pictures. All have units and n on them. */
void draw_maps(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_side side);
void draw_curve(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_side side,
                enum gait_curve curve);
void draw_forest(cairo_t *cr, const struct study *study, struct box box, const char *timepoint);
void draw_steps(cairo_t *cr, const struct study *study, struct box box, enum gait_metric metric);
void draw_cop(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, enum gait_side side);
void draw_construction(cairo_t *cr, const struct study *study, struct box box, const char *timepoint,
                       enum gait_side side);
void draw_agreement(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, size_t primary);
void draw_people(cairo_t *cr, const struct study *study, struct box box, const char *timepoint, size_t primary);

/** The reason for a number that is missing, without what stands in brackets behind it. */
void reason_short(const char *why, char *ret_text, size_t size);

/** Of the group comparisons from..to: a table, returns the y behind it; and effects with their bands. */
double draw_group_numbers(cairo_t *cr, const struct study *study, double y, size_t from, size_t to);
void draw_group_forest(cairo_t *cr, const struct study *study, struct box box, size_t from, size_t to);

/** A print as a small picture: cell values to colours. Values below `least` stay white. */
void draw_print(cairo_t *cr, const double *cell, struct box box, enum gait_side side, double scale, double least,
                bool diverging);
/** Where a point of the foot's frame (fractions of its length) lies in the box that draw_print fills. */
void print_point(struct box box, enum gait_side side, double u, double v, double *ret_x, double *ret_y);

/** Pages of a report. */
unsigned pages_count(const struct study *study);
void pages_draw(cairo_t *cr, const struct study *study, unsigned page);

#endif
