/*
 * GIF89a: one palette, an image a step of time, each packed by LZW with codes of 9 to 12 bits, the lowest bit first, in blocks of at most 255 bytes.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "picture.h"
#include "text.h"

enum {
    CODE_CLEAR = 256,
    CODE_END = 257,
    CODE_FIRST = 258,
    CODES = 4096,
    HASH = 8192,
    IMAGES_PER_S = 25,
    LAST_CS = 200, /* how long the whole picture stands, in 1/100 s */
};

struct lzw {
    FILE *out;
    uint8_t block[256]; /* its length first */
    uint32_t bits;
    unsigned n_bits, width, next;
    uint32_t key[HASH]; /* prefix << 8 | byte, plus 1 */
    uint16_t code[HASH];
};

static void put_byte(struct lzw *z, unsigned byte)
{
    z->block[++z->block[0]] = (uint8_t)byte;
    if (z->block[0] == 255) {
        fwrite(z->block, 1, 256, z->out);
        z->block[0] = 0;
    }
}

static void put_code(struct lzw *z, unsigned code)
{
    z->bits |= (uint32_t)code << z->n_bits;
    for (z->n_bits += z->width; z->n_bits >= 8; z->n_bits -= 8, z->bits >>= 8)
        put_byte(z, z->bits & 255);
}

static void clear(struct lzw *z)
{
    put_code(z, CODE_CLEAR);
    memset(z->key, 0, sizeof(z->key));
    z->next = CODE_FIRST;
    z->width = 9;
}

/* Where a key stands or belongs. */
static unsigned slot(const struct lzw *z, uint32_t key)
{
    unsigned at = (key * 2654435761u) >> 19;

    while (z->key[at] && z->key[at] != key)
        at = (at + 1) % HASH;
    return at;
}

static void pack(struct lzw *z, const uint8_t *pixel, size_t n)
{
    unsigned prefix = pixel[0];

    z->width = 9;
    clear(z);
    for (size_t i = 1; i < n; i++) {
        uint32_t key = ((uint32_t)prefix << 8 | pixel[i]) + 1;
        unsigned at = slot(z, key);

        if (z->key[at]) {
            prefix = z->code[at];
            continue;
        }
        put_code(z, prefix);
        prefix = pixel[i];
        if (z->next == CODES) {
            clear(z);
            continue;
        }
        z->key[at] = key;
        z->code[at] = (uint16_t)z->next;
        if (z->next++ == 1u << z->width)
            z->width++;
    }
    put_code(z, prefix);
    put_code(z, CODE_END);
    if (z->n_bits)
        put_byte(z, z->bits & 255);
    if (z->block[0])
        fwrite(z->block, 1, 1u + z->block[0], z->out);
    fputc(0, z->out);
}

static void put_word(FILE *out, unsigned value)
{
    fputc((int)(value & 255), out);
    fputc((int)(value >> 8 & 255), out);
}

static void write_head(FILE *out, const struct picture *p)
{
    uint8_t rgb[768];

    picture_palette(rgb);
    fputs("GIF89a", out);
    put_word(out, p->width);
    put_word(out, p->height);
    fwrite("\xf7\0\0", 1, 3, out); /* a palette of 256 colours, 8 bits each; background 0 */
    fwrite(rgb, 1, sizeof(rgb), out);
    fwrite("!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 1, 19, out); /* over and over */
}

static int write_image(FILE *out, const struct picture *p, unsigned delay_cs)
{
    struct lzw *z = calloc(1, sizeof(*z));

    if (!z)
        return -ENOMEM;
    z->out = out;
    fwrite("!\xf9\x04\x04", 1, 4, out);
    put_word(out, delay_cs);
    fwrite("\0\0,\0\0\0\0", 1, 7, out);
    put_word(out, p->width);
    put_word(out, p->height);
    fwrite("\0\x08", 1, 2, out);
    pack(z, p->pixel, (size_t)p->width * p->height);
    free(z);
    return out_status(out);
}

static void take_larger(float *largest, const float *p_kPa, size_t cells)
{
    for (size_t i = 0; i < cells; i++)
        if (isnan(largest[i]) || p_kPa[i] > largest[i])
            largest[i] = p_kPa[i];
}

/* How long an image that holds the first n frames stands: until the next one is due, missing frames included. */
static unsigned delay_of(const struct gait_export_trial *t, size_t n, size_t step)
{
    size_t next = n + step < t->n_frames ? n + step : t->n_frames;
    double s = t->n_frames ? t->frame[next - 1].t_s - t->frame[n - 1].t_s : 0;

    return (unsigned)fmin(UINT16_MAX, fmax(2, round(100 * s)));
}

/* An image for every so many frames, so that 25 a second are shown; the last one holds all. */
static int animate(FILE *out, const struct gait_export_trial *t, struct picture *p, struct gait_error *err)
{
    size_t cells = gait_geometry_cells(t->geometry), n = 0;
    size_t step = (size_t)fmax(1, ceil(t->geometry->rate_hz / IMAGES_PER_S));
    _cleanup_free_ float *p_kPa = malloc(cells * sizeof(float)), *largest = calloc(cells, sizeof(float));
    int r = p_kPa && largest ? t->rewind(t->user, err) : gait_error_set(err, -ENOMEM, "no memory for a frame");

    while (r >= 0 && (r = t->next(t->user, p_kPa, err)) == 1) {
        take_larger(largest, p_kPa, cells);
        if (++n % step || n >= t->n_frames)
            continue;
        picture_paint(p, t->geometry, largest);
        r = write_image(out, p, delay_of(t, n, step));
    }
    if (r < 0)
        return r;
    picture_paint(p, t->geometry, t->picture_kPa);
    return write_image(out, p, LAST_CS);
}

int gait_export_gif(FILE *out, const struct gait_export_trial *trial, double full_kPa, struct gait_error *err)
{
    struct picture p;
    int r = picture_new(trial->geometry, full_kPa > 0 ? full_kPa : picture_peak(trial), &p, err);

    if (r < 0)
        return r;
    write_head(out, &p);
    r = animate(out, trial, &p, err);
    fputc(';', out);
    picture_done(&p);
    return r < 0 && !(err && err->text[0]) ? gait_error_set(err, r, "GIF: %s", strerror(-r)) : r;
}
