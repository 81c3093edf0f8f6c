#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Address space: a long session file is read by parts, so this is far more than is needed. */
#define MEMORY_BYTES     ((rlim_t)8 << 30)
#define CPU_S            ((rlim_t)600) /* until a file is opened */
#define CPU_MAX_S        ((rlim_t)86400)
/*
 * One file: libhdf5 goes round for ever in some broken ones. Readings of a mat on which nobody stands are packed a thousand to one and more time goes into them than into the
 * file's own bytes, most of it for one who writes them out as text.
 */
#define FILE_CPU_S       ((rlim_t)4)
#define FILE_S_BYTES     ((rlim_t)1 << 20)
#define READINGS_S_BYTES ((rlim_t)4 << 20)
#define PACKED_MOST      ((rlim_t)1032) /* to one, by deflate (RFC 1951): a file that says more lies */

static void limit(unsigned patience)
{
    const struct rlimit cpu = {CPU_S * patience, CPU_MAX_S * patience + 5}, core = {0, 0};

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they reserve terabytes of addresses */
    const struct rlimit memory = {MEMORY_BYTES, MEMORY_BYTES};

    setrlimit(RLIMIT_AS, &memory);
#endif
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &core);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no reader without somebody who reads what it says */
}

/* What libc says when a broken file has broken the heap goes nowhere: one line about the file is enough, and that is ours. A sanitizer keeps its voice. */
static void only_our_words(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    FILE *words = own >= 0 && nowhere >= 0 ? fdopen(own, "w") : NULL;

    if (words) {
        setvbuf(words, NULL, _IONBF, 0);
        stderr = words;
        dup2(nowhere, STDERR_FILENO);
    } else if (own >= 0) {
        close(own);
    }
    if (nowhere >= 0)
        close(nowhere);
#endif
}

void guard_file(const char *path)
{
    guard_readings(path, 0);
}

void guard_readings(const char *path, uint64_t bytes)
{
    struct rlimit cpu;
    struct rusage used;
    struct stat st;
    rlim_t patience, most;

    if (getrlimit(RLIMIT_CPU, &cpu) < 0 || cpu.rlim_max < CPU_MAX_S + 5 || cpu.rlim_max % CPU_MAX_S != 5 ||
        stat(path, &st) < 0)
        return; /* in no such child */
    patience = cpu.rlim_max / CPU_MAX_S;
    most = (rlim_t)st.st_size * PACKED_MOST / READINGS_S_BYTES;
    bytes /= READINGS_S_BYTES;
    getrusage(RUSAGE_SELF, &used);
    cpu.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   patience * (FILE_CPU_S + (rlim_t)st.st_size / FILE_S_BYTES + (bytes < most ? bytes : most));
    if (cpu.rlim_cur > CPU_MAX_S * patience)
        cpu.rlim_cur = CPU_MAX_S * patience;
    setrlimit(RLIMIT_CPU, &cpu);
}

static int tell(const struct client *client, const char *what, int signal)
{
    if (signal == SIGINT || signal == SIGTERM || signal == SIGPIPE)
        return 128 + signal;
    what = what ? what : "the file";
    if (signal == SIGXCPU || signal == SIGKILL)
        return client_fail(client, CLIENT_BAD_INPUT,
                           "%s: reading takes more processor time than a file of its size may: it is damaged, take a "
                           "copy that is not",
                           what);
    return client_fail(client, CLIENT_BAD_INPUT, "%s broke its reader (%s): it is damaged, take a copy that is not",
                       what, strsignal(signal));
}

/* The child's wait status, or -1 with its line said. */
static int run_child(const struct client *client, unsigned patience,
                     int (*run)(const struct client *client, const void *options), const void *options)
{
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        client_fail(client, CLIENT_FAILED, "no process to read the file in: %s", strerror(errno));
        return -1;
    }
    if (pid == 0) {
        limit(patience);
        only_our_words();
        status = run(client, options);
        if ((fflush(stdout) != 0 || ferror(stdout)) && status == CLIENT_OK)
            status = client_fail(client, CLIENT_FAILED, "standard output cannot be written: %s", strerror(errno));
        _exit(status); /* not exit(): libhdf5's handler prints a page and may go round for ever after a broken file */
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            client_fail(client, CLIENT_FAILED, "the reader was lost: %s", strerror(errno));
            return -1;
        }
    }
    return status;
}

int guard_run(const struct client *client, const char *what,
              int (*run)(const struct client *client, const void *options), const void *options)
{
    int status = run_child(client, 1, run, options);

    if (status == -1)
        return CLIENT_FAILED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : tell(client, what, WTERMSIG(status));
}

int guard_try(const struct client *client, unsigned patience,
              int (*run)(const struct client *client, const void *options), const void *options)
{
    int status = run_child(client, patience, run, options);

    if (status == -1)
        return CLIENT_FAILED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
