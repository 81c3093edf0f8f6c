/*
 * What every verb of `gait` is handed: the global options, where the daemon is, how to ask it, how to fail.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include <gait/error.h>
#include <gait/stream.h>

/* What `gait` says with its exit status. */
enum client_exit {
    CLIENT_OK = 0,
    CLIENT_FAILED = 1,
    CLIENT_USAGE = 2,
    CLIENT_BAD_INPUT = 3,
    CLIENT_NO_DAEMON = 4,
    CLIENT_REFUSED = 5,
    CLIENT_GAPS = 6, /* done, and something is missing in what was measured */
};

enum {
    CLIENT_ASK_MS = 10000,    /* an answer that takes longer is none */
    CLIENT_CLOSE_MS = 600000, /* closing a session makes and reads back its file */
};

struct client {
    const char *place; /* --socket, or NULL: found */
    bool json;
    bool colour; /* stdout is a terminal that wants it */
};

/** Say one line on stderr and return code. */
int client_fail(const struct client *client, enum client_exit code, const char *format, ...) GAIT_PRINTF(3, 4);

/** The same from what a library said; the exit status follows from the errno r. */
int client_fail_error(const struct client *client, int r, const struct gait_error *err);

#define CLIENT_FREE_ROOM ": free room there, or name a place on another disk"

/** What to do, to stand behind a text that says a disk is full and does not say that yet; else "". */
const char *client_room_hint(const char *text, const char *hint);

/** What went wrong on the way to the daemon: that it is not there, or not for this user, has an exit status of its own. */
int client_fail_daemon(const struct client *client, int r, const struct gait_error *err);

/** A line on stderr that does not fail anything. */
void client_note(const struct client *client, const char *format, ...) GAIT_PRINTF(2, 3);

/**
 * Ask the daemon's control socket and wait.
 *
 * Owner    takes args over (NULL: none); *ret_result (an object, the reply's `result` with `already` added when true) is the caller's.
 * Returns  CLIENT_OK; or the exit status, after saying why.
 */
int client_ask(const struct client *client, const char *verb, json_t *args, int timeout_ms, json_t **ret_result);

/** The same, then print: the result as one line of JSON with --json, else by the function given. */
int client_ask_print(const struct client *client, const char *verb, json_t *args, int timeout_ms,
                     void (*print)(const struct client *client, const json_t *result));

/** One compact line of JSON on stdout. */
void client_print_json(const json_t *value);

/** Members of objects that may be missing: "" and NaN. */
const char *client_text(const json_t *object, const char *key);
double client_number(const json_t *object, const char *key);

/** Set a member when there is something to set. A text that is not UTF-8 is refused by client_ask(). */
void client_set_text(json_t *object, const char *key, const char *value);

#endif
