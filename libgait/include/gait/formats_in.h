/*
 * Vendors' recordings as frame sources: emed .lst, Tekscan .asf/.csv, footscan, XSENSOR, pliance and pedar text, PedCAD .apd. What a file is, its content says, never its name.
 *
 * Frames come as f32 kPa with the identity calibration, row 0 at y = 0 (emed and Tekscan files, which start at the toes, are turned over; footscan files
 * start at the heel). A footscan file holds a window cut tightly around the foot: it comes with one empty row or column on each side, so that the window's
 * border does not count as the mat's edge. The whole file is read and checked when it is opened, so that bad input is told before anything is done with the good part of it.
 */
#ifndef GAIT_FORMATS_IN_H
#define GAIT_FORMATS_IN_H

#include <stdbool.h>
#include <stddef.h>

#include <gait/api.h>
#include <gait/error.h>
#include <gait/frame_source.h>

struct gait_format_info {
    const char *name;  /* as in gait_source_info.format */
    const char *label; /* for people */
};

/** Format number i, from 0, of those that can be read; NULL behind the last; static storage. Thread: any. */
GAIT_API const struct gait_format_info *gait_formats_in_info(size_t i);

/**
 * Open a vendor's recording.
 *
 * Owner    the source is the caller's: gait_source_free(). It holds the file's text (at most 1 GiB), and of a pliance file 56 bytes a frame.
 * Thread   any; reads the file.
 * Returns  0; -EINVAL the content is not a recording that can be read (err: file, line, column, what to do); -EFBIG; -ENOMEM; what open and read return.
 */
GAIT_API int gait_formats_in_open(const char *path, struct gait_frame_source **ret_source, struct gait_error *err);

/**
 * The same from memory; `name` stands in messages for the file.
 *
 * Owner    bytes are copied.
 * Returns  as gait_formats_in_open().
 */
GAIT_API int gait_formats_in_open_bytes(const char *name, const void *bytes, size_t length,
                                        struct gait_frame_source **ret_source, struct gait_error *err);

/* A text in memory; `name` stands in messages for it. */
struct gait_formats_text {
    const char *name;
    const void *bytes;
    size_t length;
};

/**
 * Open one foot of a pedar text. `layout` is a file that says where the insole's sensors lie and how large they are (docs/SESSION.md, section 4); `totals` the forces that the
 * vendor's program wrote beside it (.fgt), or NULL. Sensors are laid on cells of 2 mm; the sum of a sensor's cells is its pressure times its area, so that each
 * pressure is scaled by its area over that of its cells.
 *
 * Returns  as gait_formats_in_open(); -ENODATA the recording has no sensor of that foot.
 */
GAIT_API int gait_formats_in_open_insole(const char *path, const char *layout, const char *totals, bool right,
                                         struct gait_frame_source **ret_source, struct gait_error *err);

/** The same from memory. */
GAIT_API int gait_formats_in_open_insole_bytes(const struct gait_formats_text *recording,
                                               const struct gait_formats_text *layout,
                                               const struct gait_formats_text *totals, bool right,
                                               struct gait_frame_source **ret_source, struct gait_error *err);

/**
 * What the vendor's own program wrote as the total force of the frame that next() gave last (emed writes one, rounded to 0.01 N; pliance to 0.001; pedar's stands in a file beside).
 *
 * Unit     N.
 * Returns  0; -EINVAL the source is not a vendor's recording; -ENODATA the file tells no total, or no frame was read yet.
 */
GAIT_API int gait_formats_device_force(const struct gait_frame_source *source, double *ret_force_N);

/**
 * How far that total may lie from the cells' sum beyond what their own digits leave open: areas and pressures of an insole's sensors are rounded before they become cells.
 *
 * Unit     N.
 * Returns  0 or more.
 */
GAIT_API double gait_formats_device_tolerance(const struct gait_frame_source *source);

#endif
