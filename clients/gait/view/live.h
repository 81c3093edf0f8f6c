/* The daemon's stream into the model. A daemon that is not there, or goes away, is said and waited for. */
#ifndef VIEW_LIVE_H
#define VIEW_LIVE_H

#include <gait/error.h>

#include "model.h"

struct live;

/** place: gait_endpoints_find(); mat: NULL, the first one. Owner the caller: live_free(). Returns 0; negative errno with err. */
int live_new(const char *place, const char *mat, struct live **ret_live, struct gait_error *err);
void live_free(struct live *live);

/** A descriptor that becomes readable when something came. */
int live_fd(const struct live *live);

/** Take everything that has come; of frames the newest. Never waits. */
void live_take(struct live *live, struct model *model);

/** Look at the next mat. */
void live_next_mat(struct live *live, struct model *model);

#endif
