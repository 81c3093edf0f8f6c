/* What session.json says of the study, as groups of a session file: /protocol and /treatments. Internal. */
#ifndef GAIT_SESSION_STUDY_H
#define GAIT_SESSION_STUDY_H

#include "session/h5.h"

/** Write both groups where there is something to write. Returns 0; negative errno with w->err. */
int study_write(struct h5_writer *w, const char *json_path);

#endif
