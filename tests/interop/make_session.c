/*
 * Makes the files that other readers are tried on: make_session FOLDER gives
 *
 *     FOLDER/golden.gaitj             the fixture's journal, of 9 frames: what tests/interop/golden holds
 *     FOLDER/trial-003.gaitj          the same of 40 frames
 *     FOLDER/trial-003.h5             the same sealed, with pressure
 *     FOLDER/empty.h5                 a trial that was cut off before its first frame
 *     FOLDER/clean.gaitj, clean.h5    a trial with four footfalls in which nothing was lost
 *     FOLDER/2025-03-04-S017/2025-03-04-S017.h5   a closed session of two trials
 */
#include "assert_close.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <gait/session.h>

#include "trial_fixture.h"

enum { FRAMES = 40 };

static int say(int r, const struct gait_error *err)
{
    if (r < 0)
        fprintf(stderr, "make_session: %s\n", err->text);
    return r < 0;
}

static int seal(const char *folder, const char *journal, const char *out, bool keep)
{
    struct gait_seal_options options = {.pressure = true, .keep_journal = keep};
    struct gait_error err = {0};
    char from[4096], to[4096];

    snprintf(from, sizeof(from), "%s/%s", folder, journal);
    snprintf(to, sizeof(to), "%s/%s", folder, out);
    return say(gait_seal(from, to, &options, NULL, &err), &err);
}

static int make_trial(const char *folder)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/golden.gaitj", folder);
    fixture_journal(path, 9);
    snprintf(path, sizeof(path), "%s/trial-003.gaitj", folder);
    fixture_journal(path, FRAMES);
    return seal(folder, "trial-003.gaitj", "trial-003.h5", true);
}

/* A journal with any number of frames, its trial number and UUID its own; clean: nothing was lost, and it has an end. */
static void journal_of(const char *path, uint32_t trial, unsigned frames, bool clean)
{
    struct gait_journal_header header;
    struct gait_trial_state state;
    struct gait_journal *j;
    struct fixture_frame f;
    struct gait_footfall *footfall;
    struct gait_action action = fixture_action();
    struct gait_end end = fixture_end(frames, frames / 10);

    fixture_header(&header);
    fixture_state(&state);
    header.trial = trial;
    header.uuid[15] = (uint8_t)trial;
    assert_int_equal(gait_journal_create(path, &header, NULL, &j, NULL), 0);
    assert_int_equal(gait_journal_append_state(j, &state), 0);
    for (unsigned i = 0; i < frames; i++) {
        fixture_frame(i, &f);
        if (clean)
            f.slot.meta.gap_device = f.slot.meta.gap_ring = 0;
        assert_int_equal(gait_journal_append_frame(j, &f.slot, sizeof(f.raw)), 0);
    }
    for (uint32_t id = 1; id <= frames / 10; id++) {
        footfall = fixture_footfall(id);
        assert_int_equal(gait_journal_append_footfall(j, footfall), 0);
        gait_footfall_free(footfall);
    }
    assert_int_equal(gait_journal_append_action(j, &action), 0);
    if (clean)
        assert_int_equal(gait_journal_append_end(j, &end), 0);
    assert_int_equal(gait_journal_close(j), 0);
    gait_trial_state_done(&state);
    gait_journal_header_done(&header);
}

static int make_empty(const char *folder)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/empty.gaitj", folder);
    journal_of(path, 1, 0, false);
    return seal(folder, "empty.gaitj", "empty.h5", false);
}

static int make_clean(const char *folder)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/clean.gaitj", folder);
    journal_of(path, 5, 40, true);
    return seal(folder, "clean.gaitj", "clean.h5", true);
}

static void complain(void *user, const char *journal, int result, const struct gait_seal_report *report,
                     const struct gait_error *err)
{
    (void)user;
    (void)journal;
    (void)report;
    say(result, err);
}

static int make_session(const char *top)
{
    struct gait_error err = {0};
    char folder[2048], path[4096];
    FILE *file;

    snprintf(folder, sizeof(folder), "%s/2025-03-04-S017", top);
    if (mkdir(folder, 0755) < 0)
        return 1;
    snprintf(path, sizeof(path), "%s/session.json", folder);
    file = fopen(path, "w");
    fputs("{\"protocol\": \"pre_post\", \"subject\": {\"mass_kg\": 71.5, \"footwear\": \"barefoot\"}, "
          "\"trials\": [{\"trial\": 2, \"discarded\": true, \"discard_why\": \"stumbled\"}]}\n",
          file);
    fclose(file);
    for (unsigned i = 1; i <= 2; i++) {
        snprintf(path, sizeof(path), "%s/trial-%03u.gaitj", folder, i);
        journal_of(path, i, 10 * i + 5, false);
    }
    if (say(gait_recover(folder, NULL, complain, NULL, NULL, &err), &err))
        return 1;
    return say(gait_session_close(folder, NULL, &err), &err);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_session FOLDER\n");
        return 2;
    }
    return make_trial(argv[1]) || make_empty(argv[1]) || make_clean(argv[1]) || make_session(argv[1]);
}
