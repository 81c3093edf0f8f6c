#ifndef GAIT_COMPARE_LABEL_H
#define GAIT_COMPARE_LABEL_H

/* A metric in the sentences of verdicts: words for a reader who knows no identifiers. */

#include <gait/design.h>

enum { COMPARE_LABEL_MAX = 128 };

/* Begins a sentence: "Heel peak pressure of the left foot". foot 0: none is named. Returns text. */
const char *compare_label(enum gait_metric metric, enum gait_design_foot foot, char text[COMPARE_LABEL_MAX]);

/* Stands behind a change: "kPa", "" for a ratio; "percentage points" for per cent, since "3 %" would be read as 3 % of what it was. */
const char *compare_unit(enum gait_metric metric);

#endif
