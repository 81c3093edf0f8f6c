/* What may be kept of a subject: types, ranges, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/field.h"

static int judge(const char *name, const char *text, double *ret_number)
{
    char why[200] = "";
    const struct field *f = field_find(name);
    int r;

    assert_non_null(f);
    r = field_judge(f, text, ret_number, why);
    assert_true((r < 0) == (why[0] != '\0'));
    return r;
}

static void test_values(void **state)
{
    double v = 0;

    (void)state;
    assert_int_equal(judge("pain_walking_pre_nprs", "3", &v), 1);
    assert_true(v > 2.9 && v < 3.1);
    assert_int_equal(judge("lunge_left_bent_pre_deg", "38.5", &v), 1);
    assert_int_equal(judge("fpi6_right", "-12", &v), 1);
    assert_int_equal(judge("oil_removed", "true", &v), 2);
    assert_true(v > 0.5);
    assert_int_equal(judge("oil_removed", "no", &v), 2);
    assert_true(v < 0.5);
    assert_int_equal(judge("dominant_side", "left", &v), 0);
    assert_int_equal(judge("consent_date", "2024-02-29", &v), 0);
    assert_int_equal(judge("time_of_day", "23:59", &v), 0);
    assert_int_equal(judge("consent_version", "007", &v), 0); /* a text stays one */
    assert_int_equal(judge("adverse_events", "none", &v), 0);
}

static void test_wrong_values(void **state)
{
    static const char *const wrong[][2] = {
        {"pain_walking_pre_nprs", "11"},
        {"pain_walking_pre_nprs", "2.5"},
        {"pain_walking_pre_nprs", "-1"},
        {"pain_walking_pre_nprs", "3 "},
        {"pain_walking_pre_nprs", " 3"},
        {"pain_walking_pre_nprs", "nan"},
        {"pain_walking_pre_nprs", ""},
        {"navicular_drop_left_mm", "0x1p3"},
        {"navicular_drop_left_mm", "inf"},
        {"navicular_drop_left_mm", "1e9"},
        {"fpi6_left", "13"},
        {"oil_removed", "1"},
        {"dominant_side", "lef"},
        {"dominant_side", "left right"},
        {"dominant_side", ""},
        {"consent_date", "2023-02-29"},
        {"consent_date", "2023-13-01"},
        {"consent_date", "1.3.2023"},
        {"consent_date", "2023-1-01"},
        {"time_of_day", "24:00"},
        {"time_of_day", "9:00"},
        {"time_of_day", "12:60"},
        {"footwear", "two words"},
        {"adverse_events", "a\nb"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double v = 0;

        if (judge(wrong[i][0], wrong[i][1], &v) >= 0)
            fail_msg("%s=%s was taken", wrong[i][0], wrong[i][1]);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_null(field_find("shoe_size"));
    assert_true(field_is_own("x_shoe_size"));
    assert_false(field_is_own("x_"));
    assert_false(field_is_own("x_Size"));
    assert_false(field_is_own("shoe"));
    assert_true(field_is_personal("last_name"));
    assert_true(field_is_personal("x_birth_date"));
    assert_true(field_is_personal("EMail"));
    assert_string_equal(field_nearest("oil_remved"), "oil_removed");
    assert_string_equal(field_nearest("dominant-side"), "dominant_side");
    assert_string_equal(field_nearest("masskg"), "mass_kg");
    assert_non_null(field_nearest("lunge_left"));
    assert_null(field_nearest("qqqqqqqq"));
}

/* The table itself: names that the file formats take, none personal, none twice, a unit at the end of a name that has one. */
static void test_table(void **state)
{
    (void)state;
    for (const struct field *f = subject_fields; f->name; f++) {
        size_t n = strlen(f->name);

        assert_true(n <= FIELD_NAME_MAX);
        assert_int_equal(strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), n);
        assert_false(field_is_personal(f->name));
        assert_ptr_equal(field_find(f->name), f);
        assert_true(*f->about != '\0' && *field_kind_name(f->kind) != '\0');
        if (*f->unit && strcmp(f->unit, "years") != 0)
            assert_string_equal(f->name + n - strlen(f->unit), f->unit);
        if (f->kind == FIELD_REAL || f->kind == FIELD_COUNT || f->kind == FIELD_TEXT || f->kind == FIELD_CODE)
            assert_true(f->min < f->max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_wrong_values),
                                       cmocka_unit_test(test_names), cmocka_unit_test(test_table)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
