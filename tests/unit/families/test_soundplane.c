/* Soundplane A: packets packed here bit by bit, the pair's rules; noise and pairs in rags, 10 million bytes of each kind with GAIT_TIER=full. */
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
#include "noise.h"
#include "soundplane/soundplane.h"

enum { ROWS = 8, COLS = 64, PACKET = 386 };

static unsigned truth(unsigned row, unsigned col, unsigned k)
{
    return (row * 521 + col * 37 + k * 1009) & 0xfff;
}

/* Value i of a packet stands in bits 12 i to 12 i + 11, lowest bit first. */
static void put(uint8_t *packet, unsigned i, unsigned value)
{
    for (unsigned bit = 0; bit < 12; bit++) {
        unsigned at = 12 * i + bit;

        packet[at / 8] = (uint8_t)(packet[at / 8] | ((value >> bit & 1) << at % 8));
    }
}

static size_t pair(uint8_t *out, unsigned k, uint16_t number, size_t packet)
{
    memset(out, 0, 2 * packet);
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned col = 0; col < COLS / 2; col++) {
            put(out, row * 32 + col, truth(row, col, k));
            put(out + packet, row * 32 + col, truth(row, 63 - col, k));
        }
    for (int board = 0; board < 2; board++) {
        out[packet * (size_t)board + 384] = (uint8_t)number;
        out[packet * (size_t)board + 385] = (uint8_t)(number >> 8);
    }
    return 2 * packet;
}

static void test_cells(void **state)
{
    (void)state;
    struct mat_instance *s;
    struct mat_decoded d;
    uint8_t bytes[2 * 388];
    uint16_t raw[ROWS * COLS];

    assert_int_equal(mat_soundplane_driver.open(NULL, NULL, &s, NULL), 0);
    for (unsigned k = 0; k < 4; k++) {
        size_t n = pair(bytes, k, (uint16_t)(7 + k), k & 1 ? 388 : PACKET);

        mat_soundplane_driver.decode(s, bytes, n, raw, &d);
        assert_int_equal(d.verdict, MAT_FRAME);
        assert_int_equal(d.used, n);
        assert_int_equal(d.seq, 7 + k);
        assert_int_equal(d.gap_device, 0);
        for (unsigned i = 0; i < ROWS * COLS; i++)
            assert_int_equal(raw[i], truth(i / COLS, i % COLS, k));
    }
    mat_soundplane_driver.close(s);
}

static void test_rules(void **state)
{
    (void)state;
    struct mat_instance *s;
    struct mat_decoded d;
    uint8_t bytes[2 * 388];
    uint16_t raw[ROWS * COLS];
    size_t n;

    assert_int_equal(mat_soundplane_driver.open(NULL, NULL, &s, NULL), 0);
    n = pair(bytes, 0, 0, PACKET); /* 0: empty */
    mat_soundplane_driver.decode(s, bytes, n, raw, &d);
    assert_int_equal(d.verdict, MAT_BAD_SANITY);
    n = pair(bytes, 0, 9, PACKET);
    bytes[384] = 8; /* two halves of different frames */
    mat_soundplane_driver.decode(s, bytes, n, raw, &d);
    assert_int_equal(d.verdict, MAT_BAD_SANITY);
    for (size_t len = 1; len < sizeof bytes; len++) {
        if (len == 2 * PACKET)
            continue;
        mat_soundplane_driver.decode(s, bytes, len, raw, &d);
        assert_int_equal(d.verdict, MAT_SKIP_LENGTH);
        assert_int_equal(d.used, len);
    }
    n = pair(bytes, 0, 65534, PACKET);
    mat_soundplane_driver.decode(s, bytes, n, raw, &d);
    n = pair(bytes, 0, 1, PACKET); /* 65535 is missing; 0 is no number */
    mat_soundplane_driver.decode(s, bytes, n, raw, &d);
    assert_int_equal(d.verdict, MAT_FRAME);
    assert_int_equal(d.seq, 65537);
    assert_int_equal(d.gap_device, 1);
    n = pair(bytes, 0, 5, PACKET);
    mat_soundplane_driver.decode(s, bytes, n, raw, &d);
    assert_int_equal(d.gap_device, 3);
    mat_soundplane_driver.close(s);
}

/* There is no checksum: a pair is believed when its length is right and both halves say the same number, and never else. */
static bool is_pair(const uint8_t *bytes, size_t n)
{
    const uint8_t *other = bytes + n / 2;

    return (n == 2 * 386 || n == 2 * 388) && (bytes[384] || bytes[385]) && bytes[384] == other[384] &&
           bytes[385] == other[385];
}

/* `bytes` and `raw` are exact, so that ASan sees what is read or written beyond them. Returns whether it was taken for a frame. */
static bool give(struct mat_instance *s, const uint8_t *bytes, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    uint16_t *raw = malloc(sizeof(uint16_t) * ROWS * COLS);
    struct mat_decoded d;

    assert_true(exact && raw);
    memcpy(exact, bytes, n);
    mat_soundplane_driver.decode(s, exact, n, raw, &d);
    assert_int_equal(d.used, n);
    assert_int_equal(d.verdict == MAT_FRAME, is_pair(bytes, n));
    for (unsigned i = 0; d.verdict == MAT_FRAME && i < ROWS * COLS; i++)
        assert_true(raw[i] <= 4095);
    free(exact);
    free(raw);
    return d.verdict == MAT_FRAME;
}

enum kind { RANDOM, ZEROS, ONES, FIVES, KINDS };

/* Half of them have a pair's length. */
static void test_noise(void **state)
{
    (void)state;
    static const uint8_t fill[KINDS] = {0, 0, 0xff, 0x55};
    uint8_t bytes[1024];
    struct mat_instance *s;
    unsigned frames[KINDS] = {0};

    assert_int_equal(mat_soundplane_driver.open(NULL, NULL, &s, NULL), 0);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        uint64_t seed = 7 + kind;

        for (size_t at = 0, n; at < noise_bytes(); at += n + 1) {
            n = noise_next(&seed) & 1 ? 772 : noise_next(&seed) % sizeof bytes;
            for (size_t i = 0; i < n; i++)
                bytes[i] = kind == RANDOM ? (uint8_t)noise_next(&seed) : fill[kind];
            frames[kind] += give(s, bytes, n);
        }
    }
    mat_soundplane_driver.close(s);
    print_message("%zu bytes of %d kinds: %u, %u, %u, %u pairs\n", noise_bytes(), KINDS, frames[0], frames[1],
                  frames[2], frames[3]);
    assert_in_range(frames[RANDOM], 0, noise_bytes() / 772 / 10000); /* two numbers agree once in 65536 */
    assert_int_equal(frames[ZEROS], 0);
}

static void test_rags(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    struct mat_instance *s;
    uint64_t seed = 3;
    unsigned frames = 0, pairs = 0;

    assert_int_equal(mat_soundplane_driver.open(NULL, NULL, &s, NULL), 0);
    for (size_t at = 0; at < noise_bytes(); pairs++) {
        size_t n = pair(bytes, pairs, (uint16_t)(1 + pairs % 65535), pairs & 1 ? 388 : PACKET);

        for (unsigned k = (unsigned)(noise_next(&seed) % 4); k > 0; k--)
            n = noise_wound(bytes, n, sizeof bytes, &seed);
        frames += give(s, bytes, n);
        at += n;
    }
    mat_soundplane_driver.close(s);
    print_message("%zu bytes: %u of %u pairs were believed\n", noise_bytes(), frames, pairs);
    assert_true(frames > 0 && frames < pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_rags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
