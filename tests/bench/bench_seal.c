/* Writing noisy 96x88 frames to HDF5, 16 a chunk, shuffle + gzip level 1: HDF5's own filter beside what the sealer does (ISA-L, whole chunks). Each unit of work makes one file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hdf5.h>
#include <hdf5_hl.h>

#include "bench.h"
#include "session/h5.h"

enum { ROWS = 96, COLS = 88, CHUNK = 16, FRAMES = 512 };

struct job {
    const char *path;
    uint16_t *frames; /* [FRAMES][ROWS][COLS] */
    uint8_t *shuffled, *compressed;
    size_t room;
    void *level;
};

static void must(long r, const char *what)
{
    if (r < 0) {
        fprintf(stderr, "bench_seal: %s failed\n", what);
        exit(1);
    }
}

static hid_t begin(const struct job *j, hid_t *ret_set)
{
    const hsize_t shape[3] = {FRAMES, ROWS, COLS}, chunk[3] = {CHUNK, ROWS, COLS};
    hid_t file = H5Fcreate(j->path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, shape, NULL), plist = H5Pcreate(H5P_DATASET_CREATE);

    must(file, "create");
    must(H5Pset_chunk(plist, 3, chunk), "chunk");
    must(H5Pset_shuffle(plist), "shuffle");
    must(H5Pset_deflate(plist, 1), "deflate");
    *ret_set = H5Dcreate2(file, "raw", H5T_STD_U16LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    must(*ret_set, "dataset");
    H5Pclose(plist);
    H5Sclose(space);
    return file;
}

static void end(hid_t file, hid_t set)
{
    must(H5Dclose(set), "close");
    must(H5Fclose(file), "close");
}

static void by_filter(void *user)
{
    struct job *j = user;
    hid_t set, file = begin(j, &set), space = H5Dget_space(set);
    const hsize_t count[3] = {CHUNK, ROWS, COLS};
    hid_t memory = H5Screate_simple(3, count, NULL);

    for (hsize_t f = 0; f < FRAMES; f += CHUNK) {
        const hsize_t at[3] = {f, 0, 0};

        must(H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL), "select");
        must(H5Dwrite(set, H5T_NATIVE_UINT16, memory, space, H5P_DEFAULT, j->frames + f * ROWS * COLS), "write");
    }
    H5Sclose(memory);
    H5Sclose(space);
    end(file, set);
}

static void by_us(void *user)
{
    struct job *j = user;
    hid_t set, file = begin(j, &set);
    const size_t bytes = (size_t)CHUNK * ROWS * COLS * 2;

    for (hsize_t f = 0; f < FRAMES; f += CHUNK) {
        const hsize_t at[3] = {f, 0, 0};

        h5_shuffle(j->shuffled, (const uint8_t *)(j->frames + f * ROWS * COLS), bytes, 2);
        size_t n = h5_compress(j->compressed, j->room, j->shuffled, bytes, j->level);
        must(n ? 0 : -1, "compress");
        must(H5Dwrite_chunk(set, H5P_DEFAULT, 0, at, n, j->compressed), "write chunk");
    }
    end(file, set);
}

/* An offset with two counts of noise, and a foot that comes and goes. */
static void fill(uint16_t *frames)
{
    uint32_t seed = 1;

    for (size_t f = 0; f < FRAMES; f++)
        for (size_t i = 0; i < (size_t)ROWS * COLS; i++) {
            size_t r = i / COLS, c = i % COLS;
            bool foot = f % 100 < 60 && r > 20 && r < 74 && c > 30 && c < 52;

            seed = seed * 1664525u + 1013904223u;
            frames[f * ROWS * COLS + i] = (uint16_t)(40 + (seed >> 30) + (foot ? 200 + (seed >> 22 & 255) : 0));
        }
}

int main(int argc, char **argv)
{
    char path[512];
    const size_t bytes = (size_t)CHUNK * ROWS * COLS * 2;
    struct job j = {.path = path, .room = h5_compress_bound(bytes)};

    snprintf(path, sizeof path, "%s/bench.h5", argc > 1 ? argv[1] : ".");
    j.frames = malloc((size_t)FRAMES * ROWS * COLS * 2);
    j.shuffled = malloc(bytes);
    j.compressed = malloc(j.room);
    j.level = h5_level_buffer();
    must(j.frames && j.shuffled && j.compressed && j.level ? 0 : -1, "memory");
    fill(j.frames);
    const struct bench_contestant c[] = {{"H5Dwrite, its own filter", by_filter, &j}, {"sealer's chunks", by_us, &j}};
    bench_run("seal", "96x88, noisy", c, 2, FRAMES, 9);
    unlink(path);
    free(j.frames);
    free(j.shuffled);
    free(j.compressed);
    free(j.level);
    return 0;
}
