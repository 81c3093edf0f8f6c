/* One value of a YAML file: judged by its key, written clean. */
#ifndef MAT_YAML_SCALAR_H
#define MAT_YAML_SCALAR_H

#include "mats/yaml_keys.h"

/* Decimal without leading zeros, or 0x hexadecimal. Returns 0; -EINVAL; -ERANGE. */
int yaml_scalar_uint(const char *text, uint32_t *ret_value);

/**
 * Judge a value; with `clean`, write it there as libcyaml reads it.
 *
 * Returns  0; -EINVAL with ret_text saying what is wrong and what to write.
 */
int yaml_scalar_judge(const char *value, size_t length, const struct yaml_key *key, FILE *clean, char *ret_text,
                      size_t size);

/* How many letters must change to make one word of the other; case and '-' for '_' do not count. */
unsigned yaml_distance(const char *a, const char *b);

#endif
