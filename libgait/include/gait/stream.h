/*
 * The live streams, as docs/STREAM.md defines them: messages to bytes and back, a subscriber and a requester. The contract is the bytes; a program in any
 * language may speak them without this library.
 */
#ifndef GAIT_STREAM_H
#define GAIT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>
#include <gait/error.h>
#include <gait/footfall.h>
#include <gait/frame.h>
#include <gait/live.h>

struct json_t; /* jansson's */

#define GAIT_STREAM_VERSION "1.0"

enum {
    GAIT_TOPIC_TEXT_MAX = 96,
    GAIT_ENDPOINT_MAX = 256,
    GAIT_INSTANCE_MAX = 16, /* hex digits naming one run of the daemon */
    GAIT_MESSAGE_DIMS_MAX = 3,
};

enum gait_topic {
    GAIT_TOPIC_FRAME = 0, /* frame/ID/    every frame, f32 kPa */
    GAIT_TOPIC_FRAME2,    /* frame2/ID/   every 2nd */
    GAIT_TOPIC_FRAME10,   /* frame10/ID/  every 10th */
    GAIT_TOPIC_LIVE,      /* live/ID/     numbers of every frame */
    GAIT_TOPIC_FOOTFALL,  /* footfall/ID/ final, once */
    GAIT_TOPIC_TRIAL,     /* trial/ID/    started, ended, sealed, ... */
    GAIT_TOPIC_EVENT,     /* event/ID/    mark, tare, gap, unplugged, ... */
    GAIT_TOPIC_STATUS,    /* status/      the whole daemon, once a second */
    GAIT_TOPIC_COUNT
};

/* What every header begins with. */
struct gait_stream_head {
    enum gait_topic topic;
    char mat[GAIT_ID_MAX + 1];            /* "" in status/ */
    char instance[GAIT_INSTANCE_MAX + 1]; /* names one run of the daemon: when it changes, seq has started over */
    uint64_t seq;                         /* of this topic, from 1, without holes */
    uint64_t frame;                       /* the mat's frame index */
    uint64_t t_ns;                        /* of that frame, or of the event; CLOCK_MONOTONIC */
    uint64_t gap_device;                  /* frames the mat lost since the message before on this topic */
    uint64_t gap_ring;                    /* frames the daemon could not take since then */
    uint64_t skipped;                     /* frames taken and recorded and not published since then */
    uint64_t lost_device, lost_ring;      /* of a frame: all that it and those before it say of both; 0 elsewhere */
};

/** "frame", "frame2", ...; NULL out of range; static storage. */
GAIT_API const char *gait_topic_name(enum gait_topic topic);

/**
 * Write a topic: "frame/ID/", "json/frame/ID/", "status/"; with mat NULL the prefix of all mats ("frame/").
 *
 * Returns  length; -EINVAL; -ENAMETOOLONG.
 */
GAIT_API int gait_topic_text(enum gait_topic topic, const char *mat, bool json, char ret_text[GAIT_TOPIC_TEXT_MAX]);

/* --- to bytes ------------------------------------------------------------------------------------------------------------------ */

/**
 * Make the JSON header of a frame message; the payload is rows*cols f32 kPa, calibrated by the caller.
 *
 * Owner    the caller: free().
 * Returns  0; -ENOMEM; -EINVAL.
 */
GAIT_API int gait_stream_frame(const struct gait_stream_head *head, const struct gait_geometry *geometry,
                               const struct gait_frame_meta *meta, uint32_t calibration_version, char **ret_header);

/** The header of a live message; no payload. Owner, Returns as gait_stream_frame(). */
GAIT_API int gait_stream_live(const struct gait_stream_head *head, const struct gait_frame_meta *meta,
                              const struct gait_frame_numbers *numbers, const struct gait_frame_live *live,
                              char **ret_header);

/** Floats in the payload of a footfall message: both pictures. */
static inline size_t gait_stream_footfall_floats(const struct gait_footfall *f)
{
    return 2 * (size_t)f->rows * f->cols;
}

/**
 * The header of a footfall message and its payload: two pictures [2, rows, cols] f32 kPa, largest and mean.
 *
 * Shape    ret_payload[gait_stream_footfall_floats(f)]; the caller's memory.
 * Owner    *ret_header is the caller's: free().
 * Returns  0; -ENOMEM; -EINVAL.
 */
GAIT_API int gait_stream_footfall(const struct gait_stream_head *head, uint32_t trial, const struct gait_footfall *f,
                                  char **ret_header, float *ret_payload);

/**
 * The header of a trial, event or status message: the head, then the members of body; no payload.
 *
 * Owner    body stays the caller's; *ret_header is the caller's: free().
 * Returns  0; -ENOMEM; -EINVAL body is no object.
 */
GAIT_API int gait_stream_object(const struct gait_stream_head *head, const struct json_t *body, char **ret_header);

/**
 * The single part of the json/ variant: topic, one space, the header with the payload as base64 member "payload" (absent when there is none).
 *
 * Owner    the caller: free().
 * Returns  length; -ENOMEM; -EINVAL.
 */
GAIT_API int gait_stream_single(const char *topic, const char *header, const void *payload, size_t payload_bytes,
                                char **ret_part);

/**
 * A double as the streams write it into an object: %.17g, or null with the reason's word under "reason".
 *
 * Returns  0; -ENOMEM.
 */
GAIT_API int gait_json_put_real(struct json_t *object, const char *key, double value, enum gait_reason reason);

/** Bytes as a base64 text, or null when n is 0. Owner the caller. NULL: no memory. */
GAIT_API struct json_t *gait_json_base64(const void *bytes, size_t n);

/** Compact text, reals with 17 digits. Owner the caller: free(). NULL: no memory. */
GAIT_API char *gait_json_text(const struct json_t *value);

/* --- and back -------------------------------------------------------------------------------------------------------------------- */

/* One received message. */
struct gait_message {
    struct gait_stream_head head;
    bool single;   /* came as json/... */
    uint64_t lost; /* messages of this topic that never came, just before this one (subscriber only) */
    bool
        restarted; /* the daemon was restarted before this one: nothing is known about what was missed (subscriber only) */
    struct json_t *header; /* everything the header says; valid as long as the message */
    char dtype[4];         /* "<f4"; "" when there is no payload */
    uint32_t n_shape;
    uint32_t shape[GAIT_MESSAGE_DIMS_MAX];
    char unit[16];
    const void *payload;
    size_t payload_bytes;
};

/**
 * Take a message apart and check it: version, head, payload size against dtype and shape. parts is 3 (topic, header, payload) or 1 (json/).
 *
 * Shape    part[n_parts], length[n_parts].
 * Owner    the bytes are copied; the message is the caller's: gait_message_free().
 * Returns  0; -EINVAL number of parts; -EBADMSG not what docs/STREAM.md says, err tells what; -EPROTONOSUPPORT another major version; -ENOMEM.
 */
GAIT_API int gait_message_decode(const void *const *part, const size_t *length, size_t n_parts,
                                 struct gait_message **ret_message, struct gait_error *err);
GAIT_API void gait_message_free(struct gait_message *message);

/** Numbers and feet of a live message. Returns 0; -EINVAL another topic; -EBADMSG. */
GAIT_API int gait_message_live(const struct gait_message *message, struct gait_frame_numbers *ret_numbers,
                               struct gait_frame_live *ret_live);

/**
 * The record of a footfall message, every number as it was.
 *
 * Owner    the caller: gait_footfall_free().
 * Returns  0; -EINVAL another topic; -EBADMSG; -ENOMEM.
 */
GAIT_API int gait_message_footfall(const struct gait_message *message, uint32_t *ret_trial,
                                   struct gait_footfall **ret_footfall, struct gait_error *err);

/* --- where the daemon is ------------------------------------------------------------------------------------------------------------- */

struct gait_endpoints {
    char stream[GAIT_ENDPOINT_MAX];  /* SUB connects here */
    char query[GAIT_ENDPOINT_MAX];   /* status and snapshot only */
    char control[GAIT_ENDPOINT_MAX]; /* everything */
};

/**
 * Endpoints of a daemon. where is its run folder ("/run/gaitd"), one of its endpoints ("ipc:///run/gaitd/control/control", "tcp://host:7470"), or NULL: $GAIT_SOCKET,
 * else $XDG_RUNTIME_DIR/gaitd when a daemon has its lock there, else /run/gaitd.
 *
 * Returns  0; -EINVAL not a place; -ENAMETOOLONG.
 */
GAIT_API int gait_endpoints_find(const char *where, struct gait_endpoints *ret_endpoints, struct gait_error *err);

/* --- subscribe ----------------------------------------------------------------------------------------------------------------------- */

struct gait_subscriber;

/**
 * Subscribe to topics. Connecting happens by itself, again and again: a daemon that is not there yet or restarts is fine.
 *
 * Shape    topic[n]: prefixes such as "footfall/" or "frame/ID/".
 * Owner    the caller: gait_subscriber_free().
 * Thread   one.
 * Returns  0; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_subscriber_new(const char *stream_endpoint, const char *const *topic, size_t n,
                                 struct gait_subscriber **ret_subscriber, struct gait_error *err);
GAIT_API void gait_subscriber_free(struct gait_subscriber *subscriber);

/** A descriptor to poll for reading; then call gait_subscriber_next() with time-out 0 until it returns 0 (the event is edge-triggered). */
GAIT_API int gait_subscriber_fd(const struct gait_subscriber *subscriber);

/**
 * The next message; header and payload belong together by construction, seq is checked.
 *
 * Unit     timeout_ms: -1 for ever, 0 do not wait.
 * Owner    the caller: gait_message_free().
 * Returns  1 a message; 0 none within the time, or interrupted by a signal; -EBADMSG, -EPROTONOSUPPORT a message nobody can read (it is dropped; go on).
 */
GAIT_API int gait_subscriber_next(struct gait_subscriber *subscriber, int timeout_ms, struct gait_message **ret_message,
                                  struct gait_error *err);

/* --- request ------------------------------------------------------------------------------------------------------------------------- */

struct gait_requester;

/**
 * A client of the control (or query) socket, with a client id of its own.
 *
 * Owner    the caller: gait_requester_free().
 * Thread   one.
 * Returns  0; -ECONNREFUSED no daemon there (ipc only: TCP shows at the first request), -EACCES not allowed to connect; err says what to do; -EINVAL; -ENOMEM.
 */
GAIT_API int gait_requester_new(const char *endpoint, struct gait_requester **ret_requester, struct gait_error *err);
GAIT_API void gait_requester_free(struct gait_requester *requester);

/**
 * Ask and wait for the answer. Asked again with the same request id when the connection was lost meanwhile; the daemon does it once.
 *
 * Unit     timeout_ms > 0.
 * Owner    args (an object or NULL) stays the caller's; *ret_reply (the whole reply, docs/CONTROL.md) is the caller's: json_decref(). Set on 0 only.
 * Returns  0 answered, be it ok or error: look at reply.ok; -ETIMEDOUT; -EINTR; -EBADMSG; -EINVAL; -ENOMEM; -E2BIG more than 64 KiB of arguments.
 */
GAIT_API int gait_request(struct gait_requester *requester, const char *verb, const struct json_t *args, int timeout_ms,
                          struct json_t **ret_reply, struct gait_error *err);

#endif
