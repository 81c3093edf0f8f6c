#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Address space: a long session file is read by parts, so this is far more than is needed. */
#define MEMORY_BYTES ((rlim_t)8 << 30)
#define CPU_S        ((rlim_t)600)

static void limit(void)
{
    const struct rlimit cpu = {CPU_S, CPU_S + 5}, core = {0, 0};

#ifndef __SANITIZE_ADDRESS__ /* it reserves terabytes of addresses */
    const struct rlimit memory = {MEMORY_BYTES, MEMORY_BYTES};

    setrlimit(RLIMIT_AS, &memory);
#endif
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &core);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no reader without somebody who reads what it says */
}

static int tell(const struct client *client, int signal)
{
    if (signal == SIGINT || signal == SIGTERM || signal == SIGPIPE)
        return 128 + signal;
    if (signal == SIGXCPU)
        return client_fail(
            client, CLIENT_BAD_INPUT,
            "reading took more than %d s of processor time: the file is damaged, or too long for one run", (int)CPU_S);
    return client_fail(client, CLIENT_BAD_INPUT,
                       "the file broke its reader (%s): it is damaged, take a copy that is not", strsignal(signal));
}

int guard_run(const struct client *client, int (*run)(const struct client *client, const void *options),
              const void *options)
{
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid < 0)
        return client_fail(client, CLIENT_FAILED, "no process to read the file in: %s", strerror(errno));
    if (pid == 0) {
        limit();
        status = run(client, options);
        if (fflush(stdout) != 0 && status == CLIENT_OK)
            status = client_fail(client, CLIENT_FAILED, "standard output cannot be written: %s", strerror(errno));
        exit(status);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return client_fail(client, CLIENT_FAILED, "the reader was lost: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : tell(client, WTERMSIG(status));
}
