/* Endpoints are written with the kernel's asynchronous I/O, so that one thread serves them all and a write may wait for the host as long as it likes. */
#include "virtual/functionfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/usb/functionfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gait/cleanup.h>

enum {
    WRITES = 4,
    CHUNK_BYTES = 4096, /* whole packets, so that a frame's short packet is its last */
    OUT_BYTES = 512,
    CONTROL_BYTES_MAX = 4096,
    BULK = 2,
    FULL_SPEED_PACKET = 64,
};

/* One request under way. */
struct request {
    struct iocb io;
    bool busy;
    uint8_t bytes[CHUNK_BYTES];
};

struct functionfs {
    struct mat_model *model;
    int control, in, out, done; /* ep0, ep1, ep2, eventfd */
    aio_context_t aio;
    uint8_t in_address, out_address;
    bool enabled;
    struct request write[WRITES], read;
};

/* --- what the kernel is told -------------------------------------------------------------------------------------- */

struct descriptors {
    struct usb_functionfs_descs_head_v2 head;
    __le32 full_count, high_count;
    struct {
        struct usb_interface_descriptor interface;
        struct usb_endpoint_descriptor_no_audio in, out;
    } __attribute__((packed)) full, high;
} __attribute__((packed));

/* An interface with a bulk IN and a bulk OUT endpoint behind the configuration's own descriptor, and nothing else. */
static int take_interface(struct functionfs *f, struct descriptors *d, struct gait_error *err)
{
    size_t n, at = USB_DT_CONFIG_SIZE;
    const uint8_t *c = mat_model_config_descriptor(f->model, &n);

    if (n != at + sizeof d->high || c[4] != 1 || c[at + 3] != 0)
        return gait_error_set(err, -ENOTSUP,
                              "this mat has more than one interface, setting or pair of endpoints: FunctionFS shows "
                              "plain mats, USB/IP all of them");
    memcpy(&d->high, c + at, sizeof d->high);
    if (d->high.in.bmAttributes != BULK || d->high.in.wMaxPacketSize <= FULL_SPEED_PACKET)
        return gait_error_set(err, -ENOTSUP,
                              "this mat is a full-speed chip or not bulk: FunctionFS shows plain mats, USB/IP all of "
                              "them");
    f->in_address = d->high.in.bEndpointAddress;
    f->out_address = d->high.out.bEndpointAddress;
    d->full = d->high;
    d->full.in.wMaxPacketSize = d->full.out.wMaxPacketSize = htole16(FULL_SPEED_PACKET);
    d->full.in.bInterval = d->full.out.bInterval = d->high.in.bInterval = d->high.out.bInterval = 0;
    return 0;
}

static int describe(struct functionfs *f, const char *folder, struct gait_error *err)
{
    const struct usb_functionfs_strings_head strings = {.magic = htole32(FUNCTIONFS_STRINGS_MAGIC),
                                                        .length = htole32(sizeof strings)};
    struct descriptors d = {
        .head = {.magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2),
                 .length = htole32(sizeof d),
                 .flags = htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC | FUNCTIONFS_ALL_CTRL_RECIP)},
        .full_count = htole32(3),
        .high_count = htole32(3)};
    int r = take_interface(f, &d, err);

    if (r < 0)
        return r;
    if (write(f->control, &d, sizeof d) < 0 || write(f->control, &strings, sizeof strings) < 0)
        return gait_error_set(err, -errno, "%s: the kernel does not take the mat's descriptors: %s", folder,
                              strerror(errno));
    return 0;
}

static int open_file(const char *folder, const char *name, struct gait_error *err)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return gait_error_set(err, errno == ENOENT ? -EINVAL : -errno,
                              errno == ENOENT ? "%s: not there; mount FunctionFS first (docs/MATSIM.md)" : "%s: %m",
                              path);
    return fd;
}

static int open_all(struct functionfs *f, const char *folder, struct gait_error *err)
{
    int r = f->control = open_file(folder, "ep0", err);

    if (r >= 0)
        r = describe(f, folder, err);
    if (r >= 0)
        r = f->in = open_file(folder, "ep1", err);
    if (r >= 0)
        r = f->out = open_file(folder, "ep2", err);
    if (r < 0)
        return r;
    f->done = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (f->done < 0 || syscall(SYS_io_setup, WRITES + 1, &f->aio) < 0)
        return gait_error_set(err, -errno, "asynchronous I/O: %s", strerror(errno));
    return 0;
}

int functionfs_new(const char *folder, struct mat_model *model, struct functionfs **ret_gadget, struct gait_error *err)
{
    struct functionfs *f = calloc(1, sizeof *f);
    int r;

    if (!f)
        return gait_error_set(err, -ENOMEM, "no memory for a gadget");
    f->model = model;
    f->control = f->in = f->out = f->done = -1;
    r = open_all(f, folder, err);
    if (r < 0) {
        functionfs_free(f);
        return r;
    }
    *ret_gadget = f;
    return 0;
}

static void shut(int fd)
{
    if (fd >= 0)
        close(fd);
}

void functionfs_free(struct functionfs *f)
{
    if (!f)
        return;
    if (f->aio)
        syscall(SYS_io_destroy, f->aio); /* waits for what is under way, having cancelled it */
    shut(f->in);
    shut(f->out);
    shut(f->control);
    shut(f->done);
    free(f);
}

void functionfs_fds(const struct functionfs *f, int ret_fd[2])
{
    ret_fd[0] = f->control;
    ret_fd[1] = f->done;
}

bool functionfs_taken(const struct functionfs *f)
{
    return f->enabled;
}

/* --- control requests ----------------------------------------------------------------------------------------------- */

/* The wrong direction is how FunctionFS says: stall. */
static void stall(const struct functionfs *f, bool in)
{
    uint8_t none;
    ssize_t n = in ? read(f->control, &none, 0) : write(f->control, &none, 0);

    (void)n;
}

static void setup(struct functionfs *f, const struct usb_ctrlrequest *request)
{
    uint8_t bytes[8], data[CONTROL_BYTES_MAX];
    size_t wish = le16toh(request->wLength), n = wish < sizeof data ? wish : sizeof data;
    bool in = request->bRequestType & USB_DIR_IN;
    ssize_t done = 0;
    int r;

    memcpy(bytes, request, sizeof bytes);
    if (!in && n)
        done = read(f->control, data, n);
    r = done < 0 ? -EPIPE : mat_model_control(f->model, bytes, data, n);
    if (in && r >= 0)
        done = write(f->control, data, (size_t)r);
    else if (!in && !n && r >= 0)
        done = read(f->control, data, 0);
    else if (r < 0 && (in || !n))
        stall(f, in);
    (void)done; /* the host may have given it up: the next event says so */
}

static int serve_control(struct functionfs *f, struct gait_error *err)
{
    struct usb_functionfs_event event;

    while (read(f->control, &event, sizeof event) == sizeof event) {
        switch (event.type) {
        case FUNCTIONFS_ENABLE:
            f->enabled = true;
            break;
        case FUNCTIONFS_DISABLE:
        case FUNCTIONFS_UNBIND:
            f->enabled = false;
            mat_model_reset(f->model);
            break;
        case FUNCTIONFS_SETUP:
            setup(f, &event.u.setup);
            break;
        default:
            break;
        }
    }
    return errno == EAGAIN || errno == EINTR || errno == EIDRM
               ? 0
               : gait_error_set(err, -errno, "the kernel gave the gadget up: %s", strerror(errno));
}

/* --- endpoints -------------------------------------------------------------------------------------------------------- */

static int submit(struct functionfs *f, struct request *r, int fd, unsigned short operation, size_t n)
{
    struct iocb *list = &r->io;

    r->io = (struct iocb){.aio_data = (uintptr_t)r,
                          .aio_lio_opcode = operation,
                          .aio_fildes = (uint32_t)fd,
                          .aio_buf = (uintptr_t)r->bytes,
                          .aio_nbytes = n,
                          .aio_flags = IOCB_FLAG_RESFD,
                          .aio_resfd = (uint32_t)f->done};
    if (syscall(SYS_io_submit, f->aio, 1, &list) != 1)
        return -errno;
    r->busy = true;
    return 0;
}

static void reap(struct functionfs *f)
{
    struct io_event event[WRITES + 1];
    struct timespec now = {0};
    uint64_t count;
    long n;

    while (read(f->done, &count, sizeof count) > 0)
        ;
    n = syscall(SYS_io_getevents, f->aio, 0, WRITES + 1, event, &now);
    for (long i = 0; i < n; i++) {
        struct request *r = (struct request *)(uintptr_t)event[i].data;

        r->busy = false;
        if (r == &f->read && event[i].res > 0)
            (void)mat_model_out(f->model, f->out_address, r->bytes, (size_t)event[i].res);
    }
}

/* The halt is the controller's from here on: the model goes on, and its bytes wait in the endpoint until the host clears it. */
static void halt(struct functionfs *f)
{
    const uint8_t clear_halt[8] = {0x02, 0x01, 0, 0, f->in_address};
    uint8_t none;

    for (unsigned i = 0; i < WRITES; i++)
        if (f->write[i].busy) /* not behind bytes that were sent before it */
            return;
    if (read(f->in, &none, sizeof none) < 0 && errno == EBADMSG)
        (void)mat_model_control(f->model, clear_halt, &none, 0);
}

static int fill(struct functionfs *f, uint64_t now_ns, uint64_t *ret_due_ns)
{
    for (unsigned i = 0; i < WRITES; i++) {
        struct request *w = &f->write[i];
        int n;

        if (w->busy)
            continue;
        n = mat_model_in(f->model, f->in_address, w->bytes, CHUNK_BYTES, now_ns, ret_due_ns);
        if (n == -EPIPE)
            halt(f);
        if (n == -ENODEV)
            return n;
        if (n <= 0) /* an error on the wire cannot be made here: the model has dropped that frame */
            return 0;
        n = submit(f, w, f->in, IOCB_CMD_PWRITE, (size_t)n);
        if (n < 0)
            return n;
    }
    *ret_due_ns = UINT64_MAX; /* all are under way: the next end of one wakes us */
    return 0;
}

int functionfs_work(struct functionfs *f, uint64_t now_ns, uint64_t *ret_due_ns, struct gait_error *err)
{
    int r = serve_control(f, err);

    *ret_due_ns = UINT64_MAX;
    if (r < 0)
        return r;
    reap(f);
    if (!f->enabled)
        return 0;
    r = f->read.busy ? 0 : submit(f, &f->read, f->out, IOCB_CMD_PREAD, OUT_BYTES);
    if (r == 0)
        r = fill(f, now_ns, ret_due_ns);
    if (r == -ENODEV)
        return gait_error_set(err, r, "unplugged");
    return r < 0 ? gait_error_set(err, r, "an endpoint cannot be written: %s", strerror(-r)) : 0;
}
