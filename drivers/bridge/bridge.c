#include "bridge/bridge.h"

#include <errno.h>

const struct mat_bridge *mat_bridge_find(enum mat_bridge_kind kind)
{
    static const struct mat_bridge *const table[] = {
        &mat_bridge_cdc_acm, &mat_bridge_ftdi, &mat_bridge_cp210x, &mat_bridge_ch340, &mat_bridge_pl2303,
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i]->kind == kind)
            return table[i];
    return NULL;
}

int mat_bridge_line_refused(const char *chip, const struct mat_line *line, struct gait_error *err)
{
    return gait_error_set(err, -EINVAL,
                          "%s cannot do %u baud, %u data bits, parity %c, %u stop bits: correct `line` in the profile",
                          chip, line->baud, line->data_bits, line->parity ? line->parity : '?', line->stop_bits);
}
