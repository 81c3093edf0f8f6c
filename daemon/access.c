#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <gait/cleanup.h>
#include <gait/stream.h>

#include "config.h"
#include "peers.h"

/* A request that is too long is answered up to REQUESTS_MESSAGE_MAX; who sends more is cut off. */
enum { LISTENERS_MESSAGE_MAX = 65536 + 512, REQUESTS_MESSAGE_MAX = 4 * LISTENERS_MESSAGE_MAX };

static int make_folder(const char *path, mode_t mode, struct gait_error *err)
{
    struct stat st;

    /* looked for first: under RestrictSUIDSGID= even an mkdir of what is there is not permitted */
    if ((stat(path, &st) == 0 && S_ISDIR(st.st_mode)) || mkdir(path, mode) == 0 || errno == EEXIST)
        return 0;
    return gait_error_set(err, -errno, "%s: cannot be made: %s (a service gets it from tmpfiles.d)", path,
                          strerror(errno));
}

/* Both socket folders lie in one run folder: that of the stream's. */
static int run_dir_of(const struct config *config, char ret[512], struct gait_error *err)
{
    const char *slash = strrchr(config->stream_ipc, '/');

    if (!slash || slash == config->stream_ipc)
        return gait_error_set(err, -EINVAL, "stream.ipc: %s lies in no run folder; write for example /run/gaitd/view",
                              config->stream_ipc);
    snprintf(ret, 512, "%.*s", (int)(slash - config->stream_ipc), config->stream_ipc);
    return 0;
}

/* A child of a daemon that was just killed holds its locks until it has become another program. */
static int lock_soon(int fd)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000000};
    int r = flock(fd, LOCK_EX | LOCK_NB);

    for (int i = 0; r < 0 && errno == EWOULDBLOCK && i < 40; i++) {
        nanosleep(&pause, NULL);
        r = flock(fd, LOCK_EX | LOCK_NB);
    }
    return r;
}

static int lock(const char *run_dir, int *ret_lock, struct gait_error *err)
{
    _cleanup_close_ int fd = -1;
    char path[600];

    snprintf(path, sizeof path, "%s/lock", run_dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    if (lock_soon(fd) < 0)
        return gait_error_set(
            err, -EBUSY,
            "another gaitd is running on %s: stop it first, or give this one a run folder of its own (--run)", run_dir);
    *ret_lock = fd;
    fd = -1;
    return 0;
}

int access_lock(const struct config *config, char ret_run_dir[512], int *ret_lock, struct gait_error *err)
{
    int r = run_dir_of(config, ret_run_dir, err);

    if (r == 0)
        r = make_folder(ret_run_dir, 0755, err);
    if (r == 0)
        r = lock(ret_run_dir, ret_lock, err);
    if (r == 0)
        r = make_folder(config->stream_ipc, 02750, err);
    if (r == 0)
        r = make_folder(config->control_ipc, 02750, err);
    return r;
}

int access_lock_data(const char *path, int *ret_lock, struct gait_error *err)
{
    _cleanup_close_ int fd = *ret_lock < 0 && *path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    if (lock_soon(fd) < 0)
        return errno != EWOULDBLOCK ? 0
                                    : gait_error_set(err, -EBUSY,
                                                     "another gaitd records into %s: stop it first, or give this one a "
                                                     "data folder of its own (--data, recording.path)",
                                                     path);
    *ret_lock = fd;
    fd = -1;
    return 0;
}

int access_limit(void *socket, int type, int hwm)
{
    const int linger = 0, on = 1;
    const int64_t largest = type == ZMQ_ROUTER ? REQUESTS_MESSAGE_MAX : LISTENERS_MESSAGE_MAX;

    if (zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) < 0 ||
        zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm) < 0 ||
        zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) < 0)
        return -1;
    if (type != ZMQ_XPUB)
        return 0;
    return zmq_setsockopt(socket, ZMQ_XPUB_MANUAL, &on, sizeof on) < 0 ||
                   zmq_setsockopt(socket, ZMQ_XPUB_VERBOSER, &on, sizeof on) < 0
               ? -1
               : 0;
}

int access_bind(void *zmq, int type, const char *folder, const char *name, int hwm, struct peers *ret_peers,
                void **ret_socket, struct gait_error *err)
{
    char endpoint[GAIT_ENDPOINT_MAX];
    void *socket;
    mode_t mask;
    int r;

    if (strlen(folder) + strlen(name) + 1 >= sizeof((struct sockaddr_un *)0)->sun_path)
        return gait_error_set(err, -ENAMETOOLONG,
                              "%s/%s: too long for a socket's address (107 bytes); choose a shorter run folder", folder,
                              name);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/%s", folder, name);
    socket = zmq_socket(zmq, type);
    if (!socket || access_limit(socket, type, hwm) < 0 || peers_watch(ret_peers, zmq, socket, 0) < 0)
        return gait_error_set(err, -EIO, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
    mask = umask(0007);
    r = zmq_bind(socket, endpoint) < 0 ? -zmq_errno() : 0;
    umask(mask);
    if (r < 0) {
        gait_error_set(err, r, "%s: cannot be bound: %s", endpoint, zmq_strerror(-r));
        peers_unwatch(ret_peers);
        zmq_close(socket);
        return r;
    }
    *ret_socket = socket;
    return 0;
}
