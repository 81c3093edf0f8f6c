#include "shrink.h"

#include <string.h>

uint16_t shrink_kPa(float pressure_kPa)
{
    if (!(pressure_kPa > 0))
        return 0;
    return pressure_kPa < 6553.5f ? (uint16_t)(pressure_kPa * 10 + 0.5f) : UINT16_MAX;
}

size_t shrink_bound(size_t n)
{
    return 12 * ((n + 1) / 2); /* every other cell: eight bytes of head, two of value, two of padding */
}

size_t shrink_runs(const float *pressure_kPa, size_t n, unsigned char *ret_bytes)
{
    unsigned char *p = ret_bytes;

    for (size_t i = 0; i < n;) {
        uint32_t head[2] = {(uint32_t)i, 0};
        unsigned char *start = p;
        uint16_t value;

        for (; i < n && (value = shrink_kPa(pressure_kPa[i])) >= SHRINK_FLOOR_DECI_KPA; i++, head[1]++)
            memcpy(start + 8 + 2 * (size_t)head[1], &value, 2);
        if (!head[1]) {
            i++;
            continue;
        }
        memcpy(start, head, sizeof head);
        p = start + 8 + 2 * (size_t)head[1];
        if (head[1] % 2) {
            memset(p, 0, 2);
            p += 2;
        }
    }
    return (size_t)(p - ret_bytes);
}
