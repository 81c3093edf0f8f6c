#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "folders.h"
#include "study.h"

/* --- what of the arguments is kept ----------------------------------------------------------------- */

static const char *const nothing[] = {NULL}, *const opened[] = {"protocol", "override", NULL},
                         *const treated[] = {"override", NULL}, *const dropped[] = {"mat", "trial", NULL},
                         *const invalid[] = {"footfall", "mat", "trial", NULL};

/* Of these verbs the log has the values of these members, and of all others the names: it outlives the session, which can be purged. */
static const struct rule {
    const char *verb;
    const char *const *kept;
} rules[] = {
    {"session open", opened},   {"session set", nothing},      {"mark", dropped},
    {"trial discard", dropped}, {"footfall invalid", invalid}, {"treatment start", treated},
};

/* Until it is unblinded the log says nothing of a treatment; no session: nobody knows whose arm was typed. */
static bool may_be_told(const struct session *s)
{
    return s && !(s->protocol && s->protocol->blind && protocol_is_drawn(s->protocol));
}

static const struct rule *rule_of(const struct daemon *d, const char *verb)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].verb, verb) == 0)
            return rules[i].kept == treated && may_be_told(d->session) ? NULL : &rules[i];
    return NULL;
}

static bool is_kept(const struct rule *rule, const char *key)
{
    const char *const *k = rule->kept;

    while (*k && strcmp(*k, key) != 0)
        k++;
    return *k != NULL;
}

static json_t *blank(const json_t *value)
{
    return json_is_null(value) ? json_null() : json_string("(not kept)");
}

/* A file's text does not belong here: its sum does, as soon as it was read. */
static json_t *without_text(json_t *value)
{
    json_t *copy = json_copy(value);

    json_object_del(copy, "text");
    return copy;
}

static json_t *names_in(const json_t *object)
{
    json_t *names = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)object, key, value) json_object_set_new(names, key, blank(value));
    return names;
}

json_t *audit_args(const struct daemon *d, const struct call *call)
{
    const struct rule *rule = rule_of(d, call->verb);
    json_t *kept, *value;
    const char *key;

    if (!rule)
        return json_incref(call->args);
    kept = json_object();
    json_object_foreach(call->args, key, value)
    {
        if (is_kept(rule, key))
            json_object_set_new(kept, key, without_text(value));
        else
            json_object_set_new(kept, key, strcmp(key, "fields") == 0 ? names_in(value) : blank(value));
    }
    return kept;
}

/* --- the file -------------------------------------------------------------------------------------- */

static json_t *line_of(struct daemon *d, const struct call *call, const json_t *reply)
{
    char now[32];

    utc_text(d->clock->now_ns(d->clock, GAIT_CLOCK_REALTIME), now);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:O, s:s}", "utc", now, "who", call->who, "client", call->client,
                     "verb", call->verb, "session", d->session ? d->session->id : "", "args", audit_args(d, call), "ok",
                     json_object_get(reply, "ok"), "code",
                     json_is_true(json_object_get(reply, "ok"))
                         ? ""
                         : json_string_value(json_object_get(json_object_get(reply, "error"), "code")));
}

/* Not waited for: a FIFO that nobody reads. Returns the descriptor; negative errno. */
static int open_log(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);

    return fd < 0 ? -errno : fd;
}

static int append(const char *path, const char *text, size_t n)
{
    _cleanup_close_ int fd = open_log(path);

    if (fd < 0)
        return fd;
    return write(fd, text, n) == (ssize_t)n ? 0 : errno ? -errno : -EIO;
}

static int refuse(const char *path, int code, struct gait_error *err)
{
    return gait_error_set(err, code,
                          "%s: the audit log cannot be opened: %s; gaitd does not run without (access.audit)", path,
                          strerror(-code));
}

/* Cuts the last name off; "/" stays. */
static void up(char *path)
{
    char *slash = strrchr(path, '/');

    slash[slash == path] = '\0';
}

int audit_open(const struct config *config, struct gait_error *err)
{
    char path[CONFIG_AUDIT_MAX], folder[CONFIG_AUDIT_MAX];
    int r = 0;

    config_audit(config, path);
    config_audit(config, folder);
    up(folder);
    if (!config->audit[0] && access(folder, F_OK) < 0)
        r = folders_make(folder, err);
    if (r < 0)
        return r;
    r = open_log(path);
    if (r < 0)
        return refuse(path, r, err);
    close(r);
    return 0;
}

/* Of a place that is not named the folders will be made. */
static int would_open(char *path, bool makes_folders)
{
    struct stat st;

    if (lstat(path, &st) == 0 && (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode)))
        return S_ISLNK(st.st_mode) ? -ELOOP : -EISDIR;
    if (access(path, W_OK) == 0 || errno != ENOENT)
        return access(path, W_OK) == 0 ? 0 : -errno;
    do
        up(path);
    while (makes_folders && path[1] && access(path, F_OK) < 0 && errno == ENOENT);
    return access(path, W_OK | X_OK) == 0 ? 0 : -errno;
}

int audit_check(const struct config *config, struct gait_error *err)
{
    char path[CONFIG_AUDIT_MAX], part[CONFIG_AUDIT_MAX];
    int r;

    config_audit(config, path);
    config_audit(config, part);
    r = would_open(part, !config->audit[0]);
    return r < 0 ? refuse(path, r, err) : 0;
}

void audit_note(struct daemon *d, const struct call *call, const json_t *reply)
{
    char path[CONFIG_AUDIT_MAX];
    json_t *line = line_of(d, call, reply);
    _cleanup_free_ char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    size_t n = text ? strlen(text) : 0;
    int r = -ENOMEM;

    config_audit(&d->config, path);
    if (text) {
        text[n] = '\n'; /* in place of the NUL: one write, one line */
        r = append(path, text, n + 1);
    }
    json_decref(line);
    if (r < 0 && !d->audit_failed)
        daemon_log(d, GAIT_LOG_ERROR, "%s: the audit log cannot be written: %s", path, strerror(-r));
    d->audit_failed = r < 0;
}
