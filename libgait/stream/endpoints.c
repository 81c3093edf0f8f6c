#include <gait/stream.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int too_long(struct gait_error *err, const char *where)
{
    return gait_error_set(err, -ENAMETOOLONG, "%.80s...: too long for a socket's address", where);
}

static int of_folder(const char *folder, size_t n, struct gait_endpoints *ret, struct gait_error *err)
{
    /* the kernel takes 107 characters of path */
    if (n + strlen("/control/control") > 107)
        return too_long(err, folder);
    snprintf(ret->stream, sizeof ret->stream, "ipc://%.*s/view/stream", (int)n, folder);
    snprintf(ret->query, sizeof ret->query, "ipc://%.*s/view/query", (int)n, folder);
    snprintf(ret->control, sizeof ret->control, "ipc://%.*s/control/control", (int)n, folder);
    return 0;
}

/* ipc:///run/gaitd/control/control names the folder two levels up. */
static int of_ipc(const char *path, struct gait_endpoints *ret, struct gait_error *err)
{
    size_t n = strlen(path);

    for (int up = 0; up < 2; up++) {
        while (n > 0 && path[n - 1] != '/')
            n--;
        if (n < 2)
            return gait_error_set(err, -EINVAL, "ipc://%s: expected ipc://FOLDER/control/control", path);
        n--;
    }
    return of_folder(path, n, ret, err);
}

/* tcp://host:7470: control there, the stream on the next port. */
static int of_tcp(const char *where, struct gait_endpoints *ret, struct gait_error *err)
{
    const char *colon = strrchr(where, ':');
    unsigned port;
    char rest;

    if (strlen(where) >= GAIT_ENDPOINT_MAX - 8)
        return too_long(err, where);
    if (!colon || sscanf(colon, ":%5u%c", &port, &rest) != 1 || port < 1 || port > 65534)
        return gait_error_set(err, -EINVAL, "%s: expected tcp://HOST:PORT", where);
    snprintf(ret->control, sizeof ret->control, "%s", where);
    snprintf(ret->query, sizeof ret->query, "%s", where);
    snprintf(ret->stream, sizeof ret->stream, "%.*s:%u", (int)(colon - where), where, port + 1);
    return 0;
}

static int of_default(struct gait_endpoints *ret, struct gait_error *err)
{
    const char *user = getenv("XDG_RUNTIME_DIR");
    char path[GAIT_ENDPOINT_MAX];

    if (user && *user == '/') {
        int n = snprintf(path, sizeof path, "%s/gaitd/lock", user);

        if (n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0)
            return of_folder(path, (size_t)n - strlen("/lock"), ret, err);
    }
    return of_folder("/run/gaitd", strlen("/run/gaitd"), ret, err);
}

int gait_endpoints_find(const char *where, struct gait_endpoints *ret_endpoints, struct gait_error *err)
{
    struct gait_endpoints e;
    size_t n;
    int r;

    if (!where)
        where = getenv("GAIT_SOCKET");
    n = where ? strlen(where) : 0;
    if (!n)
        r = of_default(&e, err);
    else if (strncmp(where, "ipc://", 6) == 0)
        r = of_ipc(where + 6, &e, err);
    else if (strncmp(where, "tcp://", 6) == 0)
        r = of_tcp(where, &e, err);
    else if (*where == '/')
        r = of_folder(where, n > 1 && where[n - 1] == '/' ? n - 1 : n, &e, err);
    else
        r = gait_error_set(err, -EINVAL, "%s: name the daemon's run folder (/run/gaitd), ipc://... or tcp://HOST:PORT",
                           where);
    if (r == 0)
        *ret_endpoints = e;
    return r;
}
