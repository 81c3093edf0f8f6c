#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trial_fixture.h"

static void uuid_both_ways(void **state)
{
    uint8_t a[GAIT_UUID_BYTES], b[GAIT_UUID_BYTES];
    char text[GAIT_UUID_TEXT + 1];

    (void)state;
    assert_int_equal(gait_uuid_parse("00112233-4455-6677-8899-AabbccddeefF", a), 0);
    gait_uuid_text(a, text);
    assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
    assert_int_equal(gait_uuid_parse("00112233-4455-6677-8899-aabbccddeef", a), -EINVAL);
    assert_int_equal(gait_uuid_parse("00112233-4455-6677-8899-aabbccddeegg", a), -EINVAL);
    assert_int_equal(gait_uuid_parse("0011223344455-6677-8899-aabbccddeeff", a), -EINVAL);
    assert_int_equal(gait_uuid_new(a), 0);
    assert_int_equal(gait_uuid_new(b), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    gait_uuid_text(a, text);
    assert_int_equal(text[14], '4');
}

static void header_comes_back(void **state)
{
    struct gait_journal_header h, back;
    struct gait_pack p;

    (void)state;
    fixture_header(&h);
    gait_pack_init(&p);
    assert_int_equal(gait_journal_header_pack(&p, &h), 0);
    gait_pack_u32(&p, "from_the_future", 1); /* unknown items are ignored */
    assert_int_equal(gait_journal_header_unpack(p.bytes, p.used, &back), 0);
    assert_same_header(&back, &h);
    assert_string_equal(gait_journal_header_get(&back, "speed_source"), "heel_points");
    assert_null(gait_journal_header_get(&back, "absent"));
    gait_journal_header_done(&h);
    gait_journal_header_done(&back);
    gait_pack_done(&p);
}

static void header_fields_are_checked(void **state)
{
    struct gait_journal_header h = {0};

    (void)state;
    assert_int_equal(gait_journal_header_set(&h, "bad key", "x"), -EINVAL);
    assert_int_equal(gait_journal_header_set(&h, "", "x"), -EINVAL);
    assert_int_equal(gait_journal_header_set(&h, "k", "1"), 0);
    assert_int_equal(gait_journal_header_set(&h, "k", "2"), 0);
    assert_int_equal(h.n_fields, 1);
    assert_string_equal(gait_journal_header_get(&h, "k"), "2");
    gait_journal_header_done(&h);
}

static void state_comes_back(void **state)
{
    struct gait_trial_state s, back;
    struct gait_pack p;

    (void)state;
    fixture_state(&s);
    gait_pack_init(&p);
    assert_int_equal(gait_trial_state_pack(&p, &s), 0);
    assert_int_equal(gait_trial_state_unpack(p.bytes, p.used, &back), 0);
    assert_same_state(&back, &s);
    gait_trial_state_done(&s);
    gait_trial_state_done(&back);
    gait_pack_done(&p);
}

static void state_without_arrays_comes_back(void **state)
{
    struct gait_geometry g = {2, 2, 5, 5, 100, GAIT_F32, NULL};
    struct gait_calibration c;
    struct gait_trial_state s, back;
    struct gait_pack p;

    (void)state;
    gait_calibration_identity(&c);
    assert_int_equal(gait_trial_state_init(&s, &g, &c), 0);
    gait_pack_init(&p);
    assert_int_equal(gait_trial_state_pack(&p, &s), 0);
    assert_int_equal(gait_trial_state_unpack(p.bytes, p.used, &back), 0);
    assert_same_state(&back, &s);
    assert_null(back.calibration.offset);
    gait_trial_state_done(&s);
    gait_trial_state_done(&back);
    gait_pack_done(&p);
}

static void state_with_a_wrong_array_is_refused(void **state)
{
    struct gait_trial_state s, back;
    struct gait_pack p;

    (void)state;
    fixture_state(&s);
    gait_pack_init(&p);
    free(s.calibration.offset);
    s.calibration.offset = NULL;
    gait_trial_state_pack(&p, &s);
    gait_pack_array(&p, "calibration.offset", GAIT_PACK_F32, 1, (uint32_t[]){2}, (float[]){1, 2});
    assert_int_equal(gait_trial_state_unpack(p.bytes, p.used, &back), -EBADMSG);
    gait_trial_state_done(&s);
    gait_pack_done(&p);
}

static void footfall_comes_back(void **state)
{
    struct gait_footfall *f = fixture_footfall(9), *back;
    struct gait_pack p;

    (void)state;
    gait_pack_init(&p);
    assert_int_equal(gait_footfall_pack(&p, f), 0);
    assert_int_equal(gait_footfall_unpack(p.bytes, p.used, &back), 0);
    assert_same_footfall(back, f);
    gait_footfall_free(f);
    gait_footfall_free(back);
    gait_pack_done(&p);
}

static void footfall_without_path_and_picture_comes_back(void **state)
{
    struct gait_footfall *f, *back;
    struct gait_pack p;

    (void)state;
    assert_int_equal(gait_footfall_new(0, 0, &f), 0);
    f->id = 1;
    gait_pack_init(&p);
    assert_int_equal(gait_footfall_pack(&p, f), 0);
    assert_int_equal(gait_footfall_unpack(p.bytes, p.used, &back), 0);
    assert_same_footfall(back, f);
    gait_footfall_free(f);
    gait_footfall_free(back);
    gait_pack_done(&p);
}

/* A record of another version: metrics in another order, one unknown, most missing. */
static void metrics_are_found_by_name(void **state)
{
    struct gait_footfall *back;
    struct gait_pack p;

    (void)state;
    gait_pack_init(&p);
    gait_pack_u32(&p, "id", 4);
    gait_pack_text(&p, "metric_names", "arch_index\nnobody_knows_it\nstance_s");
    gait_pack_f64s(&p, "value", 3, (double[]){0.25, 99, 0.625});
    gait_pack_array(&p, "reason", GAIT_PACK_U8, 1, (uint32_t[]){3}, (uint8_t[]){0, 1, 2});
    assert_int_equal(gait_footfall_unpack(p.bytes, p.used, &back), 0);
    assert_same_bits(back->value[GAIT_METRIC_ARCH_INDEX], 0.25);
    assert_same_bits(back->value[GAIT_METRIC_STANCE], 0.625);
    assert_int_equal(back->reason[GAIT_METRIC_STANCE], GAIT_REASON_PARTIAL);
    assert_nan(back->value[GAIT_METRIC_PEAK]);
    assert_int_equal(back->reason[GAIT_METRIC_PEAK], GAIT_REASON_NOT_COMPUTED);
    gait_footfall_free(back);
    gait_pack_done(&p);
}

static void small_records_come_back(void **state)
{
    struct gait_action action = fixture_action(), action2;
    struct gait_event event = fixture_event(), event2;
    struct gait_gap gap = fixture_gap(), gap2;
    struct gait_clock_record clock = fixture_clock(), clock2;
    struct gait_end end = fixture_end(12, 1), end2;
    struct gait_pack p[5];

    (void)state;
    for (int i = 0; i < 5; i++)
        gait_pack_init(&p[i]);
    assert_int_equal(gait_action_pack(&p[0], &action), 0);
    assert_int_equal(gait_event_pack(&p[1], &event), 0);
    assert_int_equal(gait_gap_pack(&p[2], &gap), 0);
    assert_int_equal(gait_clock_pack(&p[3], &clock), 0);
    assert_int_equal(gait_end_pack(&p[4], &end), 0);
    assert_int_equal(gait_action_unpack(p[0].bytes, p[0].used, &action2), 0);
    assert_int_equal(gait_event_unpack(p[1].bytes, p[1].used, &event2), 0);
    assert_int_equal(gait_gap_unpack(p[2].bytes, p[2].used, &gap2), 0);
    assert_int_equal(gait_clock_unpack(p[3].bytes, p[3].used, &clock2), 0);
    assert_int_equal(gait_end_unpack(p[4].bytes, p[4].used, &end2), 0);
    assert_true(action2.kind == action.kind && action2.side == action.side && action2.footfall == action.footfall);
    assert_true(action2.at_frame == action.at_frame && action2.t_ns == action.t_ns);
    assert_string_equal(action2.text, action.text);
    assert_true(event2.t_ns == event.t_ns && event2.frame == event.frame);
    assert_string_equal(event2.code, event.code);
    assert_string_equal(event2.text, event.text);
    assert_true(gap2.frame == gap.frame && gap2.device == gap.device && gap2.ring == gap.ring && gap2.t_ns == gap.t_ns);
    assert_string_equal(gap2.why, gap.why);
    assert_memory_equal(&clock2.triple, &clock.triple, sizeof(clock.triple));
    assert_string_equal(clock2.boot_id, clock.boot_id);
    assert_true(end2.frames == end.frames && end2.footfalls == end.footfalls && end2.gap_device == end.gap_device);
    assert_true(end2.gap_ring == end.gap_ring && end2.t_ns == end.t_ns);
    assert_string_equal(end2.why, end.why);
    for (int i = 0; i < 5; i++)
        gait_pack_done(&p[i]);
}

/* Each byte of a footfall and of a state spoilt: an error or another value, never a crash (the sanitizer watches). */
static void spoilt_records_are_survived(void **state)
{
    struct gait_footfall *f = fixture_footfall(1), *back;
    struct gait_trial_state s, s2;
    struct gait_pack p;

    (void)state;
    gait_pack_init(&p);
    gait_footfall_pack(&p, f);
    for (size_t at = 0; at < p.used; at += at < 2048 ? 1 : 7) {
        p.bytes[at] ^= 0x81;
        if (gait_footfall_unpack(p.bytes, p.used, &back) == 0)
            gait_footfall_free(back);
        p.bytes[at] ^= 0x81;
    }
    gait_pack_clear(&p);
    fixture_state(&s);
    gait_trial_state_pack(&p, &s);
    for (size_t at = 0; at < p.used; at++) {
        p.bytes[at] ^= 0x81;
        if (gait_trial_state_unpack(p.bytes, p.used, &s2) == 0)
            gait_trial_state_done(&s2);
        p.bytes[at] ^= 0x81;
    }
    gait_trial_state_done(&s);
    gait_footfall_free(f);
    gait_pack_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuid_both_ways),
        cmocka_unit_test(header_comes_back),
        cmocka_unit_test(header_fields_are_checked),
        cmocka_unit_test(state_comes_back),
        cmocka_unit_test(state_without_arrays_comes_back),
        cmocka_unit_test(state_with_a_wrong_array_is_refused),
        cmocka_unit_test(footfall_comes_back),
        cmocka_unit_test(footfall_without_path_and_picture_comes_back),
        cmocka_unit_test(metrics_are_found_by_name),
        cmocka_unit_test(small_records_come_back),
        cmocka_unit_test(spoilt_records_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
