#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "gait/record.h"
#include "journal/record_fields.h"

enum {
    FRAMES_MAX = 1 << 20, /* of a path: refuses absurd sizes before memory is taken */
    NAMES_BYTES_MAX = 16384,
};

GAIT_DEFINE_CLEANUP(struct gait_footfall *, gait_footfall_free)

static const struct record_field fields[] = {
    FIELD_U32(gait_footfall, id),
    FIELD_U8(gait_footfall, side),
    FIELD_U8(gait_footfall, side_print),
    FIELD_U8(gait_footfall, gait_class),
    FIELD_U8(gait_footfall, valid),
    FIELD_U32(gait_footfall, flags),
    FIELD_U64(gait_footfall, first_frame),
    FIELD_U64(gait_footfall, last_frame),
    FIELD_U64(gait_footfall, ic_mat_ns),
    FIELD_U64(gait_footfall, to_mat_ns),
    FIELD_U64(gait_footfall, ic_ns),
    FIELD_F64(gait_footfall, heel_x_mm),
    FIELD_F64(gait_footfall, heel_y_mm),
    FIELD_F64(gait_footfall, axis_x),
    FIELD_F64(gait_footfall, axis_y),
    FIELD_F64(gait_footfall, origin_x_mm),
    FIELD_F64(gait_footfall, origin_y_mm),
    FIELD_F64(gait_footfall, progression_x),
    FIELD_F64(gait_footfall, progression_y),
    FIELD_F64S(gait_footfall, cpei_chord, 4),
    FIELD_F64S(gait_footfall, cpei_third, 4),
    FIELD_F64S(gait_footfall, cpei_width, 4),
    FIELD_F64S(gait_footfall, third_heel, 4),
    FIELD_F64S(gait_footfall, third_fore, 4),
    FIELD_U32(gait_footfall, row0),
    FIELD_U32(gait_footfall, col0),
};

static const struct gait_region_column columns[GAIT_REGION_COLUMNS] = {
    {"cells", "1", "number of cells, split cells by their share"},
    {"area_cm2", "cm2", "footprint area of the region"},
    {"peak_kPa", "kPa", "largest pressure of one cell"},
    {"force_max_N", "N", "largest force"},
    {"impulse_Ns", "N s", "time integral of the force"},
    {"share_pct", "percent", "share of the footfall's impulse"},
    {"pti_peak_kPas", "kPa s", "time integral of the peak pressure"},
    {"pti_mean_kPas", "kPa s", "time integral of the mean pressure"},
    {"mean_kPa", "kPa", "largest force over the footprint area"},
    {"contact_time_s", "s", "time with contact in the region"},
    {"time_to_peak_s", "s", "time from initial contact to the largest pressure"},
};

const struct gait_region_column *gait_region_column(unsigned i)
{
    return i < GAIT_REGION_COLUMNS ? &columns[i] : NULL;
}

/* ---- names as one text, a line each ---- */

typedef const char *name_of(unsigned i);

static const char *metric_name(unsigned i)
{
    return gait_metric_info((enum gait_metric)i)->name;
}

static const char *region_name(unsigned i)
{
    return gait_region_name((enum gait_region)i);
}

static const char *curve_name(unsigned i)
{
    return gait_curve_name((enum gait_curve)i);
}

static const char *column_name(unsigned i)
{
    return columns[i].name;
}

static void pack_names(struct gait_pack *pack, const char *item, name_of *name, unsigned n)
{
    char text[NAMES_BYTES_MAX], *p = text;

    for (unsigned i = 0; i < n; i++) {
        size_t room = (size_t)(text + sizeof(text) - p), length = strlen(name(i));

        if (length + 2 > room) {
            pack->error = -E2BIG;
            return;
        }
        if (i)
            *p++ = '\n';
        memcpy(p, name(i), length);
        p += length;
    }
    *p = '\0';
    gait_pack_text(pack, item, text);
}

/* For each of the n_stored names in the item, which of our n names it is, or -1. Returns n_stored or -EBADMSG / -ENOENT. */
static int read_names(const void *bytes, size_t n_bytes, const char *item, name_of *name, unsigned n, int *ret_map,
                      unsigned map_size)
{
    _cleanup_free_ char *text = malloc(NAMES_BYTES_MAX);
    char *save = NULL;
    unsigned stored = 0;
    int r;

    if (!text)
        return -ENOMEM;
    r = gait_pack_get_text(bytes, n_bytes, item, text, NAMES_BYTES_MAX);
    if (r < 0)
        return r == -ENOENT ? r : -EBADMSG;
    for (char *word = strtok_r(text, "\n", &save); word; word = strtok_r(NULL, "\n", &save), stored++) {
        if (stored == map_size)
            return -EBADMSG;
        ret_map[stored] = -1;
        for (unsigned i = 0; i < n; i++) {
            if (strcmp(word, name(i)) == 0)
                ret_map[stored] = (int)i;
        }
    }
    return (int)stored;
}

/* ---- writing ---- */

static void pack_path(struct gait_pack *pack, const struct gait_footfall *f)
{
    gait_pack_f64s(pack, "cop_t_s", f->cop_frames, f->cop_t_s);
    gait_pack_f64s(pack, "cop_x_mm", f->cop_frames, f->cop_x_mm);
    gait_pack_f64s(pack, "cop_y_mm", f->cop_frames, f->cop_y_mm);
    gait_pack_f64s(pack, "cop_force_N", f->cop_frames, f->cop_force_N);
    gait_pack_f64s(pack, "heel_force_N", f->cop_frames, f->heel_force_N);
}

int gait_footfall_pack(struct gait_pack *pack, const struct gait_footfall *f)
{
    const uint32_t metrics = GAIT_METRIC_COUNT, window[] = {f->rows, f->cols};

    record_fields_pack(pack, fields, FIELDS_COUNT(fields), f);
    pack_names(pack, "metric_names", metric_name, GAIT_METRIC_COUNT);
    gait_pack_f64s(pack, "value", metrics, f->value);
    gait_pack_array(pack, "reason", GAIT_PACK_U8, 1, &metrics, f->reason);
    pack_names(pack, "region_names", region_name, GAIT_REGION_COUNT);
    pack_names(pack, "region_columns", column_name, GAIT_REGION_COLUMNS);
    gait_pack_array(pack, "region", GAIT_PACK_F64, 2, (uint32_t[]){GAIT_REGION_COUNT, GAIT_REGION_COLUMNS}, f->region);
    pack_names(pack, "curve_names", curve_name, GAIT_CURVE_COUNT);
    gait_pack_array(pack, "curve", GAIT_PACK_F64, 2, (uint32_t[]){GAIT_CURVE_COUNT, GAIT_CURVE_SAMPLES}, f->curve);
    pack_path(pack, f);
    gait_pack_array(pack, "picture_max_kPa", GAIT_PACK_F32, 2, window, f->picture_max_kPa);
    gait_pack_array(pack, "picture_mean_kPa", GAIT_PACK_F32, 2, window, f->picture_mean_kPa);
    return gait_pack_error(pack);
}

/* ---- reading ---- */

enum { MAP_MAX = 1024 };

static int find_f64s(const void *bytes, size_t n, const char *name, size_t count, const uint8_t **ret_data)
{
    struct gait_pack_item item;
    int r = gait_pack_find(bytes, n, name, &item);

    if (r < 0 || item.dtype != GAIT_PACK_F64 || item.count != count)
        return -EBADMSG;
    *ret_data = item.data;
    return 0;
}

static int unpack_metrics(const void *bytes, size_t n, struct gait_footfall *f)
{
    int map[MAP_MAX], stored;
    uint8_t reason[MAP_MAX];
    const uint8_t *value;

    for (int i = 0; i < GAIT_METRIC_COUNT; i++) {
        f->value[i] = NAN;
        f->reason[i] = GAIT_REASON_NOT_COMPUTED;
    }
    stored = read_names(bytes, n, "metric_names", metric_name, GAIT_METRIC_COUNT, map, MAP_MAX);
    if (stored < 0)
        return stored;
    if (find_f64s(bytes, n, "value", (size_t)stored, &value) < 0 ||
        gait_pack_get_array(bytes, n, "reason", GAIT_PACK_U8, (size_t)stored, reason) < 0)
        return -EBADMSG;
    for (int i = 0; i < stored; i++) {
        if (map[i] < 0)
            continue;
        memcpy(&f->value[map[i]], value + 8 * (size_t)i, 8);
        f->reason[map[i]] = reason[i];
    }
    return 0;
}

static int unpack_regions(const void *bytes, size_t n, struct gait_footfall *f)
{
    int row_map[MAP_MAX], column_map[MAP_MAX], rows, cols;
    const uint8_t *data;

    for (int i = 0; i < GAIT_REGION_COUNT; i++) {
        for (int k = 0; k < GAIT_REGION_COLUMNS; k++)
            memcpy((char *)&f->region[i] + 8 * k, &(double){NAN}, 8);
    }
    rows = read_names(bytes, n, "region_names", region_name, GAIT_REGION_COUNT, row_map, MAP_MAX);
    cols = read_names(bytes, n, "region_columns", column_name, GAIT_REGION_COLUMNS, column_map, MAP_MAX);
    if (rows < 0 || cols < 0)
        return rows == -ENOENT ? 0 : -EBADMSG;
    if (find_f64s(bytes, n, "region", (size_t)rows * (size_t)cols, &data) < 0)
        return -EBADMSG;
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < cols; k++, data += 8) {
            if (row_map[i] >= 0 && column_map[k] >= 0)
                memcpy((char *)&f->region[row_map[i]] + 8 * column_map[k], data, 8);
        }
    }
    return 0;
}

static int unpack_curves(const void *bytes, size_t n, struct gait_footfall *f)
{
    int map[MAP_MAX], stored;
    const uint8_t *data;

    for (int i = 0; i < GAIT_CURVE_COUNT * GAIT_CURVE_SAMPLES; i++)
        f->curve[i / GAIT_CURVE_SAMPLES][i % GAIT_CURVE_SAMPLES] = NAN;
    stored = read_names(bytes, n, "curve_names", curve_name, GAIT_CURVE_COUNT, map, MAP_MAX);
    if (stored < 0)
        return stored == -ENOENT ? 0 : stored;
    if (find_f64s(bytes, n, "curve", (size_t)stored * GAIT_CURVE_SAMPLES, &data) < 0)
        return -EBADMSG;
    for (int i = 0; i < stored; i++, data += sizeof(f->curve[0])) {
        if (map[i] >= 0)
            memcpy(f->curve[map[i]], data, sizeof(f->curve[0]));
    }
    return 0;
}

static int unpack_path(const void *bytes, size_t n, struct gait_footfall *f)
{
    size_t k = f->cop_frames;

    if (k == 0)
        return 0;
    if (gait_pack_get_array(bytes, n, "cop_t_s", GAIT_PACK_F64, k, f->cop_t_s) < 0 ||
        gait_pack_get_array(bytes, n, "cop_x_mm", GAIT_PACK_F64, k, f->cop_x_mm) < 0 ||
        gait_pack_get_array(bytes, n, "cop_y_mm", GAIT_PACK_F64, k, f->cop_y_mm) < 0 ||
        gait_pack_get_array(bytes, n, "cop_force_N", GAIT_PACK_F64, k, f->cop_force_N) < 0 ||
        gait_pack_get_array(bytes, n, "heel_force_N", GAIT_PACK_F64, k, f->heel_force_N) < 0)
        return -EBADMSG;
    return 0;
}

static int unpack_pictures(const void *bytes, size_t n, struct gait_footfall *f)
{
    size_t cells = (size_t)f->rows * f->cols;

    if (cells == 0)
        return 0;
    if (gait_pack_get_array(bytes, n, "picture_max_kPa", GAIT_PACK_F32, cells, f->picture_max_kPa) < 0 ||
        gait_pack_get_array(bytes, n, "picture_mean_kPa", GAIT_PACK_F32, cells, f->picture_mean_kPa) < 0)
        return -EBADMSG;
    return 0;
}

/* How long the path is and how large the pictures are; what is missing is 0. */
static int read_sizes(const void *bytes, size_t n, uint32_t *ret_frames, uint32_t *ret_rows, uint32_t *ret_cols)
{
    struct gait_pack_item item;

    *ret_frames = *ret_rows = *ret_cols = 0;
    if (gait_pack_find(bytes, n, "cop_t_s", &item) == 0) {
        if (item.dtype != GAIT_PACK_F64 || item.count > FRAMES_MAX)
            return -EBADMSG;
        *ret_frames = (uint32_t)item.count;
    }
    if (gait_pack_find(bytes, n, "picture_max_kPa", &item) == 0) {
        if (item.ndim != 2 || item.count > GAIT_CELLS_MAX)
            return -EBADMSG;
        *ret_rows = item.shape[0];
        *ret_cols = item.shape[1];
    }
    return 0;
}

int gait_footfall_unpack(const void *bytes, size_t n, struct gait_footfall **ret_footfall)
{
    _cleanup_(gait_footfall_freep) struct gait_footfall *f = NULL;
    uint32_t frames, rows, cols;
    int r = read_sizes(bytes, n, &frames, &rows, &cols);

    if (r < 0)
        return r;
    r = gait_footfall_new(frames, rows * cols, &f);
    if (r < 0)
        return r;
    r = record_fields_unpack(bytes, n, fields, FIELDS_COUNT(fields), f);
    if (r < 0 || f->id == 0)
        return -EBADMSG;
    f->cop_frames = frames;
    f->rows = rows;
    f->cols = cols;
    r = unpack_metrics(bytes, n, f);
    if (r == 0)
        r = unpack_regions(bytes, n, f);
    if (r == 0)
        r = unpack_curves(bytes, n, f);
    if (r == 0)
        r = unpack_path(bytes, n, f);
    if (r == 0)
        r = unpack_pictures(bytes, n, f);
    if (r < 0)
        return r == -ENOMEM ? r : -EBADMSG;
    *ret_footfall = gait_steal(&f);
    return 0;
}
