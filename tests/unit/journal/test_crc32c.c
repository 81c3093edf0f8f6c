#include "assert_close.h"

#include <string.h>

#include <gait/crc32c.h>

/* Its portable way too, which this CPU does not take. */
#define gait_crc32c crc32c_again
uint32_t crc32c_again(uint32_t crc, const void *bytes, size_t n);
#include "core/crc32c.c"
#undef gait_crc32c

/* RFC 3720, appendix B.4, and the check value of the catalogue of CRCs. */
static void published_values(void **state)
{
    uint8_t zeros[32] = {0}, ones[32], up[32];

    (void)state;
    memset(ones, 0xFF, sizeof(ones));
    for (uint8_t i = 0; i < 32; i++)
        up[i] = i;
    assert_int_equal(gait_crc32c(0, zeros, 32), 0x8A9136AAu);
    assert_int_equal(gait_crc32c(0, ones, 32), 0x62A8AB43u);
    assert_int_equal(gait_crc32c(0, up, 32), 0x46DD794Eu);
    assert_int_equal(gait_crc32c(0, "123456789", 9), 0xE3069283u);
}

static void both_ways_agree_in_any_pieces(void **state)
{
    uint8_t bytes[257];
    uint32_t whole;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    whole = gait_crc32c(0, bytes, sizeof(bytes));
    assert_int_equal(whole, ~crc_portable(~0u, bytes, sizeof(bytes)));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++)
        assert_int_equal(gait_crc32c(gait_crc32c(0, bytes, cut), bytes + cut, sizeof(bytes) - cut), whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(both_ways_agree_in_any_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
