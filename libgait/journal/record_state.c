#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/record.h"
#include "journal/record_fields.h"

#define AT(name, dtype, count, member)                                \
    {                                                                 \
        name, dtype, count, offsetof(struct gait_trial_state, member) \
    }

_Static_assert(sizeof(enum gait_dtype) == 4 && sizeof(enum gait_mat_mode) == 4 && sizeof(enum gait_surface) == 4 &&
                   sizeof(enum gait_approach) == 4,
               "enums are stored as u32");

/* Everything but the arrays whose sizes depend on the state itself. */
static const struct record_field fields[] = {
    AT("algorithm_version", GAIT_PACK_U32, 0, algorithm_version),
    AT("geometry.rows", GAIT_PACK_U32, 0, geometry.rows),
    AT("geometry.cols", GAIT_PACK_U32, 0, geometry.cols),
    AT("geometry.pitch_x_mm", GAIT_PACK_F64, 0, geometry.pitch_x_mm),
    AT("geometry.pitch_y_mm", GAIT_PACK_F64, 0, geometry.pitch_y_mm),
    AT("geometry.rate_hz", GAIT_PACK_F64, 0, geometry.rate_hz),
    AT("geometry.dtype", GAIT_PACK_U32, 0, geometry.dtype),
    AT("calibration.version", GAIT_PACK_U32, 0, calibration.version),
    AT("calibration.model", GAIT_PACK_UTF8, sizeof(((struct gait_calibration *)0)->model), calibration.model),
    AT("calibration.serial", GAIT_PACK_UTF8, GAIT_CALIBRATION_TEXT_MAX, calibration.serial),
    AT("calibration.date", GAIT_PACK_UTF8, sizeof(((struct gait_calibration *)0)->date), calibration.date),
    AT("calibration.scale", GAIT_PACK_F64, 0, calibration.scale),
    AT("calibration.kPa_per_count", GAIT_PACK_F64, 0, calibration.kPa_per_count),
    AT("calibration.saturation_count", GAIT_PACK_F64, 0, calibration.saturation_count),
    AT("parameters.p_on_kPa", GAIT_PACK_F64, 0, parameters.p_on_kPa),
    AT("parameters.p_off_kPa", GAIT_PACK_F64, 0, parameters.p_off_kPa),
    AT("parameters.event_force_N", GAIT_PACK_F64, 0, parameters.event_force_N),
    AT("parameters.cop_force_N", GAIT_PACK_F64, 0, parameters.cop_force_N),
    AT("parameters.blob_gap_s", GAIT_PACK_F64, 0, parameters.blob_gap_s),
    AT("parameters.closing_gap_s", GAIT_PACK_F64, 0, parameters.closing_gap_s),
    AT("parameters.min_force_N", GAIT_PACK_F64, 0, parameters.min_force_N),
    AT("parameters.min_force_BW", GAIT_PACK_F64, 0, parameters.min_force_BW),
    AT("parameters.min_area_cm2", GAIT_PACK_F64, 0, parameters.min_area_cm2),
    AT("parameters.min_cells", GAIT_PACK_U32, 0, parameters.min_cells),
    AT("parameters.standing_s", GAIT_PACK_F64, 0, parameters.standing_s),
    AT("parameters.mat_mode", GAIT_PACK_U32, 0, parameters.mat_mode),
    AT("parameters.surface", GAIT_PACK_U32, 0, parameters.surface),
    AT("parameters.approach", GAIT_PACK_U32, 0, parameters.approach),
    AT("parameters.belt_speed_m_per_s", GAIT_PACK_F64, 0, parameters.belt_speed_m_per_s),
    AT("subject.mass_kg", GAIT_PACK_F64, 0, subject.mass_kg),
    AT("subject.stature_m", GAIT_PACK_F64, 0, subject.stature_m),
    AT("subject.foot_length_mm", GAIT_PACK_F64, 2, subject.foot_length_mm),
    AT("session.toe_out_deg", GAIT_PACK_F64, 2, session.toe_out_deg),
    AT("session.length_mm", GAIT_PACK_F64, 2, session.length_mm),
    AT("session.steps", GAIT_PACK_U32, 2, session.steps),
};

static void pack_cells(struct gait_pack *pack, const char *name, enum gait_pack_dtype dtype,
                       const struct gait_geometry *g, const void *values)
{
    if (values)
        gait_pack_array(pack, name, dtype, 2, (uint32_t[]){g->rows, g->cols}, values);
}

int gait_trial_state_pack(struct gait_pack *pack, const struct gait_trial_state *state)
{
    const struct gait_geometry *g = &state->geometry;
    const struct gait_calibration *c = &state->calibration;

    record_fields_pack(pack, fields, FIELDS_COUNT(fields), state);
    pack_cells(pack, "geometry.cell", GAIT_PACK_U8, g, g->cell);
    pack_cells(pack, "calibration.offset", GAIT_PACK_F32, g, c->offset);
    pack_cells(pack, "calibration.gain", GAIT_PACK_F32, g, c->gain);
    pack_cells(pack, "calibration.sigma", GAIT_PACK_F32, g, c->sigma);
    if (c->n_curve) {
        gait_pack_array(pack, "calibration.curve_count", GAIT_PACK_F32, 1, &c->n_curve, c->curve_count);
        gait_pack_array(pack, "calibration.curve_kPa", GAIT_PACK_F32, 1, &c->n_curve, c->curve_kPa);
    }
    return gait_pack_error(pack);
}

/* A copy of an array that may be missing (then *ret stays NULL) but never of another type or size. */
static int unpack_values(const void *bytes, size_t n, const char *name, enum gait_pack_dtype dtype, size_t count,
                         void *ret)
{
    struct gait_pack_item item;
    void *values;
    int r = gait_pack_find(bytes, n, name, &item);

    if (r == -ENOENT)
        return 0;
    if (r < 0 || item.dtype != dtype || item.count != count)
        return -EBADMSG;
    values = malloc(count ? count * gait_pack_dtype_size(dtype) : 1);
    if (!values)
        return -ENOMEM;
    memcpy(values, item.data, count * gait_pack_dtype_size(dtype));
    memcpy(ret, &values, sizeof(values));
    return 0;
}

static int unpack_curve(const void *bytes, size_t n, struct gait_calibration *c)
{
    struct gait_pack_item item;
    int r = gait_pack_find(bytes, n, "calibration.curve_count", &item);

    if (r == -ENOENT)
        return 0;
    if (r < 0 || item.count > GAIT_CURVE_POINTS_MAX)
        return -EBADMSG;
    c->n_curve = (uint32_t)item.count;
    r = unpack_values(bytes, n, "calibration.curve_count", GAIT_PACK_F32, item.count, &c->curve_count);
    if (r == 0)
        r = unpack_values(bytes, n, "calibration.curve_kPa", GAIT_PACK_F32, item.count, &c->curve_kPa);
    return r == 0 && !c->curve_kPa ? -EBADMSG : r;
}

static int unpack_arrays(const void *bytes, size_t n, struct gait_trial_state *s)
{
    size_t cells = gait_geometry_cells(&s->geometry);
    int r = unpack_values(bytes, n, "geometry.cell", GAIT_PACK_U8, cells, &s->geometry.cell);

    if (r == 0)
        r = unpack_values(bytes, n, "calibration.offset", GAIT_PACK_F32, cells, &s->calibration.offset);
    if (r == 0)
        r = unpack_values(bytes, n, "calibration.gain", GAIT_PACK_F32, cells, &s->calibration.gain);
    if (r == 0)
        r = unpack_values(bytes, n, "calibration.sigma", GAIT_PACK_F32, cells, &s->calibration.sigma);
    return r == 0 ? unpack_curve(bytes, n, &s->calibration) : r;
}

/* Neutral values for what an older writer did not know. */
static void neutral(struct gait_trial_state *s)
{
    memset(s, 0, sizeof(*s));
    gait_calibration_identity(&s->calibration);
    gait_parameters_default(&s->parameters);
    gait_subject_unknown(&s->subject);
    gait_session_axis_unknown(&s->session);
}

int gait_trial_state_unpack(const void *bytes, size_t n, struct gait_trial_state *ret_state)
{
    struct gait_trial_state s;
    int r;

    neutral(&s);
    r = record_fields_unpack(bytes, n, fields, FIELDS_COUNT(fields), &s);
    if (r < 0 || gait_geometry_check(&s.geometry) < 0)
        return -EBADMSG;
    r = unpack_arrays(bytes, n, &s);
    if (r == 0 && gait_calibration_check(&s.calibration, &s.geometry) < 0)
        r = -EBADMSG;
    if (r < 0) {
        gait_trial_state_done(&s);
        return r;
    }
    *ret_state = s;
    return 0;
}
