/* Names of a footfall's plain doubles and where they lie: one table for writing and reading. Internal. */
#ifndef GAIT_STREAM_FOOTFALL_FIELDS_H
#define GAIT_STREAM_FOOTFALL_FIELDS_H

#include <gait/footfall.h>

enum { FOOTFALL_PLACES = 8, FOOTFALL_REGION_FIELDS = 11, FOOTFALL_LINES = 5 };

struct field {
    const char *name;
    size_t offset;
};

extern const struct field footfall_place_field[FOOTFALL_PLACES];
extern const struct field footfall_region_field[FOOTFALL_REGION_FIELDS];
extern const struct field footfall_line_field[FOOTFALL_LINES];

static inline const double *footfall_place(const struct gait_footfall *f, size_t i)
{
    return (const double *)(const void *)((const char *)f + footfall_place_field[i].offset);
}

static inline const double *footfall_region_value(const struct gait_footfall *f, int region, size_t i)
{
    return (const double *)(const void *)((const char *)&f->region[region] + footfall_region_field[i].offset);
}

static inline const struct gait_line_mm *footfall_line(const struct gait_footfall *f, size_t i)
{
    return (const struct gait_line_mm *)(const void *)((const char *)f + footfall_line_field[i].offset);
}

#endif
