/* Names of sessions: which templates are good, what comes of them, that a name is never given twice; and the list of sessions. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "session.h"

enum { AT_S = 1772355723 }; /* 2026-03-01T09:02:03Z */
#define AT_NS (AT_S * 1000000000ull)

static void test_templates(void **state)
{
    static const char *const good[] = {"{subject}", "{subject}-{date}", "a.b_{x_site}-{subject}-{n}",
                                       "{protocol}-{assessor}-{time}-{subject}"};
    static const struct {
        const char *name, *word;
    } bad[] = {
        {"", "empty"},
        {"../{subject}", "begins with"},
        {"-{subject}", "begins with"},
        {"{date}", "no {subject}"},
        {"x/{subject}", "no path"},
        {"{subject} {date}", "no path"},
        {"{subject}-\xc3\xa4", "no path"},
        {"{subject", "without its '}'"},
        {"{subject}}", "no path"},
        {"{subject}-{arm}", "knows the parts"},
        {"{subject}-{therapist}", "knows the parts"}, /* would tell the arm */
        {"{subject}-{mass_kg}", "knows the parts"},
        {"{subject}-{x_}", "knows the parts"},
        {"{subject}-{x_A}", "knows the parts"},
        {"{subject}-{}", "knows the parts"},
        {"{subject}-{x_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "too long"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_null(session_name_check(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = session_name_check(bad[i].name);

        if (!why || !strstr(why, bad[i].word))
            fail_msg("\"%s\": %s", bad[i].name, why ? why : "taken");
    }
}

/* Fills a template in from JSON; the text, or why not. */
static const char *filled(const char *name, const char *args_text, size_t size)
{
    static char text[300];
    char why[200] = "";
    json_t *args = json_loads(args_text, 0, NULL);

    assert_non_null(args);
    strcpy(text, "untouched");
    if (session_name_fill(name, args, AT_NS, 7, text, size, why) < 0) {
        assert_string_equal(text, "untouched");
        snprintf(text, sizeof text, "! %s", why);
    }
    json_decref(args);
    return text;
}

static void test_parts(void **state)
{
    static const char args[] =
        "{\"subject\": \"S01\", \"protocol\": {\"name\": \"/home/me/one-side.yaml\", \"text\": \"\"}, "
        "\"fields\": {\"assessor\": \"A2\", \"x_site\": \"zurich\", \"x_room\": 12}}";

    (void)state;
    assert_string_equal(filled("{subject}-{date}", args, 65), "S01-20260301");
    assert_string_equal(filled("{x_site}.{x_room}_{protocol}-{subject}-{time}-{n}-{assessor}", args, 65),
                        "zurich.12_one-side-S01-090203-7-A2");
    assert_string_equal(filled("{protocol}-{subject}", "{\"subject\": \"S01\", \"protocol\": \"massage\"}", 65),
                        "massage-S01");
    assert_string_equal(filled("{protocol}-{subject}", "{\"subject\": \"S01\"}", 65), "none-S01");
}

static void test_parts_that_are_none(void **state)
{
    static const char evil[] =
        "{\"subject\": \"S01\", \"protocol\": \"/\", \"fields\": {\"x_site\": \"../etc\", \"x_dot\": \".\"}}";

    (void)state;
    assert_non_null(strstr(filled("{subject}-{x_site}", "{\"subject\": \"S01\"}", 65),
                           "! recording.session_name wants {x_site}: --set x_site="));
    assert_non_null(strstr(filled("{subject}-{x_site}", evil, 65), "! recording.session_name: {x_site} is \"../etc\""));
    assert_non_null(strstr(filled("{subject}{x_dot}{x_dot}", evil, 65), "letters, digits"));
    assert_non_null(
        strstr(filled("{subject}-{protocol}", "{\"subject\": \"S01\", \"protocol\": \"/tmp/a b.yaml\"}", 65),
               "letters, digits"));
    assert_non_null(strstr(filled("{subject}-0123456789", evil, 14), "longer than 13 letters"));
    assert_string_equal(filled("{subject}-012345678", evil, 14), "S01-012345678");
}

/* Opens sessions of one template in one folder and gives the name of the last. */
static void named(const char *root, const char *name, int times, const char *expected)
{
    json_t *args = json_pack("{s:s}", "subject", "S01");
    struct gait_error err = {0};

    for (int i = 0; i < times; i++) {
        struct session *s = NULL;

        assert_int_equal(session_new(root, name, args, AT_NS, &s, &err), 0);
        if (i == times - 1)
            assert_string_equal(s->id, expected);
        session_free(s);
    }
    json_decref(args);
}

static void test_no_name_twice(void **state)
{
    char root[] = "/tmp/gait-name.XXXXXX", command[64];
    json_t *args = json_pack("{s:s}", "subject", "S01");
    struct gait_error err = {0};
    struct session *s = NULL;

    (void)state;
    assert_non_null(mkdtemp(root));
    named(root, "{subject}-{date}", 1, "S01-20260301");
    named(root, "{subject}-{date}", 2, "S01-20260301-3");
    named(root, "v{n}-{subject}", 3, "v3-S01");
    named(root, "v2-{subject}", 1, "v2-S01-2");
    named(root, "{subject}", 99, "S01-99");
    assert_int_equal(session_new(root, "{subject}", args, AT_NS, &s, &err), -EEXIST);
    assert_int_equal(session_new(root, "{subject}-{x_site}", args, AT_NS, &s, &err), -EINVAL);
    assert_null(s);
    json_decref(args);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

/* A session.json beside its stamp: of the same length and time of change when it is written over in place. */
static void put(const char *path, const char *subject, bool in_place)
{
    static const struct timespec when[2] = {{.tv_sec = AT_S}, {.tv_sec = AT_S}};
    char beside[120];
    FILE *f;

    snprintf(beside, sizeof beside, "%s%s", path, in_place ? "" : ".new");
    f = fopen(beside, in_place ? "r+" : "w");
    assert_non_null(f);
    fprintf(f, "{\"session\":\"a\",\"subject\":\"%s\",\"closed_utc\":null,\"trials\":[1,2]}", subject);
    fclose(f);
    assert_int_equal(utimensat(AT_FDCWD, beside, when, 0), 0);
    if (!in_place)
        assert_int_equal(rename(beside, path), 0);
}

static void lists(const char *root, const char *subject)
{
    json_t *list = session_list(root), *row = json_array_get(list, 0);

    assert_int_equal(json_array_size(list), subject ? 1 : 0);
    if (subject) {
        assert_string_equal(json_string_value(json_object_get(row, "subject")), subject);
        assert_int_equal(json_integer_value(json_object_get(row, "trials")), 2);
    }
    json_decref(list);
}

/* session.json is read once, and again when it was replaced: a thousand of them take seconds. */
static void test_list_reads_once(void **state)
{
    char root[] = "/tmp/gait-list.XXXXXX", folder[60], path[80];

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(folder, sizeof folder, "%s/a", root);
    snprintf(path, sizeof path, "%s/session.json", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    put(path, "S01", false);
    lists(root, "S01");
    put(path, "S02", true); /* as nobody does */
    lists(root, "S01");
    put(path, "S03", false);
    lists(root, "S03");
    assert_int_equal(remove(path), 0);
    lists(root, NULL);
    put(path, "S04", false);
    lists(root, "S04");
    assert_int_equal(remove(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates),           cmocka_unit_test(test_parts),
        cmocka_unit_test(test_parts_that_are_none), cmocka_unit_test(test_no_name_twice),
        cmocka_unit_test(test_list_reads_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
