/* What each key may be stands in the table; here is what does not belong together. Nothing is judged that rests on a key with a mistake in it. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mats/chips.h"
#include "mats/framer_internal.h"
#include "mats/profile_file.h"

struct rules {
    const struct profile_file *file;
    const struct mat_profile *p;
    struct yaml_check *check;
};

static void judge_name(const struct rules *r, const char *path, const char *name)
{
    if (!yaml_written(r->check, path))
        return;
    for (const char *c = name; *c; c++) {
        if (islower((unsigned char)*c) || isdigit((unsigned char)*c) || (*c == '-' && c > name))
            continue;
        yaml_fault(r->check, path, "%s is '%s': it must be of a-z, 0-9 and '-'", path, name);
        return;
    }
}

static void judge_match(const struct rules *r)
{
    for (uint8_t i = 0; i < r->p->matches; i++) {
        const struct mat_match *m = &r->p->match[i];
        const char *chip = mat_generic_chip(m->vid, m->pid);
        char path[96];

        snprintf(path, sizeof path, "match[%u]", i);
        if (chip && !m->generic_bridge && !m->product[0] && yaml_good(r->check, path))
            yaml_fault(r->check, path,
                       "%04x:%04x is a chip that anybody's device may have (%s): add generic: true, or the product "
                       "string",
                       m->vid, m->pid, chip);
    }
}

static void judge_usb(const struct rules *r)
{
    const struct mat_usb_layout *u = &r->p->usb;

    if (!yaml_good(r->check, "usb") || !yaml_good(r->check, "line"))
        return;
    if (u->bridge && u->kind != MAT_TRANSFER_BULK)
        yaml_fault(r->check, "usb.transfer", "transfer must be bulk behind a bridge chip");
    if (u->bridge && u->bridge != MAT_BRIDGE_CDC_ACM && !r->file->line)
        yaml_fault(r->check, "usb.bridge", "a bridge chip needs line: with its baud");
    if (!u->bridge && r->file->line)
        yaml_fault(r->check, "line", "line belongs to a bridge chip: write usb: { bridge: ... } or drop it");
    for (unsigned i = 0; i < 2; i++)
        if (u->endpoint_in[i] && !(u->endpoint_in[i] & 0x80))
            yaml_fault(r->check, i ? "usb.endpoint_in_2" : "usb.endpoint_in",
                       "0x%02x is an OUT address: IN addresses are 0x81 to 0x8f", u->endpoint_in[i]);
    if (u->endpoint_out & 0x80)
        yaml_fault(r->check, "usb.endpoint_out", "0x%02x is an IN address: OUT addresses are 0x01 to 0x0f",
                   u->endpoint_out);
    if (u->endpoints == 2 && yaml_good(r->check, "fields") && !r->p->fields.sequence.width)
        yaml_fault(r->check, "usb.two_endpoints", "two endpoints are paired by fields: { sequence: ... }");
}

static void judge_steps(const struct rules *r, const char *name, const struct file_steps *steps)
{
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct file_step *s = &steps->step[i];
        uint8_t a[MAT_STEP_BYTES_MAX], b[MAT_STEP_BYTES_MAX];
        char path[96];

        snprintf(path, sizeof path, "%s[%u]", name, i);
        if (!yaml_good(r->check, path))
            continue;
        if (s->expect && s->expect->mask &&
            yaml_bytes(s->expect->bytes, a, sizeof a) != yaml_bytes(s->expect->mask, b, sizeof b))
            yaml_fault(r->check, path, "mask must have as many bytes as bytes");
        if (s->control && s->control->bytes && s->control->request_type & 0x80)
            yaml_fault(r->check, path, "request_type 0x%02x reads: write length, not bytes", s->control->request_type);
    }
}

static void judge_identity(const struct rules *r)
{
    const struct file_command *c = r->file->identity ? r->file->identity->command : NULL;

    if (!c || !yaml_good(r->check, "identity"))
        return;
    if (!c->write == !c->text)
        yaml_fault(r->check, "identity.command", "write or text is needed, one of them");
}

/* How long a unit is, when that is known. */
static uint32_t unit_length(const struct mat_profile *p)
{
    return p->framing.length;
}

static void judge_framing(const struct rules *r)
{
    const struct mat_framing *f = &r->p->framing;

    if (!r->file->framing) {
        if (yaml_good(r->check, "framing"))
            yaml_fault(r->check, "framing", "framing is missing: how a frame begins and ends");
        return;
    }
    if (!yaml_good(r->check, "framing"))
        return;
    if (f->kind == MAT_FRAMING_FIXED && !f->header_length && !f->trailer_length)
        yaml_fault(r->check, "framing.fixed", "header or trailer is needed: a frame must be found by something");
    if (f->kind == MAT_FRAMING_FIXED && f->length <= (uint32_t)f->header_length + f->trailer_length)
        yaml_fault(r->check, "framing.fixed.length", "length is %u: header and trailer alone are %u bytes", f->length,
                   f->header_length + f->trailer_length);
    if (f->kind == MAT_FRAMING_LENGTH && (uint32_t)f->length_field.offset + f->length_field.width > f->max_length)
        yaml_fault(r->check, "framing.length.field", "the length field ends at byte %u: longest is %u",
                   f->length_field.offset + f->length_field.width, f->max_length);
    if ((f->kind == MAT_FRAMING_SLIP || f->kind == MAT_FRAMING_LINE) && !f->length && !f->max_length)
        yaml_fault(r->check, f->kind == MAT_FRAMING_SLIP ? "framing.slip" : "framing.line",
                   "length or longest is needed: a unit without an end must not fill the memory");
}

static void judge_field(const struct rules *r, const char *path, const struct mat_field *f)
{
    uint32_t length = unit_length(r->p);

    if (!f->width || !yaml_good(r->check, path))
        return;
    if (f->width > 4 && f->width != 8)
        yaml_fault(r->check, path, "width is %u: it must be 1, 2, 3, 4 or 8", f->width);
    if (length && yaml_good(r->check, "framing") && (uint32_t)f->offset + f->width > length)
        yaml_fault(r->check, path, "the field ends at byte %u: the frame has %u", f->offset + f->width, length);
}

static void judge_fields(const struct rules *r)
{
    const struct mat_header_fields *f = &r->p->fields;

    judge_field(r, "fields.sequence", &f->sequence);
    judge_field(r, "fields.tick", &f->tick);
    judge_field(r, "fields.start_index", &f->start_index);
    judge_field(r, "fields.part", &f->part);
    judge_field(r, "fields.parts", &f->parts);
    judge_field(r, "fields.pad", &f->pad);
    judge_field(r, "fields.rows", &f->rows);
    judge_field(r, "fields.cols", &f->cols);
    judge_field(r, "fields.cells", &f->cells);
    if (f->part.width && !f->parts.width)
        yaml_fault(r->check, "fields.part", "part needs parts beside it");
    if (f->pad.width && (f->part.width || f->parts.width || f->start_index.width))
        yaml_fault(r->check, "fields.pad", "pad stands in the place of part, parts and start_index: keep one");
    if (f->sequence_counts_units && !f->start_index.width)
        yaml_fault(r->check, "fields.sequence_counts_units", "this is for frames in pieces: start_index is needed");
}

static void judge_integrity(const struct rules *r)
{
    const struct mat_integrity *i = &r->p->integrity;
    uint32_t length = unit_length(r->p);
    unsigned width = i->kind == MAT_INTEGRITY_CRC32 ? 4 : i->kind == MAT_INTEGRITY_CRC16 ? 2 : 1;

    if (i->kind == MAT_INTEGRITY_NONE || !yaml_good(r->check, "integrity"))
        return;
    if (i->field.width != width)
        yaml_fault(r->check, "integrity.width", "width is %u: this checksum has %u", i->field.width, width);
    if (i->kind >= MAT_INTEGRITY_CRC16 && !i->polynomial)
        yaml_fault(r->check, "integrity.polynomial", "a CRC needs its polynomial, as in 0x1021");
    if (i->from_end && i->field.offset < i->field.width)
        yaml_fault(r->check, "integrity.offset", "offset is %u from the end: the checksum has %u bytes",
                   i->field.offset, i->field.width);
    if (!length || !yaml_good(r->check, "framing"))
        return;
    if (i->from_end ? i->field.offset > length : (uint32_t)i->field.offset + i->field.width > length)
        yaml_fault(r->check, "integrity.offset", "the checksum lies outside the frame of %u bytes", length);
    if ((uint64_t)i->range_from + i->range_to_end >= length)
        yaml_fault(r->check, "integrity.from", "from and to_end leave nothing of the frame's %u bytes", length);
}

static void judge_samples(const struct rules *r)
{
    const struct mat_samples *s = &r->p->samples;
    bool line = r->p->framing.kind == MAT_FRAMING_LINE, ascii = s->kind == MAT_SAMPLE_ASCII;

    if (!r->file->samples) {
        if (yaml_good(r->check, "samples"))
            yaml_fault(r->check, "samples", "samples is missing: the type of the values");
        return;
    }
    if (!yaml_good(r->check, "samples"))
        return;
    if (yaml_good(r->check, "framing") && r->file->framing && line != ascii)
        yaml_fault(r->check, "samples.kind",
                   line ? "lines of text have ascii samples" : "ascii samples come in lines: framing must be line");
    if (!ascii && (s->indexed || r->file->samples->separator))
        yaml_fault(r->check, "samples.kind", "separator and indexed belong to ascii samples");
    if (s->kind == MAT_SAMPLE_U8 && s->full_scale > 255)
        yaml_fault(r->check, "samples.full_scale", "full_scale is %u: u8 holds at most 255", s->full_scale);
    if ((s->kind == MAT_SAMPLE_I16LE || s->kind == MAT_SAMPLE_I16BE) && s->full_scale > 32767)
        yaml_fault(r->check, "samples.full_scale", "full_scale is %u: i16 holds at most 32767", s->full_scale);
    if (s->kind == MAT_SAMPLE_PACKED12 && s->full_scale > 4095)
        yaml_fault(r->check, "samples.full_scale", "full_scale is %u: 12 bits hold at most 4095", s->full_scale);
}

static bool right_angle(uint32_t deg)
{
    return deg == 0 || deg == 90 || deg == 180 || deg == 270;
}

static void judge_permutation(const struct rules *r)
{
    const struct file_layout *f = r->file->layout;
    uint64_t cells = (uint64_t)f->rows * f->cols;

    if (!f->permutation_count)
        return;
    if (f->formula)
        yaml_fault(r->check, "layout.formula", "formula and permutation exclude each other: keep one");
    if (f->permutation_count != cells) {
        yaml_fault(r->check, "layout.permutation", "permutation has %u entries: %u x %u cells need %llu",
                   f->permutation_count, f->rows, f->cols, (unsigned long long)cells);
        return;
    }
    uint8_t *seen = calloc(cells, 1);
    for (uint32_t i = 0; seen && i < cells; i++) {
        uint32_t s = f->permutation[i];

        if (s >= cells || seen[s]++) {
            yaml_fault(r->check, "layout.permutation", "entry %u is %u: %s", i, s,
                       s >= cells ? "there is no such sample" : "that sample has a cell already");
            break;
        }
    }
    free(seen);
}

static void judge_rectangles(const struct rules *r, const char *name, const struct file_rectangle *list, uint32_t count)
{
    const struct file_layout *f = r->file->layout;

    for (uint32_t i = 0; i < count; i++) {
        char path[96];

        snprintf(path, sizeof path, "layout.%s[%u]", name, i);
        if (list[i].row + list[i].rows > f->rows || list[i].col + list[i].cols > f->cols)
            yaml_fault(r->check, path, "reaches row %u, column %u: the mat has %u x %u", list[i].row + list[i].rows - 1,
                       list[i].col + list[i].cols - 1, f->rows, f->cols);
    }
}

static void judge_layout(const struct rules *r)
{
    const struct file_layout *f = r->file->layout;

    if (!f || !yaml_good(r->check, "layout"))
        return;
    if ((uint64_t)f->rows * f->cols > GAIT_CELLS_MAX)
        yaml_fault(r->check, "layout.rows", "%u x %u cells: at most %d are read", f->rows, f->cols, GAIT_CELLS_MAX);
    if (!right_angle(f->rotate))
        yaml_fault(r->check, "layout.rotate", "rotate is %u: it must be 0, 90, 180 or 270", f->rotate);
    judge_permutation(r);
    judge_rectangles(r, "dead", f->dead, f->dead_count);
    judge_rectangles(r, "missing", f->missing, f->missing_count);
}

/* The place that says how many bytes a frame has. */
static const char *length_path(const struct mat_profile *p)
{
    static const char *const path[] = {
        "framing",      "framing.fixed.length", "framing.length",       "framing.delimiter.between",
        "framing.slip", "framing.line",         "framing.packet.length"};
    return path[p->framing.kind];
}

static uint32_t sample_bytes(const struct mat_profile *p)
{
    uint32_t length = unit_length(p), tail = p->framing.trailer_length, at = p->fields.payload_offset;

    if (p->fields.payload_length)
        return p->fields.payload_length;
    if (p->framing.kind == MAT_FRAMING_DELIMITER)
        tail = p->framing.header_length;
    if (p->integrity.kind > MAT_INTEGRITY_NONE && p->integrity.from_end && p->integrity.field.offset > tail)
        tail = p->integrity.field.offset;
    return length > at + tail ? length - at - tail : 0;
}

/* Do rows x cols samples fill the frame exactly? */
static void judge_size(const struct rules *r)
{
    const struct mat_profile *p = r->p;
    uint64_t cells = (uint64_t)p->layout.rows * p->layout.cols;
    const char *path = length_path(p);

    if (!unit_length(p) || !cells || p->samples.kind == MAT_SAMPLE_ASCII || !r->file->samples ||
        !yaml_good(r->check, "framing") || !yaml_good(r->check, "samples") || !yaml_good(r->check, "layout") ||
        !yaml_good(r->check, "integrity"))
        return;
    uint32_t bytes = sample_bytes(p), n = mat_samples_in(&p->samples, bytes);
    if ((uint64_t)p->fields.payload_offset + bytes > unit_length(p)) {
        yaml_fault(r->check, "samples", "the samples end at byte %u: the frame has %u",
                   p->fields.payload_offset + bytes, unit_length(p));
        return;
    }
    bool pieces = p->fields.parts.width || p->fields.start_index.width || p->fields.pad.width;
    if (pieces ? (n && n <= cells && cells % n == 0) : n == cells)
        return;
    yaml_fault(r->check, path, "a frame of %u bytes has room for %u samples: %u x %u cells %s", unit_length(p), n,
               p->layout.rows, p->layout.cols, pieces ? "must be a multiple of it" : "need another length");
}

static void judge_out_of_band(const struct rules *r)
{
    const struct mat_framing *f = &r->p->framing;
    bool led = f->header_length && (f->kind == MAT_FRAMING_FIXED || f->kind == MAT_FRAMING_LENGTH);

    if (!r->file->out_of_band || !yaml_good(r->check, "out_of_band") || !yaml_good(r->check, "framing"))
        return;
    if (!led)
        yaml_fault(r->check, "out_of_band", "replies can be told from frames only where frames begin with a header");
    if (r->p->out_of_band.length < r->p->out_of_band.prefix_length)
        yaml_fault(r->check, "out_of_band.length", "length is %u: the prefix alone has %u bytes",
                   r->p->out_of_band.length, r->p->out_of_band.prefix_length);
}

static bool on_grid(double mm, double pitch_mm)
{
    double cells = mm / pitch_mm;

    return fabs(cells - round(cells)) < 1e-6;
}

static void judge_pad(const struct rules *r, unsigned i)
{
    const struct mat_pad *pad = &r->p->tiling.pad[i];
    const struct mat_layout *l = &r->p->layout;
    bool turned = pad->rotate_deg == 90 || pad->rotate_deg == 270;
    double rows = turned ? l->cols : l->rows, cols = turned ? l->rows : l->cols;
    char path[96];

    snprintf(path, sizeof path, "tiling.pads[%u]", i);
    if (!right_angle(pad->rotate_deg))
        yaml_fault(r->check, path, "rotate is %u: it must be 0, 90, 180 or 270", pad->rotate_deg);
    else if (turned && l->pitch_x_mm != l->pitch_y_mm)
        yaml_fault(r->check, path, "a pad whose cells are not square cannot be turned by %u degrees", pad->rotate_deg);
    else if (!on_grid(pad->x_mm, l->pitch_x_mm) || !on_grid(pad->y_mm, l->pitch_y_mm))
        yaml_fault(r->check, path, "%g, %g mm is no multiple of the pitch (%g x %g mm)", pad->x_mm, pad->y_mm,
                   l->pitch_x_mm, l->pitch_y_mm);
    else if (pad->x_mm / l->pitch_x_mm + cols > r->p->tiling.cols + 1e-6 ||
             pad->y_mm / l->pitch_y_mm + rows > r->p->tiling.rows + 1e-6)
        yaml_fault(r->check, path, "the pad reaches beyond the tiled mat of %u x %u cells", r->p->tiling.rows,
                   r->p->tiling.cols);
}

static void judge_tiling(const struct rules *r)
{
    const struct mat_tiling *t = &r->p->tiling;
    unsigned clocks = 0;

    if (!t->count || !yaml_good(r->check, "tiling") || !yaml_good(r->check, "layout"))
        return;
    if ((uint64_t)t->rows * t->cols > GAIT_CELLS_MAX)
        yaml_fault(r->check, "tiling.rows", "%u x %u cells: at most %d are read", t->rows, t->cols, GAIT_CELLS_MAX);
    for (unsigned i = 0; i < t->count; i++) {
        clocks += t->pad[i].clock;
        judge_pad(r, i);
        for (unsigned k = 0; k < i; k++)
            if (!strcmp(t->pad[i].id, t->pad[k].id))
                yaml_fault(r->check, "tiling.pads", "pads %u and %u have the same id: each needs its own", k, i);
    }
    if (clocks != 1)
        yaml_fault(r->check, "tiling.pads", "%u pads have clock: true: exactly one sets the pace", clocks);
}

void profile_rules(const struct profile_file *file, const struct mat_profile *profile, struct yaml_check *check)
{
    struct rules r = {.file = file, .p = profile, .check = check};

    judge_name(&r, "name", profile->name);
    judge_name(&r, "driver", profile->driver);
    judge_match(&r);
    judge_usb(&r);
    judge_steps(&r, "init", &file->init);
    judge_steps(&r, "start", &file->start);
    judge_steps(&r, "stop", &file->stop);
    judge_steps(&r, "keep_alive", &file->keep_alive);
    judge_steps(&r, "poll", &file->poll);
    judge_identity(&r);
    judge_layout(&r);
    judge_tiling(&r);
    if (yaml_good(check, "driver") && strcmp(profile->driver, "profile") != 0)
        return; /* a driver in code knows its frames itself */
    judge_framing(&r);
    judge_fields(&r);
    judge_integrity(&r);
    judge_samples(&r);
    judge_size(&r);
    judge_out_of_band(&r);
}
