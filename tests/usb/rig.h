/*
 * A mat on the emulated bus, read by the usb transport into a ring, with the test's thread as the device thread: what the daemon does, without the daemon.
 * Every frame that arrives is compared, cell by cell, with what the pattern source says it must be.
 */
#ifndef RIG_H
#define RIG_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <math.h>

#include <cmocka.h>

#include <gait/ring.h>

#include "mats/open_mat.h"
#include "pattern_source.h"
#include "transport/usb.h"
#include "umock.h"

enum { RIG_EVENTS_MAX = 256, RIG_HZ = 100 };

/* One mat as the rig reads it. */
struct rig_mat {
    struct rig *rig;
    struct mat_transport *transport;
    struct gait_ring *ring;
    struct mat_event event[RIG_EVENTS_MAX];
    unsigned events;
    uint64_t frames, partial, gap_device, gap_ring, reconnects, next_frame, last_t_ns;
    uint32_t connection;
    bool whole;    /* no frame may be missing */
    bool numbered; /* no tick: the mat's number, from 1, says which frame it is */
};

struct rig {
    struct umock_bed *bed;
    struct mat_usb_context *context;
    struct mat_profile open_profile;
    sem_t woken;
    size_t ring_bytes;       /* 0: much more than a test needs */
    struct gait_clock clock; /* held: see rig_pass() */
    _Atomic uint64_t held_ns;
    unsigned new_devices; /* times that service said: scan again */
};

/* With silence_ms time stands still but for rig_pass(), so that a host that stalls is not taken for a silent mat. */
struct rig_options {
    unsigned silence_ms, access_ms, retry_ms;
    const char *usbfs_memory_path;
};

void rig_begin(struct rig *rig, const struct rig_options *options);
void rig_end(struct rig *rig);
/* Time goes on by so much, where it is held. */
void rig_pass(struct rig *rig, unsigned ms);

struct mat_model *rig_model(const char *serial, uint32_t rows, uint32_t cols, uint8_t parts, uint64_t frames,
                            double rate_hz);
void rig_fault(struct rig *rig, struct mat_model *model, enum mat_fault_kind kind, uint64_t after_frames,
               uint32_t count);

/* Scan until `count` devices of the profile are there (NULL: our open mat). */
void rig_scan(struct rig *rig, const struct mat_profile *profile, struct mat_usb_found *ret_found, size_t count);
int rig_open(struct rig *rig, const struct mat_usb_found *found, struct rig_mat *ret_mat, struct gait_error *err);
/* A sink into mat->ring that notes events. */
struct mat_sink rig_sink(struct rig *rig, struct rig_mat *mat);
void rig_start(struct rig_mat *mat);
/* Scan for one mat, open, start. */
void rig_run(struct rig *rig, struct rig_mat *ret_mat);
void rig_close(struct rig_mat *mat);

/* One round of the device thread, and of a reader that empties the rings. */
void rig_turn(struct rig *rig, struct rig_mat *mats, unsigned n);

struct mat_transport_status rig_status(const struct rig_mat *mat);
unsigned rig_events(const struct rig_mat *mat, enum mat_event_kind kind);
const char *rig_event_text(const struct rig_mat *mat, enum mat_event_kind kind);

/* Turn until the condition holds; a minute without is a failure. */
#define rig_until_of(rig, mats, n, condition)                                  \
    do {                                                                       \
        for (unsigned rig_turns = 0; !(condition); rig_turns++) {              \
            if (rig_turns > 6000)                                              \
                fail_msg("never: %s (%s:%d)", #condition, __FILE__, __LINE__); \
            rig_turn(rig, mats, n);                                            \
        }                                                                      \
    } while (0)
#define rig_until(mat, condition) rig_until_of((mat)->rig, mat, 1, condition)

#endif
