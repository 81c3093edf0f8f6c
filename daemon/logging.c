#include "logging.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "daemon.h"

enum { TEXT_MAX = 1024, TRIAL_MAX = 24, DATAGRAM_MAX = 4 * TEXT_MAX };

/* What a line is about; "" leaves a field out. */
struct about {
    const char *component, *mat, *session, *trial;
};

/* Standard error is the journal's: systemd names its device and inode. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == device && st.st_ino == inode;
}

static size_t put_field(char *datagram, size_t at, const char *name, const char *value)
{
    int n = *value ? snprintf(datagram + at, DATAGRAM_MAX - at, "%s=%s\n", name, value) : 0;

    return n > 0 && (size_t)n < DATAGRAM_MAX - at ? at + (size_t)n : at;
}

/* The journal's own protocol: a datagram of NAME=value lines, so a value has no line feed. */
static int send_fields(enum gait_log_level level, const struct about *about, const char *text)
{
    static const struct sockaddr_un journal = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char datagram[DATAGRAM_MAX], line[TEXT_MAX], priority[12];
    size_t n = 0;

    if (fd < 0)
        return -errno;
    snprintf(line, sizeof line, "%s", text);
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    snprintf(priority, sizeof priority, "%d", (int)level);
    n = put_field(datagram, n, "MESSAGE", line);
    n = put_field(datagram, n, "PRIORITY", priority);
    n = put_field(datagram, n, "SYSLOG_IDENTIFIER", "gaitd");
    n = put_field(datagram, n, "COMPONENT", about->component);
    n = put_field(datagram, n, "MAT", about->mat);
    n = put_field(datagram, n, "SESSION", about->session);
    n = put_field(datagram, n, "TRIAL", about->trial);
    return sendto(fd, datagram, n, MSG_NOSIGNAL, (const struct sockaddr *)&journal, sizeof journal) < 0 ? -errno : 0;
}

static void line(enum gait_log_level level, const struct about *about, const char *text)
{
    bool journal = is_journal();

    if (journal && send_fields(level, about, text) == 0)
        return;
    if (journal) /* it reads standard error too, where "<N>" is the priority */
        fprintf(stderr, "<%d>", (int)level);
    fprintf(stderr, "%s: %s%s%s\n", about->component, about->mat, *about->mat ? ": " : "", text);
}

void logging_line(void *user, enum gait_log_level level, const char *component, const char *text)
{
    (void)user;
    line(level, &(struct about){component, "", "", ""}, text);
}

static const char *session_of(const struct daemon *d)
{
    return d->session ? d->session->id : "";
}

void daemon_log(struct daemon *d, enum gait_log_level level, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    if (level > d->log.level)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    line(level, &(struct about){"gaitd", "", session_of(d), ""}, text);
}

void daemon_log_mat(struct daemon *d, const struct mat *mat, enum gait_log_level level, const char *format, ...)
{
    char text[TEXT_MAX], trial[TRIAL_MAX] = "";
    va_list args;

    if (level > d->log.level)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (mat->trial)
        snprintf(trial, sizeof trial, "%u", mat->trial->header.trial);
    line(level, &(struct about){"gaitd", mat->config->id, session_of(d), trial}, text);
}
