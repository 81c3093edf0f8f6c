/* Stream messages against the golden ones, which were written from docs/STREAM.md and not by this code. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <gait/stream.h>

#include "stream/base64.h"

struct golden {
    const json_t *message;
    unsigned char *part[3];
    size_t length[3], n;
};

static json_t *load(void)
{
    char path[600];
    json_error_t at;
    json_t *all;

    snprintf(path, sizeof path, "%s/tests/unit/stream/golden/messages.json", getenv("GAIT_SOURCE_DIR"));
    all = json_load_file(path, 0, &at);
    assert_true(json_is_array(all));
    return all;
}

static unsigned char *bytes_of(const json_t *text, size_t *ret_n)
{
    size_t n = json_string_length(text);
    unsigned char *bytes = malloc(n + 1);
    long used = base64_decode(json_string_value(text), n, bytes);

    assert_true(used >= 0);
    *ret_n = (size_t)used;
    return bytes;
}

static struct golden take(const json_t *message)
{
    const json_t *parts = json_object_get(message, "parts");
    struct golden g = {.message = message, .n = json_array_size(parts)};

    for (size_t i = 0; i < g.n; i++)
        g.part[i] = bytes_of(json_array_get(parts, i), &g.length[i]);
    return g;
}

static void drop(struct golden *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->part[i]);
}

static int decode(const struct golden *g, struct gait_message **ret, struct gait_error *err)
{
    const void *part[3] = {g->part[0], g->part[1], g->part[2]};

    return gait_message_decode(part, g->length, g->n, ret, err);
}

static int error_of(const char *name)
{
    return strcmp(name, "EBADMSG") == 0 ? -EBADMSG : strcmp(name, "EINVAL") == 0 ? -EINVAL : -EPROTONOSUPPORT;
}

static void check_good(const json_t *message, struct gait_message *m)
{
    const json_t *want = json_object_get(message, "header");
    json_t *got = json_copy(m->header);
    unsigned char *payload;
    size_t n;

    json_object_del(got, "payload");
    assert_true(json_equal(got, want));
    json_decref(got);
    payload = bytes_of(json_object_get(message, "payload"), &n);
    assert_int_equal(m->payload_bytes, n);
    if (n)
        assert_memory_equal(m->payload, payload, n);
    free(payload);
    assert_int_equal(m->head.seq, json_integer_value(json_object_get(want, "seq")));
    assert_int_equal(m->head.t_ns, json_integer_value(json_object_get(want, "t_ns")));
    assert_int_equal(m->head.frame, json_integer_value(json_object_get(want, "frame")));
    assert_string_equal(m->head.mat, json_string_value(json_object_get(want, "mat")));
    assert_string_equal(m->head.instance, "00c0ffee00c0ffee");
}

static void test_golden_decode(void **state)
{
    json_t *all = load(), *message;
    unsigned good = 0, bad = 0;
    size_t i;

    (void)state;
    json_array_foreach(all, i, message)
    {
        const json_t *error = json_object_get(message, "error");
        struct golden g = take(message);
        struct gait_message *m = NULL;
        struct gait_error err = {0};
        int r = decode(&g, &m, &err);

        if (r != (error ? error_of(json_string_value(error)) : 0))
            print_message("%s: %d %s\n", json_string_value(json_object_get(message, "name")), r, err.text);
        assert_int_equal(r, error ? error_of(json_string_value(error)) : 0);
        if (error) {
            assert_null(m);
            assert_true(err.text[0]);
            bad++;
        } else {
            check_good(message, m);
            good++;
        }
        gait_message_free(m);
        drop(&g);
    }
    assert_int_equal(good, 9);
    assert_int_equal(bad, 18);
    json_decref(all);
}

static struct gait_message *golden_named(json_t *all, const char *name)
{
    struct gait_message *m = NULL;
    json_t *message;
    size_t i;

    json_array_foreach(all, i, message)
    {
        if (strcmp(json_string_value(json_object_get(message, "name")), name) == 0) {
            struct golden g = take(message);

            assert_int_equal(decode(&g, &m, NULL), 0);
            drop(&g);
        }
    }
    assert_non_null(m);
    return m;
}

static void same_json(const char *text, const json_t *want)
{
    json_t *got = json_loads(text, 0, NULL);

    if (!json_equal(got, want)) {
        char *w = gait_json_text(want);

        print_message("got  %s\nwant %s\n", text, w);
        free(w);
    }
    assert_true(json_equal(got, want));
    json_decref(got);
}

static void test_encode_frame(void **state)
{
    const struct gait_geometry geometry = {
        .rows = 2, .cols = 3, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};
    const struct gait_frame_meta meta = {.index = 123456789012,
                                         .seq = 99,
                                         .t_arrival_ns = 9007199254740995,
                                         .t_mat_ns = 1234567890123456789,
                                         .t_ns = 9007199254740993,
                                         .connection = 4,
                                         .flags = GAIT_FRAME_GAP_ESTIMATED | GAIT_FRAME_SATURATED};
    json_t *all = load();
    struct gait_message *m = golden_named(all, "frame");
    char *header, *part;
    int n;

    (void)state;
    assert_int_equal(gait_stream_frame(&m->head, &geometry, &meta, 2, &header), 0);
    same_json(header, m->header);
    n = gait_stream_single("json/frame/mat-1/", header, m->payload, m->payload_bytes, &part);
    assert_int_equal(n, strlen(part));
    {
        const void *one[1] = {part};
        const size_t length[1] = {(size_t)n};
        struct gait_message *again = NULL;

        assert_int_equal(gait_message_decode(one, length, 1, &again, NULL), 0);
        assert_true(again->single);
        assert_memory_equal(again->payload, m->payload, m->payload_bytes);
        gait_message_free(again);
    }
    free(part);
    free(header);
    gait_message_free(m);
    json_decref(all);
}

/* All that may stand in a frame's header: every flag, pads, an id that JSON must escape. */
static void test_encode_frame_in_full(void **state)
{
    const struct gait_geometry geometry = {
        .rows = 720, .cols = 240, .pitch_x_mm = 5, .pitch_y_mm = 5, .rate_hz = 100, .dtype = GAIT_U16};
    struct gait_frame_meta meta = {.seq = INT64_MAX, .flags = UINT32_MAX, .pads = {.n = GAIT_PADS_MAX}};
    struct gait_stream_head head = {.topic = GAIT_TOPIC_FRAME,
                                    .seq = 7,
                                    .gap_ring = 12345,
                                    .lost_device = 6,
                                    .lost_ring = INT64_MAX,
                                    .instance = "0123456789abcdef"};
    char *header;
    json_t *got, *ages;

    (void)state;
    memset(head.mat, '\1', sizeof head.mat - 1);
    memcpy(head.mat, "a\"b\\", 4);
    for (unsigned i = 0; i < GAIT_PADS_MAX; i++)
        meta.pads.age_us[i] = 4294967294u - i;
    meta.pads.age_us[0] = 0;
    meta.pads.age_us[1] = 50;
    meta.pads.age_us[2] = GAIT_PAD_MISSING;
    assert_int_equal(gait_stream_frame(&head, &geometry, &meta, UINT32_MAX, &header), 0);
    got = json_loads(header, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(got);
    assert_string_equal(json_string_value(json_object_get(got, "mat")), head.mat);
    assert_int_equal(json_integer_value(json_object_get(got, "gap_ring")), 12345);
    assert_int_equal(json_array_size(json_object_get(got, "flags")), 8); /* every one that there is */
    assert_int_equal(json_integer_value(json_object_get(got, "mat_seq")), INT64_MAX);
    assert_int_equal(json_integer_value(json_object_get(got, "lost_device")), 6);
    assert_int_equal(json_integer_value(json_object_get(got, "lost_ring")), INT64_MAX);
    ages = json_object_get(got, "pad_age_s");
    assert_int_equal(json_array_size(ages), GAIT_PADS_MAX);
    assert_true(json_is_real(json_array_get(ages, 0)) && json_real_value(json_array_get(ages, 0)) == 0);
    assert_true(json_real_value(json_array_get(ages, 1)) == 50 * 1e-6);
    assert_true(json_is_null(json_array_get(ages, 2)));
    assert_true(json_real_value(json_array_get(ages, 3)) == (4294967294u - 3) * 1e-6);
    json_decref(got);
    free(header);
}

static void test_live_both_ways(void **state)
{
    const struct gait_frame_meta meta = {.index = 10, .t_mat_ns = 500, .t_ns = 1000};
    struct gait_frame_numbers numbers;
    struct gait_frame_live live;
    json_t *all = load();
    struct gait_message *m = golden_named(all, "live");
    char *header;

    (void)state;
    assert_int_equal(gait_message_live(m, &numbers, &live), 0);
    assert_true(numbers.force_N == 0.1 && numbers.cop_y_mm == 1.0 / 3.0 && isnan(numbers.mean_kPa));
    assert_int_equal(numbers.peak_cell, UINT32_MAX);
    assert_int_equal(live.feet, 1);
    assert_int_equal(live.foot[0].side, GAIT_SIDE_LEFT);
    assert_int_equal(live.foot[0].phase, GAIT_PHASE_FOOT_FLAT);
    assert_true(live.foot[0].force_N == 700.25 && isnan(live.foot[0].region_force_N[5]));
    assert_int_equal(gait_stream_live(&m->head, &meta, &numbers, &live, &header), 0);
    same_json(header, m->header);
    free(header);
    gait_message_free(m);
    json_decref(all);
}

/* Golden to record to message to record: nothing moves by a bit. */
static void test_footfall_both_ways(void **state)
{
    json_t *all = load();
    struct gait_message *m = golden_named(all, "footfall"), *again = NULL;
    struct gait_footfall *f = NULL, *g = NULL;
    float payload[4];
    uint32_t trial = 0;
    char *header;

    (void)state;
    assert_int_equal(gait_message_footfall(m, &trial, &f, NULL), 0);
    assert_int_equal(trial, 6);
    assert_int_equal(f->id, 2);
    assert_int_equal(f->side, GAIT_SIDE_RIGHT);
    assert_int_equal(f->gait_class, GAIT_CLASS_WALKING);
    assert_int_equal(f->flags, GAIT_FOOTFALL_PARTIAL | GAIT_FOOTFALL_SIDE_OVERRIDE);
    assert_true(f->value[GAIT_METRIC_FORCE_MAX] == 818.6000000000001 && f->axis_y == 0.8);
    assert_int_equal(f->reason[GAIT_METRIC_FORCE_MAX_BW], GAIT_REASON_NO_MASS);
    assert_int_equal(f->reason[GAIT_METRIC_PEAK], GAIT_REASON_NOT_COMPUTED);
    assert_true(f->region[GAIT_REGION_HEEL31].cells == 12.5 && isnan(f->region[GAIT_REGION_TOES].cells));
    assert_true(f->curve[GAIT_CURVE_COP_V][37] == 0.37 && isnan(f->cop_x_mm[0]) && f->cop_y_mm[2] == 4.0);
    assert_true(f->cpei_chord.y1 == 4.0 && isnan(f->cpei_third.x0));
    assert_true(f->picture_max_kPa[1] == 2.0f && f->picture_mean_kPa[0] == 0.5f && f->row0 == 17);

    assert_int_equal(gait_stream_footfall_floats(f), 4);
    assert_int_equal(gait_stream_footfall(&m->head, trial, f, &header, payload), 0);
    {
        const void *part[3] = {"footfall/mat-1/", header, payload};
        const size_t length[3] = {15, strlen(header), sizeof payload};

        assert_int_equal(gait_message_decode(part, length, 3, &again, NULL), 0);
    }
    assert_int_equal(gait_message_footfall(again, &trial, &g, NULL), 0);
    assert_memory_equal(f->value, g->value, sizeof f->value);
    assert_memory_equal(f->reason, g->reason, sizeof f->reason);
    assert_memory_equal(f->region, g->region, sizeof f->region);
    assert_memory_equal(f->curve, g->curve, sizeof f->curve);
    assert_memory_equal(f->cop_x_mm, g->cop_x_mm, 3 * sizeof(double));
    assert_memory_equal(&f->cpei_chord, &g->cpei_chord, 5 * sizeof f->cpei_chord);
    gait_footfall_free(f);
    gait_footfall_free(g);
    free(header);
    gait_message_free(m);
    gait_message_free(again);
    json_decref(all);
}

static void test_topics(void **state)
{
    char text[GAIT_TOPIC_TEXT_MAX], id[200];

    (void)state;
    assert_int_equal(gait_topic_text(GAIT_TOPIC_FRAME10, "mat-1", true, text), 19);
    assert_string_equal(text, "json/frame10/mat-1/");
    assert_int_equal(gait_topic_text(GAIT_TOPIC_LIVE, NULL, false, text), 5);
    assert_string_equal(text, "live/");
    assert_int_equal(gait_topic_text(GAIT_TOPIC_STATUS, "mat-1", false, text), 7);
    assert_string_equal(text, "status/");
    assert_int_equal(gait_topic_text(GAIT_TOPIC_COUNT, NULL, false, text), -EINVAL);
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    assert_int_equal(gait_topic_text(GAIT_TOPIC_FRAME, id, false, text), -ENAMETOOLONG);
}

static void test_endpoints(void **state)
{
    struct gait_endpoints e;
    struct gait_error err = {0};

    (void)state;
    assert_int_equal(gait_endpoints_find("/run/gaitd/", &e, &err), 0);
    assert_string_equal(e.stream, "ipc:///run/gaitd/view/stream");
    assert_string_equal(e.query, "ipc:///run/gaitd/view/query");
    assert_string_equal(e.control, "ipc:///run/gaitd/control/control");
    assert_int_equal(gait_endpoints_find("ipc:///x/y/control/control", &e, &err), 0);
    assert_string_equal(e.stream, "ipc:///x/y/view/stream");
    assert_int_equal(gait_endpoints_find("tcp://lab:7470", &e, &err), 0);
    assert_string_equal(e.stream, "tcp://lab:7471");
    assert_int_equal(gait_endpoints_find("tcp://lab", &e, &err), -EINVAL);
    assert_int_equal(gait_endpoints_find("lab", &e, &err), -EINVAL);
    assert_int_equal(gait_endpoints_find("ipc://control", &e, &err), -EINVAL);
}

/* RFC 4648, section 10. */
static void test_base64(void **state)
{
    static const char *const pair[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    static const char *const wrong[] = {"Z", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Z===", "Zm 8", "=Zm9"};
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        size_t n = strlen(pair[i][0]), k = strlen(pair[i][1]);

        assert_int_equal(base64_length(n), k);
        base64_encode(pair[i][0], n, out);
        assert_memory_equal(out, pair[i][1], k);
        assert_int_equal(base64_decode(pair[i][1], k, out), n);
        assert_memory_equal(out, pair[i][0], n);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(base64_decode(wrong[i], strlen(wrong[i]), out), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_decode),
        cmocka_unit_test(test_encode_frame),
        cmocka_unit_test(test_encode_frame_in_full),
        cmocka_unit_test(test_live_both_ways),
        cmocka_unit_test(test_footfall_both_ways),
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
