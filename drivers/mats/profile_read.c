/* Reading a profile file: form, then libcyaml, then what belongs together; every mistake is listed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gait/cleanup.h>

#include "mats/profile_file.h"

enum { FILE_BYTES_MAX = 16 << 20 };

void mat_profile_free(struct mat_profile *profile)
{
    if (!profile)
        return;
    free(profile->layout.permutation);
    free(profile->layout.cell);
    free(profile);
}

static int fill(struct yaml_check *check, struct mat_profile **ret_profile, struct gait_error *err)
{
    struct mat_profile *p = calloc(1, sizeof *p);
    void *file = NULL;
    int r = p ? yaml_file_load(check, profile_keys, sizeof(struct profile_file), &file, err)
              : gait_error_set(err, -ENOMEM, "no memory for a profile");

    if (r == 0 && profile_take(file, p) < 0)
        r = gait_error_set(err, -ENOMEM, "no memory for a profile");
    if (r == 0)
        profile_rules(file, p, check);
    yaml_file_free(profile_keys, sizeof(struct profile_file), file);
    if (r < 0 || check->count) {
        mat_profile_free(p);
        return r;
    }
    *ret_profile = p;
    return 0;
}

int mat_profile_read_bytes(const char *text, size_t length, struct mat_profile **ret_profile,
                           struct mat_profile_fault *ret_faults, size_t capacity, size_t *ret_count,
                           struct gait_error *err)
{
    struct yaml_check check = {.faults = ret_faults, .capacity = capacity};
    struct mat_profile *p = NULL;
    int r = yaml_check_text(text, length, profile_keys, &check);

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
        return gait_error_set(err, -EINVAL, "%zu mistakes: gait profile check lists them", check.count);
    *ret_profile = p;
    return 0;
}

static int read_whole(const char *path, char **ret_text, size_t *ret_length, struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe has no writer to wait for */
    _cleanup_free_ char *text = NULL;
    struct stat st;
    size_t n = 0;

    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: %m", path);
    if (!S_ISREG(st.st_mode))
        return gait_error_set(err, -EBADMSG, "%s: this is no file", path);
    if (st.st_size > FILE_BYTES_MAX)
        return gait_error_set(err, -EBADMSG, "%s: %lld bytes is too long for a profile", path, (long long)st.st_size);
    text = malloc((size_t)st.st_size + 1);
    if (!text)
        return gait_error_set(err, -ENOMEM, "no memory for reading %s", path);
    while (n < (size_t)st.st_size) {
        ssize_t got = read(fd, text + n, (size_t)st.st_size - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gait_error_set(err, -EIO, "%s: %m", path);
        if (!got)
            break;
        n += (size_t)got;
    }
    *ret_text = gait_steal(&text);
    *ret_length = n;
    return 0;
}

int mat_profile_read(const char *path, struct mat_profile **ret_profile, struct mat_profile_fault *ret_faults,
                     size_t capacity, size_t *ret_count, struct gait_error *err)
{
    _cleanup_free_ char *text = NULL;
    size_t length = 0;
    int r = read_whole(path, &text, &length, err);

    if (r < 0)
        return r;
    r = mat_profile_read_bytes(text, length, ret_profile, ret_faults, capacity, ret_count, err);
    if (r == -EINVAL && *ret_count)
        return capacity ? gait_error_set(err, r, "%s:%u:%u: %s%s%s", path, ret_faults[0].line, ret_faults[0].column,
                                         ret_faults[0].text, *ret_count > 1 ? " (and more: gait profile check " : "",
                                         *ret_count > 1 ? "lists them)" : "")
                        : gait_error_prefix(err, r, "%s", path);
    return r;
}
