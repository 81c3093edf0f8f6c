/* The device thread: the only one that opens, starts, stops and closes what frames come from. At main's request; its answers are letters to main. */
#ifndef GAITD_DEVICE_H
#define GAITD_DEVICE_H

#include "lane.h"
#include "mailbox.h"
#include "transport/transport.h"

enum { SOURCE_TEXT_MAX = 160 };

enum device_order { DEVICE_OPEN = 1, DEVICE_RELEASE, DEVICE_HOLD, DEVICE_QUIT };

struct device_letter {
    struct letter letter;
    enum device_order order;
    unsigned mat;
    struct source_config source; /* open */
};

/* One mat's place. Only the device thread and, through the sink, its source's thread look at it. */
struct seat {
    struct device *device;
    struct lane *lane;
    struct mat_transport *transport;
    struct mat_sink sink;
    char text[SOURCE_TEXT_MAX]; /* what it plays; main reads it after NEWS_SOURCE */
    char *truth;                /* the true metrics of a walker (JSON), or NULL; main reads it after NEWS_SOURCE */
    bool holdable;
};

struct device {
    struct lanes *lanes;
    const struct config *config;
    const struct gait_clock *clock;
    struct mailbox box;
    struct mailbox *main;
    int pipeline_fd, publisher_fd;
    struct seat seat[LANES_MAX];
    struct device_usb *usb; /* device_usb.c; NULL: no mat wants USB */
    pthread_t thread;
};

void *device_thread(void *self);
/** Thread: main. */
void device_ask(struct device *self, enum device_order order, unsigned mat, const struct source_config *source);

/**
 * Give a seat a transport that is made but not started: its lane, its sink, its place among the lanes.
 *
 * Thread   device.
 * Returns  0; negative errno with err (the transport stays the caller's).
 */
int device_take(struct device *self, unsigned mat, struct mat_transport *transport, const struct gait_source_info *info,
                struct gait_error *err);

/** Open what a configuration names; text tells people what it is. Returns 0; negative errno with err. Owner: gait_source_free(). */
int source_open(const struct source_config *config, struct gait_frame_source **ret_source,
                char ret_text[SOURCE_TEXT_MAX], struct gait_error *err);

/** The same for a session file, through a child. Blocks until it is done. */
int source_open_exported(const char *path, struct gait_frame_source **ret_source, struct gait_error *err);

#endif
