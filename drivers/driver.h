/*
 * The one header a driver's author reads.
 *
 * A driver says what bytes mean; a transport says where bytes come from (usb, replay, walker). They meet here. A driver is a `static const struct
 * mat_driver` named in registry.c; it keeps no state outside its instance and never logs above debug: it returns.
 *
 * Adding a mat of a known protocol is a file in config/mats and nothing here: docs/ADD-A-MAT.md.
 */
#ifndef MAT_DRIVER_H
#define MAT_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include <gait/calibration.h>
#include <gait/error.h>
#include <gait/frame.h>
#include <gait/ring.h>

enum { MAT_DRIVER_ABI = 1 };

/* What decode made of some bytes. Counted per mat and shown in status; bad frames are weather, not failures. */
enum mat_verdict {
    MAT_MORE = 0,        /* nothing complete yet */
    MAT_FRAME = 1,       /* *slot holds a frame: commit it */
    MAT_SKIP_LENGTH = 2, /* not the length a frame has */
    MAT_SKIP_EARLY = 3,  /* garbage before a frame was found; skipped */
    MAT_BAD_CHECKSUM = 4,
    MAT_BAD_SANITY = 5, /* envelope right, content impossible */
    MAT_PARTIAL = 6,    /* *slot holds a frame that misses parts: commit it, flagged */
    MAT_VERDICT_COUNT
};

struct mat_usb_id {
    uint16_t vid, pid;
    uint32_t quirk;
};

/* What probe sees of a device: descriptors and strings only. Strings never NULL. */
struct mat_device {
    uint16_t vid, pid, bcd_device;
    uint8_t device_class;
    uint8_t bus, address;
    char port[32]; /* "1-1.2" */
    char manufacturer[64], product[64], serial[64];
};

/* One frame's facts that decode can know. */
struct mat_decoded {
    enum mat_verdict verdict;
    size_t used;         /* bytes consumed; with MAT_FRAME the rest may hold another */
    uint64_t seq;        /* unwrapped; valid when has_seq */
    uint64_t tick_us;    /* unwrapped; valid when has_tick */
    uint32_t gap_device; /* frames missing before this one by the counter, or without one refused in its place */
    uint32_t flags;      /* enum gait_frame_flag */
    bool has_seq, has_tick;
    bool counter_unsure; /* the counter went back: begun anew, or more is missing than it counts; time must tell */
};

struct mat_instance; /* a driver's own */

struct mat_driver {
    const char *name;  /* [a-z0-9-]+, equals the folder name; the only stable id */
    const char *label; /* for people */
    uint32_t abi;      /* MAT_DRIVER_ABI; another number refuses to register */
    const struct mat_usb_id
        *ids; /* zero-terminated; the same rows print the udev rules; NULL: none (profiles bring their own) */

    /* 0..100, 0 = not mine. Device thread. No bus traffic, no state. NULL = ids decide (score 50). */
    int (*probe)(const struct mat_device *device);

    /*
     * Make an instance: allocate everything it will ever need. `profile` is the parsed mat profile or NULL. Device thread; may block; no bus traffic.
     * Returns 0; -ENOMEM; -EINVAL with err set.
     */
    int (*open)(const struct mat_device *device, const void *profile, struct mat_instance **ret_instance,
                struct gait_error *err);

    /* Free an instance; takes NULL and half-open ones. Device thread, after the last callback has run. */
    void (*close)(struct mat_instance *instance);

    /* Geometry and factory calibration. Any thread, never blocks. NULL members keep the profile's. */
    const struct gait_geometry *(*geometry)(const struct mat_instance *instance);
    const struct gait_calibration *(*calibration)(const struct mat_instance *instance);

    /*
     * Bytes to at most one frame, straight into raw[rows*cols] (a ring slot). Pure: no I/O, clock, log, allocation; hot; fuzzed; any chunking of a stream
     * gives the same frames. usb thread. Never reads beyond len. Call again with the rest, even an empty
     * one, until the verdict is MAT_MORE with used == len: a frame may stand complete in what was kept.
     */
    void (*decode)(struct mat_instance *instance, const uint8_t *bytes, size_t len, void *raw,
                   struct mat_decoded *ret_decoded);

    /* Forget half a frame (after a gap in the bytes, stop, reconnect). usb or device thread, never together with decode. */
    void (*reset)(struct mat_instance *instance);
};

/** All drivers, NULL-terminated; an explicit table (drivers/registry.c), one line each. Thread: any. */
const struct mat_driver *const *mat_registry(void);

/** Driver of a name, or NULL. */
const struct mat_driver *mat_driver_find(const char *name);

#endif
