/*
 * matsim: one thread that polls stdin, a listening socket and a few connections. Killing it unplugs the mat.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/clock.h>

#include "matsim.h"
#include "virtual/functionfs.h"

enum { LINKS_MAX = 16, LINE_MAX_BYTES = 256, NS_PER_S = 1000000000 };

struct matsim {
    struct options options;
    struct mat_profile *profile;
    struct usbip_mat mat;
    struct usbip_link *link[LINKS_MAX];
    uint64_t due_ns[LINKS_MAX];
    int door;                  /* -1: attached directly, or a gadget */
    struct functionfs *gadget; /* or NULL */
    uint64_t gadget_due_ns;
    bool ears; /* stdin is open */
    char line[LINE_MAX_BYTES];
    size_t line_used;
};

static void GAIT_PRINTF(1, 2) say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("matsim: ", stdout);
    vprintf(format, args);
    putchar('\n');
    fflush(stdout);
    va_end(args);
}

static int fail(const struct gait_error *err)
{
    fprintf(stderr, "matsim: %s\n", err->text);
    return err->code == -EINVAL || err->code == -ENOENT ? EXIT_BAD_INPUT : EXIT_FAILURE;
}

/* --- plugging ------------------------------------------------------------------------------------------------------ */

static void drop(struct matsim *m, unsigned i)
{
    usbip_link_free(m->link[i]);
    m->link[i] = NULL;
}

static int add(struct matsim *m, int fd, bool imported)
{
    for (unsigned i = 0; i < LINKS_MAX; i++)
        if (!m->link[i]) {
            m->due_ns[i] = 0;
            return usbip_link_new(fd, &m->mat, imported, &m->link[i]);
        }
    close(fd);
    return -EMFILE;
}

static void unplug(struct matsim *m)
{
    for (unsigned i = 0; i < LINKS_MAX; i++)
        drop(m, i);
    functionfs_free(m->gadget);
    m->gadget = NULL;
    if (m->mat.model)
        say("unplugged after %" PRIu64 " frames", mat_model_frames(m->mat.model));
    mat_model_free(m->mat.model);
    m->mat.model = NULL;
}

static int attach(struct matsim *m, struct gait_error *err)
{
    int fd, port, r = vhci_attach(USBIP_DEVID, usbip_speed(m->mat.model), &fd, &port, err);

    if (r < 0)
        return r;
    r = add(m, fd, true);
    if (r < 0)
        return gait_error_set(err, r, "no memory for the connection");
    say("mat %s is plugged in (port %d of vhci-hcd)", m->options.serial, port);
    return 0;
}

static int be_gadget(struct matsim *m, struct gait_error *err)
{
    int r = functionfs_new(m->options.functionfs, m->mat.model, &m->gadget, err);

    m->gadget_due_ns = 0;
    if (r == 0)
        say("mat %s is described in %s: the gadget can be bound", m->options.serial, m->options.functionfs);
    return r;
}

static int plug(struct matsim *m, struct gait_error *err)
{
    int r = mat_make(&m->options, m->profile, &m->mat.model, err);

    m->options.faults = 0; /* they were for the first time */
    if (r < 0 || m->door >= 0)
        return r;
    return m->options.functionfs ? be_gadget(m, err) : attach(m, err);
}

/* --- the control line ---------------------------------------------------------------------------------------------- */

static void command(struct matsim *m, const char *line)
{
    struct gait_error err = {0};
    struct mat_fault fault;
    bool taken = m->gadget ? functionfs_taken(m->gadget) : m->mat.taken;

    if (strcmp(line, "status") == 0) {
        say("%s, %s, %" PRIu64 " frames", m->mat.model ? "plugged in" : "unplugged", taken ? "in use" : "free",
            m->mat.model ? mat_model_frames(m->mat.model) : 0);
    } else if (strcmp(line, "unplug") == 0) {
        unplug(m);
    } else if (strcmp(line, "plug") == 0) {
        if (m->mat.model)
            say("it is plugged in");
        else if (plug(m, &err) < 0)
            say("%s", err.text);
        else if (m->door >= 0)
            say("plugged in again: import it");
    } else if (mat_fault_parse(line, m->options.seed, &fault, &err) < 0) {
        say("%s; or: unplug, plug, status", err.text);
    } else if (!m->mat.model || mat_model_fault(m->mat.model, &fault) < 0) {
        say(m->mat.model ? "too many faults at once" : "it is unplugged");
    } else {
        say("%s", line);
    }
}

static void listen_to_person(struct matsim *m)
{
    ssize_t n = read(STDIN_FILENO, m->line + m->line_used, sizeof m->line - m->line_used);
    char *end;

    if (n <= 0) {
        m->ears = n < 0 && (errno == EINTR || errno == EAGAIN);
        return;
    }
    m->line_used += (size_t)n;
    while ((end = memchr(m->line, '\n', m->line_used))) {
        size_t used = (size_t)(end - m->line) + 1;

        *end = '\0';
        if (used > 1)
            command(m, m->line);
        memmove(m->line, m->line + used, m->line_used - used);
        m->line_used -= used;
    }
    if (m->line_used == sizeof m->line)
        m->line_used = 0;
}

/* --- the network --------------------------------------------------------------------------------------------------- */

static int open_door(struct matsim *m, struct gait_error *err)
{
    const struct options *o = &m->options;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    socklen_t size = sizeof address;
    const int on = 1;

    if (inet_pton(AF_INET, o->listen, &address.sin_addr) != 1)
        return gait_error_set(err, -EINVAL, "--listen %s: an address like 127.0.0.1 or 0.0.0.0 is wanted", o->listen);
    m->door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (m->door >= 0)
        setsockopt(m->door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (m->door < 0 || bind(m->door, (struct sockaddr *)&address, size) < 0 || listen(m->door, 8) < 0 ||
        getsockname(m->door, (struct sockaddr *)&address, &size) < 0)
        return gait_error_set(err, errno == EADDRINUSE ? -EADDRINUSE : -errno, "%s:%u: %s; --port takes another",
                              o->listen, o->port, strerror(errno));
    m->options.port = ntohs(address.sin_port);
    return 0;
}

static void greet(struct matsim *m)
{
    const int on = 1;
    int fd = accept4(m->door, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (add(m, fd, false) < 0)
        say("a connection was refused: %d are open", LINKS_MAX);
}

static void work(struct matsim *m, unsigned i, uint64_t now_ns)
{
    struct gait_error err = {0};
    bool was = usbip_link_imported(m->link[i]);
    int r = usbip_link_work(m->link[i], now_ns, &m->due_ns[i], &err);
    bool is = usbip_link_imported(m->link[i]);

    if (!was && is)
        say("a host has imported the mat");
    if (r > 0)
        return;
    drop(m, i);
    if (r == -ENODEV) {
        unplug(m);
        return;
    }
    if (r < 0)
        say("%s", err.text);
    if (is)
        say("the host has let go of the mat");
}

/* --- the loop ------------------------------------------------------------------------------------------------------ */

/* Attached directly, matsim has nothing more to do when the host detaches the mat; unplugged by command it waits for "plug". */
static bool over(const struct matsim *m)
{
    if (m->options.functionfs)
        return !m->mat.model && !m->ears;
    return m->door < 0 && !m->mat.taken && (m->mat.model || !m->ears);
}

static void work_gadget(struct matsim *m, uint64_t now_ns)
{
    struct gait_error err = {0};
    bool was = functionfs_taken(m->gadget);
    int r = functionfs_work(m->gadget, now_ns, &m->gadget_due_ns, &err);

    if (r < 0) {
        if (r != -ENODEV)
            say("%s", err.text);
        unplug(m);
    } else if (was != functionfs_taken(m->gadget)) {
        say(was ? "the host has let go of the mat" : "a host has configured the mat");
    }
}

static void turn(struct matsim *m)
{
    struct pollfd fds[LINKS_MAX + 4] = {{.fd = m->ears ? STDIN_FILENO : -1, .events = POLLIN},
                                        {.fd = m->door, .events = POLLIN}};
    uint64_t now_ns = gait_now_ns(gait_clock_system()), due_ns = UINT64_MAX, wait_ns;
    struct timespec wait;

    for (unsigned i = 0; i < LINKS_MAX; i++) {
        fds[2 + i].fd = m->link[i] ? usbip_link_fd(m->link[i]) : -1;
        fds[2 + i].events = m->link[i] ? usbip_link_events(m->link[i]) : 0;
        if (m->link[i] && m->due_ns[i] < due_ns)
            due_ns = m->due_ns[i];
    }
    fds[LINKS_MAX + 2].fd = fds[LINKS_MAX + 3].fd = -1;
    if (m->gadget) {
        int gadget[2];

        functionfs_fds(m->gadget, gadget);
        fds[LINKS_MAX + 2] = (struct pollfd){.fd = gadget[0], .events = POLLIN};
        fds[LINKS_MAX + 3] = (struct pollfd){.fd = gadget[1], .events = POLLIN};
        due_ns = m->gadget_due_ns < due_ns ? m->gadget_due_ns : due_ns;
    }
    wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    wait = (struct timespec){.tv_sec = (time_t)(wait_ns / NS_PER_S), .tv_nsec = (long)(wait_ns % NS_PER_S)};
    if (ppoll(fds, LINKS_MAX + 4, due_ns == UINT64_MAX ? NULL : &wait, NULL) < 0)
        return;
    now_ns = gait_now_ns(gait_clock_system());
    for (unsigned i = 0; i < LINKS_MAX; i++)
        if (m->link[i] && (fds[2 + i].revents || m->due_ns[i] <= now_ns))
            work(m, i, now_ns);
    if (m->gadget && (fds[LINKS_MAX + 2].revents || fds[LINKS_MAX + 3].revents || m->gadget_due_ns <= now_ns))
        work_gadget(m, now_ns);
    if (fds[1].revents)
        greet(m);
    if (fds[0].revents)
        listen_to_person(m);
}

static void introduce(const struct matsim *m)
{
    const struct options *o = &m->options;

    if (m->door >= 0)
        say("mat %s waits at %s:%u; as root: usbip --tcp-port %u attach --remote %s --busid %s", o->serial, o->listen,
            o->port, o->port, o->listen, o->busid);
}

int main(int argc, char **argv)
{
    struct matsim m = {.door = -1, .ears = true};
    struct gait_error err = {0};
    int r;

    options_read(argc, argv, &m.options);
    memcpy(m.mat.busid, m.options.busid, sizeof m.mat.busid);
    r = profile_read(&m.options, &m.profile, &err);
    if (r == 0 && !m.options.attach && !m.options.functionfs)
        r = open_door(&m, &err);
    if (r == 0)
        r = plug(&m, &err);
    if (r == 0)
        introduce(&m);
    while (r == 0 && !over(&m))
        turn(&m);
    for (unsigned i = 0; i < LINKS_MAX; i++)
        drop(&m, i);
    functionfs_free(m.gadget);
    mat_model_free(m.mat.model);
    mat_profile_free(m.profile);
    if (m.door >= 0)
        close(m.door);
    return r < 0 ? fail(&err) : EXIT_SUCCESS;
}
