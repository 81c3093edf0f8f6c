#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>

static void place(const struct daemon *d, char ret[CONFIG_PATH_MAX + 32])
{
    const char *slash = strrchr(d->config.path, '/');

    if (d->config.audit[0])
        snprintf(ret, CONFIG_PATH_MAX + 32, "%s", d->config.audit);
    else
        snprintf(ret, CONFIG_PATH_MAX + 32, "%.*s/audit.log", slash ? (int)(slash - d->config.path) : 0,
                 d->config.path);
}

static json_t *line_of(struct daemon *d, const struct call *call, const json_t *reply)
{
    char now[32];

    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:s}", "utc", now, "who", call->who, "client", call->client,
                     "verb", call->verb, "session", d->session ? d->session->id : "", "args", call->args, "ok",
                     json_object_get(reply, "ok"), "code",
                     json_is_true(json_object_get(reply, "ok"))
                         ? ""
                         : json_string_value(json_object_get(json_object_get(reply, "error"), "code")));
}

static int append(const char *path, const char *text, size_t n)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

    if (fd < 0)
        return -errno;
    return write(fd, text, n) == (ssize_t)n ? 0 : errno ? -errno : -EIO;
}

void audit_note(struct daemon *d, const struct call *call, const json_t *reply)
{
    char path[CONFIG_PATH_MAX + 32];
    json_t *line = line_of(d, call, reply);
    _cleanup_free_ char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    size_t n = text ? strlen(text) : 0;
    int r = -ENOMEM;

    place(d, path);
    if (text) {
        text[n] = '\n'; /* in place of the NUL: one write, one line */
        r = append(path, text, n + 1);
    }
    json_decref(line);
    if (r < 0 && !d->audit_failed)
        daemon_log(d, GAIT_LOG_ERROR, "%s: the audit log cannot be written: %s", path, strerror(-r));
    d->audit_failed = r < 0;
}
