#include "study.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "review/child.h"

enum {
    BYTES_MAX = 64 << 20,
    PATH_BYTES = 4096,
    NOTHING_COMPARED =
        5, /* exit status of gait compare; tables and report are written all the same, with the reason in them */
};

struct study {
    pthread_t thread;
    pthread_mutex_t lock;
    char path[PATH_BYTES];
    pid_t child; /* 0: none runs */
    bool stop;
    enum study_state state;
    char text[CHILD_TEXT_MAX];
    char *json;
    unsigned char *pdf;
    size_t pdf_size;
};

/* All of a file, with a zero behind it. NULL: it is not there, or too large. */
static unsigned char *slurp(int fd, size_t *ret_size)
{
    struct stat about;
    unsigned char *bytes;
    size_t done = 0;

    if (fd < 0 || fstat(fd, &about) < 0 || about.st_size > BYTES_MAX)
        return NULL;
    bytes = malloc((size_t)about.st_size + 1);
    while (bytes && done < (size_t)about.st_size) {
        ssize_t n = pread(fd, bytes + done, (size_t)about.st_size - done, (off_t)done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (bytes)
        bytes[done] = 0;
    *ret_size = done;
    return bytes;
}

/* Waits for the child; its number is ours until it has been waited for. Returns its exit status. */
static int wait_for(struct study *study, pid_t child)
{
    siginfo_t about;
    int status = 0;

    while (waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    pthread_mutex_lock(&study->lock);
    waitpid(child, &status, 0);
    study->child = 0;
    pthread_mutex_unlock(&study->lock);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int compare(struct study *study, const char *report, int out, int said, struct gait_error *err)
{
    const char *const argv[] = {"gait", "--json", "compare", "--report", report, "--", study->path, NULL};
    pid_t child;
    int r = -ECANCELED;

    pthread_mutex_lock(&study->lock);
    if (!study->stop && (r = child_start(argv, out, said, &child, err)) == 0)
        study->child = child;
    pthread_mutex_unlock(&study->lock);
    return r < 0 ? r : wait_for(study, child);
}

static void finish(struct study *study, int status, int out, int said, int report, const struct gait_error *err)
{
    char text[CHILD_TEXT_MAX] = "";
    size_t size = 0, pdf_size = 0;
    const bool told = status == 0 || status == NOTHING_COMPARED;
    char *json = told ? (char *)slurp(out, &size) : NULL;
    unsigned char *pdf = told ? slurp(report, &pdf_size) : NULL;

    if (!size) {
        free(json);
        json = NULL;
        child_line(said, text);
        /* with --json the line is {"error": {..., "message": "..."}}: the page reads it */
        if (!text[0])
            snprintf(text, sizeof text, "%s", err->text[0] ? err->text : "the comparison broke off");
    }
    pthread_mutex_lock(&study->lock);
    study->json = json;
    study->pdf = pdf;
    study->pdf_size = pdf_size;
    memcpy(study->text, text, sizeof text);
    study->state = json ? STUDY_DONE : STUDY_FAILED;
    pthread_mutex_unlock(&study->lock);
}

static void *run(void *arg)
{
    struct study *study = arg;
    const char *base = getenv("TMPDIR");
    char folder[PATH_BYTES - 16], report[PATH_BYTES];
    _cleanup_close_ int out = child_nameless();
    _cleanup_close_ int said = child_nameless();
    _cleanup_close_ int file = -1;
    struct gait_error err = {0};
    int status = -1;

    snprintf(folder, sizeof folder, "%.4000s/gaitweb-XXXXXX", base && base[0] ? base : "/var/tmp");
    if (out < 0 || said < 0 || !mkdtemp(folder))
        gait_error_set(&err, -errno, "no room for the report: %s", strerror(errno));
    else {
        snprintf(report, sizeof report, "%s/report.pdf", folder);
        status = compare(study, report, out, said, &err);
        file = open(report, O_RDONLY | O_CLOEXEC);
        unlink(report);
        rmdir(folder);
    }
    finish(study, status, out, said, file, &err);
    return NULL;
}

struct study *study_new(const char *path)
{
    struct study *study = calloc(1, sizeof *study);

    if (!study)
        return NULL;
    snprintf(study->path, sizeof study->path, "%s", path);
    pthread_mutex_init(&study->lock, NULL);
    if (pthread_create(&study->thread, NULL, run, study) == 0)
        return study;
    pthread_mutex_destroy(&study->lock);
    free(study);
    return NULL;
}

void study_free(struct study *study)
{
    if (!study)
        return;
    pthread_mutex_lock(&study->lock);
    study->stop = true;
    if (study->child > 0)
        kill(study->child, SIGTERM);
    pthread_mutex_unlock(&study->lock);
    pthread_join(study->thread, NULL);
    pthread_mutex_destroy(&study->lock);
    free(study->json);
    free(study->pdf);
    free(study);
}

enum study_state study_state(struct study *study, const char **ret_text)
{
    enum study_state state;

    pthread_mutex_lock(&study->lock);
    state = study->state;
    pthread_mutex_unlock(&study->lock);
    *ret_text = state == STUDY_FAILED ? study->text : "";
    return state;
}

const char *study_json(struct study *study)
{
    return study->json;
}

const unsigned char *study_pdf(struct study *study, size_t *ret_size)
{
    *ret_size = study->pdf_size;
    return study->pdf;
}
