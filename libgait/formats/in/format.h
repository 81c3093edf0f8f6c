/*
 * What one vendor's format gives to the common part (open.c). A new format: one file with one `const struct formats_format`, one line in the
 * table of open.c.
 */
#ifndef FORMATS_FORMAT_H
#define FORMATS_FORMAT_H

#include <gait/formats_in.h>

#include "text.h"

enum { FORMATS_HEAD_BYTES = 1 << 16 }; /* what detect may look at */

/* Texts that stand beside a recording and that its numbers need. */
struct formats_beside {
    struct formats_text insole; /* its layout */
    struct formats_text totals; /* bytes NULL: none */
    bool right;                 /* which foot is asked for */
};

/* An open recording. A format's header() fills what stands below `info`; frame() only reads it. */
struct formats_file {
    struct formats_text text;
    struct gait_source_info info;        /* geometry with dtype, rate; identity calibration set beforehand */
    double period_s;                     /* between consecutive frame numbers; 0: frames carry their own time */
    double kPa_per_unit;                 /* of the numbers in the file */
    uint32_t last_number;                /* of the last frame as the header tells it; 0 unknown */
    const struct formats_beside *beside; /* NULL: none given */
    void *own;                           /* the format's; freed by its own_free */
};

/* One frame as it stands in the file. */
struct formats_frame {
    uint32_t number;          /* the file's own */
    double t_s;               /* the file's own time, when it has one */
    double device_force_N;    /* NaN: the file tells none */
    double device_off_N;      /* how far it may be from the cells' sum beyond what their own digits leave open */
    struct formats_line line; /* where it starts, for messages */
};

struct formats_format {
    struct gait_format_info info;
    /* 0..100, from the first FORMATS_HEAD_BYTES; 0: not this one. */
    int (*detect)(const struct formats_text *text);
    /* Read what stands before the first frame; leave the cursor there. Returns 0 or negative errno. */
    int (*header)(struct formats_file *file, struct formats_cursor *cursor, struct gait_error *err);
    /* Read one frame into raw[rows*cols], row 0 at y = 0; NaN where there is no cell. Returns 1, 0 at the end, or negative errno. */
    int (*frame)(const struct formats_file *file, struct formats_cursor *cursor, float *raw,
                 struct formats_frame *ret_frame, struct gait_error *err);
    void (*own_free)(void *own); /* NULL: it has none */
};

extern const struct formats_format formats_emed, formats_tekscan, formats_footscan, formats_xsensor, formats_novel_asc,
    formats_pedar, formats_pedcad;

/** A pressure (or force) of a cell, times the file's unit. Complains when it is no number or no pressure. Returns 0; -EINVAL. */
int formats_cell(const struct formats_file *file, const struct formats_line *line, struct formats_token token,
                 float *ret_kPa, struct gait_error *err);

/** Rows and columns within what gait_geometry allows. Returns 0; -EINVAL with err. */
int formats_matrix_check(const struct formats_file *file, const struct formats_line *line, const char *at, double rows,
                         double cols, struct gait_error *err);

#endif
