/* A profile file as libcyaml fills it, before it becomes a struct mat_profile. The table in profile_keys.c says what each member is called and may be. */
#ifndef MAT_PROFILE_FILE_H
#define MAT_PROFILE_FILE_H

#include "mats/yaml_keys.h"

struct file_match {
    uint32_t vid, pid, device_class;
    int32_t bcd_device;
    char *product, *manufacturer;
    bool generic;
};

struct file_usb {
    int transfer, bridge;
    uint32_t interface, alternate, endpoint_in, endpoint_in_2, endpoint_out, transfer_bytes, transfers, iso_packets;
    bool two_endpoints;
};

struct file_line {
    uint32_t baud, data_bits, stop_bits, settle_ms, latency_ms;
    int parity;
    bool dtr, rts;
};

struct file_control {
    uint32_t request_type, request, value, index, length, timeout_ms;
    char *bytes;
};

struct file_expect {
    char *bytes, *mask;
    uint32_t timeout_ms, retries;
};

struct file_step { /* exactly one is set */
    struct file_control *control;
    char *write, *text;
    struct file_expect *expect;
    uint32_t delay_ms;
};

struct file_steps {
    struct file_step *step;
    uint32_t count;
};

struct file_command {
    char *write, *text, *before, *after;
};

struct file_identity {
    struct file_command *command;
    bool usb_serial;
};

struct file_field {
    uint32_t offset, width, step;
    bool big_endian;
    double us;
};

struct file_fixed {
    char *header, *trailer;
    uint32_t length;
};

struct file_length {
    char *header, *trailer;
    struct file_field *field;
    uint32_t unit, longest;
    int32_t adds;
};

struct file_delimiter {
    char *bytes;
    uint32_t between;
};

struct file_text {
    uint32_t length, longest;
};

struct file_framing { /* exactly one is set */
    struct file_fixed *fixed;
    struct file_length *length;
    struct file_delimiter *delimiter;
    struct file_text *slip, *line;
    struct file_fixed *packet;
};

struct file_fields {
    struct file_field *sequence, *tick, *start_index, *part, *parts, *pad, *rows, *cols, *cells;
    bool sequence_counts_units;
};

struct file_integrity {
    int kind;
    uint32_t polynomial, init, final_xor, offset, width, from, to_end;
    bool reflect_in, reflect_out, big_endian, from_end;
};

struct file_samples {
    int kind;
    uint32_t offset, bytes, mask, shift, full_scale;
    int32_t missing;
    bool invert, indexed;
    char *separator;
};

struct file_rectangle {
    uint32_t row, col, rows, cols;
};

struct file_layout {
    uint32_t rows, cols, rotate;
    int order, formula;
    bool flip_rows, flip_cols;
    double pitch_x_mm, pitch_y_mm;
    uint32_t *permutation, permutation_count;
    struct file_rectangle *dead, *missing;
    uint32_t dead_count, missing_count;
};

struct file_pad {
    char *id;
    double x_mm, y_mm;
    uint32_t rotate;
    bool clock;
};

struct file_tiling {
    uint32_t rows, cols, pads_count;
    struct file_pad *pads;
};

struct file_calibration {
    double kPa_per_count, power, saturation_count, rate_hz;
    bool needs_tare;
};

struct file_out_of_band {
    char *prefix;
    uint32_t length;
};

struct profile_file {
    char *name, *label, *driver;
    struct file_match *match;
    uint32_t match_count;
    struct file_usb *usb;
    struct file_line *line;
    struct file_steps init, start, stop, keep_alive, poll;
    uint32_t keep_alive_ms;
    struct file_identity *identity;
    struct file_framing *framing;
    struct file_fields *fields;
    struct file_integrity *integrity;
    struct file_samples *samples;
    struct file_layout *layout;
    struct file_tiling *tiling;
    struct file_calibration *calibration;
    struct file_out_of_band *out_of_band;
};

enum { PROFILE_ORDER_ROWS = 0, PROFILE_ORDER_COLUMNS = 1 };
enum { PROFILE_FORMULA_NONE = 0, PROFILE_FORMULA_SERPENTINE = 1 };

extern const struct yaml_key profile_keys[];

/* profile_take.c: a file without mistakes of form becomes a profile. Sizes were judged; what does not belong together is judged after. Returns 0; -ENOMEM. */
int profile_take(const struct profile_file *file, struct mat_profile *profile);

/* profile_rules.c: what does not belong together, each mistake where it stands. */
void profile_rules(const struct profile_file *file, const struct mat_profile *profile, struct yaml_check *check);

#endif
