/*
 * Where frames come from, as the daemon's device thread sees it: USB, replay of a recording, the walker. A transport fills a mat's ring from a thread of its own
 * (the shared usb thread, or one source thread per replay) and tells what happened through the sink.
 */
#ifndef MAT_TRANSPORT_H
#define MAT_TRANSPORT_H

#include <stdint.h>

#include <gait/clock.h>
#include <gait/error.h>
#include <gait/frame_source.h>
#include <gait/ring.h>

enum mat_event_kind {
    MAT_EVENT_STREAMING = 1, /* first frame since start or reconnect */
    MAT_EVENT_END = 2,       /* a source has no more frames: ends the trial */
    MAT_EVENT_LOST = 3,      /* unplugged, or given up after clear halt, reset, reopen */
    MAT_EVENT_BACK = 4,      /* the same identity is streaming again; frames carry a new connection number */
    MAT_EVENT_TROUBLE = 5,   /* survivable; counted */
    MAT_EVENT_FAILED = 6,    /* a source failed: bad input; text says where */
};

/* Fixed size, no pointers: posted from the usb or source thread, made into text by main. */
struct mat_event {
    enum mat_event_kind kind;
    int code; /* negative errno or 0 */
    uint64_t t_ns;
    char text[192];
};

/* What a transport hands its work to. Everything outlives the transport. The calls must not call the transport. */
struct mat_sink {
    struct gait_ring *ring;
    const struct gait_clock *clock;
    void (*committed)(void *user); /* after each commit: wakes the pipeline; must not block */
    void (*event)(void *user, const struct mat_event *event); /* must not block */
    /* Unpaced sources ask before each frame: true when downstream (publisher) has caught up too. NULL: only the ring's room counts. */
    bool (*ready)(void *user);
    void *user;
};

struct mat_transport_status {
    bool streaming;
    uint64_t frames;
    uint64_t last_frame_ns; /* arrival of the newest frame; 0 none yet */
    double rate_hz;         /* over the last second or so */
    uint64_t gap_device;
    uint64_t verdict[16]; /* indexed by enum mat_verdict (driver.h) */
    uint64_t transfers, stalls, overflows, errors, cancelled, no_device, clear_halts, resets, reopens, reconnects;
    char text[96]; /* "streaming", "waiting for trial start", "unplugged", ... */
};

struct mat_transport {
    const struct mat_transport_ops *ops;
};

/* All slots: device thread, may block, unless said otherwise. */
struct mat_transport_ops {
    /* Begin to fill the ring. A held source waits for release(). Returns 0 or negative errno with err. */
    int (*start)(struct mat_transport *transport, struct gait_error *err);
    /*
     * `trial start` and `trial stop` reach sources that are held between trials: hold rewinds to the first frame, and once it has
     * returned no frame and no end of what was played comes. NULL for a mat, which always streams. Never block.
     */
    void (*release)(struct mat_transport *transport);
    void (*hold)(struct mat_transport *transport);
    /* Returns only after the last callback or commit has happened. */
    void (*stop)(struct mat_transport *transport);
    /* Any thread. */
    void (*status)(const struct mat_transport *transport, struct mat_transport_status *ret_status);
    /* Stop, then free all; NULL is fine. */
    void (*free)(struct mat_transport *transport);
};

struct mat_replay_options {
    double speed;  /* 1 = as recorded, N = N times, 0 = as fast as the ring and the publisher take it */
    bool free_run; /* do not wait for release() (trial start) */
    bool loop;     /* start over at the end (free_run only) */
};

/**
 * A transport that plays a source into the sink's ring, in a thread of its own. Frame times: t_mat_ns as the source gives it, t_ns = first arrival + t_mat_ns,
 * t_arrival_ns = now.
 *
 * Owner    takes the source over (freed by free) also on failure.
 * Thread   device.
 * Returns  0; -EINVAL geometry differs from the ring's, or speed or loop make no sense; -ENOMEM.
 */
int mat_replay_new(struct gait_frame_source *source, const struct mat_replay_options *options,
                   const struct mat_sink *sink, struct mat_transport **ret_transport);

#endif
