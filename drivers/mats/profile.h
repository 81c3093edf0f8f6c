/*
 * A mat profile: everything that must be known to talk to a mat that needs no code of its own. config/mats/NAME.yaml fills these structs; the framer, the usb
 * transport, the bridges and the tools read them. docs/ADD-A-MAT.md explains every field with its YAML spelling.
 */
#ifndef MAT_PROFILE_H
#define MAT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <gait/error.h>
#include <gait/frame.h>

enum {
    MAT_PROFILE_NAME_MAX = 48,
    MAT_MARKER_MAX = 8, /* bytes of a header, trailer or delimiter */
    MAT_STEP_BYTES_MAX = 64,
    MAT_STEPS_MAX = 16,
    MAT_MATCH_MAX = 8,
    MAT_PADS_MAX = GAIT_PADS_MAX,
    MAT_FRAME_BYTES_MAX = 4 << 20,
};

/* 1 match */
struct mat_match {
    uint16_t vid, pid;
    int32_t bcd_device;                 /* -1 any */
    uint8_t device_class;               /* 0 any */
    char product[64], manufacturer[64]; /* "" any */
    bool generic_bridge;                /* a chip anybody's device may have: only when gaitd.yaml names the device */
};

/* 2 transport */
enum mat_transfer_kind { MAT_TRANSFER_BULK = 1, MAT_TRANSFER_INTERRUPT = 2, MAT_TRANSFER_ISOCHRONOUS = 3 };
enum mat_bridge_kind {
    MAT_BRIDGE_NONE = 0,
    MAT_BRIDGE_CDC_ACM = 1,
    MAT_BRIDGE_FTDI = 2,
    MAT_BRIDGE_CP210X = 3,
    MAT_BRIDGE_CH340 = 4,
    MAT_BRIDGE_PL2303 = 5
};

struct mat_usb_layout {
    enum mat_transfer_kind kind;
    enum mat_bridge_kind bridge;
    uint8_t interface_number, alternate;
    uint8_t endpoint_in[2];  /* addresses; 0 = the first / second IN endpoint of that kind */
    uint8_t endpoints;       /* 1, or 2 paired by sequence */
    uint8_t endpoint_out;    /* 0 = first OUT of kind bulk, when steps write */
    uint32_t transfer_bytes; /* per transfer; 0 = a sensible multiple of wMaxPacketSize */
    uint8_t transfers;       /* in flight; 0 = 8 */
    uint16_t iso_packets;    /* a transfer */
};

/* 3 line (bridges) */
struct mat_line {
    uint32_t baud;
    uint8_t data_bits, stop_bits;
    char parity; /* 'N', 'E', 'O' */
    bool dtr, rts;
    uint16_t settle_ms, latency_ms;
};

/* 4 steps for init, start, stop, keep-alive, poll */
enum mat_step_kind { MAT_STEP_CONTROL = 1, MAT_STEP_WRITE = 2, MAT_STEP_EXPECT = 3, MAT_STEP_DELAY = 4 };

struct mat_step {
    enum mat_step_kind kind;
    uint8_t request_type, request; /* control */
    uint16_t value, index;
    uint16_t length; /* of bytes[] (write, control OUT), to read (control IN), to match (expect) */
    uint8_t bytes[MAT_STEP_BYTES_MAX], mask[MAT_STEP_BYTES_MAX];
    uint16_t timeout_ms, retries, delay_ms;
};

struct mat_steps {
    uint8_t count;
    struct mat_step step[MAT_STEPS_MAX];
};

/* 5 identity */
enum mat_identity_kind { MAT_IDENTITY_SERIAL = 1, MAT_IDENTITY_COMMAND = 2 };

struct mat_identity {
    enum mat_identity_kind kind;
    uint8_t command[MAT_STEP_BYTES_MAX];
    uint8_t command_length;
    char before[32], after[32]; /* the id stands between these texts in the answer */
};

/* 6 framing: exactly one kind */
enum mat_framing_kind {
    MAT_FRAMING_FIXED = 1,     /* header and/or trailer, fixed length */
    MAT_FRAMING_LENGTH = 2,    /* header, a length field */
    MAT_FRAMING_DELIMITER = 3, /* delimiter, exact length between, two hits in a row to lock */
    MAT_FRAMING_SLIP = 4,
    MAT_FRAMING_LINE = 5,   /* ASCII lines */
    MAT_FRAMING_PACKET = 6, /* one USB transfer is one frame */
};

struct mat_field { /* where a number stands in a frame; width 0 = absent */
    uint16_t offset;
    uint8_t width; /* bytes: 1, 2, 3, 4, 8 */
    bool big_endian;
};

struct mat_framing {
    enum mat_framing_kind kind;
    uint8_t header[MAT_MARKER_MAX], header_length;
    uint8_t trailer[MAT_MARKER_MAX], trailer_length;
    uint32_t
        length; /* of the whole frame with header and trailer (FIXED, DELIMITER: bytes between delimiters + delimiter) */
    struct mat_field length_field;
    int32_t length_adds; /* frame length = field * length_unit + length_adds */
    uint16_t length_unit;
    uint32_t max_length;
};

/* 7 header fields */
struct mat_header_fields {
    struct mat_field sequence, tick, start_index, part, parts, pad, rows, cols, cells;
    uint32_t sequence_step;     /* 1 */
    double tick_us;             /* microseconds a tick */
    uint32_t payload_offset;    /* of the first sample */
    uint32_t payload_length;    /* bytes of samples; 0 = up to trailer or checksum */
    bool sequence_counts_units; /* the sequence rises with each unit, not with each frame */
};

/* 8 integrity */
enum mat_integrity_kind {
    MAT_INTEGRITY_NONE = 1,
    MAT_INTEGRITY_SUM8 = 2,
    MAT_INTEGRITY_XOR8 = 3,
    MAT_INTEGRITY_COMPLEMENT8 = 4,
    MAT_INTEGRITY_CRC16 = 5,
    MAT_INTEGRITY_CRC32 = 6
};

struct mat_integrity {
    enum mat_integrity_kind kind;
    uint32_t polynomial, init, final_xor;
    bool reflect_in, reflect_out;
    struct mat_field field; /* offset from the END when from_end */
    bool from_end;
    uint32_t range_from, range_to_end; /* bytes covered: [range_from, length - range_to_end) */
};

/* 9 samples */
enum mat_sample_kind {
    MAT_SAMPLE_U8 = 1,
    MAT_SAMPLE_U16LE = 2,
    MAT_SAMPLE_U16BE = 3,
    MAT_SAMPLE_I16LE = 4,
    MAT_SAMPLE_I16BE = 5,
    MAT_SAMPLE_PACKED12 = 6,
    MAT_SAMPLE_ASCII = 7
};

struct mat_samples {
    enum mat_sample_kind kind;
    uint32_t mask;       /* 0 = all bits */
    uint8_t shift;       /* right */
    bool invert;         /* full_scale - value */
    uint32_t full_scale; /* largest count */
    int32_t missing;     /* this value means "no sample"; -1 none */
    char separator;      /* ASCII: between values; "index value" lines when indexed */
    bool indexed;
};

/* 10 layout: mat cell (r,c) from the order in which samples come */
struct mat_layout {
    uint32_t rows, cols; /* as delivered to gaitd (after rotation) */
    bool column_major, flip_rows, flip_cols;
    uint16_t rotate_deg; /* 0, 90, 180, 270 clockwise */
    double pitch_x_mm, pitch_y_mm;
    uint32_t *permutation; /* [rows*cols] sample number of each cell in delivered order, or NULL */
    uint8_t *cell;         /* enum gait_cell [rows*cols], or NULL */
};

/* 11 merging and tiling */
struct mat_pad {
    char id[GAIT_ID_MAX + 1]; /* serial or captured id; "" any */
    double x_mm, y_mm;        /* where its cell (0,0) corner lies on the tiled mat */
    uint16_t rotate_deg;
    bool clock;
};

struct mat_tiling {
    uint8_t count; /* 0 = a single mat */
    struct mat_pad pad[MAT_PADS_MAX];
    uint32_t rows, cols; /* of the tiled mat */
};

/* 12 calibration */
struct mat_profile_calibration {
    double kPa_per_count;    /* NaN: none known, counts are shown until calibrated */
    double power;            /* f = kPa_per_count * a^power; 1 linear */
    double saturation_count; /* NaN none */
    double rate_hz;          /* expected */
    bool needs_tare;
};

/* 13 replies that appear between frames: skipped when they match */
struct mat_out_of_band {
    uint8_t prefix[MAT_MARKER_MAX], prefix_length;
    uint32_t length;
};

struct mat_profile {
    char name[MAT_PROFILE_NAME_MAX], label[96];
    char driver[MAT_PROFILE_NAME_MAX]; /* "profile" (the framer), or a driver in code */
    uint8_t matches;
    struct mat_match match[MAT_MATCH_MAX];
    struct mat_usb_layout usb;
    struct mat_line line;
    struct mat_steps init, start, stop, keep_alive, poll;
    uint32_t keep_alive_ms;
    bool poll_each_frame;
    struct mat_identity identity;
    struct mat_framing framing;
    struct mat_header_fields fields;
    struct mat_integrity integrity;
    struct mat_samples samples;
    struct mat_layout layout;
    struct mat_tiling tiling;
    struct mat_profile_calibration calibration;
    struct mat_out_of_band out_of_band;
};

/* One mistake in a profile file, where it stands. */
struct mat_profile_fault {
    unsigned line, column; /* from 1 */
    char path[96];         /* "framing.length" */
    char text[192];        /* what is wrong and what to write instead */
};

/**
 * Read and check a profile file; every mistake is listed, not only the first.
 *
 * Shape    ret_faults[capacity]; *ret_count may exceed capacity: then the rest was cut.
 * Owner    *ret_profile is the caller's: mat_profile_free(); NULL when there is any fault.
 * Thread   device or init.
 * Returns  0; -EINVAL faults were found; -ENOENT, -EACCES, -EIO, -ENOMEM with err.
 */
int mat_profile_read(const char *path, struct mat_profile **ret_profile, struct mat_profile_fault *ret_faults,
                     size_t capacity, size_t *ret_count, struct gait_error *err);
/* The same from bytes in memory; nothing is opened. Returns 0; -EINVAL faults were found; -ENOMEM. */
int mat_profile_read_bytes(const char *text, size_t length, struct mat_profile **ret_profile,
                           struct mat_profile_fault *ret_faults, size_t capacity, size_t *ret_count,
                           struct gait_error *err);
void mat_profile_free(struct mat_profile *profile);

/* The table of all keys, as Markdown. */
void mat_profile_print_keys(FILE *out);

/**
 * Score a device against a profile's match rows.
 *
 * Returns  0..100; 0 not mine; a generic bridge chip never scores above 0 unless `named` (gaitd.yaml names this device).
 */
struct mat_device;
int mat_profile_score(const struct mat_profile *profile, const struct mat_device *device, bool named);

#endif
