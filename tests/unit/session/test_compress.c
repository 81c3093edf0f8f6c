#include "assert_close.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "session/h5.h"

/* zlib, which every reader has, must give back what we packed; of noise too, which does not shrink. */
static void zlib_unpacks_it(void **state)
{
    static const size_t sizes[] = {1, 7, 4096, 131072, 1000003};
    void *level = h5_level_buffer();
    uint64_t seed = 1;

    (void)state;
    for (size_t k = 0; k < 2 * sizeof(sizes) / sizeof(sizes[0]); k++) {
        size_t n = sizes[k / 2], room = h5_compress_bound(n), packed;
        uint8_t *in = malloc(n), *out = malloc(room), *back = malloc(n);
        uLongf got = n;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            in[i] = k % 2 ? (uint8_t)(seed >> 56) : (uint8_t)(i / 100);
        }
        packed = h5_compress(out, room, in, n, k % 3 ? level : NULL);
        assert_true(packed > 0);
        assert_int_equal(uncompress(back, &got, out, packed), Z_OK);
        assert_int_equal(got, n);
        assert_memory_equal(back, in, n);
        free(in);
        free(out);
        free(back);
    }
    free(level);
}

static void shuffle_is_hdf5s(void **state)
{
    static const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, two[] = {1, 3, 5, 7, 2, 4, 6, 8, 9},
                         four[] = {1, 5, 2, 6, 3, 7, 4, 8, 9};
    uint8_t out[9];

    (void)state;
    h5_shuffle(out, in, 9, 2);
    assert_memory_equal(out, two, 9);
    h5_shuffle(out, in, 9, 4);
    assert_memory_equal(out, four, 9);
    h5_shuffle(out, in, 9, 1);
    assert_memory_equal(out, in, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_unpacks_it),
        cmocka_unit_test(shuffle_is_hdf5s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
