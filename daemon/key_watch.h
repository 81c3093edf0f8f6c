/*
 * Notices that the folder of allowed keys changed: at once where the kernel says so, within a second where the folder itself was replaced or is gone. Main thread.
 */
#ifndef GAITD_KEY_WATCH_H
#define GAITD_KEY_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct key_watch {
    int fd; /* inotify; -1 none */
    uint64_t look_ns;
    struct stat seen; /* of the folder, as it was when it was read; zeros: it was not there */
};

/** Watch KEYS/allowed from now on; again before each reading, since it may be another folder by then. Returns false: only its own look each second is left. */
bool key_watch_begin(struct key_watch *watch, const char *keys);
/** Did it change since? Empties what the kernel had to say. */
bool key_watch_changed(struct key_watch *watch, const char *keys, uint64_t now_ns);
void key_watch_end(struct key_watch *watch);

#endif
