/*
 * Keys of the TCP sockets: the server's own pair, and a folder of allowed PUBLIC keys with a role each. `gait key` writes them (docs/SECURITY.md).
 *
 *     KEYS/server.key          secret: Z85, public: Z85; mode 0600
 *     KEYS/allowed/NAME.pub    role: viewer|operator, public: Z85
 */
#ifndef GAITD_KEYS_H
#define GAITD_KEYS_H

#include <stdint.h>

#include <gait/error.h>

enum { KEY_NAME_MAX = 64, KEY_BYTES = 32, KEY_Z85 = 40, KEYS_MAX = 1024 };

enum key_role { KEY_NONE = 0, KEY_VIEWER = 1, KEY_OPERATOR = 2 };

struct allowed_key {
    char name[KEY_NAME_MAX + 1];
    enum key_role role;
    uint8_t public[KEY_BYTES];
};

struct keys {
    struct allowed_key *allowed;
    unsigned n;
    char public[KEY_Z85 + 1], secret[KEY_Z85 + 1];
};

/**
 * Read a folder of keys. A file in allowed/ that is no key is told by report and allows nobody.
 *
 * Owner    keys_done(); *ret_keys is untouched on failure.
 * Returns  0; negative errno with err: no server key, or others may read it.
 */
int keys_load(const char *folder, struct keys *ret_keys, void (*report)(void *user, const char *line), void *user,
              struct gait_error *err);
/** The allowed keys alone, into `keys` that hold none. Returns 0; negative errno with err, and there are none. */
int keys_load_allowed(const char *folder, struct keys *keys, void (*report)(void *user, const char *line), void *user,
                      struct gait_error *err);
void keys_done(struct keys *keys);

/** Who has this public key; NULL nobody. */
const struct allowed_key *keys_find(const struct keys *keys, const uint8_t *public);
/** Role of a name; KEY_NONE when it is not allowed any more. */
enum key_role keys_role(const struct keys *keys, const char *name);

#endif
