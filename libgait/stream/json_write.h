/* Building headers with jansson: every call adds its failure to one flag, so that a header is a list of lines. Internal. */
#ifndef GAIT_STREAM_JSON_WRITE_H
#define GAIT_STREAM_JSON_WRITE_H

#include <jansson.h>

#include <gait/metric.h>
#include <gait/stream.h>

struct writer {
    json_t *object;
    bool failed;
};

void put(struct writer *w, const char *key, json_t *value); /* takes value over */
void put_text(struct writer *w, const char *key, const char *text);
void put_u64(struct writer *w, const char *key, uint64_t value);
void put_bool(struct writer *w, const char *key, bool value);
void put_real(struct writer *w, const char *key, double value, enum gait_reason reason);
void put_flags(struct writer *w, const char *key, uint32_t flags, const char *(*name)(uint32_t bit));

/* A double, or null when it is not finite. */
json_t *real_or_null(double value);
/* [n] doubles, null where not finite; NULL when there is no memory. */
json_t *real_array(const double *value, size_t n);

/* Begin with the head's members. */
void put_head(struct writer *w, const struct gait_stream_head *head);
/* Text of what was built, or -ENOMEM; drops the object either way. */
int writer_finish(struct writer *w, char **ret_text);

#endif
