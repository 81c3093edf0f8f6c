/*
 * A picture of pressures in 256 colours: cells as rectangles, a colour bar beside them. PNG and GIF store the same pixels and the same palette.
 */
#ifndef GAIT_OUT_PICTURE_H
#define GAIT_OUT_PICTURE_H

#include "gait/export.h"

enum {
    PICTURE_WHITE = 0, /* no contact */
    PICTURE_GREY = 1,  /* no sensel */
    PICTURE_BLACK = 2, /* text */
    PICTURE_FIRST = 3, /* the lowest pressure */
    PICTURE_LAST = 255,
};

struct picture {
    unsigned width, height;
    unsigned cell_x, cell_y; /* pixels of a cell */
    unsigned margin;         /* of white around the mat */
    double full_kPa;
    uint8_t *pixel; /* [height * width], from the top */
};

/* The colours of the palette: 256 times red, green, blue. */
void picture_palette(uint8_t ret_rgb[768]);

/* An empty mat with its bar. Returns 0; -EFBIG; -ENOMEM. */
int picture_new(const struct gait_geometry *geometry, double full_kPa, struct picture *ret_picture,
                struct gait_error *err);
void picture_done(struct picture *picture);

/* Paint the cells: [rows*cols] kPa. */
void picture_paint(struct picture *picture, const struct gait_geometry *geometry, const float *p_kPa);

/* What the brightest colour stands for when nobody says: the largest pressure, at least 1 kPa. */
double picture_peak(const struct gait_export_trial *trial);

#endif
