/*
 * The table of verbs: help, usage and completion are made from it. A new verb is one file and one line in verbs.c.
 */
#ifndef VERB_H
#define VERB_H

#include <argp.h>

#include "client.h"

struct verb {
    const char *name;                  /* one or two words */
    const char *args;                  /* of the usage line; NULL: none */
    const char *summary;               /* one line, without a full stop */
    const char *more;                  /* paragraphs and examples behind the options; NULL: none */
    const struct argp_option *options; /* NULL: none */
    const char *files; /* what completion offers for arguments: "file", "word word ...", NULL: nothing */
    size_t size;       /* of the struct that parse fills and run reads */
    error_t (*parse)(int key, char *arg,
                     struct argp_state *state); /* state->input is that struct; NULL: takes nothing */
    bool guarded;                               /* reads files from elsewhere: runs in a child with limits */
    int (*run)(const struct client *client, const void *options); /* returns the exit status */
};

extern const struct verb verb_status, verb_devices, verb_session_open, verb_session_set, verb_session_close,
    verb_session_list, verb_trial_start, verb_trial_stop, verb_trial_discard, verb_tare, verb_mark, verb_set_side,
    verb_invalid, verb_watch, verb_analyse, verb_compare, verb_baseline, verb_check, verb_recover, verb_repair,
    verb_export, verb_import, verb_metrics, verb_profile_check, verb_profile_try, verb_profile_keys, verb_profile_udev,
    verb_doctor, verb_adopt, verb_key_new, verb_key_list, verb_key_revoke, verb_equilibrate, verb_load, verb_weight,
    verb_forget, verb_view, verb_web, verb_logs, verb_record, verb_session_fields, verb_session_lock,
    verb_session_unblind, verb_session_purge, verb_treatment_start, verb_treatment_stop, verb_treatment_show,
    verb_protocol_check, verb_protocol_list, verb_protocol_keys;

/** All verbs, in the order of the help; NULL-terminated. */
extern const struct verb *const verbs[];

/**
 * Find the verb that argv begins with.
 *
 * Returns  the verb and *ret_words, how many words of argv are its name; NULL when there is none.
 */
const struct verb *verb_find(int argc, char *const *argv, int *ret_words);

/** Write a bash completion made from the table. */
void verb_completion_bash(FILE *out, const struct argp_option *global);

/** For parse functions: a number in range, or an argp error naming the option. */
double verb_number(const struct argp_state *state, const char *option, const char *arg, double least, double most);

/* Files that a verb is given. */
enum { VERB_FILES_MAX = 4096 };
struct verb_files {
    const char *file[VERB_FILES_MAX];
    size_t n;
};

/** The parse function of FILE... : first in the verb's struct, and one file at least. Other keys: ARGP_ERR_UNKNOWN. */
error_t verb_files_parse(int key, char *arg, struct argp_state *state);

#endif
