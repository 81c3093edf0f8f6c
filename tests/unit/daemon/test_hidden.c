/* What nobody may learn: of a footfall while its session is blind, of a treatment in the audit log, of a person who was purged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <gait/stream.h>

#include "allocation.h"
#include "audit.h"
#include "publisher.h"

enum { FRAMES = 60, ROWS = 5, COLS = 3 };

static const char *const allowed[] = {
    "seq",           "frame",     "t_ns",        "gap_device",  "gap_ring",          "skipped",     "trial",
    "footfall",      "shape",     "first_frame", "last_frame",  "ic_mat_ns",         "to_mat_ns",   "ic_ns",
    "heel_x_mm",     "heel_y_mm", "axis_x",      "axis_y",      "origin_x_mm",       "origin_y_mm", "progression_x",
    "progression_y", "stance_s",  "picture_row", "picture_col", "algorithm_version",
};

/* Everything that a record can carry has a number. */
static struct gait_footfall *full_record(void)
{
    struct gait_footfall *f;

    assert_int_equal(gait_footfall_new(FRAMES, ROWS * COLS, &f), 0);
    for (int i = 0; i < GAIT_METRIC_COUNT; i++)
        f->value[i] = 483;
    for (double *x = (double *)f->region; x < (double *)(f->region + GAIT_REGION_COUNT); x++)
        *x = 483;
    for (double *x = &f->curve[0][0]; x < &f->curve[0][0] + GAIT_CURVE_COUNT * GAIT_CURVE_SAMPLES; x++)
        *x = 483;
    f->cpei_chord = f->cpei_third = f->cpei_width = f->third_heel = f->third_fore =
        (struct gait_line_mm){483, 483, 483, 483};
    f->cop_frames = FRAMES;
    for (int i = 0; i < FRAMES; i++)
        f->cop_t_s[i] = f->cop_x_mm[i] = f->cop_y_mm[i] = f->cop_force_N[i] = f->heel_force_N[i] = 483;
    f->rows = ROWS;
    f->cols = COLS;
    f->row0 = f->col0 = 7;
    for (int i = 0; i < ROWS * COLS; i++)
        f->picture_max_kPa[i] = f->picture_mean_kPa[i] = 483;
    return f;
}

static bool is_allowed(const char *name)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(allowed[i], name) == 0)
            return true;
    return false;
}

/* Numbers that stand under a name which is not allowed. */
static unsigned told(const char *name, const json_t *value)
{
    const char *key;
    json_t *inner;
    unsigned n = 0;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)value, key, inner) n += told(key, inner);
    json_array_foreach(value, i, inner) n += told(name, inner);
    return n + (json_is_number(value) && !is_allowed(name));
}

static json_t *message_of(const struct gait_footfall *f, size_t *ret_floats)
{
    const struct gait_stream_head head = {.topic = GAIT_TOPIC_FOOTFALL, .mat = "m", .instance = "i", .seq = 1};
    float *pictures = malloc((gait_stream_footfall_floats(f) + 1) * sizeof *pictures);
    char *header;
    json_t *message;

    assert_int_equal(gait_stream_footfall(&head, 1, f, &header, pictures), 0);
    message = json_loads(header, 0, NULL);
    assert_non_null(message);
    free(header);
    free(pictures);
    *ret_floats = gait_stream_footfall_floats(f);
    return message;
}

static void test_footfall(void **state)
{
    struct gait_footfall *f = full_record();
    json_t *message;
    size_t floats;

    (void)state;
    message = message_of(f, &floats);
    assert_true(told("", message) > 1000 && floats == 2 * ROWS * COLS); /* the test sees what there is */
    json_decref(message);
    footfall_hide(f);
    message = message_of(f, &floats);
    assert_int_equal(told("", message), 0);
    assert_int_equal(floats, 0);
    assert_true(json_real_value(json_object_get(json_object_get(message, "metrics"), "stance_s")) == 483);
    assert_string_equal(json_string_value(json_object_get(json_object_get(message, "reason"), "heel31_force_max_N")),
                        "blinded");
    json_decref(message);
    gait_footfall_free(f);
}

static bool logs(struct daemon *d, const char *verb, const char *args, const char *word)
{
    struct call call = {.args = json_loads(args, 0, NULL)};
    json_t *kept;
    char *text;
    bool there;

    snprintf(call.verb, sizeof call.verb, "%s", verb);
    assert_non_null(call.args);
    kept = audit_args(d, &call);
    text = json_dumps(kept, 0);
    there = strstr(text, word) != NULL;
    free(text);
    json_decref(kept);
    json_decref(call.args);
    return there;
}

/* Whatever became of the request: the log is written of what was asked, before anything was taken out of it. */
static void test_treatment_in_audit_log(void **state)
{
    static const char args[] =
        "{\"technique\":\"sham\",\"side\":\"lef\",\"planned_min\":9,\"tecnique\":\"sham\",\"override\":\"late\"}";
    struct daemon *d = test_calloc(1, sizeof *d);
    struct protocol protocol = {.blind = true, .design = PROTOCOL_PARALLEL};
    struct session session = {.protocol = &protocol};

    (void)state;
    d->session = &session;
    assert_false(logs(d, "treatment start", args, "sham"));
    assert_false(logs(d, "treatment start", args, "lef"));
    assert_false(logs(d, "treatment start", args, "9"));
    assert_true(logs(d, "treatment start", args, "late") && logs(d, "treatment start", args, "technique"));
    protocol.blind = false;
    assert_true(logs(d, "treatment start", args, "sham"));
    d->session = NULL; /* nobody knows whose it was */
    assert_false(logs(d, "treatment start", args, "sham"));
    test_free(d);
}

/* The log outlives what is purged. */
static void test_person_in_audit_log(void **state)
{
    static const char open[] =
        "{\"subject\":\"S77\",\"mass_kg\":91.5,\"fields\":{\"x_diagnosis\":\"flat\"},\"override\":\"why\","
        "\"protocol\":{\"name\":\"a.yaml\",\"text\":\"version: 1\"}}";
    struct daemon *d = test_calloc(1, sizeof *d);

    (void)state;
    assert_false(logs(d, "session open", open, "S77") || logs(d, "session open", open, "91.5"));
    assert_false(logs(d, "session open", open, "flat") || logs(d, "session open", open, "version"));
    assert_true(logs(d, "session open", open, "x_diagnosis") && logs(d, "session open", open, "mass_kg"));
    assert_true(logs(d, "session open", open, "why") && logs(d, "session open", open, "a.yaml"));
    assert_true(logs(d, "session set", "{\"mass_kg\":null}", "null"));
    assert_false(logs(d, "session set", open, "why"));
    assert_false(logs(d, "trial discard", "{\"why\":\"pain\",\"trial\":3}", "pain"));
    assert_true(logs(d, "trial discard", "{\"why\":\"pain\",\"trial\":3}", "3"));
    assert_false(logs(d, "footfall invalid", "{\"why\":\"pain\"}", "pain") ||
                 logs(d, "mark", "{\"text\":\"pain\"}", "pain"));
    assert_true(logs(d, "session purge", "{\"why\":\"withdrawn\"}", "withdrawn"));
    test_free(d);
}

/* A purged person's place stays taken, so that blocks keep their balance, and is nobody's. */
static void test_place_is_forgotten(void **state)
{
    char root[] = "/tmp/gait-blind-XXXXXX", sessions[80], list[80], text[400] = "";
    struct allocation a = {0};
    unsigned index = 9;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(sessions, sizeof sessions, "%s/sessions", root);
    snprintf(list, sizeof list, "%s/allocation/st.jsonl", root);
    assert_int_equal(allocation_forget(sessions, "st", "S1", NULL), 0); /* there is no list */
    assert_int_equal(allocation_open_to_draw(sessions, &a, NULL), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(
            allocation_index(&a, "st", "", (const char *const[]){"S1", "S2", "S3"}[i], "sum", false, &index, NULL), 0);
    assert_int_equal(allocation_forget(sessions, "st", "S1", NULL), 0);
    f = fopen(list, "r");
    assert_true(f && fread(text, 1, sizeof text - 1, f) > 0 && fclose(f) == 0);
    assert_true(!strstr(text, "S1") && strstr(text, "S2") && strstr(text, "\"index\":0"));
    assert_int_equal(allocation_index(&a, "st", "", "S2", "sum", false, &index, NULL), 0);
    assert_int_equal(index, 1);
    assert_int_equal(allocation_index(&a, "st", "", "S1", "sum", false, &index, NULL), 0); /* as somebody new */
    assert_int_equal(index, 3);
    allocation_done(&a);
    assert_int_equal(remove(list), 0);
    snprintf(list, sizeof list, "%s/allocation/key", root);
    assert_int_equal(remove(list), 0);
    snprintf(list, sizeof list, "%s/allocation", root);
    assert_int_equal(rmdir(list), 0); /* and nothing was left beside it */
    assert_int_equal(rmdir(root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_footfall),
        cmocka_unit_test(test_treatment_in_audit_log),
        cmocka_unit_test(test_person_in_audit_log),
        cmocka_unit_test(test_place_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
