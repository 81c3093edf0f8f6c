/* Numbers in a frame's header: reading them, and unwrapping counters. */
#include "mats/framer_internal.h"

uint64_t mat_field_read(const struct mat_field *field, const uint8_t *unit)
{
    const uint8_t *p = unit + field->offset;
    uint64_t value = 0;

    for (unsigned i = 0; i < field->width; i++)
        value = value << 8 | p[field->big_endian ? i : field->width - 1u - i];
    return value;
}

/*
 * Half the range ahead counts as forwards. A counter that went backwards has started anew: the 64-bit value goes on from where it was by one, so
 * that nobody sees a gap of billions.
 */
uint64_t mat_unwrap(struct mat_unwrap *u, uint64_t raw, unsigned width)
{
    uint64_t mask = width >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width)) - 1;

    if (!u->known) {
        u->known = true;
        return u->value = raw;
    }
    uint64_t ahead = (raw - u->value) & mask;
    if (ahead > mask / 2) {
        uint64_t next = u->value + 1; /* the low bits must follow the device again */

        u->value = (next & ~mask) | raw;
        if (u->value < next && mask != UINT64_MAX)
            u->value += mask + 1;
        return u->value;
    }
    return u->value += ahead;
}
