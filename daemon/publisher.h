/* The only owner of the stream socket: frames and live numbers from the rings, everything else from a queue that is never skipped. */
#ifndef GAITD_PUBLISHER_H
#define GAITD_PUBLISHER_H

#include <jansson.h>

#include <gait/clock.h>

#include "lane.h"
#include "mailbox.h"

enum { SUBSCRIPTIONS_MAX = 4096 };
#define NEWEST_FRAME UINT64_MAX /* of a message: the newest that is worked when it is sent */

struct subscription {
    char topic[GAIT_TOPIC_TEXT_MAX];
    uint64_t count;
};

struct publisher {
    struct lanes *lanes;
    const struct gait_clock *clock;
    void *socket;                  /* XPUB, bound by main before the thread starts */
    uint64_t hwm_most, slow_bytes; /* what may wait for one slow subscriber: messages, and bytes */
    _Atomic int hwm;   /* messages, as things are: of the largest mat's frames no more than fit into slow_bytes */
    bool newcomers;    /* connections that it was not set for yet */
    uint64_t bound_ns; /* when it was set last */
    struct mailbox box;
    char instance[GAIT_INSTANCE_MAX + 1];
    char (*known)[GAIT_ID_MAX + 1]; /* ids that may be subscribed to */
    unsigned n_known;
    _Atomic bool stop;
    _Atomic bool blind; /* footfalls go out without the numbers that could be compared */
    pthread_t thread;
    _Atomic uint64_t messages, refused, subscriptions;
    /* its own */
    struct subscription *subscription;
    size_t n_subscription;
    bool status_wanted[2];
    struct topic_state status;
    uint64_t patience_until_ns; /* before it a subscriber that does not read is not waited for again */
};

void *publisher_thread(void *self);
void publisher_done(struct publisher *self);

/** Queue a footfall record: sent when it belongs to a trial (> 0), given back to the pool in any case. Thread: recorder. */
void publisher_footfall(struct publisher *self, unsigned mat, struct lane *lane, uint32_t trial, uint64_t frame,
                        struct gait_footfall *f);
/** footfall_hide.c: takes out what may not be seen while its session is blind. What is left is listed in docs/PROTOCOLS.md. */
void footfall_hide(struct gait_footfall *f);
/** Queue the event that frames are missing before this one. Thread: recorder. */
void publisher_gap(struct publisher *self, unsigned mat, struct lane *lane, const struct gait_frame_meta *meta);
/** Queue a trial, event or status message. body is taken over. mat -1: status/. frame: an index of the mat, NEWEST_FRAME, or 0 when it is about no frame. Thread: any that may lock. */
void publisher_object(struct publisher *self, int mat, enum gait_topic topic, uint64_t frame, uint64_t t_ns,
                      json_t *body);

/* publisher_subscribe.c */
/** True for a prefix of topics that exist. Thread: any. */
bool publisher_allowed(const struct publisher *self, const char *prefix);
void publisher_read_subscriptions(struct publisher *self);
/** Compute what is wanted of a lane (a new one, or subscriptions have changed). */
void publisher_want(struct publisher *self, struct lane *lane);

/** Work out how many messages may wait for a subscriber, now that there is another mat. Thread: publisher. */
void publisher_bound(struct publisher *self);
/** Set it for those who came since, now and then: libzmq goes through all connections. Thread: publisher. */
void publisher_bound_newcomers(struct publisher *self);

/* publisher_send.c */
struct outgoing {
    struct gait_stream_head head;
    bool wanted[2];
};
/** Number the message, take over what was missed since the last one. */
struct outgoing publisher_number(struct publisher *self, struct topic_state *topic, const bool wanted[2],
                                 enum gait_topic kind, const char *mat, uint64_t frame, uint64_t t_ns);
/** Send in the wanted forms; payload is copied. patient: wait a little for subscribers that do not read (an unpaced source). header is freed. */
void publisher_send(struct publisher *self, const struct outgoing *out, char *header, const void *payload, size_t bytes,
                    bool patient);
/** The same for a payload that several topics share: it is not copied. picture is a zmq_msg_t. */
void publisher_send_picture(struct publisher *self, const struct outgoing *out, char *header, void *picture,
                            bool patient);

#endif
