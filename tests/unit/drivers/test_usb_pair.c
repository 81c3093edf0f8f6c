/* Two isochronous endpoints into one frame: packets meet by number whatever the order they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "noise.h"
#include "transport/usb_internal.h"

enum { BYTES = 12 };

static const struct mat_field number_at = {.offset = 10, .width = 2};

static const uint8_t *packet(uint8_t *out, unsigned endpoint, unsigned number)
{
    memset(out, (int)(number * 2 + endpoint), 10);
    out[10] = (uint8_t)number;
    out[11] = (uint8_t)(number >> 8);
    return out;
}

/* 1 when it made a frame, which must be both halves in the endpoints' order. */
static unsigned take(struct usb_pair *pair, unsigned endpoint, unsigned number, uint64_t *unpaired)
{
    uint8_t bytes[BYTES], half[BYTES];
    size_t len = 0;
    const uint8_t *joined = usb_pair_take(pair, endpoint, packet(bytes, endpoint, number), BYTES, &len, unpaired);

    if (!joined)
        return 0;
    assert_int_equal(len, 2 * BYTES);
    assert_memory_equal(joined, packet(half, 0, number), BYTES);
    assert_memory_equal(joined + BYTES, packet(half, 1, number), BYTES);
    return 1;
}

static void test_in_step_and_apart(void **state)
{
    (void)state;
    struct usb_pair *pair = usb_pair_new(&number_at);
    uint64_t unpaired = 0;
    unsigned frames = 0;

    for (unsigned k = 1; k <= 100; k++)
        frames += take(pair, 0, k, &unpaired) + take(pair, 1, k, &unpaired);
    assert_int_equal(frames, 100);
    for (unsigned k = 101; k <= 130; k++) /* one endpoint is 30 packets ahead */
        frames += take(pair, 1, k, &unpaired);
    for (unsigned k = 101; k <= 130; k++)
        frames += take(pair, 0, k, &unpaired);
    assert_int_equal(frames, 130);
    assert_int_equal(unpaired, 0);
    usb_pair_free(pair);
}

/* A packet whose other half is lost is given up when its place is needed, and counted; numbers 0 and short packets are empty ones. */
static void test_losses(void **state)
{
    (void)state;
    struct usb_pair *pair = usb_pair_new(&number_at);
    uint64_t unpaired = 0;
    unsigned frames = 0;
    size_t len;

    for (unsigned k = 1; k <= 200; k++) {
        frames += take(pair, 0, k, &unpaired);
        if (k % 5)
            frames += take(pair, 1, k, &unpaired);
    }
    assert_int_equal(frames, 160);
    assert_int_equal(take(pair, 0, 0, &unpaired), 0);
    assert_null(usb_pair_take(pair, 0, (const uint8_t *)"123", 3, &len, &unpaired));
    for (unsigned k = 1000; k < 1000 + USB_PAIR_WINDOW; k++)
        take(pair, 0, k, &unpaired);
    assert_int_equal(unpaired, 40);
    usb_pair_reset(pair);
    assert_int_equal(take(pair, 1, 1005, &unpaired), 0);
    usb_pair_free(pair);
}

/* Packets of any length and content: what is joined are two that came, one from each side, with one number; ASan watches the rest. */
static void test_noise(void **state)
{
    (void)state;
    struct usb_pair *pair = usb_pair_new(&number_at);
    uint64_t unpaired = 0, seed = 11;
    unsigned joined_count = 0;

    for (size_t at = 0; at < noise_bytes();) {
        size_t n = noise_next(&seed) % 64 ? noise_next(&seed) % 40 : noise_next(&seed) % (USB_PACKET_MAX + 100),
               len = 0;
        uint8_t *bytes = malloc(n ? n : 1);

        assert_non_null(bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = i == 10 ? (uint8_t)(noise_next(&seed) % 50) : i == 11 ? 0 : (uint8_t)noise_next(&seed);
        const unsigned endpoint = noise_next(&seed) & 1;
        const uint8_t *joined = usb_pair_take(pair, endpoint, bytes, n, &len, &unpaired);
        if (joined) {
            assert_true(n >= BYTES && n <= USB_PACKET_MAX && bytes[10] != 0);
            assert_true(len >= n + BYTES && len <= n + USB_PACKET_MAX);
            assert_memory_equal(joined + (endpoint ? len - n : 0), bytes, n);
            assert_int_equal(joined[10], joined[endpoint ? len - n + 10 : n + 10]);
            joined_count++;
        }
        free(bytes);
        at += n + 1;
    }
    assert_true(joined_count > 100);
    usb_pair_free(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_step_and_apart),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
