/* The keys of a profile file: names, kinds, ranges, defaults, and a line on each. docs/ADD-A-MAT.md prints this table. */
#include "mats/profile_file.h"

#define AT(type, member) .name = #member, .offset = offsetof(struct type, member)
#define UINT(type, member, from, to, unless, text)                                                         \
    {                                                                                                      \
        AT(type, member), .kind = YAML_UINT, .least = from, .most = to, .otherwise = unless, .about = text \
    }
#define REAL(type, member, from, to, unless, text)                                                         \
    {                                                                                                      \
        AT(type, member), .kind = YAML_REAL, .least = from, .most = to, .otherwise = unless, .about = text \
    }
#define BOOL(type, member, text)                           \
    {                                                      \
        AT(type, member), .kind = YAML_BOOL, .about = text \
    }
#define TRUTH(type, member, text)                                               \
    {                                                                           \
        AT(type, member), .kind = YAML_BOOL, .otherwise = "true", .about = text \
    }
#define TEXT(type, member, most_characters, text)                                               \
    {                                                                                           \
        AT(type, member), .kind = YAML_TEXT, .least = 1, .most = most_characters, .about = text \
    }
#define BYTES(type, member, most_bytes, text)                                               \
    {                                                                                       \
        AT(type, member), .kind = YAML_BYTES, .least = 1, .most = most_bytes, .about = text \
    }
#define WORD(type, member, list, unless, text)                                                 \
    {                                                                                          \
        AT(type, member), .kind = YAML_WORD, .words = list, .otherwise = unless, .about = text \
    }
#define MAP(type, member, table, of, text)                                                          \
    {                                                                                               \
        AT(type, member), .kind = YAML_MAP, .keys = table, .size = sizeof(struct of), .about = text \
    }
#define ONE_OF(type, member, table, of, text)                                                                       \
    {                                                                                                               \
        AT(type, member), .kind = YAML_MAP, .keys = table, .size = sizeof(struct of), .one_of = true, .about = text \
    }

static const struct yaml_word transfers[] = {
    {"bulk", MAT_TRANSFER_BULK}, {"interrupt", MAT_TRANSFER_INTERRUPT}, {"isochronous", MAT_TRANSFER_ISOCHRONOUS}, {0}};
static const struct yaml_word bridges[] = {{"none", MAT_BRIDGE_NONE},
                                           {"cdc-acm", MAT_BRIDGE_CDC_ACM},
                                           {"ftdi", MAT_BRIDGE_FTDI},
                                           {"cp210x", MAT_BRIDGE_CP210X},
                                           {"ch340", MAT_BRIDGE_CH340},
                                           {"pl2303", MAT_BRIDGE_PL2303},
                                           {0}};
static const struct yaml_word parities[] = {{"none", 'N'}, {"even", 'E'}, {"odd", 'O'}, {0}};
static const struct yaml_word integrities[] = {{"none", MAT_INTEGRITY_NONE},
                                               {"sum8", MAT_INTEGRITY_SUM8},
                                               {"xor8", MAT_INTEGRITY_XOR8},
                                               {"complement8", MAT_INTEGRITY_COMPLEMENT8},
                                               {"crc16", MAT_INTEGRITY_CRC16},
                                               {"crc32", MAT_INTEGRITY_CRC32},
                                               {0}};
static const struct yaml_word sample_kinds[] = {{"u8", MAT_SAMPLE_U8},       {"u16le", MAT_SAMPLE_U16LE},
                                                {"u16be", MAT_SAMPLE_U16BE}, {"i16le", MAT_SAMPLE_I16LE},
                                                {"i16be", MAT_SAMPLE_I16BE}, {"packed12", MAT_SAMPLE_PACKED12},
                                                {"ascii", MAT_SAMPLE_ASCII}, {0}};
static const struct yaml_word orders[] = {{"rows", PROFILE_ORDER_ROWS}, {"columns", PROFILE_ORDER_COLUMNS}, {0}};
static const struct yaml_word formulas[] = {
    {"none", PROFILE_FORMULA_NONE}, {"serpentine", PROFILE_FORMULA_SERPENTINE}, {0}};

static const struct yaml_key match_keys[] = {
    {AT(file_match, vid), .kind = YAML_UINT, .needed = true, .least = 1, .most = 65535,
     .about = "vendor id, as in 0x1a86"},
    {AT(file_match, pid), .kind = YAML_UINT, .needed = true, .least = 0, .most = 65535, .about = "product id"},
    {AT(file_match, bcd_device), .kind = YAML_INT, .least = -1, .most = 65535, .otherwise = "-1",
     .about = "device release (bcdDevice); -1: any"},
    UINT(file_match, device_class, 0, 255, NULL, "class of the device (bDeviceClass), as in 0xff; 0: any"),
    TEXT(file_match, product, 63, "product string, whole; not written: any"),
    TEXT(file_match, manufacturer, 63, "manufacturer string, whole; not written: any"),
    BOOL(file_match, generic, "a chip that anybody's device may have: only a device that gaitd.yaml names is opened"),
    {0},
};

static const struct yaml_key usb_keys[] = {
    WORD(file_usb, transfer, transfers, "bulk", "kind of the IN endpoint"),
    WORD(file_usb, bridge, bridges, "none", "serial chip in front of the mat"),
    UINT(file_usb, interface, 0, 255, NULL, "interface number"),
    UINT(file_usb, alternate, 0, 255, NULL, "alternate setting"),
    UINT(file_usb, endpoint_in, 0, 255, NULL, "address, as in 0x81; 0: the first IN endpoint of that kind"),
    UINT(file_usb, endpoint_in_2, 0, 255, NULL,
         "second IN endpoint, where two carry a frame; 0: the second of that kind"),
    BOOL(file_usb, two_endpoints, "two IN endpoints carry halves of a frame, paired by sequence"),
    UINT(file_usb, endpoint_out, 0, 255, NULL, "where steps write; 0: the first bulk OUT endpoint"),
    UINT(file_usb, transfer_bytes, 0, 1048576, NULL, "bytes of one transfer; 0: what suits the endpoint"),
    UINT(file_usb, transfers, 0, 64, NULL, "transfers in flight; 0: 8"),
    UINT(file_usb, iso_packets, 0, 128, NULL, "packets of an isochronous transfer; 0: 16"),
    {0},
};

static const struct yaml_key line_keys[] = {
    {AT(file_line, baud), .kind = YAML_UINT, .needed = true, .least = 300, .most = 12000000, .about = "baud"},
    UINT(file_line, data_bits, 5, 8, "8", "data bits"),
    WORD(file_line, parity, parities, "none", "parity"),
    UINT(file_line, stop_bits, 1, 2, "1", "stop bits"),
    TRUTH(file_line, dtr, "DTR on opening; its edge resets many boards"),
    TRUTH(file_line, rts, "RTS on opening"),
    UINT(file_line, settle_ms, 0, 10000, NULL, "wait after opening, for boards that begin anew"),
    UINT(file_line, latency_ms, 0, 255, "1", "FTDI: latency timer"),
    {0},
};

static const struct yaml_key control_keys[] = {
    {AT(file_control, request_type), .kind = YAML_UINT, .needed = true, .least = 0, .most = 255,
     .about = "bmRequestType; 0x80 set: the device answers"},
    {AT(file_control, request), .kind = YAML_UINT, .needed = true, .least = 0, .most = 255, .about = "bRequest"},
    UINT(file_control, value, 0, 65535, NULL, "wValue"),
    UINT(file_control, index, 0, 65535, NULL, "wIndex"),
    UINT(file_control, length, 0, 64, NULL, "bytes to read, where the device answers"),
    BYTES(file_control, bytes, 64, "what is sent, where the host writes"),
    UINT(file_control, timeout_ms, 1, 60000, "500", "how long the device may take"),
    {0},
};

static const struct yaml_key expect_keys[] = {
    {AT(file_expect, bytes), .kind = YAML_BYTES, .needed = true, .least = 1, .most = 64,
     .about = "what must be answered"},
    BYTES(file_expect, mask, 64, "bits that are compared; not written: all"),
    UINT(file_expect, timeout_ms, 1, 60000, "500", "how long the answer may take"),
    UINT(file_expect, retries, 0, 100, NULL, "how often the write before it is repeated"),
    {0},
};

static const struct yaml_key step_keys[] = {
    MAP(file_step, control, control_keys, file_control, "a control transfer"),
    BYTES(file_step, write, 64, "bytes to the OUT endpoint"),
    TEXT(file_step, text, 64, "the same, as text: \"start\\n\""),
    MAP(file_step, expect, expect_keys, file_expect, "an answer that must come"),
    UINT(file_step, delay_ms, 1, 10000, NULL, "a pause"),
    {0},
};

static const struct yaml_key command_keys[] = {
    BYTES(file_command, write, 64, "bytes that ask for the id"),
    TEXT(file_command, text, 64, "the same, as text"),
    TEXT(file_command, before, 31, "what stands before the id in the answer"),
    TEXT(file_command, after, 31, "what stands behind it; not written: the end of the line"),
    {0},
};

static const struct yaml_key identity_keys[] = {
    BOOL(file_identity, usb_serial, "the serial string of the USB device (the default)"),
    MAP(file_identity, command, command_keys, file_command, "the mat is asked; for bridge chips without a serial"),
    {0},
};

#define FIELD_KEYS                                                       \
    {AT(file_field, offset), .kind = YAML_UINT,                          \
     .needed = true,         .least = 0,                                 \
     .most = 65535,          .about = "of its first byte in the frame"}, \
        UINT(file_field, width, 1, 8, "1", "bytes: 1, 2, 3, 4 or 8"),    \
        BOOL(file_field, big_endian, "highest byte first")

static const struct yaml_key field_keys[] = {FIELD_KEYS, {0}};
static const struct yaml_key sequence_keys[] = {
    FIELD_KEYS, UINT(file_field, step, 1, 65535, "1", "by how much it rises from frame to frame"), {0}};
static const struct yaml_key tick_keys[] = {
    FIELD_KEYS, REAL(file_field, us, 1e-6, 1e9, "1", "microseconds a tick"), {0}};

static const struct yaml_key fixed_keys[] = {
    BYTES(file_fixed, header, MAT_MARKER_MAX, "bytes that begin a frame"),
    BYTES(file_fixed, trailer, MAT_MARKER_MAX, "bytes that end a frame"),
    {AT(file_fixed, length), .kind = YAML_UINT, .needed = true, .least = 2, .most = MAT_FRAME_BYTES_MAX,
     .about = "bytes of the whole frame, header and trailer with it"},
    {0},
};

static const struct yaml_key length_keys[] = {
    {AT(file_length, header), .kind = YAML_BYTES, .needed = true, .least = 1, .most = MAT_MARKER_MAX,
     .about = "bytes that begin a frame"},
    BYTES(file_length, trailer, MAT_MARKER_MAX, "bytes that end a frame"),
    {AT(file_length, field), .kind = YAML_MAP, .needed = true, .keys = field_keys, .size = sizeof(struct file_field),
     .about = "where the length stands"},
    UINT(file_length, unit, 1, 4096, "1", "bytes that one of the length stands for"),
    {AT(file_length, adds), .kind = YAML_INT, .least = -65536, .most = 65536, .otherwise = "0",
     .about = "what must be added to have the whole frame"},
    {AT(file_length, longest), .kind = YAML_UINT, .needed = true, .least = 2, .most = MAT_FRAME_BYTES_MAX,
     .about = "longest frame there is"},
    {0},
};

static const struct yaml_key delimiter_keys[] = {
    {AT(file_delimiter, bytes), .kind = YAML_BYTES, .needed = true, .least = 1, .most = MAT_MARKER_MAX,
     .about = "what stands between frames"},
    {AT(file_delimiter, between), .kind = YAML_UINT, .needed = true, .least = 1, .most = MAT_FRAME_BYTES_MAX - 8,
     .about = "bytes between two of them, exactly"},
    {0},
};

static const struct yaml_key text_keys[] = {
    UINT(file_text, length, 1, MAT_FRAME_BYTES_MAX, NULL, "bytes of a unit, exactly; 0: any"),
    UINT(file_text, longest, 1, MAT_FRAME_BYTES_MAX, NULL, "longest unit, where the length varies"),
    {0},
};

static const struct yaml_key packet_keys[] = {
    BYTES(file_fixed, header, MAT_MARKER_MAX, "bytes that begin a packet"),
    BYTES(file_fixed, trailer, MAT_MARKER_MAX, "bytes that end a packet"),
    UINT(file_fixed, length, 1, MAT_FRAME_BYTES_MAX, NULL, "bytes of a packet, exactly; 0: any"),
    {0},
};

static const struct yaml_key framing_keys[] = {
    MAP(file_framing, fixed, fixed_keys, file_fixed, "header, trailer or both, and a fixed length"),
    MAP(file_framing, length, length_keys, file_length, "a header and a length field"),
    MAP(file_framing, delimiter, delimiter_keys, file_delimiter,
        "a delimiter and an exact length; two in a row at the right distance are believed"),
    MAP(file_framing, slip, text_keys, file_text, "SLIP: frames between C0 bytes, DB escapes"),
    MAP(file_framing, line, text_keys, file_text, "lines of text"),
    MAP(file_framing, packet, packet_keys, file_fixed, "one USB transfer is one frame"),
    {0},
};

static const struct yaml_key fields_keys[] = {
    MAP(file_fields, sequence, sequence_keys, file_field, "number of the frame"),
    BOOL(file_fields, sequence_counts_units, "the number rises with each part of a frame, not with each frame"),
    MAP(file_fields, tick, tick_keys, file_field, "the mat's own clock"),
    MAP(file_fields, start_index, field_keys, file_field, "number of the first sample of this part"),
    MAP(file_fields, part, field_keys, file_field, "number of this part, from 0"),
    MAP(file_fields, parts, field_keys, file_field, "parts of a frame"),
    MAP(file_fields, pad, field_keys, file_field,
        "number of the pad this part is from, from 0, where pads share a stream: pad after pad they fill the frame"),
    MAP(file_fields, rows, field_keys, file_field, "rows: a frame that says others is refused"),
    MAP(file_fields, cols, field_keys, file_field, "columns: a frame that says others is refused"),
    MAP(file_fields, cells, field_keys, file_field, "samples in this unit: one that says others is refused"),
    {0},
};

static const struct yaml_key integrity_keys[] = {
    {AT(file_integrity, kind), .kind = YAML_WORD, .needed = true, .words = integrities,
     .about = "kind of checksum; complement8 is 255 less the sum"},
    UINT(file_integrity, offset, 0, 65535, NULL, "where it stands; with from_end: bytes before the frame's end"),
    BOOL(file_integrity, from_end, "offset counts from the frame's end"),
    UINT(file_integrity, width, 1, 4, "1", "bytes of it"),
    BOOL(file_integrity, big_endian, "highest byte first"),
    UINT(file_integrity, from, 0, MAT_FRAME_BYTES_MAX, NULL, "first byte that is covered"),
    UINT(file_integrity, to_end, 0, MAT_FRAME_BYTES_MAX, NULL, "bytes at the end that are not covered"),
    UINT(file_integrity, polynomial, 0, 4294967295.0, NULL, "CRC: polynomial, highest power first, as in 0x1021"),
    UINT(file_integrity, init, 0, 4294967295.0, NULL, "CRC: first value"),
    UINT(file_integrity, final_xor, 0, 4294967295.0, NULL, "CRC: what the result is xored with"),
    BOOL(file_integrity, reflect_in, "CRC: bits of each byte reflected"),
    BOOL(file_integrity, reflect_out, "CRC: bits of the result reflected"),
    {0},
};

static const struct yaml_key samples_keys[] = {
    {AT(file_samples, kind), .kind = YAML_WORD, .needed = true, .words = sample_kinds, .about = "type of one sample"},
    UINT(file_samples, offset, 0, 65535, NULL, "of the first sample; 0: right behind the header"),
    UINT(file_samples, bytes, 0, MAT_FRAME_BYTES_MAX, NULL, "bytes of samples; 0: up to trailer or checksum"),
    UINT(file_samples, mask, 0, 65535, NULL, "bits that count; 0: all"),
    UINT(file_samples, shift, 0, 15, NULL, "places to the right"),
    BOOL(file_samples, invert, "full_scale minus value: the pressed mat gives less"),
    UINT(file_samples, full_scale, 0, 65535, NULL,
         "largest count; a larger one spoils the frame. 0: what the type can hold"),
    {AT(file_samples, missing), .kind = YAML_INT, .least = -1, .most = 65535, .otherwise = "-1",
     .about = "count that means no sample; -1: none"},
    TEXT(file_samples, separator, 1, "ascii: what stands between values beside blanks"),
    BOOL(file_samples, indexed, "ascii: each line is an index and one value"),
    {0},
};

static const struct yaml_key rectangle_keys[] = {
    {AT(file_rectangle, row), .kind = YAML_UINT, .needed = true, .least = 0, .most = 2047,
     .about = "first row, from 0"},
    {AT(file_rectangle, col), .kind = YAML_UINT, .needed = true, .least = 0, .most = 2047,
     .about = "first column, from 0"},
    UINT(file_rectangle, rows, 1, 2048, "1", "rows of it"),
    UINT(file_rectangle, cols, 1, 2048, "1", "columns of it"),
    {0},
};

static const struct yaml_key layout_keys[] = {
    {AT(file_layout, rows), .kind = YAML_UINT, .needed = true, .least = 1, .most = GAIT_ROWS_MAX,
     .about = "rows as delivered, along the walkway"},
    {AT(file_layout, cols), .kind = YAML_UINT, .needed = true, .least = 1, .most = GAIT_COLS_MAX,
     .about = "columns as delivered, across it"},
    {AT(file_layout, pitch_x_mm), .kind = YAML_REAL, .needed = true, .least = 0.1, .most = 200,
     .about = "from column to column"},
    {AT(file_layout, pitch_y_mm), .kind = YAML_REAL, .needed = true, .least = 0.1, .most = 200,
     .about = "from row to row"},
    WORD(file_layout, order, orders, "rows", "samples come row by row or column by column"),
    BOOL(file_layout, flip_rows, "the sender's first row is the last"),
    BOOL(file_layout, flip_cols, "the sender's first column is the last"),
    UINT(file_layout, rotate, 0, 270, "0", "degrees, clockwise where row 0 is the upper one: 0, 90, 180, 270"),
    WORD(file_layout, formula, formulas, "none", "serpentine: every second row comes backwards"),
    {AT(file_layout, permutation), .kind = YAML_NUMBERS,
     .count_offset = offsetof(struct file_layout, permutation_count), .least = 1, .most = GAIT_CELLS_MAX,
     .about = "number of the sample for each cell, row by row as delivered"},
    {AT(file_layout, dead), .kind = YAML_LIST, .count_offset = offsetof(struct file_layout, dead_count),
     .keys = rectangle_keys, .size = sizeof(struct file_rectangle), .least = 1, .most = 1024,
     .about = "cells that do not measure: filled from their neighbours"},
    {AT(file_layout, missing), .kind = YAML_LIST, .count_offset = offsetof(struct file_layout, missing_count),
     .keys = rectangle_keys, .size = sizeof(struct file_rectangle), .least = 1, .most = 1024,
     .about = "places without a sensel"},
    {0},
};

static const struct yaml_key pad_keys[] = {
    TEXT(file_pad, id, GAIT_ID_MAX, "serial or answered id of the pad; not written: any"),
    REAL(file_pad, x_mm, 0, 100000, NULL, "where the corner of its cell (0,0) lies"),
    REAL(file_pad, y_mm, 0, 100000, NULL, "the same, along the walkway"),
    UINT(file_pad, rotate, 0, 270, "0", "degrees, clockwise where row 0 is the upper one: 0, 90, 180, 270"),
    BOOL(file_pad, clock, "this pad's frames set the pace; exactly one"),
    {0},
};

static const struct yaml_key tiling_keys[] = {
    {AT(file_tiling, rows), .kind = YAML_UINT, .needed = true, .least = 1, .most = GAIT_ROWS_MAX,
     .about = "rows of the tiled mat"},
    {AT(file_tiling, cols), .kind = YAML_UINT, .needed = true, .least = 1, .most = GAIT_COLS_MAX,
     .about = "columns of the tiled mat"},
    {AT(file_tiling, pads), .kind = YAML_LIST, .needed = true, .count_offset = offsetof(struct file_tiling, pads_count),
     .keys = pad_keys, .size = sizeof(struct file_pad), .least = 2, .most = MAT_PADS_MAX, .about = "the pads"},
    {0},
};

static const struct yaml_key calibration_keys[] = {
    REAL(file_calibration, kPa_per_count, 0, 1e6, NULL, "0: not known; counts are shown until the mat is calibrated"),
    REAL(file_calibration, power, 0.1, 10, "1", "kPa = kPa_per_count x count^power"),
    REAL(file_calibration, saturation_count, 0, 65535, NULL, "counts from here on are saturated; 0: not known"),
    {AT(file_calibration, rate_hz), .kind = YAML_REAL, .needed = true, .least = 0.1, .most = 10000,
     .about = "frames a second that are to be expected"},
    TRUTH(file_calibration, needs_tare,
          "the unloaded mat does not give 0: until it is tared, status and trial start say so"),
    {0},
};

static const struct yaml_key out_of_band_keys[] = {
    {AT(file_out_of_band, prefix), .kind = YAML_BYTES, .needed = true, .least = 1, .most = MAT_MARKER_MAX,
     .about = "how such a reply begins"},
    {AT(file_out_of_band, length), .kind = YAML_UINT, .needed = true, .least = 1, .most = 4096, .about = "bytes of it"},
    {0},
};

#define STEPS(member, text)                                                                                \
    {                                                                                                      \
        .name = #member, .offset = offsetof(struct profile_file, member.step),                             \
        .count_offset = offsetof(struct profile_file, member.count), .kind = YAML_LIST, .keys = step_keys, \
        .size = sizeof(struct file_step), .one_of = true, .least = 1, .most = MAT_STEPS_MAX, .about = text \
    }

const struct yaml_key profile_keys[] = {
    {AT(profile_file, name), .kind = YAML_TEXT, .needed = true, .least = 1, .most = MAT_PROFILE_NAME_MAX - 1,
     .about = "a-z, 0-9 and '-'; what gaitd.yaml calls it"},
    {AT(profile_file, label), .kind = YAML_TEXT, .needed = true, .least = 1, .most = 95, .about = "for people"},
    {AT(profile_file, driver), .kind = YAML_TEXT, .least = 1, .most = MAT_PROFILE_NAME_MAX - 1, .otherwise = "profile",
     .about = "profile: this file says all; or the name of a driver in code"},
    {AT(profile_file, match), .kind = YAML_LIST, .needed = true,
     .count_offset = offsetof(struct profile_file, match_count), .keys = match_keys, .size = sizeof(struct file_match),
     .least = 1, .most = MAT_MATCH_MAX, .about = "which USB devices it is for"},
    MAP(profile_file, usb, usb_keys, file_usb, "how bytes come"),
    MAP(profile_file, line, line_keys, file_line, "the serial line behind a bridge chip"),
    STEPS(init, "once, after opening"),
    STEPS(start, "frames begin"),
    STEPS(stop, "frames end"),
    STEPS(keep_alive, "again and again while frames come"),
    UINT(profile_file, keep_alive_ms, 10, 3600000, "1000", "from one keep_alive to the next"),
    STEPS(poll, "asks for one frame; for mats that say nothing unasked"),
    ONE_OF(profile_file, identity, identity_keys, file_identity, "what tells two of these mats apart"),
    ONE_OF(profile_file, framing, framing_keys, file_framing, "where a frame begins and ends"),
    MAP(profile_file, fields, fields_keys, file_fields, "numbers that come with a frame"),
    MAP(profile_file, integrity, integrity_keys, file_integrity, "the checksum"),
    MAP(profile_file, samples, samples_keys, file_samples, "the values"),
    {AT(profile_file, layout), .kind = YAML_MAP, .needed = true, .keys = layout_keys,
     .size = sizeof(struct file_layout), .about = "which cell each value is"},
    MAP(profile_file, tiling, tiling_keys, file_tiling, "several of these pads are one mat"),
    {AT(profile_file, calibration), .kind = YAML_MAP, .needed = true, .keys = calibration_keys,
     .size = sizeof(struct file_calibration), .about = "what counts mean"},
    MAP(profile_file, out_of_band, out_of_band_keys, file_out_of_band, "replies between frames that are no frames"),
    {0},
};

void mat_profile_print_keys(FILE *out)
{
    yaml_print_markdown(out, profile_keys);
}
