/* Requests of browsers, asked of the daemon one after the other in a thread of their own, because the daemon may take its time. */
#ifndef GAIT_WEB_CONTROL_H
#define GAIT_WEB_CONTROL_H

#include <stdint.h>

#include "hub.h"
#include "order.h"

enum { CONTROL_WAITING_MAX = 16 };

struct control;
struct reviews;

/**
 * Start asking. place is where the daemon is (gait_endpoints_find()), NULL: found; it must live as long as control.
 *
 * Owner    the caller: control_free(), before the hub.
 * Returns  0; negative errno.
 */
int control_new(struct hub *hub, const char *place, struct reviews *reviews, struct control **ret_control);
void control_free(struct control *control);

/**
 * Ask for a browser; the reply goes to its log in the hub.
 *
 * Owner    takes order->args on 0.
 * Returns  0; -EBUSY too many are waiting.
 */
int control_ask(struct control *control, uint64_t client, struct order *order);

/** A refusal, made here, into the log of a browser. */
void control_refuse(struct hub *hub, uint64_t client, const char *id, const char *code, const char *why);

#endif
