/*
 * An emulated bus with walking mats on it, for a whole program: usb_bed SERIAL=WALKER... -- PROGRAM ARGS...
 *
 * Each mat walks as WALKER says (docs/WALKER.md), 0 is plugged in from the start; lines on stdin: "plug N PORT [busy]" (another program has it), "allow N" (no
 * longer), "unplug N", each answered by one line. PROGRAM runs under the emulation; the bed ends with it and with its status. SIGTERM is handed on.
 */
#include <signal.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <errno.h>
#include <unistd.h>

#include "transport/walker.h"
#include "umock.h"

enum { BED_MATS_MAX = 4 };

struct bed_mat {
    struct mat_model *model;
    struct umock_mat *plug;
};

static pid_t child;

static void hand_on(int number)
{
    kill(child, number);
}

static struct mat_model *make_model(const char *text)
{
    const char *equals = strchr(text, '=');
    struct mat_model_config config = {.loop = true};
    struct mat_walker_config walker;
    struct gait_error err = {0};
    struct mat_model *model;

    mat_walker_default(&walker);
    if (!equals || mat_walker_parse(equals + 1, &walker, &err) < 0 ||
        mat_walker_new(&walker, &config.source, &err) < 0) {
        fprintf(stderr, "usb_bed: %s: %s\n", text, equals ? err.text : "write SERIAL=WALKER");
        exit(2);
    }
    snprintf(config.serial, sizeof config.serial, "%.*s", (int)(equals - text), text);
    if (mat_model_new(&config, &model, &err) < 0) {
        fprintf(stderr, "usb_bed: %s\n", err.text);
        exit(2);
    }
    return model;
}

static void obey(struct umock_bed *bed, struct bed_mat *mats, unsigned n)
{
    char line[128], port[16] = "1-1", busy[8] = "";
    unsigned at;

    if (!fgets(line, sizeof line, stdin))
        return;
    if (sscanf(line, "unplug %u", &at) == 1 && at < n && mats[at].plug) {
        umock_unplug(mats[at].plug, -ESHUTDOWN);
        mats[at].plug = NULL;
    } else if (sscanf(line, "allow %u", &at) == 1 && at < n && mats[at].plug) {
        umock_allow(mats[at].plug);
    } else if (sscanf(line, "plug %u %15s %7s", &at, port, busy) >= 1 && at < n && !mats[at].plug) {
        umock_lock(bed);
        mat_model_reset(mats[at].model);
        umock_unlock(bed);
        mats[at].plug = umock_plug(bed, mats[at].model, port, busy[0] ? UMOCK_BUSY : 0);
    } else {
        printf("what? %s", line);
    }
    printf("done\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct bed_mat mats[BED_MATS_MAX] = {0};
    struct umock_bed *bed = umock_bed_new();
    unsigned n = 0;
    int at = 1, status = 0;

    for (; at < argc && strcmp(argv[at], "--") != 0 && n < BED_MATS_MAX; at++)
        mats[n++].model = make_model(argv[at]);
    if (at + 1 >= argc) {
        fprintf(stderr, "usb_bed SERIAL=WALKER... -- PROGRAM ARGS...\n");
        return 2;
    }
    if (n)
        mats[0].plug = umock_plug(bed, mats[0].model, "1-1", 0);
    child = fork();
    if (child == 0) {
        execvp(argv[at + 1], argv + at + 1);
        perror(argv[at + 1]);
        _exit(127);
    }
    signal(SIGTERM, hand_on);
    signal(SIGINT, hand_on);
    for (struct pollfd in = {.fd = 0, .events = POLLIN}; waitpid(child, &status, WNOHANG) != child;) {
        if (poll(&in, 1, 20) > 0 && (in.revents & POLLIN))
            obey(bed, mats, n);
        else if (in.revents & (POLLHUP | POLLERR))
            in.fd = -1;
    }
    umock_bed_free(bed);
    for (unsigned i = 0; i < n; i++)
        mat_model_free(mats[i].model);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
