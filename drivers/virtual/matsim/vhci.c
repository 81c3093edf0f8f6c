/*
 * Plug into this machine's kernel without the usbip tool: vhci-hcd is handed one end of a connected TCP pair, we serve the other. No handshake.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "matsim.h"

static const char folder[] = "/sys/devices/platform/vhci_hcd.0";

/* vhci takes a socket of any family, but a pair of Unix sockets is 2 to 9 times slower than this. */
static int tcp_pair(int ret_fd[2])
{
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *a = (struct sockaddr *)&address;
    socklen_t size = sizeof address;
    _cleanup_close_ int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    _cleanup_close_ int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int other;

    if (door < 0 || one < 0 || bind(door, a, size) < 0 || listen(door, 1) < 0 || getsockname(door, a, &size) < 0 ||
        connect(one, a, size) < 0)
        return -errno;
    other = accept4(door, NULL, NULL, SOCK_CLOEXEC);
    if (other < 0)
        return -errno;
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ret_fd[0] = one;
    ret_fd[1] = other;
    one = -1;
    return 0;
}

static int open_file(const char *name, int flags, struct gait_error *err)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, flags | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (errno == ENOENT)
        return gait_error_set(err, -ENOENT, "%s is missing: load the module with  modprobe vhci-hcd", path);
    if (errno == EACCES)
        return gait_error_set(err, -EACCES, "%s: root only; run  sudo matsim --attach", path);
    return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
}

/* Lines of "hs  0000 004 ...": hub, port, state (4 free). Marks the free ports for high speed. */
static int free_ports(bool ret_free[64], struct gait_error *err)
{
    char text[8192], *line, *rest = text;
    _cleanup_close_ int fd = open_file("status", O_RDONLY, err);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd < 0)
        return fd;
    if (n < 0)
        return gait_error_set(err, -errno, "%s/status: %s", folder, strerror(errno));
    text[n] = '\0';
    while ((line = strsep(&rest, "\n"))) {
        unsigned port, state;

        if (sscanf(line, "hs %u %u", &port, &state) == 2 && port < 64)
            ret_free[port] = state == 4;
    }
    return 0;
}

int vhci_attach(uint32_t devid, uint32_t speed, int *ret_fd, int *ret_port, struct gait_error *err)
{
    bool is_free[64] = {false};
    int pair[2] = {-1, -1}, r = free_ports(is_free, err);
    _cleanup_close_ int fd = r < 0 ? r : open_file("attach", O_WRONLY, err);

    if (fd < 0)
        return fd;
    r = tcp_pair(pair);
    if (r < 0)
        return gait_error_set(err, r, "no TCP on the loopback (ip link set lo up): %s", strerror(-r));
    _cleanup_close_ int kernels = pair[0], ours = pair[1];
    for (int port = 0; port < 64; port++) {
        char text[64];
        int n = snprintf(text, sizeof text, "%d %d %" PRIu32 " %" PRIu32, port, kernels, devid, speed);

        if (!is_free[port])
            continue;
        if (write(fd, text, (size_t)n) == n) {
            *ret_port = port;
            *ret_fd = ours;
            ours = -1;
            return 0;
        }
        if (errno != EBUSY) /* another was quicker: the next port */
            return gait_error_set(err, -errno, "%s/attach: %s", folder, strerror(errno));
    }
    return gait_error_set(err, -EBUSY, "all ports of vhci-hcd are taken: usbip port lists them");
}
