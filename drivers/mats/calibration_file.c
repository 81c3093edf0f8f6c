/* Writing calibration files, finding the newest, and what speaks against one. */
#include "mats/calibration_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/crc32c.h>

#include "mats/calibration_text.h"

enum { DAY_S = 86400, VERSION_MAX = 999999, TRIED_MAX = 8 };

void mat_calibration_done(struct mat_calibration *c)
{
    if (!c)
        return;
    gait_calibration_done(&c->calibration);
    free(c->cell);
    memset(c, 0, sizeof *c);
}

static void put_rows(FILE *out, const char *name, const float *value, uint32_t rows, uint32_t cols)
{
    if (!value)
        return;
    fprintf(out, "%s:\n", name);
    for (uint32_t r = 0; r < rows; r++) {
        fputs("  - [", out);
        for (uint32_t c = 0; c < cols; c++)
            fprintf(out, "%s%.9g", c ? ", " : "", (double)value[(size_t)r * cols + c]);
        fputs("]\n", out);
    }
}

static void put_curve(FILE *out, const struct gait_calibration *c)
{
    if (!c->n_curve)
        return;
    fprintf(out, "points: %u\ncurve:\n", c->n_curve);
    for (uint32_t i = 0; i < c->n_curve; i++)
        fprintf(out, "  - [%.9g, %.9g]\n", (double)c->curve_count[i], (double)c->curve_kPa[i]);
}

/* Texts are one line without control characters. */
static void put_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, "%s: \"", key);
    for (; *text; text++)
        fputc((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' ? '?' : *text, out);
    fputs("\"\n", out);
}

static void put(FILE *out, const char *mat_id, const struct mat_calibration *file)
{
    const struct gait_calibration *c = &file->calibration;
    float *cell = NULL;

    fprintf(out,
            "# Calibration of a pressure mat. Not to be edited: a new one is made with gait tare or gait calibrate.\n");
    fprintf(out, "gaitd-calibration: %d\n", CALIBRATION_FORMAT);
    put_text(out, "mat", mat_id);
    fprintf(out, "version: %u\n", c->version);
    put_text(out, "model", c->model);
    put_text(out, "serial", c->serial);
    put_text(out, "date", c->date);
    put_text(out, "note", file->note);
    fprintf(out, "scale: %.17g\nkPa_per_count: %.17g\nsaturation_count: %.17g\nrows: %u\ncols: %u\n", c->scale,
            c->kPa_per_count, isnan(c->saturation_count) ? -1 : c->saturation_count, file->rows, file->cols);
    put_curve(out, c);
    put_rows(out, "offset", c->offset, file->rows, file->cols);
    put_rows(out, "gain", c->gain, file->rows, file->cols);
    put_rows(out, "sigma", c->sigma, file->rows, file->cols);
    if (file->cell)
        cell = calloc((size_t)file->rows * file->cols, sizeof *cell);
    for (size_t i = 0; cell && i < (size_t)file->rows * file->cols; i++)
        cell[i] = file->cell[i];
    put_rows(out, "cell", cell, file->rows, file->cols);
    free(cell);
}

static int make_text(const char *mat_id, const struct mat_calibration *file, char **ret_text, size_t *ret_length)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return -ENOMEM;
    put(out, mat_id, file);
    if (fflush(out) == 0)
        fprintf(out, "crc32c: 0x%08x\n", gait_crc32c(0, text, n));
    if (fclose(out) != 0) {
        free(text);
        return -ENOMEM;
    }
    *ret_text = text;
    *ret_length = n;
    return 0;
}

/* The number in "000007.calibration.yaml"; 0: another file. */
static uint32_t version_of(const char *name)
{
    char *end;
    unsigned long version = strtoul(name, &end, 10);

    return end > name && !strcmp(end, CALIBRATION_SUFFIX) && version <= VERSION_MAX ? (uint32_t)version : 0;
}

/* The newest below a version; 0: none. */
static int newest(const char *folder, uint32_t below, uint32_t *ret_version)
{
    DIR *dir = opendir(folder);
    uint32_t most = 0;

    if (!dir)
        return -errno;
    for (struct dirent *e; (e = readdir(dir));) {
        uint32_t version = version_of(e->d_name);

        most = version > most && version < below ? version : most;
    }
    closedir(dir);
    *ret_version = most;
    return 0;
}

static int write_all(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t done = write(fd, text, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        text += done;
        n -= (size_t)done;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* The whole file under another name, synced, then its own name unless that is taken. */
static int place_file(int folder, const char *name, const char *text, size_t n)
{
    char temporary[64];
    int r;

    snprintf(temporary, sizeof temporary, ".%d%s", (int)getpid(), CALIBRATION_SUFFIX);
    unlinkat(folder, temporary, 0);
    _cleanup_close_ int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    r = write_all(fd, text, n);
    if (r == 0 && renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(folder, temporary, 0);
    return r == 0 && fsync(folder) < 0 ? -errno : r;
}

static void set_date(char date[32], int64_t now_s)
{
    time_t t = (time_t)now_s;
    struct tm tm;

    date[0] = '\0';
    if (gmtime_r(&t, &tm))
        strftime(date, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int write_version(int folder, const char *mat_id, struct mat_calibration *c, char name[64])
{
    _cleanup_free_ char *text = NULL;
    size_t n;
    int r;

    snprintf(name, 64, "%06u%s", c->calibration.version, CALIBRATION_SUFFIX);
    r = make_text(mat_id, c, &text, &n);
    return r < 0 ? r : place_file(folder, name, text, n);
}

int mat_calibration_write(const char *folder, const char *mat_id, const struct gait_geometry *geometry,
                          struct mat_calibration *c, int64_t now_s, char *ret_path, struct gait_error *err)
{
    struct gait_calibration before = c->calibration;
    char path[MAT_CALIBRATION_PATH_MAX], name[64], safe[GAIT_ID_MAX + 1];
    uint32_t version = 0;
    int r;

    if (gait_mat_id(mat_id, safe) < 0 || strcmp(safe, mat_id) != 0)
        return gait_error_set(err, -EINVAL, "'%s' is no mat id", mat_id);
    if (gait_calibration_check(&c->calibration, geometry) < 0)
        return gait_error_set(err, -EINVAL, "this calibration does not fit a mat of %u x %u cells", geometry->rows,
                              geometry->cols);
    snprintf(path, sizeof path, "%s/%s", folder, mat_id);
    if (mkdir(path, 0750) < 0 && errno != EEXIST)
        return gait_error_set(err, -errno, "%s: %m", path);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return gait_error_set(err, -errno, "%s: %m", path);
    r = newest(path, UINT32_MAX, &version);
    version = version > before.version ? version : before.version;
    c->rows = geometry->rows;
    c->cols = geometry->cols;
    set_date(c->calibration.date, now_s);
    if (r == 0) {
        do { /* somebody else may be quicker */
            c->calibration.version = ++version;
            r = write_version(fd, mat_id, c, name);
        } while (r == -EEXIST && version < VERSION_MAX);
    }
    if (r < 0) {
        c->calibration = before;
        return gait_error_set(err, r, "%s: the calibration cannot be written: %s", path, strerror(-r));
    }
    if (ret_path)
        snprintf(ret_path, MAT_CALIBRATION_PATH_MAX, "%.*s/%s", MAT_CALIBRATION_PATH_MAX - 66, path, name);
    return 0;
}

/* Of what is older than the version that cannot be used; err stays with that one. */
static int read_older(const char *folder, uint32_t version, const struct gait_geometry *geometry,
                      struct mat_calibration *ret_calibration, char *ret_path)
{
    struct gait_error unsaid = {0};
    int r = -ENOENT;

    for (unsigned i = 1; r < 0 && i < TRIED_MAX; i++) {
        if (newest(folder, version, &version) < 0 || !version)
            return -ENOENT;
        snprintf(ret_path, MAT_CALIBRATION_PATH_MAX, "%.*s/%06u%s", MAT_CALIBRATION_PATH_MAX - 66, folder, version,
                 CALIBRATION_SUFFIX);
        r = mat_calibration_read(ret_path, geometry, ret_calibration, &unsaid);
    }
    return r;
}

int mat_calibration_latest(const char *folder, const char *mat_id, const struct gait_geometry *geometry,
                           struct mat_calibration *ret_calibration, char *ret_path, struct gait_error *err)
{
    char own[MAT_CALIBRATION_PATH_MAX], path[MAT_CALIBRATION_PATH_MAX], safe[GAIT_ID_MAX + 1];
    uint32_t version = 0;
    int r;

    if (gait_mat_id(mat_id, safe) < 0 || strcmp(safe, mat_id) != 0)
        return gait_error_set(err, -EINVAL, "'%s' is no mat id", mat_id);
    snprintf(own, sizeof own, "%s/%s", folder, mat_id);
    r = newest(own, UINT32_MAX, &version);
    if (r == -ENOENT || (r == 0 && !version))
        return gait_error_set(err, -ENOENT, "mat %s has no calibration file in %s", mat_id, folder);
    if (r < 0)
        return gait_error_set(err, r, "%s: %s", own, strerror(-r));
    snprintf(path, sizeof path, "%.*s/%06u%s", MAT_CALIBRATION_PATH_MAX - 66, own, version, CALIBRATION_SUFFIX);
    r = mat_calibration_read(path, geometry, ret_calibration, err);
    if (r < 0 && read_older(own, version, geometry, ret_calibration, path) == 0)
        r = 1;
    if (r >= 0 && ret_path)
        memcpy(ret_path, path, sizeof path);
    return r;
}

struct doubts {
    char *text;
    size_t size, n;
    int count;
};

GAIT_PRINTF(2, 3) static void doubt(struct doubts *d, const char *format, ...)
{
    va_list ap;

    if (d->count++ && d->n < d->size)
        d->n += (size_t)snprintf(d->text + d->n, d->size - d->n, "; ");
    va_start(ap, format);
    if (d->n < d->size)
        d->n += (size_t)vsnprintf(d->text + d->n, d->size - d->n, format, ap);
    va_end(ap);
}

static void doubt_date(struct doubts *d, const char *date, int64_t now_s)
{
    struct tm tm = {0};
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%SZ", &tm);

    if (!date[0] || !end || *end) {
        doubt(d, "the calibration has no date");
        return;
    }
    int64_t age_s = now_s - (int64_t)timegm(&tm);
    if (age_s < -DAY_S)
        doubt(d, "the calibration is of %.10s, which has not come yet: is the clock right?", date);
    else if (age_s > (int64_t)MAT_CALIBRATION_STALE_DAYS * DAY_S)
        doubt(d, "the calibration is %" PRId64 " days old (%.10s): make a new one", age_s / DAY_S, date);
}

int mat_calibration_doubts(const struct mat_calibration *c, const char *serial, int64_t now_s, char *ret_text,
                           size_t size)
{
    struct doubts d = {.text = ret_text, .size = size};

    if (size)
        ret_text[0] = '\0';
    doubt_date(&d, c->calibration.date, now_s);
    if (serial && serial[0] && c->calibration.serial[0] && strcmp(serial, c->calibration.serial) != 0)
        doubt(&d, "it was made on the mat with serial %s, this one is %s", c->calibration.serial, serial);
    if (!strcmp(c->calibration.model, "identity"))
        doubt(&d, "counts are shown, not kPa: calibrate with known loads");
    return d.count;
}
