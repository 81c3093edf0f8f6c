/*
 * Prints what our own reader makes of a journal, in the words of journal_reader.py: dump_journal FILE
 */
#include <math.h>
#include <stdio.h>

#include <jansson.h>

#include <gait/journal.h>

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *unsigned_of(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static void put_frame(json_t *to, const struct gait_journal_record *record)
{
    struct gait_journal_frame f;
    json_t *raw = json_array();

    if (gait_journal_frame(record, &f) < 0)
        return;
    json_object_set_new(to, "frame", unsigned_of(f.frame));
    json_object_set_new(to, "index", unsigned_of(f.meta.index));
    json_object_set_new(to, "seq", unsigned_of(f.meta.seq));
    json_object_set_new(to, "tick", unsigned_of(f.meta.tick));
    json_object_set_new(to, "t_arrival_ns", unsigned_of(f.meta.t_arrival_ns));
    json_object_set_new(to, "t_mat_ns", unsigned_of(f.meta.t_mat_ns));
    json_object_set_new(to, "t_ns", unsigned_of(f.meta.t_ns));
    json_object_set_new(to, "gap_device", unsigned_of(f.meta.gap_device));
    json_object_set_new(to, "gap_ring", unsigned_of(f.meta.gap_ring));
    json_object_set_new(to, "flags", unsigned_of(f.meta.flags));
    json_object_set_new(to, "force_N", number(f.numbers.force_N));
    json_object_set_new(to, "mean_kPa", number(f.numbers.mean_kPa));
    json_object_set_new(to, "cop_y_mm", number(f.numbers.cop_y_mm));
    json_object_set_new(to, "peak_cell", unsigned_of(f.numbers.peak_cell));
    json_object_set_new(to, "open_footfalls", unsigned_of(f.numbers.open_footfalls));
    for (size_t i = 0; i < f.raw_bytes / 2; i++)
        json_array_append_new(raw, unsigned_of(((const uint16_t *)f.raw)[i]));
    json_object_set_new(to, "raw", raw);
}

static void put_footfall(json_t *to, const struct gait_journal_record *record)
{
    struct gait_footfall *f;
    json_t *metric = json_object(), *reason = json_object(), *cop = json_array(), *picture = json_array();

    if (gait_footfall_unpack(record->payload, record->payload_bytes, &f) < 0)
        return;
    json_object_set_new(to, "id", unsigned_of(f->id));
    json_object_set_new(to, "side", unsigned_of(f->side));
    json_object_set_new(to, "flags", unsigned_of(f->flags));
    json_object_set_new(to, "ic_mat_ns", unsigned_of(f->ic_mat_ns));
    json_object_set_new(to, "axis_x", number(f->axis_x));
    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        json_object_set_new(metric, gait_metric_info((enum gait_metric)i)->name, number(f->value[i]));
        json_object_set_new(reason, gait_metric_info((enum gait_metric)i)->name, unsigned_of(f->reason[i]));
    }
    for (uint32_t i = 0; i < f->cop_frames; i++)
        json_array_append_new(cop, number(f->cop_x_mm[i]));
    for (uint32_t i = 0; i < f->rows * f->cols; i++)
        json_array_append_new(picture, number((double)f->picture_max_kPa[i]));
    json_object_set_new(to, "metric", metric);
    json_object_set_new(to, "metric_reason", reason);
    json_object_set_new(to, "cop_x_mm", cop);
    json_object_set_new(to, "picture_max_kPa", picture);
    gait_footfall_free(f);
}

static void put_state(json_t *to, const struct gait_journal_record *record)
{
    struct gait_trial_state s;

    if (gait_trial_state_unpack(record->payload, record->payload_bytes, &s) < 0)
        return;
    json_object_set_new(to, "geometry.rows", unsigned_of(s.geometry.rows));
    json_object_set_new(to, "geometry.pitch_y_mm", number(s.geometry.pitch_y_mm));
    json_object_set_new(to, "calibration.model", json_string(s.calibration.model));
    json_object_set_new(to, "calibration.scale", number(s.calibration.scale));
    json_object_set_new(to, "parameters.p_on_kPa", number(s.parameters.p_on_kPa));
    json_object_set_new(to, "subject.mass_kg", number(s.subject.mass_kg));
    gait_trial_state_done(&s);
}

static void put_header(json_t *to, const struct gait_journal_record *record)
{
    struct gait_journal_header h;

    if (gait_journal_header_unpack(record->payload, record->payload_bytes, &h) < 0)
        return;
    json_object_set_new(to, "session", json_string(h.session));
    json_object_set_new(to, "mat", json_string(h.mat));
    json_object_set_new(to, "trial", unsigned_of(h.trial));
    json_object_set_new(to, "field.note", json_string(gait_journal_header_get(&h, "note")));
    gait_journal_header_done(&h);
}

static json_t *record_of(const struct gait_journal_record *record)
{
    json_t *to = json_object();

    json_object_set_new(to, "number", unsigned_of(record->number));
    json_object_set_new(to, "type", json_string(gait_record_name(record->type)));
    json_object_set_new(to, "offset", unsigned_of(record->offset));
    json_object_set_new(to, "bytes", unsigned_of(record->payload_bytes));
    if (record->type == GAIT_RECORD_HEADER)
        put_header(to, record);
    else if (record->type == GAIT_RECORD_STATE)
        put_state(to, record);
    else if (record->type == GAIT_RECORD_FRAME)
        put_frame(to, record);
    else if (record->type == GAIT_RECORD_FOOTFALL)
        put_footfall(to, record);
    return to;
}

int main(int argc, char **argv)
{
    struct gait_journal_reader *reader;
    struct gait_journal_record record;
    struct gait_error err = {0};
    json_t *out = json_array();

    if (argc != 2 || gait_journal_open(argv[1], &reader, &err) < 0) {
        fprintf(stderr, "dump_journal: %s\n", argc == 2 ? err.text : "usage: dump_journal FILE");
        return 1;
    }
    while (gait_journal_next(reader, &record, &err) > 0)
        json_array_append_new(out, record_of(&record));
    json_dumpf(out, stdout, JSON_REAL_PRECISION(17));
    json_decref(out);
    gait_journal_reader_free(reader);
    return 0;
}
