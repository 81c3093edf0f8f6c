/* A profile file becomes a struct mat_profile: spellings into numbers, rectangles into cell maps. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mats/profile_file.h"

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static uint8_t take_marker(const char *text, uint8_t marker[MAT_MARKER_MAX])
{
    int n = yaml_bytes(text, marker, MAT_MARKER_MAX);

    return n > 0 ? (uint8_t)n : 0;
}

static void take_match(const struct profile_file *file, struct mat_profile *p)
{
    for (uint32_t i = 0; i < file->match_count && i < MAT_MATCH_MAX; i++) {
        const struct file_match *m = &file->match[i];

        p->match[i] = (struct mat_match){.vid = (uint16_t)m->vid,
                                         .pid = (uint16_t)m->pid,
                                         .bcd_device = m->bcd_device,
                                         .device_class = (uint8_t)m->device_class,
                                         .generic_bridge = m->generic};
        copy_text(p->match[i].product, sizeof p->match[i].product, m->product);
        copy_text(p->match[i].manufacturer, sizeof p->match[i].manufacturer, m->manufacturer);
        p->matches = (uint8_t)(i + 1);
    }
}

static void take_usb(const struct file_usb *u, struct mat_usb_layout *usb)
{
    *usb = (struct mat_usb_layout){.kind = MAT_TRANSFER_BULK, .endpoints = 1};
    if (!u)
        return;
    *usb = (struct mat_usb_layout){
        .kind = (enum mat_transfer_kind)u->transfer,
        .bridge = (enum mat_bridge_kind)u->bridge,
        .interface_number = (uint8_t)u->interface,
        .alternate = (uint8_t)u->alternate,
        .endpoint_in = {(uint8_t)u->endpoint_in, (uint8_t)u->endpoint_in_2},
        .endpoints = u->two_endpoints ? 2 : 1,
        .endpoint_out = (uint8_t)u->endpoint_out,
        .transfer_bytes = u->transfer_bytes,
        .transfers = (uint8_t)u->transfers,
        .iso_packets = (uint16_t)u->iso_packets,
    };
}

static void take_line(const struct file_line *l, struct mat_line *line)
{
    if (!l)
        return;
    *line = (struct mat_line){
        .baud = l->baud,
        .data_bits = (uint8_t)l->data_bits,
        .stop_bits = (uint8_t)l->stop_bits,
        .parity = (char)l->parity,
        .dtr = l->dtr,
        .rts = l->rts,
        .settle_ms = (uint16_t)l->settle_ms,
        .latency_ms = (uint16_t)l->latency_ms,
    };
}

static void take_control(const struct file_control *c, struct mat_step *step)
{
    int n = yaml_bytes(c->bytes, step->bytes, sizeof step->bytes);

    step->kind = MAT_STEP_CONTROL;
    step->request_type = (uint8_t)c->request_type;
    step->request = (uint8_t)c->request;
    step->value = (uint16_t)c->value;
    step->index = (uint16_t)c->index;
    step->length = (uint16_t)(c->request_type & 0x80 ? c->length : n > 0 ? (uint32_t)n : 0);
    step->timeout_ms = (uint16_t)c->timeout_ms;
}

static void take_expect(const struct file_expect *e, struct mat_step *step)
{
    int n = yaml_bytes(e->bytes, step->bytes, sizeof step->bytes);

    step->kind = MAT_STEP_EXPECT;
    step->length = (uint16_t)(n > 0 ? n : 0);
    memset(step->mask, 0xff, sizeof step->mask);
    if (e->mask)
        yaml_bytes(e->mask, step->mask, sizeof step->mask);
    step->timeout_ms = (uint16_t)e->timeout_ms;
    step->retries = (uint16_t)e->retries;
}

static int take_write(const char *bytes, const char *text, uint8_t to[MAT_STEP_BYTES_MAX])
{
    size_t n;

    if (bytes)
        return yaml_bytes(bytes, to, MAT_STEP_BYTES_MAX);
    n = text ? strnlen(text, MAT_STEP_BYTES_MAX) : 0;
    if (n)
        memcpy(to, text, n);
    return (int)n;
}

static void take_step(const struct file_step *s, struct mat_step *step)
{
    if (s->control) {
        take_control(s->control, step);
    } else if (s->expect) {
        take_expect(s->expect, step);
    } else if (s->write || s->text) {
        int n = take_write(s->write, s->text, step->bytes);

        step->kind = MAT_STEP_WRITE;
        step->length = (uint16_t)(n > 0 ? n : 0);
        step->timeout_ms = 500;
    } else {
        step->kind = MAT_STEP_DELAY;
        step->delay_ms = (uint16_t)s->delay_ms;
    }
}

static void take_steps(const struct file_steps *list, struct mat_steps *steps)
{
    for (uint32_t i = 0; i < list->count && i < MAT_STEPS_MAX; i++) {
        take_step(&list->step[i], &steps->step[i]);
        steps->count = (uint8_t)(i + 1);
    }
}

static void take_identity(const struct file_identity *i, struct mat_identity *identity)
{
    identity->kind = MAT_IDENTITY_SERIAL;
    if (!i || !i->command)
        return;
    int n = take_write(i->command->write, i->command->text, identity->command);

    identity->kind = MAT_IDENTITY_COMMAND;
    identity->command_length = (uint8_t)(n > 0 ? n : 0);
    copy_text(identity->before, sizeof identity->before, i->command->before);
    copy_text(identity->after, sizeof identity->after, i->command->after);
}

static struct mat_field take_field(const struct file_field *f)
{
    struct mat_field none = {0};

    if (!f)
        return none;
    return (struct mat_field){.offset = (uint16_t)f->offset, .width = (uint8_t)f->width, .big_endian = f->big_endian};
}

static void take_markers(const struct file_fixed *f, struct mat_framing *framing)
{
    framing->header_length = take_marker(f->header, framing->header);
    framing->trailer_length = take_marker(f->trailer, framing->trailer);
    framing->length = f->length;
}

static void take_text(const struct file_text *t, struct mat_framing *framing)
{
    framing->length = t->length;
    framing->max_length = t->longest > t->length ? t->longest : t->length;
}

static void take_framing(const struct file_framing *f, struct mat_framing *framing)
{
    if (f && f->fixed) {
        framing->kind = MAT_FRAMING_FIXED;
        take_markers(f->fixed, framing);
    } else if (f && f->length) {
        framing->kind = MAT_FRAMING_LENGTH;
        framing->header_length = take_marker(f->length->header, framing->header);
        framing->trailer_length = take_marker(f->length->trailer, framing->trailer);
        framing->length_field = take_field(f->length->field);
        framing->length_unit = (uint16_t)f->length->unit;
        framing->length_adds = f->length->adds;
        framing->max_length = f->length->longest;
    } else if (f && f->delimiter) {
        framing->kind = MAT_FRAMING_DELIMITER;
        framing->header_length = take_marker(f->delimiter->bytes, framing->header);
        framing->length = f->delimiter->between + framing->header_length;
    } else if (f && f->slip) {
        framing->kind = MAT_FRAMING_SLIP;
        take_text(f->slip, framing);
    } else if (f && f->line) {
        framing->kind = MAT_FRAMING_LINE;
        take_text(f->line, framing);
    } else if (f && f->packet) {
        framing->kind = MAT_FRAMING_PACKET;
        take_markers(f->packet, framing);
    }
}

static void take_fields(const struct profile_file *file, struct mat_profile *p)
{
    const struct file_fields *f = file->fields;
    uint32_t header = p->framing.kind == MAT_FRAMING_DELIMITER ? 0 : p->framing.header_length;

    p->fields.sequence_step = 1;
    p->fields.tick_us = 1;
    if (f) {
        p->fields = (struct mat_header_fields){
            .sequence = take_field(f->sequence),
            .tick = take_field(f->tick),
            .start_index = take_field(f->start_index),
            .part = take_field(f->part),
            .parts = take_field(f->parts),
            .pad = take_field(f->pad),
            .rows = take_field(f->rows),
            .cols = take_field(f->cols),
            .cells = take_field(f->cells),
            .sequence_step = f->sequence ? f->sequence->step : 1,
            .tick_us = f->tick ? f->tick->us : 1,
            .sequence_counts_units = f->sequence_counts_units,
        };
    }
    p->fields.payload_offset = file->samples && file->samples->offset ? file->samples->offset : header;
    p->fields.payload_length = file->samples ? file->samples->bytes : 0;
}

static void take_integrity(const struct file_integrity *i, struct mat_integrity *integrity)
{
    integrity->kind = MAT_INTEGRITY_NONE;
    if (!i)
        return;
    *integrity = (struct mat_integrity){
        .kind = (enum mat_integrity_kind)i->kind,
        .polynomial = i->polynomial,
        .init = i->init,
        .final_xor = i->final_xor,
        .reflect_in = i->reflect_in,
        .reflect_out = i->reflect_out,
        .field = {.offset = (uint16_t)i->offset, .width = (uint8_t)i->width, .big_endian = i->big_endian},
        .from_end = i->from_end,
        .range_from = i->from,
        .range_to_end = i->to_end,
    };
}

static uint32_t largest(enum mat_sample_kind kind)
{
    switch (kind) {
    case MAT_SAMPLE_U8:
        return 255;
    case MAT_SAMPLE_I16LE:
    case MAT_SAMPLE_I16BE:
        return 32767;
    case MAT_SAMPLE_PACKED12:
        return 4095;
    case MAT_SAMPLE_U16LE:
    case MAT_SAMPLE_U16BE:
    case MAT_SAMPLE_ASCII:
        break;
    }
    return 65535;
}

static void take_samples(const struct file_samples *s, struct mat_samples *samples)
{
    if (!s)
        return;
    *samples = (struct mat_samples){
        .kind = (enum mat_sample_kind)s->kind,
        .mask = s->mask,
        .shift = (uint8_t)s->shift,
        .invert = s->invert,
        .full_scale = s->full_scale ? s->full_scale : largest((enum mat_sample_kind)s->kind),
        .missing = s->missing,
        .separator = s->separator ? s->separator[0] : ' ',
        .indexed = s->indexed,
    };
}

static void mark(struct mat_layout *l, const struct file_rectangle *list, uint32_t count, uint8_t what)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t r = list[i].row; r < list[i].row + list[i].rows && r < l->rows; r++)
            for (uint32_t c = list[i].col; c < list[i].col + list[i].cols && c < l->cols; c++)
                l->cell[(size_t)r * l->cols + c] = what;
}

static int take_cells(const struct file_layout *f, struct mat_layout *l)
{
    if (!f->dead_count && !f->missing_count)
        return 0;
    l->cell = calloc((size_t)l->rows * l->cols, 1);
    if (!l->cell)
        return -ENOMEM;
    mark(l, f->dead, f->dead_count, GAIT_CELL_DEAD);
    mark(l, f->missing, f->missing_count, GAIT_CELL_MISSING);
    return 0;
}

static int take_permutation(const struct file_layout *f, struct mat_layout *l)
{
    size_t cells = (size_t)l->rows * l->cols;
    bool given = f->permutation && f->permutation_count == cells;

    if (!given && f->formula != PROFILE_FORMULA_SERPENTINE)
        return 0;
    l->permutation = calloc(cells, sizeof *l->permutation);
    if (!l->permutation)
        return -ENOMEM;
    for (uint32_t r = 0; r < l->rows; r++)
        for (uint32_t c = 0; c < l->cols; c++) {
            size_t i = (size_t)r * l->cols + c;

            l->permutation[i] = given ? f->permutation[i] : r * l->cols + (r & 1 ? l->cols - 1 - c : c);
        }
    return 0;
}

static int take_layout(const struct file_layout *f, struct mat_layout *l)
{
    int r;

    if (!f || !f->rows || !f->cols || (uint64_t)f->rows * f->cols > GAIT_CELLS_MAX)
        return 0;
    *l = (struct mat_layout){
        .rows = f->rows,
        .cols = f->cols,
        .column_major = f->order == PROFILE_ORDER_COLUMNS,
        .flip_rows = f->flip_rows,
        .flip_cols = f->flip_cols,
        .rotate_deg = (uint16_t)f->rotate,
        .pitch_x_mm = f->pitch_x_mm,
        .pitch_y_mm = f->pitch_y_mm,
    };
    r = take_cells(f, l);
    return r < 0 ? r : take_permutation(f, l);
}

static void take_tiling(const struct file_tiling *f, struct mat_tiling *t)
{
    if (!f)
        return;
    t->rows = f->rows;
    t->cols = f->cols;
    for (uint32_t i = 0; i < f->pads_count && i < MAT_PADS_MAX; i++) {
        t->pad[i] = (struct mat_pad){.x_mm = f->pads[i].x_mm,
                                     .y_mm = f->pads[i].y_mm,
                                     .rotate_deg = (uint16_t)f->pads[i].rotate,
                                     .clock = f->pads[i].clock};
        copy_text(t->pad[i].id, sizeof t->pad[i].id, f->pads[i].id);
        t->count = (uint8_t)(i + 1);
    }
}

static void take_calibration(const struct file_calibration *f, struct mat_profile_calibration *c)
{
    c->power = 1;
    c->kPa_per_count = c->saturation_count = NAN;
    if (!f)
        return;
    c->power = f->power;
    c->rate_hz = f->rate_hz;
    c->needs_tare = f->needs_tare;
    if (f->kPa_per_count > 0)
        c->kPa_per_count = f->kPa_per_count;
    if (f->saturation_count > 0)
        c->saturation_count = f->saturation_count;
}

int profile_take(const struct profile_file *file, struct mat_profile *p)
{
    copy_text(p->name, sizeof p->name, file->name);
    copy_text(p->label, sizeof p->label, file->label);
    copy_text(p->driver, sizeof p->driver, file->driver);
    take_match(file, p);
    take_usb(file->usb, &p->usb);
    take_line(file->line, &p->line);
    take_steps(&file->init, &p->init);
    take_steps(&file->start, &p->start);
    take_steps(&file->stop, &p->stop);
    take_steps(&file->keep_alive, &p->keep_alive);
    take_steps(&file->poll, &p->poll);
    p->poll_each_frame = p->poll.count > 0;
    p->keep_alive_ms = p->keep_alive.count ? file->keep_alive_ms : 0;
    take_identity(file->identity, &p->identity);
    take_framing(file->framing, &p->framing);
    take_fields(file, p);
    take_integrity(file->integrity, &p->integrity);
    take_samples(file->samples, &p->samples);
    take_tiling(file->tiling, &p->tiling);
    take_calibration(file->calibration, &p->calibration);
    if (file->out_of_band) {
        p->out_of_band.prefix_length = take_marker(file->out_of_band->prefix, p->out_of_band.prefix);
        p->out_of_band.length = file->out_of_band->length;
    }
    return take_layout(file->layout, &p->layout);
}
