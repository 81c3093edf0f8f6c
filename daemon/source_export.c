/* A session file is HDF5, which this program does not link: a child turns one trial of it into a journal, which is played and removed. */
#include "device.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gait/journal.h>

#include "child.h"

/* Far above what a good recording takes; the machine may be busy. */
enum { EXPORT_CPU_S = 120, EXPORT_S = 600 };

static int run_export(const char *path, const char *to, struct gait_error *err)
{
    char program[512];
    char *const argv[] = {program,
                          (char *)"export",
                          (char *)"--to",
                          (char *)"journal",
                          (char *)"--output",
                          (char *)(uintptr_t)to,
                          (char *)(uintptr_t)path,
                          NULL};
    int status, out = -1;
    char text[300];
    pid_t pid;

    child_gait(program);
    pid = child_start(argv, EXPORT_CPU_S, &out);
    if (pid < 0)
        return gait_error_set(err, (int)pid, "%s: %s", program, strerror((int)-pid));
    status = child_finish(pid, out, EXPORT_S, text, sizeof text);
    if (status == -ETIMEDOUT || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
        return gait_error_set(err, -ETIMEDOUT, "%s: gait was killed: it took too long to turn it into a journal", path);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return gait_error_set(err, -EINVAL, "%s: gait could not turn it into a journal: %s", path,
                          text[0] ? text : "no reason given");
}

int source_open_exported(const char *path, struct gait_frame_source **ret_source, struct gait_error *err)
{
    char folder[] = "/tmp/gaitd-replay-XXXXXX", journal[sizeof folder + 32];
    int r;

    if (!mkdtemp(folder))
        return gait_error_set(err, -errno, "%s: %s", folder, strerror(errno));
    snprintf(journal, sizeof journal, "%s/trial.gaitj", folder);
    r = run_export(path, journal, err);
    if (r == 0)
        r = gait_journal_source(journal, ret_source, err);
    unlink(journal); /* the source keeps it open */
    rmdir(folder);
    return r;
}
