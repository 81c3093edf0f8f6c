/*
 * An emulated bus with walking mats on it, for a whole program: usb_bed [--rate=HZ] SERIAL[@PROFILE]=WALKER... -- PROGRAM ARGS...
 *
 * Each mat walks as WALKER says (docs/WALKER.md) and poses as the one of PROFILE, bridge chip included; those behind --rate=HZ send so many frames a second, whatever
 * they say. 0 is plugged in from the start; lines on stdin:
 *
 *     plug N PORT [busy|driver]   another program has it; the kernel's serial driver sits on it
 *     allow N                     it does not any longer
 *     unplug N
 *     fault N KIND[@FRAME][xN]    as matsim's
 *
 * each answered by one line. PROGRAM runs under the emulation; the bed ends with it and with its status, and says what the emulated kernel was asked for.
 * SIGTERM is handed on.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <unistd.h>

#include "transport/walker.h"
#include "umock.h"

enum { BED_MATS_MAX = 12 };

struct bed_mat {
    struct mat_profile *profile;
    struct mat_model *model;
    struct umock_mat *plug; /* the last one */
    bool plugged;
};

static pid_t child;

static void hand_on(int number)
{
    kill(child, number);
}

static void give_up(const char *text, const char *why)
{
    fprintf(stderr, "usb_bed: %s: %s\n", text, why);
    exit(2);
}

static void make_mat(const char *text, double rate_hz, struct bed_mat *ret_mat)
{
    const char *equals = strchr(text, '='), *at = strchr(text, '@');
    struct mat_model_config config = {.loop = true, .rate_hz = rate_hz};
    struct mat_walker_config walker;
    struct mat_profile_fault fault;
    struct gait_error err = {0};
    char path[512] = "";
    size_t faults;

    if (!equals)
        give_up(text, "write SERIAL[@PROFILE]=WALKER");
    if (!at || at > equals)
        at = equals;
    snprintf(config.serial, sizeof config.serial, "%.*s", (int)(at - text), text);
    if (at < equals)
        snprintf(path, sizeof path, "%.*s", (int)(equals - at - 1), at + 1);
    mat_walker_default(&walker);
    if ((path[0] && mat_profile_read(path, &ret_mat->profile, &fault, 1, &faults, &err) < 0) ||
        mat_walker_parse(equals + 1, &walker, &err) < 0 || mat_walker_new(&walker, &config.source, &err) < 0)
        give_up(text, err.text);
    config.profile = ret_mat->profile;
    if (mat_model_new(&config, &ret_mat->model, &err) < 0)
        give_up(text, err.text);
}

static void print_counts(unsigned at, const struct bed_mat *mat)
{
    struct umock_counts c = umock_counts(mat->plug);

    printf("counts %u claims %" PRIu64 " releases %" PRIu64 " detached %" PRIu64 " attached %" PRIu64
           " control %" PRIu64 " submitted %" PRIu64 " clear_halts %" PRIu64 " resets %" PRIu64 "\n",
           at, c.claims, c.releases, c.detached, c.attached, c.control, c.submitted, c.clear_halts, c.resets);
}

static void plug(struct umock_bed *bed, struct bed_mat *mat, const char *port, const char *how)
{
    umock_lock(bed);
    mat_model_reset(mat->model);
    umock_unlock(bed);
    mat->plug = umock_plug(bed, mat->model, port,
                           !strcmp(how, "busy")     ? UMOCK_BUSY
                           : !strcmp(how, "driver") ? UMOCK_KERNEL_DRIVER
                                                    : 0);
    mat->plugged = true;
}

/* Returns false when that is no fault. */
static bool hurt(struct umock_bed *bed, struct bed_mat *mat, const char *text)
{
    struct gait_error err = {0};
    struct mat_fault fault;
    int r = mat_fault_parse(text, 1, &fault, &err);

    umock_lock(bed);
    if (r == 0)
        r = mat_model_fault(mat->model, &fault);
    umock_unlock(bed);
    return r == 0;
}

/* Returns false when it is not understood. */
static bool obey(struct umock_bed *bed, struct bed_mat *mats, unsigned n, char *line)
{
    char word[16] = "", text[64] = "", how[16] = "";
    struct bed_mat *mat;
    unsigned at;

    if (sscanf(line, "%15s %u %63s %15s", word, &at, text, how) < 2 || at >= n)
        return false;
    mat = &mats[at];
    if (strcmp(word, "fault") == 0)
        return hurt(bed, mat, text);
    if (strcmp(word, "plug") == 0 && !mat->plugged) {
        plug(bed, mat, text[0] ? text : "1-1", how);
    } else if (strcmp(word, "unplug") == 0 && mat->plugged) {
        umock_unplug(mat->plug, -ESHUTDOWN);
        mat->plugged = false;
    } else if (strcmp(word, "allow") == 0 && mat->plugged) {
        umock_allow(mat->plug);
    } else {
        return false;
    }
    return true;
}

static void listen_to_test(struct umock_bed *bed, struct bed_mat *mats, unsigned n)
{
    char line[128];

    if (!fgets(line, sizeof line, stdin))
        return;
    if (!obey(bed, mats, n, line))
        printf("what? %s", line);
    printf("done\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct bed_mat mats[BED_MATS_MAX] = {0};
    struct umock_bed *bed = umock_bed_new();
    unsigned n = 0;
    int at = 1, status = 0;
    double rate_hz = 0;

    for (; at < argc && strcmp(argv[at], "--") != 0 && n < BED_MATS_MAX; at++)
        if (sscanf(argv[at], "--rate=%lf", &rate_hz) != 1)
            make_mat(argv[at], rate_hz, &mats[n++]);
    if (at + 1 >= argc) {
        fprintf(stderr, "usb_bed [--rate=HZ] SERIAL[@PROFILE]=WALKER... -- PROGRAM ARGS...\n");
        return 2;
    }
    if (n)
        plug(bed, &mats[0], "1-1", "");
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed takes it with it */
        execvp(argv[at + 1], argv + at + 1);
        perror(argv[at + 1]);
        _exit(127);
    }
    signal(SIGTERM, hand_on);
    signal(SIGINT, hand_on);
    for (struct pollfd in = {.fd = 0, .events = POLLIN}; waitpid(child, &status, WNOHANG) != child;) {
        if (poll(&in, 1, 20) > 0 && (in.revents & POLLIN))
            listen_to_test(bed, mats, n);
        else if (in.revents & (POLLHUP | POLLERR))
            in.fd = -1;
    }
    for (unsigned i = 0; i < n; i++)
        if (mats[i].plug)
            print_counts(i, &mats[i]);
    umock_bed_free(bed);
    for (unsigned i = 0; i < n; i++) {
        mat_model_free(mats[i].model);
        mat_profile_free(mats[i].profile);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
