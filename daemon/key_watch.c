#include "key_watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "config.h"

#define LOOK_NS 1000000000ull

static void path_of(const char *keys, char ret_path[CONFIG_PATH_MAX + 16])
{
    snprintf(ret_path, CONFIG_PATH_MAX + 16, "%s/allowed", keys);
}

static struct stat look(const char *path)
{
    struct stat now;

    if (stat(path, &now) < 0)
        memset(&now, 0, sizeof now);
    return now;
}

bool key_watch_begin(struct key_watch *watch, const char *keys)
{
    const uint32_t what = IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB;
    char path[CONFIG_PATH_MAX + 16];

    path_of(keys, path);
    watch->seen = look(path);
    if (watch->fd < 0)
        watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return watch->fd >= 0 && inotify_add_watch(watch->fd, path, what) >= 0;
}

bool key_watch_changed(struct key_watch *watch, const char *keys, uint64_t now_ns)
{
    char events[4096], path[CONFIG_PATH_MAX + 16];
    struct stat now;
    bool any = false;

    while (watch->fd >= 0 && read(watch->fd, events, sizeof events) > 0)
        any = true;
    if (any || now_ns < watch->look_ns)
        return any;
    watch->look_ns = now_ns + LOOK_NS;
    path_of(keys, path);
    now = look(path);
    return now.st_dev != watch->seen.st_dev || now.st_ino != watch->seen.st_ino || now.st_mode != watch->seen.st_mode ||
           now.st_mtim.tv_sec != watch->seen.st_mtim.tv_sec || now.st_mtim.tv_nsec != watch->seen.st_mtim.tv_nsec;
}

void key_watch_end(struct key_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}
