#include "umock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <umockdev.h>

enum { MATS_MAX = 32, URBS_MAX = 512, FIFO_BYTES = 4096, NS_PER_S = 1000000000, LET_REAP_MS = 5000 };

struct urb {
    UMockdevIoctlData *data, *buffer;
    unsigned long address; /* in the client */
    int status;
    int actual;
};

struct umock_mat {
    struct umock_bed *bed;
    struct mat_model *model;
    unsigned flags;
    char port[16], node[64], sys[128], path[512];
    UMockdevIoctlBase *handler;
    gulong signal;
    int fd, pty_slave;
    bool full, plugged, gone, held;
    struct urb pending[URBS_MAX], done[URBS_MAX];
    unsigned n_pending, n_done;
    int submit_error, urb_error;
    uint32_t submit_count, urb_count, urb_bytes;
    unsigned lose_every, packets;
    struct umock_counts counts;
};

struct umock_bed {
    UMockdevTestbed *testbed;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t pump;
    bool quit;
    unsigned next_number;
    struct umock_mat *mat[MATS_MAX];
    unsigned n_mats;
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* --- the node: full says nothing to reap ------------------------------------------------------------- */

static void node_show(struct umock_mat *m)
{
    static char bytes[FIFO_BYTES];
    bool full = m->n_done == 0 && !m->gone;

    if (m->fd < 0 || full == m->full || (m->flags & UMOCK_PTY))
        return;
    if (full)
        while (write(m->fd, bytes, sizeof bytes) > 0)
            ;
    else
        while (read(m->fd, bytes, sizeof bytes) > 0)
            ;
    m->full = full;
}

static void make_folders(char *path)
{
    for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        (void)mkdir(path, 0755);
        *p = '/';
    }
}

static void node_make(struct umock_mat *m)
{
    char *root = umockdev_testbed_get_root_dir(m->bed->testbed);

    snprintf(m->path, sizeof m->path, "%s%s", root, m->node);
    g_free(root);
    make_folders(m->path);
    if (m->flags & UMOCK_PTY) {
        char name[64];
        struct termios raw;

        if (openpty(&m->fd, &m->pty_slave, name, NULL, NULL) < 0 || symlink(name, m->path) < 0)
            abort();
        tcgetattr(m->pty_slave, &raw);
        cfmakeraw(&raw);
        tcsetattr(m->pty_slave, TCSANOW, &raw);
        return;
    }
    if (mkfifo(m->path, 0600) < 0)
        abort();
    m->fd = open(m->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (m->fd < 0 || fcntl(m->fd, F_SETPIPE_SZ, FIFO_BYTES) < 0)
        abort();
    m->full = false;
    node_show(m);
    if (m->flags & UMOCK_DENIED)
        chmod(m->path, 0);
}

/* --- transfers ------------------------------------------------------------------------------------------ */

static struct usbdevfs_urb *urb_of(const struct urb *u)
{
    return (struct usbdevfs_urb *)(void *)u->data->data;
}

static void drop(struct urb *u)
{
    if (u->buffer)
        umockdev_ioctl_data_unref(u->buffer);
    umockdev_ioctl_data_unref(u->data);
}

static void finish(struct umock_mat *m, unsigned at, int status, int actual)
{
    struct urb u = m->pending[at];

    memmove(&m->pending[at], &m->pending[at + 1], (m->n_pending - at - 1) * sizeof u);
    m->n_pending--;
    u.status = status;
    u.actual = actual;
    m->done[m->n_done++] = u;
}

static void do_control(struct umock_mat *m, unsigned at)
{
    struct urb *u = &m->pending[at];
    uint8_t *bytes = u->buffer->data;
    int length = bytes[6] | bytes[7] << 8, r;

    m->counts.control++;
    r = mat_model_control(m->model, bytes, bytes + 8, (size_t)length);
    finish(m, at, r < 0 ? r : 0, r < 0 ? 0 : r);
}

/* Returns false when nothing is there by now. */
static bool do_iso(struct umock_mat *m, unsigned at, uint64_t *due_ns)
{
    struct urb *u = &m->pending[at];
    struct usbdevfs_urb *urb = urb_of(u);
    uint8_t *bytes = u->buffer->data;
    int total = 0;

    for (int i = 0; i < urb->number_of_packets; i++) {
        struct usbdevfs_iso_packet_desc *d = &urb->iso_frame_desc[i];
        int r = mat_model_in(m->model, urb->endpoint, bytes, d->length, now_ns(), due_ns);
        bool lost = m->lose_every && r > 0 && ++m->packets % m->lose_every == 0;

        if (i == 0 && r == 0)
            return false;
        d->status = r < 0 ? (unsigned)r : lost ? (unsigned)-EXDEV : 0;
        d->actual_length = r < 0 || lost ? 0 : (unsigned)r;
        total += (int)d->actual_length;
        bytes += d->length;
    }
    finish(m, at, 0, total);
    return true;
}

static bool do_in(struct umock_mat *m, unsigned at, uint64_t *due_ns)
{
    struct urb *u = &m->pending[at];
    struct usbdevfs_urb *urb = urb_of(u);
    int r;

    if (m->urb_count) {
        m->urb_count--;
        r = mat_model_in(m->model, urb->endpoint, u->buffer->data, m->urb_bytes, now_ns(), due_ns);
        finish(m, at, m->urb_error, r > 0 ? r : 0);
        return true;
    }
    r = mat_model_in(m->model, urb->endpoint, u->buffer->data, (size_t)urb->buffer_length, now_ns(), due_ns);
    if (r == 0)
        return false;
    if (r == -ENODEV)
        return false; /* the test pulls the plug itself */
    finish(m, at, r < 0 ? r : 0, r < 0 ? 0 : r);
    return true;
}

static bool do_urb(struct umock_mat *m, unsigned at, uint64_t *due_ns)
{
    struct usbdevfs_urb *urb = urb_of(&m->pending[at]);
    int r;

    if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
        do_control(m, at);
        return true;
    }
    if (m->held)
        return false;
    if (urb->type == USBDEVFS_URB_TYPE_ISO)
        return do_iso(m, at, due_ns);
    if (urb->endpoint & 0x80)
        return do_in(m, at, due_ns);
    r = mat_model_out(m->model, urb->endpoint, m->pending[at].buffer->data, (size_t)urb->buffer_length);
    finish(m, at, r < 0 ? r : 0, r < 0 ? 0 : r);
    return true;
}

/* Everything that can end now, in order on each endpoint. Returns when to look again. */
static uint64_t pump(struct umock_mat *m)
{
    uint64_t first_ns = UINT64_MAX;

    for (unsigned i = 0; !m->gone && i < m->n_pending;) {
        uint64_t due_ns = UINT64_MAX;

        if (do_urb(m, i, &due_ns))
            continue;
        if (due_ns < first_ns)
            first_ns = due_ns;
        i++;
    }
    node_show(m);
    return first_ns;
}

static void *pump_thread(void *user)
{
    struct umock_bed *bed = user;

    pthread_mutex_lock(&bed->lock);
    while (!bed->quit) {
        uint64_t due_ns = now_ns() + 50000000;
        struct timespec until;

        for (unsigned i = 0; i < bed->n_mats; i++) {
            uint64_t t = bed->mat[i]->plugged ? pump(bed->mat[i]) : UINT64_MAX;

            due_ns = t < due_ns ? t : due_ns;
        }
        until = (struct timespec){.tv_sec = (time_t)(due_ns / NS_PER_S), .tv_nsec = (long)(due_ns % NS_PER_S)};
        pthread_cond_timedwait(&bed->changed, &bed->lock, &until);
    }
    pthread_mutex_unlock(&bed->lock);
    return NULL;
}

/* --- ioctls ------------------------------------------------------------------------------------------------ */

static UMockdevIoctlData *resolve(UMockdevIoctlData *data, size_t offset, size_t size)
{
    return umockdev_ioctl_data_resolve(data, offset, size, NULL);
}

/* Packet descriptors lie behind what the ioctl's size says: look how many, then resolve anew with the full size. */
static UMockdevIoctlData *resolve_urb(UMockdevIoctlData *arg)
{
    unsigned long raw;
    UMockdevIoctlData *d;
    int packets;

    memcpy(&raw, arg->data, sizeof raw);
    d = resolve(arg, 0, sizeof(struct usbdevfs_urb));
    if (!d)
        return NULL;
    const struct usbdevfs_urb *urb = (const void *)d->data;
    packets = urb->type == USBDEVFS_URB_TYPE_ISO ? urb->number_of_packets : 0;
    if (!packets)
        return d;
    umockdev_ioctl_data_unref(d);
    umockdev_ioctl_data_reload(arg, NULL);
    memcpy(arg->data, &raw, sizeof raw);
    return resolve(arg, 0, sizeof(struct usbdevfs_urb) + (size_t)packets * sizeof(struct usbdevfs_iso_packet_desc));
}

static size_t buffer_bytes(const struct usbdevfs_urb *urb)
{
    size_t n = 0;

    if (urb->type != USBDEVFS_URB_TYPE_ISO)
        return (size_t)urb->buffer_length;
    for (int i = 0; i < urb->number_of_packets; i++)
        n += urb->iso_frame_desc[i].length;
    return n;
}

static int submit(struct umock_mat *m, UMockdevIoctlData *arg)
{
    struct urb u = {0};
    size_t n;

    if (m->submit_count) {
        m->submit_count -= m->submit_count != UINT32_MAX;
        return m->submit_error;
    }
    u.data = resolve_urb(arg);
    if (!u.data || m->n_pending + m->n_done >= URBS_MAX)
        return ENOMEM;
    u.address = u.data->client_addr;
    n = buffer_bytes(urb_of(&u));
    if (n)
        u.buffer = resolve(u.data, offsetof(struct usbdevfs_urb, buffer), n);
    m->pending[m->n_pending++] = u;
    m->counts.submitted++;
    m->counts.in_flight = m->n_pending;
    if (m->n_pending > m->counts.most_in_flight)
        m->counts.most_in_flight = m->n_pending;
    pthread_cond_signal(&m->bed->changed);
    return 0;
}

/* What the oldest transfer holds although nobody has been told: a kernel gives it back with the cancelled transfer. */
static int arrived(struct umock_mat *m)
{
    struct usbdevfs_urb *urb = urb_of(&m->pending[0]);
    uint64_t due_ns;
    int r = urb->type == USBDEVFS_URB_TYPE_BULK && (urb->endpoint & 0x80)
                ? mat_model_in(m->model, urb->endpoint, m->pending[0].buffer->data, (size_t)urb->buffer_length,
                               now_ns(), &due_ns)
                : 0;

    return r > 0 ? r : 0;
}

static int discard(struct umock_mat *m, UMockdevIoctlData *arg)
{
    unsigned long address;

    memcpy(&address, arg->data, sizeof address);
    for (unsigned i = 0; i < m->n_pending; i++)
        if (m->pending[i].address == address) {
            finish(m, i, -ENOENT, m->held && i == 0 ? arrived(m) : 0);
            m->counts.discarded++;
            node_show(m);
            return 0;
        }
    return EINVAL;
}

static int reap(struct umock_mat *m, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *answer;
    struct urb u;

    if (m->n_done == 0)
        return m->gone ? ENODEV : EAGAIN;
    u = m->done[0];
    memmove(&m->done[0], &m->done[1], (m->n_done - 1) * sizeof u);
    m->n_done--;
    m->counts.reaped++;
    urb_of(&u)->status = u.status;
    urb_of(&u)->actual_length = u.actual;
    answer = resolve(arg, 0, sizeof(void *));
    umockdev_ioctl_data_set_ptr(answer, 0, u.data);
    umockdev_ioctl_data_unref(answer);
    drop(&u);
    node_show(m);
    return 0;
}

static int value32(UMockdevIoctlData *arg, uint32_t value)
{
    UMockdevIoctlData *d = resolve(arg, 0, sizeof value);

    if (!d)
        return EFAULT;
    memcpy(d->data, &value, sizeof value);
    umockdev_ioctl_data_unref(d);
    return 0;
}

static int get_driver(struct umock_mat *m, UMockdevIoctlData *arg)
{
    struct usbdevfs_getdriver *g;
    UMockdevIoctlData *d;

    if (!(m->flags & UMOCK_KERNEL_DRIVER))
        return ENODATA;
    d = resolve(arg, 0, sizeof *g);
    g = (void *)d->data;
    snprintf(g->driver, sizeof g->driver, "cdc_acm");
    umockdev_ioctl_data_unref(d);
    return 0;
}

static void clear_halt(struct umock_mat *m)
{
    static const uint8_t setup[8] = {0x02, 0x01, 0, 0, 0x81, 0, 0, 0};

    m->counts.clear_halts++;
    mat_model_control(m->model, setup, NULL, 0);
}

static void set_interface(struct umock_mat *m, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *d = resolve(arg, 0, sizeof(struct usbdevfs_setinterface));
    const struct usbdevfs_setinterface *s = (const void *)d->data;
    const uint8_t setup[8] = {0x01, 0x0b, (uint8_t)s->altsetting, 0, (uint8_t)s->interface, 0, 0, 0};

    mat_model_control(m->model, setup, NULL, 0);
    umockdev_ioctl_data_unref(d);
}

/* Returns an errno, 0 well. */
static int serve(struct umock_mat *m, unsigned long request, UMockdevIoctlData *arg)
{
    if (m->gone && request != USBDEVFS_REAPURBNDELAY && request != USBDEVFS_REAPURB)
        return ENODEV;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        return value32(arg, m->flags & UMOCK_NO_SCATTER ? USBDEVFS_CAP_NO_PACKET_SIZE_LIM * 0u
                                                        : USBDEVFS_CAP_BULK_SCATTER_GATHER);
    case USBDEVFS_SUBMITURB:
        return submit(m, arg);
    case USBDEVFS_DISCARDURB:
        return discard(m, arg);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        return reap(m, arg);
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM:
        if (m->flags & UMOCK_BUSY)
            return EBUSY;
        m->counts.claims++;
        m->counts.detached += (m->flags & UMOCK_KERNEL_DRIVER) != 0;
        return 0;
    case USBDEVFS_RELEASEINTERFACE:
        m->counts.releases++;
        return 0;
    case USBDEVFS_IOCTL: /* connect: the kernel driver is given back */
        m->counts.attached++;
        return 0;
    case USBDEVFS_SETINTERFACE:
        set_interface(m, arg);
        return 0;
    case USBDEVFS_SETCONFIGURATION:
        return 0;
    case USBDEVFS_RESET:
        m->counts.resets++;
        mat_model_reset(m->model);
        return 0;
    case USBDEVFS_CLEAR_HALT:
        clear_halt(m);
        return 0;
    case USBDEVFS_GETDRIVER:
        return get_driver(m, arg);
    }
    return ENOTTY;
}

static gboolean handle_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, struct umock_mat *m)
{
    unsigned long request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
    int error;

    (void)base;
    pthread_mutex_lock(&m->bed->lock);
    if (request == USBDEVFS_GET_SPEED) {
        umockdev_ioctl_client_complete(client, 3, 0);
    } else {
        error = serve(m, request, arg);
        umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
    }
    pthread_mutex_unlock(&m->bed->lock);
    return TRUE;
}

/* --- plugging ------------------------------------------------------------------------------------------------ */

struct umock_bed *umock_bed_new(void)
{
    struct umock_bed *bed = calloc(1, sizeof *bed);
    pthread_condattr_t monotonic;

    if (!bed)
        abort();
    bed->testbed = umockdev_testbed_new();
    if (!umockdev_in_mock_environment()) {
        printf("skipped: run this test under umockdev-wrapper (Debian: apt-get install umockdev)\n");
        exit(77);
    }
    bed->next_number = 2;
    pthread_mutex_init(&bed->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&bed->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&bed->pump, NULL, pump_thread, bed) != 0)
        abort();
    return bed;
}

void umock_bed_free(struct umock_bed *bed)
{
    umock_lock(bed);
    bed->quit = true;
    pthread_cond_signal(&bed->changed);
    umock_unlock(bed);
    pthread_join(bed->pump, NULL);
    g_object_unref(bed->testbed);
    for (unsigned i = 0; i < bed->n_mats; i++)
        free(bed->mat[i]);
    free(bed);
}

void umock_lock(struct umock_bed *bed)
{
    pthread_mutex_lock(&bed->lock);
}

void umock_unlock(struct umock_bed *bed)
{
    pthread_mutex_unlock(&bed->lock);
}

static void hex(char *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

static void string_of(struct mat_model *model, uint8_t index, char *out, size_t size)
{
    const uint8_t setup[8] = {0x80, 6, index, 3, 9, 4, 255, 0};
    uint8_t data[255];
    int n = index ? mat_model_control(model, setup, data, sizeof data) : 0;
    size_t used = 0;

    for (int i = 2; i + 1 < n && used + 1 < size; i += 2)
        out[used++] = (char)data[i];
    out[used] = 0;
}

static void describe(struct umock_mat *m, unsigned number, char *out, size_t size)
{
    size_t n_device, n_config;
    const uint8_t *device = mat_model_device_descriptor(m->model, &n_device);
    const uint8_t *config = mat_model_config_descriptor(m->model, &n_config);
    char bytes[1024], text[3][80], strings[400] = "";
    static const char *const name[3] = {"manufacturer", "product", "serial"};

    hex(bytes, device, n_device);
    hex(bytes + 2 * n_device, config, n_config);
    for (unsigned i = 0; i < 3; i++) {
        string_of(m->model, device[14 + i], text[i], sizeof text[i]);
        if (text[i][0])
            sprintf(strings + strlen(strings), "A: %s=%s\\n\n", name[i], text[i]);
    }
    snprintf(out, size,
             "P: /devices/pci0000:00/0000:00:14.0/usb1/%s\n"
             "E: DEVNAME=%s\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=%03u\nE: MAJOR=189\nE: "
             "MINOR=%u\n"
             "E: PRODUCT=%x/%x/%x\n"
             "A: busnum=1\\n\nA: devnum=%u\\n\nA: speed=480\\n\nA: bConfigurationValue=1\\n\nA: idVendor=%04x\\n\nA: "
             "idProduct=%04x\\n\n%s"
             "H: descriptors=%s\n",
             m->port, m->node, number, number - 1, device[8] | device[9] << 8, device[10] | device[11] << 8, 0x100,
             number, device[8] | device[9] << 8, device[10] | device[11] << 8, strings, bytes);
}

struct umock_mat *umock_plug(struct umock_bed *bed, struct mat_model *model, const char *port, unsigned flags)
{
    struct umock_mat *m = calloc(1, sizeof *m);
    unsigned number = bed->next_number++;
    GError *error = NULL;
    char text[4096];

    if (!m || bed->n_mats == MATS_MAX)
        abort();
    m->bed = bed;
    m->model = model;
    m->flags = flags;
    m->fd = m->pty_slave = -1;
    snprintf(m->port, sizeof m->port, "%s", port);
    snprintf(m->node, sizeof m->node, "/dev/bus/usb/001/%03u", number);
    snprintf(m->sys, sizeof m->sys, "/sys/devices/pci0000:00/0000:00:14.0/usb1/%s", port);
    m->handler = umockdev_ioctl_base_new();
    m->signal = g_signal_connect(m->handler, "handle-ioctl", G_CALLBACK(handle_ioctl), m);
    if (!umockdev_testbed_attach_ioctl(bed->testbed, m->node, m->handler, &error)) {
        fprintf(stderr, "umockdev: %s\n", error->message);
        abort();
    }
    umock_lock(bed);
    node_make(m);
    bed->mat[bed->n_mats++] = m;
    m->plugged = true;
    umock_unlock(bed);
    describe(m, number, text, sizeof text);
    if (!umockdev_testbed_add_from_string(bed->testbed, text, &error)) {
        fprintf(stderr, "umockdev: %s\n%s\n", error->message, text);
        abort();
    }
    return m;
}

void umock_pull(struct umock_mat *m, int status)
{
    umock_lock(m->bed);
    while (m->n_pending)
        finish(m, 0, status, 0);
    m->gone = true;
    node_show(m);
    if (m->flags & UMOCK_PTY) {
        close(m->fd);
        close(m->pty_slave);
        m->fd = -1;
    }
    umock_unlock(m->bed);
}

/* What had ended can still be fetched from a kernel whose device is gone; here only as long as the ioctls are attached. */
static void let_reap(struct umock_mat *m)
{
    for (unsigned i = 0; i < LET_REAP_MS; i++) {
        umock_lock(m->bed);
        bool all = m->n_done == 0;
        umock_unlock(m->bed);
        if (all)
            return;
        usleep(1000);
    }
}

void umock_announce_gone(struct umock_mat *m)
{
    GError *error = NULL;

    let_reap(m);
    umockdev_testbed_uevent(m->bed->testbed, m->sys, "remove");
    umockdev_testbed_remove_device(m->bed->testbed, m->sys);
    unlink(m->path);
    umockdev_testbed_detach_ioctl(m->bed->testbed, m->node, &error);
    g_clear_error(&error);
    umock_lock(m->bed);
    m->plugged = false;
    while (m->n_done)
        drop(&m->done[--m->n_done]);
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    umock_unlock(m->bed);
}

void umock_unplug(struct umock_mat *m, int status)
{
    umock_pull(m, status);
    umock_announce_gone(m);
}

void umock_allow(struct umock_mat *m)
{
    umock_lock(m->bed);
    m->flags &= ~(unsigned)UMOCK_BUSY;
    umock_unlock(m->bed);
    chmod(m->path, 0600);
}

void umock_fail_submit(struct umock_mat *m, int error, uint32_t count)
{
    umock_lock(m->bed);
    m->submit_error = error;
    m->submit_count = count;
    umock_unlock(m->bed);
}

void umock_fail_urb(struct umock_mat *m, int status, uint32_t count, uint32_t bytes)
{
    umock_lock(m->bed);
    m->urb_error = status;
    m->urb_count = count;
    m->urb_bytes = bytes;
    pthread_cond_signal(&m->bed->changed);
    umock_unlock(m->bed);
}

void umock_lose_packets(struct umock_mat *m, unsigned every)
{
    umock_lock(m->bed);
    m->lose_every = every;
    umock_unlock(m->bed);
}

void umock_hold(struct umock_mat *m, bool hold)
{
    umock_lock(m->bed);
    m->held = hold;
    pthread_cond_signal(&m->bed->changed);
    umock_unlock(m->bed);
}

struct umock_counts umock_counts(struct umock_mat *m)
{
    struct umock_counts c;

    umock_lock(m->bed);
    c = m->counts;
    c.in_flight = m->n_pending;
    umock_unlock(m->bed);
    return c;
}
