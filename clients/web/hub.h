/*
 * What all browsers look at, made once and shared. Two kinds of message: the newest of its kind (a frame, the status), which replaces the one before it,
 * and the log (footfalls, trials, events, replies), of which nothing is left out as long as a browser is not more than the log behind. A browser is
 * a cursor: however slow it is, it costs no memory and nobody else a message.
 */
#ifndef GAIT_WEB_HUB_H
#define GAIT_WEB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/frame.h>

enum {
    HUB_HEADROOM = 32, /* bytes before a message, for the WebSocket header */
    HUB_MATS = 16,     /* as many as a gaitd has */
    HUB_LOG_MESSAGES = 512,
    HUB_LOG_BYTES = 32 << 20,
};

enum hub_slot { HUB_LINK, HUB_SNAPSHOT, HUB_STATUS, HUB_LIVE, HUB_FRAME, HUB_SLOTS };

struct hub_blob {
    unsigned refs; /* under the hub's lock */
    bool binary;
    size_t size;
    unsigned char *bytes; /* HUB_HEADROOM writable bytes lie before it */
};

/* Where one browser is. */
struct hub_cursor {
    uint64_t client; /* its number; replies find it by that */
    char mat[GAIT_ID_MAX + 1];
    uint64_t seen[HUB_SLOTS];
    uint64_t log_next;
    bool begun; /* it has looked into the log */
};

struct hub;

/** wake(arg) is called, from any thread, when there is something new. Returns 0; -ENOMEM. */
int hub_new(void (*wake)(void *arg), void *arg, struct hub **ret_hub);
void hub_free(struct hub *hub);

/** A message of n bytes to be filled in. Owner the caller until it is put. NULL: no memory. */
struct hub_blob *hub_blob_new(size_t n, bool binary);

/** A text message, printf-like. NULL: no memory. */
struct hub_blob *hub_blob_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A binary message: u32 "GAIT", u32 length of the JSON, the JSON padded with spaces to 4 bytes, room for n bytes at *ret_payload. */
struct hub_blob *hub_blob_binary(const char *json, size_t n, unsigned char **ret_payload);

/** The newest of a slot; mat is NULL for those that are common to all mats. Takes the blob (NULL is passed over). */
void hub_put(struct hub *hub, enum hub_slot slot, const char *mat, struct hub_blob *blob);

/** Append to the log, for all (client 0) or for one browser. Takes the blob. */
void hub_log(struct hub *hub, uint64_t client, struct hub_blob *blob);

/** What this browser has not seen yet, most important first, but never a status behind a message of the log that is newer; NULL: nothing. Give it back with hub_release(). */
struct hub_blob *hub_next(struct hub *hub, struct hub_cursor *cursor);
void hub_release(struct hub *hub, struct hub_blob *blob);

#endif
