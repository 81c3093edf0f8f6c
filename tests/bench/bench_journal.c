/* Appending a frame to the journal beside write(2) of the same bytes. Both files are cut back to nothing now and then, or the disk would fill. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "gait/journal.h"

enum { CUT_BYTES = 256 << 20 };

struct plain {
    int fd;
    size_t bytes, written;
    uint8_t *buffer;
};

struct journal {
    struct gait_journal *journal;
    struct gait_slot slot;
    size_t bytes, written;
    char path[256];
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void plain_write(void *user)
{
    struct plain *p = user;

    if (p->written > CUT_BYTES) {
        if (ftruncate(p->fd, 0) < 0 || lseek(p->fd, 0, SEEK_SET) < 0)
            die("truncate");
        p->written = 0;
    }
    if (write(p->fd, p->buffer, p->bytes) != (ssize_t)p->bytes)
        die("write");
    p->written += p->bytes;
}

static void start(struct journal *j)
{
    struct gait_journal_header header;
    struct gait_error err = {0};

    memset(&header, 0, sizeof header);
    header.uuid[0] = 1;
    unlink(j->path);
    if (gait_journal_create(j->path, &header, NULL, &j->journal, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    j->written = 0;
}

static void append(void *user)
{
    struct journal *j = user;

    if (j->written > CUT_BYTES) {
        gait_journal_free(j->journal);
        start(j);
    }
    if (gait_journal_append_frame(j->journal, &j->slot, j->bytes) < 0)
        die("append");
    j->written += j->bytes;
}

static void run(const char *folder, uint32_t rows, uint32_t cols)
{
    char name[32], path[256];
    size_t bytes = (size_t)rows * cols * 2;
    struct plain p = {.bytes = bytes + GAIT_FRAME_HEAD_BYTES + GAIT_RECORD_HEAD_BYTES};
    struct journal j = {.bytes = bytes};

    snprintf(name, sizeof name, "%ux%u", rows, cols);
    snprintf(path, sizeof path, "%s/bench-plain", folder);
    snprintf(j.path, sizeof j.path, "%s/bench.gaitj", folder);
    p.fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    p.buffer = calloc(1, p.bytes);
    j.slot.raw = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (p.fd < 0 || !p.buffer || !j.slot.raw)
        die("setup");
    memset(j.slot.raw, 1, bytes);
    memset(p.buffer, 1, p.bytes);
    start(&j);
    const struct bench_contestant c[] = {{"write(2)", plain_write, &p}, {"journal append", append, &j}};
    bench_run("journal", name, c, 2, 1, 51);
    gait_journal_free(j.journal);
    unlink(j.path);
    unlink(path);
    close(p.fd);
    free(p.buffer);
    free(j.slot.raw);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";

    run(folder, 64, 64);
    run(folder, 96, 88);
    run(folder, 360, 64);
    run(folder, 720, 240);
    return 0;
}
