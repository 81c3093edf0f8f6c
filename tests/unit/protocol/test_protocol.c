/* A protocol's file: what is read from it, and that every mistake is told where it stands. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/protocol.h"

enum { FAULTS = 40 };

static const char good[] = "version: 1\n"
                           "name: one\n"
                           "design: parallel\n"
                           "arms:\n"
                           "  - {name: massage, dose_min: 10}\n"
                           "  - {name: rest}\n"
                           "timepoints:\n"
                           "  - {name: pre1, kind: pre}\n"
                           "  - {name: post0, kind: post}\n"
                           "  - {name: post10, kind: post, after_treatment_min: 10, passes: 3}\n"
                           "conditions: [{name: barefoot}]\n"
                           "primary:\n"
                           "  - {metric: heel31_peak_kPa, swc: 20, direction: decrease}\n";

static int read_text(const char *text, struct protocol **ret, struct mat_profile_fault faults[FAULTS], size_t *ret_n)
{
    struct gait_error err = {0};

    return protocol_read_bytes(text, strlen(text), ret, faults, FAULTS, ret_n, &err);
}

static void test_good(void **state)
{
    struct mat_profile_fault faults[FAULTS];
    struct protocol *p = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(read_text(good, &p, faults, &n), 0);
    assert_string_equal(p->name, "one");
    assert_int_equal(p->design, PROTOCOL_PARALLEL);
    assert_int_equal(p->n_arms, 2);
    assert_true(p->arms[0].dose_min > 9.9 && p->arms[1].dose_min < 0.1);
    assert_int_equal(p->passes, 10); /* defaults */
    assert_int_equal(p->min_steps, 5);
    assert_int_equal(p->mat_mode, PROTOCOL_MULTI);
    assert_true(p->window_percent > 4.9 && p->window_percent < 5.1);
    assert_int_equal(protocol_passes(p, 0), 10);
    assert_int_equal(protocol_passes(p, 2), 3);
    assert_int_equal(protocol_timepoint_find(p, "post10"), 2);
    assert_int_equal(protocol_timepoint_find(p, "post11"), -1);
    assert_int_equal(p->primary[0].direction, PROTOCOL_DECREASE);
    assert_true(protocol_is_drawn(p));
    protocol_free(p);
}

/* One line of the good file replaced; '@' stands before the place where the mistake must be told, and is not written. */
static const struct {
    unsigned at;
    const char *line, *says;
} mistakes[] = {
    {1, "version: @2", "version"},
    {2, "name: @One Two", "a-z"},
    {3, "design: @paralel", "parallel"},
    {3, "@desing: parallel", "design"},
    {5, "  - {name: massage, dose_min: @999}", "240"},
    {6, "  - {name: @massage}", "twice"},
    {8, "  - {name: pre1, kind: @before}", "pre"},
    {8, "  - {name: pre1, kind: pre, after_treatment_min: @3}", "kind: post"},
    {9, "  - {name: @pre1, kind: post}", "twice"},
    {10, "  - @{name: pre9, kind: pre}", "familiarisation, then pre, then post"},
    {10, "  - {name: post9, kind: post, passes: @1.5}", "passes"},
    {11, "conditions: @barefoot", "list"},
    {13, "  - {metric: @heel31_peak_kP}", "heel31_peak_kPa"},
    {13, "  - {metric: @cadence_per_min}", "whole pass"},
    {13, "  - {metric: heel31_peak_kPa, swc: @-1}", "swc"},
    {13, "  - {metric: arch_index}\nwashout_days: @8", "crossover"},
    {13, "  - {metric: arch_index}\nfoot_order: @ABBA", "single"},
    {13, "  - {metric: arch_index}\ntreated: @random", "side_randomised"},
    {13, "  - {metric: arch_index}\nallocation: {blocks: @[3]}", "multiple of 2"},
    {13, "  - {metric: arch_index}\nallocation: {stratify_by: @shoe}", "session fields"},
    {13, "  - {metric: arch_index}\nmin_steps: @3", "5"},
};

/* The good file with one line changed. */
static char *with_line(unsigned at, const char *line)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *from = good;

    for (unsigned i = 1; *from; i++) {
        size_t n = strcspn(from, "\n") + 1;

        if (i == at)
            fprintf(out, "%.*s%s\n", (int)strcspn(line, "@"), line, strchr(line, '@') + 1);
        else
            fwrite(from, 1, n, out);
        from += n;
    }
    fclose(out);
    return text;
}

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const char *second = strchr(mistakes[i].line, '\n'), *start = second ? second + 1 : mistakes[i].line;
        unsigned line = mistakes[i].at + (second != NULL);
        unsigned column = (unsigned)(strchr(mistakes[i].line, '@') - start) + 1;
        char *text = with_line(mistakes[i].at, mistakes[i].line);
        struct mat_profile_fault faults[FAULTS];
        struct protocol *p = NULL;
        size_t n = 0;

        assert_int_equal(read_text(text, &p, faults, &n), -EINVAL);
        if (n != 1 || faults[0].line != line || faults[0].column != column || !strstr(faults[0].text, mistakes[i].says))
            fail_msg("%s: %zu mistakes, the first at %u:%u: %s", mistakes[i].line, n, faults[0].line, faults[0].column,
                     faults[0].text);
        assert_null(p);
        free(text);
    }
}

static void test_all_at_once(void **state)
{
    static const char text[] =
        "version: 1\nname: Bad Name\ndesign: crossover\narms: [{name: a}, {name: b}, {name: c}]\n"
        "timepoints: [{name: x, kind: post}, {name: y, kind: post}]\nconditions: [{name: q}]\n"
        "primary: [{metric: nope}]\ntreatd: both\n";
    struct mat_profile_fault faults[FAULTS];
    struct protocol *p = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(read_text(text, &p, faults, &n), -EINVAL);
    assert_int_equal(n, 6); /* name, 3 arms, no washout, no pre, metric, unknown key */
    for (size_t i = 1; i < n; i++)
        assert_true(faults[i].line >= faults[i - 1].line);
}

static void test_designs(void **state)
{
    static const struct {
        const char *design, *arms, *more;
        size_t mistakes;
    } row[] = {
        {"single_group", "[{name: a}]", "", 0},
        {"single_group", "[{name: a}, {name: b}]", "", 1},
        {"parallel", "[{name: a}]", "", 1},
        {"crossover", "[{name: a}, {name: b}]", "washout_days: 7\n", 0},
        {"crossover", "[{name: a}, {name: b}]", "washout_days: 6\n", 1},
        {"side_randomised", "[{name: a}]", "treated: random\n", 0},
        {"side_randomised", "[{name: a}]", "", 1},
        {"single_group", "[{name: a}]", "mat_mode: single\nfoot_order: ABBA\n", 0},
        {"single_group", "[{name: a}]", "mat_mode: single\npasses: 4\n", 1},
        {"single_group", "[{name: a}]", "allocation: {blocks: [2]}\n", 1},
        {"single_group", "[{name: a}]", "index_foot: treated\n", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct mat_profile_fault faults[FAULTS];
        struct protocol *p = NULL;
        char text[800];
        size_t n = 0;

        snprintf(
            text, sizeof text,
            "version: 1\nname: x\ndesign: %s\narms: %s\ntimepoints: [{name: p, kind: pre}, {name: q, kind: post}]\n"
            "conditions: [{name: barefoot}]\nprimary: [{metric: arch_index}]\n%s",
            row[i].design, row[i].arms, row[i].more);
        (void)read_text(text, &p, faults, &n);
        if (n != row[i].mistakes)
            fail_msg("row %zu: %zu mistakes, %s", i, n, n ? faults[0].text : "");
        protocol_free(p);
    }
}

/* Every installed template reads without a mistake. */
static void test_templates(void **state)
{
    static const char *const names[] = {"massage-pre-post", "massage-four-arms", "massage-crossover",
                                        "massage-one-side"};
    const char *source = getenv("GAIT_SOURCE_DIR");

    (void)state;
    if (!source)
        skip();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct mat_profile_fault faults[FAULTS];
        struct gait_error err = {0};
        struct protocol *p = NULL;
        char path[4096], *text = NULL;
        size_t n = 0, length;

        snprintf(path, sizeof path, "%s/config/protocols/%s.yaml", source, names[i]);
        assert_int_equal(protocol_read_file(path, &text, &length, &err), 0);
        assert_int_equal(read_text(text, &p, faults, &n), 0);
        assert_string_equal(p->name, names[i]);
        protocol_free(p);
        free(text);
    }
}

static void test_hostile(void **state)
{
    struct mat_profile_fault faults[FAULTS];
    struct gait_error err = {0};
    struct protocol *p = NULL;
    size_t n = 0, all = PROTOCOL_BYTES_MAX + 1;
    char *text = malloc(all);

    (void)state;
    memset(text, '#', all);
    assert_int_equal(protocol_read_bytes(text, all, &p, faults, FAULTS, &n, &err), -E2BIG);
    free(text);
    for (size_t cut = 0; cut < sizeof good - 1; cut += 7) { /* torn anywhere: mistakes or a protocol, never both */
        int r = protocol_read_bytes(good, cut, &p, faults, FAULTS, &n, &err);

        assert_true(r == -EINVAL && n > 0 && !p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good),        cmocka_unit_test(test_mistakes),
                                       cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_designs),
                                       cmocka_unit_test(test_templates),   cmocka_unit_test(test_hostile)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
