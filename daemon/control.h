/* Requests in, replies out: each (client, id) is done once and answered as often as it is asked. */
#ifndef GAITD_CONTROL_H
#define GAITD_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CALL_NAME_MAX = 64, CALL_IDENTITY_MAX = 255, CALLS_KEPT = 256, REQUEST_BYTES_MAX = 65536 };

/* One request. Lives until it is answered and 256 younger ones have been answered too. */
struct call {
    struct call *next;
    char client[CALL_NAME_MAX + 1], id[CALL_NAME_MAX + 1];
    char verb[32];
    char who[CALL_NAME_MAX + 1]; /* "local", or the name of the key it came with */
    bool viewer;                 /* its key may look only */
    bool looks; /* a viewer, or on the query socket: a request of its own, whoever has used its id elsewhere */
    struct control *control;
    json_t *args; /* an object; NULL once answered */
    void *socket; /* where the newest asker waits */
    unsigned char identity[CALL_IDENTITY_MAX];
    size_t n_identity;
    bool delimiter; /* a REQ: it wants an empty part back */
    char *reply;    /* NULL: at work */
};

struct control {
    void *control, *query; /* ROUTER sockets */
    struct call *calls;    /* newest first */
    unsigned n_calls;
    void *tcp; /* ROUTER behind CURVE, or NULL */
    uint64_t requests, refused;
    /* asked about each request: may this key command? 1 yes, 0 look only, -1 not at all */
    int (*role)(void *user, const char *who);
    void (*answered)(void *user, const struct call *call, const json_t *reply); /* after each command */
    void *user;
};

/** Read requests until there are none; each new one is handed to dispatch. Thread: main. */
void control_read(struct control *c, void (*dispatch)(void *user, struct call *call, bool query_only), void *user);
/** A socket is gone: nobody is answered on it any more. */
void control_forget(struct control *c, const void *socket);
/** Whoever still waits is told that the daemon has ended. */
void control_answer_rest(struct control *c);
void control_done(struct control *c);

/** Answer ok with a result (taken over; NULL: {}). */
void call_ok(struct call *call, json_t *result);
/** Answer ok: it was so already. */
void call_already(struct call *call, json_t *result);
/** Answer error. */
void call_error(struct call *call, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Arguments. A wrong one is answered with bad-argument and the function returns false; a missing one leaves *ret alone. */
bool arg_text(struct call *call, const char *key, bool needed, size_t max, const char **ret);
bool arg_real(struct call *call, const char *key, double min, double max, double *ret);
bool arg_count(struct call *call, const char *key, bool needed, uint64_t min, uint64_t max, uint64_t *ret);
/** All arguments are among names (NULL-terminated). */
bool arg_known(struct call *call, const char *const *names);

/** Take one request's text apart into a new call. Returns 0; -1 with *ret_code, *ret_message why not. */
int control_parse(const char *text, size_t length, struct call *ret_call, const char **ret_code, char ret_message[200]);

#endif
