/* gaitd.yaml: every mistake at its line and column, defaults otherwise. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

struct lines {
    char line[8][600];
    unsigned n;
};

static void keep(void *user, const char *line)
{
    struct lines *lines = user;

    assert_true(lines->n < 8);
    snprintf(lines->line[lines->n++], sizeof lines->line[0], "%s", line);
}

static int parse(const char *text, struct config *c, struct lines *lines)
{
    memset(lines, 0, sizeof *lines);
    assert_int_equal(config_default(false, false, c, NULL), 0);
    return config_parse("g.yaml", text, strlen(text), c, keep, lines);
}

static void test_defaults(void **state)
{
    struct lines lines;
    struct config c;

    (void)state;
    assert_int_equal(parse("version: 1\n", &c, &lines), 0);
    assert_int_equal(c.n_mats, 0);
    assert_true(c.parameters.p_on_kPa == 10 && c.parameters.p_off_kPa == 5);
    assert_true(c.ring_memory_MiB == 512 && c.pre_trigger_s == 2 && c.floor_min == 10);
    assert_string_equal(c.path, "/var/lib/gaitd/sessions");
    assert_string_equal(c.session_name, "{subject}-{date}");
    assert_int_equal(parse("", &c, &lines), 0);
}

static void test_values(void **state)
{
    static const char text[] =
        "version: 1\n"
        "mats:\n"
        "  - id: walkway\n"
        "    source: {walker: \"seed=4,rows=10\", speed: 0, free_run: yes}\n"
        "  - id: plate.2\n"
        "source: {replay: {path: /data/x.lst, speed: 2}}\n"
        "recording: {path: /d, second_path: /e, pre_trigger_s: 0.5, pressure: on, max_trial_s: 60}\n"
        "pipeline: {p_on_kPa: 0, surface: treadmill, belt_speed_m_per_s: 1.25}\n"
        "log: {level: debug}\n";
    struct lines lines;
    struct config c;

    (void)state;
    assert_int_equal(parse(text, &c, &lines), 0);
    assert_int_equal(c.n_mats, 2);
    assert_int_equal(c.mat[0].source.kind, SOURCE_WALKER);
    assert_string_equal(c.mat[0].source.walker, "seed=4,rows=10");
    assert_true(c.mat[0].source.speed == 0 && c.mat[0].source.free_run);
    assert_int_equal(c.mat[1].source.kind, SOURCE_REPLAY);
    assert_string_equal(c.mat[1].source.path, "/data/x.lst");
    assert_true(c.mat[1].source.speed == 2 && !c.mat[1].source.free_run);
    /* 0 is a value of its own, not "nothing was said" */
    assert_true(c.parameters.p_on_kPa == 0 && c.parameters.p_off_kPa == 0);
    assert_int_equal(c.parameters.surface, GAIT_TREADMILL);
    assert_true(c.pressure && c.max_trial_s == 60 && c.pre_trigger_s == 0.5);
    assert_int_equal(c.log_level, GAIT_LOG_DEBUG);
    assert_int_equal(parse("source: {walker: \"seed=1\"}\n", &c, &lines), 0);
    assert_int_equal(c.n_mats, 1);
    assert_string_equal(c.mat[0].id, "mat-1");
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *line;
    } rows[] = {
        {"versjon: 1\n", "g.yaml:1:1: unknown key \"versjon\"; known here: version, mats"},
        {"version: 2\n", "g.yaml:1:10: version: 2 is out of range"},
        {"ring:\n  memory_MiB: 1e9\n", "g.yaml:2:15: memory_MiB: 1e+09 is out of range: 1 to 65536"},
        {"ring: {memory_MiB: nan}\n", "g.yaml:1:20: memory_MiB: \"nan\" is not a number"},
        {"ring: {memory_MiB: 5 apples}\n", "g.yaml:1:20: memory_MiB: \"5 apples\" is not a number"},
        {"ring: 7\n", "g.yaml:1:7: expected a mapping with some of: memory_MiB, seconds"},
        {"ring: {seconds: [1]}\n", "g.yaml:1:17: seconds: expected one value"},
        {"ring: {seconds: 1, seconds: 2}\n", "g.yaml:1:20: seconds: stands here twice"},
        {"recording: {path: relative}\n", "g.yaml:1:19: path: \"relative\" is no absolute path"},
        {"recording: {session_name: \"../{subject}\"}\n", "g.yaml:1:27: session_name: \"../{subject}\" begins with"},
        {"recording: {session_name: \"{date}\"}\n", "g.yaml:1:27: session_name: \"{date}\" has no {subject}"},
        {"recording: {pressure: maybe}\n", "g.yaml:1:23: pressure: \"maybe\" is not true or false"},
        {"realtime: {priority: 1.5}\n", "g.yaml:1:22: priority: 1.5 is not a whole number"},
        {"log: {level: loud}\n", "g.yaml:1:14: level: \"loud\" is not one of: error, warning, notice, info, debug"},
        {"mats: {id: a}\n", "g.yaml:1:7: mats: expected a list"},
        {"mats: [{id: \"\"}]\n", "g.yaml:1:13: id: \"\" is no mat id"},
        {"mats: [{id: a}, {id: a}]\n", "g.yaml:1:18: mats: two have the id a"},
        {"mats: [{profile: x}]\n", "g.yaml:1:8: mats: entry 1 has no id"},
        {"control: {tcp: 7470}\n", "g.yaml:1:16: tcp: \"7470\" is no ADDRESS:PORT"},
        {"control: {tcp: '*:7470'}\n", "g.yaml:1:11: tcp: a TCP socket is opened only for known keys: set access.keys"},
        {"access: {audit: /x}\nstream:\n  tcp: '*:7471'\n",
         "g.yaml:3:3: tcp: a TCP socket is opened only for known keys: set access.keys"},
        {"pipeline: {p_on_kPa: 5, p_off_kPa: 6}\n", "g.yaml:1:25: pipeline: these values contradict"},
        {"pipeline: {p_on_kPa: -0}\nmats: [{id: b}, {profile: y}]\n", "g.yaml:2:17: mats: entry 2 has no id"},
        {"version: 1\n---\nversion: 1\n", "g.yaml:3:1: a second document begins here"},
        {"version: 1\n---\n[\n", "g.yaml:4:1:"},
        {"source: {walker: \"seed=1\", replay: {path: /x}}\n", "g.yaml:1:43: path: \"/x\" is a second source"},
        {"source: {usb: true, walker: \"\"}\n", "g.yaml:1:29: walker: \"\" is a second source"},
        {"recording: {path: \"\"}\n", "g.yaml:1:19: path: \"\" is no absolute path"},
        {"source: {replay: {path: \"\"}}\n", "g.yaml:1:25: path: \"\" is no absolute path"},
        {"control: {ipc: \"\"}\n", "g.yaml:1:16: ipc: \"\" is no absolute path"},
        {"mats: [{id: a, calibration: x.yaml}]\n", "g.yaml:1:29: calibration: \"x.yaml\" is no absolute path"},
        {"a: [1\n", "g.yaml:2:1:"},
        {"\x01\n", "g.yaml:1:1:"},
    };
    struct lines lines;
    struct config c;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(rows[i].text, &c, &lines), -EINVAL);
        assert_int_equal(lines.n, 1);
        if (strncmp(lines.line[0], rows[i].line, strlen(rows[i].line)) != 0)
            print_message("got  %s\nwant %s\n", lines.line[0], rows[i].line);
        assert_memory_equal(lines.line[0], rows[i].line, strlen(rows[i].line));
        assert_int_equal(c.n_mats, 0); /* nothing half-read */
    }
}

static void test_all_mistakes(void **state)
{
    struct lines lines;
    struct config c;

    (void)state;
    assert_int_equal(parse("a: 1\nring: {b: 2, seconds: x}\nlog: {level: 3}\n", &c, &lines), -EINVAL);
    assert_int_equal(lines.n, 4);
    assert_memory_equal(lines.line[1], "g.yaml:2:8:", 11);
    assert_memory_equal(lines.line[2], "g.yaml:2:23:", 12);
    assert_memory_equal(lines.line[3], "g.yaml:3:14:", 12);
}

/* The example that is installed says what the defaults are. */
static void test_example(void **state)
{
    struct lines lines = {.n = 0};
    struct config c, plain;
    char path[600];

    (void)state;
    snprintf(path, sizeof path, "%s/config/gaitd.yaml", getenv("GAIT_SOURCE_DIR"));
    assert_int_equal(config_default(false, false, &c, NULL), 0);
    assert_int_equal(config_load(path, &c, keep, &lines), 0);
    assert_int_equal(parse("version: 1\n", &plain, &lines), 0);
    assert_memory_equal(&c.parameters, &plain.parameters, sizeof c.parameters);
    assert_true(c.ring_memory_MiB == plain.ring_memory_MiB && c.floor_min == plain.floor_min &&
                c.max_trial_s == plain.max_trial_s);
    assert_string_equal(c.path, plain.path);
    assert_string_equal(c.session_name, plain.session_name);
    assert_int_equal(c.n_mats, 0);
}

/* Where it is, whatever was typed: clients look for protocols beside it. */
static void test_relative_path(void **state)
{
    struct lines lines = {.n = 0};
    struct config c;

    (void)state;
    assert_int_equal(chdir(getenv("GAIT_SOURCE_DIR")), 0);
    assert_int_equal(config_default(false, false, &c, NULL), 0);
    assert_int_equal(config_load("config/../config/gaitd.yaml", &c, keep, &lines), 0);
    assert_int_equal(c.file[0], '/');
    assert_non_null(strstr(c.file, "/config/gaitd.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_values),  cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_mistakes), cmocka_unit_test(test_example), cmocka_unit_test(test_relative_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
