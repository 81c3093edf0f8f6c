/* What a browser sends to gaitweb: any bytes are refused with a reason or become one of the orders of the table. */
#include "web/order.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct order order;
    const char *why = NULL;
    int r = order_read((const char *)data, size, &order, &why);

    MUST((r == 0) == (why == NULL));
    MUST(strlen(order.id) <= ORDER_ID_MAX && strlen(order.mat) <= GAIT_ID_MAX);
    if (r == 0 && order.kind == ORDER_WATCH)
        MUST(order.mat[0] && !order.args);
    if (r == 0 && order.kind == ORDER_ASK)
        MUST(order.id[0] && order.verb && order.timeout_ms > 0 && json_is_object(order.args) &&
             !json_object_get(order.args, "source"));
    order_done(&order);
    return 0;
}
