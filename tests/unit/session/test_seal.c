#include "assert_close.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/session.h>

#include "session/layout.h"
#include "trial_fixture.h"

enum { FRAMES = 37 }; /* two whole chunks and a part */

struct place {
    char folder[64], journal[96], sealed[96];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    fixture_folder(p->folder);
    snprintf(p->journal, sizeof(p->journal), "%s/trial-003.gaitj", p->folder);
    snprintf(p->sealed, sizeof(p->sealed), "%s/trial-003.h5", p->folder);
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

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The fixture's frames, read twice over. */
static void assert_same_frames(struct gait_recording *rec, uint32_t index, unsigned frames)
{
    struct gait_recorded_frames *reader = NULL;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    struct gait_slot slot = {.raw = raw};
    uint64_t n = 0, number;

    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0)
            assert_int_equal(gait_recorded_frames_new(rec, index, &reader, NULL), 0);
        else
            assert_int_equal(gait_recorded_frames_rewind(reader, NULL), 0);
        for (n = 0; gait_recorded_frames_next(reader, &slot, &number, NULL) > 0; n++) {
            struct fixture_frame expected;

            fixture_frame(n, &expected);
            assert_int_equal(number, n);
            assert_memory_equal(&slot.meta, &expected.slot.meta, sizeof(slot.meta));
            assert_memory_equal(&slot.numbers, &expected.slot.numbers, sizeof(slot.numbers));
            assert_int_equal(slot.calibration_version, 7);
            assert_memory_equal(raw, expected.raw, sizeof(raw));
        }
        assert_int_equal(n, frames);
    }
    gait_recorded_frames_free(reader);
}

/* Everything of the fixture's trial, to the last bit, through the one door. */
static void assert_whole_trial(const char *path, const char *kind, uint32_t index, unsigned frames)
{
    struct gait_recording *rec;
    const struct gait_recorded_trial *t;
    struct gait_journal_header header;
    struct gait_trial_state state;
    struct gait_footfall *f = fixture_footfall(1);
    struct gait_action action = fixture_action();
    struct gait_event event = fixture_event();
    struct gait_error err;

    if (gait_recording_open(path, &rec, &err) < 0)
        fail_msg("%s", err.text);
    fixture_header(&header);
    fixture_state(&state);
    assert_string_equal(gait_recording_kind(rec), kind);
    t = gait_recording_trial(rec, index);
    assert_non_null(t);
    assert_null(gait_recording_trial(rec, gait_recording_trials(rec)));
    header.trial = t->header.trial;
    memcpy(header.uuid, t->header.uuid, GAIT_UUID_BYTES);
    assert_same_header(&t->header, &header);
    assert_same_state(&t->state, &state);
    assert_int_equal(t->frames, frames);
    assert_int_equal(t->n_footfalls, 1);
    assert_same_footfall(t->footfall[0], f);
    assert_int_equal(t->n_actions, 1);
    assert_string_equal(t->action[0].text, action.text);
    assert_int_equal(t->action[0].at_frame, action.at_frame);
    assert_int_equal(t->n_events, 1);
    assert_string_equal(t->event[0].code, event.code);
    assert_int_equal(t->n_gaps, 1);
    assert_int_equal(t->n_clocks, 1);
    assert_int_equal(t->gap_device, 2 + 3);
    assert_int_equal(t->gap_ring, 1 + 4);
    assert_int_equal(t->gap_damage, 0);
    assert_true(t->ended);
    assert_string_equal(t->end.why, "stop");
    assert_same_frames(rec, index, frames);
    gait_recording_free(rec);
    gait_journal_header_done(&header);
    gait_trial_state_done(&state);
    gait_footfall_free(f);
}

static void sealed_file_gives_the_same_bits_as_the_journal(void **state)
{
    struct place *p = *state;
    struct gait_seal_report report;
    struct gait_error err;
    struct stat st;

    fixture_journal(p->journal, FRAMES);
    assert_whole_trial(p->journal, "journal", 0, FRAMES);
    if (gait_seal(p->journal, NULL, &(struct gait_seal_options){.pressure = true}, &report, &err) < 0)
        fail_msg("%s", err.text);
    assert_false(exists(p->journal));
    assert_string_equal(report.path, p->sealed);
    assert_int_equal(report.frames, FRAMES);
    assert_int_equal(report.footfalls, 1);
    assert_int_equal(report.trial, 3);
    assert_false(report.already);
    assert_int_equal(stat(p->sealed, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_whole_trial(p->sealed, "trial", 0, FRAMES);
}

/* Fewer frames than a chunk holds, exactly a chunk, one more. */
static void any_number_of_frames_is_sealed(void **state)
{
    static const unsigned frames[] = {9, 15, 16, 17};
    struct place *p = *state;
    struct gait_error err;

    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        fixture_journal(p->journal, frames[i]);
        if (gait_seal(p->journal, NULL, &(struct gait_seal_options){.pressure = true}, NULL, &err) < 0)
            fail_msg("%s", err.text);
        assert_whole_trial(p->sealed, "trial", 0, frames[i]);
        assert_int_equal(unlink(p->sealed), 0);
    }
}

static void sealing_twice_is_once(void **state)
{
    struct place *p = *state;
    struct gait_seal_report report;
    struct stat before, after;

    fixture_journal(p->journal, FRAMES);
    assert_int_equal(gait_seal(p->journal, NULL, &(struct gait_seal_options){.keep_journal = true}, &report, NULL), 0);
    assert_true(exists(p->journal));
    assert_int_equal(stat(p->sealed, &before), 0);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, &report, NULL), 0);
    assert_true(report.already);
    assert_false(exists(p->journal));
    assert_int_equal(stat(p->sealed, &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_mtime == after.st_mtime);
}

/* A power cut can give a journal back what was cut off before it was sealed. */
static void journal_that_holds_more_is_sealed_again(void **state)
{
    struct place *p = *state;
    struct gait_seal_report report;
    struct gait_error err;
    struct stat whole;
    void *bytes;
    FILE *f;

    fixture_journal(p->journal, FRAMES);
    assert_int_equal(stat(p->journal, &whole), 0);
    bytes = malloc((size_t)whole.st_size);
    f = fopen(p->journal, "r+b");
    assert_true(f && bytes && fread(bytes, 1, (size_t)whole.st_size, f) == (size_t)whole.st_size);
    assert_int_equal(ftruncate(fileno(f), whole.st_size * 3 / 4), 0);
    fclose(f);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, &report, NULL), 0);
    assert_true(report.frames > 1 && report.frames < FRAMES);
    f = fopen(p->journal, "wb");
    assert_true(f && fwrite(bytes, 1, (size_t)whole.st_size, f) == (size_t)whole.st_size);
    fclose(f);
    free(bytes);
    if (gait_seal(p->journal, NULL, &(struct gait_seal_options){.pressure = true}, &report, &err) < 0)
        fail_msg("%s", err.text);
    assert_false(report.already);
    assert_false(exists(p->journal));
    assert_whole_trial(p->sealed, "trial", 0, FRAMES);
}

static void another_trial_is_never_replaced(void **state)
{
    struct place *p = *state;
    struct gait_journal_header header;
    struct gait_error err;
    struct gait_journal *j;
    struct gait_trial_state s;

    fixture_journal(p->journal, FRAMES);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, NULL, NULL), 0);
    fixture_header(&header);
    header.uuid[0] ^= 1;
    assert_int_equal(gait_journal_create(p->journal, &header, NULL, &j, NULL), 0);
    fixture_state(&s);
    gait_journal_append_state(j, &s);
    gait_trial_state_done(&s);
    gait_journal_header_done(&header);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, NULL, &err), -EBUSY); /* still being written */
    assert_int_equal(gait_journal_close(j), 0);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, NULL, &err), -EEXIST);
    assert_true(exists(p->journal));
    assert_whole_trial(p->sealed, "trial", 0, FRAMES);
}

/* No frames at all, no footfalls: still a file that opens. */
static void empty_trial_is_sealed(void **state)
{
    struct place *p = *state;
    struct gait_journal_header header;
    struct gait_trial_state s;
    struct gait_recording *rec;
    struct gait_journal *j;
    struct gait_error err;

    fixture_header(&header);
    fixture_state(&s);
    assert_int_equal(gait_journal_create(p->journal, &header, NULL, &j, NULL), 0);
    assert_int_equal(gait_journal_append_state(j, &s), 0);
    assert_int_equal(gait_journal_close(j), 0);
    if (gait_seal(p->journal, NULL, &(struct gait_seal_options){.pressure = true}, NULL, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(gait_recording_open(p->sealed, &rec, NULL), 0);
    assert_int_equal(gait_recording_trial(rec, 0)->frames, 0);
    assert_false(gait_recording_trial(rec, 0)->ended);
    gait_recording_free(rec);
    gait_trial_state_done(&s);
    gait_journal_header_done(&header);
}

/* Frames that nobody can read are kept; a trial that never began is nothing to keep. */
static void journal_without_state(void **state)
{
    struct place *p = *state;
    struct gait_recover_counts counts;
    struct gait_journal_header header;
    struct fixture_frame f;
    struct gait_journal *j;
    struct gait_error err;

    for (int frames = 1; frames >= 0; frames--) {
        fixture_header(&header);
        assert_int_equal(gait_journal_create(p->journal, &header, NULL, &j, NULL), 0);
        fixture_frame(0, &f);
        if (frames)
            assert_int_equal(gait_journal_append_frame(j, &f.slot, sizeof(f.raw)), 0);
        assert_int_equal(gait_journal_close(j), 0);
        gait_journal_header_done(&header);
        assert_int_equal(gait_seal(p->journal, NULL, NULL, NULL, &err), frames ? -EBADMSG : -ENODATA);
        assert_non_null(strstr(err.text, "state"));
        assert_true(exists(p->journal));
        assert_false(exists(p->sealed));
        assert_int_equal(gait_recover(p->journal, NULL, NULL, NULL, &counts, NULL), 0);
        assert_int_equal(counts.failed, frames);
        assert_int_equal(counts.empty, !frames);
        assert_int_equal(exists(p->journal), frames);
        unlink(p->journal);
    }
}

/* Of a damaged trial too: each frame with its number and its gaps, and the hole between them. */
static void assert_damage_comes_back(const struct place *p, struct gait_recording *rec)
{
    struct gait_recorded_frames *a, *b;
    struct gait_recording *back;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    struct gait_slot x = {.raw = raw}, y = {.raw = raw};
    uint64_t number, again;
    char path[128];

    snprintf(path, sizeof(path), "%s/again.gaitj", p->folder);
    assert_int_equal(gait_recording_to_journal(rec, 0, path, NULL), 0);
    assert_int_equal(gait_recording_open(path, &back, NULL), 0);
    assert_int_equal(gait_recording_trial(back, 0)->gap_damage, gait_recording_trial(rec, 0)->gap_damage);
    assert_int_equal(gait_recording_trial(back, 0)->gap_ring, gait_recording_trial(rec, 0)->gap_ring);
    assert_int_equal(gait_recorded_frames_new(rec, 0, &a, NULL), 0);
    assert_int_equal(gait_recorded_frames_new(back, 0, &b, NULL), 0);
    while (gait_recorded_frames_next(a, &x, &number, NULL) > 0) {
        assert_int_equal(gait_recorded_frames_next(b, &y, &again, NULL), 1);
        assert_int_equal(again, number);
        assert_memory_equal(&x.meta, &y.meta, sizeof(x.meta));
    }
    assert_int_equal(gait_recorded_frames_next(b, &y, &again, NULL), 0);
    gait_recorded_frames_free(a);
    gait_recorded_frames_free(b);
    gait_recording_free(back);
}

/* A hole in the journal: the frames in it are a gap that is counted, told and kept, and the rest is there. */
static void damaged_journal_is_sealed_with_its_gap(void **state)
{
    struct place *p = *state;
    struct gait_seal_report report;
    struct gait_recording *rec;
    struct gait_recorded_frames *reader;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    struct gait_slot slot = {.raw = raw};
    uint64_t number, n = 0;
    FILE *file;

    fixture_journal(p->journal, FRAMES);
    file = fopen(p->journal, "r+");
    assert_int_equal(fseek(file, -4000, SEEK_END), 0);
    assert_int_equal(fwrite((char[500]){0}, 1, 500, file), 500);
    fclose(file);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, &report, NULL), 0);
    assert_true(report.gap_damage >= 2 && report.gap_damage <= 4);
    assert_int_equal(report.frames + report.gap_damage, FRAMES);
    assert_int_equal(gait_recording_open(p->sealed, &rec, NULL), 0);
    assert_true(report.journal.missing_records >= report.gap_damage && report.missing_kinds[0]);
    assert_int_equal(gait_recording_trial(rec, 0)->missing_records, report.journal.missing_records);
    assert_int_equal(gait_recording_trial(rec, 0)->bad_bytes, report.journal.bad_bytes);
    assert_string_equal(gait_recording_trial(rec, 0)->missing_kinds, report.missing_kinds);
    assert_int_equal(gait_recording_trial(rec, 0)->gap_damage, report.gap_damage);
    assert_int_equal(gait_recorded_frames_new(rec, 0, &reader, NULL), 0);
    for (; gait_recorded_frames_next(reader, &slot, &number, NULL) > 0; n++)
        assert_int_equal(raw[0], number * 12);
    assert_int_equal(n, report.frames);
    gait_recorded_frames_free(reader);
    assert_damage_comes_back(p, rec);
    gait_recording_free(rec);
}

/* Back into a journal, for a daemon without HDF5: the same trial again, and sealing that gives it once more. */
static void assert_comes_back(const struct place *p)
{
    struct gait_recording *rec;
    char again[128];
    FILE *a, *b;
    int c;

    assert_int_equal(gait_seal(p->journal, NULL, &(struct gait_seal_options){.keep_journal = true}, NULL, NULL), 0);
    assert_int_equal(gait_recording_open(p->sealed, &rec, NULL), 0);
    snprintf(again, sizeof(again), "%s/again.gaitj", p->folder);
    assert_int_equal(gait_recording_to_journal(rec, 0, again, NULL), 0);
    assert_int_equal(gait_recording_to_journal(rec, 0, again, NULL), -EEXIST);
    gait_recording_free(rec);
    a = fopen(p->journal, "r");
    b = fopen(again, "r");
    while ((c = getc(a)) != EOF)
        assert_int_equal(getc(b), c);
    assert_int_equal(getc(b), EOF);
    fclose(a);
    fclose(b);
}

static void journal_comes_back_from_a_sealed_file(void **state)
{
    const struct place *p = *state;

    fixture_journal(p->journal, FRAMES);
    assert_comes_back(p);
}

static void assert_pads(const struct gait_frame_pads *pads, uint64_t number)
{
    const struct gait_frame_pads expected = fixture_pads(number);

    assert_int_equal(pads->n, expected.n);
    assert_memory_equal(pads->age_us, expected.age_us, expected.n * sizeof *expected.age_us);
}

/* Ages of the pads through the one door, and as a source, from a journal and from what is made of it. */
static void assert_pads_of(const char *path)
{
    struct gait_recording *rec;
    struct gait_recorded_frames *reader;
    struct gait_frame_source *s;
    struct gait_frame_meta meta;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    struct gait_slot slot = {.raw = raw};
    uint64_t n = 0, number;

    assert_int_equal(gait_recording_open(path, &rec, NULL), 0);
    assert_int_equal(gait_recorded_frames_new(rec, 0, &reader, NULL), 0);
    for (; gait_recorded_frames_next(reader, &slot, &number, NULL) > 0; n++)
        assert_pads(&slot.meta.pads, number);
    assert_int_equal(n, FRAMES);
    assert_int_equal(gait_recording_check(rec, NULL), 0);
    gait_recorded_frames_free(reader);
    gait_recording_free(rec);
    assert_int_equal(gait_recording_source(path, 0, &s, NULL), 0);
    for (n = 0; gait_source_next(s, raw, &meta, NULL) > 0; n++)
        assert_pads(&meta.pads, n);
    assert_int_equal(n, FRAMES);
    gait_source_free(s);
}

static void ages_of_pads_come_back(void **state)
{
    const struct place *p = *state;
    struct gait_frame_source *s;
    struct gait_frame_meta meta;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    uint64_t n = 0;

    fixture_tiled_journal(p->journal, FRAMES);
    assert_pads_of(p->journal);
    assert_int_equal(gait_journal_source(p->journal, &s, NULL), 0);
    for (; gait_source_next(s, raw, &meta, NULL) > 0; n++)
        assert_pads(&meta.pads, n);
    assert_int_equal(n, FRAMES);
    gait_source_free(s);
    assert_comes_back(p);
    assert_pads_of(p->sealed);
}

static void source_plays_a_sealed_file(void **state)
{
    struct place *p = *state;
    struct gait_frame_source *s;
    struct gait_frame_meta meta;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    unsigned n = 0;

    fixture_journal(p->journal, FRAMES);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(gait_recording_source(p->sealed, 0, &s, NULL), 0);
    assert_int_equal(gait_source_info(s)->frames, FRAMES);
    for (int turn = 0; turn < 2; turn++) {
        for (n = 0; gait_source_next(s, raw, &meta, NULL) > 0; n++) {
            assert_int_equal(raw[3], n * 12 + 3);
            assert_int_equal(meta.t_mat_ns, 10000000u * n);
        }
        assert_int_equal(n, FRAMES);
        gait_source_rewind(s, NULL);
    }
    gait_source_free(s);
}

struct told {
    unsigned calls;
    int last;
};

static void tell(void *user, const char *journal, int result, const struct gait_seal_report *report,
                 const struct gait_error *err)
{
    struct told *told = user;

    (void)report;
    assert_non_null(journal);
    told->calls++;
    told->last = result;
    if (result < 0)
        assert_true(err->text[0] != '\0');
}

static void recover_seals_what_lies_there(void **state)
{
    struct place *p = *state;
    struct gait_recover_counts counts;
    struct told told = {0};
    char bad[128];
    FILE *file;

    fixture_journal(p->journal, FRAMES);
    snprintf(bad, sizeof(bad), "%s/trial-009.gaitj", p->folder);
    file = fopen(bad, "w");
    fputs("no journal", file);
    fclose(file);
    assert_int_equal(gait_recover(p->folder, NULL, tell, &told, &counts, NULL), 0);
    assert_int_equal(told.calls, 2);
    assert_int_equal(counts.sealed, 1);
    assert_int_equal(counts.failed, 1);
    assert_true(exists(bad));
    assert_whole_trial(p->sealed, "trial", 0, FRAMES);
    assert_int_equal(gait_recover(p->folder, NULL, NULL, NULL, &counts, NULL), 0);
    assert_int_equal(counts.sealed + counts.already, 0);
    assert_int_equal(gait_recover("/nowhere/at/all", NULL, NULL, NULL, &counts, NULL), -ENOENT);
}

static void what_is_no_recording_is_one_clear_line(void **state)
{
    struct place *p = *state;
    struct gait_recording *rec;
    struct gait_error err;
    FILE *file;

    assert_int_equal(gait_recording_open("/nowhere/x.h5", &rec, &err), -ENOENT);
    assert_int_equal(gait_recording_open(p->folder, &rec, &err), -EBADMSG);
    fixture_journal(p->journal, FRAMES);
    assert_int_equal(gait_seal(p->journal, NULL, NULL, NULL, NULL), 0);
    file = fopen(p->sealed, "r+");
    assert_int_equal(ftruncate(fileno(file), 5000), 0);
    fclose(file);
    assert_int_equal(gait_recording_open(p->sealed, &rec, &err), -EBADMSG);
    assert_null(strchr(err.text, '\n'));
    assert_non_null(strstr(err.text, p->sealed));
    file = fopen(p->sealed, "w");
    fclose(file);
    assert_int_equal(gait_recording_open(p->sealed, &rec, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "empty"));
}

/* Counts of a mat that nobody has calibrated are no kPa, nor are those of one that has. */
static void raw_numbers_say_what_they_are(void **state)
{
    struct gait_trial_state s = {.geometry = {.dtype = GAIT_U16}};

    (void)state;
    gait_calibration_identity(&s.calibration);
    assert_string_equal(layout_raw_unit(&s), "count");
    s.geometry.dtype = GAIT_F32;
    assert_string_equal(layout_raw_unit(&s), "kPa");
    s.calibration.kPa_per_count = 0.01;
    assert_string_equal(layout_raw_unit(&s), "count");
}

#define SEAL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEAL_TEST(sealed_file_gives_the_same_bits_as_the_journal),
        SEAL_TEST(any_number_of_frames_is_sealed),
        SEAL_TEST(sealing_twice_is_once),
        SEAL_TEST(journal_that_holds_more_is_sealed_again),
        SEAL_TEST(another_trial_is_never_replaced),
        SEAL_TEST(empty_trial_is_sealed),
        SEAL_TEST(journal_without_state),
        SEAL_TEST(damaged_journal_is_sealed_with_its_gap),
        SEAL_TEST(journal_comes_back_from_a_sealed_file),
        SEAL_TEST(ages_of_pads_come_back),
        SEAL_TEST(source_plays_a_sealed_file),
        SEAL_TEST(recover_seals_what_lies_there),
        cmocka_unit_test(raw_numbers_say_what_they_are),
        SEAL_TEST(what_is_no_recording_is_one_clear_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
