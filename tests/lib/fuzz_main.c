/*
 * Runs a fuzz target over its corpus where libFuzzer is not there: every file named, and every file of every folder named. With --spoil N first, N more
 * inputs are made of them, the same ones at each run: bytes changed, cut out, doubled, taken from another file.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gait/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEPT_MAX = 256, KEPT_BYTES_MAX = 1 << 16 };

/* Inputs that are spoilt. */
struct kept {
    struct {
        uint8_t *data;
        size_t size;
    } input[KEPT_MAX];
    size_t n;
};

static void keep(struct kept *kept, const uint8_t *data, size_t size)
{
    uint8_t *copy = kept && kept->n < KEPT_MAX && size && size <= KEPT_BYTES_MAX ? malloc(size) : NULL;

    if (!copy)
        return;
    memcpy(copy, data, size);
    kept->input[kept->n].data = copy;
    kept->input[kept->n++].size = size;
}

static uint64_t next(uint64_t *state) /* xorshift64 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* One change of data[size]; there is room for twice KEPT_BYTES_MAX. Returns the new size. */
static size_t spoil(uint8_t *data, size_t size, const struct kept *kept, uint64_t *random)
{
    static const char hard[] = "\"{}[]:,\\0-eE.\n/ ";
    size_t at = next(random) % size, n = 1 + next(random) % 16, other = next(random) % kept->n;

    n = n > size - at ? size - at : n;
    switch (next(random) % 6) {
    case 0:
        data[at] = (uint8_t)next(random);
        return size;
    case 1:
        data[at] ^= (uint8_t)(1u << next(random) % 8);
        return size;
    case 2:
        data[at] = (uint8_t)hard[next(random) % (sizeof(hard) - 1)];
        return size;
    case 3: /* cut out */
        memmove(data + at, data + at + n, size - at - n);
        return size > n ? size - n : size;
    case 4: /* doubled */
        if (size + n > 2 * KEPT_BYTES_MAX)
            return size;
        memmove(data + at + n, data + at, size - at);
        return size + n;
    default: /* the rest is another input's */
        if (at >= kept->input[other].size)
            return size;
        memcpy(data + at, kept->input[other].data + at, kept->input[other].size - at);
        return kept->input[other].size;
    }
}

static void run_spoilt(const struct kept *kept, uint64_t n)
{
    _cleanup_free_ uint8_t *work = malloc(2 * KEPT_BYTES_MAX);
    uint64_t random = 0x9E3779B97F4A7C15u;

    for (uint64_t i = 0; work && kept->n && i < n; i++) {
        size_t from = next(&random) % kept->n, size = kept->input[from].size;

        memcpy(work, kept->input[from].data, size);
        for (uint64_t times = 1 + next(&random) % 6; times; times--)
            size = spoil(work, size, kept, &random);
        LLVMFuzzerTestOneInput(work, size);
    }
    printf("%ju spoilt inputs run\n", (uintmax_t)n);
}

static void closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static int run_file(const char *path, size_t size, struct kept *kept)
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
    keep(kept, data, size);
    return 1;
}

/* The number of inputs run, or a negative errno. */
static int run_path(const char *path, struct kept *kept)
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
        return run_file(path, (size_t)st.st_size, kept);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        char below[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        r = run_path(below, kept);
        if (r < 0)
            return r;
        count += r;
    }
    return count;
}

int main(int argc, char **argv)
{
    static struct kept kept;
    uint64_t spoilt = 0;
    int r, first = 1, count = 0;

    if (argc > 2 && strcmp(argv[1], "--spoil") == 0) {
        spoilt = strtoull(argv[2], NULL, 10);
        first = 3;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = first; i < argc; i++) {
        r = run_path(argv[i], spoilt ? &kept : NULL);
        if (r < 0)
            return 1;
        count += r;
    }
    printf("%d inputs run\n", count);
    if (spoilt)
        run_spoilt(&kept, spoilt);
    for (size_t i = 0; i < kept.n; i++)
        free(kept.input[i].data);
    return 0;
}
