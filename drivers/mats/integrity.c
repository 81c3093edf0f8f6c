/* Checksums as a profile describes them. */
#include <gait/crc32c.h>

#include "mats/framer_internal.h"

static uint32_t reflect(uint32_t value, unsigned bits)
{
    uint32_t r = 0;

    for (unsigned i = 0; i < bits; i++, value >>= 1)
        r = (r << 1) | (value & 1);
    return r;
}

static bool is_crc32c(const struct mat_integrity *in)
{
    return in->kind == MAT_INTEGRITY_CRC32 && in->polynomial == 0x1edc6f41 && in->init == UINT32_MAX &&
           in->final_xor == UINT32_MAX && in->reflect_in && in->reflect_out;
}

/* Bit by bit: any polynomial, no table to keep. */
uint32_t mat_crc(const struct mat_integrity *in, const uint8_t *bytes, size_t length)
{
    unsigned bits = in->kind == MAT_INTEGRITY_CRC16 ? 16 : 32;
    uint32_t top = 1u << (bits - 1), keep = bits == 16 ? 0xffffu : 0xffffffffu, crc = in->init & keep;

    if (is_crc32c(in))
        return gait_crc32c(0, bytes, length);
    for (size_t i = 0; i < length; i++) {
        uint32_t byte = in->reflect_in ? reflect(bytes[i], 8) : bytes[i];

        crc ^= byte << (bits - 8);
        for (int b = 0; b < 8; b++)
            crc = ((crc & top) ? (crc << 1) ^ in->polynomial : crc << 1) & keep;
    }
    if (in->reflect_out)
        crc = reflect(crc, bits);
    return (crc ^ in->final_xor) & keep;
}

static uint32_t sum8(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += bytes[i];
    return sum & 0xff;
}

static uint32_t xor8(const uint8_t *bytes, size_t length)
{
    uint32_t x = 0;

    for (size_t i = 0; i < length; i++)
        x ^= bytes[i];
    return x;
}

static uint32_t checksum(const struct mat_integrity *in, const uint8_t *bytes, size_t length)
{
    switch (in->kind) {
    case MAT_INTEGRITY_SUM8:
        return sum8(bytes, length);
    case MAT_INTEGRITY_XOR8:
        return xor8(bytes, length);
    case MAT_INTEGRITY_COMPLEMENT8:
        return ~sum8(bytes, length) & 0xff;
    case MAT_INTEGRITY_CRC16:
    case MAT_INTEGRITY_CRC32:
        return mat_crc(in, bytes, length);
    case MAT_INTEGRITY_NONE:
        break;
    }
    return 0;
}

bool mat_integrity_ok(const struct mat_integrity *in, const uint8_t *unit, size_t length)
{
    if (in->kind == MAT_INTEGRITY_NONE || !in->kind)
        return true;
    size_t at = in->field.offset;
    if (in->from_end)
        at = length - in->field.offset; /* checked below: wraps to a huge number when too short */
    if (at > length || in->field.width > length - at || (size_t)in->range_from + in->range_to_end > length)
        return false;
    struct mat_field field = in->field;
    field.offset = 0;
    size_t covered = length - in->range_from - in->range_to_end;
    return mat_field_read(&field, unit + at) == checksum(in, unit + in->range_from, covered);
}
