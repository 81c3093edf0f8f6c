/* Each bridge against the chip that the model poses as: only the right requests make the chip speak, and what it says comes out whole. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/bridge.h"
#include "pattern_source.h"
#include "virtual/model.h"

static int control(void *user, uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint8_t *data, uint16_t n)
{
    const uint8_t setup[8] = {
        type,       request,          (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, (uint8_t)(index >> 8),
        (uint8_t)n, (uint8_t)(n >> 8)};

    return mat_model_control(user, setup, data, n);
}

static struct mat_profile profile_of(enum mat_bridge_kind kind, uint32_t baud)
{
    return (struct mat_profile){
        .name = "t",
        .usb = {.kind = MAT_TRANSFER_BULK, .bridge = kind, .endpoints = 1},
        .line = {.baud = baud, .data_bits = 8, .stop_bits = 1, .parity = 'N', .dtr = true, .latency_ms = 2},
        .framing = {.kind = MAT_FRAMING_FIXED, .header = {0xaa, 0x55}, .header_length = 2, .length = 2 + 256},
        .integrity = {.kind = MAT_INTEGRITY_NONE},
        .samples = {.kind = MAT_SAMPLE_U8},
    };
}

static struct mat_model *model_of(const struct mat_profile *profile)
{
    struct mat_model_config config = {
        .profile = profile, .source = pattern_source(16, 16, GAIT_U8, 100, 0), .rate_hz = INFINITY};
    struct mat_model *m;

    assert_int_equal(mat_model_new(&config, &m, NULL), 0);
    return m;
}

static void one_chip(enum mat_bridge_kind kind, uint32_t baud)
{
    struct mat_profile profile = profile_of(kind, baud);
    struct mat_model *m = model_of(&profile);
    const struct mat_bridge *bridge = mat_bridge_find(kind);
    struct mat_bridge_io io = {.control = control, .user = m, .interface_number = kind == MAT_BRIDGE_CDC_ACM};
    uint8_t endpoint = kind == MAT_BRIDGE_PL2303 ? 0x83 : 0x81, b[512];
    uint64_t due;

    assert_int_equal(mat_model_in(m, endpoint, b, sizeof b, 0, &due), 0);
    assert_int_equal(bridge->open(&io, &profile.line, NULL), 0);
    assert_true(mat_model_line(m).dtr);
    assert_false(mat_model_line(m).rts);
    for (uint64_t frame = 0; frame < 3; frame++) {
        int n = mat_model_in(m, endpoint, b, sizeof b, 0, &due);

        if (bridge->strip)
            n = (int)bridge->strip(b, (size_t)n, 64);
        assert_int_equal(n, 258);
        assert_int_equal(b[0], 0xaa);
        for (uint32_t i = 0; i < 256; i++)
            assert_int_equal(b[2 + i], (uint8_t)pattern_count(frame, i));
    }
    if (kind == MAT_BRIDGE_FTDI)
        assert_int_equal(mat_model_line(m).latency_ms, 2);
    if (bridge->close) {
        bridge->close(&io);
        assert_false(mat_model_line(m).enabled);
    }
    mat_model_free(m);
}

static void test_each_chip_at_each_baud(void **state)
{
    (void)state;
    static const uint32_t bauds[] = {9600, 115200, 250000, 921600, 1000000, 1500000, 2000000, 3000000};

    for (int kind = MAT_BRIDGE_CDC_ACM; kind <= MAT_BRIDGE_PL2303; kind++)
        for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++)
            one_chip((enum mat_bridge_kind)kind, bauds[i]);
}

/* The chip at another baud says nothing: the check above can fail. */
static void test_wrong_baud_is_silent(void **state)
{
    (void)state;
    for (int kind = MAT_BRIDGE_CDC_ACM; kind <= MAT_BRIDGE_PL2303; kind++) {
        struct mat_profile profile = profile_of((enum mat_bridge_kind)kind, 1000000);
        struct mat_model *m = model_of(&profile);
        struct mat_bridge_io io = {.control = control, .user = m};
        struct mat_line line = profile.line;
        uint8_t b[512];
        uint64_t due;

        line.baud = 921600;
        assert_int_equal(mat_bridge_find((enum mat_bridge_kind)kind)->open(&io, &line, NULL), 0);
        assert_int_equal(mat_model_in(m, kind == MAT_BRIDGE_PL2303 ? 0x83 : 0x81, b, sizeof b, 0, &due), 0);
        mat_model_free(m);
    }
}

static void test_strip(void **state)
{
    (void)state;
    uint8_t b[] = {1, 2, 'a', 'b', 1, 2, 'c', 'd', 1, 2, 'e'}, idle[] = {1, 2}, one[] = {1};

    assert_int_equal(mat_bridge_ftdi.strip(b, sizeof b, 4), 5);
    assert_memory_equal(b, "abcde", 5);
    assert_int_equal(mat_bridge_ftdi.strip(idle, 2, 64), 0);
    assert_int_equal(mat_bridge_ftdi.strip(one, 1, 64), 0);
    assert_int_equal(mat_bridge_ftdi.strip(one, 1, 0), 0);
}

static void test_refused_lines(void **state)
{
    (void)state;
    struct mat_profile profile = profile_of(MAT_BRIDGE_FTDI, 12000000);
    struct mat_model *m = model_of(&profile);
    struct mat_bridge_io io = {.control = control, .user = m};
    struct gait_error err = {0};

    assert_int_equal(mat_bridge_ftdi.open(&io, &profile.line, &err), -EINVAL);
    assert_non_null(strstr(err.text, "12000000 baud"));
    mat_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_chip_at_each_baud),
        cmocka_unit_test(test_wrong_baud_is_silent),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_refused_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
