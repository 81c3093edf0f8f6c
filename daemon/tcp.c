#include "tcp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "access.h"

#define S_NS       1000000000ull
#define ZAP_DOMAIN "gaitd"

#define BROKEN_HANDSHAKES \
    (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

enum { CONTROL = 0, STREAM = 1, ZAP_PARTS = 7, PART_BYTES = 256 };

/* --- telling --------------------------------------------------------------------------------- */

static void say(struct tcp *tcp, const char *line)
{
    tcp->log(tcp->user, line);
}

static void report(void *user, const char *line)
{
    say(user, line);
}

void tcp_denied(struct tcp *tcp, uint64_t now_ns, enum denied kind, const char *who, const char *why)
{
    char line[300], others[60] = "";

    tcp->denied++;
    if (now_ns < tcp->told[kind].due_ns) {
        tcp->told[kind].quiet++;
        return;
    }
    if (tcp->told[kind].quiet)
        snprintf(others, sizeof others, " (and %u more since the last line)", tcp->told[kind].quiet);
    snprintf(line, sizeof line, "TCP: %.80s was not let in: %.120s%s", who, why, others);
    tcp->told[kind].due_ns = now_ns + S_NS;
    tcp->told[kind].quiet = 0;
    say(tcp, line);
}

/* --- ZAP (RFC 27) ---------------------------------------------------------------------------- */

struct zap_request {
    char part[ZAP_PARTS][PART_BYTES + 1]; /* version, request id, domain, address, identity, mechanism, credentials */
    size_t length[ZAP_PARTS];
    unsigned n;
};

static bool read_request(void *zap, struct zap_request *ret)
{
    int more = 1;

    ret->n = 0;
    while (more) {
        zmq_msg_t part;

        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, zap, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            return false;
        }
        more = zmq_msg_more(&part);
        if (ret->n < ZAP_PARTS && zmq_msg_size(&part) <= PART_BYTES) {
            memcpy(ret->part[ret->n], zmq_msg_data(&part), zmq_msg_size(&part));
            ret->part[ret->n][zmq_msg_size(&part)] = '\0';
            ret->length[ret->n] = zmq_msg_size(&part);
        }
        ret->n++;
        zmq_msg_close(&part);
    }
    return true;
}

static void reply(void *zap, const struct zap_request *q, const struct allowed_key *key)
{
    const char *code = key ? "200" : "400", *text = key ? "OK" : "not an allowed key", *name = key ? key->name : "";

    zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap, q->part[1], q->length[1], ZMQ_SNDMORE);
    zmq_send(zap, code, 3, ZMQ_SNDMORE);
    zmq_send(zap, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(zap, name, strlen(name), ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
}

static void answer_zap(struct tcp *tcp, uint64_t now_ns)
{
    struct zap_request q = {0};

    while (read_request(tcp->zap, &q)) {
        const struct allowed_key *key = NULL;

        if (q.n == ZAP_PARTS && strcmp(q.part[0], "1.0") == 0 && strcmp(q.part[2], ZAP_DOMAIN) == 0 &&
            strcmp(q.part[5], "CURVE") == 0 && q.length[6] == KEY_BYTES)
            key = keys_find(&tcp->keys, (const uint8_t *)q.part[6]);
        reply(tcp->zap, &q, key);
        if (!key)
            tcp_denied(tcp, now_ns, DENIED_KEY, q.part[3], "its key is not among the allowed ones (gait key list)");
        memset(&q, 0, sizeof q);
    }
}

/* --- sockets --------------------------------------------------------------------------------- */

static int secure(struct tcp *tcp, void *socket)
{
    const int on = 1, handshake_ms = 5000, backlog = 64;

    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, tcp->keys.secret, KEY_Z85) < 0 ||
        zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) < 0 ||
        zmq_setsockopt(socket, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof handshake_ms) < 0 ||
        zmq_setsockopt(socket, ZMQ_BACKLOG, &backlog, sizeof backlog) < 0)
        return -zmq_errno();
    return 0;
}

/* A socket that is bound, with its monitor; NULL: not now (the port is still that of the one just closed). */
static void *open_socket(struct tcp *tcp, int which)
{
    const int type = which == CONTROL ? ZMQ_ROUTER : ZMQ_XPUB;
    void *socket = zmq_socket(tcp->zmq, type);

    if (!socket || access_limit(socket, type, GATE_HWM) < 0 || secure(tcp, socket) < 0 ||
        peers_watch(&tcp->peers[which], tcp->zmq, socket, BROKEN_HANDSHAKES) < 0 ||
        zmq_bind(socket, tcp->endpoint[which]) < 0) {
        int why = zmq_errno();

        peers_unwatch(&tcp->peers[which]);
        if (socket)
            zmq_close(socket);
        errno = why;
        return NULL;
    }
    tcp->open[which] = true;
    return socket;
}

static void close_sockets(struct tcp *tcp)
{
    for (int i = 0; i < TCP_SOCKETS; i++)
        peers_unwatch(&tcp->peers[i]);
    if (tcp->control) {
        tcp->closing(tcp->user, tcp->control);
        zmq_close(tcp->control);
    }
    tcp->control = NULL;
    if (tcp->open[STREAM])
        gate_give(&tcp->gate, NULL);
    for (int i = 0; i < TCP_SOCKETS; i++)
        tcp->open[i] = false;
}

static void open_missing(struct tcp *tcp)
{
    void *stream;

    if (tcp->endpoint[CONTROL][0] && !tcp->open[CONTROL])
        tcp->control = open_socket(tcp, CONTROL);
    if (tcp->endpoint[STREAM][0] && !tcp->open[STREAM] && (stream = open_socket(tcp, STREAM)))
        gate_give(&tcp->gate, stream);
}

/* Whoever fails before ZAP is asked: no CURVE at all, noise. */
static void read_monitor(struct tcp *tcp, int which, uint64_t now_ns)
{
    static const char *const name[] = {"somebody at the control port", "somebody at the stream port"};
    int event;

    while ((event = peers_next(&tcp->peers[which])))
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL || event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
            tcp_denied(tcp, now_ns, DENIED_PLAIN, name[which], "no CURVE handshake (a client without a key, or noise)");
}

/* --- keys that change ------------------------------------------------------------------------- */

/* Before they are read: what changes meanwhile is seen afterwards. */
static void watch_keys(struct tcp *tcp)
{
    if (!key_watch_begin(&tcp->watch, tcp->folder))
        say(tcp, "TCP: a key that is changed in its place may not be noticed: systemctl reload gaitd");
}

/* Where the daemon's own key cannot be read it stays, but nobody is let in on an old word: what allowed/ says holds, and nothing where it cannot be read. */
int tcp_reload(struct tcp *tcp, struct gait_error *err)
{
    struct gait_error why;
    struct keys keys;
    int r;

    watch_keys(tcp);
    r = keys_load(tcp->folder, &keys, report, tcp, err);
    if (r < 0) {
        keys = tcp->keys;
        keys.allowed = NULL;
        keys.n = 0;
        if (keys_load_allowed(tcp->folder, &keys, report, tcp, &why) < 0)
            say(tcp, "TCP: the allowed keys cannot be read: nobody is let in");
    }
    keys_done(&tcp->keys);
    tcp->keys = keys;
    close_sockets(tcp);
    tcp->reopened++;
    return r;
}

static void look_at_keys(struct tcp *tcp, uint64_t now_ns)
{
    char line[GAIT_ERROR_TEXT_MAX + 100];
    struct gait_error err = {0};

    if (!key_watch_changed(&tcp->watch, tcp->folder, now_ns))
        return;
    if (tcp_reload(tcp, &err) < 0) {
        snprintf(line, sizeof line, "TCP: %s", err.text);
        say(tcp, line);
    }
    snprintf(line, sizeof line, "TCP: %u keys are allowed now; all connections are opened anew", tcp->keys.n);
    say(tcp, line);
}

/* --- the life of it ---------------------------------------------------------------------------- */

/* An address that is not there yet, or taken, keeps nobody from recording: it is tried until it can be had. */
static void say_waiting(struct tcp *tcp, const char *endpoint)
{
    char line[CONFIG_TEXT_MAX + 100];

    snprintf(line, sizeof line, "%s cannot be bound now (%s): trying on", endpoint, zmq_strerror(zmq_errno()));
    say(tcp, line);
}

int tcp_start(struct tcp *tcp, void *zmq, const struct config *config, struct gait_error *err)
{
    const char *at[TCP_SOCKETS] = {config->control_tcp, config->stream_tcp};
    int r;

    tcp->watch.fd = -1;
    tcp->wanted = at[CONTROL][0] || at[STREAM][0];
    if (!tcp->wanted)
        return 0;
    tcp->zmq = zmq;
    for (int i = 0; i < TCP_SOCKETS; i++)
        if (at[i][0])
            snprintf(tcp->endpoint[i], sizeof tcp->endpoint[i], "tcp://%s", at[i]);
    snprintf(tcp->folder, sizeof tcp->folder, "%s", config->keys);
    watch_keys(tcp);
    r = keys_load(tcp->folder, &tcp->keys, report, tcp, err);
    if (r < 0)
        return r;
    tcp->zap = zmq_socket(zmq, ZMQ_REP);
    if (!tcp->zap || zmq_bind(tcp->zap, "inproc://zeromq.zap.01") < 0)
        return gait_error_set(err, -zmq_errno(), "ZAP: %s", zmq_strerror(zmq_errno()));
    r = gate_start(&tcp->gate, zmq, err);
    if (r < 0)
        return r;
    open_missing(tcp);
    for (int i = 0; i < TCP_SOCKETS; i++)
        if (tcp->endpoint[i][0] && !tcp->open[i])
            say_waiting(tcp, tcp->endpoint[i]);
    return 0;
}

void tcp_serve(struct tcp *tcp, uint64_t now_ns)
{
    if (!tcp->wanted)
        return;
    answer_zap(tcp, now_ns);
    look_at_keys(tcp, now_ns);
    for (int i = 0; i < TCP_SOCKETS; i++)
        read_monitor(tcp, i, now_ns);
    open_missing(tcp);
}

void tcp_stop(struct tcp *tcp)
{
    if (!tcp->wanted)
        return;
    if (tcp->gate.running)
        close_sockets(tcp);
    gate_stop(&tcp->gate);
    if (tcp->zap)
        zmq_close(tcp->zap);
    key_watch_end(&tcp->watch);
    keys_done(&tcp->keys);
}
