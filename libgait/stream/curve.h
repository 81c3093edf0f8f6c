/* A client's end of CURVE: what its key file holds, onto a socket before it connects. */
#ifndef GAIT_STREAM_CURVE_H
#define GAIT_STREAM_CURVE_H

#include <gait/error.h>

/** tcp:// endpoints need a key: $GAIT_KEY names its file, else $XDG_CONFIG_HOME/gait/key (~/.config). Others: nothing. Returns 0; negative errno with err. */
int stream_curve(void *socket, const char *endpoint, struct gait_error *err);

#endif
