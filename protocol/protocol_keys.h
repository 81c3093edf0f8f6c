/* The table of keys, for the reader. Internal. */
#ifndef GAIT_PROTOCOL_KEYS_H
#define GAIT_PROTOCOL_KEYS_H

#include "mats/yaml_keys.h"
#include "protocol/protocol.h"

extern const struct yaml_key protocol_keys[];

/** What does not belong together; nothing that rests on a key with a mistake in it. */
void protocol_rules(const struct protocol *protocol, struct yaml_check *check);

#endif
