/* Runs a fuzz target over its corpus where libFuzzer is not there: every file named, and every file of every folder named. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gait/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static int run_file(const char *path, size_t size)
{
    _cleanup_free_ uint8_t *data = malloc(size ? size : 1); /* exact, so that ASan sees a read beyond */
    FILE *f = fopen(path, "rb");
    size_t got = 0;

    if (f) {
        got = data ? fread(data, 1, size, f) : 0;
        fclose(f);
    }
    if (!f || got != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return -EIO;
    }
    LLVMFuzzerTestOneInput(data, size);
    return 1;
}

/* The number of inputs run, or a negative errno. */
static int run_path(const char *path)
{
    _cleanup_(closedirp) DIR *dir = NULL;
    struct dirent *entry;
    struct stat st;
    int r, count = 0;

    if (stat(path, &st) < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -errno;
    }
    if (!S_ISDIR(st.st_mode))
        return run_file(path, (size_t)st.st_size);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        char below[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        r = run_path(below);
        if (r < 0)
            return r;
        count += r;
    }
    return count;
}

int main(int argc, char **argv)
{
    int r, count = 0;

    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        r = run_path(argv[i]);
        if (r < 0)
            return 1;
        count += r;
    }
    printf("%d inputs run\n", count);
    return 0;
}
