#include "allocation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

enum { BLOCK_MAX = 96, LIST_BYTES_MAX = 16 << 20 };

/* --- the key -------------------------------------------------------------------------------------- */

static int sync_folder(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Written whole under another name, then linked: two daemons cannot make two keys, and a crash leaves none half. */
static int make_key(const struct allocation *a, const char *path, struct gait_error *err)
{
    uint8_t key[ALLOCATION_KEY_BYTES];
    char beside[700];
    int fd, r = 0;

    snprintf(beside, sizeof beside, "%s.%d", path, (int)getpid());
    unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return gait_error_set(err, -errno, "%s: cannot be made: %s", beside, strerror(errno));
    randombytes_buf(key, sizeof key);
    if (write(fd, key, sizeof key) != (ssize_t)sizeof key || fsync(fd) < 0)
        r = errno ? -errno : -EIO;
    close(fd);
    if (r == 0 && link(beside, path) < 0 && errno != EEXIST)
        r = -errno;
    unlink(beside);
    sodium_memzero(key, sizeof key);
    if (r == 0)
        r = sync_folder(a->folder);
    return r < 0 ? gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r)) : 0;
}

static int read_key(const char *path, uint8_t key[ALLOCATION_KEY_BYTES], struct gait_error *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    if (st.st_mode & 077)
        return gait_error_set(err, -EPERM, "%s: others may read it, so the order of arms is no secret: chmod 600 it",
                              path);
    if (st.st_size != ALLOCATION_KEY_BYTES || read(fd, key, ALLOCATION_KEY_BYTES) != ALLOCATION_KEY_BYTES)
        return gait_error_set(err, -EBADMSG, "%s: not a key of %d bytes: put the right one back", path,
                              ALLOCATION_KEY_BYTES);
    return 0;
}

/* Name of a study's list in the folder, "" none: places were given by a key that was there once. Returns 0; negative errno. */
static int any_list(const char *folder, char ret[256])
{
    DIR *dir = opendir(folder);
    const struct dirent *entry = NULL;
    int r = dir ? 0 : -errno;

    ret[0] = '\0';
    for (errno = 0; dir && !ret[0] && (entry = readdir(dir));) {
        size_t n = strlen(entry->d_name);

        if (n > 6 && strcmp(entry->d_name + n - 6, ".jsonl") == 0)
            snprintf(ret, 256, "%s", entry->d_name);
    }
    if (dir && !entry && errno)
        r = -errno;
    if (dir)
        closedir(dir);
    return r;
}

/* Another key than the one that drew before would give other arms and letters, and open no seal: none is made where anything was drawn. */
static int first_key(const struct allocation *a, const char *path, struct gait_error *err)
{
    char list[256];
    int r;

    if (mkdir(a->folder, 0700) < 0 && errno != EEXIST)
        return gait_error_set(err, -errno, "%s: cannot be made: %s", a->folder, strerror(errno));
    r = any_list(a->folder, list);
    if (r < 0)
        return gait_error_set(err, r, "%s: cannot be read: %s", a->folder, strerror(-r));
    if (list[0])
        return gait_error_set(err, -ENOKEY,
                              "%s: the key is gone, and %s tells of people who were drawn with it: put the key back, "
                              "from the same backup as the sessions; if it is lost for good, move %s away",
                              path, list, list);
    return make_key(a, path, err);
}

void allocation_folder(const char *sessions, char ret_folder[ALLOCATION_FOLDER_MAX])
{
    const char *slash = strrchr(sessions, '/');

    snprintf(ret_folder, ALLOCATION_FOLDER_MAX, "%.*s/allocation", slash ? (int)(slash - sessions) : 0, sessions);
}

void allocation_list_path(const char *folder, const char *study, char ret_path[ALLOCATION_PATH_MAX])
{
    snprintf(ret_path, ALLOCATION_PATH_MAX, "%s/%.100s.jsonl", folder, study);
}

static int take_key(const char *sessions, bool make, struct allocation *ret, struct gait_error *err)
{
    char path[700];
    int r = 0;

    if (sodium_init() < 0)
        return gait_error_set(err, -EIO, "libsodium cannot start");
    allocation_folder(sessions, ret->folder);
    snprintf(path, sizeof path, "%s/key", ret->folder);
    if (access(path, F_OK) < 0 && errno != ENOENT)
        return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    if (access(path, F_OK) < 0 && !make)
        return gait_error_set(err, -ENOKEY,
                              "%s: the key is gone: put it back, from the same backup as the sessions; without it no "
                              "seal opens",
                              path);
    if (access(path, F_OK) < 0)
        r = first_key(ret, path, err);
    return r < 0 ? r : read_key(path, ret->key, err);
}

int allocation_open(const char *sessions, struct allocation *ret, struct gait_error *err)
{
    return take_key(sessions, false, ret, err);
}

int allocation_open_to_draw(const char *sessions, struct allocation *ret, struct gait_error *err)
{
    return take_key(sessions, true, ret, err);
}

void allocation_done(struct allocation *a)
{
    sodium_memzero(a->key, sizeof a->key);
}

/* --- the order ------------------------------------------------------------------------------------ */

/* 64 bits that only the key tells. */
static uint64_t secret(const uint8_t key[ALLOCATION_KEY_BYTES], const char *study, const char *stratum,
                       const char *what, unsigned a, unsigned b)
{
    uint8_t out[crypto_auth_hmacsha256_BYTES];
    char text[256];
    uint64_t value;
    size_t n = (size_t)snprintf(text, sizeof text, "gaitd 1\n%s\n%s\n%s\n%u\n%u", study, stratum, what, a, b);

    crypto_auth_hmacsha256(out, (const uint8_t *)text, n, key);
    memcpy(&value, out, sizeof value);
    return value;
}

/* One block, shuffled: each choice equally often. */
static void shuffle(const uint8_t key[ALLOCATION_KEY_BYTES], const char *study, const char *stratum, unsigned number,
                    unsigned size, unsigned choices, uint8_t ret[BLOCK_MAX])
{
    for (unsigned i = 0; i < size; i++)
        ret[i] = (uint8_t)(i % choices);
    for (unsigned i = size - 1; i > 0; i--) {
        unsigned k = (unsigned)(secret(key, study, stratum, "place", number, i) % (i + 1));
        uint8_t swap = ret[i];

        ret[i] = ret[k];
        ret[k] = swap;
    }
}

unsigned allocation_draw(const uint8_t key[ALLOCATION_KEY_BYTES], const char *study, const char *stratum,
                         const uint32_t *block, unsigned blocks, unsigned choices, unsigned index)
{
    const uint32_t usual[2] = {2 * choices, 3 * choices};
    uint8_t order[BLOCK_MAX];

    if (!blocks) {
        block = usual;
        blocks = 2;
    }
    for (unsigned number = 0;; number++) {
        unsigned size = block[secret(key, study, stratum, "size", number, 0) % blocks];

        if (index < size) {
            shuffle(key, study, stratum, number, size, choices, order);
            return order[index];
        }
        index -= size;
    }
}

char allocation_letter(const uint8_t key[ALLOCATION_KEY_BYTES], const char *study, unsigned choices, unsigned choice)
{
    uint8_t order[BLOCK_MAX];

    shuffle(key, study, "", 0x6c657474, choices, choices, order);
    return (char)('A' + order[choice]);
}

/* --- the list ------------------------------------------------------------------------------------- */

static bool is(const json_t *row, const char *key, const char *value)
{
    const char *there = json_string_value(json_object_get(row, key));

    return there && strcmp(there, value) == 0;
}

static bool is_row(const json_t *row)
{
    return json_string_value(json_object_get(row, "subject")) && json_string_value(json_object_get(row, "stratum")) &&
           json_is_integer(json_object_get(row, "index"));
}

/* The rows of an open list. A last line without its end was torn by a crash before its place was told to anybody: it is passed over. Any other that is no row may
 * be somebody's place, which must not be given twice. */
static int read_rows(FILE *f, const char *path, json_t *list, off_t *bytes, struct gait_error *err)
{
    char *line = NULL;
    size_t room = 0;
    int r = 0;
    ssize_t n;

    for (unsigned number = 1; r == 0 && (n = getline(&line, &room, f)) > 0; number++) {
        json_t *row = json_loads(line, 0, NULL);

        if (is_row(row))
            r = json_array_append(list, row) < 0 ? gait_error_set(err, -ENOMEM, "%s: no memory", path) : 0;
        else if (line[n - 1] == '\n')
            r = gait_error_set(err, -EBADMSG,
                               "%s: line %u is no place of a subject: put the list back as it was, or mend that line",
                               path, number);
        *bytes += is_row(row) ? n : 0;
        json_decref(row);
    }
    if (r == 0 && !feof(f))
        r = gait_error_set(err, -EIO, "%s: cannot be read: %s", path, strerror(errno ? errno : EIO));
    free(line);
    return r;
}

/* A study's places so far, and how many bytes of the file they are. A list that is not there is one of nobody. Owner: json_decref(). */
static int read_list(const char *path, json_t **ret_list, off_t *ret_bytes, struct gait_error *err)
{
    FILE *f = fopen(path, "re");
    off_t bytes = 0;
    json_t *list;
    int r = 0;

    if (!f && errno != ENOENT)
        return gait_error_set(err, -errno, "%s: cannot be read: %s", path, strerror(errno));
    list = json_array();
    if (!list)
        r = gait_error_set(err, -ENOMEM, "%s: no memory", path);
    else if (f)
        r = read_rows(f, path, list, &bytes, err);
    if (f)
        fclose(f);
    if (r < 0) {
        json_decref(list);
        return r;
    }
    *ret_list = list;
    *ret_bytes = bytes;
    return 0;
}

/* Behind the rows that were read: what is torn goes, and a last row without its end gets it. */
static int append(const char *path, off_t rows_bytes, const json_t *row)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    _cleanup_free_ char *text = json_dumps(row, JSON_COMPACT), *line = NULL;
    char last = '\n';
    int n;

    if (fd < 0 || ftruncate(fd, rows_bytes) < 0)
        return -errno;
    if (rows_bytes > 0 && pread(fd, &last, 1, rows_bytes - 1) != 1)
        return -EIO;
    n = text ? asprintf(&line, "%s%s\n", last == '\n' ? "" : "\n", text) : -1;
    if (n < 0)
        return -ENOMEM;
    return write(fd, line, (size_t)n) == n && fsync(fd) == 0 ? 0 : errno ? -errno : -EIO;
}

static int find(const json_t *list, const char *stratum, const char *subject, unsigned *ret_index)
{
    unsigned n = 0;
    json_t *row;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        if (is(row, "subject", subject)) {
            *ret_index = (unsigned)json_integer_value(json_object_get(row, "index"));
            return 1;
        }
        n += is(row, "stratum", stratum);
    }
    *ret_index = n;
    return 0;
}

int allocation_index(const struct allocation *a, const char *study, const char *stratum, const char *subject,
                     const char *sha256, bool anyway, unsigned *ret_index, struct gait_error *err)
{
    char path[ALLOCATION_PATH_MAX];
    json_t *list = NULL, *row;
    unsigned index = 0;
    off_t bytes = 0;
    int r;

    allocation_list_path(a->folder, study, path);
    r = read_list(path, &list, &bytes, err);
    if (r < 0)
        return r;
    if (json_array_size(list) && !is(json_array_get(list, 0), "protocol", sha256) && !anyway)
        r = gait_error_set(err, -EEXIST, "study %s was begun under another version of its protocol", study);
    else if (!find(list, stratum, subject, &index)) {
        row = json_pack("{s:s, s:s, s:i, s:s}", "subject", subject, "stratum", stratum, "index", (int)index, "protocol",
                        sha256);
        r = append(path, bytes, row);
        if (r == 0)
            r = sync_folder(a->folder);
        json_decref(row);
        if (r < 0)
            gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r));
    }
    json_decref(list);
    if (r == 0)
        *ret_index = index;
    return r;
}

enum { SEALED_STEP = 2048 }; /* more than an arm or a treatment's texts need */

/* --- seals ---------------------------------------------------------------------------------------- */

static void seal_key(const struct allocation *a, uint8_t ret[crypto_secretbox_KEYBYTES])
{
    static const char what[] = "gaitd 1\nseal";

    crypto_auth_hmacsha256(ret, (const uint8_t *)what, sizeof what - 1, a->key);
}

/* A sealed text is as long as what is in it, and "sham" is shorter than "stretching": all are filled up with spaces, which JSON does not mind. */
static char *of_one_length(const json_t *value)
{
    _cleanup_free_ char *text = json_dumps(value, JSON_COMPACT);
    size_t n = text ? strlen(text) : 0, whole = (n / SEALED_STEP + 1) * SEALED_STEP;
    char *filled = text ? malloc(whole + 1) : NULL;

    if (filled)
        snprintf(filled, whole + 1, "%-*s", (int)whole, text);
    return filled;
}

json_t *allocation_seal(const struct allocation *a, const json_t *value)
{
    _cleanup_free_ char *text = of_one_length(value), *hex = NULL;
    size_t n = text ? strlen(text) : 0, all = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + n;
    _cleanup_free_ uint8_t *box = malloc(all);
    uint8_t key[crypto_secretbox_KEYBYTES];
    json_t *sealed = NULL;

    hex = malloc(sodium_base64_ENCODED_LEN(all, sodium_base64_VARIANT_ORIGINAL));
    if (!text || !box || !hex)
        return NULL;
    seal_key(a, key);
    randombytes_buf(box, crypto_secretbox_NONCEBYTES);
    if (crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const uint8_t *)text, n, box, key) == 0) {
        sodium_bin2base64(hex, sodium_base64_ENCODED_LEN(all, sodium_base64_VARIANT_ORIGINAL), box, all,
                          sodium_base64_VARIANT_ORIGINAL);
        sealed = json_string(hex);
    }
    sodium_memzero(key, sizeof key);
    return sealed;
}

json_t *allocation_unseal(const struct allocation *a, const char *sealed)
{
    size_t most = strlen(sealed), n = 0;
    _cleanup_free_ uint8_t *box = malloc(most + 1);
    _cleanup_free_ uint8_t *text = malloc(most + 1);
    uint8_t key[crypto_secretbox_KEYBYTES];
    json_t *value = NULL;

    if (!box || !text ||
        sodium_base642bin(box, most, sealed, most, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) < 0 ||
        n < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)
        return NULL;
    seal_key(a, key);
    n -= crypto_secretbox_NONCEBYTES;
    if (crypto_secretbox_open_easy(text, box + crypto_secretbox_NONCEBYTES, n, box, key) == 0)
        value = json_loadb((const char *)text, n - crypto_secretbox_MACBYTES, 0, NULL);
    sodium_memzero(key, sizeof key);
    return value;
}

void allocation_sha256(const char *text, size_t length, char ret_hex[ALLOCATION_SHA_TEXT + 1])
{
    uint8_t hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, (const uint8_t *)text, length);
    sodium_bin2hex(ret_hex, ALLOCATION_SHA_TEXT + 1, hash, sizeof hash);
}
