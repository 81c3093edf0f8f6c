#include "stream/curve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include <gait/cleanup.h>

enum { Z85 = 40, PATH_BYTES = 4096 };

GAIT_DEFINE_CLEANUP(FILE *, fclose)

struct key_file {
    char secret[Z85 + 1], public[Z85 + 1], server[Z85 + 1];
};

static void place(char ret[PATH_BYTES])
{
    const char *key = getenv("GAIT_KEY"), *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (key && *key)
        snprintf(ret, PATH_BYTES, "%s", key);
    else if (config && *config)
        snprintf(ret, PATH_BYTES, "%s/gait/key", config);
    else
        snprintf(ret, PATH_BYTES, "%s/.config/gait/key", home ? home : "");
}

static void take_line(const char *line, struct key_file *key)
{
    char name[16], value[64];
    char *to;

    if (sscanf(line, " %15[a-z]: %63s", name, value) != 2 || strlen(value) != Z85)
        return;
    to = strcmp(name, "secret") == 0   ? key->secret
         : strcmp(name, "public") == 0 ? key->public
         : strcmp(name, "server") == 0 ? key->server
                                       : NULL;
    if (to)
        memcpy(to, value, Z85 + 1);
}

static int read_key(const char *path, struct key_file *key, struct gait_error *err)
{
    _cleanup_(fclosep) FILE *f = fopen(path, "re");
    char line[256];
    struct stat st;

    if (!f)
        return gait_error_set(err, -EACCES,
                              "%s: %s; a daemon at tcp:// lets in known keys only: name yours with GAIT_KEY", path,
                              strerror(errno));
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
        return gait_error_set(err, -EPERM, "%s: others may read this secret key: chmod 600 it", path);
    while (fgets(line, sizeof line, f))
        take_line(line, key);
    if (!key->secret[0] || !key->public[0] || !key->server[0])
        return gait_error_set(err, -EINVAL, "%s: no key of gait: lines secret:, public: and server: of 40 characters",
                              path);
    return 0;
}

int stream_curve(void *socket, const char *endpoint, struct gait_error *err)
{
    struct key_file key = {0};
    char path[PATH_BYTES];
    int r;

    if (strncmp(endpoint, "tcp://", 6) != 0)
        return 0;
    place(path);
    r = read_key(path, &key, err);
    if (r == 0 && (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, key.server, Z85) < 0 ||
                   zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key.public, Z85) < 0 ||
                   zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key.secret, Z85) < 0))
        r = gait_error_set(err, -EINVAL, "%s: %s", path, zmq_strerror(zmq_errno()));
    explicit_bzero(&key, sizeof key);
    return r;
}
