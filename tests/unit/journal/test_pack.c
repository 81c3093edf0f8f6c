#include "assert_close.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gait/pack.h>

static void fill(struct gait_pack *p)
{
    gait_pack_init(p);
    gait_pack_u8(p, "a", 200);
    gait_pack_u32(p, "bb", 0xDEADBEEF);
    gait_pack_u64(p, "ccc", UINT64_MAX);
    gait_pack_i64(p, "dddd", -5);
    gait_pack_f64(p, "eeeee", 0.1);
    gait_pack_array(p, "matrix", GAIT_PACK_I16, 2, (uint32_t[]){2, 3}, (int16_t[]){1, -2, 3, -4, 5, -6});
    gait_pack_text(p, "text", "caf\xC3\xA9");
    gait_pack_f64s(p, "none", 0, NULL);
    assert_int_equal(gait_pack_error(p), 0);
}

static void everything_comes_back(void **state)
{
    struct gait_pack p;
    struct gait_pack_item item;
    uint64_t u;
    double d;
    char text[8];
    int16_t matrix[6];

    (void)state;
    fill(&p);
    assert_int_equal(p.used % 8, 0);
    assert_int_equal(gait_pack_get_u64(p.bytes, p.used, "a", &u), 0);
    assert_int_equal(u, 200);
    assert_int_equal(gait_pack_get_u64(p.bytes, p.used, "ccc", &u), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(gait_pack_get_f64(p.bytes, p.used, "eeeee", &d), 0);
    assert_same_bits(d, 0.1);
    assert_int_equal(gait_pack_get_f64(p.bytes, p.used, "bb", &d), 0);
    assert_same_bits(d, 3735928559.0);
    assert_int_equal(gait_pack_get_text(p.bytes, p.used, "text", text, sizeof(text)), 0);
    assert_string_equal(text, "caf\xC3\xA9");
    assert_int_equal(gait_pack_get_array(p.bytes, p.used, "matrix", GAIT_PACK_I16, 6, matrix), 0);
    assert_int_equal(matrix[5], -6);
    assert_int_equal(gait_pack_find(p.bytes, p.used, "matrix", &item), 0);
    assert_int_equal(item.ndim, 2);
    assert_int_equal(item.shape[0], 2);
    assert_int_equal(item.shape[1], 3);
    assert_int_equal((uintptr_t)item.data % 8, 0);
    assert_int_equal(gait_pack_find(p.bytes, p.used, "none", &item), 0);
    assert_int_equal(item.count, 0);
    gait_pack_done(&p);
}

/* The bytes themselves, written down by hand from the drawing in gait/pack.h. */
static void bytes_are_as_drawn(void **state)
{
    static const uint8_t expected[] = {
        24, 0, 0, 0, 2, 0, 4, 0, 'i', 'd', 0, 0, 0,   0,   0,   0,   7,   0,   0,   0, 0, 0, 0, 0,
        24, 0, 0, 0, 4, 0, 9, 1, 3,   0,   0, 0, 'w', 'o', 'r', 'd', 'y', 'e', 's', 0, 0, 0, 0, 0,
    };
    struct gait_pack p;

    (void)state;
    gait_pack_init(&p);
    gait_pack_u32(&p, "id", 7);
    gait_pack_text(&p, "word", "yes");
    assert_int_equal(p.used, sizeof(expected));
    assert_memory_equal(p.bytes, expected, sizeof(expected));
    gait_pack_done(&p);
}

static void wrong_questions_get_errors(void **state)
{
    struct gait_pack p;
    uint64_t u;
    uint32_t u32;
    double d;
    char text[5];
    int16_t matrix[6];

    (void)state;
    fill(&p);
    assert_int_equal(gait_pack_get_u64(p.bytes, p.used, "absent", &u), -ENOENT);
    assert_int_equal(gait_pack_get_u64(p.bytes, p.used, "matrix", &u), -EBADMSG);
    assert_int_equal(gait_pack_get_u64(p.bytes, p.used, "dddd", &u), -EBADMSG);
    assert_int_equal(gait_pack_get_u32(p.bytes, p.used, "ccc", &u32), -ERANGE);
    assert_int_equal(gait_pack_get_f64(p.bytes, p.used, "ccc", &d), -ERANGE);
    assert_int_equal(gait_pack_get_text(p.bytes, p.used, "text", text, sizeof(text)), -ENAMETOOLONG);
    assert_int_equal(gait_pack_get_array(p.bytes, p.used, "matrix", GAIT_PACK_I16, 5, matrix), -EBADMSG);
    assert_int_equal(gait_pack_get_array(p.bytes, p.used, "matrix", GAIT_PACK_U16, 6, matrix), -EBADMSG);
    gait_pack_done(&p);
}

static void writer_refuses_and_the_failure_sticks(void **state)
{
    struct gait_pack p;
    char name[300];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    gait_pack_init(&p);
    assert_int_equal(gait_pack_u8(&p, name, 1), -EINVAL);
    assert_int_equal(gait_pack_u8(&p, "ok", 1), -EINVAL);
    gait_pack_clear(&p);
    assert_int_equal(gait_pack_u8(&p, "", 1), -EINVAL);
    gait_pack_clear(&p);
    assert_int_equal(gait_pack_array(&p, "x", (enum gait_pack_dtype)77, 0, NULL, "1"), -EINVAL);
    gait_pack_clear(&p);
    assert_int_equal(gait_pack_array(&p, "x", GAIT_PACK_F64, 2, (uint32_t[]){1 << 16, 1 << 16}, "1"), -E2BIG);
    gait_pack_clear(&p);
    assert_int_equal(gait_pack_u8(&p, "ok", 1), 0);
    gait_pack_done(&p);
}

/* Every single byte set to every value, and every truncation: never a read outside (the sanitizer watches), never a hang. */
static void any_bytes_are_survived(void **state)
{
    struct gait_pack p;

    (void)state;
    fill(&p);
    for (size_t n = 0; n <= p.used; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        struct gait_pack_item item;
        size_t offset = 0;

        memcpy(copy, p.bytes, n);
        while (gait_pack_next(copy, n, &offset, &item) > 0)
            continue;
        free(copy);
    }
    for (size_t at = 0; at < p.used; at++) {
        uint8_t kept = p.bytes[at];

        for (int v = 0; v < 256; v++) {
            struct gait_pack_item item;
            size_t offset = 0, items = 0, sum = 0;

            p.bytes[at] = (uint8_t)v;
            while (gait_pack_next(p.bytes, p.used, &offset, &item) > 0) {
                size_t bytes = item.count * gait_pack_dtype_size(item.dtype);

                for (size_t i = 0; i < bytes; i++)
                    sum += item.data[i];
                items++;
            }
            assert_true(items <= 8 && sum < 1 << 20);
        }
        p.bytes[at] = kept;
    }
    gait_pack_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),      cmocka_unit_test(bytes_are_as_drawn),
        cmocka_unit_test(wrong_questions_get_errors), cmocka_unit_test(writer_refuses_and_the_failure_sticks),
        cmocka_unit_test(any_bytes_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
