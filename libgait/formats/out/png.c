/*
 * PNG with a palette (colour type 3, 8 bits): signature, then chunks of length, type, data and CRC, numbers big-endian. The title says what the colours
 * mean and what one pixel is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "gait/cleanup.h"
#include "picture.h"
#include "text.h"

static void put_u32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void chunk(FILE *out, const char type[4], const void *data, size_t n)
{
    uint8_t head[8], crc[4];
    uLong sum = crc32(crc32(0, NULL, 0), (const Bytef *)type, 4);

    put_u32(head, (uint32_t)n);
    memcpy(head + 4, type, 4);
    if (n)
        sum = crc32(sum, data, (uInt)n);
    put_u32(crc, (uint32_t)sum);
    fwrite(head, 1, sizeof(head), out);
    fwrite(data, 1, n, out);
    fwrite(crc, 1, sizeof(crc), out);
}

/* Rows, each behind a 0: no filter. */
static int pixels(FILE *out, const struct picture *p)
{
    uLong n = (uLong)p->height * (p->width + 1), bound = compressBound(n);
    _cleanup_free_ uint8_t *rows = calloc(1, n), *packed = malloc(bound);

    if (!rows || !packed)
        return -ENOMEM;
    for (unsigned y = 0; y < p->height; y++)
        memcpy(rows + (size_t)y * (p->width + 1) + 1, p->pixel + (size_t)y * p->width, p->width);
    if (compress2(packed, &bound, rows, n, 6) != Z_OK)
        return -ENOMEM;
    chunk(out, "IDAT", packed, bound);
    return 0;
}

static int write_png(FILE *out, const struct gait_export_trial *trial, const struct picture *p)
{
    uint8_t head[13] = {0}, rgb[768];
    char text[256];
    int r;

    put_u32(head, p->width);
    put_u32(head + 4, p->height);
    head[8] = 8;
    head[9] = 3;
    picture_palette(rgb);
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, out);
    chunk(out, "IHDR", head, sizeof(head));
    chunk(out, "PLTE", rgb, sizeof(rgb));
    snprintf(text, sizeof(text),
             "Title%clargest pressure, %s trial %u, 0 to %.6g kPa, %u x %u pixels a cell of %.4g x %.4g mm", 0,
             trial->session, trial->trial, p->full_kPa, p->cell_x, p->cell_y, trial->geometry->pitch_x_mm,
             trial->geometry->pitch_y_mm);
    chunk(out, "tEXt", text, 6 + strlen(text + 6));
    r = pixels(out, p);
    r = r < 0 ? r : out_status(out);
    chunk(out, "IEND", "", 0);
    return r < 0 ? r : out_status(out);
}

int gait_export_png(FILE *out, const struct gait_export_trial *trial, double full_kPa, struct gait_error *err)
{
    struct picture p;
    int r = picture_new(trial->geometry, full_kPa > 0 ? full_kPa : picture_peak(trial), &p, err);

    if (r < 0)
        return r;
    picture_paint(&p, trial->geometry, trial->picture_kPa);
    r = write_png(out, trial, &p);
    picture_done(&p);
    return r < 0 ? gait_error_set(err, r, "PNG: %s", strerror(-r)) : 0;
}
