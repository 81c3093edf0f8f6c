#include "gait/tare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAD_TO_SIGMA 1.4826
#define NOISY_SIGMAS 5.0
#define JUMP_KPA     2.0

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

int gait_tare_add(struct gait_tare *tare, const void *raw, uint32_t contact_cells)
{
    if (contact_cells)
        return -EBUSY;
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

static float median(float *v, int n)
{
    const float upper = kth(v, n, n / 2);

    return n % 2 ? upper : (upper + kth(v, n, n / 2 - 1)) / 2.0f;
}

/* Offset and noise of one cell; returns how far its median wandered from the first half to the second. */
static float one_cell(struct gait_tare *t, size_t i, float *ret_offset, float *ret_sigma)
{
    const int n = (int)t->frames, half = n / 2;
    float first, second;

    for (int k = 0; k < n; k++)
        t->value[k] = sample(t->geometry.dtype, t->raw + (size_t)k * t->frame_bytes, i);
    memcpy(t->value + n, t->value, (size_t)n * sizeof *t->value);
    first = median(t->value + n, half);
    second = median(t->value + n + half, n - half);
    *ret_offset = median(t->value, n);
    for (int k = 0; k < n; k++)
        t->value[k] = fabsf(t->value[k] - *ret_offset);
    *ret_sigma = (float)(MAD_TO_SIGMA * (double)median(t->value, n));
    return fabsf(second - first);
}

static bool measures(const struct gait_geometry *g, size_t i)
{
    return !g->cell || g->cell[i] == GAIT_CELL_OK;
}

/* Against the offsets before, and against the noise that the threshold allows. */
static void judge(const struct gait_tare *t, double kPa_per_count, double p_on_kPa, const float *before,
                  const float *offset, const float *sigma, struct gait_tare_result *ret)
{
    const size_t cells = gait_geometry_cells(&t->geometry);
    uint32_t still = 0, moving = 0;

    *ret = (struct gait_tare_result){.frames = t->frames, .jump_max_kPa = before ? 0 : (double)NAN};
    for (size_t i = 0; i < cells; i++) {
        if (!measures(&t->geometry, i))
            continue;
        still += !(sigma[i] > 0.0f);
        moving += sigma[i] > 0.0f;
        ret->noisy_cells += NOISY_SIGMAS * (double)sigma[i] * kPa_per_count > p_on_kPa && p_on_kPa > 0;
        if (before) {
            const double jump = fabs((double)offset[i] - (double)before[i]) * kPa_per_count;

            ret->jump_max_kPa = jump > ret->jump_max_kPa ? jump : ret->jump_max_kPa;
            ret->jump_cells += jump > JUMP_KPA;
        }
    }
    ret->stuck_cells =
        moving > still ? still : 0; /* a mat whose counts mostly rest at one value has quiet cells, not stuck ones */
}

int gait_tare_finish(struct gait_tare *tare, double kPa_per_count, double p_on_kPa, const float *before,
                     float *ret_offset, float *ret_sigma, struct gait_tare_result *ret_result)
{
    const size_t cells = gait_geometry_cells(&tare->geometry);
    _cleanup_free_ float *result = malloc(2 * cells * sizeof *result);
    const double most_kPa = p_on_kPa > 0 ? p_on_kPa : JUMP_KPA;

    if (tare->frames < GAIT_TARE_FRAMES_MIN)
        return -EAGAIN;
    if (!result)
        return -ENOMEM;
    for (size_t i = 0; i < cells; i++) {
        const float wandered = one_cell(tare, i, &result[i], &result[cells + i]);

        if (!measures(&tare->geometry, i))
            result[i] = result[cells + i] = 0.0f;
        else if ((double)wandered * kPa_per_count > most_kPa)
            return -EBUSY;
    }
    judge(tare, kPa_per_count, p_on_kPa, before, result, result + cells, ret_result);
    memcpy(ret_offset, result, cells * sizeof *result);
    memcpy(ret_sigma, result + cells, cells * sizeof *result);
    return 0;
}
