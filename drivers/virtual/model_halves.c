/*
 * A mat whose frames come in two halves, each from an isochronous endpoint of its own: the Soundplane A as its public description says. Shares nothing with its
 * driver. One endpoint may run ahead of the other by a transfer or so, as on a bus.
 */
#include <errno.h>
#include <string.h>

#include "virtual/model_internal.h"

enum { BOARD_ROWS = 8, BOARD_COLS = 32, NUMBER_AT = 384 };

/* Two values in three bytes: low 8, then high 4 of the first under low 4 of the second, then high 8. */
static void board(const struct model_frame *frame, bool second, uint8_t *out)
{
    for (unsigned r = 0; r < BOARD_ROWS; r++)
        for (unsigned c = 0; c < BOARD_COLS; c += 2, out += 3) {
            const uint16_t *row = frame->count + (size_t)r * frame->cols;
            unsigned a = second ? row[frame->cols - 1 - c] : row[c];
            unsigned b = second ? row[frame->cols - 2 - c] : row[c + 1];

            out[0] = (uint8_t)a;
            out[1] = (uint8_t)((a >> 8 & 15) | (b & 15) << 4);
            out[2] = (uint8_t)(b >> 4);
        }
}

size_t model_halves_encode(const struct mat_model *model, const struct model_frame *frame, unsigned part, uint8_t *out)
{
    unsigned number = (unsigned)(frame->seq % 65535 + 1); /* 0 says that a packet is empty */

    (void)model, (void)part;
    memset(out, 0, 2 * MODEL_HALF_BYTES);
    for (unsigned h = 0; h < 2; h++, out += MODEL_HALF_BYTES) {
        board(frame, h == 1, out);
        out[NUMBER_AT] = (uint8_t)number;
        out[NUMBER_AT + 1] = (uint8_t)(number >> 8);
    }
    return (size_t)2 * MODEL_HALF_BYTES;
}

/* Makes the next frame for both endpoints: 1; 0 not yet. */
static int make(struct mat_model *m, uint64_t now_ns, uint64_t *ret_due_ns)
{
    int r = model_make(m, now_ns, ret_due_ns);

    if (r <= 0)
        return r;
    for (unsigned h = 0; h < 2; h++)
        memcpy(m->halves.bytes[h][m->halves.made % MODEL_HALVES], m->out + (size_t)h * MODEL_HALF_BYTES,
               MODEL_HALF_BYTES);
    m->halves.made++;
    m->out_sent = m->out_used;
    return 1;
}

int model_halves_in(struct mat_model *m, uint8_t endpoint, uint8_t *bytes, size_t capacity, uint64_t now_ns,
                    uint64_t *ret_due_ns)
{
    unsigned h = (unsigned)(endpoint - m->endpoint_in);
    struct model_halves *halves = &m->halves;
    int r = 1;

    if (h > 1 || capacity < MODEL_HALF_BYTES)
        return h > 1 ? -EPIPE : -EOVERFLOW;
    if (halves->taken[h] == halves->made)
        r = halves->made - halves->taken[!h] < MODEL_HALVES ? make(m, now_ns, ret_due_ns) : 0;
    if (r <= 0)
        return r;
    memcpy(bytes, halves->bytes[h][halves->taken[h]++ % MODEL_HALVES], MODEL_HALF_BYTES);
    return MODEL_HALF_BYTES;
}
