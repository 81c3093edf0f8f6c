#include "gait/tare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/calibrate.h"
#include "metrics/tare_load.h"

#define MAD_TO_SIGMA 1.4826
#define NOISY_SIGMAS 5.0
#define JUMP_KPA     2.0
#define MOVED_SIGMAS 2.5 /* by chance the tenth highest of a hundred is 1.3 above the middle */

struct gait_tare {
    struct gait_geometry geometry;
    uint32_t wanted, frames;
    size_t frame_bytes;
    unsigned char *raw; /* [wanted * frame_bytes] */
    float *value;       /* [2 * wanted] of one cell */
};

int gait_tare_new(const struct gait_geometry *geometry, uint32_t frames, struct gait_tare **ret_tare)
{
    _cleanup_(gait_tare_freep) struct gait_tare *t = NULL;
    int r;

    if (frames < GAIT_TARE_FRAMES_MIN || frames > GAIT_TARE_FRAMES_MAX)
        return -EINVAL;
    t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    r = gait_geometry_copy(geometry, &t->geometry);
    if (r < 0)
        return r;
    t->wanted = frames;
    t->frame_bytes = gait_geometry_frame_bytes(geometry);
    t->raw = malloc(frames * t->frame_bytes);
    t->value = malloc(2 * frames * sizeof *t->value);
    if (!t->raw || !t->value)
        return -ENOMEM;
    *ret_tare = gait_steal(&t);
    return 0;
}

void gait_tare_free(struct gait_tare *tare)
{
    if (!tare)
        return;
    gait_geometry_done(&tare->geometry);
    free(tare->raw);
    free(tare->value);
    free(tare);
}

int gait_tare_add(struct gait_tare *tare, const void *raw)
{
    if (tare->frames < tare->wanted)
        memcpy(tare->raw + tare->frames++ * tare->frame_bytes, raw, tare->frame_bytes);
    return tare->frames == tare->wanted;
}

static float sample(enum gait_dtype dtype, const unsigned char *frame, size_t i)
{
    uint16_t u;
    int16_t s;
    float f;

    if (dtype == GAIT_U8)
        return (float)frame[i];
    if (dtype == GAIT_F32) {
        memcpy(&f, frame + i * sizeof f, sizeof f);
        return isfinite(f) ? f : 0.0f;
    }
    memcpy(&u, frame + i * sizeof u, sizeof u);
    memcpy(&s, &u, sizeof s);
    return dtype == GAIT_I16 ? (float)s : (float)u;
}

/* The k-th smallest of n values, which change their order. */
static float kth(float *v, int n, int k)
{
    int low = 0, high = n - 1;

    while (low < high) {
        const float pivot = v[low + (high - low) / 2];
        int i = low, j = high;

        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                const float swap = v[i];

                v[i++] = v[j];
                v[j--] = swap;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return v[k];
}

float tare_median(float *v, int n)
{
    const float upper = kth(v, n, n / 2);

    return n % 2 ? upper : (upper + kth(v, n, n / 2 - 1)) / 2.0f;
}

/* 1.4826 times the median distance of n values from their middle; the values are lost. */
static float noise_of(float *v, int n, float middle)
{
    for (int k = 0; k < n; k++)
        v[k] = fabsf(v[k] - middle);
    return (float)(MAD_TO_SIGMA * (double)tare_median(v, n));
}

/*
 * Offset and noise of one cell; returns how far it was away from its offset for a tenth of the frames, or from the first half to the second; 0 when noise alone
 * does that.
 */
static float one_cell(struct gait_tare *t, size_t i, float *ret_offset, float *ret_sigma)
{
    const int n = (int)t->frames, half = n / 2;
    float *halves = t->value + n, first, second, quiet, away;

    for (int k = 0; k < n; k++)
        t->value[k] = sample(t->geometry.dtype, t->raw + (size_t)k * t->frame_bytes, i);
    memcpy(halves, t->value, (size_t)n * sizeof *halves);
    first = tare_median(halves, half);
    second = tare_median(halves + half, n - half);
    *ret_offset = tare_median(t->value, n);
    away = fmaxf(kth(t->value, n, n - 1 - n / 10) - *ret_offset, *ret_offset - kth(t->value, n, n / 10));
    away = fmaxf(away, fabsf(second - first));
    *ret_sigma = noise_of(t->value, n, *ret_offset);
    quiet = fminf(noise_of(halves, half, first), noise_of(halves + half, n - half, second));
    return (double)away > MOVED_SIGMAS * (double)quiet ? away : 0.0f;
}

static bool measures(const struct gait_geometry *g, size_t i)
{
    return !g->cell || g->cell[i] == GAIT_CELL_OK;
}

bool gait_tare_noisy(const struct gait_calibration *c, enum gait_dtype dtype, size_t cell, double sigma,
                     double p_on_kPa)
{
    return p_on_kPa > 0 && gait_calibration_knows_kPa(c, dtype) &&
           gait_calibration_kPa(c, cell, NOISY_SIGMAS * sigma) > p_on_kPa;
}

/* Against the offsets before, and against the noise that the threshold allows. */
static void judge(const struct gait_tare *t, const struct gait_calibration *now, double p_on_kPa, const float *offset,
                  const float *sigma, struct gait_tare_result *ret)
{
    const size_t cells = gait_geometry_cells(&t->geometry);
    uint32_t still = 0, moving = 0;

    *ret = (struct gait_tare_result){.frames = t->frames, .jump_max_kPa = now->offset ? 0 : (double)NAN};
    for (size_t i = 0; i < cells; i++) {
        if (!measures(&t->geometry, i))
            continue;
        still += !(sigma[i] > 0.0f);
        moving += sigma[i] > 0.0f;
        ret->noisy_cells += gait_tare_noisy(now, t->geometry.dtype, i, (double)sigma[i], p_on_kPa);
        if (now->offset) {
            const double jump = gait_calibration_kPa(now, i, fabs((double)offset[i] - (double)now->offset[i]));

            ret->jump_max_kPa = jump > ret->jump_max_kPa ? jump : ret->jump_max_kPa;
            ret->jump_cells += jump > JUMP_KPA;
        }
    }
    ret->stuck_cells =
        moving > still ? still : 0; /* a mat whose counts mostly rest at one value has quiet cells, not stuck ones */
}

/* Offsets, noise and how far each cell moved; nothing is known of cells that do not measure. */
static void all_cells(struct gait_tare *t, float *offset, float *sigma, float *moved)
{
    for (size_t i = 0; i < gait_geometry_cells(&t->geometry); i++) {
        if (measures(&t->geometry, i))
            moved[i] = one_cell(t, i, &offset[i], &sigma[i]);
        else
            offset[i] = sigma[i] = moved[i] = 0.0f;
    }
}

int gait_tare_finish(struct gait_tare *tare, const struct gait_calibration *now, double p_on_kPa, bool empty,
                     float *ret_offset, float *ret_sigma, struct gait_tare_result *ret_result)
{
    const size_t cells = gait_geometry_cells(&tare->geometry);
    _cleanup_free_ float *result = calloc(3 * cells, sizeof *result);
    float *offset = result, *sigma = result + cells, *moved = result + 2 * cells;
    const double most_kPa = p_on_kPa > 0 ? p_on_kPa : JUMP_KPA;
    int r;

    if (tare->frames < GAIT_TARE_FRAMES_MIN)
        return -EAGAIN;
    if (!result)
        return -ENOMEM;
    all_cells(tare, offset, sigma, moved);
    r = tare_load(&tare->geometry, now, most_kPa, offset, moved, empty);
    if (r < 0)
        return r;
    for (size_t i = 0; i < cells; i++) /* one that moves by itself is as uncertain as that */
        if (gait_calibration_kPa(now, i, (double)moved[i]) > most_kPa)
            sigma[i] = fmaxf(sigma[i], moved[i]);
    judge(tare, now, p_on_kPa, offset, sigma, ret_result);
    memcpy(ret_offset, offset, cells * sizeof *offset);
    memcpy(ret_sigma, sigma, cells * sizeof *sigma);
    return 0;
}
