/*
 * What the files of the usb transport share.
 *
 *     usb_context.c  libusb's context, the usb thread, hotplug, the silence watch
 *     usb_scan.c     what is plugged in, whose it is, its id
 *     usb_layout.c   descriptors -> interface, endpoints; nothing in them is believed
 *     usb_open.c     open, claim, bridge, init steps, identify; close
 *     usb_steps.c    a profile's steps, blocking (device thread)
 *     usb_ask.c      the id that a mat answers
 *     usb_poll.c     keep-alive and poll writes, asynchronous (usb thread)
 *     usb_stream.c   transfers: start, callback, stop
 *     usb_pair.c     two isochronous endpoints into one frame
 *     usb_memory.c   usbfs's limit
 *     usb_service.c  rescue, unplug, reconnect (device thread)
 *     usb.c          the struct mat_transport around it
 */
#ifndef MAT_USB_INTERNAL_H
#define MAT_USB_INTERNAL_H

#include <libusb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "bridge/bridge.h"
#include "mats/open_mat.h"
#include "transport/frame_time.h"
#include "transport/usb.h"

enum {
    USB_MATS_MAX = 16,
    USB_TRANSFERS_MAX = 64,
    USB_TRANSFERS_DEFAULT = 8,
    USB_TRANSFER_BYTES_MAX = 1 << 20,
    USB_PAIR_WINDOW = 32,
    USB_PACKET_MAX = 3072,
    USB_ID_TEXT_MAX = 64,
    USB_READ_BYTES = 512, /* one read of usb_read_in() */
};

/* Where the data come from, as the descriptors say and after every bound was checked. */
struct usb_layout {
    uint8_t interface_number, alternate;
    bool set_alternate;
    uint8_t control_interface; /* CDC: claimed too; else the same as interface_number */
    uint8_t endpoints;
    uint8_t in[2], out;    /* addresses; out 0: none */
    uint8_t transfer_type; /* LIBUSB_TRANSFER_TYPE_... of in */
    uint16_t packet_bytes; /* of in[0]: what one packet, or with isochronous one service interval, carries */
};

struct usb_pair;

/* What the usb thread wants of the device thread, as bits of mat_usb.wants. */
enum usb_want {
    USB_WANT_STALL = 1 << 0,
    USB_WANT_ERRORS = 1 << 1,
    USB_WANT_GONE = 1 << 2,
    USB_WANT_SILENT = 1 << 3,
    USB_WANT_MEMORY = 1 << 4,
    USB_WANT_FIRST_FRAME = 1 << 5,
};

enum usb_state {
    USB_CLOSED = 0,  /* made or stopped: holds no transfers */
    USB_FLOWING = 1, /* transfers are in flight */
    USB_LOST = 2,    /* unplugged or given up; the handle is closed */
};

/* One transfer in flight. */
struct usb_urb {
    struct libusb_transfer *transfer;
    struct mat_usb *mat;
    uint8_t *bytes;
    size_t capacity;
    bool device_memory;
    uint8_t endpoint; /* 0, 1: which of layout.in */
};

/* Steps that go out while frames come in: one transfer, used again. */
struct usb_writer {
    struct mat_usb *mat;
    struct libusb_transfer *transfer;
    uint8_t bytes[8 + MAT_STEP_BYTES_MAX];
    const struct mat_steps *steps;
    unsigned next;
    bool busy; /* usb thread */
    uint64_t last_ns;
};

struct usb_counts {
    _Atomic uint64_t frames, gap_device, verdict[16];
    _Atomic uint64_t transfers, stalls, overflows, errors, cancelled, no_device;
    _Atomic uint64_t clear_halts, resets, reopens, reconnects, unpaired;
    _Atomic uint64_t last_frame_ns, rate_mHz;
};

struct mat_usb {
    struct mat_transport transport; /* first: the two are cast into each other */
    struct mat_usb_context *context;
    char id[GAIT_ID_MAX + 1];
    bool by_port;
    bool answers;   /* the id is what it answered: it may come back at another port */
    unsigned tried; /* look_for(): devices of its kind that were not it */
    bool mute;      /* one of them did not answer: ask again */
    char note[192];
    struct mat_device device;
    const struct mat_profile *profile; /* found's, or own */
    struct mat_profile own;            /* of an open mat: made from what it answered */
    struct mat_open_identity own_identity;
    const struct mat_driver *driver;
    struct mat_instance *instance;
    struct mat_sink sink;
    bool bound;

    /* device thread; the usb thread may read while transfers are in flight */
    libusb_device_handle *handle;
    struct usb_layout layout;
    const struct mat_bridge *bridge;
    struct usb_urb urb[USB_TRANSFERS_MAX];
    unsigned n_urbs;
    uint64_t budget_bytes;
    struct usb_pair *pair;
    struct usb_writer keep_alive, poll;
    uint64_t silence_ns;

    /* device thread */
    enum usb_state state;   /* set by usb_enter() */
    bool wanted;            /* between start and stop */
    unsigned rescue_level;  /* next thing to try */
    int rescue_failure;     /* of a transfer, that the rescue began with; 0 none */
    uint64_t rescue_frames; /* frames when the last rescue was */
    uint64_t due_ns;        /* when service must look again; UINT64_MAX */
    uint64_t retry_since_ns;
    uint64_t settled_ns; /* until then it is looked for after something was plugged in */
    bool was_lost;
    atomic_bool told_denied; /* it is back and may not be opened */
    bool abandoned;          /* transfers never came home: memory is left to libusb */

    /* usb thread */
    struct mat_frame_time time;
    unsigned errors_in_row;
    uint64_t rate_since_ns, rate_frames;

    /* both */
    _Atomic unsigned in_flight, wants;
    _Atomic bool cancelling, flowing, fresh; /* fresh: no frame yet since flow began */
    _Atomic uint64_t last_data_ns;
    _Atomic int first_failure; /* libusb_transfer_status of the first transfer that failed since flow began; 0 none */
    _Atomic unsigned shown;    /* state, for other threads */
    sem_t home;
    struct usb_counts count;
};

struct mat_usb_context {
    struct mat_usb_config config;
    libusb_context *usb;
    libusb_hotplug_callback_handle hotplug;
    bool has_hotplug;
    pthread_t thread;
    bool thread_runs;
    _Atomic bool quit;
    _Atomic unsigned hotplugs; /* arrivals and departures so far */
    unsigned hotplugs_seen;    /* device thread */
    pthread_mutex_t lock;      /* of mats; the usb thread only tries it */
    struct mat_usb *mat[USB_MATS_MAX];
    uint64_t budget_bytes; /* device thread */
};

static inline struct mat_usb *usb_of(const struct mat_transport *transport)
{
    return (struct mat_usb *)transport;
}

static inline uint64_t usb_now(const struct mat_usb *m)
{
    return gait_now_ns(m->context->config.clock);
}

static inline void usb_enter(struct mat_usb *m, enum usb_state state)
{
    m->state = state;
    atomic_store(&m->shown, state);
}

static inline void usb_count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* usb_context.c */
int usb_errno(int libusb_code);
int usb_context_add(struct mat_usb_context *context, struct mat_usb *mat);
void usb_context_remove(struct mat_usb_context *context, struct mat_usb *mat);
void usb_want(struct mat_usb *mat, unsigned want);

/* usb_scan.c */
void usb_describe(libusb_device *device, struct mat_device *ret_device);
int usb_find_device(struct mat_usb *mat,
                    libusb_device **ret_device); /* plugged in now, by identity; -ENODEV. Caller unrefs. */
bool usb_still_there(struct mat_usb *mat);

/* usb_layout.c */
int usb_layout_read(const struct libusb_config_descriptor *config, const struct mat_usb_layout *wish,
                    struct usb_layout *ret_layout, struct gait_error *err);

/* usb_open.c */
int usb_open(struct mat_usb *mat, libusb_device *device, unsigned patience_ms, struct gait_error *err);
int usb_set_up(struct mat_usb *mat, struct gait_error *err); /* bridge and init steps: after open and after reset */
void usb_close(struct mat_usb *mat);
int usb_identify(struct mat_usb *mat, struct mat_open_identity *ret_identity, struct gait_error *err);

/* usb_steps.c */
int usb_steps_run(struct mat_usb *mat, const struct mat_steps *steps, const char *what, struct gait_error *err);
bool usb_steps_expect(const struct mat_steps *steps);
int usb_write_out(struct mat_usb *mat, const struct mat_step *step);
int usb_read_in(struct mat_usb *mat, uint8_t *bytes, unsigned timeout_ms); /* up to USB_READ_BYTES */

/* usb_ask.c */
int usb_ask_id(struct mat_usb *mat, char ret_id[GAIT_ID_MAX + 1]); /* -ETIMEDOUT no answer; -ENODEV, ... */

/* usb_poll.c */
int usb_poll_new(struct mat_usb *mat);
void usb_poll_cancel(struct mat_usb *mat);
void usb_poll_free(struct mat_usb *mat);
void usb_poll_tick(struct mat_usb *mat, uint64_t now_ns);
void usb_poll_frame(struct mat_usb *mat, uint64_t now_ns);

/* usb_stream.c */
int usb_transfers_new(struct mat_usb *mat, struct gait_error *err);
void usb_transfers_free(struct mat_usb *mat);
int usb_flow_start(struct mat_usb *mat, struct gait_error *err);
int usb_flow_stop(struct mat_usb *mat);      /* 0; -ETIMEDOUT: a transfer never came home */
void usb_transfer_done(struct mat_usb *mat); /* one is home: the last thing a callback does */

/* usb_pair.c */
struct usb_pair *usb_pair_new(const struct mat_field *sequence);
void usb_pair_free(struct usb_pair *pair);
void usb_pair_reset(struct usb_pair *pair);
const uint8_t *usb_pair_take(struct usb_pair *pair, unsigned endpoint, const uint8_t *packet, size_t len,
                             size_t *ret_len, uint64_t *ret_unpaired);

/* usb_memory.c */
uint64_t usb_memory_limit(const struct mat_usb_context *context);
int usb_memory_plan(struct mat_usb *mat, size_t transfer_bytes, unsigned wanted, unsigned *ret_transfers,
                    struct gait_error *err);

#endif
