/* What a metric is called in a sentence. Files, streams and options know it by its name: gait/metric.h. */
#ifndef GAIT_METRIC_WORDS_H
#define GAIT_METRIC_WORDS_H

#include <gait/api.h>
#include <gait/metric.h>

/** Plain English without capital and unit, "heel peak pressure"; "?" when out of range. Static storage. Thread: any. */
GAIT_API const char *gait_metric_words(enum gait_metric metric);

#endif
