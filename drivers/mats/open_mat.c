#include "mats/open_mat.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { HEADER_BYTES = 24, CRC_BYTES = 4 };

static uint32_t u16_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32_at(const uint8_t *p)
{
    return u16_at(p) | u16_at(p + 2) << 16;
}

static double f32_at(const uint8_t *p)
{
    uint32_t bits = u32_at(p);
    float value;

    memcpy(&value, &bits, sizeof value);
    return isfinite(value) && value > 0 ? (double)value : (double)NAN;
}

int mat_open_identity_read(const uint8_t *bytes, size_t len, struct mat_open_identity *ret_identity,
                           struct gait_error *err)
{
    struct mat_open_identity id;
    struct mat_profile profile;

    if (len < MAT_OPEN_IDENTITY_BYTES || memcmp(bytes, "GMAT", 4) != 0)
        return gait_error_set(err, -EPROTO,
                              "the answer to IDENTIFY is %zu bytes and not an open mat's (40 that begin with GMAT): "
                              "the test id 1209:0001 is used by something else; name its profile in gaitd.yaml",
                              len);
    if (bytes[4] != 1)
        return gait_error_set(err, -EPROTO, "open mat protocol version %u: this daemon knows version 1", bytes[4]);
    id = (struct mat_open_identity){
        .parts = bytes[5],
        .rows = (uint16_t)u16_at(bytes + 8),
        .cols = (uint16_t)u16_at(bytes + 10),
        .pitch_x_mm = u32_at(bytes + 12) / 1000.0,
        .pitch_y_mm = u32_at(bytes + 16) / 1000.0,
        .rate_hz = u32_at(bytes + 20) / 1000.0,
        .full_scale = (uint16_t)u16_at(bytes + 24),
        .saturation_count = (uint16_t)u16_at(bytes + 26),
        .kPa_per_count = f32_at(bytes + 28),
        .firmware = u32_at(bytes + 32),
    };
    if (mat_open_profile(&id, &profile) < 0)
        return gait_error_set(err, -EPROTO,
                              "the mat says %u x %u cells in %u parts, pitch %g x %g mm, %g Hz: that cannot be; its "
                              "firmware must be mended (docs/OPEN-MAT.md, IDENTIFY)",
                              id.rows, id.cols, id.parts, id.pitch_x_mm, id.pitch_y_mm, id.rate_hz);
    *ret_identity = id;
    return 0;
}

void mat_open_profile_unasked(struct mat_profile *ret_profile)
{
    *ret_profile = (struct mat_profile){
        .name = "open-mat",
        .label = "open mat protocol",
        .driver = "open-mat",
        .matches = 1,
        .match = {{.vid = MAT_OPEN_VID, .pid = MAT_OPEN_PID, .bcd_device = -1, .product = "open mat"}},
        .usb = {.kind = MAT_TRANSFER_BULK, .endpoints = 1, .endpoint_in = {0x81}},
        .identity = {.kind = MAT_IDENTITY_SERIAL},
    };
}

static void fill_framing(struct mat_profile *p, uint32_t part_cells)
{
    p->framing = (struct mat_framing){
        .kind = MAT_FRAMING_FIXED,
        .header = {'G', 'M', 'A', 'T', 1},
        .header_length = 5,
        .length = HEADER_BYTES + 2 * part_cells + CRC_BYTES,
    };
    p->fields = (struct mat_header_fields){
        .part = {.offset = 6, .width = 1},
        .parts = {.offset = 7, .width = 1},
        .sequence = {.offset = 8, .width = 4},
        .tick = {.offset = 12, .width = 8},
        .rows = {.offset = 20, .width = 2},
        .cols = {.offset = 22, .width = 2},
        .sequence_step = 1,
        .tick_us = 1,
        .payload_offset = HEADER_BYTES,
    };
    p->integrity = (struct mat_integrity){
        .kind = MAT_INTEGRITY_CRC32,
        .polynomial = 0x1edc6f41,
        .init = 0xffffffff,
        .final_xor = 0xffffffff,
        .reflect_in = true,
        .reflect_out = true,
        .field = {.offset = CRC_BYTES, .width = CRC_BYTES},
        .from_end = true,
        .range_to_end = CRC_BYTES,
    };
}

static struct mat_steps one_request(uint8_t request)
{
    return (struct mat_steps){
        .count = 1,
        .step = {{.kind = MAT_STEP_CONTROL, .request_type = 0x40, .request = request, .timeout_ms = 500}},
    };
}

int mat_open_profile(const struct mat_open_identity *id, struct mat_profile *ret_profile)
{
    uint32_t cells = (uint32_t)id->rows * id->cols;
    struct gait_geometry geometry = {.rows = id->rows,
                                     .cols = id->cols,
                                     .pitch_x_mm = id->pitch_x_mm,
                                     .pitch_y_mm = id->pitch_y_mm,
                                     .rate_hz = id->rate_hz,
                                     .dtype = GAIT_U16};

    if (gait_geometry_check(&geometry) < 0 || !id->parts || id->parts > 64 || cells % id->parts)
        return -EINVAL;
    mat_open_profile_unasked(ret_profile);
    fill_framing(ret_profile, cells / id->parts);
    ret_profile->start = one_request(MAT_OPEN_START);
    ret_profile->stop = one_request(MAT_OPEN_STOP);
    ret_profile->samples = (struct mat_samples){
        .kind = MAT_SAMPLE_U16LE, .full_scale = id->full_scale ? id->full_scale : UINT16_MAX, .missing = -1};
    ret_profile->layout = (struct mat_layout){
        .rows = id->rows, .cols = id->cols, .pitch_x_mm = id->pitch_x_mm, .pitch_y_mm = id->pitch_y_mm};
    ret_profile->calibration = (struct mat_profile_calibration){
        .kPa_per_count = id->kPa_per_count,
        .power = 1,
        .saturation_count = id->saturation_count ? id->saturation_count : (double)NAN,
        .rate_hz = id->rate_hz,
        .needs_tare = true,
    };
    return 0;
}
