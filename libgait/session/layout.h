/*
 * What stands where in a session file: the columns of frames and footfalls as tables, and the functions that write a trial's groups.
 */
#ifndef GAIT_SESSION_LAYOUT_H
#define GAIT_SESSION_LAYOUT_H

#include "session/h5.h"
#include "session/trial.h"

enum { SESSION_MAJOR = 1, SESSION_MINOR = 1 };

#define SESSION_FORMAT "gait session"

/* A number that every frame has: a member of struct gait_journal_frame as a column. */
struct frame_column {
    const char *name, *units, *long_name;
    enum gait_pack_dtype dtype;
    size_t offset;
};
extern const struct frame_column frame_columns[];
extern const size_t n_frame_columns;

/* Where a trial is being written: its group and its first frame's mat time, from which all times in seconds count. */
struct layout {
    struct h5_writer *w;
    const struct trial *trial;
    char group[24]; /* "/trial-001" */
    uint64_t t0_ns;
};

/* "/trial-001"; "/trial-001-2" for the second journal of a trial that went on in another one (header field `part`) */
void layout_group(char ret_group[24], const struct gait_journal_header *header);

/* What the raw numbers are: "kPa" where the mat's own numbers are (or an imported file's), else "count". */
const char *layout_raw_unit(const struct gait_trial_state *state);

/* Path of something in the trial's group, in a buffer of the caller's. */
const char *layout_path(const struct layout *l, char ret_path[H5_PATH_MAX], const char *name);

int layout_version(struct h5_writer *w); /* format_version at the root */
int layout_root(struct layout *l);       /* attributes at the root */
int layout_start(struct layout *l);      /* the trial's group, its attributes, y and x, state */
int layout_frames(struct layout *l);     /* time and per-frame numbers */
int layout_footfalls(struct layout *l);  /* footfalls, reasons, regions, curves, cop, pictures */
int layout_tables(struct layout *l);     /* gaps, clock, kept records */

/* /events: what operators did and what happened, of all trials of the file. */
int layout_events(struct h5_writer *w, const struct gait_recorded_trial *const *trial, size_t n);

/* flag_masks and flag_meanings of a bit field, or flag_values and flag_meanings of an enumeration. */
typedef const char *layout_word(uint32_t i);
int layout_flag_bits(struct h5_writer *w, const char *path, layout_word *name_of_bit);
int layout_flag_values(struct h5_writer *w, const char *path, uint32_t n, layout_word *name);

/* Write the centres of n rows or columns as a coordinate in mm. */
int layout_axis(struct layout *l, const char *path, uint32_t n, double pitch_mm, const char *long_name);

/* Write one column of a table: n values at `from`, `stride` bytes apart, as a dataset of one axis. */
int layout_column(struct layout *l, const char *path, const char *scale, enum gait_pack_dtype dtype, uint64_t n,
                  const void *from, size_t stride, const char *units, const char *long_name);

#endif
