/* Soundplane A: packets packed here bit by bit, and the pair's rules. */
#include <stdlib.h>
#include <string.h>

#include "assert_close.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cells), cmocka_unit_test(test_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
