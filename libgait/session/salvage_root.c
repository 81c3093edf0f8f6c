/*
 * A file that has lost its first bytes or its list of groups: the superblock is made anew as the writer of all our files makes it, and a new root names the
 * trials' groups, which are looked for by the signature of their headers. A header carries a checksum: what is found is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "gait/cleanup.h"
#include "session/files.h"
#include "session/recording.h"

enum {
    SUPERBLOCK_BYTES = 48, /* version 2, offsets and lengths of 8 bytes; the root's header stands behind it */
    AT_END = 28,
    AT_ROOT = 36,
    AT_CHECKSUM = 44,
    EMPTY_MAX = 4096, /* bytes of a file without anything */
};

/* The bytes of the file under repair. */
struct bytes {
    const uint8_t *at;
    size_t n;
};

static void bytes_done(struct bytes *b)
{
    if (b->at)
        munmap((void *)(uintptr_t)b->at, b->n);
}

static int bytes_of(const char *path, struct bytes *ret)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *at;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < SUPERBLOCK_BYTES)
        return -EBADMSG;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    *ret = (struct bytes){at, (size_t)st.st_size};
    return 0;
}

/* ---- a new beginning --------------------------------------------------------------------------------------------------------------- */

static uint32_t rotated(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

/* Bob Jenkins' lookup3 (public domain), which HDF5 takes for its headers, of the bytes before the checksum: three times twelve, and eight. */
static uint32_t superblock_checksum(const uint8_t *block)
{
    static const unsigned mixing[6] = {4, 6, 8, 16, 19, 4}, ending[7] = {14, 11, 25, 16, 4, 14, 24};
    uint32_t word[AT_CHECKSUM / 4], v[3];

    memcpy(word, block, sizeof(word));
    v[0] = v[1] = v[2] = 0xdeadbeefu + AT_CHECKSUM;
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned i = 0; i < 3; i++)
            v[i] += word[3 * k + i];
        for (unsigned i = 0; i < 6; i++) {
            uint32_t *a = &v[i % 3], *b = &v[(i + 1) % 3], *c = &v[(i + 2) % 3];

            *a = (*a - *c) ^ rotated(*c, mixing[i]);
            *c += *b;
        }
    }
    v[0] += word[9];
    v[1] += word[10];
    for (unsigned i = 0; i < 7; i++) {
        uint32_t *c = &v[(i + 2) % 3], b = v[(i + 1) % 3];

        *c = (*c ^ b) - rotated(b, ending[i]);
    }
    return v[2];
}

/* An empty file as our writer makes it: its superblock and, behind that, an empty root, in which nothing says where it lies. */
static int empty_file(const char *beside, uint8_t ret[EMPTY_MAX], size_t *ret_n)
{
    char path[FILES_PATH_MAX];
    _cleanup_h5_ hid_t file = -1;
    _cleanup_close_ int fd = -1;
    ssize_t n = -1;

    if ((size_t)snprintf(path, sizeof(path), "%s.empty", beside) >= sizeof(path))
        return -ENAMETOOLONG;
    file = h5_file_new(path);
    if (file >= 0 && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0) {
        h5_closep(&file);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, ret, EMPTY_MAX);
    }
    unlink(path);
    if (n <= SUPERBLOCK_BYTES || n == EMPTY_MAX || ret[8] != 2 || memcmp(ret + SUPERBLOCK_BYTES, "OHDR", 4) != 0)
        return n < 0 && errno ? -errno : -EIO;
    *ret_n = (size_t)n;
    return 0;
}

/* The empty root goes behind everything that is there. */
static int begin_anew(const char *copy, uint64_t length)
{
    _cleanup_close_ int fd = open(copy, O_WRONLY | O_CLOEXEC);
    uint64_t root = (length + 7) / 8 * 8, end;
    uint8_t empty[EMPTY_MAX];
    uint32_t checksum;
    size_t n = 0;
    int r = fd < 0 ? -errno : empty_file(copy, empty, &n);

    if (r < 0)
        return r;
    end = root + n - SUPERBLOCK_BYTES;
    memcpy(empty + AT_END, &end, sizeof(end));
    memcpy(empty + AT_ROOT, &root, sizeof(root));
    checksum = superblock_checksum(empty);
    memcpy(empty + AT_CHECKSUM, &checksum, sizeof(checksum));
    if (pwrite(fd, empty + SUPERBLOCK_BYTES, n - SUPERBLOCK_BYTES, (off_t)root) != (ssize_t)(n - SUPERBLOCK_BYTES) ||
        pwrite(fd, empty, SUPERBLOCK_BYTES, 0) != SUPERBLOCK_BYTES)
        return errno ? -errno : -EIO;
    return 0;
}

/* ---- what is in it ----------------------------------------------------------------------------------------------------------------- */

static bool is_trial(hid_t object)
{
    return object >= 0 && H5Iget_type(object) == H5I_GROUP && H5Lexists(object, "raw", H5P_DEFAULT) > 0 &&
           H5Lexists(object, "journal", H5P_DEFAULT) > 0;
}

/* Its records say which trial it is; the name only has to be one, and in their order. */
static int name_trial(hid_t file, hid_t object)
{
    uint64_t trial = 0;
    char name[24];

    (void)recording_read_u64(object, "trial", &trial);
    snprintf(name, sizeof(name), "trial-%03u", (unsigned)trial);
    for (unsigned part = 2; part < 10000 && H5Lexists(file, name, H5P_DEFAULT) > 0; part++)
        snprintf(name, sizeof(name), "trial-%03u-%u", (unsigned)trial, part);
    return H5Olink(object, file, name, H5P_DEFAULT, H5P_DEFAULT) < 0 ? -EIO : 0;
}

static int name_trials(hid_t file, const struct bytes *b, uint32_t *ret_trials)
{
    const uint8_t *at = b->at, *end = b->at + b->n;
    int r = 0;

    for (; r == 0 && (at = memmem(at, (size_t)(end - at), "OHDR", 4)); at += 4) {
        _cleanup_h5_ hid_t object = H5Oopen_by_addr(file, (haddr_t)(at - b->at));

        if (is_trial(object)) {
            r = name_trial(file, object);
            ++*ret_trials;
        }
    }
    return r;
}

/* session.json stands somewhere among the bytes as it was. */
static int keep_session_json(struct h5_writer *w, const struct bytes *b)
{
    const uint8_t *at = b->at, *end = b->at + b->n;
    int r = 0;

    for (bool kept = false; r == 0 && !kept && (at = memchr(at, '{', (size_t)(end - at))); at++) {
        bool begins = end - at > 2 && (at[1] == '"' || at[1] == '\n');
        json_t *json = begins ? json_loadb((const char *)at, (size_t)(end - at),
                                           JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, NULL)
                              : NULL;

        if (json_is_array(json_object_get(json, "trials"))) {
            char *text = json_dumps(json, JSON_REAL_PRECISION(17));

            r = text ? h5_attr_text(w, "/", "session_json", text) : -ENOMEM;
            kept = true;
            free(text);
        }
        json_decref(json);
    }
    return r;
}

bool gait_recording_lists_trials(const char *path)
{
    struct gait_recording rec = {.path = (char *)(uintptr_t)path, .file = -1};
    struct recording_names names = {0};
    H5_QUIET;
    bool lists = recording_open_h5(&rec, NULL) == 0 && recording_list_trials(&rec, &names, NULL) == 0 && names.n > 0;

    free(names.name);
    h5_closep(&rec.file);
    return lists;
}

int gait_recording_find_trials(const char *copy, struct gait_error *err)
{
    _cleanup_(bytes_done) struct bytes b = {0};
    struct gait_error own = {0};
    struct h5_writer w = {.file = -1, .name = copy, .err = err ? err : &own};
    H5_QUIET;
    _cleanup_h5_ hid_t access = h5_file_access(), file = -1;
    uint32_t trials = 0;
    int r = bytes_of(copy, &b);

    r = r < 0 ? r : begin_anew(copy, b.n);
    if (r < 0)
        return gait_error_set(w.err, r, "%s: %s", copy, strerror(-r));
    w.file = file = H5Fopen(copy, H5F_ACC_RDWR, access);
    if (file < 0 || name_trials(file, &b, &trials) < 0)
        return h5_error(w.err, "%s: its trials cannot be listed anew", copy);
    if (trials == 0)
        return gait_error_set(w.err, -EBADMSG, "no trial's group is found in it");
    r = keep_session_json(&w, &b);
    if (r == 0 && H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
        r = h5_error(w.err, "%s: cannot be written", copy);
    return r;
}
