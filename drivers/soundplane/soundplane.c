/*
 * Soundplane model A (0451:5100). Two isochronous endpoints, one for each board of 8 x 32 sensels; the usb transport pairs their packets by number.
 *
 *     packet: 8 rows x 32 x 12 bits (three bytes: lo8, hi4 | lo4 << 4, hi8) = 384 bytes, number u16 LE (0: empty), 0 or 2 bytes of padding
 *     decode is given both, first board first. The second board lies mirrored: its first column is the surface's last.
 *
 * 8 x 64 sensels, 976.5625 frames a second. Not tried on a device; the bytes are those of the public description.
 */
#include "soundplane/soundplane.h"

#include "mats/fixed.h"
#include "mats/framer_internal.h"

enum {
    ROWS = 8,
    BOARD_COLS = 32,
    COLS = 2 * BOARD_COLS,
    PACKED = ROWS * BOARD_COLS * 3 / 2,
    PACKET = PACKED + 2,
    PADDED = 388
};

struct mat_instance {
    struct mat_fixed fixed;
    struct mat_unwrap number;
};

static int soundplane_open(const struct mat_device *device, const void *profile, struct mat_instance **ret_instance,
                           struct gait_error *err)
{
    const struct mat_profile *p = profile;
    const struct gait_geometry g = {.rows = ROWS,
                                    .cols = COLS,
                                    .pitch_x_mm = p ? p->layout.pitch_x_mm : 10,
                                    .pitch_y_mm = p ? p->layout.pitch_y_mm : 20,
                                    .rate_hz = 976.5625,
                                    .dtype = GAIT_U16};

    (void)device;
    return mat_fixed_new(sizeof(struct mat_instance), &g, 4095, "pitch", ret_instance, err);
}

static void soundplane_reset(struct mat_instance *s)
{
    (void)s; /* a pair is whole or it is none: nothing is kept */
}

static uint32_t number_of(const uint8_t *packet)
{
    return (uint32_t)packet[PACKED] | (uint32_t)packet[PACKED + 1] << 8;
}

static void unpack(const uint8_t *packed, bool mirrored, uint16_t *raw)
{
    for (unsigned i = 0; i < ROWS * BOARD_COLS; i++) {
        const uint8_t *t = packed + i / 2 * 3;
        unsigned value = i & 1 ? (unsigned)(t[1] >> 4 | t[2] << 4) : (unsigned)(t[0] | (t[1] & 0x0f) << 8);
        unsigned row = i / BOARD_COLS, col = i % BOARD_COLS;

        raw[row * COLS + (mirrored ? COLS - 1 - col : col)] = (uint16_t)value;
    }
}

static void soundplane_decode(struct mat_instance *s, const uint8_t *bytes, size_t len, void *raw,
                              struct mat_decoded *out)
{
    bool known = s->number.known;
    uint64_t before = s->number.value;
    size_t half = len / 2;

    *out = (struct mat_decoded){.verdict = MAT_MORE, .used = len};
    if (!len)
        return;
    if (len % 2 || (half != PACKET && half != PADDED)) {
        out->verdict = MAT_SKIP_LENGTH;
        return;
    }
    if (!number_of(bytes) || number_of(bytes) != number_of(bytes + half)) {
        out->verdict = MAT_BAD_SANITY;
        return;
    }
    unpack(bytes, false, raw);
    unpack(bytes + half, true, raw);
    out->verdict = MAT_FRAME;
    out->has_seq = true;
    out->seq = mat_unwrap(&s->number, number_of(bytes), 2);
    uint64_t step = out->seq - before;
    if (known && step > 1 && step <= 32768) /* the number passes over 0, which means empty */
        out->gap_device = (uint32_t)(step - 1 - ((before >> 16) != (out->seq >> 16)));
}

static const struct mat_usb_id ids[] = {{.vid = 0x0451, .pid = 0x5100}, {0}};

const struct mat_driver mat_soundplane_driver = {
    .name = "soundplane",
    .label = "Soundplane model A",
    .abi = MAT_DRIVER_ABI,
    .ids = ids,
    .open = soundplane_open,
    .close = mat_fixed_close,
    .geometry = mat_fixed_geometry,
    .calibration = mat_fixed_calibration,
    .decode = soundplane_decode,
    .reset = soundplane_reset,
};
