/* What goes out of a footfall while its session is blind: side, flags, times, where the foot stood, and stance time. The journal has everything. */
#include "publisher.h"

#include <math.h>

static void hide_metrics(struct gait_footfall *f)
{
    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        if (i == GAIT_METRIC_STANCE)
            continue;
        f->value[i] = (double)NAN;
        f->reason[i] = GAIT_REASON_BLINDED;
    }
}

static void hide_regions_and_curves(struct gait_footfall *f)
{
    for (int r = 0; r < GAIT_REGION_COUNT; r++) {
        double *number = (double *)&f->region[r];

        for (size_t k = 0; k < sizeof f->region[r] / sizeof *number; k++)
            number[k] = (double)NAN;
    }
    for (int c = 0; c < GAIT_CURVE_COUNT; c++)
        for (int k = 0; k < GAIT_CURVE_SAMPLES; k++)
            f->curve[c][k] = (double)NAN;
}

/*
 * Whoever has the path, the constructions or a picture has the metrics: the largest heel force is the largest of the path, the arch index is an area of the picture, whatever
 * its scale. So there are none.
 */
static void drop_what_metrics_are_made_of(struct gait_footfall *f)
{
    const struct gait_line_mm none = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};

    f->cpei_chord = f->cpei_third = f->cpei_width = f->third_heel = f->third_fore = none;
    f->cop_frames = 0;
    f->row0 = f->col0 = f->rows = f->cols = 0;
}

void footfall_hide(struct gait_footfall *f)
{
    hide_metrics(f);
    hide_regions_and_curves(f);
    drop_what_metrics_are_made_of(f);
}
