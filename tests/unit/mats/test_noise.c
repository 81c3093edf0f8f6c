/*
 * Bytes that are no frames, to every shipped profile: none is invented, nothing is read or written beyond its end (ASan), every call makes progress.
 * 200 thousand bytes of each kind, 10 million with GAIT_TIER=full.
 */
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
#include "mats.h"
#include "mats/framer.h"

enum { CHUNK = 8192 };

enum kind { RANDOM, ZEROS, ONES, FIVES, HEADERS, DIGITS, KINDS };
static const char *const kind_name[KINDS] = {"random", "00", "FF", "55", "its own markers", "digits and line ends"};

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * UINT64_C(0x2545f4914f6cdd1d) >> 24;
}

static uint8_t noise(enum kind kind, const struct mat_framing *f, size_t at, uint64_t *seed)
{
    static const char text[] = "0123456789 ,\r\n";

    switch (kind) {
    case RANDOM:
        return (uint8_t)next(seed);
    case ONES:
        return 0xff;
    case FIVES:
        return 0x55;
    case HEADERS:
        if (f->header_length)
            return f->header[at % f->header_length];
        return f->trailer_length ? f->trailer[at % f->trailer_length] : 0xc0;
    case DIGITS:
        return (uint8_t)text[next(seed) % (sizeof text - 1)];
    case ZEROS:
    case KINDS:
        break;
    }
    return 0;
}

static unsigned feed(struct mat_framer *f, const uint8_t *bytes, size_t n, void *raw)
{
    struct mat_decoded d;
    size_t used = 0, calls = 0;
    unsigned frames = 0;

    do {
        mat_framer_decode(f, bytes + used, n - used, raw, &d);
        assert_true(d.used <= n - used);
        used += d.used;
        frames += d.verdict == MAT_FRAME;
        assert_true(++calls < 4 * n + 16);
    } while (d.verdict || used < n);
    return frames;
}

static unsigned try_kind(const struct mat_profile *p, enum kind kind, size_t total)
{
    struct mat_framer *f;
    uint8_t *chunk = malloc(CHUNK);
    uint64_t seed = 88172645463325252u + (uint64_t)kind;
    unsigned frames = 0;

    assert_non_null(chunk);
    assert_int_equal(mat_framer_new(p, &f), 0);
    void *raw =
        malloc(gait_geometry_frame_bytes(mat_framer_geometry(f))); /* exact, so that ASan sees a byte too many */
    assert_non_null(raw);
    for (size_t at = 0; at < total; at += CHUNK) {
        size_t n = kind == RANDOM ? 1 + next(&seed) % CHUNK : CHUNK;

        for (size_t i = 0; i < n; i++)
            chunk[i] = noise(kind, &p->framing, at + i, &seed);
        frames += feed(f, chunk, n, raw);
    }
    free(raw);
    free(chunk);
    mat_framer_free(f);
    return frames;
}

static void test_noise(void **state)
{
    (void)state;
    const char *tier = getenv("GAIT_TIER");
    size_t total = tier && !strcmp(tier, "full") ? 10000000 : 200000;
    struct mat_profile *profile[MATS_MAX];
    size_t n = mats_read(profile);

    assert_true(n >= 10);
    for (size_t i = 0; i < n; i++) {
        for (enum kind kind = 0; kind < KINDS; kind++) {
            unsigned frames = try_kind(profile[i], kind, total);

            if (frames &&
                kind != HEADERS) /* markers at the right distance are a frame: only time and memory are judged */
                fail_msg("%s: %u frames in bytes of %s", profile[i]->name, frames, kind_name[kind]);
        }
        mat_profile_free(profile[i]);
    }
    print_message("%zu profiles, %zu bytes of %d kinds each\n", n, total, KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_noise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
