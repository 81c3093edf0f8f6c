/* The configuration read again while trials run: what can be changed is changed, what cannot is refused with the reason. One row a setting. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "daemon.h"

struct setting {
    const char *name;
    size_t offset, size;
    const char *why_not; /* NULL: changes at once */
};

#define WAITS "is taken at the next start of gaitd"
#define ROW(name_, member, why)                                                                                 \
    {                                                                                                           \
        .name = name_, .offset = offsetof(struct config, member), .size = sizeof(((struct config *)0)->member), \
        .why_not = why                                                                                          \
    }

/* clang-format off: a table */
static const struct setting settings[] = {
    ROW("recording.second_path", second_path, NULL),
    ROW("recording.session_name", session_name, NULL),
    ROW("recording.floor_min", floor_min, NULL),
    ROW("recording.max_trial_s", max_trial_s, NULL),
    ROW("recording.pressure", pressure, NULL),
    ROW("recording.seal_timeout_s", seal_timeout_s, NULL),
    ROW("access.audit", audit, NULL),
    ROW("log.level", log_level, NULL),
    ROW("recording.path", path, "holds the open session: " WAITS),
    ROW("recording.pre_trigger_s", pre_trigger_s, "sizes the rings: " WAITS),
    ROW("ring.memory_MiB", ring_memory_MiB, "sizes the rings: " WAITS),
    ROW("ring.seconds", ring_seconds, "sizes the rings: " WAITS),
    ROW("mats", n_mats, "is what is open: " WAITS),
    ROW("mats", mat, "is what is open: " WAITS),
    ROW("pipeline", parameters, "would make trials of one session incomparable: " WAITS),
    ROW("stream.ipc", stream_ipc, "clients are connected there: " WAITS),
    ROW("control.ipc", control_ipc, "clients are connected there: " WAITS),
    ROW("stream.tcp", stream_tcp, "clients are connected there: " WAITS),
    ROW("control.tcp", control_tcp, "clients are connected there: " WAITS),
    ROW("stream.high_water_mark", stream_hwm, "belongs to open connections: " WAITS),
    ROW("stream.memory_MiB", stream_memory_MiB, "belongs to open connections: " WAITS),
    ROW("access.keys", keys, "guards open connections (the keys in it are read anew at once): " WAITS),
    ROW("realtime.priority", priority, "belongs to a running thread: " WAITS),
};
/* clang-format on */

static bool differs(const struct setting *s, const struct config *a, const struct config *b)
{
    return memcmp((const char *)a + s->offset, (const char *)b + s->offset, s->size) != 0;
}

static void apply(struct daemon *d, const struct config *fresh, json_t *changed, json_t *refused)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *s = &settings[i];

        if (!differs(s, &d->config, fresh))
            continue;
        if (s->why_not) {
            json_array_append_new(refused, json_pack("{s:s, s:s}", "key", s->name, "why", s->why_not));
            daemon_log(d, GAIT_LOG_WARNING, "reload: %s %s", s->name, s->why_not);
        } else {
            memcpy((char *)&d->config + s->offset, (const char *)fresh + s->offset, s->size);
            json_array_append_new(changed, json_string(s->name));
            daemon_log(d, GAIT_LOG_NOTICE, "reload: %s is changed", s->name);
        }
    }
    d->log.level = d->config.log_level;
    d->sealer.timeout_s = d->config.seal_timeout_s;
    d->sealer.pressure = d->config.pressure;
}

/* The file, then the keys: while either cannot be read nothing is changed. */
static int read_again(struct daemon *d, struct config *ret_fresh, struct gait_error *err)
{
    const char *file = d->config.file;

    if (*file && access(file, R_OK) < 0)
        return gait_error_set(err, -errno, "%s: %s: nothing is changed", file, strerror(errno));
    if (d->read_config(d->read_config_user, ret_fresh) != 0)
        return gait_error_set(err, -EINVAL, "%s holds mistakes, told in the log: nothing is changed", file);
    if (strcmp(d->config.audit, ret_fresh->audit) != 0 && audit_open(ret_fresh, err) < 0)
        return err->code;
    return d->tcp.wanted ? tcp_reload(&d->tcp, err) : 0;
}

json_t *reload_config(struct daemon *d, struct gait_error *err)
{
    json_t *changed, *refused;
    struct config fresh;

    memset(&fresh, 0, sizeof fresh); /* padding is compared */
    if (read_again(d, &fresh, err) < 0) {
        daemon_log(d, GAIT_LOG_ERROR, "reload: %s", err->text);
        return NULL;
    }
    changed = json_array();
    refused = json_array();
    apply(d, &fresh, changed, refused);
    return json_pack("{s:o, s:o}", "changed", changed, "refused", refused);
}
