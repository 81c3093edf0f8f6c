/* Sensel Morph: bytes written from its description, an encoder of our own, damage; noise and frames in rags, 10 million bytes of each kind with GAIT_TIER=full. */
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
#include "noise.h"
#include "sensel/sensel.h"

struct bytes {
    uint8_t at[80000];
    size_t n;
};

static void number(struct bytes *b, uint32_t value)
{
    if (value < 0x80) {
        b->at[b->n++] = (uint8_t)value;
        return;
    }
    b->at[b->n++] = (uint8_t)(value | 0x80);
    b->at[b->n++] = (uint8_t)(value >> 7);
}

/* The runs of a grid of which every cell is 0 or above base. */
static void body(struct bytes *b, uint32_t base, const uint16_t *cell, size_t cells)
{
    number(b, base);
    for (size_t i = 0; i < cells;) {
        uint32_t zeros = 0;

        for (; i < cells && !cell[i]; i++)
            zeros++;
        number(b, zeros);
        for (; i < cells && cell[i]; i++)
            number(b, cell[i] - base);
        if (i < cells)
            number(b, 0);
    }
}

static void frame(struct bytes *b, uint8_t counter, uint32_t base, const uint16_t *cell, size_t cells)
{
    size_t head = b->n, payload;
    uint8_t sum = 0;

    b->n += 5;
    payload = b->n;
    memcpy(b->at + payload, (uint8_t[]){1, counter, 0x78, 0x56, 0x34, 0x12}, 6);
    b->n += 6;
    body(b, base, cell, cells);
    size_t length = b->n - payload;
    memcpy(b->at + head, (uint8_t[]){3, 0x1a, 0, (uint8_t)length, (uint8_t)(length >> 8)}, 5);
    for (size_t i = payload; i < b->n; i++)
        sum = (uint8_t)(sum + b->at[i]);
    b->at[b->n++] = sum;
}

/* The public description's own example: 03 F5 09 is an empty 47 x 27 grid. */
static void test_worked_example(void **state)
{
    (void)state;
    struct sensel_grid g;

    assert_true(sensel_unpack((uint8_t[]){0x03, 0xf5, 0x09}, 3, &g));
    assert_int_equal(g.cols, 47);
    assert_int_equal(g.rows, 27);
    for (int i = 0; i < 47 * 27; i++)
        assert_int_equal(g.cell[i], 0);
    /* base 3; 1200 zeros; 1, 200; end; 67 zeros: cells 1200 and 1201 are 4 and 203 */
    const uint8_t two[] = {0x03, 0xb0, 0x09, 0x01, 0xc8, 0x01, 0x00, 0x43};
    assert_true(sensel_unpack(two, sizeof two, &g));
    assert_int_equal(g.cell[1200], 4);
    assert_int_equal(g.cell[1201], 203);
    assert_int_equal(g.cell[1202], 0);
}

/* A grid is accepted only when the stream fills it exactly. */
static void test_exactly(void **state)
{
    (void)state;
    struct sensel_grid g;

    assert_false(sensel_unpack((uint8_t[]){0x03, 0xf4, 0x09}, 3, &g));       /* one short */
    assert_false(sensel_unpack((uint8_t[]){0x03, 0xf6, 0x09}, 3, &g));       /* one too many */
    assert_false(sensel_unpack((uint8_t[]){0x03, 0xf5}, 2, &g));             /* cut in a number */
    assert_false(sensel_unpack((uint8_t[]){0x03, 0xf5, 0x09, 0x01}, 4, &g)); /* a cell too many */
    assert_false(sensel_unpack((uint8_t[]){0}, 0, &g));
    assert_true(sensel_unpack((uint8_t[]){0x03, 0xc1, 0x26}, 3, &g)); /* 4929 = 93 x 53 */
    assert_int_equal(g.cols, 93);
}

static void test_expand(void **state)
{
    (void)state;
    static struct sensel_grid g;
    static uint16_t raw[SENSEL_ROWS * SENSEL_COLS];

    for (int detail = 0; detail < 2; detail++) {
        g = (struct sensel_grid){.rows = detail ? 53 : 27, .cols = detail ? 93 : 47, .scale = detail ? 2 : 4};
        for (uint32_t i = 0; i < g.rows * g.cols; i++)
            g.cell[i] = 777;
        sensel_expand(&g, raw);
        for (int i = 0; i < SENSEL_ROWS * SENSEL_COLS; i++)
            assert_int_equal(raw[i], 777); /* a constant stays */
        for (uint32_t r = 0; r < g.rows; r++)
            for (uint32_t c = 0; c < g.cols; c++)
                g.cell[r * g.cols + c] = (uint16_t)(100 + 8 * c + 16 * r);
        sensel_expand(&g, raw);
        for (uint32_t r = 2 * g.scale; r < SENSEL_ROWS - 2 * g.scale; r++)
            for (uint32_t c = 2 * g.scale; c < SENSEL_COLS - 2 * g.scale; c++) /* a slope stays a slope */
                assert_int_equal(raw[r * SENSEL_COLS + c], 100 + 8 * c / g.scale + 16 * r / g.scale);
        memset(g.cell, 0, sizeof g.cell);
        g.cell[10 * g.cols + 20] = 1600;
        sensel_expand(&g, raw);
        assert_int_equal(raw[10 * g.scale * SENSEL_COLS + 20 * g.scale], 1600);              /* the grid's own point */
        assert_int_equal(raw[10 * g.scale * SENSEL_COLS + 20 * g.scale + g.scale / 2], 900); /* half way: 9/16 */
        assert_int_equal(raw[10 * g.scale * SENSEL_COLS + 20 * g.scale + g.scale * 3 / 2],
                         0); /* -1/16 is no pressure */
        assert_int_equal(raw[(10 * g.scale + g.scale / 2) * SENSEL_COLS + 20 * g.scale - g.scale / 2],
                         506); /* 81/256 */
    }
}

struct seen {
    unsigned frames, skipped[MAT_VERDICT_COUNT];
    uint64_t seq[16];
    uint32_t gap;
    uint16_t centre[16];
};

static void feed(const struct bytes *b, size_t chunk, struct seen *seen)
{
    static uint16_t raw[SENSEL_ROWS * SENSEL_COLS];
    struct mat_instance *s;
    struct mat_decoded d;

    memset(seen, 0, sizeof *seen);
    assert_int_equal(mat_sensel_driver.open(NULL, NULL, &s, NULL), 0);
    for (size_t at = 0; at < b->n; at += chunk) {
        size_t n = chunk < b->n - at ? chunk : b->n - at, used = 0;

        do {
            mat_sensel_driver.decode(s, b->at + at + used, n - used, raw, &d);
            used += d.used;
            if (d.verdict == MAT_FRAME && seen->frames < 16) {
                seen->seq[seen->frames] = d.seq;
                seen->centre[seen->frames++] = raw[20 * SENSEL_COLS + 40]; /* grid (10, 20) of the large one */
                seen->gap += d.gap_device;
            } else if (d.verdict) {
                seen->skipped[d.verdict]++;
            }
        } while (d.verdict || used < n);
    }
    mat_sensel_driver.close(s);
}

static void test_stream(void **state)
{
    (void)state;
    static struct bytes b;
    static uint16_t cell[93 * 53];
    struct seen seen;

    b.n = 0;
    memcpy(b.at, (uint8_t[]){0x05, 0x19, 0x05}, 3); /* an answer that came late */
    b.n = 3;
    for (unsigned k = 0; k < 6; k++) {
        for (unsigned i = 0; i < 93 * 53; i++)
            cell[i] = (uint16_t)((i * 7 + k) % 11 < 4 ? 3 + (i * 37 + k) % 900 + 1 : 0);
        cell[10 * 93 + 20] = (uint16_t)(500 + k);
        frame(&b, (uint8_t)(254 + k + (k > 3 ? 2 : 0)), 3, cell, 93 * 53); /* 254 255 0 1, then 4 5 */
    }
    for (size_t chunk = 1; chunk < 20000; chunk = chunk * 3 + 1) {
        feed(&b, chunk, &seen);
        assert_int_equal(seen.frames, 6);
        assert_int_equal(seen.skipped[MAT_SKIP_EARLY], 1);
        assert_int_equal(seen.gap, 2);
        for (unsigned k = 0; k < 6; k++) {
            assert_int_equal(seen.centre[k], 500 + k);
            assert_int_equal(seen.seq[k], 254 + k + (k > 3 ? 2 : 0));
        }
    }
}

/* One bit wrong, one byte gone or one too many: that frame is lost, another is never made. */
static void test_damage(void **state)
{
    (void)state;
    static struct bytes b, hurt;
    static uint16_t cell[47 * 27];
    struct seen seen;

    b.n = 0;
    cell[600] = 900;
    for (unsigned k = 0; k < 4; k++)
        frame(&b, (uint8_t)(k + 1), 3, cell, 47 * 27);
    for (size_t at = 0; at < b.n; at++) {
        for (int how = 0; how < 3; how++) {
            hurt = b;
            if (how == 0)
                hurt.at[at] ^= 0x10;
            else
                memmove(hurt.at + at + (how == 1), hurt.at + at + (how == 2), b.n - at - (how == 2));
            hurt.n = b.n + (how == 1) - (how == 2);
            memset(hurt.at + hurt.n, 0, 21000); /* a wrong length is waited for, at most one longest frame */
            hurt.n += 21000;
            feed(&hurt, 1300, &seen);
            assert_in_range(seen.frames, 2, 4);
        }
    }
    feed(&b, 13, &seen);
    assert_int_equal(seen.frames, 4);
}

/* Calls are bounded by the bytes given; `raw` is exact, so that ASan sees a cell too many. Returns how many frames there were that `known` does not know. */
static unsigned run_through(struct mat_instance *s, const uint8_t *bytes, size_t n, bool (*known)(const uint16_t *raw),
                            unsigned *frames)
{
    uint16_t *raw = malloc(sizeof(uint16_t) * SENSEL_ROWS * SENSEL_COLS);
    struct mat_decoded d;
    size_t used = 0, calls = 0;
    unsigned invented = 0;

    assert_non_null(raw);
    do {
        mat_sensel_driver.decode(s, bytes + used, n - used, raw, &d);
        assert_true(d.used <= n - used);
        used += d.used;
        *frames += d.verdict == MAT_FRAME;
        invented += d.verdict == MAT_FRAME && !known(raw);
        assert_true(++calls < 4 * n + 30000); /* what was kept is one longest frame */
    } while (d.verdict || used < n);
    free(raw);
    return invented;
}

static bool none(const uint16_t *raw)
{
    (void)raw;
    return false;
}

enum kind { RANDOM, ZEROS, ONES, FIVES, HEADS, TRUE_HEADS, KINDS };

/* TRUE_HEADS: content, counter and length are a frame's, what follows is not. */
static void make_noise(enum kind kind, uint8_t *at, size_t n, uint64_t *seed)
{
    static const uint8_t fill[] = {0, 0, 0xff, 0x55}, head[] = {0x03, 0x1a, 0x00, 0x40, 0x00, 0x01};

    for (size_t i = 0; i < n; i++)
        at[i] = kind == ZEROS || kind == ONES || kind == FIVES ? fill[kind] : (uint8_t)noise_next(seed);
    if (kind == HEADS || kind == TRUE_HEADS)
        for (size_t i = 0; i + sizeof head < n; i += kind == HEADS ? 3 : 70)
            memcpy(at + i, head, kind == HEADS ? 3 : sizeof head);
}

static void test_noise(void **state)
{
    (void)state;
    enum { CHUNK = 8192 };
    uint8_t *chunk = malloc(CHUNK);
    struct mat_instance *s;
    unsigned frames = 0;

    assert_non_null(chunk);
    assert_int_equal(mat_sensel_driver.open(NULL, NULL, &s, NULL), 0);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        uint64_t seed = 88172645463325252u + kind;

        for (size_t at = 0; at < noise_bytes(); at += CHUNK) {
            make_noise(kind, chunk, CHUNK, &seed);
            run_through(s, chunk, CHUNK, none, &frames);
        }
        assert_int_equal(frames, 0);
    }
    mat_sensel_driver.close(s);
    free(chunk);
    print_message("%zu bytes of %d kinds: no frame\n", noise_bytes(), KINDS);
}

/* --- frames in rags ------------------------------------------------------------------------------------ */

enum { WHOLE = 12 };
static uint16_t whole[WHOLE][SENSEL_ROWS * SENSEL_COLS];

static bool is_whole(const uint16_t *raw)
{
    for (unsigned k = 0; k < WHOLE; k++)
        if (!memcmp(raw, whole[k], sizeof whole[k]))
            return true;
    return false;
}

static void make_whole(struct bytes *b)
{
    static struct sensel_grid g;

    b->n = 0;
    for (unsigned k = 0; k < WHOLE; k++) {
        g = k & 1 ? (struct sensel_grid){.rows = 53, .cols = 93, .scale = 2}
                  : (struct sensel_grid){.rows = 27, .cols = 47, .scale = 4};
        for (unsigned i = 0; i < g.rows * g.cols; i++)
            g.cell[i] = (uint16_t)((i * 7 + k) % 11 < 4 ? 4 + (i * 37 + 91 * k) % 900 : 0);
        frame(b, (uint8_t)k, 3, g.cell, g.rows * g.cols);
        sensel_expand(&g, whole[k]);
    }
}

/* Its checksum is one byte: of 256 frames that are hurt it may believe one. */
static void test_rags(void **state)
{
    (void)state;
    static struct bytes b, hurt;
    struct mat_instance *s;
    uint64_t seed = 1;
    unsigned frames = 0, invented[2] = {0}, wounds = 0;

    make_whole(&b);
    assert_int_equal(mat_sensel_driver.open(NULL, NULL, &s, NULL), 0);
    for (size_t fed = 0, turn = 0; fed < noise_bytes(); fed += hurt.n, turn++) {
        hurt = b;
        for (unsigned k = (unsigned)(noise_next(&seed) % 12); k > 0; k--, wounds++)
            hurt.n =
                turn & 1 ? noise_flip(hurt.at, hurt.n, &seed) : noise_wound(hurt.at, hurt.n, sizeof hurt.at, &seed);
        invented[turn & 1] += run_through(s, hurt.at, hurt.n, is_whole, &frames);
    }
    mat_sensel_driver.close(s);
    print_message("%zu bytes, %u wounds: %u frames, %u and %u invented\n", noise_bytes(), wounds, frames, invented[0],
                  invented[1]);
    assert_true(frames > 0);
    assert_in_range(invented[0], 0, wounds / 256);
    assert_in_range(invented[1], 0, wounds / 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example), cmocka_unit_test(test_exactly), cmocka_unit_test(test_expand),
        cmocka_unit_test(test_stream),         cmocka_unit_test(test_damage),  cmocka_unit_test(test_noise),
        cmocka_unit_test(test_rags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
