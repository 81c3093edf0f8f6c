/* What a browser may send, checked before anything is done with it: which mat it looks at, or a request to the daemon. */
#ifndef GAIT_WEB_ORDER_H
#define GAIT_WEB_ORDER_H

#include <stddef.h>

#include <gait/frame.h>

struct json_t;

enum {
    ORDER_BYTES_MAX = 4096,
    ORDER_ID_MAX = 32,
    ORDER_TEXT_MAX = 127,
    ORDER_FIELDS_MAX = 32,
};

enum order_kind { ORDER_WATCH, ORDER_ASK };

struct order {
    enum order_kind kind;
    char mat[GAIT_ID_MAX + 1]; /* watch */
    char id[ORDER_ID_MAX + 1]; /* ask; as far as it could be read, so that a refusal finds its way back */
    const char *verb;          /* ask: static storage */
    int timeout_ms;            /* ask: how long the daemon may take */
    struct json_t *args;       /* ask: an object */
};

/**
 * Read {"watch": MAT} or {"id": TEXT, "verb": VERB, "args": {...}}. Only the verbs and arguments of a table pass; everything else is refused.
 *
 * Owner    ret_order->args is the caller's: order_done().
 * Returns  0; -EINVAL, and ret_why says what is wrong, in one line.
 */
int order_read(const char *text, size_t n, struct order *ret_order, const char **ret_why);
void order_done(struct order *order);

#endif
