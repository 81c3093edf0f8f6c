/* The comparison and the report of a file that is looked at: `gait compare` in a child, once, when the first browser asks. */
#ifndef GAIT_WEB_STUDY_H
#define GAIT_WEB_STUDY_H

#include <stddef.h>

struct study;

enum study_state { STUDY_RUNNING, STUDY_DONE, STUDY_FAILED };

/** Begin. Owner the caller: study_free(), which ends the child. NULL: no memory, no child. */
struct study *study_new(const char *path);
void study_free(struct study *study);

/** How far it is; with STUDY_FAILED why, in ret_text. What it made belongs to the study and stays as it is; NULL: there is none. */
enum study_state study_state(struct study *study, const char **ret_text);
const char *study_json(struct study *study);
const unsigned char *study_pdf(struct study *study, size_t *ret_size);

#endif
