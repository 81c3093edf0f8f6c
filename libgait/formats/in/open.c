#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

#define FILE_BYTES_MAX   ((size_t)1 << 30)
#define PRESSURE_MAX_KPA 1e5

static const struct formats_format *const table[] = {&formats_emed,    &formats_tekscan,   &formats_footscan,
                                                     &formats_xsensor, &formats_novel_asc, &formats_pedar,
                                                     &formats_pedcad};

enum { FORMATS = sizeof(table) / sizeof(table[0]) };

/* The source: a checked file and where reading stands. */
struct recording {
    struct gait_frame_source source;
    struct formats_file file;
    const struct formats_format *format;
    char *name, *bytes;
    struct formats_cursor first, at;
    bool started;
    uint32_t first_number, last_number; /* of the frames read since the start */
    double first_t_s, last_t_s, device_force_N, device_off_N;
};

const struct gait_format_info *gait_formats_in_info(size_t i)
{
    return i < FORMATS ? &table[i]->info : NULL;
}

int formats_cell(const struct formats_file *file, const struct formats_line *line, struct formats_token token,
                 float *ret_kPa, struct gait_error *err)
{
    char quote[FORMATS_QUOTE_MAX + 4];
    double value;

    if (formats_number(token, &value) == -EINVAL)
        return formats_fail(&file->text, line, token.start, err,
                            "'%s' is not a number: the file is damaged, export it again", formats_quote(token, quote));
    if (formats_number(token, &value) < 0 || !(fabs(value * file->kPa_per_unit) <= PRESSURE_MAX_KPA))
        return formats_fail(&file->text, line, token.start, err,
                            "%s is no pressure (beyond %.0f kPa): the file is damaged, export it again",
                            formats_quote(token, quote), PRESSURE_MAX_KPA);
    *ret_kPa = (float)(value * file->kPa_per_unit);
    return 0;
}

int formats_matrix_check(const struct formats_file *file, const struct formats_line *line, const char *at, double rows,
                         double cols, struct gait_error *err)
{
    if (rows >= 1 && cols >= 1 && rows <= GAIT_ROWS_MAX && cols <= GAIT_COLS_MAX && rows * cols <= GAIT_CELLS_MAX &&
        floor(rows) == rows && floor(cols) == cols)
        return 0;
    return formats_fail(
        &file->text, line, at, err,
        "a matrix of %.10g columns and %.10g rows cannot be (at most %d each, %d cells): export the recording again",
        cols, rows, GAIT_ROWS_MAX, GAIT_CELLS_MAX);
}

/* Frames come in the order of their numbers and times; what is missing between two is a gap. */
static int place_frame(struct recording *r, const struct formats_frame *frame, struct gait_frame_meta *meta,
                       struct gait_error *err)
{
    double t_s;

    if (!r->started) {
        r->first_number = frame->number;
        r->first_t_s = frame->t_s;
        r->last_t_s = 0;
    } else if (frame->number <= r->last_number) {
        return formats_fail(&r->file.text, &frame->line, NULL, err,
                            "frame %u comes after frame %u: export each recording to a file of its own", frame->number,
                            r->last_number);
    }
    t_s = r->file.period_s > 0 ? r->file.period_s * (frame->number - r->first_number) : frame->t_s - r->first_t_s;
    if (!(t_s >= r->last_t_s && t_s <= 1e9))
        return formats_fail(&r->file.text, &frame->line, NULL, err,
                            "the time of frame %u goes back: export the recording again", frame->number);
    meta->gap_device = r->started ? frame->number - r->last_number - 1 : 0;
    meta->seq = frame->number;
    meta->tick = 0;
    meta->t_mat_ns = (uint64_t)llround(t_s * 1e9);
    r->started = true;
    r->last_number = frame->number;
    r->last_t_s = t_s;
    r->device_force_N = frame->device_force_N;
    r->device_off_N = frame->device_off_N;
    return 0;
}

/* A cell that the file leaves out although it has told a value in other frames. */
static uint32_t flags_of(const struct recording *r, const float *raw)
{
    const struct gait_geometry *g = &r->file.info.geometry;

    for (size_t i = 0; i < gait_geometry_cells(g); i++)
        if (isnan(raw[i]) && (!g->cell || g->cell[i] != GAIT_CELL_MISSING))
            return GAIT_FRAME_BAD_CELLS;
    return 0;
}

static const struct gait_source_info *recording_info(const struct gait_frame_source *source)
{
    return &((const struct recording *)source)->file.info;
}

static int recording_next(struct gait_frame_source *source, void *raw, struct gait_frame_meta *ret_meta,
                          struct gait_error *err)
{
    struct recording *r = (struct recording *)source;
    struct formats_frame frame = {.number = 0};
    int n = r->format->frame(&r->file, &r->at, raw, &frame, err);

    if (n == -ENODATA) { /* no end mark: fine when the head's last frame has been read */
        if (r->started && r->file.last_number == r->last_number)
            return 0;
        return gait_error_set(err, -EINVAL,
                              "%s: the data end after frame %u without '@@': the file is cut, export it again", r->name,
                              r->last_number);
    }
    if (n <= 0)
        return n;
    n = place_frame(r, &frame, ret_meta, err);
    if (n < 0)
        return n;
    ret_meta->flags = flags_of(r, raw);
    return 1;
}

static int recording_rewind(struct gait_frame_source *source, struct gait_error *err)
{
    struct recording *r = (struct recording *)source;

    (void)err;
    r->at = r->first;
    r->started = false;
    r->device_force_N = NAN;
    return 0;
}

static const char *recording_truth(const struct gait_frame_source *source)
{
    (void)source;
    return NULL;
}

static void recording_free(struct gait_frame_source *source)
{
    struct recording *r = (struct recording *)source;

    if (!r)
        return;
    free(r->file.info.geometry.cell);
    if (r->format && r->format->own_free)
        r->format->own_free(r->file.own);
    free(r->bytes);
    free(r->name);
    free(r);
}

static const struct gait_frame_source_ops recording_ops = {.info = recording_info,
                                                           .next = recording_next,
                                                           .rewind = recording_rewind,
                                                           .truth_json = recording_truth,
                                                           .free = recording_free};

static void recording_freep(struct recording **r)
{
    if (*r)
        recording_free(&(*r)->source);
}

int gait_formats_device_force(const struct gait_frame_source *source, double *ret_force_N)
{
    const struct recording *r = (const struct recording *)source;

    if (!source || source->ops != &recording_ops || !ret_force_N)
        return -EINVAL;
    if (isnan(r->device_force_N))
        return -ENODATA;
    *ret_force_N = r->device_force_N;
    return 0;
}

double gait_formats_device_tolerance(const struct gait_frame_source *source)
{
    const struct recording *r = (const struct recording *)source;

    return source && source->ops == &recording_ops ? r->device_off_N : 0;
}

/* Text can be told from anything else by its first bytes: no NUL, hardly any control characters. */
static int check_text(const struct formats_text *text, struct gait_error *err)
{
    size_t n = text->length < FORMATS_HEAD_BYTES ? text->length : FORMATS_HEAD_BYTES;

    if (!text->length)
        return gait_error_set(err, -EINVAL, "%s: the file is empty: export the recording again", text->name);
    if (n >= 2 && (!memcmp(text->bytes, "\xff\xfe", 2) || !memcmp(text->bytes, "\xfe\xff", 2)))
        return gait_error_set(err, -EINVAL, "%s: the text is UTF-16: save it as UTF-8 or Latin-1", text->name);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text->bytes[i] < ' ' && !memchr("\t\n\r\f\x1a", text->bytes[i], 5))
            return gait_error_set(err, -EINVAL,
                                  "%s: byte %zu is 0x%02x, so this is not a text export: export the recording as text",
                                  text->name, i, (unsigned char)text->bytes[i]);
    return 0;
}

static int detect_format(struct recording *r, struct gait_error *err)
{
    int best = 0;

    for (size_t i = 0; i < FORMATS; i++) {
        int score = table[i]->detect(&r->file.text);

        if (score > best) {
            best = score;
            r->format = table[i];
        }
    }
    if (!best)
        return gait_error_set(err, -EINVAL,
                              "%s: not a recording that this program knows: it reads emed .lst, Tekscan .asf and .csv, "
                              "footscan, XSENSOR, pliance and pedar text, and PedCAD .apd",
                              r->name);
    snprintf(r->file.info.format, sizeof(r->file.info.format), "%s", r->format->info.name);
    return 0;
}

/* Note where a frame tells values; a cell that never does is missing. */
static void note_cells(uint8_t *cell, const float *raw, size_t cells)
{
    for (size_t i = 0; i < cells; i++)
        if (!isnan(raw[i]))
            cell[i] = GAIT_CELL_OK;
}

/* Read the whole file once: every complaint comes now, and the frames are counted. */
static int check_frames(struct recording *r, struct gait_error *err)
{
    size_t cells = gait_geometry_cells(&r->file.info.geometry);
    _cleanup_free_ float *raw = malloc(cells * sizeof(*raw));
    _cleanup_free_ uint8_t *cell = malloc(cells);
    struct gait_frame_meta meta;
    bool total = false;
    int n;

    if (!raw || !cell)
        return gait_error_set(err, -ENOMEM, "%s: no memory for a frame", r->name);
    memset(cell, GAIT_CELL_MISSING, cells);
    while ((n = recording_next(&r->source, raw, &meta, err)) == 1) {
        note_cells(cell, raw, cells);
        if (r->file.info.frames++ == 0)
            total = !isnan(r->device_force_N);
        else if (total && isnan(r->device_force_N))
            return gait_error_set(
                err, -EINVAL, "%s: frame %u has no total force as the others have: the file is cut, export it again",
                r->name, r->last_number);
    }
    if (n < 0)
        return n;
    if (!r->file.info.frames)
        return gait_error_set(err, -EINVAL, "%s: there is no frame in it: export the recording again", r->name);
    if (memchr(cell, GAIT_CELL_MISSING, cells))
        r->file.info.geometry.cell = gait_steal(&cell);
    return recording_rewind(&r->source, err);
}

/* Takes bytes over, also on failure. */
static int open_owned(const char *name, char *bytes, size_t length, const struct formats_beside *beside,
                      struct gait_frame_source **ret_source, struct gait_error *err)
{
    _cleanup_(recording_freep) struct recording *r = calloc(1, sizeof(*r));
    int n;

    if (!r) {
        free(bytes);
        return gait_error_set(err, -ENOMEM, "%s: no memory", name);
    }
    r->source.ops = &recording_ops;
    r->bytes = bytes;
    r->device_force_N = NAN;
    r->name = strdup(name);
    if (!r->name)
        return gait_error_set(err, -ENOMEM, "%s: no memory", name);
    r->file.text = (struct formats_text){r->name, bytes, length};
    r->file.info.geometry.dtype = GAIT_F32;
    r->file.info.has_counter = true;
    gait_calibration_identity(&r->file.info.calibration);
    if ((n = check_text(&r->file.text, err)) < 0 || (n = detect_format(r, err)) < 0)
        return n;
    if (beside && r->format != &formats_pedar)
        return gait_error_set(err, -EINVAL, "%s: %s needs no layout of an insole: import it without", name,
                              r->format->info.label);
    r->at = formats_start(&r->file.text);
    r->file.beside = beside;
    if ((n = r->format->header(&r->file, &r->at, err)) < 0)
        return n;
    r->file.beside = NULL; /* the caller's */
    r->first = r->at;
    if ((n = check_frames(r, err)) < 0)
        return n;
    *ret_source = &gait_steal(&r)->source;
    return 0;
}

static int open_bytes(const struct gait_formats_text *text, const struct formats_beside *beside,
                      struct gait_frame_source **ret_source, struct gait_error *err)
{
    char *copy;

    if (text->length > FILE_BYTES_MAX)
        return gait_error_set(err, -EFBIG, "%s: larger than 1 GiB: export it in parts", text->name);
    copy = malloc(text->length + 1);
    if (!copy)
        return gait_error_set(err, -ENOMEM, "%s: no memory for %zu bytes", text->name, text->length);
    if (text->length)
        memcpy(copy, text->bytes, text->length);
    return open_owned(text->name, copy, text->length, beside, ret_source, err);
}

int gait_formats_in_open_bytes(const char *name, const void *bytes, size_t length,
                               struct gait_frame_source **ret_source, struct gait_error *err)
{
    const struct gait_formats_text text = {name, bytes, length};

    if (!name || (!bytes && length) || !ret_source)
        return -EINVAL;
    return open_bytes(&text, NULL, ret_source, err);
}

int gait_formats_in_open_insole_bytes(const struct gait_formats_text *recording, const struct gait_formats_text *layout,
                                      const struct gait_formats_text *totals, bool right,
                                      struct gait_frame_source **ret_source, struct gait_error *err)
{
    struct formats_beside beside = {.right = right};
    int r;

    if (!recording || !recording->name || !layout || !layout->name || !ret_source)
        return -EINVAL;
    beside.insole = (struct formats_text){layout->name, layout->bytes, layout->length};
    if (totals)
        beside.totals = (struct formats_text){totals->name, totals->bytes, totals->length};
    r = check_text(&beside.insole, err);
    r = r == 0 && totals ? check_text(&beside.totals, err) : r;
    return r < 0 ? r : open_bytes(recording, &beside, ret_source, err);
}

/* Read a whole regular file. */
static int read_file(const char *path, char **ret_bytes, size_t *ret_length, struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    _cleanup_free_ char *bytes = NULL;
    size_t length = 0;
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return gait_error_set(err, -EINVAL, "%s: not a file: name a recording", path);
    if ((uintmax_t)st.st_size > FILE_BYTES_MAX)
        return gait_error_set(err, -EFBIG, "%s: larger than 1 GiB: export it in parts", path);
    bytes = malloc((size_t)st.st_size + 1);
    if (!bytes)
        return gait_error_set(err, -ENOMEM, "%s: no memory for %jd bytes", path, (intmax_t)st.st_size);
    while (length < (size_t)st.st_size) {
        n = read(fd, bytes + length, (size_t)st.st_size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
        if (n == 0)
            break;
        length += (size_t)n;
    }
    *ret_bytes = gait_steal(&bytes);
    *ret_length = length;
    return 0;
}

int gait_formats_in_open(const char *path, struct gait_frame_source **ret_source, struct gait_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    int r;

    if (!path || !ret_source)
        return -EINVAL;
    r = read_file(path, &bytes, &length, err);
    return r < 0 ? r : open_owned(path, bytes, length, NULL, ret_source, err);
}

int gait_formats_in_open_insole(const char *path, const char *layout, const char *totals, bool right,
                                struct gait_frame_source **ret_source, struct gait_error *err)
{
    _cleanup_free_ char *layout_bytes = NULL, *totals_bytes = NULL;
    struct formats_beside beside = {.insole = {.name = layout}, .totals = {.name = totals}, .right = right};
    char *bytes = NULL;
    size_t length = 0;
    int r;

    if (!path || !layout || !ret_source)
        return -EINVAL;
    r = read_file(layout, &layout_bytes, &beside.insole.length, err);
    r = r < 0 || !totals ? r : read_file(totals, &totals_bytes, &beside.totals.length, err);
    beside.insole.bytes = layout_bytes;
    beside.totals.bytes = totals_bytes;
    r = r < 0 ? r : check_text(&beside.insole, err);
    r = r < 0 || !totals ? r : check_text(&beside.totals, err);
    r = r < 0 ? r : read_file(path, &bytes, &length, err);
    return r < 0 ? r : open_owned(path, bytes, length, &beside, ret_source, err);
}
