/* One question, one answer, done once however often the connection breaks. */
#include <gait/stream.h>

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <zmq.h>

#include <gait/cleanup.h>

#include "stream/curve.h"

enum { ASK_AGAIN_MS = 2000, REQUEST_BYTES_MAX = 65536 };

struct gait_requester {
    void *context, *socket;
    char client[GAIT_INSTANCE_MAX + 1];
    uint64_t last_id;
    char endpoint[GAIT_ENDPOINT_MAX];
};

GAIT_DEFINE_CLEANUP(struct gait_requester *, gait_requester_free)

/* ZeroMQ connects in silence for ever; a plain connect says at once whether somebody is there. */
static int probe(const char *endpoint, struct gait_error *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = -1;

    if (strncmp(endpoint, "ipc://", 6) != 0)
        return 0;
    if (strlen(endpoint + 6) >= sizeof at.sun_path)
        return gait_error_set(err, -ENAMETOOLONG, "%s: too long for a socket's address", endpoint);
    memcpy(at.sun_path, endpoint + 6, strlen(endpoint + 6));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return gait_error_set(err, -errno, "socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return 0;
    if (errno == EACCES)
        return gait_error_set(
            err, -EACCES,
            "%s: you may not connect: an administrator adds you to the group gaitd (gaitd-view to look only)",
            at.sun_path);
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
        return gait_error_set(
            err, -ECONNREFUSED,
            "no daemon at %s: start gaitd (systemctl start gaitd), or name its run folder with --socket", at.sun_path);
    return gait_error_set(err, -errno, "%s: %s", at.sun_path, strerror(errno));
}

static int reconnect(struct gait_requester *q, struct gait_error *err)
{
    const int linger = 0, again_ms = 50;
    int r;

    if (q->socket)
        zmq_close(q->socket);
    q->socket = zmq_socket(q->context, ZMQ_DEALER);
    if (!q->socket || zmq_setsockopt(q->socket, ZMQ_LINGER, &linger, sizeof linger) < 0 ||
        zmq_setsockopt(q->socket, ZMQ_RECONNECT_IVL, &again_ms, sizeof again_ms) < 0)
        return gait_error_set(err, -EINVAL, "%s: %s", q->endpoint, zmq_strerror(zmq_errno()));
    r = stream_curve(q->socket, q->endpoint, err);
    if (r < 0)
        return r;
    if (zmq_connect(q->socket, q->endpoint) < 0)
        return gait_error_set(err, -EINVAL, "%s: %s", q->endpoint, zmq_strerror(zmq_errno()));
    return 0;
}

int gait_requester_new(const char *endpoint, struct gait_requester **ret_requester, struct gait_error *err)
{
    _cleanup_(gait_requester_freep) struct gait_requester *q = NULL;
    uint64_t random;
    int r;

    if (!endpoint || strlen(endpoint) >= GAIT_ENDPOINT_MAX)
        return -EINVAL;
    r = probe(endpoint, err);
    if (r < 0)
        return r;
    q = calloc(1, sizeof *q);
    if (!q || getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return -ENOMEM;
    snprintf(q->client, sizeof q->client, "%016" PRIx64, random);
    snprintf(q->endpoint, sizeof q->endpoint, "%s", endpoint);
    q->context = zmq_ctx_new();
    if (!q->context)
        return -ENOMEM;
    r = reconnect(q, err);
    if (r == 0)
        *ret_requester = gait_steal(&q);
    return r;
}

void gait_requester_free(struct gait_requester *q)
{
    if (!q)
        return;
    if (q->socket)
        zmq_close(q->socket);
    if (q->context)
        zmq_ctx_term(q->context);
    free(q);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static char *request_text(const struct gait_requester *q, const char *id, const char *verb, const json_t *args)
{
    json_t *request = json_pack("{s:s, s:s, s:s, s:s, s:O*}", "v", GAIT_STREAM_VERSION, "client", q->client, "id", id,
                                "verb", verb, "args", (json_t *)(uintptr_t)args);
    char *text = request ? gait_json_text(request) : NULL;

    json_decref(request);
    return text;
}

/* The reply to id, or NULL: an answer to something asked before. */
static json_t *reply_of(zmq_msg_t *part, const char *id)
{
    json_t *reply = json_loadb(zmq_msg_data(part), zmq_msg_size(part), JSON_REJECT_DUPLICATES, NULL);
    const char *to = json_string_value(json_object_get(reply, "id"));

    if (to && (strcmp(to, id) == 0 || *to == '\0') && json_is_boolean(json_object_get(reply, "ok")))
        return reply;
    json_decref(reply);
    return NULL;
}

/* Waits for one message; the last part counts. Returns 1 our reply, 0 nothing yet, negative errno. */
static int receive(struct gait_requester *q, const char *id, int wait_ms, json_t **ret_reply)
{
    zmq_pollitem_t item = {.socket = q->socket, .events = ZMQ_POLLIN};
    int more = 1, n = zmq_poll(&item, 1, wait_ms);
    json_t *reply = NULL;

    if (n < 0)
        return -zmq_errno();
    while (n > 0 && more) {
        zmq_msg_t part;

        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, q->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            break;
        }
        more = zmq_msg_more(&part);
        if (!more)
            reply = reply_of(&part, id);
        zmq_msg_close(&part);
    }
    if (!reply)
        return 0;
    *ret_reply = reply;
    return 1;
}

/* Sends, and sends again on a fresh connection when no answer came for a while: the daemon knows the pair. */
static int ask(struct gait_requester *q, const char *id, const char *text, int timeout_ms, json_t **ret_reply,
               struct gait_error *err)
{
    const bool tcp = strncmp(q->endpoint, "tcp:", 4) == 0; /* libzmq does not say that it was not let in */
    uint64_t end = now_ms() + (uint64_t)timeout_ms;
    int r = 0;

    while (r == 0) {
        uint64_t now = now_ms(), again = now + ASK_AGAIN_MS < end ? now + ASK_AGAIN_MS : end;

        if (now >= end)
            return gait_error_set(err, -ETIMEDOUT, "no answer from %s within %d ms: is gaitd well%s? (gait doctor%s)",
                                  q->endpoint, timeout_ms, tcp ? ", and does it let this key in" : "",
                                  tcp ? "; on its machine: gait key list" : "");
        if (zmq_send(q->socket, text, strlen(text), ZMQ_DONTWAIT) < 0 && zmq_errno() != EAGAIN)
            return gait_error_set(err, -EIO, "%s: %s", q->endpoint, zmq_strerror(zmq_errno()));
        while (r == 0 && now < again) {
            r = receive(q, id, (int)(again - now), ret_reply);
            now = now_ms();
        }
        if (r == 0 && now < end)
            r = reconnect(q, err);
    }
    return r < 0 ? r : 0;
}

int gait_request(struct gait_requester *q, const char *verb, const struct json_t *args, int timeout_ms,
                 struct json_t **ret_reply, struct gait_error *err)
{
    _cleanup_free_ char *text = NULL;
    char id[32];

    if (!verb || timeout_ms <= 0 || (args && !json_is_object(args)))
        return -EINVAL;
    snprintf(id, sizeof id, "%" PRIu64, ++q->last_id);
    text = request_text(q, id, verb, args);
    if (!text)
        return -ENOMEM;
    if (strlen(text) > REQUEST_BYTES_MAX)
        return gait_error_set(err, -E2BIG, "%s: %zu bytes of arguments, a request has at most %d", verb, strlen(text),
                              REQUEST_BYTES_MAX);
    return ask(q, id, text, timeout_ms, ret_reply, err);
}
