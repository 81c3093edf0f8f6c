/*
 * Frames to bytes, written from the descriptions (docs/OPEN-MAT.md, docs/ADD-A-MAT.md) and not from the framer.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "virtual/model_internal.h"

enum { OPEN_HEADER_BYTES = 24, OPEN_CRC_BYTES = 4 };

/* --- our open mat ------------------------------------------------------------------------------ */

void model_crc_table(struct mat_model *model)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
        model->crc_table[byte] = crc;
    }
}

uint32_t model_crc32c(const struct mat_model *model, const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < n; i++)
        crc = (crc >> 8) ^ model->crc_table[(crc ^ bytes[i]) & 0xff];
    return ~crc;
}

static uint8_t *put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *out++ = (uint8_t)(value >> (8 * i));
    return out;
}

static size_t open_encode(const struct mat_model *model, const struct model_frame *frame, unsigned part, uint8_t *out)
{
    size_t cells = (size_t)frame->rows * frame->cols / model->parts, first = part * cells;
    uint8_t *p = out;

    memcpy(p, "GMAT", 4);
    p = put(p + 4, 1, 1);
    p = put(p, 0, 1);
    p = put(p, part, 1);
    p = put(p, model->parts, 1);
    p = put(p, frame->seq, 4);
    p = put(p, frame->tick_us, 8);
    p = put(p, frame->rows, 2);
    p = put(p, frame->cols, 2);
    for (size_t i = 0; i < cells; i++)
        p = put(p, frame->count[first + i], 2);
    p = put(p, model_crc32c(model, out, (size_t)(p - out)), 4);
    return (size_t)(p - out);
}

void model_wire_open(struct mat_model *model)
{
    size_t cells = (size_t)model->info->geometry.rows * model->info->geometry.cols;

    model->wire.encode = open_encode;
    model->wire.bytes_max = 2 * cells + (size_t)model->parts * (OPEN_HEADER_BYTES + OPEN_CRC_BYTES);
}

/* --- what a profile says, for binary frames ------------------------------------------------------ */

static void put_field(uint8_t *unit, const struct mat_field *field, uint64_t value)
{
    for (unsigned i = 0; i < field->width; i++) {
        unsigned place = field->big_endian ? field->width - 1u - i : i;

        unit[field->offset + place] = (uint8_t)(value >> (8 * i));
    }
}

static size_t put_samples(const struct mat_profile *p, const struct model_frame *frame, uint8_t *out)
{
    size_t n = (size_t)frame->rows * frame->cols;

    for (size_t i = 0; i < n; i++) {
        uint16_t v = frame->count[i];

        switch (p->samples.kind) {
        case MAT_SAMPLE_U8:
            out[i] = (uint8_t)(v > 255 ? 255 : v);
            break;
        case MAT_SAMPLE_U16BE:
        case MAT_SAMPLE_I16BE:
            out[2 * i] = (uint8_t)(v >> 8);
            out[2 * i + 1] = (uint8_t)v;
            break;
        default:
            out[2 * i] = (uint8_t)v;
            out[2 * i + 1] = (uint8_t)(v >> 8);
        }
    }
    return p->samples.kind == MAT_SAMPLE_U8 ? n : 2 * n;
}

static uint32_t checksum(const struct mat_model *model, const uint8_t *bytes, size_t n)
{
    const struct mat_integrity *in = &model->profile->integrity;
    uint32_t sum = 0, x = 0;

    if (in->kind == MAT_INTEGRITY_CRC32)
        return model_crc32c(model, bytes, n);
    for (size_t i = 0; i < n; i++) {
        sum += bytes[i];
        x ^= bytes[i];
    }
    if (in->kind == MAT_INTEGRITY_XOR8)
        return x;
    return in->kind == MAT_INTEGRITY_COMPLEMENT8 ? ~sum : sum;
}

static size_t profile_encode(const struct mat_model *model, const struct model_frame *frame, unsigned part,
                             uint8_t *out)
{
    const struct mat_profile *p = model->profile;
    size_t length = p->framing.length ? p->framing.length : model->wire.bytes_max, payload;

    (void)part;
    memset(out, 0, length);
    memcpy(out, p->framing.header, p->framing.header_length);
    payload = p->fields.payload_offset > p->framing.header_length ? p->fields.payload_offset : p->framing.header_length;
    put_samples(p, frame, out + payload);
    memcpy(out + length - p->framing.trailer_length, p->framing.trailer, p->framing.trailer_length);
    put_field(out, &p->fields.sequence, frame->seq * (p->fields.sequence_step ? p->fields.sequence_step : 1));
    if (p->fields.tick.width)
        put_field(out, &p->fields.tick, (uint64_t)((double)frame->tick_us / p->fields.tick_us));
    put_field(out, &p->fields.parts, 1);
    put_field(out, &p->fields.rows, frame->rows);
    put_field(out, &p->fields.cols, frame->cols);
    put_field(out, &p->framing.length_field, length);
    if (p->integrity.kind > MAT_INTEGRITY_NONE) {
        struct mat_field field = p->integrity.field;
        size_t covered = length - p->integrity.range_from - p->integrity.range_to_end;

        if (p->integrity.from_end)
            field.offset = (uint16_t)(length - field.offset);
        put_field(out, &field, checksum(model, out + p->integrity.range_from, covered));
    }
    return length;
}

int model_wire_profile(struct mat_model *model, struct gait_error *err)
{
    const struct mat_profile *p = model->profile;
    size_t cells = (size_t)model->info->geometry.rows * model->info->geometry.cols;
    bool text = p->framing.kind == MAT_FRAMING_SLIP || p->framing.kind == MAT_FRAMING_LINE;
    bool samples = p->samples.kind == MAT_SAMPLE_PACKED12 || p->samples.kind == MAT_SAMPLE_ASCII;

    if (p->usb.endpoints == 2) {
        if (strcmp(p->driver, "soundplane") != 0 || model->info->geometry.rows != 8 || model->info->geometry.cols != 64)
            return gait_error_set(err, -ENOTSUP, "of mats with two endpoints only the Soundplane's 8 x 64 can be made");
        model->wire.encode = model_halves_encode;
        model->wire.bytes_max = (size_t)2 * MODEL_HALF_BYTES;
        return 0;
    }
    if (text || samples || p->integrity.kind == MAT_INTEGRITY_CRC16)
        return gait_error_set(err, -ENOTSUP, "the virtual mat cannot make the bytes of profile %s yet", p->name);
    model->wire.encode = profile_encode;
    model->wire.bytes_max = p->fields.payload_offset + p->framing.header_length + 2 * cells + 16;
    if (model->wire.bytes_max < p->framing.length)
        model->wire.bytes_max = p->framing.length;
    return 0;
}
