#include "hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    struct hub_blob *blob;
    uint64_t version; /* 0: never filled */
};

struct entry {
    struct hub_blob *blob;
    uint64_t client;
    uint64_t version; /* counted with those of the places: what came first */
};

struct mat {
    char id[GAIT_ID_MAX + 1]; /* "" is what is common to all mats */
    struct place place[HUB_SLOTS];
};

struct hub {
    pthread_mutex_t lock;
    void (*wake)(void *arg);
    void *arg;
    uint64_t version;
    struct mat mat[HUB_MATS + 1]; /* the first is the common one */
    struct entry log[HUB_LOG_MESSAGES];
    uint64_t log_first, log_end; /* free-running */
    size_t log_bytes;
};

int hub_new(void (*wake)(void *arg), void *arg, struct hub **ret_hub)
{
    struct hub *hub = calloc(1, sizeof *hub);

    if (!hub)
        return -ENOMEM;
    pthread_mutex_init(&hub->lock, NULL);
    hub->wake = wake;
    hub->arg = arg;
    *ret_hub = hub;
    return 0;
}

static void unref(struct hub_blob *blob)
{
    if (blob && --blob->refs == 0) {
        free(blob->bytes - HUB_HEADROOM);
        free(blob);
    }
}

void hub_free(struct hub *hub)
{
    if (!hub)
        return;
    for (size_t m = 0; m <= HUB_MATS; m++)
        for (size_t s = 0; s < HUB_SLOTS; s++)
            unref(hub->mat[m].place[s].blob);
    for (; hub->log_first < hub->log_end; hub->log_first++)
        unref(hub->log[hub->log_first % HUB_LOG_MESSAGES].blob);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

struct hub_blob *hub_blob_new(size_t n, bool binary)
{
    struct hub_blob *blob = calloc(1, sizeof *blob);
    unsigned char *bytes = malloc(HUB_HEADROOM + n + 1);

    if (!blob || !bytes) {
        free(blob);
        free(bytes);
        return NULL;
    }
    *blob = (struct hub_blob){.refs = 1, .binary = binary, .size = n, .bytes = bytes + HUB_HEADROOM};
    return blob;
}

struct hub_blob *hub_blob_text(const char *format, ...)
{
    struct hub_blob *blob = NULL;
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (n >= 0)
        blob = hub_blob_new((size_t)n, false);
    if (blob)
        vsnprintf((char *)blob->bytes, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return blob;
}

struct hub_blob *hub_blob_binary(const char *json, size_t n, unsigned char **ret_payload)
{
    size_t length = strlen(json), padded = (length + 3) / 4 * 4;
    struct hub_blob *blob = hub_blob_new(8 + padded + n, true);
    uint32_t head[2] = {0x54494147, (uint32_t)padded}; /* little-endian "GAIT", as the machines are that this runs on */

    if (!blob)
        return NULL;
    memcpy(blob->bytes, head, sizeof head);
    memcpy(blob->bytes + 8, json, length);
    memset(blob->bytes + 8 + length, ' ', padded - length);
    *ret_payload = blob->bytes + 8 + padded;
    return blob;
}

/* The row of a mat, made when it is first heard of; NULL: too many mats. */
static struct mat *find(struct hub *hub, const char *id, bool make)
{
    if (!id)
        return &hub->mat[0];
    for (size_t i = 1; i <= HUB_MATS; i++) {
        if (strcmp(hub->mat[i].id, id) == 0)
            return &hub->mat[i];
        if (!hub->mat[i].id[0] && make) {
            snprintf(hub->mat[i].id, sizeof hub->mat[i].id, "%s", id);
            return &hub->mat[i];
        }
    }
    return NULL;
}

void hub_put(struct hub *hub, enum hub_slot slot, const char *mat, struct hub_blob *blob)
{
    struct mat *row;

    if (!blob)
        return;
    pthread_mutex_lock(&hub->lock);
    row = find(hub, mat, true);
    if (row) {
        struct hub_blob *old = row->place[slot].blob;

        row->place[slot] = (struct place){blob, ++hub->version};
        blob = old;
    }
    unref(blob);
    pthread_mutex_unlock(&hub->lock);
    hub->wake(hub->arg);
}

static void drop_oldest(struct hub *hub)
{
    struct entry *oldest = &hub->log[hub->log_first++ % HUB_LOG_MESSAGES];

    hub->log_bytes -= oldest->blob->size;
    unref(oldest->blob);
}

void hub_log(struct hub *hub, uint64_t client, struct hub_blob *blob)
{
    if (!blob)
        return;
    pthread_mutex_lock(&hub->lock);
    while (hub->log_end - hub->log_first >= HUB_LOG_MESSAGES ||
           (hub->log_end > hub->log_first && hub->log_bytes + blob->size > HUB_LOG_BYTES))
        drop_oldest(hub);
    hub->log[hub->log_end++ % HUB_LOG_MESSAGES] = (struct entry){blob, client, ++hub->version};
    hub->log_bytes += blob->size;
    pthread_mutex_unlock(&hub->lock);
    hub->wake(hub->arg);
}

/* The newest of the slots up to last that this browser has not seen, of those that came before a version. */
static struct hub_blob *next_of_slots(struct hub *hub, struct hub_cursor *cursor, enum hub_slot last, uint64_t before)
{
    for (enum hub_slot s = 0; s <= last; s++) {
        struct mat *row = find(hub, s < HUB_LIVE ? NULL : cursor->mat, false);

        if (!row || row->place[s].version <= cursor->seen[s] || row->place[s].version >= before)
            continue;
        cursor->seen[s] = row->place[s].version;
        row->place[s].blob->refs++;
        return row->place[s].blob;
    }
    return NULL;
}

/* A status from before what the log says next goes first: after it, it would take it back. */
static struct hub_blob *next_of_log(struct hub *hub, struct hub_cursor *cursor)
{
    bool fresh = !cursor->begun; /* a browser that has just come has missed nothing */

    cursor->begun = true;
    if (cursor->log_next < hub->log_first) {
        uint64_t missed = hub->log_first - cursor->log_next;

        cursor->log_next = hub->log_first;
        if (!fresh)
            return hub_blob_text("{\"kind\":\"missed\",\"count\":%ju}", (uintmax_t)missed);
    }
    for (; cursor->log_next < hub->log_end; cursor->log_next++) {
        struct entry *entry = &hub->log[cursor->log_next % HUB_LOG_MESSAGES];
        struct hub_blob *earlier;

        if (entry->client != 0 && entry->client != cursor->client)
            continue;
        earlier = next_of_slots(hub, cursor, HUB_STATUS, entry->version);
        if (earlier)
            return earlier;
        cursor->log_next++;
        entry->blob->refs++;
        return entry->blob;
    }
    return NULL;
}

struct hub_blob *hub_next(struct hub *hub, struct hub_cursor *cursor)
{
    struct hub_blob *blob;

    pthread_mutex_lock(&hub->lock);
    blob = next_of_log(hub, cursor);
    if (!blob)
        blob = next_of_slots(hub, cursor, HUB_FRAME, UINT64_MAX);
    pthread_mutex_unlock(&hub->lock);
    return blob;
}

void hub_release(struct hub *hub, struct hub_blob *blob)
{
    pthread_mutex_lock(&hub->lock);
    unref(blob);
    pthread_mutex_unlock(&hub->lock);
}
