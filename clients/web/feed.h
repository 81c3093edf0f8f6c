/* The daemon's stream, in a thread of its own, into the hub. A daemon that is not there or goes away is said and waited for. */
#ifndef GAIT_WEB_FEED_H
#define GAIT_WEB_FEED_H

#include "hub.h"

struct feed;

/**
 * Start listening. place is where the daemon is (gait_endpoints_find()), NULL: found; it must live as long as feed.
 *
 * Owner    the caller: feed_free(), before the hub.
 * Returns  0; negative errno.
 */
int feed_new(struct hub *hub, const char *place, struct feed **ret_feed);
void feed_free(struct feed *feed);

#endif
