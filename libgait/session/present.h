/*
 * Whether a trial is in a file already: what makes sealing and closing safe to repeat.
 */
#ifndef GAIT_SESSION_PRESENT_H
#define GAIT_SESSION_PRESENT_H

#include "session/trial.h"

enum { TRIAL_PRESENT = 1, TRIAL_PART_PRESENT = 2 };

/*
 * Look whether the trial file `out`, or the session file of its folder, holds this journal's trial with as many frames and records.
 * Returns TRIAL_PRESENT it does; TRIAL_PART_PRESENT it holds some of the journal's frames and none that the journal has not; 0 there is nothing of this trial; -EEXIST the name holds another trial; -EIO it holds this one and it is broken.
 */
int trial_is_present(const char *out, const struct trial *trial, struct gait_error *err);

/* "FOLDER/NAME.h5" of the folder that path lies in. */
int session_file_of(const char *folder, char *ret_path, size_t size, struct gait_error *err);

#endif
