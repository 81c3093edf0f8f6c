/*
 * The device model of a mat: what a USB mat answers and streams, without saying how the bytes reach a host. Front ends: matsim (USB/IP), umockdev, FunctionFS.
 * It can pose as our open mat, as any profile's device, or as a bridge chip with a profile's bytes behind it. It shares no code with the framer.
 */
#ifndef MAT_VIRTUAL_MODEL_H
#define MAT_VIRTUAL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/error.h>
#include <gait/frame_source.h>

#include "mats/profile.h"

/*
 * Faults on command, each done `count` times after `after_frames` frames. SILENCE: count is what ends it: 1 clear halt, 2 reset, 3 start anew.
 * SEQUENCE_GAP: count frames are skipped at once. HOSTILE_DESCRIPTOR: seed says which lie (0 .. MAT_MODEL_LIES - 1), at once; DUPLICATE_SERIAL: at once.
 */
enum mat_fault_kind {
    MAT_FAULT_NONE = 0,
    MAT_FAULT_STALL = 1,
    MAT_FAULT_SHORT = 2,
    MAT_FAULT_OVERFLOW = 3,
    MAT_FAULT_PROTOCOL = 4,
    MAT_FAULT_BABBLE = 5,
    MAT_FAULT_BIT_FLIP = 6,
    MAT_FAULT_TRUNCATE = 7,
    MAT_FAULT_SEQUENCE_GAP = 8,
    MAT_FAULT_SILENCE = 9,
    MAT_FAULT_UNPLUG = 10,
    MAT_FAULT_DUPLICATE_SERIAL = 11,
    MAT_FAULT_HOSTILE_DESCRIPTOR = 12,
    MAT_FAULT_HALF = 13, /* at the next stop the first half of one more frame stays in the pipe */
};

struct mat_fault {
    enum mat_fault_kind kind;
    uint64_t after_frames;
    uint32_t count;
    uint64_t seed;
};

struct mat_model_config {
    const struct mat_profile *profile; /* NULL: our open mat protocol */
    struct gait_frame_source *source;  /* walker or recording; the model takes it over */
    char serial[64];                   /* "" none */
    char answer[64];                   /* the id it answers to the profile's identity command; "" it is mute */
    uint8_t parts;                     /* open mat: parts a frame; 0: 1 */
    double rate_hz;                    /* 0: the source's; infinite: a frame whenever the host asks */
    bool loop;                         /* start over at the source's end */
};

enum { MAT_MODEL_LIES = 8 };

struct mat_model;

int mat_model_new(const struct mat_model_config *config, struct mat_model **ret_model, struct gait_error *err);
void mat_model_free(struct mat_model *model);
int mat_model_fault(struct mat_model *model, const struct mat_fault *fault);

/**
 * Read "stall@500x3": kind, frame (left out: the next one), times.
 *
 * Returns  0; -EINVAL with err: says which kinds there are.
 */
int mat_fault_parse(const char *text, uint64_t seed, struct mat_fault *ret_fault, struct gait_error *err);

/* Descriptors as a host reads them: device (18 bytes) and the whole configuration. */
const uint8_t *mat_model_device_descriptor(const struct mat_model *model, size_t *ret_length);
const uint8_t *mat_model_config_descriptor(const struct mat_model *model, size_t *ret_length);

/**
 * A control request after enumeration, vendor and class included (strings, SET_INTERFACE, line coding, start, stop...).
 *
 * Shape    setup[8]; data[capacity] in or out.
 * Returns  bytes transferred (0..), or -EPIPE: stall.
 */
int mat_model_control(struct mat_model *model, const uint8_t setup[8], uint8_t *data, size_t capacity);

/* What the host set on a bridge chip. A bridge says nothing until it is enabled at its profile's baud (2 %). */
struct mat_model_line {
    uint32_t baud;
    bool enabled, dtr, rts;
    uint8_t data_bits, stop_bits;
    uint16_t latency_ms; /* FTDI */
};
struct mat_model_line mat_model_line(const struct mat_model *model);

/* Bytes the host wrote to an OUT endpoint. Returns len or -EPIPE. */
int mat_model_out(struct mat_model *model, uint8_t endpoint, const uint8_t *bytes, size_t len);

/* The host reset the port: configuration 0, streaming stopped, halts cleared. */
void mat_model_reset(struct mat_model *model);

/** Frames made so far, those not yet fetched included. */
uint64_t mat_model_frames(const struct mat_model *model);

/**
 * What the device has to say on an IN endpoint by now.
 *
 * Unit     now_ns on the front end's clock; the model delivers frames when they are due (rate), 0 bytes = NAK: ask again later (*ret_due_ns says when).
 * Returns  bytes (0..capacity); -EPIPE stall; -EOVERFLOW; -EPROTO; -ENODEV unplugged.
 */
int mat_model_in(struct mat_model *model, uint8_t endpoint, uint8_t *bytes, size_t capacity, uint64_t now_ns,
                 uint64_t *ret_due_ns);

#endif
