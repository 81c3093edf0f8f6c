#include "virtual/usbip.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virtual/usbip_internal.h"

enum {
    IN_CAPACITY = USBIP_HEADER_BYTES + USBIP_TRANSFER_BYTES_MAX + USBIP_PACKETS_MAX * USBIP_PACKET_BYTES,
    OUT_ENOUGH = 1 << 20, /* a host that does not read is not filled further */
    READ_STEP = 1 << 16,
};

int usbip_link_new(int fd, struct usbip_mat *mat, bool imported, struct usbip_link **ret_link)
{
    struct usbip_link *link = calloc(1, sizeof *link);
    int flags = fcntl(fd, F_GETFL);

    if (!link || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        int r = link ? -errno : -ENOMEM;

        close(fd);
        free(link);
        return r;
    }
    link->fd = fd;
    link->mat = mat;
    link->imported = imported;
    if (imported)
        mat->taken = true;
    *ret_link = link;
    return 0;
}

void usbip_link_free(struct usbip_link *link)
{
    if (!link)
        return;
    if (link->imported)
        link->mat->taken = false;
    usbip_transfers_free(link);
    close(link->fd);
    free(link->in.at);
    free(link->out.at);
    free(link);
}

int usbip_link_fd(const struct usbip_link *link)
{
    return link->fd;
}

bool usbip_link_imported(const struct usbip_link *link)
{
    return link->imported;
}

static bool choked(const struct usbip_link *link)
{
    return link->out.used - link->out_sent >= OUT_ENOUGH;
}

short usbip_link_events(const struct usbip_link *link)
{
    return (short)((choked(link) ? 0 : POLLIN) | (link->out_sent < link->out.used ? POLLOUT : 0));
}

/* --- bytes ------------------------------------------------------------------------------------------------- */

static int reserve(struct bytes *b, size_t n)
{
    size_t capacity = b->capacity ? b->capacity : READ_STEP;
    uint8_t *at;

    if (b->capacity - b->used >= n)
        return 0;
    while (capacity - b->used < n)
        capacity *= 2;
    at = realloc(b->at, capacity);
    if (!at)
        return -ENOMEM;
    b->at = at;
    b->capacity = capacity;
    return 0;
}

uint8_t *usbip_out(struct usbip_link *link, size_t n)
{
    uint8_t *p;

    if (link->out_sent == link->out.used)
        link->out_sent = link->out.used = 0;
    if (reserve(&link->out, n) < 0)
        return NULL;
    p = link->out.at + link->out.used;
    memset(p, 0, n);
    link->out.used += n;
    return p;
}

static int flush(struct usbip_link *link)
{
    while (link->out_sent < link->out.used) {
        ssize_t n = send(link->fd, link->out.at + link->out_sent, link->out.used - link->out_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        link->out_sent += (size_t)n;
    }
    return 0;
}

/* 1 bytes came or may come, 0 the host has closed, negative errno. */
static int take(struct usbip_link *link)
{
    ssize_t n;

    if (link->in.used >= IN_CAPACITY)
        return 1;
    if (reserve(&link->in, READ_STEP) < 0)
        return -ENOMEM;
    n = recv(link->fd, link->in.at + link->in.used, link->in.capacity - link->in.used, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 1 : -errno;
    link->in.used += (size_t)n;
    return n > 0;
}

/* Serves the whole messages that have come. 1 goes on, 0 a handshake without import is over, negative errno. */
static int serve(struct usbip_link *link, struct gait_error *err)
{
    size_t at = 0, bytes = 0;
    bool done = true;
    int r = 1;

    struct bytes all = link->in;
    while (r > 0 && done && at < all.used && !choked(link)) {
        link->in = (struct bytes){.at = all.at + at, .used = all.used - at};
        done = false;
        r = link->imported ? usbip_transfer(link, &bytes, &done, err) : usbip_offer(link, &bytes, &done, err);
        at += done ? bytes : 0;
    }
    link->in = all;
    memmove(link->in.at, link->in.at + at, link->in.used - at);
    link->in.used -= at;
    return r;
}

int usbip_link_work(struct usbip_link *link, uint64_t now_ns, uint64_t *ret_due_ns, struct gait_error *err)
{
    bool was_choked = choked(link);
    int open = take(link), r;

    *ret_due_ns = UINT64_MAX;
    r = open < 0 ? open : serve(link, err);
    if (r > 0 && link->imported && !choked(link)) {
        r = usbip_fill(link, now_ns, ret_due_ns);
        r = r < 0 ? r : 1;
    }
    if (r >= 0 && flush(link) < 0)
        open = 0; /* it has closed while we were talking */
    if (was_choked && !choked(link))
        *ret_due_ns = now_ns; /* what came in the meantime is here already */
    if (r == -ENODEV)
        return gait_error_set(err, r, "the mat unplugged itself");
    if (r < 0 && r != -EPROTO)
        return r == -ECONNRESET ? 0 : gait_error_set(err, r, "the connection: %s", strerror(-r));
    return r == 0 ? link->out_sent < link->out.used : r < 0 ? r : open;
}
