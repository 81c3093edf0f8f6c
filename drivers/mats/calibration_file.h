/*
 * Calibration files: FOLDER/MAT-ID/000007.calibration.yaml. Each tare or calibration writes the next version; none is ever changed or removed here. A file is written whole,
 * synced and renamed, so there is never half of one. It is YAML for people and other programs; this reader wants it as it was written.
 */
#ifndef MAT_CALIBRATION_FILE_H
#define MAT_CALIBRATION_FILE_H

#include <gait/calibration.h>
#include <gait/error.h>
#include <gait/frame.h>

enum { MAT_CALIBRATION_STALE_DAYS = 365, MAT_CALIBRATION_PATH_MAX = 4096 };

struct mat_calibration {
    struct gait_calibration calibration;
    uint32_t rows, cols;
    uint8_t *cell;  /* enum gait_cell [rows*cols], what was found dead, or NULL */
    char note[128]; /* how it was made: "tare over 100 frames", or "" */
};

/**
 * Write the next version of a mat's calibration.
 *
 * Owner    *calibration is read; its version and date are set to what was written: one more than its own and than the newest file's; now_s, realtime.
 * Shape    ret_path[MAT_CALIBRATION_PATH_MAX].
 * Returns  0; with err: -EINVAL it does not fit the geometry (gait_calibration_check); what the file system says.
 */
int mat_calibration_write(const char *folder, const char *mat_id, const struct gait_geometry *geometry,
                          struct mat_calibration *calibration, int64_t now_s, char *ret_path, struct gait_error *err);

/**
 * Read one file.
 *
 * Owner    the caller: mat_calibration_done(). Untouched on failure.
 * Shape    geometry: what it must fit, or NULL.
 * Returns  0; with err that names file and line: -EINVAL not a calibration, damaged, cut short, of another version of the format, or for another matrix; what the
 *          file system says; -ENOMEM.
 */
int mat_calibration_read(const char *path, const struct gait_geometry *geometry,
                         struct mat_calibration *ret_calibration, struct gait_error *err);

/**
 * The newest of a mat; when that cannot be used, the one before it, and so on through eight.
 *
 * Returns  0; 1 with err: it is an older one, and err says what is wrong with the newest; -ENOENT there is none; else as mat_calibration_read, of the newest.
 */
int mat_calibration_latest(const char *folder, const char *mat_id, const struct gait_geometry *geometry,
                           struct mat_calibration *ret_calibration, char *ret_path, struct gait_error *err);

/**
 * What a person should know before trusting it: older than MAT_CALIBRATION_STALE_DAYS, of the future, made on another serial, no date, no curve.
 *
 * Shape    ret_text[size], one line, "" when nothing. serial "" unknown.
 * Returns  how many things.
 */
int mat_calibration_doubts(const struct mat_calibration *calibration, const char *serial, int64_t now_s, char *ret_text,
                           size_t size);

void mat_calibration_done(struct mat_calibration *calibration);

#endif
