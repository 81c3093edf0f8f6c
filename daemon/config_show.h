/* The configuration in force as JSON: what the verb `config` answers. */
#ifndef GAITD_CONFIG_SHOW_H
#define GAITD_CONFIG_SHOW_H

#include <jansson.h>

#include "config.h"

/** Every key of the file's table, nested as in the file, words as words; what was left out has its default. Owner: the caller. */
json_t *config_show(const struct config *config);

#endif
