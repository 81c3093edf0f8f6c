#include "sealer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "child.h"
#include "folders.h"
#include "memory.h"

enum { TRIES_MAX = 4, TRIES_WAITED_FOR = 2, PAUSE_MAX_S = 60, MORE_ROOM_BYTES = 1 << 20, LITTLE_ROOM_BYTES = 16 << 20 };
#define S_NS 1000000000ull

void sealer_add(struct sealer *s, const struct seal_job *job)
{
    struct seal_job *copy = memory_new(1, sizeof *copy), **last = &s->jobs;

    *copy = *job;
    copy->next = NULL;
    while (*last)
        last = &(*last)->next;
    *last = copy;
}

bool sealer_hurry(struct sealer *s, const char *journal)
{
    for (struct seal_job *j = s->jobs; j; j = j->next)
        if (strcmp(j->path, journal) == 0) {
            if (j->told)
                j->tries = 0;
            j->told = false;
            j->due_ns = 0;
            j->waited_for = true;
            return true;
        }
    return s->now && strcmp(s->now->path, journal) == 0;
}

unsigned sealer_waiting(const struct sealer *s)
{
    unsigned n = 0;

    for (const struct seal_job *j = s->jobs; j; j = j->next)
        n++;
    return n;
}

/* What was wrong is over: a journal has its file, or a session is closed or gone with all its journals (path NULL). */
static void forget_trouble(struct sealer *s, const char *session, const char *path)
{
    if (path ? strcmp(s->trouble_path, path) == 0 : strcmp(s->trouble_session, session) == 0)
        s->trouble[0] = s->trouble_path[0] = s->trouble_session[0] = '\0';
}

int sealer_forget(struct sealer *s, const char *session)
{
    if (s->now && strcmp(s->now->session, session) == 0)
        return 1;
    forget_trouble(s, session, NULL);
    for (struct seal_job **at = &s->jobs; *at;) {
        struct seal_job *job = *at;

        if (strcmp(job->session, session) != 0) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        free(job);
    }
    return 0;
}

static bool is_first_of_session(const struct sealer *s, const struct seal_job *job)
{
    const struct seal_job *first = s->jobs;

    while (first != job && (first->told || strcmp(first->session, job->session) != 0))
        first = first->next;
    return first == job;
}

/* Somebody made room on the disk that was full: what waits for that need not wait for its next turn. */
static void hurry_where_room_is(struct sealer *s, uint64_t now_ns)
{
    bool writable;

    if (now_ns < s->room_due_ns)
        return;
    s->room_due_ns = now_ns + S_NS;
    for (struct seal_job *j = s->jobs; j; j = j->next)
        if (j->lacked_room && folders_free_bytes(j->path, &writable) > j->free_bytes + MORE_ROOM_BYTES) {
            j->lacked_room = false;
            j->due_ns = 0;
        }
}

/* The oldest that is due; closing waits until every trial of its session is sealed: they stand before it. */
static struct seal_job *take_due(struct sealer *s, uint64_t now_ns)
{
    for (struct seal_job **at = &s->jobs; *at; at = &(*at)->next) {
        struct seal_job *job = *at;

        if (job->kind == SEAL_CLOSE && !is_first_of_session(s, job))
            continue;
        if (job->due_ns > now_ns)
            continue;
        *at = job->next;
        return job;
    }
    return NULL;
}

static void start(struct sealer *s, struct seal_job *job, uint64_t now_ns)
{
    char program[512];
    char *argv[9] = {program, (char *)"--json", (char *)"recover"};
    int n = 3;

    if (job->kind == SEAL_CLOSE)
        argv[n++] = (char *)"--close";
    if (job->also[0]) {
        argv[n++] = (char *)"--also";
        argv[n++] = job->also;
    }
    if (s->pressure)
        argv[n++] = (char *)"--pressure";
    argv[n++] = job->path;
    child_gait(program);
    s->text[0] = '\0';
    s->pid = child_start(argv, 0, &s->output);
    s->now = job;
    s->kill_ns = now_ns + (uint64_t)(s->timeout_s * 1e9);
    if (s->pid < 0) {
        snprintf(s->trouble, sizeof s->trouble, "%s: %s", program, strerror((int)-s->pid));
        snprintf(s->trouble_path, sizeof s->trouble_path, "%s", job->path);
        snprintf(s->trouble_session, sizeof s->trouble_session, "%s", job->session);
        s->pid = 0;
        s->now = NULL;
        job->due_ns = now_ns + 10 * S_NS;
        job->next = s->jobs;
        s->jobs = job;
    }
}

void sealer_tick(struct sealer *s, uint64_t now_ns)
{
    struct seal_job *job;

    if (s->now) {
        if (s->output >= 0)
            (void)child_read_some(s->output, s->text, sizeof s->text);
        if (now_ns > s->kill_ns)
            kill(s->pid, SIGKILL);
        return;
    }
    hurry_where_room_is(s, now_ns);
    job = take_due(s, now_ns);
    if (job)
        start(s, job, now_ns);
}

/* Exit 5: a sealer that outlived the gaitd before us still has the journal. It ends by itself, or at its limits; until then nothing was tried. */
static bool is_held(const struct seal_job *job, int status)
{
    return job->kind == SEAL_TRIAL && WIFEXITED(status) && WEXITSTATUS(status) == 5;
}

/* Exit 2 and 3 (usage, bad input) stay as they are however often one asks; who waits for a close asks again. */
static bool can_be_mended(const struct seal_job *job, int status)
{
    return !(WIFEXITED(status) && (WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 3)) &&
           !(job->kind == SEAL_CLOSE && job->waited_for && job->tries >= TRIES_WAITED_FOR);
}

static bool is_to_be_told(const struct seal_job *job)
{
    return !job->told && job->tries >= (job->waited_for ? TRIES_WAITED_FOR : TRIES_MAX);
}

/* Behind all others: those have not had a turn. */
static void try_on(struct sealer *s, struct seal_job *job, uint64_t now_ns)
{
    unsigned pause_s = job->tries > 7 ? PAUSE_MAX_S : job->tries * job->tries;

    job->due_ns = now_ns + pause_s * S_NS;
    if (job->told) {
        sealer_add(s, job);
        free(job);
        return;
    }
    job->next = s->jobs;
    s->jobs = job;
}

/* The last line of a child that failed is {"ok": false, "message"} of a journal, {"error": {"message"}}, or what a library said: its words. */
static void keep_message(struct sealer *s)
{
    json_t *line = json_loads(s->text, 0, NULL), *message = json_object_get(line, "message");

    if (!message)
        message = json_object_get(json_object_get(line, "error"), "message");
    if (json_is_string(message))
        snprintf(s->text, sizeof s->text, "%s", json_string_value(message));
    json_decref(line);
}

/* What, which file, why, what to do: in one line. */
static void note_trouble(struct sealer *s, struct seal_job *job, int status, bool mendable)
{
    const char *name = strrchr(job->path, '/');
    bool writable;

    keep_message(s);
    if (!s->text[0])
        snprintf(s->text, sizeof s->text, "%s",
                 WIFSIGNALED(status) ? "the sealer was killed" : "failed without a word");
    for (char *c = s->text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    job->lacked_room = strstr(s->text, strerror(ENOSPC)) || strstr(s->text, strerror(EDQUOT));
    job->free_bytes = folders_free_bytes(job->path, &writable);
    if (!job->lacked_room && job->free_bytes < LITTLE_ROOM_BYTES) { /* libhdf5 does not say why a write failed */
        job->lacked_room = true;
        snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), ", and the disk has only %.1f MB left",
                 job->free_bytes / 1e6);
    }
    if (job->lacked_room && !strstr(s->text, "free room there"))
        snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), ": free some space there");
    snprintf(s->trouble, sizeof s->trouble, "%.80s of %.64s is not %s: %.250s%s", name ? name + 1 : job->path,
             job->session, job->kind == SEAL_CLOSE ? "closed" : "sealed", s->text,
             mendable ? "; it is tried again by itself" : "");
    snprintf(s->trouble_path, sizeof s->trouble_path, "%s", job->path);
    snprintf(s->trouble_session, sizeof s->trouble_session, "%s", job->session);
}

int sealer_reap(struct sealer *s, pid_t pid, int status, uint64_t now_ns, struct seal_job **ret_job)
{
    struct seal_job *job = s->now, *told;
    bool good = WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 6), mendable, tell;

    if (!job || pid != s->pid)
        return -EAGAIN;
    (void)child_read_some(s->output, s->text, sizeof s->text);
    close(s->output);
    s->output = -1;
    s->text[strcspn(s->text, "\n")] = '\0';
    s->now = NULL;
    s->pid = 0;
    job->tries = is_held(job, status) ? 1 : job->tries + 1;
    mendable = !good && can_be_mended(job, status);
    tell = good || !mendable || is_to_be_told(job);
    if (good)
        forget_trouble(s, job->session, job->kind == SEAL_CLOSE ? NULL : job->path);
    else
        note_trouble(s, job, status, mendable);
    if (!tell) {
        try_on(s, job, now_ns);
        return -EAGAIN;
    }
    s->done += good;
    s->failed += !good;
    if (mendable) {
        told = memory_new(1, sizeof *told);
        *told = *job;
        told->told = true;
        told->waited_for = false;
        try_on(s, told, now_ns);
    }
    *ret_job = job;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void sealer_done(struct sealer *s)
{
    while (s->jobs) {
        struct seal_job *next = s->jobs->next;

        free(s->jobs);
        s->jobs = next;
    }
    if (s->now) {
        kill(s->pid, SIGTERM);
        (void)waitpid(s->pid, NULL, 0);
        close(s->output);
        free(s->now);
    }
    memset(s, 0, sizeof *s);
}
