/* Without cairo. */
#include <errno.h>

#include "study.h"

int report_write(const struct study *study, const char *path, struct gait_error *err)
{
    (void)study;
    return gait_error_set(err, -ENOTSUP,
                          "%s: this gait was built without reports: build it with GAIT_CONFIG=full (cairo)", path);
}
