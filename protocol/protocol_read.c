/* A protocol from its text: form, then libcyaml, then what belongs together; every mistake is listed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "protocol/protocol_keys.h"

void protocol_free(struct protocol *protocol)
{
    if (protocol)
        yaml_file_free(protocol_keys, sizeof *protocol, protocol);
}

static int fill(struct yaml_check *check, struct protocol **ret_protocol, struct gait_error *err)
{
    void *file = NULL;
    int r = yaml_file_load(check, protocol_keys, sizeof(struct protocol), &file, err);

    if (r < 0)
        return r;
    protocol_rules(file, check);
    if (check->count)
        protocol_free(file);
    else
        *ret_protocol = file;
    return 0;
}

int protocol_read_bytes(const char *text, size_t length, struct protocol **ret_protocol,
                        struct mat_profile_fault *ret_faults, size_t capacity, size_t *ret_count,
                        struct gait_error *err)
{
    struct yaml_check check = {.faults = ret_faults, .capacity = capacity};
    struct protocol *p = NULL;
    int r;

    *ret_count = 0;
    if (length > PROTOCOL_BYTES_MAX)
        return gait_error_set(err, -E2BIG, "%zu bytes: a protocol is at most %d, since every journal keeps it", length,
                              PROTOCOL_BYTES_MAX);
    r = yaml_check_text(text, length, protocol_keys, &check);
    if (r < 0)
        r = gait_error_set(err, r, "no memory for reading YAML");
    else if (check.clean_length) /* empty: it was no YAML at all */
        r = fill(&check, &p, err);
    yaml_check_sort(&check);
    yaml_check_done(&check);
    if (r < 0)
        return r;
    *ret_count = check.count;
    if (check.count)
        return gait_error_set(err, -EINVAL, "%zu mistakes: gait protocol check FILE lists them", check.count);
    *ret_protocol = p;
    return 0;
}

int protocol_read_file(const char *path, char **ret_text, size_t *ret_length, struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    _cleanup_free_ char *text = malloc(PROTOCOL_BYTES_MAX + 2);
    struct stat st;
    size_t n = 0;
    ssize_t got;

    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: %m", path);
    if (!S_ISREG(st.st_mode))
        return gait_error_set(err, -EINVAL, "%s: this is no file", path);
    if (!text)
        return gait_error_set(err, -ENOMEM, "%s: no memory", path);
    while (n <= PROTOCOL_BYTES_MAX && (got = read(fd, text + n, PROTOCOL_BYTES_MAX + 1 - n)) != 0) {
        if (got < 0 && errno != EINTR)
            return gait_error_set(err, -errno, "%s: %m", path);
        n += got > 0 ? (size_t)got : 0;
    }
    if (n > PROTOCOL_BYTES_MAX)
        return gait_error_set(err, -E2BIG, "%s: longer than %d bytes", path, PROTOCOL_BYTES_MAX);
    text[n] = '\0';
    *ret_text = gait_steal(&text);
    *ret_length = n;
    return 0;
}

int protocol_timepoint_find(const struct protocol *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_timepoints; i++)
        if (strcmp(p->timepoints[i].name, name) == 0)
            return (int)i;
    return -1;
}

int protocol_condition_find(const struct protocol *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_conditions; i++)
        if (strcmp(p->conditions[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool protocol_is_drawn(const struct protocol *p)
{
    return p->design != PROTOCOL_SINGLE_GROUP;
}

unsigned protocol_periods(const struct protocol *p)
{
    return p->design == PROTOCOL_CROSSOVER ? 2 : 1;
}

unsigned protocol_passes(const struct protocol *p, unsigned timepoint)
{
    return p->timepoints[timepoint].passes ? p->timepoints[timepoint].passes : p->passes;
}
