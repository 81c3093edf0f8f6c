/* SHA-256 against the examples of FIPS 180-4 and what sha256sum(1) prints; however the bytes are cut up. */
#include <string.h>

#include "assert_close.h"

#include <gait/sha256.h>

static void hex_of(const void *bytes, size_t n, char ret_hex[GAIT_SHA256_TEXT + 1])
{
    uint8_t digest[GAIT_SHA256_BYTES];

    gait_sha256(bytes, n, digest);
    gait_sha256_text(digest, ret_hex);
}

static void examples(void **state)
{
    char hex[GAIT_SHA256_TEXT + 1], a[64];

    (void)state;
    memset(a, 'a', sizeof a);
    hex_of("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hex_of("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    hex_of(a, 55, hex);
    assert_string_equal(hex, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    hex_of(a, 64, hex);
    assert_string_equal(hex, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

/* FIPS 180-4: a million times "a"; in parts of every length from 1 on. */
static void cut_up(void **state)
{
    uint8_t digest[GAIT_SHA256_BYTES];
    char hex[GAIT_SHA256_TEXT + 1], a[256];
    struct gait_sha256 sum;
    size_t rest = 1000000;

    (void)state;
    memset(a, 'a', sizeof a);
    gait_sha256_begin(&sum);
    for (size_t part = 1; rest; part = part % sizeof a + 1) {
        size_t n = part < rest ? part : rest;

        gait_sha256_add(&sum, a, n);
        rest -= n;
    }
    gait_sha256_end(&sum, digest);
    gait_sha256_text(digest, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(cut_up)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
