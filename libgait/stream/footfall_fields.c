#include "stream/footfall_fields.h"

#include <stddef.h>

#define AT(name)                                    \
    {                                               \
#name, offsetof(struct gait_footfall, name) \
    }
#define IN(name)                                          \
    {                                                     \
#name, offsetof(struct gait_region_numbers, name) \
    }

const struct field footfall_place_field[FOOTFALL_PLACES] = {
    AT(heel_x_mm),   AT(heel_y_mm),   AT(axis_x),        AT(axis_y),
    AT(origin_x_mm), AT(origin_y_mm), AT(progression_x), AT(progression_y),
};

const struct field footfall_region_field[FOOTFALL_REGION_FIELDS] = {
    IN(cells),         IN(area_cm2),      IN(peak_kPa), IN(force_max_N),    IN(impulse_Ns),     IN(share_pct),
    IN(pti_peak_kPas), IN(pti_mean_kPas), IN(mean_kPa), IN(contact_time_s), IN(time_to_peak_s),
};

const struct field footfall_line_field[FOOTFALL_LINES] = {
    AT(cpei_chord), AT(cpei_third), AT(cpei_width), AT(third_heel), AT(third_fore),
};
