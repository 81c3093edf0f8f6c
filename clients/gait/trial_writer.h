/*
 * A trial analysed anew and kept: a recording goes through the pipeline into a journal, which becomes a trial file. The recording itself is only read.
 */
#ifndef TRIAL_WRITER_H
#define TRIAL_WRITER_H

#include "recording.h"

struct trial_writer {
    const char *journal; /* where to make it; it is gone afterwards, whatever happens */
    const char *out;     /* the trial file; must not be there yet */
    const struct gait_journal_header *header;
    bool keep_footfalls; /* the recording's own footfalls go into the file as those of an earlier version */
    uint32_t version;    /* theirs */
    const struct gait_seal_options *seal; /* NULL: the defaults */
};

/**
 * Work one trial, the recording standing at it, and seal it.
 *
 * Returns  0, ret_report (may be NULL) what lies in the file; -EEXIST out is there already; negative errno, err says what: then nothing stays.
 */
int trial_write(const struct trial_writer *writer, struct recording *recording, struct gait_seal_report *ret_report,
                struct gait_error *err);

#endif
