#include "control.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <gait/stream.h>

#include "memory.h"
#include "text.h"

/* --- out ---------------------------------------------------------------------------------------- */

static void send_reply(const struct call *call)
{
    if (!call->socket)
        return;
    if (zmq_send(call->socket, call->identity, call->n_identity, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return; /* gone; it may ask again */
    if (call->delimiter)
        zmq_send(call->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(call->socket, call->reply, strlen(call->reply), ZMQ_DONTWAIT);
}

static void answer(struct call *call, json_t *reply)
{
    static const char none[] = "{\"v\":\"1.0\",\"client\":\"\",\"id\":\"\",\"ok\":false,\"error\":{\"code\":"
                               "\"internal\",\"message\":\"no memory\"}}";

    if (call->reply)
        return;
    if (call->control && call->control->answered && reply)
        call->control->answered(call->control->user, call, reply);
    call->reply = reply ? gait_json_text(reply) : NULL;
    if (!call->reply)
        call->reply = strdup(none);
    if (!call->reply)
        memory_gone();
    json_decref(reply);
    json_decref(call->args);
    call->args = NULL;
    send_reply(call);
}

static void answer_ok(struct call *call, bool already, json_t *result)
{
    answer(call, json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "v", GAIT_STREAM_VERSION, "client", call->client, "id",
                           call->id, "ok", 1, "already", already, "result", result ? result : json_object()));
}

void call_ok(struct call *call, json_t *result)
{
    answer_ok(call, false, result);
}

void call_already(struct call *call, json_t *result)
{
    answer_ok(call, true, result);
}

void call_error(struct call *call, const char *code, const char *format, ...)
{
    char message[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    text_whole(message);
    answer(call, json_pack("{s:s, s:s, s:s, s:b, s:{s:s, s:s}}", "v", GAIT_STREAM_VERSION, "client", call->client, "id",
                           call->id, "ok", 0, "error", "code", code, "message", message));
}

/* --- arguments ------------------------------------------------------------------------------------ */

bool arg_text(struct call *call, const char *key, bool needed, size_t max, const char **ret)
{
    const json_t *value = json_object_get(call->args, key);

    if (!value && !needed)
        return true;
    if (!json_is_string(value) || json_string_length(value) == 0 || json_string_length(value) > max ||
        strlen(json_string_value(value)) != json_string_length(value)) {
        call_error(call, "bad-argument", "%s: expected a text of 1 to %zu bytes", key, max);
        return false;
    }
    *ret = json_string_value(value);
    return true;
}

bool arg_real(struct call *call, const char *key, double min, double max, double *ret)
{
    const json_t *value = json_object_get(call->args, key);

    if (!value)
        return true;
    if (!json_is_number(value) || !(json_number_value(value) >= min) || !(json_number_value(value) <= max)) {
        call_error(call, "bad-argument", "%s: expected a number from %g to %g", key, min, max);
        return false;
    }
    *ret = json_number_value(value);
    return true;
}

bool arg_count(struct call *call, const char *key, bool needed, uint64_t min, uint64_t max, uint64_t *ret)
{
    const json_t *value = json_object_get(call->args, key);

    if (!value && !needed)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)min ||
        json_integer_value(value) > (json_int_t)max) {
        call_error(call, "bad-argument", "%s: expected a whole number from %llu to %llu", key, (unsigned long long)min,
                   (unsigned long long)max);
        return false;
    }
    *ret = (uint64_t)json_integer_value(value);
    return true;
}

bool arg_known(struct call *call, const char *const *names)
{
    const char *key;
    json_t *value;

    json_object_foreach(call->args, key, value)
    {
        const char *const *n = names;

        while (*n && strcmp(*n, key) != 0)
            n++;
        if (!*n) {
            call_error(call, "bad-argument", "%s has no argument \"%.40s\" (docs/CONTROL.md)", call->verb, key);
            return false;
        }
    }
    return true;
}

/* --- in ------------------------------------------------------------------------------------------- */

static bool copy_name(const json_t *request, const char *key, size_t max, char *ret)
{
    const json_t *value = json_object_get(request, key);
    size_t n = json_string_length(value);

    if (!json_is_string(value) || n < 1 || n > max || strlen(json_string_value(value)) != n)
        return false;
    memcpy(ret, json_string_value(value), n + 1);
    return true;
}

static int refuse(const char *code, const char *what, const char **ret_code, char ret_message[200])
{
    *ret_code = code;
    snprintf(ret_message, 200, "%s", what);
    return -1;
}

int control_parse(const char *text, size_t length, struct call *ret_call, const char **ret_code, char ret_message[200])
{
    const char *version;
    json_t *request, *args;
    int r = 0;

    if (length > REQUEST_BYTES_MAX)
        return refuse("bad-request", "a request is at most 64 KiB", ret_code, ret_message);
    request = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    version = json_string_value(json_object_get(request, "v"));
    args = json_object_get(request, "args");
    if (!json_is_object(request))
        r = refuse("bad-request", "expected one JSON object (docs/CONTROL.md)", ret_code, ret_message);
    else if (!copy_name(request, "client", CALL_NAME_MAX, ret_call->client) ||
             !copy_name(request, "id", CALL_NAME_MAX, ret_call->id))
        r = refuse("bad-request", "client and id: texts of 1 to 64 bytes", ret_code, ret_message);
    else if (!version || strncmp(version, "1.", 2) != 0)
        r = refuse("version", "this daemon speaks version 1.x: update the client", ret_code, ret_message);
    else if (!copy_name(request, "verb", sizeof ret_call->verb - 1, ret_call->verb))
        r = refuse("bad-request", "verb: a text", ret_code, ret_message);
    else if (args && !json_is_null(args) && !json_is_object(args))
        r = refuse("bad-request", "args: an object", ret_code, ret_message);
    if (r == 0)
        ret_call->args = json_is_object(args) ? json_incref(args) : json_object();
    json_decref(request);
    return r;
}

static struct call *find(const struct control *c, const struct call *like)
{
    for (struct call *k = c->calls; k; k = k->next)
        if (k->looks == like->looks && strcmp(k->who, like->who) == 0 && strcmp(k->client, like->client) == 0 &&
            strcmp(k->id, like->id) == 0)
            return k;
    return NULL;
}

static void call_free(struct call *call)
{
    json_decref(call->args);
    free(call->reply);
    free(call);
}

/* Answered calls beyond the newest 256 are forgotten. */
static void forget_old(struct control *c)
{
    unsigned n = 0;

    for (struct call **at = &c->calls; *at;) {
        struct call *call = *at;

        if (++n > CALLS_KEPT && call->reply) {
            *at = call->next;
            c->n_calls--;
            call_free(call);
        } else {
            at = &call->next;
        }
    }
}

static void move_asker(struct call *to, const struct call *from)
{
    to->socket = from->socket;
    memcpy(to->identity, from->identity, from->n_identity);
    to->n_identity = from->n_identity;
    to->delimiter = from->delimiter;
}

static void take(struct control *c, struct call *asker, const char *text, size_t length,
                 void (*dispatch)(void *user, struct call *call, bool query_only), void *user)
{
    struct call *call, *before;
    const char *code = "";
    char message[200];

    c->requests++;
    if (control_parse(text, length, asker, &code, message) < 0) {
        c->refused++;
        call_error(asker, code, "%s", message);
        free(asker->reply);
        return;
    }
    asker->looks = asker->socket == c->query || asker->viewer;
    before = find(c, asker);
    if (before && strcmp(before->verb, asker->verb) != 0) {
        call_error(asker, "bad-request", "request %s of this client was \"%s\" before: choose a new id", asker->id,
                   before->verb);
        free(asker->reply);
        return;
    }
    if (before) {
        json_decref(asker->args);
        move_asker(before, asker);
        if (before->reply)
            send_reply(before);
        return;
    }
    call = malloc(sizeof *call);
    if (!call) {
        call_error(asker, "internal", "no memory");
        free(asker->reply);
        return;
    }
    *call = *asker;
    call->control = c;
    call->next = c->calls;
    c->calls = call;
    c->n_calls++;
    dispatch(user, call, call->looks);
    forget_old(c);
}

/* Whoever reached an ipc socket is in its group; over TCP ZAP has put the name of the key on every message. */
static void name_asker(const struct control *c, const void *socket, zmq_msg_t *part, struct call *asker)
{
    const char *name = socket == c->tcp ? zmq_msg_gets(part, "User-Id") : "local";

    snprintf(asker->who, sizeof asker->who, "%s", name ? name : "");
}

static bool may_ask(struct control *c, struct call *asker)
{
    int role = asker->socket == c->tcp ? c->role(c->user, asker->who) : 1;

    asker->viewer = role == 0;
    c->refused += role < 0;
    if (role < 0) {
        call_error(asker, "not-allowed", "this key is not allowed any more");
        free(asker->reply);
    }
    return role >= 0;
}

/* Reads one message: identity, perhaps an empty part, the request; further parts are dropped. False: there is none. */
static bool read_one(struct control *c, void *socket, void (*dispatch)(void *user, struct call *call, bool query_only),
                     void *user)
{
    struct call asker = {.socket = socket};
    zmq_msg_t part, request;
    unsigned n = 0;
    int more = 1;

    zmq_msg_init(&request);
    while (more) {
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            break;
        }
        more = zmq_msg_more(&part);
        if (n == 0)
            name_asker(c, socket, &part, &asker);
        if (n == 0 && zmq_msg_size(&part) <= sizeof asker.identity) {
            asker.n_identity = zmq_msg_size(&part);
            memcpy(asker.identity, zmq_msg_data(&part), asker.n_identity);
        } else if (n == 1 && more && zmq_msg_size(&part) == 0) {
            asker.delimiter = true;
        } else if (n == 1u + asker.delimiter) {
            zmq_msg_move(&request, &part);
        }
        zmq_msg_close(&part);
        n++;
    }
    if (n > 0 && may_ask(c, &asker))
        take(c, &asker, zmq_msg_data(&request), zmq_msg_size(&request), dispatch, user);
    zmq_msg_close(&request);
    return n > 0;
}

void control_read(struct control *c, void (*dispatch)(void *user, struct call *call, bool query_only), void *user)
{
    enum { AT_ONCE = 64 };

    for (int i = 0; i < AT_ONCE; i++) {
        bool any = read_one(c, c->control, dispatch, user);

        any |= read_one(c, c->query, dispatch, user);
        any |= c->tcp && read_one(c, c->tcp, dispatch, user);
        if (!any)
            return;
    }
}

void control_forget(struct control *c, const void *socket)
{
    for (struct call *k = c->calls; k; k = k->next)
        if (k->socket == socket)
            k->socket = NULL;
}

void control_answer_rest(struct control *c)
{
    const int linger_ms = 500; /* else what was answered last goes with the sockets */
    void *const sockets[] = {c->control, c->query, c->tcp};

    for (int i = 0; i < 3; i++)
        if (sockets[i])
            zmq_setsockopt(sockets[i], ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    for (struct call *k = c->calls; k; k = k->next)
        if (!k->reply)
            call_error(k, "busy", "gaitd stopped before this was done: ask again when it has started");
}

void control_done(struct control *c)
{
    while (c->calls) {
        struct call *next = c->calls->next;

        call_free(c->calls);
        c->calls = next;
    }
}
