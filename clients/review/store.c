#include "review/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "review/child.h"

enum { KINDS = REVIEW_END + 1, TRIALS_MAX = 4096 };
#define STORE_BYTES_MAX ((uint64_t)4 << 30)

/* Where the messages of one kind lie. */
struct list {
    uint64_t *place; /* in the file: the u32 size, then the message */
    uint64_t n;
};

struct trial {
    struct list list[KINDS];
};

struct review {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    void (*wake)(void *arg);
    void *arg;
    pid_t child;
    int from, file, said; /* the child's standard output; what it wrote; the child's standard error */
    uint64_t end;         /* of file */
    struct trial *trial;
    uint32_t trials;
    enum review_state state;
    char text[REVIEW_TEXT_MAX];
};

static int start(struct review *review, const char *path, struct gait_error *err)
{
    const char *const argv[] = {"gait", "web", "--to-pipe", "--", path, NULL};
    int ends[2], r;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return gait_error_set(err, -errno, "%s cannot be read: %s", path, strerror(errno));
    r = child_start(argv, ends[1], review->said, &review->child, err);
    close(ends[1]);
    if (r == 0)
        review->from = ends[0];
    else
        close(ends[0]);
    return r;
}

static int exactly(int fd, void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, (char *)bytes + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -ENODATA;
        done += (size_t)got;
    }
    return 0;
}

static int put(struct list *list, uint64_t place)
{
    if ((list->n & (list->n - 1)) == 0) { /* full: 0, 1, 2, 4, ... */
        uint64_t *more = reallocarray(list->place, list->n ? 2 * list->n : 1, sizeof *more);

        if (!more)
            return -ENOMEM;
        list->place = more;
    }
    list->place[list->n++] = place;
    return 0;
}

static int new_trial(struct review *review)
{
    struct trial *more = reallocarray(review->trial, review->trials + 1, sizeof *more);

    if (!more)
        return -ENOMEM;
    review->trial = more;
    review->trial[review->trials++] = (struct trial){0};
    return 0;
}

/* Under the lock. */
static int enter(struct review *review, const struct review_head *head)
{
    int r = head->kind == REVIEW_TRIAL && head->trial == review->trials ? new_trial(review) : 0;

    return r < 0 ? r : put(&review->trial[head->trial].list[head->kind], review->end);
}

static bool is_record(const struct review *review, const struct review_head *head)
{
    uint32_t most = head->kind == REVIEW_TRIAL ? review->trials + 1 : review->trials;

    return head->magic == REVIEW_MAGIC && head->kind >= REVIEW_TRIAL && head->kind < REVIEW_END && head->trial < most &&
           head->trial < TRIALS_MAX && head->bytes >= 8 && head->bytes <= REVIEW_BYTES_MAX;
}

static int keep(struct review *review, const struct review_head *head, unsigned char **bytes)
{
    size_t n = 4 + (size_t)head->bytes;
    unsigned char *more = realloc(*bytes, n);
    int r;

    if (!more)
        return -ENOMEM;
    *bytes = more;
    memcpy(more, &head->bytes, 4);
    r = exactly(review->from, more + 4, head->bytes);
    if (r < 0)
        return r;
    if (review->end + n > STORE_BYTES_MAX)
        return -EFBIG;
    if (pwrite(review->file, more, n, (off_t)review->end) != (ssize_t)n)
        return errno ? -errno : -ENOSPC;
    pthread_mutex_lock(&review->lock);
    r = enter(review, head);
    review->end += n;
    pthread_cond_broadcast(&review->more);
    pthread_mutex_unlock(&review->lock);
    if (review->wake)
        review->wake(review->arg);
    return r;
}

/* The reader's own line, or what is known otherwise. */
static void why(struct review *review, int r, char text[REVIEW_TEXT_MAX])
{
    child_line(review->said, text);
    if (!text[0] || r == -EFBIG || r == -ENOSPC)
        snprintf(text, REVIEW_TEXT_MAX, "%s",
                 r == -EFBIG ? "the file is too long to be looked at whole (4 GiB of pictures): cut it with gait export"
                             : strerror(r == -ENODATA ? EIO : -r));
}

static void *run(void *arg)
{
    struct review *review = arg;
    _cleanup_free_ unsigned char *bytes = NULL;
    char text[REVIEW_TEXT_MAX] = "";
    struct review_head head;
    int r;

    while ((r = exactly(review->from, &head, sizeof head)) == 0 &&
           !(head.magic == REVIEW_MAGIC && head.kind == REVIEW_END)) {
        r = is_record(review, &head) ? keep(review, &head, &bytes) : -EBADMSG;
        if (r < 0)
            break;
    }
    if (r < 0) {
        if (r != -ENODATA)
            kill(review->child, SIGTERM); /* it would go on to write */
        waitpid(review->child, NULL, 0);  /* its line is whole now */
        why(review, r, text);
    }
    pthread_mutex_lock(&review->lock);
    if (r < 0)
        review->child = 0;
    review->state = r < 0 ? REVIEW_FAILED : REVIEW_DONE;
    memcpy(review->text, text, sizeof review->text);
    pthread_cond_broadcast(&review->more);
    pthread_mutex_unlock(&review->lock);
    if (review->wake)
        review->wake(review->arg);
    return NULL;
}

int review_new(const char *path, void (*wake)(void *arg), void *arg, struct review **ret_review, struct gait_error *err)
{
    struct review *review = calloc(1, sizeof *review);
    int r;

    if (!review)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    *review = (struct review){.wake = wake, .arg = arg, .from = -1, .file = child_nameless(), .said = child_nameless()};
    pthread_mutex_init(&review->lock, NULL);
    pthread_cond_init(&review->more, NULL);
    r = review->file < 0 || review->said < 0
            ? gait_error_set(err, -ENOSPC, "no room to look at %s: /var/tmp and /tmp cannot hold a file", path)
            : start(review, path, err);
    if (r == 0 && (r = -pthread_create(&review->thread, NULL, run, review)) < 0)
        gait_error_set(err, r, "%s: %s", path, strerror(-r));
    if (r == 0)
        *ret_review = review;
    else {
        review->state = REVIEW_FAILED; /* no thread */
        review->thread = 0;
        review_free(review);
    }
    return r;
}

void review_free(struct review *review)
{
    pid_t child;

    if (!review)
        return;
    pthread_mutex_lock(&review->lock);
    child = review->child;
    if (child > 0)
        kill(child, SIGTERM);
    pthread_mutex_unlock(&review->lock);
    if (review->thread)
        pthread_join(review->thread, NULL);
    if (review->child > 0)
        waitpid(review->child, NULL, 0);
    for (uint32_t t = 0; t < review->trials; t++)
        for (int k = 0; k < KINDS; k++)
            free(review->trial[t].list[k].place);
    free(review->trial);
    for (int i = 0; i < 3; i++) {
        int fd = (int[]){review->from, review->file, review->said}[i];

        if (fd >= 0)
            close(fd);
    }
    pthread_cond_destroy(&review->more);
    pthread_mutex_destroy(&review->lock);
    free(review);
}

enum review_state review_state(struct review *review, char ret_text[REVIEW_TEXT_MAX])
{
    enum review_state state;

    pthread_mutex_lock(&review->lock);
    state = review->state;
    memcpy(ret_text, review->text, sizeof review->text);
    pthread_mutex_unlock(&review->lock);
    return state;
}

enum review_state review_wait(struct review *review, char ret_text[REVIEW_TEXT_MAX])
{
    pthread_mutex_lock(&review->lock);
    while (review->state == REVIEW_READING && review->trials == 0)
        pthread_cond_wait(&review->more, &review->lock);
    pthread_mutex_unlock(&review->lock);
    return review_state(review, ret_text);
}

uint32_t review_trials(struct review *review)
{
    uint32_t trials;

    pthread_mutex_lock(&review->lock);
    trials = review->trials;
    pthread_mutex_unlock(&review->lock);
    return trials;
}

uint64_t review_count(struct review *review, uint32_t trial, enum review_kind kind)
{
    uint64_t n;

    pthread_mutex_lock(&review->lock);
    n = trial < review->trials ? review->trial[trial].list[kind].n : 0;
    pthread_mutex_unlock(&review->lock);
    return n;
}

/* Copies a place out, since the list may move while it grows. Returns false: there is none. */
static bool place_of(struct review *review, uint32_t trial, enum review_kind kind, uint64_t i, uint64_t *ret_place)
{
    bool there;

    pthread_mutex_lock(&review->lock);
    there = trial < review->trials && i < review->trial[trial].list[kind].n;
    if (there)
        *ret_place = review->trial[trial].list[kind].place[i];
    pthread_mutex_unlock(&review->lock);
    return there;
}

ssize_t review_get(struct review *review, uint32_t trial, enum review_kind kind, uint64_t first, uint64_t count,
                   size_t max_bytes, size_t headroom, unsigned char **ret_bytes)
{
    _cleanup_free_ unsigned char *bytes = NULL;
    size_t n = 0;

    for (uint64_t i = first, place; i - first < count && place_of(review, trial, kind, i, &place); i++) {
        unsigned char *more;
        uint32_t size;

        if (pread(review->file, &size, sizeof size, (off_t)place) != sizeof size)
            return -EIO;
        if (n && n + 4 + size > max_bytes)
            break;
        more = realloc(bytes, headroom + n + 4 + size);
        if (!more)
            return -ENOMEM;
        bytes = more;
        if (pread(review->file, bytes + headroom + n, 4 + (size_t)size, (off_t)place) != 4 + (ssize_t)size)
            return -EIO;
        n += 4 + (size_t)size;
    }
    if (n)
        *ret_bytes = gait_steal(&bytes) + headroom;
    return (ssize_t)n;
}

int review_split(const unsigned char *message, size_t n, const char **ret_json, size_t *ret_length,
                 const unsigned char **ret_payload, size_t *ret_payload_bytes)
{
    uint32_t head[2];

    if (n < sizeof head)
        return -EBADMSG;
    memcpy(head, message, sizeof head);
    if (head[0] != REVIEW_BLOB || head[1] > n - sizeof head)
        return -EBADMSG;
    *ret_json = (const char *)message + sizeof head;
    *ret_length = head[1];
    *ret_payload = message + sizeof head + head[1];
    *ret_payload_bytes = n - sizeof head - head[1];
    return 0;
}
