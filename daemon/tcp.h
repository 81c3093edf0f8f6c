/*
 * TCP: sockets of their own, always with CURVE, always behind the ZAP handler here, which lets in only the keys of a folder. There is no other way to open one.
 * Main thread.
 */
#ifndef GAITD_TCP_H
#define GAITD_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "gate.h"
#include "key_watch.h"
#include "keys.h"
#include "peers.h"

enum { TCP_SOCKETS = 2 }; /* control, stream */

enum denied { DENIED_KEY = 0, DENIED_PLAIN, DENIED_COMMAND, DENIED_KINDS };

struct tcp {
    void *zmq;
    char folder[CONFIG_PATH_MAX], endpoint[TCP_SOCKETS][CONFIG_TEXT_MAX + 8]; /* "" not wanted */
    bool wanted;
    struct keys keys;
    void *zap;                       /* REP, bound before any TCP socket */
    void *control;                   /* ROUTER; NULL not open just now */
    struct peers peers[TCP_SOCKETS]; /* of the sockets; that of the stream belongs to the gate */
    bool open[TCP_SOCKETS];
    struct gate gate;
    struct key_watch watch;
    uint64_t denied, refused_requests, reopened;
    /* log lines of denials: at most one a second of each kind, the others are counted in the next one */
    struct {
        uint64_t due_ns;
        unsigned quiet;
    } told[DENIED_KINDS];
    void (*log)(void *user, const char *line);
    void (*closing)(void *user,
                    const void *control); /* just before the control socket is closed: nobody may use it any more */
    void *user;
};

/** Read the keys, start ZAP and the gate. Nothing at all when no TCP is configured. Returns 0; negative errno with err. */
int tcp_start(struct tcp *tcp, void *zmq, const struct config *config, struct gait_error *err);
/** Answer ZAP, look at keys, monitors and sockets. `control` may be another socket afterwards. */
void tcp_serve(struct tcp *tcp, uint64_t now_ns);
/** Read the keys again; the sockets are opened anew, so that who is revoked is out at once. Returns 0; negative errno with err: the daemon's own key stays
 *  as it was, whom allowed/ does not name is out all the same. */
int tcp_reload(struct tcp *tcp, struct gait_error *err);
/** Count and tell, at most once a second of each kind, that somebody was not let in. */
void tcp_denied(struct tcp *tcp, uint64_t now_ns, enum denied kind, const char *who, const char *why);
void tcp_stop(struct tcp *tcp);

#endif
