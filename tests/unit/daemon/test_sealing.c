/* What main does when others have ended: whose a sealer's work was, what of a trial is there and what it held, a stop in the middle of a start. The exit status of its child is given. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "folders.h"
#include "study.h"
#include "trial_fixture.h"

#define UUID   "0b5e7c1e-92b7-4c0a-8f0e-1d6f2a3b4c5d"
#define CLOSED "2026-03-01T09:02:03Z"

struct world {
    char root[64];
    struct daemon d;
    struct call call;
};

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    json_t *args = json_pack("{s:s}", "subject", "S02");
    struct gait_error err = {0};

    snprintf(w->root, sizeof w->root, "/tmp/gait-sealing.XXXXXX");
    assert_non_null(mkdtemp(w->root));
    w->d.clock = gait_clock_system();
    w->d.log.level = GAIT_LOG_ERROR;
    assert_int_equal(session_new(w->root, "{subject}", args, 1772355723000000000, &w->d.session, &err), 0);
    json_decref(args);
    json_object_set_new(w->d.session->state, "closed_utc", json_string(CLOSED));
    w->d.close_call = &w->call;
    *state = w;
    return 0;
}

static int remove_world(void **state)
{
    struct world *w = *state;
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", w->root);
    assert_int_equal(system(command), 0);
    session_free(w->d.session);
    json_decref(w->d.unlisted);
    free(w->call.reply);
    free(w);
    return 0;
}

static void ends(struct world *w, enum seal_kind kind, const char *session, int status, const char *text)
{
    struct seal_job job = {.kind = kind, .trial = 1};

    snprintf(job.session, sizeof job.session, "%s", session);
    snprintf(job.path, sizeof job.path, "%s/%s%s", w->root, session, kind == SEAL_TRIAL ? "/trial-001.gaitj" : "");
    sealing_done(&w->d, &job, status, text);
}

/* S02 is being closed while S01, which was closed in a life before, gets its file or does not. */
static void test_close_of_another_session(void **state)
{
    struct world *w = *state;

    for (int status = 0; status <= 1; status++) {
        w->d.unlisted = w->d.unlisted ? w->d.unlisted : json_array();
        ends(w, SEAL_CLOSE, "S01", status, "trial 1 is another one");
        assert_ptr_equal(w->d.close_call, &w->call);
        assert_null(w->call.reply);
        assert_non_null(w->d.unlisted);
        assert_non_null(w->d.session);
        assert_string_equal(json_string_value(json_object_get(w->d.session->state, "closed_utc")), CLOSED);
    }
    ends(w, SEAL_TRIAL, "S01", 1, "of S01");
    assert_string_equal(w->d.not_sealed, "");
    ends(w, SEAL_CLOSE, "S02", 0, "");
    assert_non_null(strstr(w->call.reply, "\"ok\":true"));
    assert_non_null(strstr(w->call.reply, "/S02/S02.h5"));
    assert_null(w->d.session);
    assert_null(w->d.close_call);
}

/* A trial of two parts. What session.json names is there: the journals, then their files, then the session's. */
static void add_row(struct session *s)
{
    char part[CONFIG_PATH_MAX + 40], last[CONFIG_PATH_MAX + 40];

    snprintf(part, sizeof part, "%s/trial-001.gaitj", s->folder);
    snprintf(last, sizeof last, "%s/trial-001-2.gaitj", s->folder);
    json_array_append_new(json_object_get(s->state, "trials"), json_pack("{s:i, s:[s], s:s, s:s}", "trial", 1, "parts",
                                                                         part, "journal", last, "state", "recorded"));
}

static void assert_names(const json_t *row, const char *journal, const char *path, const char *part)
{
    const char *const key[] = {"journal", "path"}, *const expected[] = {journal, path};
    const char *name;

    for (size_t i = 0; i < 2; i++) {
        name = json_string_value(json_object_get(row, key[i]));
        assert_int_equal(name != NULL, expected[i] != NULL);
        if (name)
            assert_string_equal(strrchr(name, '/') + 1, expected[i]);
    }
    name = json_string_value(json_array_get(json_object_get(row, "parts"), 0));
    assert_string_equal(strrchr(name, '/') + 1, part);
}

static void assert_names_saved(struct world *w, const char *id, const char *path)
{
    char file[128];
    json_t *saved;

    snprintf(file, sizeof file, "%s/%s/session.json", w->root, id);
    saved = json_load_file(file, 0, NULL);
    assert_names(json_array_get(json_object_get(saved, "trials"), 0), NULL, path, path);
    json_decref(saved);
}

static void test_names_what_is_there(void **state)
{
    struct world *w = *state;
    struct seal_job last = {.kind = SEAL_TRIAL, .trial = 1, .session = "S02", .path = "/moved/S02/trial-001-2.gaitj"};
    json_t *args = json_pack("{s:s}", "subject", "S01"), *row;
    struct session *earlier;
    struct gait_error err;

    assert_int_equal(session_new(w->root, "{subject}", args, 1772355723000000000, &earlier, &err), 0);
    json_decref(args);
    snprintf(w->d.config.path, sizeof w->d.config.path, "%s", w->root);
    add_row(earlier);
    assert_int_equal(session_save(earlier, &err), 0);
    add_row(w->d.session);
    row = session_trial(w->d.session, 1);
    ends(w, SEAL_TRIAL, "S02", 0, "");
    assert_names(row, "trial-001-2.gaitj", NULL, "trial-001.h5");
    sealing_done(&w->d, &last, 1, "no room");
    assert_names(row, "trial-001-2.gaitj", "trial-001-2.gaitj", "trial-001.h5");
    sealing_done(&w->d, &last, 0, "");
    assert_names(row, NULL, "trial-001-2.h5", "trial-001.h5");
    assert_string_equal(session_missing(w->d.session, "", row), "trial-001-2.h5"); /* here there is none */
    ends(w, SEAL_CLOSE, "S01", 0, "");
    assert_names_saved(w, "S01", "S01.h5");
    ends(w, SEAL_CLOSE, "S02", 0, "");
    assert_names_saved(w, "S02", "S02.h5");
    session_free(earlier);
}

static void test_close_that_fails(void **state)
{
    struct world *w = *state;

    ends(w, SEAL_TRIAL, "S02", 1, "of S02");
    ends(w, SEAL_CLOSE, "S02", 1, "not sealed yet");
    assert_non_null(strstr(w->call.reply, "session S02 stays open"));
    assert_non_null(strstr(w->call.reply, "of S02"));
    assert_non_null(w->d.session);
    assert_true(json_is_null(json_object_get(w->d.session->state, "closed_utc")));
    assert_null(w->d.close_call);
}

/* A trial of another session that is tried again, later, holds no close up; one of its own does. */
static void test_order(void **state)
{
    struct sealer s = {.output = -1, .timeout_s = 60};
    struct seal_job first = {.kind = SEAL_CLOSE, .session = "S01", .path = "/nowhere/S01", .due_ns = 1000};
    struct seal_job trial = {.kind = SEAL_TRIAL, .session = "S02", .path = "/nowhere/S02/t", .due_ns = 1000};
    struct seal_job last = {.kind = SEAL_CLOSE, .session = "S02", .path = "/nowhere/S02"};

    (void)state;
    sealer_add(&s, &first);
    sealer_add(&s, &trial);
    sealer_add(&s, &last);
    sealer_tick(&s, 1);
    assert_null(s.now);
    assert_int_equal(sealer_waiting(&s), 3);
    sealer_done(&s);
    sealer_add(&s, &first);
    sealer_add(&s, &last);
    sealer_tick(&s, 1);
    assert_int_equal(sealer_waiting(&s), 1 + !s.now); /* it cannot be started where there is no gait; then it is back */
    assert_string_equal(s.now ? s.now->session : s.jobs->session, "S02");
    sealer_done(&s);
}

/* The job that is waiting ends with a status. The job it gave back, or NULL. */
static struct seal_job *sealer_ends(struct sealer *s, const char *said, int exit_status, uint64_t now_ns)
{
    struct seal_job *over = NULL;

    s->now = s->jobs;
    s->jobs = s->now->next;
    s->now->next = NULL;
    s->pid = 7;
    s->output = -1;
    snprintf(s->text, sizeof s->text, "%s", said);
    (void)sealer_reap(s, 7, exit_status << 8, now_ns, &over);
    return over;
}

/* A minute is not waited for when there is room on the disk again, and is when there is not. */
static void assert_room_hurries(struct sealer *s)
{
    struct seal_job *job = s->jobs;
    bool writable;

    assert_true(job->lacked_room);
    snprintf(job->path, sizeof job->path, "/tmp");
    job->due_ns = UINT64_MAX;
    job->free_bytes = folders_free_bytes("/tmp", &writable) * 2;
    sealer_tick(s, 1000000000);
    assert_true(job->due_ns == UINT64_MAX && s->jobs == job);
    job->free_bytes = 0;
    sealer_tick(s, 3000000000);
    assert_true(job->due_ns != UINT64_MAX); /* begun; where there is no gait, back with a pause */
}

/* What fails is told once, in one line, and tried again for ever, at most a minute later; when it is done nothing is said of it any more. */
static void test_for_ever(void **state)
{
    static const char full[] =
        "{\"ok\": false, \"message\": \"/d/.trial-001.h5.part: cannot be\\nwritten: No space left on device\"}";
    struct sealer s = {.output = -1, .timeout_s = 60};
    struct seal_job trial = {.kind = SEAL_TRIAL, .session = "S02", .path = "/d/S02/trial-001.gaitj"}, *over;
    struct seal_job closing = {.kind = SEAL_CLOSE, .session = "S02", .path = "/d/S02", .due_ns = UINT64_MAX};
    uint64_t pause_ns = 0;

    (void)state;
    sealer_add(&s, &trial);
    for (int i = 1; i <= 20; i++) {
        over = sealer_ends(&s, full, 1, 1000);
        assert_int_equal(over != NULL, i == 4);
        free(over);
        assert_int_equal(sealer_waiting(&s), 1);
        assert_true(s.jobs->due_ns - 1000 >= pause_ns && s.jobs->due_ns - 1000 <= 60000000000u);
        pause_ns = s.jobs->due_ns - 1000;
    }
    assert_true(pause_ns == 60000000000u && s.failed == 1);
    assert_string_equal(s.trouble, "trial-001.gaitj of S02 is not sealed: /d/.trial-001.h5.part: cannot be written: No "
                                   "space left on device: free some space there; it is tried again by itself");
    sealer_add(&s, &closing); /* is not held up by it, but asks for it once more */
    assert_true(sealer_hurry(&s, trial.path) && s.jobs->due_ns == 0 && !s.jobs->told);
    over = sealer_ends(&s, "{}", 0, 1000);
    assert_non_null(over);
    free(over);
    assert_string_equal(s.trouble, "");
    sealer_done(&s);
}

static void test_room_again(void **state)
{
    static const char full[] = "{\"ok\": false, \"message\": \"cannot be written: No space left on device\"}";
    struct sealer s = {.output = -1, .timeout_s = 60};
    struct seal_job trial = {.kind = SEAL_TRIAL, .session = "S02", .path = "/d/S02/trial-001.gaitj"};

    (void)state;
    sealer_add(&s, &trial);
    assert_null(sealer_ends(&s, full, 1, 1000));
    assert_room_hurries(&s);
    sealer_done(&s);
}

static void write_file(const char *path, size_t before, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    for (size_t i = 0; i < before; i++)
        fputc(i % 7 ? '0' : 'b', f);
    fprintf(f, "%s and more", text);
    assert_int_equal(fclose(f), 0);
}

/* A trial whose file is gone is in the session's file, wherever in it, or it is missing. */
static void test_missing(void **state)
{
    static const size_t before[] = {0, 100, 65536 - 36, 65536 - 18, 65536, 200000};
    struct world *w = *state;
    struct session *s = w->d.session;
    json_t *row = json_pack("{s:s, s:s, s:s}", "journal", "/old/S02/trial-001.gaitj", "uuid", UUID, "state", "sealed");
    char path[CONFIG_PATH_MAX + 80];

    assert_string_equal(session_missing(s, "", row), "trial-001.gaitj");
    snprintf(path, sizeof path, "%s/%s.h5", s->folder, s->id);
    write_file(path, 70000, "0b5e7c1e-92b7-4c0a-8f0e-1d6f2a3b4c5e");
    assert_string_equal(session_missing(s, "", row), "trial-001.gaitj");
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        write_file(path, before[i], UUID);
        assert_null(session_missing(s, "", row));
    }
    json_decref(row);
}

/* Steps as session.json had them when gaitd died: 1 to 3 of parts before, 4 as it was when it was saved. */
static void know_steps(struct session *s)
{
    json_array_clear(json_object_get(s->state, "steps"));
    session_add_step(s, 1, &(struct session_step){.footfall = 1}, 0);
    for (uint32_t id = 1; id <= 4; id++)
        session_add_step(s, 2, &(struct session_step){.footfall = id}, 0);
}

static void write_journal(const char *path, uint32_t from, uint32_t upto)
{
    struct gait_journal_header header;
    struct gait_journal *j;

    fixture_header(&header);
    assert_int_equal(gait_journal_create(path, &header, NULL, &j, NULL), 0);
    for (uint32_t id = from; id <= upto; id++) {
        struct gait_footfall *f = fixture_footfall(id);

        assert_int_equal(gait_journal_append_footfall(j, f), 0);
        gait_footfall_free(f);
    }
    assert_int_equal(gait_journal_close(j), 0);
    gait_journal_header_done(&header);
}

/* "1:1 2:1 2:2": trial and footfall; a valid one is from a journal here. */
static const char *steps_text(const struct session *s)
{
    static char text[200];
    size_t i, n = 0;
    json_t *step;

    text[0] = '\0';
    json_array_foreach(json_object_get(s->state, "steps"), i, step) n += (size_t)snprintf(
        text + n, sizeof text - n, "%lld:%lld%s ", (long long)json_integer_value(json_object_get(step, "trial")),
        (long long)json_integer_value(json_object_get(step, "footfall")),
        json_is_true(json_object_get(step, "valid")) ? "j" : "");
    return text;
}

/* Of a trial in parts the first may be a file by now, which gaitd cannot read: its steps stay. */
static void test_recover_steps(void **state)
{
    struct world *w = *state;
    struct session *s = w->d.session;
    char sealed[128], part[128], last[128];
    json_t *row;

    snprintf(sealed, sizeof sealed, "%s/trial-002.h5", w->root);
    snprintf(part, sizeof part, "%s/trial-002-2.gaitj", w->root);
    snprintf(last, sizeof last, "%s/trial-002-3.gaitj", w->root);
    row = json_pack("{s:i, s:[s, s], s:s}", "trial", 2, "parts", sealed, part, "journal", last);
    know_steps(s);
    write_journal(last, 4, 5);
    study_recover_steps(&w->d, row);
    assert_string_equal(steps_text(s), "1:1 2:1 2:2 2:3 2:4j 2:5j ");
    write_journal(part, 2, 3);
    study_recover_steps(&w->d, row);
    assert_string_equal(steps_text(s), "1:1 2:1 2:2j 2:3j 2:4j 2:5j ");
    json_object_del(row, "parts"); /* the whole trial is in one journal: what it does not hold is not */
    know_steps(s);
    study_recover_steps(&w->d, row);
    assert_string_equal(steps_text(s), "1:1 2:4j 2:5j ");
    json_decref(row);
}

/* gaitd is to stop while the mats of a start are being opened: one's source stands open, the other's does not yet. */
static void test_stop_while_starting(void **state)
{
    struct world *w = *state;
    struct daemon *d = &w->d;

    d->n_mats = d->starting.n = 2;
    d->starting.mats[1] = 1;
    d->mat[1].index = 1;
    d->starting.call = d->close_call;
    d->close_call = NULL;
    d->mat[0].state = MAT_ARMING;
    d->mat[1].state = MAT_OPENING;
    trial_end_all(d);
    assert_int_not_equal(d->mat[0].state, MAT_ARMING); /* given up */
    assert_int_equal(d->mat[1].state, MAT_OPENING);    /* its answer is waited for */
    assert_true(d->starting.failed);
    d->mat[1].state = MAT_FAILED;
    trial_end_all(d);
    assert_null(d->starting.call);
    assert_non_null(strstr(w->call.reply, "gaitd is stopping"));
}

/* A wall clock that is set during a trial says nothing of how long it takes. */
static void test_seconds_of_a_trial(void **state)
{
    struct world *w = *state;
    struct trial trial = {.header.start_realtime_ns = UINT64_MAX / 2};
    struct mat_config config = {.id = "A"};
    struct daemon *d = &w->d;
    json_t *status;
    double s;

    d->n_mats = 1;
    d->mat[0].config = &config;
    d->mat[0].trial = &trial;
    trial.asked_ns = gait_now_ns(d->clock);
    status = status_object(d);
    s = json_number_value(
        json_object_get(json_object_get(json_array_get(json_object_get(status, "mats"), 0), "trial"), "seconds"));
    assert_true(s >= 0 && s < 3600);
    json_decref(status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_close_of_another_session, make_world, remove_world),
        cmocka_unit_test_setup_teardown(test_names_what_is_there, make_world, remove_world),
        cmocka_unit_test_setup_teardown(test_close_that_fails, make_world, remove_world),
        cmocka_unit_test_setup_teardown(test_missing, make_world, remove_world),
        cmocka_unit_test_setup_teardown(test_recover_steps, make_world, remove_world),
        cmocka_unit_test_setup_teardown(test_stop_while_starting, make_world, remove_world),
        cmocka_unit_test_setup_teardown(test_seconds_of_a_trial, make_world, remove_world),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_room_again),
        cmocka_unit_test(test_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
