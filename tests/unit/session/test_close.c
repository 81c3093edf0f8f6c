#include "assert_close.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>

#include <gait/session.h>

#include "trial_fixture.h"

enum { FRAMES = 20, TRIALS = 3 };

struct place {
    char top[64], folder[96], session[160];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    fixture_folder(p->top);
    snprintf(p->folder, sizeof(p->folder), "%s/2025-03-04-S017", p->top);
    snprintf(p->session, sizeof(p->session), "%s/2025-03-04-S017.h5", p->folder);
    assert_int_equal(mkdir(p->folder, 0755), 0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    fixture_remove(p->top);
    free(p);
    return 0;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* A sealed trial of its own number and UUID; `salt` makes another trial of the same number. */
static void sealed_trial(const struct place *p, uint32_t number, uint8_t salt, bool seal)
{
    struct gait_journal_header header;
    struct gait_trial_state s;
    struct fixture_frame f;
    struct gait_footfall *footfall = fixture_footfall(1);
    struct gait_action action = fixture_action();
    struct gait_end end = fixture_end(FRAMES, 1);
    struct gait_journal *j;
    struct gait_error err;
    char path[160];

    snprintf(path, sizeof(path), "%s/trial-%03u.gaitj", p->folder, number);
    fixture_header(&header);
    fixture_state(&s);
    header.trial = number;
    header.uuid[15] = (uint8_t)number;
    header.uuid[14] = salt;
    assert_int_equal(gait_journal_create(path, &header, NULL, &j, NULL), 0);
    assert_int_equal(gait_journal_append_state(j, &s), 0);
    for (unsigned i = 0; i < FRAMES; i++) {
        fixture_frame(i + number, &f);
        f.slot.meta.gap_device = f.slot.meta.gap_ring = 0;
        assert_int_equal(gait_journal_append_frame(j, &f.slot, sizeof(f.raw)), 0);
    }
    assert_int_equal(gait_journal_append_footfall(j, footfall), 0);
    assert_int_equal(gait_journal_append_action(j, &action), 0);
    assert_int_equal(gait_journal_append_end(j, &end), 0);
    assert_int_equal(gait_journal_close(j), 0);
    if (seal && gait_seal(path, NULL, NULL, NULL, &err) < 0)
        fail_msg("%s", err.text);
    gait_footfall_free(footfall);
    gait_trial_state_done(&s);
    gait_journal_header_done(&header);
}

static void assert_session(const struct place *p, uint32_t trials)
{
    struct gait_recording *rec;
    struct gait_error err;

    if (gait_recording_open(p->session, &rec, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(gait_recording_kind(rec), "session");
    assert_int_equal(gait_recording_trials(rec), trials);
    for (uint32_t i = 0; i < trials; i++) {
        const struct gait_recorded_trial *t = gait_recording_trial(rec, i);
        struct gait_footfall *f = fixture_footfall(1);
        struct gait_recorded_frames *frames;
        uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
        struct gait_slot slot = {.raw = raw};
        uint64_t n = 0;

        assert_int_equal(t->header.trial, i + 1);
        assert_int_equal(t->header.uuid[15], i + 1);
        assert_same_footfall(t->footfall[0], f);
        assert_int_equal(gait_recorded_frames_new(rec, i, &frames, NULL), 0);
        for (; gait_recorded_frames_next(frames, &slot, NULL, NULL) > 0; n++) {
            struct fixture_frame expected;

            fixture_frame(n + i + 1, &expected);
            assert_memory_equal(raw, expected.raw, sizeof(raw));
            assert_memory_equal(&slot.numbers, &expected.slot.numbers, sizeof(slot.numbers));
        }
        assert_int_equal(n, FRAMES);
        gait_recorded_frames_free(frames);
        gait_footfall_free(f);
    }
    gait_recording_free(rec);
}

static void write_json(const struct place *p, const char *text)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/session.json", p->folder);
    file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void assert_trial_files(const struct place *p, bool there)
{
    for (unsigned i = 1; i <= TRIALS; i++) {
        char path[160];

        snprintf(path, sizeof(path), "%s/trial-%03u.h5", p->folder, i);
        assert_int_equal(exists(path), there);
    }
}

static void all_trials_in_one_file(void **state)
{
    struct place *p = *state;
    struct gait_error err;
    uint32_t trials;

    write_json(
        p,
        "{\"subject\": {\"mass_kg\": 71.5, \"footwear\": \"barefoot\"}, \"protocol\": \"pre_post\", \"planned\": 10}");
    for (uint32_t i = 1; i <= TRIALS; i++)
        sealed_trial(p, i, 0, true);
    if (gait_session_close(p->folder, &trials, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(trials, TRIALS);
    assert_trial_files(p, false);
    assert_session(p, TRIALS);
    assert_int_equal(gait_session_close(p->folder, &trials, NULL), 0); /* again: nothing to do */
    assert_session(p, TRIALS);
}

/* An administrator recovers and closes: gaitd, whose folder it is, can read and remove what came of it. */
static void what_root_makes_is_the_folders(void **state)
{
    enum { UID = 65534, GID = 65533 };
    struct place *p = *state;
    char path[160];
    struct stat st;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(p->folder, UID, GID), 0);
    sealed_trial(p, 1, 0, true);
    snprintf(path, sizeof(path), "%s/trial-001.h5", p->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, UID);
    assert_int_equal(st.st_gid, GID);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(gait_session_close(p->folder, NULL, NULL), 0);
    assert_int_equal(stat(p->session, &st), 0);
    assert_int_equal(st.st_uid, UID);
    assert_int_equal(st.st_gid, GID);
}

/* The wall clock was set back by an hour in the first, the machine started anew in the second, the third has no end, the fourth is of a gaitd that told no start. */
static void durations_of_treatments(void **state)
{
    static const char *const by[] = {"boot", "wall", "", "wall"};
    const double expected_s[] = {600, 900, (double)NAN, 60};
    struct place *p = *state;
    double value[4];
    char *text[4];
    hid_t file, set, attr, type = H5Tcopy(H5T_C_S1);

    write_json(
        p,
        "{\"treatments\": ["
        "{\"started_s\": 7000, \"started_boot_s\": 50, \"started_boot_id\": \"a\", "
        "\"stopped_s\": 4000, \"stopped_boot_s\": 650, \"stopped_boot_id\": \"a\"},"
        "{\"started_s\": 8000, \"started_boot_s\": 900, \"started_boot_id\": \"a\", "
        "\"stopped_s\": 8900, \"stopped_boot_s\": 30, \"stopped_boot_id\": \"b\"},"
        "{\"started_s\": 9000, \"started_boot_s\": 90, \"started_boot_id\": \"b\"},"
        "{\"started_s\": 9000, \"started_boot_s\": 90, \"stopped_s\": 9060, \"stopped_boot_s\": 99, \"boot_id\": \"b\"}"
        "]}");
    sealed_trial(p, 1, 0, true);
    assert_int_equal(gait_session_close(p->folder, NULL, NULL), 0);
    file = H5Fopen(p->session, H5F_ACC_RDONLY, H5P_DEFAULT);
    set = H5Dopen2(file, "/treatments/duration_s", H5P_DEFAULT);
    attr = H5Aopen_by_name(file, "/treatments", "duration_by", H5P_DEFAULT, H5P_DEFAULT);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
    assert_true(H5Aread(attr, type, text) >= 0);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(text[i], by[i]);
        assert_int_equal(isfinite(value[i]), isfinite(expected_s[i]));
        if (isfinite(expected_s[i]))
            assert_close_abs(value[i], expected_s[i], 1e-9);
        H5free_memory(text[i]);
    }
    H5Tclose(type);
    H5Aclose(attr);
    H5Dclose(set);
    H5Fclose(file);
}

static void late_trial_joins_a_closed_session(void **state)
{
    struct place *p = *state;
    struct gait_error err;
    uint32_t trials;

    sealed_trial(p, 1, 0, true);
    sealed_trial(p, 2, 0, true);
    assert_int_equal(gait_session_close(p->folder, &trials, NULL), 0);
    sealed_trial(p, 3, 0, true);
    if (gait_session_close(p->folder, &trials, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(trials, 3);
    assert_session(p, 3);
    assert_trial_files(p, false);
}

/* As a crash between copying and removing leaves it: the trial is in both files, and must not appear twice. */
static void nothing_appears_twice(void **state)
{
    struct place *p = *state;
    char from[160], kept[160], command[400];
    uint32_t trials;

    for (uint32_t i = 1; i <= TRIALS; i++)
        sealed_trial(p, i, 0, true);
    snprintf(from, sizeof(from), "%s/trial-002.h5", p->folder);
    snprintf(kept, sizeof(kept), "%s/kept.h5", p->top);
    snprintf(command, sizeof(command), "cp %s %s", from, kept);
    assert_int_equal(system(command), 0);
    assert_int_equal(gait_session_close(p->folder, &trials, NULL), 0);
    assert_int_equal(rename(kept, from), 0);
    assert_int_equal(gait_session_close(p->folder, &trials, NULL), 0);
    assert_int_equal(trials, TRIALS);
    assert_false(exists(from));
    assert_session(p, TRIALS);
    /* and a journal whose trial is in the session file already */
    sealed_trial(p, 2, 0, false);
    snprintf(from, sizeof(from), "%s/trial-002.gaitj", p->folder);
    {
        struct gait_seal_report report;
        struct gait_error err;

        if (gait_seal(from, NULL, NULL, &report, &err) < 0)
            fail_msg("%s", err.text);
        assert_true(report.already);
        assert_false(exists(from));
    }
    assert_trial_files(p, false);
}

static void refusals_remove_nothing(void **state)
{
    struct place *p = *state;
    struct gait_error err;

    assert_int_equal(gait_session_close(p->folder, NULL, &err), -ENOENT);
    sealed_trial(p, 1, 0, true);
    sealed_trial(p, 2, 0, false);
    assert_int_equal(gait_session_close(p->folder, NULL, &err), -EBUSY);
    assert_non_null(strstr(err.text, "gait recover"));
    assert_int_equal(gait_recover(p->folder, NULL, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(gait_session_close(p->folder, NULL, NULL), 0);
    sealed_trial(p, 1, 9, true); /* another trial 1 */
    assert_int_equal(gait_session_close(p->folder, NULL, &err), -EEXIST);
    assert_session(p, 2);
    write_json(p, "{broken");
    sealed_trial(p, 3, 0, true);
    assert_true(gait_session_close(p->folder, NULL, &err) < 0);
    assert_session(p, 2);
}

#define CLOSE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOSE_TEST(all_trials_in_one_file),  CLOSE_TEST(what_root_makes_is_the_folders),
        CLOSE_TEST(durations_of_treatments), CLOSE_TEST(late_trial_joins_a_closed_session),
        CLOSE_TEST(nothing_appears_twice),   CLOSE_TEST(refusals_remove_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
