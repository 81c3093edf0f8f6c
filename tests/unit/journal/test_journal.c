#include "assert_close.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trial_fixture.h"

struct place {
    char folder[64], path[96];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    fixture_folder(p->folder);
    snprintf(p->path, sizeof(p->path), "%s/trial-001.gaitj", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    fixture_remove(p->folder);
    free(p);
    return 0;
}

static void whatever_is_appended_comes_back(void **state)
{
    static const enum gait_record_type order[] = {
        GAIT_RECORD_HEADER, GAIT_RECORD_STATE,  GAIT_RECORD_CLOCK, GAIT_RECORD_FRAME, GAIT_RECORD_FRAME,
        GAIT_RECORD_FRAME,  GAIT_RECORD_FRAME,  GAIT_RECORD_FRAME, GAIT_RECORD_FRAME, GAIT_RECORD_FOOTFALL,
        GAIT_RECORD_FRAME,  GAIT_RECORD_ACTION, GAIT_RECORD_FRAME, GAIT_RECORD_EVENT, GAIT_RECORD_GAP,
        GAIT_RECORD_FRAME,  GAIT_RECORD_END};
    struct place *p = *state;
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    struct gait_journal_stats stats;
    struct gait_journal_frame frame;
    struct fixture_frame expected;
    struct gait_footfall *f, *f0;
    uint64_t frames = 0;

    fixture_journal(p->path, 9);
    assert_int_equal(gait_journal_open(p->path, &r, NULL), 0);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        assert_int_equal(gait_journal_next(r, &record, NULL), 1);
        assert_int_equal(record.type, order[i]);
        assert_int_equal(record.number, i);
        assert_int_equal((uintptr_t)record.payload % 8, 0);
        if (record.type == GAIT_RECORD_FRAME) {
            assert_int_equal(gait_journal_frame(&record, &frame), 0);
            assert_int_equal(frame.frame, frames);
            fixture_frame(frames++, &expected);
            assert_same_frame(&frame, &expected);
        } else if (record.type == GAIT_RECORD_FOOTFALL) {
            f0 = fixture_footfall(1);
            assert_int_equal(gait_footfall_unpack(record.payload, record.payload_bytes, &f), 0);
            assert_same_footfall(f, f0);
            gait_footfall_free(f);
            gait_footfall_free(f0);
        }
    }
    assert_int_equal(gait_journal_next(r, &record, NULL), 0);
    assert_int_equal(gait_journal_next(r, &record, NULL), 0);
    gait_journal_stats(r, &stats);
    assert_int_equal(stats.records, 17);
    assert_int_equal(stats.frames, 9);
    assert_int_equal(stats.footfalls, 1);
    assert_true(stats.ended);
    assert_int_equal(
        stats.bad_stretches + stats.bad_bytes + stats.missing_records + stats.duplicate_records + stats.torn_bytes, 0);
    gait_journal_reader_free(r);
}

static void closed_file_has_no_room_left_over(void **state)
{
    struct place *p = *state;
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    struct gait_journal_stats stats;
    struct stat st;

    fixture_journal(p->path, 3);
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(gait_journal_open(p->path, &r, NULL), 0);
    while (gait_journal_next(r, &record, NULL) > 0)
        continue;
    gait_journal_stats(r, &stats);
    assert_int_equal(stats.good_bytes, st.st_size);
    gait_journal_reader_free(r);
}

/* Left as a crash leaves it: room taken ahead is zeros and ends the file without a word of damage. */
static void unclosed_file_ends_at_its_zeros(void **state)
{
    struct place *p = *state;
    struct gait_journal_options options = {.step_bytes = 1 << 20, .reserve_bytes = 4096};
    struct gait_journal_header header;
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    struct gait_journal_stats stats;
    struct gait_journal_mark mark;
    struct gait_journal *j;
    struct fixture_frame f;
    struct stat st;

    fixture_header(&header);
    assert_int_equal(gait_journal_create(p->path, &header, &options, &j, NULL), 0);
    gait_journal_header_done(&header);
    fixture_frame(0, &f);
    assert_int_equal(gait_journal_append_frame(j, &f.slot, sizeof(f.raw)), 0);
    gait_journal_synced(j, &mark);
    assert_int_equal(mark.records, 1);
    assert_int_equal(mark.frames, 0);
    assert_int_equal(gait_journal_sync(j, &mark), 0);
    assert_int_equal(mark.frames, 1);
    gait_journal_free(j);
    assert_int_equal(stat(p->path, &st), 0);
    assert_true(st.st_size >= 1 << 20);
    assert_int_equal(gait_journal_open(p->path, &r, NULL), 0);
    while (gait_journal_next(r, &record, NULL) > 0)
        assert_int_not_equal(record.type, GAIT_RECORD_DAMAGED);
    gait_journal_stats(r, &stats);
    assert_int_equal(stats.records, 2);
    assert_int_equal(stats.torn_bytes, 0);
    assert_false(stats.ended);
    assert_int_equal(stats.good_bytes, mark.bytes);
    gait_journal_reader_free(r);
}

static void never_over_an_existing_file(void **state)
{
    struct place *p = *state;
    struct gait_journal_header header;
    struct gait_journal *j;
    struct gait_error err;

    fixture_journal(p->path, 1);
    fixture_header(&header);
    assert_int_equal(gait_journal_create(p->path, &header, NULL, &j, &err), -EEXIST);
    assert_non_null(strstr(err.text, p->path));
    memset(header.uuid, 0, sizeof(header.uuid));
    assert_int_equal(gait_journal_create("/nowhere/x", &header, NULL, &j, &err), -EINVAL);
    gait_journal_header_done(&header);
}

static void not_a_journal_is_one_clear_line(void **state)
{
    struct place *p = *state;
    struct gait_journal_reader *r;
    struct gait_error err;
    FILE *file;

    assert_int_equal(gait_journal_open("/nowhere/x", &r, &err), -ENOENT);
    assert_int_equal(gait_journal_open(p->folder, &r, &err), -EBADMSG);
    file = fopen(p->path, "w");
    assert_int_equal(gait_journal_open(p->path, &r, &err), -ENODATA);
    assert_non_null(strstr(err.text, "empty"));
    assert_int_equal(ftruncate(fileno(file), 100000), 0);
    assert_int_equal(gait_journal_open(p->path, &r, &err), -ENODATA);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    fputs("this is no journal, whatever its name says", file);
    fclose(file);
    assert_int_equal(gait_journal_open(p->path, &r, &err), -EBADMSG);
    assert_null(strchr(err.text, '\n'));
}

static void journal_plays_as_a_source(void **state)
{
    struct place *p = *state;
    struct gait_frame_source *s;
    struct gait_frame_meta meta;
    struct gait_trial_state expected;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];

    fixture_journal(p->path, 8);
    fixture_state(&expected);
    assert_int_equal(gait_journal_source(p->path, &s, NULL), 0);
    assert_true(gait_geometry_equal(&gait_source_info(s)->geometry, &expected.geometry));
    assert_int_equal(gait_source_info(s)->calibration.version, 7);
    assert_string_equal(gait_source_info(s)->format, "journal");
    for (int turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < 8; i++) {
            struct fixture_frame f;

            fixture_frame(i, &f);
            assert_int_equal(gait_source_next(s, raw, &meta, NULL), 1);
            assert_memory_equal(raw, f.raw, sizeof(raw));
            assert_int_equal(meta.seq, f.slot.meta.seq);
            assert_int_equal(meta.tick, f.slot.meta.tick);
            assert_int_equal(meta.t_mat_ns, 10000000u * i);
            assert_int_equal(meta.gap_device, f.slot.meta.gap_device);
            assert_int_equal(meta.gap_ring, f.slot.meta.gap_ring);
            assert_int_equal(meta.flags, f.slot.meta.flags);
        }
        assert_int_equal(gait_source_next(s, raw, &meta, NULL), 0);
        assert_int_equal(gait_source_rewind(s, NULL), 0);
    }
    gait_source_free(s);
    gait_trial_state_done(&expected);
}

static void continued_journal_goes_on_counting(void **state)
{
    struct place *p = *state;
    struct gait_journal_header header;
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    struct gait_journal_frame frame;
    struct gait_journal *j;
    struct fixture_frame f;

    fixture_header(&header);
    header.first_frame = 500;
    assert_int_equal(gait_journal_create(p->path, &header, NULL, &j, NULL), 0);
    gait_journal_header_done(&header);
    for (unsigned i = 0; i < 2; i++) {
        fixture_frame(i, &f);
        assert_int_equal(gait_journal_append_frame(j, &f.slot, sizeof(f.raw)), 0);
    }
    assert_int_equal(gait_journal_close(j), 0);
    assert_int_equal(gait_journal_open(p->path, &r, NULL), 0);
    assert_int_equal(gait_journal_next(r, &record, NULL), 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(gait_journal_next(r, &record, NULL), 1);
        assert_int_equal(gait_journal_frame(&record, &frame), 0);
        assert_int_equal(frame.frame, 500 + i);
    }
    gait_journal_reader_free(r);
}

/* Raw counts of any number of bytes: what fills them up to 8 is covered by the CRC too. */
static void odd_payloads_are_padded(void **state)
{
    struct place *p = *state;
    struct gait_journal_header header;
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    struct gait_journal_frame frame;
    struct gait_journal *j;
    struct fixture_frame f;

    fixture_header(&header);
    assert_int_equal(gait_journal_create(p->path, &header, NULL, &j, NULL), 0);
    gait_journal_header_done(&header);
    fixture_frame(3, &f);
    for (size_t n = 0; n < 9; n++)
        assert_int_equal(gait_journal_append_frame(j, &f.slot, n), 0);
    assert_int_equal(gait_journal_close(j), 0);
    assert_int_equal(gait_journal_open(p->path, &r, NULL), 0);
    assert_int_equal(gait_journal_next(r, &record, NULL), 1);
    for (size_t n = 0; n < 9; n++) {
        assert_int_equal(gait_journal_next(r, &record, NULL), 1);
        assert_int_equal(gait_journal_frame(&record, &frame), 0);
        assert_int_equal(frame.raw_bytes, n);
        assert_memory_equal(frame.raw, f.raw, n);
    }
    gait_journal_reader_free(r);
}

#define JOURNAL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(whatever_is_appended_comes_back),    JOURNAL_TEST(closed_file_has_no_room_left_over),
        JOURNAL_TEST(unclosed_file_ends_at_its_zeros),    JOURNAL_TEST(never_over_an_existing_file),
        JOURNAL_TEST(not_a_journal_is_one_clear_line),    JOURNAL_TEST(journal_plays_as_a_source),
        JOURNAL_TEST(continued_journal_goes_on_counting), JOURNAL_TEST(odd_payloads_are_padded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
