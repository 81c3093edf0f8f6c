/* Reading calibration files: line by line, strict, each error with its line. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/crc32c.h>

#include "mats/calibration_text.h"

enum { FILE_BYTES_MAX = 64 << 20 };

struct reader {
    const char *path;
    char *at;
    unsigned line;
    struct gait_error *err;
};

static int bad(const struct reader *r, const char *what)
{
    return gait_error_set(r->err, -EINVAL,
                          "%s:%u: %s; make the calibration anew (gait calibrate), or use the version before it",
                          r->path, r->line, what);
}

/* The next line, ended by a zero; NULL at the end. Comments are passed over. */
static char *next_line(struct reader *r)
{
    char *line;

    do {
        char *end = strchr(r->at, '\n');

        if (!end)
            return NULL;
        line = r->at;
        *end = '\0';
        r->at = end + 1;
        r->line++;
    } while (line[0] == '#');
    return line;
}

/* Does the next line begin with this key? Looks only. */
static bool next_is(const struct reader *r, const char *key)
{
    size_t n = strlen(key);

    return !strncmp(r->at, key, n) && r->at[n] == ':';
}

static int take_value(struct reader *r, const char *key, char **ret_value)
{
    char text[96], *line = next_line(r);
    size_t n = strlen(key);

    if (!line || strncmp(line, key, n) != 0 || line[n] != ':') {
        snprintf(text, sizeof text, "%s: is expected here", key);
        return bad(r, text);
    }
    *ret_value = line + n + (line[n + 1] == ' ' ? 2 : 1);
    return 0;
}

static int take_number(struct reader *r, const char *key, double least, double most, double *ret_number)
{
    char text[96], *value, *end;
    int e = take_value(r, key, &value);

    if (e < 0)
        return e;
    double x = strtod(value, &end);
    if (end == value || *end || !(x >= least && x <= most)) {
        snprintf(text, sizeof text, "%s is '%.24s': it must be a number from %g to %g", key, value, least, most);
        return bad(r, text);
    }
    *ret_number = x;
    return 0;
}

static int take_text(struct reader *r, const char *key, char *ret_text, size_t size)
{
    char *value;
    int e = take_value(r, key, &value);
    size_t n = e < 0 ? 0 : strlen(value);

    if (e < 0)
        return e;
    if (n < 2 || value[0] != '"' || value[n - 1] != '"' || n - 2 >= size)
        return bad(r, "a text in quotes is expected here, and not longer than it is written");
    memcpy(ret_text, value + 1, n - 2);
    ret_text[n - 2] = '\0';
    return 0;
}

/* "  - [1, 2, 3]" */
static int take_row(struct reader *r, float *ret_value, uint32_t n)
{
    char *p = next_line(r);

    if (!p || strncmp(p, "  - [", 5) != 0)
        return bad(r, "a row of numbers is expected here: the file is cut short or damaged");
    p += 5;
    for (uint32_t i = 0; i < n; i++) {
        char *end;

        ret_value[i] = strtof(p, &end);
        if (end == p || (i + 1 < n ? end[0] != ',' || end[1] != ' ' : strcmp(end, "]") != 0))
            return bad(r, "this row has other numbers than the matrix has columns");
        p = end + 2;
    }
    return 0;
}

static int take_rows(struct reader *r, const char *key, uint32_t rows, uint32_t cols, float **ret_value)
{
    char *value;
    int e;

    if (!next_is(r, key))
        return 0;
    e = take_value(r, key, &value);
    _cleanup_free_ float *all = calloc((size_t)rows * cols, sizeof *all);
    if (e == 0 && !all)
        e = gait_error_set(r->err, -ENOMEM, "no memory for reading %s", r->path);
    for (uint32_t row = 0; e == 0 && row < rows; row++)
        e = take_row(r, all + (size_t)row * cols, cols);
    if (e == 0)
        *ret_value = gait_steal(&all);
    return e;
}

static int take_curve(struct reader *r, struct gait_calibration *c)
{
    double points;
    char *value;
    int e;

    if (!next_is(r, "points"))
        return 0;
    e = take_number(r, "points", 2, GAIT_CURVE_POINTS_MAX, &points);
    if (e == 0)
        e = take_value(r, "curve", &value);
    if (e < 0)
        return e;
    uint32_t n = (uint32_t)points;
    c->curve_count = calloc(n, sizeof(float));
    c->curve_kPa = calloc(n, sizeof(float));
    if (!c->curve_count || !c->curve_kPa)
        return gait_error_set(r->err, -ENOMEM, "no memory for reading %s", r->path);
    for (uint32_t i = 0; e == 0 && i < n; i++) {
        float pair[2];

        e = take_row(r, pair, 2);
        if (e == 0) {
            c->curve_count[i] = pair[0];
            c->curve_kPa[i] = pair[1];
        }
    }
    c->n_curve = n;
    return e;
}

static int take_cells(struct reader *r, struct mat_calibration *file)
{
    _cleanup_free_ float *cell = NULL;
    int e = take_rows(r, "cell", file->rows, file->cols, &cell);

    if (e < 0 || !cell)
        return e;
    file->cell = calloc((size_t)file->rows * file->cols, 1);
    if (!file->cell)
        return gait_error_set(r->err, -ENOMEM, "no memory for reading %s", r->path);
    for (size_t i = 0; i < (size_t)file->rows * file->cols; i++) {
        if (cell[i] != GAIT_CELL_OK && cell[i] != GAIT_CELL_MISSING && cell[i] != GAIT_CELL_DEAD)
            return bad(r, "a cell must be 0, 1 or 2");
        file->cell[i] = (uint8_t)cell[i];
    }
    return 0;
}

static int take_head(struct reader *r, struct mat_calibration *file)
{
    struct gait_calibration *c = &file->calibration;
    char mat[GAIT_ID_MAX + 1];
    double format = 0, version = 0, rows = 0, cols = 0;
    int e = take_number(r, "gaitd-calibration", 1, 1e6, &format);

    if (e == 0 && format != CALIBRATION_FORMAT)
        return gait_error_set(r->err, -EINVAL, "%s: calibration format %g: this program knows %d", r->path, format,
                              CALIBRATION_FORMAT);
    if (e < 0 || (e = take_text(r, "mat", mat, sizeof mat)) < 0 ||
        (e = take_number(r, "version", 1, UINT32_MAX, &version)) < 0 ||
        (e = take_text(r, "model", c->model, sizeof c->model)) < 0 ||
        (e = take_text(r, "serial", c->serial, sizeof c->serial)) < 0 ||
        (e = take_text(r, "date", c->date, sizeof c->date)) < 0 ||
        (e = take_text(r, "note", file->note, sizeof file->note)) < 0 ||
        (e = take_number(r, "scale", 1e-6, 1e6, &c->scale)) < 0 ||
        (e = take_number(r, "kPa_per_count", 1e-12, 1e12, &c->kPa_per_count)) < 0 ||
        (e = take_number(r, "saturation_count", -1, 1e12, &c->saturation_count)) < 0 ||
        (e = take_number(r, "rows", 1, GAIT_ROWS_MAX, &rows)) < 0 ||
        (e = take_number(r, "cols", 1, GAIT_COLS_MAX, &cols)) < 0)
        return e;
    c->version = (uint32_t)version;
    c->saturation_count = c->saturation_count < 0 ? (double)NAN : c->saturation_count;
    file->rows = (uint32_t)rows;
    file->cols = (uint32_t)cols;
    return 0;
}

static int take_all(struct reader *r, struct mat_calibration *file)
{
    struct gait_calibration *c = &file->calibration;
    int e = take_head(r, file);

    if (e < 0 || (e = take_curve(r, c)) < 0 || (e = take_rows(r, "offset", file->rows, file->cols, &c->offset)) < 0 ||
        (e = take_rows(r, "gain", file->rows, file->cols, &c->gain)) < 0 ||
        (e = take_rows(r, "sigma", file->rows, file->cols, &c->sigma)) < 0)
        return e;
    return take_cells(r, file);
}

static int fits(const struct reader *r, const struct mat_calibration *file, const struct gait_geometry *geometry)
{
    struct gait_geometry own = {.rows = file->rows,
                                .cols = file->cols,
                                .pitch_x_mm = 1,
                                .pitch_y_mm = 1,
                                .rate_hz = 1,
                                .dtype = GAIT_U8,
                                .cell = geometry ? geometry->cell : NULL};

    if (geometry && (geometry->rows != file->rows || geometry->cols != file->cols))
        return gait_error_set(r->err, -EINVAL, "%s: made on a mat of %u x %u cells: this one has %u x %u", r->path,
                              file->rows, file->cols, geometry->rows, geometry->cols);
    if (gait_calibration_check(&file->calibration, &own) < 0)
        return bad(r, "its numbers cannot be: a curve that falls, a gain that is not above 0");
    return 0;
}

/* The last line is the CRC of all before it. */
static int check_crc(struct reader *r, size_t n)
{
    static const char key[] = "\ncrc32c: 0x";
    char *last = n ? memrchr(r->at, '\n', n - 1) : NULL;
    char *end;

    if (!last || r->at[n - 1] != '\n' || strncmp(last, key, sizeof key - 1) != 0)
        return bad(r, "this is no calibration, or it is cut short: its last line must be its checksum");
    uint32_t said = (uint32_t)strtoul(last + sizeof key - 3, &end, 16);
    if (said != gait_crc32c(0, r->at, (size_t)(last + 1 - r->at)))
        return bad(r, "the checksum is wrong: the file was damaged, or changed after it was made");
    last[1] = '\0';
    return 0;
}

static int read_whole(const char *path, char **ret_text, size_t *ret_length, struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *text = NULL;
    struct stat st;
    size_t n = 0;

    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: %m", path);
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
        return gait_error_set(err, -EINVAL, "%s: this is no calibration file", path);
    text = malloc((size_t)st.st_size + 1);
    if (!text)
        return gait_error_set(err, -ENOMEM, "no memory for reading %s", path);
    for (ssize_t got; n < (size_t)st.st_size; n += (size_t)got) {
        got = read(fd, text + n, (size_t)st.st_size - n);
        if (got < 0)
            return gait_error_set(err, -errno, "%s: %m", path);
        if (!got)
            break;
    }
    text[n] = '\0';
    *ret_text = gait_steal(&text);
    *ret_length = n;
    return 0;
}

int mat_calibration_read(const char *path, const struct gait_geometry *geometry,
                         struct mat_calibration *ret_calibration, struct gait_error *err)
{
    struct mat_calibration file = {0};
    _cleanup_free_ char *text = NULL;
    size_t n = 0;
    int r = read_whole(path, &text, &n, err);

    if (r < 0)
        return r;
    struct reader reader = {.path = path, .at = text, .err = err, .line = 1};
    r = check_crc(&reader, n);
    reader.line = 0;
    if (r == 0)
        r = take_all(&reader, &file);
    if (r == 0 && *reader.at)
        r = bad(&reader, "there is more than there should be behind this line");
    if (r == 0)
        r = fits(&reader, &file, geometry);
    if (r < 0) {
        mat_calibration_done(&file);
        return r;
    }
    *ret_calibration = file;
    return 0;
}
