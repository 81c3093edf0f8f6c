#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <gait/cleanup.h>

#include "notify.h"

enum { TICK_MS = 50, STOP_TRIALS_S = 6, STOP_SEALING_S = 40 };
#define S_NS 1000000000ull

static void wanted_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGHUP);
    sigaddset(ret, SIGCHLD);
}

void loop_block_signals(void)
{
    sigset_t set;

    wanted_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

struct news *loop_wait_news(struct daemon *d)
{
    struct pollfd wait = {.fd = d->news.fd, .events = POLLIN};
    struct letter *letter;

    while (!(letter = mailbox_take(&d->news))) {
        poll(&wait, 1, -1);
        wake_reset(d->news.fd);
    }
    return (struct news *)(void *)letter;
}

static void read_news(struct daemon *d)
{
    struct letter *letter;

    wake_reset(d->news.fd);
    for (unsigned i = 0; i < d->n_mats; i++)
        mat_source_events(d, &d->mat[i]);
    while ((letter = mailbox_take(&d->news))) {
        struct news *news = (struct news *)(void *)letter;

        trial_news(d, news);
        act_news(d, news);
        free(news);
    }
}

static void dispatch(void *user, struct call *call, bool query_only)
{
    struct daemon *d = user;

    if (d->quitting)
        call_error(call, "busy", "gaitd is stopping: ask again when it has started");
    else
        verbs_dispatch(d, call, query_only);
}

static void reap(struct daemon *d)
{
    struct seal_job *job = NULL;
    int status, r;

    if (!d->sealer.now || waitpid(d->sealer.pid, &status, WNOHANG) != d->sealer.pid)
        return;
    r = sealer_reap(&d->sealer, d->sealer.pid, status, gait_now_ns(d->clock), &job);
    if (job) {
        sealing_done(d, job, r, d->sealer.text);
        free(job);
    }
}

static void quit(struct daemon *d)
{
    if (d->quitting)
        return;
    d->quitting = true;
    notify("STOPPING=1\nSTATUS=ending trials");
    trial_end_all(d);
}

static void read_signals(struct daemon *d, int fd)
{
    struct signalfd_siginfo info;
    struct gait_error err = {0};

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
            daemon_log(d, GAIT_LOG_NOTICE, "stopping");
            quit(d);
        } else if (info.ssi_signo == SIGHUP) {
            notify("RELOADING=1");
            json_decref(reload_config(d, &err));
            notify("READY=1");
        }
    }
}

static void every_second(struct daemon *d, uint64_t now)
{
    if (now < d->status_due_ns)
        return;
    d->status_due_ns = now + S_NS;
    publisher_object(&d->publisher, -1, GAIT_TOPIC_STATUS, 0, now, status_object(d));
    if (atomic_load(&d->pipeline.turns) != d->last_turns)
        notify_watchdog();
    d->last_turns = atomic_load(&d->pipeline.turns);
}

/* What the real-time thread noted, as text. */
static void log_notes(struct daemon *d)
{
    static const char *const text[] = {"?", "a message to the recorder had no room",
                                       "footfalls had no record to go into",
                                       "contacts went over to sums early: too many or too large at once"};
    struct gait_note note;

    while (gait_notes_take(d->pipeline.notes, &note) > 0)
        if (note.a >= 0 && note.a < (int64_t)d->n_mats && note.code < sizeof text / sizeof *text)
            daemon_log_mat(d, &d->mat[note.a], GAIT_LOG_WARNING, "%s (%lld)", text[note.code], (long long)note.b);
}

static int watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int zmq_fd(void *socket)
{
    int fd = -1;
    size_t size = sizeof fd;

    zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    return fd;
}

static void serve_tcp(struct daemon *d)
{
    tcp_serve(&d->tcp, gait_now_ns(d->clock));
    if (d->tcp.control && d->tcp.control != d->control.tcp) {
        d->control.tcp = d->tcp.control;
        (void)watch(d->epoll, zmq_fd(d->control.tcp));
    }
}

static void count_peers(struct daemon *d)
{
    for (int i = 0; i < AT_SOCKETS; i++)
        while (peers_next(&d->peers[i]))
            ;
}

static void tick(struct daemon *d)
{
    uint64_t now = gait_now_ns(d->clock);

    log_notes(d);
    trial_tick(d);
    act_tick(d);
    reap(d);
    sealer_tick(&d->sealer, now);
    every_second(d, now);
}

/* True when everything is ended and sealed, or has had its time. */
static bool has_ended(struct daemon *d, uint64_t *quit_ns)
{
    uint64_t now = gait_now_ns(d->clock);

    if (!d->quitting)
        return false;
    if (*quit_ns == 0)
        *quit_ns = now;
    if (trial_any(d) || d->starting.call)
        return now > *quit_ns + STOP_TRIALS_S * S_NS;
    if (d->sealer.now || (d->sealer.jobs && d->sealer.jobs->tries == 0))
        return now > *quit_ns + STOP_SEALING_S * S_NS;
    return true;
}

static int make_timer(void)
{
    const struct itimerspec every = {.it_interval.tv_nsec = TICK_MS * 1000000, .it_value.tv_nsec = TICK_MS * 1000000};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd >= 0)
        timerfd_settime(fd, 0, &every, NULL);
    return fd;
}

int loop_run(struct daemon *d)
{
    _cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC), timer = make_timer(), signals = -1;
    struct epoll_event events[8];
    uint64_t quit_ns = 0;
    sigset_t set;

    wanted_signals(&set);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (epoll < 0 || timer < 0 || signals < 0 || watch(epoll, timer) < 0 || watch(epoll, signals) < 0 ||
        watch(epoll, d->news.fd) < 0 || watch(epoll, zmq_fd(d->control.control)) < 0 ||
        watch(epoll, zmq_fd(d->control.query)) < 0)
        return -errno;
    d->epoll = epoll;
    if (d->tcp.zap)
        (void)watch(epoll, zmq_fd(d->tcp.zap));
    while (!has_ended(d, &quit_ns)) {
        int n = epoll_wait(epoll, events, 8, -1);

        if (n < 0 && errno != EINTR)
            return -errno;
        wake_reset(timer);
        serve_tcp(d);
        count_peers(d);
        read_signals(d, signals);
        read_news(d);
        /* ZeroMQ's descriptor tells of changes only: read until there is nothing, at every turn */
        control_read(&d->control, dispatch, d);
        tick(d);
    }
    return 0;
}
