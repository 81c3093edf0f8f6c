/*
 * Sixteen cells at once. Two builds of the same arithmetic: GCC vectors of four floats (gcc and clang, any CPU), and with GAIT_SCALAR plain loops. Every operation is on
 * single lanes, so both give the same bits; what crosses lanes is done once a row, in a fixed order.
 */
#ifndef METRICS_LANES_H
#define METRICS_LANES_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#include "metrics/calibrator.h"

#define LANES_INLINE static inline __attribute__((always_inline))

/* Bytes of a sample, as a constant where the type is one. */
LANES_INLINE size_t lanes_size(enum gait_dtype dtype)
{
    return dtype == GAIT_U8 ? 1 : dtype == GAIT_F32 ? 4 : 2;
}

#ifdef GAIT_SCALAR

struct lanes {
    float v[LANES];
};
#define LANES_EACH for (int k = 0; k < LANES; k++)

LANES_INLINE float lanes_sample(enum gait_dtype dtype, const unsigned char *at, int k)
{
    uint16_t u;
    int16_t s;
    float f;

    if (dtype == GAIT_U8)
        return (float)at[k];
    if (dtype == GAIT_U16) {
        memcpy(&u, at + 2 * k, sizeof u);
        return (float)u;
    }
    if (dtype == GAIT_I16) {
        memcpy(&s, at + 2 * k, sizeof s);
        return (float)s;
    }
    memcpy(&f, at + 4 * k, sizeof f);
    return f;
}

/* Counts of 16 cells. */
LANES_INLINE struct lanes lanes_raw(enum gait_dtype dtype, const unsigned char *at)
{
    struct lanes a;

    LANES_EACH a.v[k] = lanes_sample(dtype, at, k);
    return a;
}

LANES_INLINE struct lanes lanes_load(const float *at)
{
    struct lanes a;

    memcpy(&a, at, sizeof a);
    return a;
}

LANES_INLINE void lanes_store(float *at, const struct lanes *a)
{
    memcpy(at, a, sizeof *a);
}

/* max(0, (a - offset) * slope); 0 where that is not finite. */
LANES_INLINE struct lanes lanes_linear(enum gait_dtype dtype, const struct lanes *a, const float *offset,
                                       const float *slope)
{
    struct lanes p;

    LANES_EACH
    {
        const float x = (a->v[k] - offset[k]) * slope[k];

        p.v[k] = x > 0.0f && (dtype != GAIT_F32 || x <= FLT_MAX) ? x : 0.0f;
    }
    return p;
}

/* One bit a lane: a >= limit. */
LANES_INLINE uint32_t lanes_at_least(const struct lanes *a, float limit)
{
    uint32_t bits = 0;

    LANES_EACH bits |= (uint32_t)(a->v[k] >= limit) << k;
    return bits;
}

LANES_INLINE int lanes_any_at_least(const struct lanes *a, float limit)
{
    return lanes_at_least(a, limit) != 0;
}

LANES_INLINE struct lanes lanes_keep(const struct lanes *a, uint32_t bits)
{
    struct lanes kept;

    LANES_EACH kept.v[k] = bits >> k & 1 ? a->v[k] : 0.0f;
    return kept;
}

LANES_INLINE void lanes_add(struct lanes *sum, const struct lanes *a)
{
    LANES_EACH sum->v[k] += a->v[k];
}

LANES_INLINE void lanes_add_product(struct lanes *sum, const struct lanes *a, const float *b)
{
    LANES_EACH sum->v[k] += a->v[k] * b[k];
}

LANES_INLINE void lanes_max(struct lanes *max, const struct lanes *a)
{
    LANES_EACH max->v[k] = a->v[k] > max->v[k] ? a->v[k] : max->v[k];
}

/* Sixteen lanes to four: lane k of the result is that of (k + k+4) + (k+8 + k+12). */
LANES_INLINE void lanes_fold(const struct lanes *a, float ret_four[4])
{
    for (int k = 0; k < 4; k++)
        ret_four[k] = (a->v[k] + a->v[k + 4]) + (a->v[k + 8] + a->v[k + 12]);
}

LANES_INLINE float lanes_largest(const struct lanes *a)
{
    float v[LANES], max = 0.0f;

    lanes_store(v, a);
    for (int k = 0; k < LANES; k++)
        max = v[k] > max ? v[k] : max;
    return max;
}

#else

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));
typedef int16_t v8s __attribute__((vector_size(16)));
typedef uint8_t v16u __attribute__((vector_size(16)));

enum { VECTORS = LANES / 4 };

struct lanes {
    v4f v[VECTORS];
};

#ifdef __clang__
#define LANES_EACH _Pragma("unroll") for (int k = 0; k < VECTORS; k++)
#else
#define LANES_EACH _Pragma("GCC unroll 4") for (int k = 0; k < VECTORS; k++)
#endif

LANES_INLINE v4f lanes_vector(const float *at)
{
    v4f v;

    memcpy(&v, at, sizeof v);
    return v;
}

/* The low and the high halves of 16-bit lanes, widened by what `high` holds. */
LANES_INLINE void lanes_widen(v8s low, v8s high, v4i *ret_two)
{
    ret_two[0] = (v4i)__builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11);
    ret_two[1] = (v4i)__builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15);
}

LANES_INLINE struct lanes lanes_integers(const v4i *i)
{
    struct lanes a;

    LANES_EACH a.v[k] = __builtin_convertvector(i[k], v4f);
    return a;
}

LANES_INLINE struct lanes lanes_raw(enum gait_dtype dtype, const unsigned char *at)
{
    const v8s zero = {0};
    struct lanes a;
    v4i wide[VECTORS];
    v8s low, high;

    if (dtype == GAIT_F32) {
        memcpy(&a, at, sizeof a);
        return a;
    }
    if (dtype == GAIT_U8) {
        const v16u none = {0};
        v16u byte;

        memcpy(&byte, at, sizeof byte);
        low = (v8s)__builtin_shufflevector(byte, none, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        high = (v8s)__builtin_shufflevector(byte, none, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    } else {
        memcpy(&low, at, sizeof low);
        memcpy(&high, at + sizeof low, sizeof high);
    }
    if (dtype == GAIT_I16) { /* in the upper half: shifting down brings the sign along */
        lanes_widen(zero, low, wide);
        lanes_widen(zero, high, wide + 2);
        for (int k = 0; k < VECTORS; k++)
            wide[k] >>= 16;
    } else {
        lanes_widen(low, zero, wide);
        lanes_widen(high, zero, wide + 2);
    }
    return lanes_integers(wide);
}

LANES_INLINE struct lanes lanes_load(const float *at)
{
    struct lanes a;

    LANES_EACH a.v[k] = lanes_vector(at + 4 * k);
    return a;
}

LANES_INLINE void lanes_store(float *at, const struct lanes *a)
{
    LANES_EACH memcpy(at + 4 * k, &a->v[k], sizeof a->v[k]);
}

LANES_INLINE struct lanes lanes_linear(enum gait_dtype dtype, const struct lanes *a, const float *offset,
                                       const float *slope)
{
    const v4f zero = {0};
    struct lanes p;

    LANES_EACH
    {
        const v4f x =
            (a->v[k] - *(const v4f *)(const void *)(offset + 4 * k)) * *(const v4f *)(const void *)(slope + 4 * k);

#ifdef __SSE2__
        p.v[k] = (v4f)_mm_max_ps((__m128)x, (__m128)zero); /* x > 0 ? x : 0, also for NaN */
#else
        p.v[k] = (v4f)((v4i)x & (v4i)(x > zero));
#endif
        if (dtype == GAIT_F32)
            p.v[k] = (v4f)((v4i)p.v[k] & (v4i)(p.v[k] <= zero + FLT_MAX));
    }
    return p;
}

LANES_INLINE uint32_t lanes_bits(const v4i *m)
{
#ifdef __SSE2__
    const __m128i low = _mm_packs_epi32((__m128i)m[0], (__m128i)m[1]),
                  high = _mm_packs_epi32((__m128i)m[2], (__m128i)m[3]);

    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
    uint32_t bits = 0;

    for (int k = 0; k < LANES; k++)
        bits |= (uint32_t)(m[k / 4][k % 4] & 1) << k;
    return bits;
#endif
}

LANES_INLINE uint32_t lanes_at_least(const struct lanes *a, float limit)
{
    const v4f l = {limit, limit, limit, limit};
    v4i m[VECTORS];

    LANES_EACH m[k] = (v4i)(a->v[k] >= l);
    return lanes_bits(m);
}

/* No lane may be NaN. */
LANES_INLINE int lanes_any_at_least(const struct lanes *a, float limit)
{
#ifdef __SSE2__
    const __m128 low = _mm_max_ps((__m128)a->v[0], (__m128)a->v[1]),
                 high = _mm_max_ps((__m128)a->v[2], (__m128)a->v[3]);

    return _mm_movemask_ps(_mm_cmpnlt_ps(_mm_max_ps(low, high), _mm_set1_ps(limit)));
#else
    return lanes_at_least(a, limit) != 0;
#endif
}

LANES_INLINE struct lanes lanes_keep(const struct lanes *a, uint32_t bits)
{
    const v4i all = {(int32_t)bits, (int32_t)bits, (int32_t)bits, (int32_t)bits};
    const v4i bit[VECTORS] = {{1, 2, 4, 8}, {16, 32, 64, 128}, {256, 512, 1024, 2048}, {4096, 8192, 16384, 32768}};
    struct lanes kept;

    LANES_EACH kept.v[k] = (v4f)((v4i)a->v[k] & (v4i)((all & bit[k]) == bit[k]));
    return kept;
}

LANES_INLINE void lanes_add(struct lanes *sum, const struct lanes *a)
{
    LANES_EACH sum->v[k] += a->v[k];
}

LANES_INLINE void lanes_add_product(struct lanes *sum, const struct lanes *a, const float *b)
{
    LANES_EACH sum->v[k] += a->v[k] * lanes_vector(b + 4 * k);
}

LANES_INLINE void lanes_max(struct lanes *max, const struct lanes *a)
{
#ifdef __SSE2__
    LANES_EACH max->v[k] = (v4f)_mm_max_ps((__m128)a->v[k], (__m128)max->v[k]);
#else
    LANES_EACH max->v[k] = a->v[k] > max->v[k] ? a->v[k] : max->v[k];
#endif
}

LANES_INLINE void lanes_fold(const struct lanes *a, float ret_four[4])
{
    const v4f four = (a->v[0] + a->v[1]) + (a->v[2] + a->v[3]);

    memcpy(ret_four, &four, sizeof four);
}

/* A maximum is the same in any order: none of them is NaN. */
LANES_INLINE float lanes_largest(const struct lanes *a)
{
    float four[4], max = 0.0f;
    struct lanes m = *a;

    for (int k = 1; k < VECTORS; k++) {
#ifdef __SSE2__
        m.v[0] = (v4f)_mm_max_ps((__m128)m.v[0], (__m128)m.v[k]);
#else
        m.v[0] = m.v[k] > m.v[0] ? m.v[k] : m.v[0];
#endif
    }
    memcpy(four, &m.v[0], sizeof four);
    for (int k = 0; k < 4; k++)
        max = four[k] > max ? four[k] : max;
    return max;
}

#endif

/* Pressures of 16 cells; *ret_count gets their counts. offset and slope are aligned. */
LANES_INLINE struct lanes lanes_calibrated(const struct gait_calibrator *c, enum gait_dtype dtype, int curved,
                                           const unsigned char *raw, const float *offset, const float *slope,
                                           struct lanes *ret_count)
{
    float count[LANES], p[LANES];

    *ret_count = lanes_raw(dtype, raw);
    if (!curved)
        return lanes_linear(dtype, ret_count, offset, slope);
    lanes_store(count, ret_count);
    for (int k = 0; k < LANES; k++)
        p[k] = curved_kPa(c, count[k] - offset[k], slope[k]);
    return lanes_load(p);
}

#endif
