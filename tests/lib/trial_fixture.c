#include "assert_close.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial_fixture.h"

void fixture_header(struct gait_journal_header *ret_header)
{
    struct gait_journal_header h = {
        .first_frame = 0,
        .trial = 3,
        .run = 2,
        .session = "2025-03-04-S017",
        .mat = "MAT%2F7",
        .subject = "S017",
        .condition = "barefoot",
        .timepoint = "pre1",
        .software = "gaitd 0.1.0",
        .start_realtime_ns = 1741080000123456789u,
    };

    for (uint8_t i = 0; i < GAIT_UUID_BYTES; i++)
        h.uuid[i] = (uint8_t)(0x10 + i);
    assert_int_equal(gait_journal_header_set(&h, "speed_source", "heel_points"), 0);
    assert_int_equal(gait_journal_header_set(&h, "note", "na\xC3\xAFve \xE2\x9C\x93"), 0);
    *ret_header = h;
}

static void fill_cells(struct gait_trial_state *s)
{
    size_t n = FIXTURE_ROWS * FIXTURE_COLS;

    s->geometry.cell = calloc(n, 1);
    s->calibration.offset = calloc(n, sizeof(float));
    s->calibration.gain = calloc(n, sizeof(float));
    s->calibration.sigma = calloc(n, sizeof(float));
    s->calibration.n_curve = 3;
    s->calibration.curve_count = calloc(3, sizeof(float));
    s->calibration.curve_kPa = calloc(3, sizeof(float));
    for (size_t i = 0; i < n; i++) {
        s->geometry.cell[i] = i == 5 ? GAIT_CELL_DEAD : i == 11 ? GAIT_CELL_MISSING : GAIT_CELL_OK;
        s->calibration.offset[i] = 0.25f * (float)i;
        s->calibration.gain[i] = 1 + 0.0625f * (float)i;
        s->calibration.sigma[i] = 0.5f;
    }
    for (uint32_t i = 0; i < 3; i++) {
        s->calibration.curve_count[i] = 100.0f * (float)i;
        s->calibration.curve_kPa[i] = 30.5f * (float)i;
    }
}

void fixture_state(struct gait_trial_state *ret_state)
{
    struct gait_trial_state s = {.algorithm_version = GAIT_ALGORITHM_VERSION};

    s.geometry = (struct gait_geometry){.rows = FIXTURE_ROWS,
                                        .cols = FIXTURE_COLS,
                                        .pitch_x_mm = 5.08,
                                        .pitch_y_mm = 7.62,
                                        .rate_hz = 100,
                                        .dtype = GAIT_U16};
    gait_calibration_identity(&s.calibration);
    fill_cells(&s);
    s.calibration.version = 7;
    strcpy(s.calibration.model, "table");
    strcpy(s.calibration.serial, "SN-0042");
    strcpy(s.calibration.date, "2025-03-01T10:00:00Z");
    s.calibration.scale = 1.03125;
    s.calibration.kPa_per_count = 0.3;
    s.calibration.saturation_count = 4095;
    gait_parameters_default(&s.parameters);
    s.parameters.p_on_kPa = 12.5;
    s.parameters.approach = GAIT_APPROACH_TWO_STEP;
    s.subject = (struct gait_subject){71.3, 1.78, {255.5, 257.25}};
    s.session = (struct gait_session_axis){{7.5, NAN}, {251.0, 252.5}, {4, 5}};
    *ret_state = s;
}

void fixture_frame(uint64_t number, struct fixture_frame *f)
{
    double x = (double)number;

    memset(f, 0, sizeof(*f));
    f->slot.raw = f->raw;
    f->slot.calibration_version = 7;
    f->slot.meta = (struct gait_frame_meta){
        .index = 1000 + number,
        .seq = 2000 + number,
        .tick = 3000 + number,
        .t_arrival_ns = 4000000000 + 10000000 * number,
        .t_mat_ns = 5000000000 + 10000000 * number,
        .t_ns = 6000000000 + 10000000 * number,
        .gap_device = number == 4 ? 2 : 0,
        .gap_ring = number == 5 ? 1 : 0,
        .connection = 1,
        .flags = number == 0 ? GAIT_FRAME_PRE_TRIGGER : 0,
    };
    f->slot.numbers = (struct gait_frame_numbers){x + 0.1,
                                                  x + 0.2,
                                                  x + 0.3,
                                                  number ? x + 0.4 : (double)NAN,
                                                  x + 0.5,
                                                  x + 0.6,
                                                  (uint32_t)number,
                                                  (uint32_t)number + 1,
                                                  number ? (uint32_t)number % 12 : UINT32_MAX,
                                                  (uint32_t)number % 2};
    for (uint32_t i = 0; i < FIXTURE_ROWS * FIXTURE_COLS; i++)
        f->raw[i] = (uint16_t)(number * 12 + i);
}

/* One double after another, none the same. */
static void fill_doubles(double *to, size_t n, double *next)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (*next += 1.0 / 3);
}

struct gait_footfall *fixture_footfall(uint32_t id)
{
    struct gait_footfall *f;
    double next = id * 1000.0;
    double *path[5];

    assert_int_equal(gait_footfall_new(6, 6, &f), 0);
    f->id = id;
    f->side = GAIT_SIDE_RIGHT;
    f->side_print = GAIT_SIDE_LEFT;
    f->gait_class = GAIT_CLASS_WALKING;
    f->valid = 1;
    f->flags = GAIT_FOOTFALL_GAP_FILLED | GAIT_FOOTFALL_COARSE_TIME;
    f->first_frame = 1;
    f->last_frame = 6;
    f->ic_mat_ns = 5012345678;
    f->to_mat_ns = 5056789012;
    f->ic_ns = 6012345678;
    fill_doubles(&f->heel_x_mm, 8, &next); /* heel, axis, origin, progression: eight doubles in a row */
    fill_doubles(f->value, GAIT_METRIC_COUNT, &next);
    f->value[3] = NAN;
    f->reason[3] = GAIT_REASON_GAP;
    fill_doubles(&f->region[0].cells, GAIT_REGION_COUNT * GAIT_REGION_COLUMNS, &next);
    fill_doubles(f->curve[0], GAIT_CURVE_COUNT * GAIT_CURVE_SAMPLES, &next);
    fill_doubles(&f->cpei_chord.x0, 20, &next);
    f->curve[6][0] = NAN;
    f->cop_frames = 6;
    path[0] = f->cop_t_s, path[1] = f->cop_x_mm, path[2] = f->cop_y_mm, path[3] = f->cop_force_N;
    path[4] = f->heel_force_N;
    for (int i = 0; i < 5; i++)
        fill_doubles(path[i], 6, &next);
    f->cop_x_mm[0] = f->cop_y_mm[0] = NAN;
    f->row0 = 1, f->col0 = 0, f->rows = 2, f->cols = 3;
    for (int i = 0; i < 6; i++) {
        f->picture_max_kPa[i] = 10.5f * (float)(i + 1);
        f->picture_mean_kPa[i] = 3.25f * (float)(i + 1);
    }
    return f;
}

struct gait_action fixture_action(void)
{
    return (struct gait_action){GAIT_ACTION_SET_SIDE, GAIT_SIDE_LEFT, 1, 6, 6070000000, "operator saw it"};
}

struct gait_event fixture_event(void)
{
    return (struct gait_event){6080000000, 7, "disk_low", "12 minutes left"};
}

struct gait_gap fixture_gap(void)
{
    return (struct gait_gap){8, 3, 4, 6090000000, "second path"};
}

struct gait_clock_record fixture_clock(void)
{
    return (struct gait_clock_record){
        {5999000000, 7999000000, 1741080000000000000u}, 0, "3a6f1c2e-0000-4000-8000-123456789abc"};
}

struct gait_end fixture_end(uint64_t frames, uint64_t footfalls)
{
    return (struct gait_end){frames, footfalls, 2, 1, 0, 6100000000, "stop", ""};
}

static void append_extras(struct gait_journal *j, unsigned i)
{
    if (i == 5) {
        struct gait_footfall *f = fixture_footfall(1);

        assert_int_equal(gait_journal_append_footfall(j, f), 0);
        gait_footfall_free(f);
    } else if (i == 6) {
        struct gait_action action = fixture_action();

        assert_int_equal(gait_journal_append_action(j, &action), 0);
    } else if (i == 7) {
        struct gait_event event = fixture_event();
        struct gait_gap gap = fixture_gap();

        assert_int_equal(gait_journal_append_event(j, &event), 0);
        assert_int_equal(gait_journal_append_gap(j, &gap), 0);
    }
}

static void append_start(struct gait_journal *j)
{
    struct gait_clock_record clock = fixture_clock();
    struct gait_trial_state state;

    fixture_state(&state);
    assert_int_equal(gait_journal_append_state(j, &state), 0);
    assert_int_equal(gait_journal_append_clock(j, &clock), 0);
    gait_trial_state_done(&state);
}

struct gait_frame_pads fixture_pads(uint64_t number)
{
    const uint32_t far = (uint32_t)(7 * number + 1);

    if (number == 5) /* its record was lost */
        return (struct gait_frame_pads){0};
    return (struct gait_frame_pads){.n = 3, .age_us = {0, 10007, number % 4 == 3 ? GAIT_PAD_MISSING : far}};
}

static void write_journal(const char *path, unsigned frames, bool tiled)
{
    struct gait_journal_header header;
    struct gait_end end = fixture_end(frames, frames > 5);
    struct gait_journal *j;
    struct fixture_frame f;

    fixture_header(&header);
    assert_int_equal(gait_journal_create(path, &header, NULL, &j, NULL), 0);
    gait_journal_header_done(&header);
    append_start(j);
    for (unsigned i = 0; i < frames; i++) {
        fixture_frame(i, &f);
        if (tiled)
            f.slot.meta.pads = fixture_pads(i);
        assert_int_equal(gait_journal_append_frame(j, &f.slot, sizeof(f.raw)), 0);
        append_extras(j, i);
    }
    assert_int_equal(gait_journal_append_end(j, &end), 0);
    assert_int_equal(gait_journal_close(j), 0);
}

void fixture_journal(const char *path, unsigned frames)
{
    write_journal(path, frames, false);
}

void fixture_tiled_journal(const char *path, unsigned frames)
{
    write_journal(path, frames, true);
}

void assert_same_frame(const struct gait_journal_frame *frame, const struct fixture_frame *expected)
{
    assert_memory_equal(&frame->meta, &expected->slot.meta, sizeof(frame->meta));
    assert_memory_equal(&frame->numbers, &expected->slot.numbers, sizeof(frame->numbers));
    assert_int_equal(frame->calibration_version, expected->slot.calibration_version);
    assert_int_equal(frame->raw_bytes, sizeof(expected->raw));
    assert_memory_equal(frame->raw, expected->raw, sizeof(expected->raw));
}

void assert_same_footfall(const struct gait_footfall *a, const struct gait_footfall *b)
{
    size_t head = offsetof(struct gait_footfall, cop_frames);

    assert_memory_equal(a, b, head);
    assert_int_equal(a->cop_frames, b->cop_frames);
    assert_memory_equal(a->cop_t_s, b->cop_t_s, 8 * b->cop_frames);
    assert_memory_equal(a->cop_x_mm, b->cop_x_mm, 8 * b->cop_frames);
    assert_memory_equal(a->cop_y_mm, b->cop_y_mm, 8 * b->cop_frames);
    assert_memory_equal(a->cop_force_N, b->cop_force_N, 8 * b->cop_frames);
    assert_memory_equal(a->heel_force_N, b->heel_force_N, 8 * b->cop_frames);
    assert_int_equal(a->row0, b->row0);
    assert_int_equal(a->col0, b->col0);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->cols, b->cols);
    assert_memory_equal(a->picture_max_kPa, b->picture_max_kPa, 4 * b->rows * b->cols);
    assert_memory_equal(a->picture_mean_kPa, b->picture_mean_kPa, 4 * b->rows * b->cols);
}

static void assert_same_array(const void *a, const void *b, size_t n)
{
    assert_int_equal(a != NULL, b != NULL);
    if (b)
        assert_memory_equal(a, b, n);
}

/* Member by member where the struct has padding. */
static void assert_same_parameters(const struct gait_parameters *a, const struct gait_parameters *b)
{
    assert_memory_equal(a, b, offsetof(struct gait_parameters, min_cells));
    assert_int_equal(a->min_cells, b->min_cells);
    assert_same_bits(a->standing_s, b->standing_s);
    assert_int_equal(a->mat_mode, b->mat_mode);
    assert_int_equal(a->surface, b->surface);
    assert_int_equal(a->approach, b->approach);
    assert_same_bits(a->belt_speed_m_per_s, b->belt_speed_m_per_s);
}

void assert_same_state(const struct gait_trial_state *a, const struct gait_trial_state *b)
{
    const struct gait_calibration *c = &a->calibration, *d = &b->calibration;
    size_t n = gait_geometry_cells(&b->geometry);

    assert_int_equal(a->algorithm_version, b->algorithm_version);
    assert_true(gait_geometry_equal(&a->geometry, &b->geometry));
    assert_same_bits(a->geometry.rate_hz, b->geometry.rate_hz);
    assert_int_equal(c->version, d->version);
    assert_string_equal(c->model, d->model);
    assert_string_equal(c->serial, d->serial);
    assert_string_equal(c->date, d->date);
    assert_same_bits(c->scale, d->scale);
    assert_same_bits(c->kPa_per_count, d->kPa_per_count);
    assert_same_bits(c->saturation_count, d->saturation_count);
    assert_int_equal(c->n_curve, d->n_curve);
    assert_same_array(c->curve_count, d->curve_count, 4 * d->n_curve);
    assert_same_array(c->curve_kPa, d->curve_kPa, 4 * d->n_curve);
    assert_same_array(c->offset, d->offset, 4 * n);
    assert_same_array(c->gain, d->gain, 4 * n);
    assert_same_array(c->sigma, d->sigma, 4 * n);
    assert_same_parameters(&a->parameters, &b->parameters);
    assert_memory_equal(&a->subject, &b->subject, sizeof(a->subject));
    assert_memory_equal(&a->session, &b->session, sizeof(a->session));
}

void assert_same_header(const struct gait_journal_header *a, const struct gait_journal_header *b)
{
    assert_memory_equal(a->uuid, b->uuid, GAIT_UUID_BYTES);
    assert_memory_equal(a->continues, b->continues, GAIT_UUID_BYTES);
    assert_int_equal(a->first_frame, b->first_frame);
    assert_int_equal(a->trial, b->trial);
    assert_int_equal(a->run, b->run);
    assert_string_equal(a->session, b->session);
    assert_string_equal(a->mat, b->mat);
    assert_string_equal(a->subject, b->subject);
    assert_string_equal(a->condition, b->condition);
    assert_string_equal(a->timepoint, b->timepoint);
    assert_string_equal(a->software, b->software);
    assert_int_equal(a->start_realtime_ns, b->start_realtime_ns);
    assert_int_equal(a->n_fields, b->n_fields);
    for (uint32_t i = 0; i < b->n_fields; i++) {
        assert_string_equal(a->fields[i].key, b->fields[i].key);
        assert_string_equal(a->fields[i].value, b->fields[i].value);
    }
}

void fixture_folder(char ret_path[64])
{
    strcpy(ret_path, "/tmp/gait-test-XXXXXX");
    assert_non_null(mkdtemp(ret_path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void fixture_remove(const char *folder)
{
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
