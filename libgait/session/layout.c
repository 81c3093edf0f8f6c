#include "session/layout.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void layout_group(char ret_group[24], const struct gait_journal_header *header)
{
    const char *part = gait_journal_header_get(header, "part");
    size_t n = part ? strlen(part) : 0;

    if (n == 0 || n > 4 || strspn(part, "0123456789") != n)
        snprintf(ret_group, 24, "/trial-%03u", header->trial);
    else
        snprintf(ret_group, 24, "/trial-%03u-%.4s", header->trial, part);
}

const char *layout_raw_unit(const struct gait_trial_state *state)
{
    const struct gait_calibration *c = &state->calibration;
    const bool as_given = !c->n_curve && c->kPa_per_count == 1 && strcmp(c->model, "identity") == 0;

    return state->geometry.dtype == GAIT_F32 && as_given ? "kPa" : "count";
}

const char *layout_path(const struct layout *l, char ret_path[H5_PATH_MAX], const char *name)
{
    snprintf(ret_path, H5_PATH_MAX, "%s/%s", l->group, name);
    return ret_path;
}

int layout_column(struct layout *l, const char *path, const char *scale, enum gait_pack_dtype dtype, uint64_t n,
                  const void *from, size_t stride, const char *units, const char *long_name)
{
    size_t size = gait_pack_dtype_size(dtype);
    _cleanup_free_ uint8_t *values = malloc(n ? n * size : 1);
    struct h5_array a = {path, dtype, 1, {n}, {scale}, units, long_name};

    if (!values)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint64_t i = 0; i < n; i++)
        memcpy(values + i * size, (const uint8_t *)from + i * stride, size);
    return scale ? h5_write(l->w, &a, values) : h5_write_scale(l->w, &a, values);
}

/* ---- words for bits and values ---- */

enum { WORDS_BYTES = 4096 };

/* A word as netCDF's flag_meanings want it: parted by single spaces. */
static void add_word(char *text, const char *word)
{
    size_t n = strlen(text);

    snprintf(text + n, WORDS_BYTES - n, "%s%s", n ? " " : "", word);
    for (char *p = text + n + (n ? 1 : 0); *p; p++) {
        if (*p == ' ')
            *p = '_';
    }
}

int layout_flag_bits(struct h5_writer *w, const char *path, layout_word *name_of_bit)
{
    char words[WORDS_BYTES] = "";
    uint32_t masks[32], n = 0;
    int r;

    for (uint32_t i = 0; i < 32; i++) {
        if (!name_of_bit(1u << i))
            continue;
        masks[n++] = 1u << i;
        add_word(words, name_of_bit(1u << i));
    }
    r = h5_attr_array(w, path, "flag_masks", GAIT_PACK_U32, n, masks);
    return r < 0 ? r : h5_attr_text(w, path, "flag_meanings", words);
}

int layout_flag_values(struct h5_writer *w, const char *path, uint32_t n, layout_word *name)
{
    char words[WORDS_BYTES] = "";
    uint8_t values[256];
    int r;

    for (uint32_t i = 0; i < n && i < 256; i++) {
        values[i] = (uint8_t)i;
        add_word(words, name(i));
    }
    r = h5_attr_array(w, path, "flag_values", GAIT_PACK_U8, n, values);
    return r < 0 ? r : h5_attr_text(w, path, "flag_meanings", words);
}

/* ---- the root and the trial's own group ---- */

static int add_free_fields(struct layout *l, const char *path)
{
    const struct gait_journal_header *h = &l->trial->t.header;
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < h->n_fields; i++)
        r = h5_attr_text(l->w, path, h->fields[i].key, h->fields[i].value);
    return r;
}

static int parameters(struct layout *l, const char *path)
{
    const struct gait_parameters *p = &l->trial->t.state.parameters;
    const struct {
        const char *name;
        double value;
    } row[] = {
        {"p_on_kPa", p->p_on_kPa},           {"p_off_kPa", p->p_off_kPa},
        {"event_force_N", p->event_force_N}, {"cop_force_N", p->cop_force_N},
        {"blob_gap_s", p->blob_gap_s},       {"closing_gap_s", p->closing_gap_s},
        {"min_force_N", p->min_force_N},     {"min_force_BW", p->min_force_BW},
        {"min_area_cm2", p->min_area_cm2},   {"min_cells", p->min_cells},
        {"standing_s", p->standing_s},       {"belt_speed_m_per_s", p->belt_speed_m_per_s},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(row) / sizeof(row[0]); i++) {
        char name[64];

        snprintf(name, sizeof(name), "parameters.%s", row[i].name);
        r = h5_attr_f64(l->w, path, name, row[i].value);
    }
    if (r == 0)
        r = h5_attr_text(l->w, path, "parameters.mat_mode", p->mat_mode == GAIT_MAT_SINGLE ? "single" : "multi");
    if (r == 0)
        r = h5_attr_text(l->w, path, "parameters.surface", p->surface == GAIT_TREADMILL ? "treadmill" : "overground");
    return r;
}

int layout_version(struct h5_writer *w)
{
    char version[16];

    snprintf(version, sizeof(version), "%d.%d", SESSION_MAJOR, SESSION_MINOR);
    return h5_attr_text(w, "/", "format_version", version);
}

int layout_root(struct layout *l)
{
    const struct gait_journal_header *h = &l->trial->t.header;
    struct h5_writer *w = l->w;
    int r = h5_attr_text(w, "/", "format", SESSION_FORMAT);

    if (r == 0)
        r = layout_version(w);
    if (r == 0)
        r = h5_attr_text(w, "/", "kind", "trial");
    if (r == 0)
        r = h5_attr_text(w, "/", "session", h->session);
    if (r == 0)
        r = h5_attr_text(w, "/", "subject", h->subject);
    if (r == 0)
        r = h5_attr_text(w, "/", "device", h->mat);
    if (r == 0)
        r = h5_attr_text(w, "/", "software", h->software);
    if (r == 0)
        r = h5_attr_u64(w, "/", "algorithm_version", l->trial->t.state.algorithm_version);
    return r == 0 ? parameters(l, "/") : r;
}

static int trial_texts(struct layout *l)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    const struct gait_journal_header *h = &t->header;
    char uuid[GAIT_UUID_TEXT + 1], continues[GAIT_UUID_TEXT + 1], start[40] = "";
    static const uint8_t none[GAIT_UUID_BYTES];
    time_t seconds = (time_t)(h->start_realtime_ns / 1000000000u);
    struct tm tm;
    size_t n;

    gait_uuid_text(h->uuid, uuid);
    gait_uuid_text(h->continues, continues);
    if (gmtime_r(&seconds, &tm)) {
        n = strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(start + n, sizeof(start) - n, ".%03uZ", (unsigned)(h->start_realtime_ns / 1000000u % 1000u));
    }
    const struct {
        const char *name, *text;
    } row[] = {
        {"uuid", uuid},
        {"session", h->session},
        {"subject", h->subject},
        {"mat", h->mat},
        {"condition", h->condition},
        {"timepoint", h->timepoint},
        {"software", h->software},
        {"start", start},
        {"end_why", t->ended ? t->end.why : "cut off"},
        {"continues", memcmp(h->continues, none, sizeof(none)) ? continues : ""},
        {"raw_unit", layout_raw_unit(&t->state)},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(row) / sizeof(row[0]); i++)
        r = h5_attr_text(l->w, l->group, row[i].name, row[i].text);
    return r;
}

static int trial_numbers(struct layout *l)
{
    const struct gait_recorded_trial *t = &l->trial->t;
    const struct {
        const char *name;
        uint64_t value;
    } row[] = {
        {"trial", t->header.trial},
        {"run", t->header.run},
        {"frames", t->frames},
        {"first_frame", t->header.first_frame},
        {"gap_device", t->gap_device},
        {"gap_ring", t->gap_ring},
        {"gap_damage", t->gap_damage},
        {"recovered", !t->ended},
        {"footfalls", t->n_footfalls},
        {"footfalls_dropped", t->end.footfalls_dropped},
        {"start_realtime_ns", t->header.start_realtime_ns},
        {"t0_mat_ns", l->t0_ns},
        {"algorithm_version", t->state.algorithm_version},
        {"journal_bad_bytes", t->bad_bytes},
        {"journal_torn_bytes", t->torn_bytes},
        {"journal_missing_records", t->missing_records},
    };
    int r = h5_attr_f64(l->w, l->group, "rate_hz", t->state.geometry.rate_hz);

    if (r == 0 && t->missing_kinds[0])
        r = h5_attr_text(l->w, l->group, "journal_missing_kinds", t->missing_kinds);
    for (size_t i = 0; r == 0 && i < sizeof(row) / sizeof(row[0]); i++)
        r = h5_attr_u64(l->w, l->group, row[i].name, row[i].value);
    return r;
}

int layout_axis(struct layout *l, const char *path, uint32_t n, double pitch_mm, const char *long_name)
{
    _cleanup_free_ double *centre = malloc(n * sizeof(*centre));

    if (!centre)
        return gait_error_set(l->w->err, -ENOMEM, "%s: no memory", l->w->name);
    for (uint32_t i = 0; i < n; i++)
        centre[i] = (i + 0.5) * pitch_mm;
    return layout_column(l, path, NULL, GAIT_PACK_F64, n, centre, sizeof(double), "mm", long_name);
}

static const char *cell_name(uint32_t i)
{
    static const char *const name[] = {"ok", "missing", "dead"};

    return name[i];
}

/* An array of one value a cell of the state, when there is one. */
static int state_cells(struct layout *l, const char *name, enum gait_pack_dtype dtype, const void *values,
                       const char *units, const char *long_name)
{
    const struct gait_geometry *g = &l->trial->t.state.geometry;
    char path[H5_PATH_MAX], y[H5_PATH_MAX], x[H5_PATH_MAX];
    struct h5_array a = {layout_path(l, path, name), dtype, 2, {g->rows, g->cols}, {NULL}, units, long_name};

    if (!values)
        return 0;
    a.scale[0] = layout_path(l, y, "y");
    a.scale[1] = layout_path(l, x, "x");
    return h5_write(l->w, &a, values);
}

static int state_curve(struct layout *l)
{
    const struct gait_calibration *c = &l->trial->t.state.calibration;
    char count[H5_PATH_MAX], kPa[H5_PATH_MAX];
    int r;

    if (c->n_curve == 0)
        return 0;
    r = layout_column(l, layout_path(l, count, "state/curve_count"), NULL, GAIT_PACK_F32, c->n_curve, c->curve_count, 4,
                      "count", "calibration curve: counts above the offset");
    if (r < 0)
        return r;
    return layout_column(l, layout_path(l, kPa, "state/curve_kPa"), count, GAIT_PACK_F32, c->n_curve, c->curve_kPa, 4,
                         "kPa", "calibration curve: pressure, linear between the points");
}

static int state_attributes(struct layout *l, const char *path)
{
    const struct gait_trial_state *s = &l->trial->t.state;
    const struct gait_calibration *c = &s->calibration;
    const struct {
        const char *name;
        double value;
    } row[] = {
        {"geometry.pitch_x_mm", s->geometry.pitch_x_mm},
        {"geometry.pitch_y_mm", s->geometry.pitch_y_mm},
        {"calibration.version", c->version},
        {"calibration.scale", c->scale},
        {"calibration.kPa_per_count", c->kPa_per_count},
        {"calibration.saturation_count", c->saturation_count},
        {"subject.mass_kg", s->subject.mass_kg},
        {"subject.stature_m", s->subject.stature_m},
        {"subject.foot_length_left_mm", s->subject.foot_length_mm[0]},
        {"subject.foot_length_right_mm", s->subject.foot_length_mm[1]},
        {"session.toe_out_left_deg", s->session.toe_out_deg[0]},
        {"session.toe_out_right_deg", s->session.toe_out_deg[1]},
        {"session.length_left_mm", s->session.length_mm[0]},
        {"session.length_right_mm", s->session.length_mm[1]},
    };
    int r = h5_attr_text(l->w, path, "calibration.model", c->model);

    if (r == 0)
        r = h5_attr_text(l->w, path, "calibration.serial", c->serial);
    if (r == 0)
        r = h5_attr_text(l->w, path, "calibration.date", c->date);
    for (size_t i = 0; r == 0 && i < sizeof(row) / sizeof(row[0]); i++)
        r = h5_attr_f64(l->w, path, row[i].name, row[i].value);
    return r == 0 ? parameters(l, path) : r;
}

static int state_group(struct layout *l)
{
    const struct gait_trial_state *s = &l->trial->t.state;
    char path[H5_PATH_MAX], cell[H5_PATH_MAX];
    int r = h5_group(l->w, layout_path(l, path, "state"));

    if (r == 0)
        r = state_attributes(l, path);
    if (r == 0)
        r = state_cells(l, "state/cell", GAIT_PACK_U8, s->geometry.cell, "1", "what stands at a place of the matrix");
    if (r == 0 && s->geometry.cell)
        r = layout_flag_values(l->w, layout_path(l, cell, "state/cell"), 3, cell_name);
    if (r == 0)
        r = state_cells(l, "state/offset", GAIT_PACK_F32, s->calibration.offset, "count", "offset of the tare");
    if (r == 0)
        r = state_cells(l, "state/gain", GAIT_PACK_F32, s->calibration.gain, "1", "equilibration gain");
    if (r == 0)
        r = state_cells(l, "state/sigma", GAIT_PACK_F32, s->calibration.sigma, "count", "noise of the tare");
    return r == 0 ? state_curve(l) : r;
}

int layout_start(struct layout *l)
{
    const struct gait_geometry *g = &l->trial->t.state.geometry;
    char path[H5_PATH_MAX];
    int r = h5_group(l->w, l->group);

    if (r == 0)
        r = add_free_fields(l, l->group);
    if (r == 0)
        r = trial_texts(l);
    if (r == 0)
        r = trial_numbers(l);
    if (r == 0)
        r = layout_axis(l, layout_path(l, path, "y"), g->rows, g->pitch_y_mm, "centre of the row, along the walkway");
    if (r == 0)
        r = layout_axis(l, layout_path(l, path, "x"), g->cols, g->pitch_x_mm, "centre of the column, across the mat");
    return r == 0 ? state_group(l) : r;
}
