/* gaitd: reads a gait lab's pressure mats, measures footfalls live, records and publishes them. This file: arguments, the order of starting and stopping. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <gait/cleanup.h>
#include <gait/version.h>

#include "audit.h"
#include "daemon.h"
#include "device_usb.h"
#include "loop.h"
#include "memory.h"
#include "notify.h"
#include "threads.h"

enum { EXIT_BAD_INPUT = 3 };

const char *argp_program_version = "gaitd " GAIT_VERSION_STRING;

struct options {
    const char *config, *run, *data;
    bool user, check;
};

static const struct argp_option rows[] = {
    {"config", 'c', "FILE", 0, "configuration (/etc/gaitd/gaitd.yaml; with --user $XDG_CONFIG_HOME/gaitd/gaitd.yaml)",
     0},
    {"user", 'u', NULL, 0,
     "one person's daemon: places in $XDG_RUNTIME_DIR and $XDG_STATE_HOME instead of /run and /var/lib", 0},
    {"run", 'r', "DIR", 0, "folder of lock and sockets", 0},
    {"data", 'd', "DIR", 0, "folder of sessions (recording.path)", 0},
    {"check", 'n', NULL, 0,
     "read the configuration, open the recordings, walkers, profiles, calibrations and keys it names, say what is "
     "wrong, "
     "and end",
     0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'c':
        o->config = arg;
        return 0;
    case 'u':
        o->user = true;
        return 0;
    case 'r':
        o->run = arg;
        return 0;
    case 'd':
        o->data = arg;
        return 0;
    case 'n':
        o->check = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void say(void *user, const char *line)
{
    (void)user;
    fprintf(stderr, "gaitd: %s\n", line);
}

static int say_error(const struct gait_error *err, int status)
{
    fprintf(stderr, "gaitd: %s\n", err->text);
    return status;
}

/* --- configuration ---------------------------------------------------------------------------------------------- */

static bool default_file(bool user, char ret[CONFIG_PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (!user)
        snprintf(ret, CONFIG_PATH_MAX, "/etc/gaitd/gaitd.yaml");
    else if (config && *config == '/')
        snprintf(ret, CONFIG_PATH_MAX, "%s/gaitd/gaitd.yaml", config);
    else
        snprintf(ret, CONFIG_PATH_MAX, "%s/.config/gaitd/gaitd.yaml", home ? home : "");
    return access(ret, F_OK) == 0;
}

static int absolute(const char *path, const char *rest, char ret[CONFIG_PATH_MAX])
{
    _cleanup_free_ char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    int n = snprintf(ret, CONFIG_PATH_MAX, "%s%s%s%s", here ? here : "", here ? "/" : "", path, rest);

    return n > 0 && n < CONFIG_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What a mat names must be there: a recording, a walker, a profile, a calibration. The mat itself may come later. */
static int check_mat(const struct config *config, const struct mat_config *mat, struct gait_error *err)
{
    struct gait_frame_source *opened = NULL;
    char text[SOURCE_TEXT_MAX];
    int r = 0;

    if (mat->calibration[0] && access(mat->calibration, R_OK) < 0)
        return gait_error_set(err, -errno, "calibration %s: %s", mat->calibration, strerror(errno));
    if (mat->source.kind == SOURCE_USB || mat->profile[0])
        r = device_usb_check_profile(config, mat->profile, err);
    if (r < 0 || mat->source.kind == SOURCE_NONE || mat->source.kind == SOURCE_USB)
        return r;
    r = source_open(&mat->source, &opened, text, err);
    gait_source_free(opened);
    return r;
}

static int check_keys(const struct config *config, struct gait_error *err)
{
    struct keys keys = {0};
    int r = config->keys[0] ? keys_load(config->keys, &keys, say, NULL, err) : 0;

    keys_done(&keys);
    return r;
}

/* What would keep it from starting, or from being audited. Returns 0, or the exit status. */
static int check_all(const struct config *config)
{
    struct gait_error keys = {0}, audit = {0};
    int status = 0;

    if (check_keys(config, &keys) < 0)
        status = say_error(&keys, EXIT_BAD_INPUT);
    if (audit_check(config, &audit) < 0)
        status = say_error(&audit, EXIT_BAD_INPUT);

    for (unsigned i = 0; i < config->n_mats; i++) {
        struct gait_error err = {0};

        if (check_mat(config, &config->mat[i], &err) < 0) {
            fprintf(stderr, "gaitd: mat %s: %s\n", config->mat[i].id, err.text);
            status = EXIT_BAD_INPUT;
        }
    }
    return status;
}

/* Returns 0, or the exit status. */
static int read_config(const struct options *o, struct config *config)
{
    struct gait_error err = {0};
    char file[CONFIG_PATH_MAX];
    const char *path = o->config;

    if (config_default(o->user && !o->run, o->user && !o->data, config, &err) < 0)
        return say_error(&err, EXIT_BAD_INPUT);
    if (!path && default_file(o->user, file))
        path = file;
    if (path && config_load(path, config, say, NULL) < 0)
        return EXIT_BAD_INPUT;
    if (o->run &&
        (absolute(o->run, "/view", config->stream_ipc) < 0 || absolute(o->run, "/control", config->control_ipc) < 0)) {
        say(NULL, "--run: path too long");
        return EXIT_BAD_INPUT;
    }
    if (o->data && (absolute(o->data, "", config->path) < 0 || strlen(config->path) > CONFIG_DATA_PATH_MAX)) {
        say(NULL, "--data: path longer than 350 bytes");
        return EXIT_BAD_INPUT;
    }
    return 0;
}

/* --- starting ------------------------------------------------------------------------------------------------------ */

static void read_boot_id(char ret[GAIT_UUID_TEXT + 1])
{
    _cleanup_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, ret, GAIT_UUID_TEXT) != GAIT_UUID_TEXT)
        memset(ret, '0', GAIT_UUID_TEXT);
    ret[GAIT_UUID_TEXT] = '\0';
}

static void name_itself(struct daemon *d)
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = gait_now_ns(d->clock);
    snprintf(d->instance, sizeof d->instance, "%016" PRIx64, random);
    read_boot_id(d->boot_id);
    d->started_ns = gait_now_ns(d->clock);
    d->log = (struct gait_log){.level = d->config.log_level, .line = logging_line};
    d->sealer.output = -1;
    d->sealer.timeout_s = d->config.seal_timeout_s;
    d->sealer.pressure = d->config.pressure;
}

static int bind_all(struct daemon *d, struct gait_error *err)
{
    int hwm = (int)d->config.stream_hwm, r;

    d->publisher.hwm_most = d->config.stream_hwm;
    d->publisher.slow_bytes = d->config.stream_memory_MiB << 20;
    atomic_store(&d->publisher.hwm, hwm);
    d->zmq = zmq_ctx_new();
    if (!d->zmq)
        return gait_error_set(err, -ENOMEM, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
    r = access_bind(d->zmq, ZMQ_XPUB, d->config.stream_ipc, "stream", hwm, &d->peers[AT_STREAM], &d->publisher.socket,
                    err);
    if (r == 0 && zmq_bind(d->publisher.socket, GATE_STREAM) < 0)
        r = gait_error_set(err, -EIO, "%s: %s", GATE_STREAM, zmq_strerror(zmq_errno()));
    if (r == 0)
        r = access_bind(d->zmq, ZMQ_ROUTER, d->config.stream_ipc, "query", hwm, &d->peers[AT_QUERY], &d->control.query,
                        err);
    if (r == 0)
        r = access_bind(d->zmq, ZMQ_ROUTER, d->config.control_ipc, "control", hwm, &d->peers[AT_CONTROL],
                        &d->control.control, err);
    if (r == 0)
        r = tcp_start(&d->tcp, d->zmq, &d->config, err);
    return r;
}

static void seat_mats(struct daemon *d)
{
    d->n_mats = d->config.n_mats;
    for (unsigned i = 0; i < d->n_mats; i++) {
        d->mat[i].config = &d->config.mat[i];
        d->mat[i].index = i;
        d->mat[i].source = d->config.mat[i].source;
        memcpy(d->known[i], d->config.mat[i].id, sizeof d->known[i]);
    }
    d->publisher.n_known = d->n_mats;
}

/* A recording or walker that the configuration names must open: a mat may come later, a wrong path never does. */
static int open_mats(struct daemon *d, struct gait_error *err)
{
    unsigned open = 0, asked = 0;

    for (unsigned i = 0; i < d->n_mats; i++) {
        if (d->mat[i].source.kind == SOURCE_NONE)
            continue;
        d->mat[i].away = true;
        device_ask(&d->device, DEVICE_OPEN, i, &d->mat[i].source);
        if (d->mat[i].source.kind == SOURCE_USB) { /* says itself when it is there */
            snprintf(d->mat[i].text, sizeof d->mat[i].text, "waiting for a mat: plug it in");
            continue;
        }
        asked++;
    }
    while (open < asked) {
        struct news *news = loop_wait_news(d);
        bool counts = news->kind == NEWS_SOURCE && d->mat[news->mat].source.kind != SOURCE_USB;

        trial_news(d, news);
        if (counts) {
            open++;
            if (news->code < 0 && err->code == 0)
                *err = news->err;
        }
        free(news);
    }
    return err->code;
}

static int resume(struct daemon *d, struct gait_error *err)
{
    int r = session_resume(d->config.path, &d->session, err);

    if (d->session)
        daemon_log(d, GAIT_LOG_NOTICE, "session %s is open (from before)", d->session->id);
    if (r < 0 && !d->session)
        daemon_log(d, GAIT_LOG_WARNING, "%s", err->text);
    return 0;
}

/* --- the life of it --------------------------------------------------------------------------------------------------- */

static void tear_down(struct daemon *d)
{
    tcp_stop(&d->tcp);
    for (int i = 0; i < AT_SOCKETS; i++)
        peers_unwatch(&d->peers[i]);
    if (d->publisher.socket)
        zmq_close(d->publisher.socket);
    if (d->control.query)
        zmq_close(d->control.query);
    if (d->control.control)
        zmq_close(d->control.control);
    if (d->zmq)
        zmq_ctx_term(d->zmq);
    control_done(&d->control);
    sealer_done(&d->sealer);
    for (unsigned i = 0; i < d->n_mats; i++) {
        json_decref(d->mat[i].ended);
        free(d->mat[i].truth);
        trial_free(d->mat[i].trial);
        free(d->mat[i].over);
        calibrating_done(&d->mat[i]);
    }
    for (unsigned i = 0; i < WAITING_MAX; i++)
        if (d->waiting[i].call)
            json_decref(d->waiting[i].result);
    session_free(d->session);
    json_decref(d->unlisted);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    if (d->data_fd >= 0)
        close(d->data_fd);
    if (d->second_fd >= 0)
        close(d->second_fd);
}

/* One daemon a run folder, and one a folder of sessions: two would seal each other's journals and count trials twice. */
static int lock_all(struct daemon *d, struct gait_error *err)
{
    int r = access_lock(&d->config, d->run_dir, &d->lock_fd, err);

    if (r == 0)
        r = access_lock_data(d->config.path, &d->data_fd, err);
    if (r == 0)
        r = access_lock_data(d->config.second_path, &d->second_fd, err);
    return r;
}

static int run(struct daemon *d)
{
    struct gait_error err = {0};
    int status = EXIT_FAILURE;

    if (threads_start(d, &err) < 0)
        return say_error(&err, EXIT_FAILURE);
    if (open_mats(d, &err) < 0) {
        threads_stop(d);
        return say_error(&err, EXIT_BAD_INPUT);
    }
    resume(d, &err);
    sealing_start(d);
    daemon_log(d, GAIT_LOG_NOTICE, "gaitd " GAIT_VERSION_STRING " serves %u mat%s at %s, sessions in %s", d->n_mats,
               d->n_mats == 1 ? "" : "s", d->run_dir, d->config.path);
    notify("READY=1\nSTATUS=serving");
    status = loop_run(d) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    notify("STOPPING=1");
    threads_stop(d);
    control_answer_rest(&d->control);
    return status;
}

static void tcp_line(void *user, const char *line)
{
    daemon_log(user, GAIT_LOG_WARNING, "%s", line);
}

/* Answers that were meant for it are dropped; who still may asks again and gets the stored one. */
static void tcp_closing(void *user, const void *control)
{
    struct daemon *d = user;

    control_forget(&d->control, control);
    d->control.tcp = NULL;
}

static int role_of(void *user, const char *who)
{
    const struct daemon *d = user;
    enum key_role role = keys_role(&d->tcp.keys, who);

    return role == KEY_OPERATOR ? 1 : role == KEY_VIEWER ? 0 : -1;
}

/* What was asked in vain by somebody who may not is counted and logged, not noted for ever: that would be a way to fill the disk. */
static void note_answer(void *user, const struct call *call, const json_t *reply)
{
    const char *code = json_string_value(json_object_get(json_object_get(reply, "error"), "code"));

    if (!verbs_only_look(call->verb) &&
        !(code && (strcmp(code, "not-allowed") == 0 || strcmp(code, "unknown-verb") == 0)))
        audit_note(user, call, reply);
}

static int read_again(void *user, struct config *config)
{
    return read_config(user, config);
}

static struct daemon *daemon_new(const struct config *config)
{
    struct daemon *d = aligned_alloc(64, (sizeof *d + 63) / 64 * 64);

    if (!d)
        return NULL;
    memset(d, 0, sizeof *d);
    d->config = *config;
    d->clock = gait_clock_system();
    d->lock_fd = d->data_fd = d->second_fd = -1;
    name_itself(d);
    seat_mats(d);
    d->tcp.log = tcp_line;
    d->tcp.closing = tcp_closing;
    d->publisher.known = d->known;
    d->tcp.gate.publisher = &d->publisher;
    d->control.role = role_of;
    d->control.answered = note_answer;
    d->tcp.user = d->control.user = d;
    return d;
}

int main(int argc, char **argv)
{
    static const struct argp parser = {
        rows, parse_option,
        NULL, "Reads pressure mats, measures footfalls, records and publishes them. `gait` talks to it.",
        NULL, NULL,
        NULL};
    struct options options = {0};
    struct gait_error err = {0};
    struct config config;
    struct daemon *d;
    int status;

    argp_err_exit_status = 2;
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) { /* wrong options it has told itself, and ended */
        fputs("gaitd: no memory to start\n", stderr);
        return EXIT_FAILURE;
    }
    status = read_config(&options, &config);
    if (status || options.check)
        return status ? status : check_all(&config);
    umask(0027);
    memory_for_json();
    loop_block_signals();
    d = daemon_new(&config);
    if (!d) {
        fputs("gaitd: no memory to start\n", stderr);
        return EXIT_FAILURE;
    }
    d->read_config = read_again;
    d->read_config_user = &options;
    if (lock_all(d, &err) < 0 || audit_open(&d->config, &err) < 0 || bind_all(d, &err) < 0)
        status = say_error(&err, EXIT_FAILURE);
    else
        status = run(d);
    tear_down(d);
    free(d);
    return status;
}
