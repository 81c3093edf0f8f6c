#include "verb.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct verb *const verbs[] = {
    &verb_status,
    &verb_devices,
    &verb_adopt,
    &verb_session_open,
    &verb_session_set,
    &verb_session_fields,
    &verb_session_lock,
    &verb_session_unblind,
    &verb_session_purge,
    &verb_session_close,
    &verb_session_list,
    &verb_trial_start,
    &verb_trial_stop,
    &verb_trial_discard,
    &verb_treatment_start,
    &verb_treatment_stop,
    &verb_treatment_show,
    &verb_tare,
    &verb_equilibrate,
    &verb_load,
    &verb_weight,
    &verb_forget,
    &verb_mark,
    &verb_set_side,
    &verb_invalid,
    &verb_watch,
    &verb_view,
    &verb_web,
    &verb_record,
    &verb_logs,
    &verb_analyse,
    &verb_compare,
    &verb_baseline,
    &verb_check,
    &verb_export,
    &verb_import,
    &verb_recover,
    &verb_repair,
    &verb_metrics,
    &verb_profile_check,
    &verb_profile_try,
    &verb_profile_keys,
    &verb_profile_udev,
    &verb_protocol_check,
    &verb_protocol_list,
    &verb_protocol_keys,
    &verb_doctor,
    &verb_key_new,
    &verb_key_list,
    &verb_key_revoke,
    NULL,
};
/* clang-format on */

/* How many words of argv are this verb's name; 0: another one. */
static int words_of(const struct verb *verb, int argc, char *const *argv)
{
    const char *space = strchr(verb->name, ' ');
    size_t first = space ? (size_t)(space - verb->name) : strlen(verb->name);

    if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], verb->name, first) != 0)
        return 0;
    if (!space)
        return 1;
    return argc >= 2 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

const struct verb *verb_find(int argc, char *const *argv, int *ret_words)
{
    const struct verb *best = NULL; /* "devices adopt" rather than "devices" */

    *ret_words = 0;
    for (size_t i = 0; verbs[i]; i++) {
        int words = words_of(verbs[i], argc, argv);

        if (words > *ret_words) {
            *ret_words = words;
            best = verbs[i];
        }
    }
    return best;
}

double verb_number(const struct argp_state *state, const char *option, const char *arg, double least, double most)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(arg, &end);
    if (end == arg || *end || errno || !(value >= least && value <= most))
        argp_error(state, "%s is '%s': it must be a number from %g to %g", option, arg, least, most);
    return value;
}

error_t verb_files_parse(int key, char *arg, struct argp_state *state)
{
    struct verb_files *files = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (files->n == VERB_FILES_MAX)
            argp_error(state, "more than %d files", VERB_FILES_MAX);
        files->file[files->n++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!files->n)
            argp_error(state, "FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_options(FILE *out, const struct argp_option *option)
{
    for (; option && (option->name || option->key || option->doc); option++)
        if (option->name && !(option->flags & OPTION_HIDDEN))
            fprintf(out, " --%s", option->name);
}

/* One case of the completion: what may follow this verb. */
static void print_case(FILE *out, const struct verb *verb, const struct argp_option *global)
{
    fprintf(out, "    '%s')\n        options='", verb->name);
    print_options(out, verb->options);
    print_options(out, global);
    fprintf(out, "'\n        words='%s' ;;\n", verb->files && strcmp(verb->files, "file") != 0 ? verb->files : "");
}

void verb_completion_bash(FILE *out, const struct argp_option *global)
{
    fputs("# bash completion for gait; made by: gait --completion bash\n_gait()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} verb='' word options words i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n        word=${COMP_WORDS[i]}\n"
          "        [[ $word == -* ]] || verb=\"${verb:+$verb }$word\"\n"
          "        case $verb in\n        ",
          out);
    for (size_t i = 0; verbs[i]; i++)
        fprintf(out, "%s'%s'", i ? "|" : "", verbs[i]->name);
    fputs(") break ;;\n        esac\n    done\n    options='' words=''\n    case $verb in\n", out);
    for (size_t i = 0; verbs[i]; i++)
        print_case(out, verbs[i], global);
    fputs("    '') words='", out);
    for (size_t i = 0; verbs[i]; i++) {
        size_t n = strcspn(verbs[i]->name, " ");

        if (!i || strncmp(verbs[i - 1]->name, verbs[i]->name, n + 1) != 0)
            fprintf(out, "%s%.*s", i ? " " : "", (int)n, verbs[i]->name);
    }
    fputs("'\n        options='", out);
    print_options(out, global);
    fputs("' ;;\n", out);
    for (size_t i = 0; verbs[i]; i++) {
        const char *space = strchr(verbs[i]->name, ' ');
        size_t n = space ? (size_t)(space - verbs[i]->name) : 0;

        if (!space || (i && strncmp(verbs[i - 1]->name, verbs[i]->name, n + 1) == 0))
            continue;
        fprintf(out, "    '%.*s') words='", (int)n, verbs[i]->name);
        for (size_t k = i; verbs[k] && strncmp(verbs[k]->name, verbs[i]->name, n + 1) == 0; k++)
            fprintf(out, "%s%s", k > i ? " " : "", verbs[k]->name + n + 1);
        fputs("' ;;\n", out);
    }
    fputs(
        "    esac\n    if [[ $current == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
        "    elif [[ $words ]]; then\n        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "    else\n        COMPREPLY=($(compgen -f -- \"$current\"))\n    fi\n}\n"
        "complete -o filenames -F _gait gait\n",
        out);
}
