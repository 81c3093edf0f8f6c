#include "gait/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gait/cleanup.h"
#include "gait/crc32c.h"
#include "journal/format.h"

enum { WINDOW_BYTES = 1 << 20 };

struct gait_journal_reader {
    int fd;
    char *path;
    uint8_t uuid[GAIT_UUID_BYTES];
    bool have_uuid;
    uint64_t at;                        /* where the next record should begin; always a multiple of 8 */
    uint64_t expected;                  /* its number */
    uint64_t stretch_at, stretch_bytes; /* the bad stretch being crossed */
    uint64_t nonzero_end;               /* behind the last byte that is not zero, of those that are no record */
    uint64_t wasted; /* bytes of payloads that were read in vain: a hostile file must not make us read for ever */
    uint64_t damaged_of[GAIT_RECORD_TYPES]; /* records in the bad stretch whose head is good */
    struct gait_journal_stats stats;
    uint8_t *window; /* bytes of the file from window_at, a multiple of 8 */
    uint64_t window_at;
    size_t window_bytes, window_capacity;
};

GAIT_DEFINE_CLEANUP(struct gait_journal_reader *, gait_journal_reader_free)

/* Read until n bytes are there or the file ends. */
static ssize_t read_at(int fd, uint8_t *to, size_t n, uint64_t offset)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = pread(fd, to + done, n - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* n bytes from `at` in one piece, fewer where the file ends. */
static int view(struct gait_journal_reader *r, uint64_t at, size_t n, const uint8_t **ret_bytes, size_t *ret_n)
{
    ssize_t got;

    if (n > r->window_capacity) {
        size_t capacity = n > WINDOW_BYTES ? n : WINDOW_BYTES;
        uint8_t *window = realloc(r->window, capacity);

        if (!window)
            return -ENOMEM;
        r->window = window;
        r->window_capacity = capacity;
    }
    if (at < r->window_at || at + n > r->window_at + r->window_bytes) {
        r->window_bytes = 0;
        got = read_at(r->fd, r->window, r->window_capacity, at);
        if (got < 0)
            return (int)got;
        r->window_at = at;
        r->window_bytes = (size_t)got;
    }
    *ret_bytes = r->window + (at - r->window_at);
    *ret_n = r->window_bytes - (size_t)(at - r->window_at);
    if (*ret_n > n)
        *ret_n = n;
    return 0;
}

/* Look for a good record of this journal at `at`. Returns 1; 0 there is none; negative errno. */
static int try_record(struct gait_journal_reader *r, uint64_t at, struct record_head *ret_head,
                      const uint8_t **ret_payload)
{
    struct record_head head;
    const uint8_t *p;
    size_t n, padded;
    int e = view(r, at, GAIT_RECORD_HEAD_BYTES, &p, &n);

    if (e < 0)
        return e;
    if (n < GAIT_RECORD_HEAD_BYTES || !record_head_read(p, &head))
        return 0;
    if (r->have_uuid && (memcmp(head.uuid, r->uuid, GAIT_UUID_BYTES) != 0 || head.major != GAIT_JOURNAL_MAJOR))
        return 0;
    e = view(r, at, record_bytes(&head), &p, &n);
    if (e < 0)
        return e;
    if (n < record_bytes(&head))
        return 0;
    padded = record_padded(head.payload_bytes);
    if (gait_crc32c(0, p + GAIT_RECORD_HEAD_BYTES, padded) != head.payload_crc) {
        r->wasted += padded;
        if (head.number >= r->expected && head.type < GAIT_RECORD_TYPES)
            r->damaged_of[head.type]++;
        return 0;
    }
    *ret_head = head;
    *ret_payload = p + GAIT_RECORD_HEAD_BYTES;
    return 1;
}

/* From `at`, the next place where a magic stands; notes where the last byte that is not zero was. Returns 1; 0 none; negative errno. */
static int find_magic(struct gait_journal_reader *r, uint64_t at, uint64_t *ret_at)
{
    const uint8_t *p;
    uint64_t magic, word;
    size_t n;
    int e;

    memcpy(&magic, record_magic, sizeof(magic));
    for (;; at += n) {
        e = view(r, at, WINDOW_BYTES, &p, &n);
        if (e < 0)
            return e;
        for (size_t i = 0; i + 8 <= n; i += 8) {
            memcpy(&word, p + i, 8);
            if (word == magic) {
                *ret_at = at + i;
                return 1;
            }
            if (word)
                r->nonzero_end = at + i + 8 - (unsigned)__builtin_clzll(word) / 8; /* its last byte that is not zero */
        }
        if (n < WINDOW_BYTES) {
            for (size_t i = n & ~(size_t)7; i < n; i++) {
                if (p[i])
                    r->nonzero_end = at + i + 1;
            }
            return 0;
        }
    }
}

/* Where to look after a place that held no record: the next magic, or nowhere. */
static int skip_bad(struct gait_journal_reader *r)
{
    uint64_t next, budget = 4 * r->at + ((uint64_t)256 << 20);
    struct record_head head;
    const uint8_t *p;
    size_t n;
    int e;

    if (r->stretch_bytes == 0)
        r->stretch_at = r->at;
    if (r->wasted > budget && view(r, r->at, GAIT_RECORD_HEAD_BYTES, &p, &n) == 0 && n == GAIT_RECORD_HEAD_BYTES &&
        record_head_read(p, &head)) {
        r->nonzero_end = r->at + record_bytes(&head);
        r->stretch_bytes += record_bytes(&head);
        r->at += record_bytes(&head);
        return 1;
    }
    e = view(r, r->at, 8, &p, &n);
    if (e < 0)
        return e;
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            r->nonzero_end = r->at + i + 1;
    }
    e = n < 8 ? 0 : find_magic(r, r->at + 8, &next);
    if (e <= 0)
        return e;
    r->stretch_bytes += next - r->at;
    r->at = next;
    return 1;
}

static int end_reached(struct gait_journal_reader *r)
{
    if (r->nonzero_end > r->stats.good_bytes)
        r->stats.torn_bytes = r->nonzero_end - r->stats.good_bytes;
    return 0;
}

/* A record above the last one, with a stretch of bad bytes or missing numbers before it: tell of that first. */
static void report_damage(struct gait_journal_reader *r, uint64_t number, struct gait_journal_record *ret)
{
    *ret = (struct gait_journal_record){
        .type = GAIT_RECORD_DAMAGED,
        .number = number,
        .offset = r->stretch_bytes ? r->stretch_at : r->at,
        .bytes = r->stretch_bytes,
        .missing = number - r->expected,
    };
    r->stats.bad_stretches++;
    r->stats.bad_bytes += r->stretch_bytes;
    r->stats.missing_records += ret->missing;
    for (size_t i = 0; i < GAIT_RECORD_TYPES; i++)
        r->stats.missing_of[i] += r->damaged_of[i];
    memset(r->damaged_of, 0, sizeof(r->damaged_of));
    r->stretch_bytes = 0;
    r->expected = number;
}

static void take_record(struct gait_journal_reader *r, const struct record_head *head, const uint8_t *payload,
                        struct gait_journal_record *ret)
{
    *ret = (struct gait_journal_record){
        .type = head->type == GAIT_RECORD_DAMAGED ? UINT16_MAX : (enum gait_record_type)head->type,
        .number = head->number,
        .offset = r->at,
        .bytes = record_bytes(head),
        .payload = payload,
        .payload_bytes = head->payload_bytes,
    };
    r->at += ret->bytes;
    r->expected = head->number + 1;
    r->stats.good_bytes = r->at;
    r->stats.records++;
    r->stats.frames += ret->type == GAIT_RECORD_FRAME;
    r->stats.footfalls += ret->type == GAIT_RECORD_FOOTFALL;
    r->stats.ended |= ret->type == GAIT_RECORD_END;
}

static int next_record(struct gait_journal_reader *r, struct gait_journal_record *ret_record)
{
    struct record_head head;
    const uint8_t *payload;
    int e;

    for (;;) {
        e = try_record(r, r->at, &head, &payload);
        if (e < 0)
            return e;
        if (e == 0) {
            e = skip_bad(r);
            if (e < 0)
                return e;
            if (e == 0)
                return end_reached(r);
        } else if (head.number < r->expected) {
            r->stats.duplicate_records++;
            r->at += record_bytes(&head);
        } else if (head.number > r->expected || r->stretch_bytes) {
            report_damage(r, head.number, ret_record);
            return 1;
        } else {
            take_record(r, &head, payload, ret_record);
            return 1;
        }
    }
}

int gait_journal_next(struct gait_journal_reader *reader, struct gait_journal_record *ret_record,
                      struct gait_error *err)
{
    int r = next_record(reader, ret_record);

    if (r < 0)
        return gait_error_set(err, r, "%s: cannot read at byte %llu: %s", reader->path, (unsigned long long)reader->at,
                              strerror(-r));
    return r;
}

int gait_journal_rewind(struct gait_journal_reader *r, struct gait_error *err)
{
    (void)err;
    r->at = r->expected = r->stretch_at = r->stretch_bytes = r->nonzero_end = r->wasted = 0;
    r->window_bytes = 0;
    memset(r->damaged_of, 0, sizeof(r->damaged_of));
    r->stats = (struct gait_journal_stats){0};
    return 0;
}

/* The journal's UUID is that of the first good record. */
static int find_uuid(struct gait_journal_reader *r, struct gait_error *err)
{
    struct record_head head = {0};
    const uint8_t *payload;
    int e;

    while ((e = try_record(r, r->at, &head, &payload)) == 0) {
        e = skip_bad(r);
        if (e <= 0)
            break;
    }
    if (e < 0)
        return gait_error_set(err, e, "%s: cannot read: %s", r->path, strerror(-e));
    if (e == 0 && r->nonzero_end == 0)
        return gait_error_set(err, -ENODATA, "%s: the journal is empty: nothing was ever written into it", r->path);
    if (e == 0)
        return gait_error_set(err, -EBADMSG, "%s: there is no record of a journal in it; is it a .gaitj file?",
                              r->path);
    if (head.major != GAIT_JOURNAL_MAJOR)
        return gait_error_set(err, -ENOTSUP, "%s: journal version %u.%u, this program reads %d.x: use a newer one",
                              r->path, head.major, head.minor, GAIT_JOURNAL_MAJOR);
    memcpy(r->uuid, head.uuid, GAIT_UUID_BYTES);
    r->have_uuid = true;
    return gait_journal_rewind(r, err);
}

int gait_journal_open(const char *path, struct gait_journal_reader **ret_reader, struct gait_error *err)
{
    _cleanup_(gait_journal_reader_freep) struct gait_journal_reader *r = calloc(1, sizeof(*r));
    struct stat st;
    int e;

    if (!r)
        return gait_error_set(err, -ENOMEM, "%s: no memory to read it", path);
    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    r->path = strdup(path);
    if (r->fd < 0)
        return gait_error_set(err, -errno, "%s: cannot open the journal: %s", path, strerror(errno));
    if (fstat(r->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return gait_error_set(err, -EBADMSG, "%s: not a file; a journal is a .gaitj file", path);
    if (!r->path)
        return gait_error_set(err, -ENOMEM, "%s: no memory to read it", path);
    if (st.st_size == 0)
        return gait_error_set(err, -ENODATA, "%s: the journal is empty: nothing was ever written into it", path);
    e = find_uuid(r, err);
    if (e < 0)
        return e;
    *ret_reader = gait_steal(&r);
    return 0;
}

const uint8_t *gait_journal_reader_uuid(const struct gait_journal_reader *r)
{
    return r->uuid;
}

void gait_journal_stats(const struct gait_journal_reader *r, struct gait_journal_stats *ret_stats)
{
    *ret_stats = r->stats;
}

void gait_journal_reader_free(struct gait_journal_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    free(r->window);
    free(r->path);
    free(r);
}
