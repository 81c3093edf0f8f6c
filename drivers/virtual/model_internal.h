/* What the files of the device model share. */
#ifndef MAT_MODEL_INTERNAL_H
#define MAT_MODEL_INTERNAL_H

#include "virtual/model.h"

enum {
    MODEL_FAULTS_MAX = 16,
    MODEL_DEVICE_BYTES = 18,
    MODEL_CONFIG_BYTES_MAX = 256,
    MODEL_ENDPOINT_IN = 0x81,
    MODEL_PACKET_BYTES = 512,
    MODEL_HALF_BYTES = 388,
    MODEL_HALVES = 16, /* one endpoint is at most so many packets ahead of the other */
};

/* A frame as numbers, before it is bytes. */
struct model_frame {
    uint64_t seq, tick_us;
    const uint16_t *count; /* [rows*cols] */
    uint32_t rows, cols;
};

/* How frames become bytes and what the device answers: our open mat, or a profile's. */
struct model_wire {
    size_t bytes_max; /* of one frame in all its parts */
    /* Returns the bytes of part k of n; [0, parts) make a frame. */
    size_t (*encode)(const struct mat_model *model, const struct model_frame *frame, unsigned part, uint8_t *out);
};

struct model_pose {
    uint16_t vid, pid;
    uint8_t device_class;
    const char *manufacturer, *product;
};

/* Frames in two halves, one for each endpoint. */
struct model_halves {
    uint8_t bytes[2][MODEL_HALVES][MODEL_HALF_BYTES];
    uint64_t made, taken[2];
};

struct mat_model {
    const struct mat_profile *profile; /* NULL open mat */
    struct gait_frame_source *source;
    const struct gait_source_info *info;
    bool loop;
    unsigned parts;
    double period_ns; /* 0: whenever asked */
    double kPa_per_count;

    /* descriptors */
    struct model_pose pose;
    char serial[64], answer[64];
    uint8_t device[MODEL_DEVICE_BYTES];
    uint8_t config[MODEL_CONFIG_BYTES_MAX];
    size_t config_bytes;
    uint16_t packet_bytes; /* wMaxPacketSize of the IN endpoint */
    uint8_t endpoint_in, endpoint_out;

    /* host's wishes */
    uint8_t configuration, alternate;
    bool streaming, halted;
    unsigned asked; /* polls not yet answered */
    struct mat_model_line line;
    uint16_t ch340_high; /* first half of its divisor */

    /* frame being sent */
    struct model_wire wire;
    uint32_t crc_table[256];
    uint8_t *raw;    /* as the source gives it */
    uint16_t *count; /* [rows*cols] */
    uint8_t *out;    /* the frame's bytes */
    size_t out_used, out_sent;
    size_t part_end[64]; /* where each part ends in out */
    unsigned parts_made;
    bool ended;
    struct model_halves halves;

    uint64_t frames, seq, tick_base_us, last_t_ns;
    uint64_t first_due_ns; /* of the frame numbered first_frame */
    uint64_t first_frame;
    bool clock_set;

    struct mat_fault fault[MODEL_FAULTS_MAX];
    unsigned faults;
    unsigned silence; /* 0 none, else enum of what ends it: mat_fault.count */
    char said[192];   /* its answer, sent between two frames */
    size_t said_used, said_sent;
    bool unplugged;
    int pending_error; /* given at the next IN */
};

/* model_wire.c */
void model_wire_open(struct mat_model *model);
int model_wire_profile(struct mat_model *model, struct gait_error *err);
void model_crc_table(struct mat_model *model);
uint32_t model_crc32c(const struct mat_model *model, const uint8_t *bytes, size_t n);

/* model.c */
int model_make(struct mat_model *model, uint64_t now_ns,
               uint64_t *ret_due_ns); /* 1 there are bytes, 0 not yet, negative what the host sees */

/* model_halves.c */
size_t model_halves_encode(const struct mat_model *model, const struct model_frame *frame, unsigned part, uint8_t *out);
int model_halves_in(struct mat_model *model, uint8_t endpoint, uint8_t *bytes, size_t capacity, uint64_t now_ns,
                    uint64_t *ret_due_ns);

/* model_descriptors.c */
void model_describe(struct mat_model *model);
void model_lie(struct mat_model *model, unsigned which);
int model_string(const struct mat_model *model, unsigned index, uint8_t *data, size_t capacity);

/* model_bridge.c: the chip's requests; -EPIPE what it does not know. */
int model_bridge_control(struct mat_model *model, const uint8_t setup[8], uint8_t *data, size_t capacity);
bool model_bridge_ready(const struct mat_model *model);
const struct model_pose *model_bridge_pose(enum mat_bridge_kind kind);
size_t model_ftdi_frame(const struct mat_model *model, const uint8_t *bytes, size_t len, size_t *ret_used, uint8_t *out,
                        size_t capacity);

/* model_frames.c: makes the next frame's bytes; 1, 0 the source ended, negative errno. */
int model_next_frame(struct mat_model *model);

/* model_fault.c */
void model_fault_frame(struct mat_model *model); /* a frame was made: what is due to it */
void model_fault_seq(struct mat_model *model);   /* before it is made */
void model_fault_stop(struct mat_model *model);  /* the host has stopped the stream */

#endif
