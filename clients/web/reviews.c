#include "reviews.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>
#include <gait/stream.h>

#include "review/store.h"
#include "study.h"

struct entry {
    int number; /* 0: free */
    char *path;
    struct review *review;
    struct study *study; /* NULL: nobody has asked */
};

struct reviews {
    pthread_mutex_t lock;
    struct entry entry[REVIEWS_MAX];
    int last; /* number given last */
};

int reviews_new(struct reviews **ret_reviews)
{
    struct reviews *reviews = calloc(1, sizeof *reviews);

    if (!reviews)
        return -ENOMEM;
    pthread_mutex_init(&reviews->lock, NULL);
    *ret_reviews = reviews;
    return 0;
}

static void drop(struct entry *entry)
{
    study_free(entry->study);
    review_free(entry->review);
    free(entry->path);
    *entry = (struct entry){0};
}

void reviews_free(struct reviews *reviews)
{
    if (!reviews)
        return;
    for (size_t i = 0; i < REVIEWS_MAX; i++)
        drop(&reviews->entry[i]);
    pthread_mutex_destroy(&reviews->lock);
    free(reviews);
}

static struct entry *oldest(struct reviews *reviews)
{
    struct entry *found = &reviews->entry[0];

    for (size_t i = 1; i < REVIEWS_MAX; i++)
        if (reviews->entry[i].number < found->number)
            found = &reviews->entry[i];
    return found;
}

/* Under the lock. */
static int open_in(struct reviews *reviews, const char *path, struct gait_error *err)
{
    struct review *review = NULL;
    struct entry *entry;
    char *copy, text[REVIEW_TEXT_MAX];
    int r;

    for (size_t i = 0; i < REVIEWS_MAX; i++) {
        entry = &reviews->entry[i];
        if (entry->number && strcmp(entry->path, path) == 0 && review_state(entry->review, text) != REVIEW_FAILED)
            return entry->number;
    }
    copy = strdup(path);
    r = copy ? review_new(path, NULL, NULL, &review, err) : gait_error_set(err, -ENOMEM, "no memory");
    if (r < 0) {
        free(copy);
        return r;
    }
    entry = oldest(reviews);
    drop(entry);
    *entry = (struct entry){.number = ++reviews->last, .path = copy, .review = review};
    return entry->number;
}

int reviews_open(struct reviews *reviews, const char *path, struct gait_error *err)
{
    int r;

    pthread_mutex_lock(&reviews->lock);
    r = open_in(reviews, path, err);
    pthread_mutex_unlock(&reviews->lock);
    return r;
}

/* Under the lock. */
static struct entry *find(struct reviews *reviews, int number)
{
    for (size_t i = 0; number > 0 && i < REVIEWS_MAX; i++)
        if (reviews->entry[i].number == number)
            return &reviews->entry[i];
    return NULL;
}

int reviews_wait(struct reviews *reviews, int number, struct gait_error *err)
{
    const struct entry *entry = find(reviews, number);
    char text[REVIEW_TEXT_MAX];

    if (!entry)
        return gait_error_set(err, -ENOENT, "nothing is open");
    if (review_wait(entry->review, text) == REVIEW_FAILED && review_trials(entry->review) == 0)
        return gait_error_set(err, -EBADMSG, "%s", text);
    return 0;
}

/* Takes text over. */
static int body_of_text(char *text, struct reviews_body *ret_body)
{
    size_t n = text ? strlen(text) : 0;
    unsigned char *bytes = text ? malloc(REVIEWS_HEADROOM + n) : NULL;

    if (bytes) {
        memcpy(bytes + REVIEWS_HEADROOM, text, n);
        *ret_body = (struct reviews_body){.type = "application/json", .bytes = bytes + REVIEWS_HEADROOM, .size = n};
    }
    free(text);
    return bytes ? 0 : -ENOMEM;
}

/* The trial as the file tells it, and how much of it has been read. */
static json_t *trial_of(struct review *review, uint32_t i)
{
    unsigned char *bytes = NULL;
    ssize_t n = review_get(review, i, REVIEW_TRIAL, 0, 1, 0, 0, &bytes);
    const unsigned char *payload;
    size_t length, payload_bytes;
    const char *text;
    json_t *message = NULL, *trial;

    if (n > 4 && review_split(bytes + 4, (size_t)n - 4, &text, &length, &payload, &payload_bytes) == 0)
        message = json_loadb(text, length, 0, NULL);
    trial = json_incref(json_object_get(message, "m"));
    json_decref(message);
    free(bytes);
    if (!json_is_object(trial)) {
        json_decref(trial);
        trial = json_object();
    }
    json_object_set_new(trial, "frames_read", json_integer((json_int_t)review_count(review, i, REVIEW_FRAME)));
    json_object_set_new(trial, "footfalls_read", json_integer((json_int_t)review_count(review, i, REVIEW_FOOTFALL)));
    return trial;
}

static int answer_trials(const struct entry *entry, struct reviews_body *ret_body)
{
    static const char *const states[] = {"reading", "done", "failed"};
    const char *slash = strrchr(entry->path, '/');
    char text[REVIEW_TEXT_MAX], *json;
    enum review_state state = review_state(entry->review, text);
    uint32_t trials = review_trials(entry->review);
    json_t *list = json_array(), *object;

    for (uint32_t i = 0; i < trials; i++)
        json_array_append_new(list, trial_of(entry->review, i));
    object = json_pack("{s:s, s:s, s:s, s:o}", "file", slash ? slash + 1 : entry->path, "state", states[state], "text",
                       text, "trials", list);
    json = object ? gait_json_text(object) : NULL;
    json_decref(object);
    return body_of_text(json, ret_body);
}

static int answer_messages(const struct entry *entry, uint32_t trial, enum review_kind kind, uint64_t first,
                           uint64_t count, struct reviews_body *ret_body)
{
    unsigned char *bytes = NULL;
    ssize_t n = review_get(entry->review, trial, kind, first, count, REVIEWS_BYTES_MAX, REVIEWS_HEADROOM, &bytes);

    if (n <= 0)
        return n < 0 ? (int)n : -ENOENT;
    *ret_body = (struct reviews_body){.type = "application/octet-stream", .bytes = bytes, .size = (size_t)n};
    return 0;
}

/* Begun when it is asked for first. */
static enum study_state ask_study(struct entry *entry, const char **ret_text)
{
    if (!entry->study)
        entry->study = study_new(entry->path);
    *ret_text = "no memory";
    return entry->study ? study_state(entry->study, ret_text) : STUDY_FAILED;
}

static int answer_compare(struct entry *entry, struct reviews_body *ret_body)
{
    static const char *const states[] = {"running", "done", "failed"};
    const char *text;
    enum study_state state = ask_study(entry, &text);
    json_t *result = state == STUDY_DONE ? json_loads(study_json(entry->study), 0, NULL) : NULL;
    size_t pdf = 0;
    json_t *object;
    char *json;

    if (state == STUDY_DONE)
        study_pdf(entry->study, &pdf);
    object =
        json_pack("{s:s, s:s, s:b, s:o?}", "state", states[state], "text", text, "report", pdf > 0, "result", result);
    json = object ? gait_json_text(object) : NULL;
    json_decref(object);
    return body_of_text(json, ret_body);
}

static int answer_report(struct entry *entry, struct reviews_body *ret_body)
{
    const char *text;
    const unsigned char *pdf = ask_study(entry, &text) == STUDY_DONE ? study_pdf(entry->study, &ret_body->size) : NULL;
    unsigned char *bytes = pdf ? malloc(REVIEWS_HEADROOM + ret_body->size) : NULL;

    if (!bytes)
        return pdf ? -ENOMEM : -ENOENT;
    memcpy(bytes + REVIEWS_HEADROOM, pdf, ret_body->size);
    ret_body->type = "application/pdf";
    ret_body->name = "report.pdf";
    ret_body->bytes = bytes + REVIEWS_HEADROOM;
    return 0;
}

/* Does the text match the whole of a scanf format that ends in %n? */
static bool whole(const char *text, int n)
{
    return n > 0 && text[n] == 0;
}

static int answer(struct reviews *reviews, const char *path, struct reviews_body *ret_body)
{
    unsigned number = 0, trial = 0;
    uint64_t first = 0;
    int n = 0;
    struct entry *entry;

    if (strlen(path) > 64 || sscanf(path, "%9u/%n", &number, &n) != 1 || !n)
        return -ENOENT;
    entry = find(reviews, (int)number);
    path += n;
    if (!entry)
        return -ENOENT;
    if (strcmp(path, "trials.json") == 0)
        return answer_trials(entry, ret_body);
    if (strcmp(path, "compare.json") == 0)
        return answer_compare(entry, ret_body);
    if (strcmp(path, "report.pdf") == 0)
        return answer_report(entry, ret_body);
    n = 0;
    if (sscanf(path, "%9u/footfalls.bin%n", &trial, &n) == 1 && whole(path, n))
        return answer_messages(entry, trial, REVIEW_FOOTFALL, 0, UINT64_MAX, ret_body);
    n = 0;
    if (sscanf(path, "%9u/frames-%15" SCNu64 ".bin%n", &trial, &first, &n) == 2 && whole(path, n))
        return answer_messages(entry, trial, REVIEW_FRAME, first, REVIEWS_FRAMES_MAX, ret_body);
    return -ENOENT;
}

int reviews_answer(struct reviews *reviews, const char *path, struct reviews_body *ret_body)
{
    int r;

    memset(ret_body, 0, sizeof *ret_body);
    pthread_mutex_lock(&reviews->lock);
    r = answer(reviews, path, ret_body);
    pthread_mutex_unlock(&reviews->lock);
    return r;
}
