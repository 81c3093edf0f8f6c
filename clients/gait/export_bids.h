/*
 * A BIDS dataset in a folder: trials are added one after another, each with its own files, the participants' table grows.
 */
#ifndef EXPORT_BIDS_H
#define EXPORT_BIDS_H

#include <gait/export.h>

#include "whole_file.h"

/**
 * Add one trial; `source` (the recording itself) is copied into sourcedata/.
 *
 * Returns  0, ret_path its motion.tsv; negative errno, err says what: then none of this trial's files stays.
 */
int export_bids(const char *folder, const char *source, const struct gait_export_trial *trial, bool force,
                char ret_path[WHOLE_PATH_MAX], struct gait_error *err);

#endif
