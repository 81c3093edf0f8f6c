/*
 * The parts of saving a damaged HDF5 file: one trial's records and state, and its frames.
 */
#ifndef GAIT_SESSION_SALVAGE_H
#define GAIT_SESSION_SALVAGE_H

#include "session/recording.h"

/* Add to what is told of a trial. */
void salvage_tell(struct gait_salvaged *salvaged, const char *format, ...) GAIT_PRINTF(2, 3);

/* True when a dataset has no checksum (before version 1.1) or that of what was read from it. */
bool salvage_crc_holds(hid_t set, uint32_t crc);

/* Read n numbers of a table's column whole; false when that cannot be done or its checksum is another. */
bool salvage_column(const struct gait_recording *rec, const char *path, enum gait_pack_dtype dtype, uint64_t n,
                    void *ret);

/* The kept records: header, state and what else is good. -EBADMSG: no state that can be believed. */
int salvage_records(struct gait_recording *rec, const char *group, struct trial *trial, struct gait_salvaged *salvaged,
                    struct gait_error *err);

/* The frames that can be read, and what of their columns can be. -EBADMSG: where or when they were cannot be told. */
int salvage_frames(struct gait_recording *rec, const char *group, struct trial *trial, struct gait_salvaged *salvaged,
                   struct gait_error *err);

#endif
