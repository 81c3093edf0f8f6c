/*
 * A trial's life in storage, a step at a time, for the tests of this folder to break:
 *
 *     store record JOURNAL FRAMES [MS]  frames with a sync every 8 and a line "safe N" after each good one; MS between frames
 *     store recover FOLDER              seal what lies there
 *     store close FOLDER                one file of the session
 *
 * Exit 0 done; 1 failed, and said so in one line on stderr; never anything else.
 */
#include "assert_close.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gait/session.h>

#include "trial_fixture.h"

static int failed(const char *what, int r)
{
    fprintf(stderr, "store: %s: %s\n", what, strerror(-r));
    return 1;
}

/* Number and UUID of the journal trial-NNN.gaitj. */
static void name_header(const char *path, struct gait_journal_header *h)
{
    const char *name = strrchr(path, '/');

    fixture_header(h);
    if (sscanf(name ? name + 1 : path, "trial-%u", &h->trial) == 1)
        h->uuid[15] = (uint8_t)h->trial;
}

static int start(const char *path, struct gait_journal **ret_journal)
{
    struct gait_journal_options options = {.step_bytes = 64 << 10, .reserve_bytes = 48 << 10};
    struct gait_journal_header header;
    struct gait_trial_state state;
    struct gait_error err = {0};
    int r;

    name_header(path, &header);
    fixture_state(&state);
    r = gait_journal_create(path, &header, &options, ret_journal, &err);
    if (r < 0)
        fprintf(stderr, "store: %s\n", err.text);
    else if ((r = gait_journal_append_state(*ret_journal, &state)) < 0)
        failed("state", r);
    gait_trial_state_done(&state);
    gait_journal_header_done(&header);
    return r;
}

static int sync_now(struct gait_journal *j)
{
    struct gait_journal_mark mark;
    int r = gait_journal_sync(j, &mark);

    if (r < 0)
        return r;
    printf("safe %llu\n", (unsigned long long)mark.frames);
    return fflush(stdout) == 0 ? 0 : -errno;
}

static int append_frames(struct gait_journal *j, unsigned frames, long ms)
{
    struct fixture_frame f;
    int r = 0;

    for (unsigned i = 0; r == 0 && i < frames; i++) {
        fixture_frame(i, &f);
        f.slot.meta.gap_device = f.slot.meta.gap_ring = 0;
        r = gait_journal_append_frame(j, &f.slot, sizeof(f.raw));
        if (r == 0 && i % 8 == 7)
            r = sync_now(j);
        if (ms)
            nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
    }
    return r;
}

/* A full disk stops the frames; the footfall and the end still fit what was kept back. */
static int finish(struct gait_journal *j, int frames_result)
{
    struct gait_journal_mark mark;
    struct gait_footfall *footfall = fixture_footfall(1);
    struct gait_end end;
    int r = gait_journal_append_footfall(j, footfall);

    gait_footfall_free(footfall);
    gait_journal_appended(j, &mark);
    end = fixture_end(mark.frames, 1);
    if (frames_result < 0)
        strcpy(end.why, "disk full");
    if (r == 0)
        r = gait_journal_append_end(j, &end);
    if (r == 0)
        r = sync_now(j);
    return r < 0 ? r : gait_journal_close(j);
}

static int record(const char *path, unsigned frames, long ms)
{
    struct gait_journal *j;
    int r = start(path, &j), end;

    if (r < 0)
        return 1;
    r = append_frames(j, frames, ms);
    if (r < 0 && r != -ENOSPC)
        return failed("frames", r);
    end = finish(j, r);
    if (end < 0)
        return failed("end", end);
    return r < 0 ? failed("frames", r) : 0;
}

static void tell(void *user, const char *journal, int result, const struct gait_seal_report *report,
                 const struct gait_error *err)
{
    (void)journal;
    if (result < 0) {
        *(int *)user |= result != -ENODATA;
        fprintf(stderr, "store: %s\n", err->text);
    } else {
        printf("sealed %llu\n", (unsigned long long)report->frames);
    }
}

static int recover(const char *folder)
{
    struct gait_error err = {0};
    int bad = 0;

    if (gait_recover(folder, NULL, tell, &bad, NULL, &err) < 0) {
        fprintf(stderr, "store: %s\n", err.text);
        return 1;
    }
    return bad;
}

static int close_session(const char *folder)
{
    struct gait_error err = {0};
    uint32_t trials;

    if (gait_session_close(folder, &trials, &err) < 0) {
        fprintf(stderr, "store: %s\n", err.text);
        return 1;
    }
    printf("closed %u\n", trials);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "record") == 0)
        return record(argv[2], (unsigned)atoi(argv[3]), argc > 4 ? atol(argv[4]) : 0);
    if (argc == 3 && strcmp(argv[1], "recover") == 0)
        return recover(argv[2]);
    if (argc == 3 && strcmp(argv[1], "close") == 0)
        return close_session(argv[2]);
    fprintf(stderr, "usage: store record JOURNAL FRAMES [MS] | recover FOLDER | close FOLDER\n");
    return 2;
}
