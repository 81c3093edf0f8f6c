#include "compare/label.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <gait/metric_words.h>

const char *compare_label(enum gait_metric metric, enum gait_design_foot foot, char text[COMPARE_LABEL_MAX])
{
    static const char *const of[] = {"", " of the left foot", " of the right foot", " of both feet"};

    snprintf(text, COMPARE_LABEL_MAX, "%s%s", gait_metric_words(metric),
             (unsigned)foot <= GAIT_DESIGN_FEET ? of[foot] : "");
    text[0] = (char)toupper((unsigned char)text[0]);
    return text;
}

const char *compare_unit(enum gait_metric metric)
{
    const char *unit = gait_metric_info(metric)->unit;

    return strcmp(unit, "1") == 0           ? ""
           : strcmp(unit, "percent") == 0   ? "percentage points"
           : strcmp(unit, "percent s") == 0 ? "% s"
                                            : unit;
}
