#include "gait/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gait/cleanup.h"
#include "gait/crc32c.h"
#include "journal/format.h"

enum {
    STEP_BYTES = 64 << 20,
    RESERVE_BYTES = 1 << 20,
    STEP_BYTES_MIN = 64 << 10, /* when the disk is nearly full, the room taken ahead shrinks to this */
};

/* The recorder writes `appended`, the syncer `synced`, both may condemn: everything shared is atomic. */
struct gait_journal {
    int fd;
    char *path;
    uint8_t uuid[GAIT_UUID_BYTES];
    uint64_t first_frame;
    uint64_t step_bytes, reserve_bytes;
    uint64_t room;         /* bytes that the file has; recorder only */
    bool no_fallocate;     /* the file system cannot take room ahead */
    struct gait_pack pack; /* the recorder's, kept between records */
    struct {
        _Atomic uint64_t records, frames, bytes;
    } appended, synced;
    _Atomic int condemned; /* negative errno */
};

GAIT_DEFINE_CLEANUP(struct gait_journal *, gait_journal_free)

static int condemn(struct gait_journal *j, int error)
{
    int none = 0;

    atomic_compare_exchange_strong(&j->condemned, &none, error);
    return error;
}

static int sync_folder(const char *path)
{
    _cleanup_free_ char *folder = strdup(path);
    _cleanup_close_ int fd = -1;
    char *slash;

    if (!folder)
        return -ENOMEM;
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return -errno;
    return 0;
}

/* Make the file at least `end` bytes long, zeros at its end, in steps; smaller ones when a step does not fit the disk. */
static int take_room(struct gait_journal *j, uint64_t end)
{
    uint64_t step = j->step_bytes;

    while (!j->no_fallocate && end > j->room) {
        uint64_t want = end - j->room > step ? end - j->room : step;

        if (fallocate(j->fd, 0, (off_t)j->room, (off_t)want) == 0) {
            j->room += want;
        } else if (errno == EOPNOTSUPP || errno == ENOSYS) {
            j->no_fallocate = true;
        } else if (errno != EINTR) {
            if ((errno != ENOSPC && errno != EDQUOT) || want == end - j->room)
                return -errno;
            step = step / 2 > STEP_BYTES_MIN ? step / 2 : 0;
        }
    }
    return 0;
}

/* Write all of the parts at `offset`. */
static int write_all(int fd, struct iovec *part, int n, uint64_t offset)
{
    while (n) {
        ssize_t wrote = pwritev(fd, part, n, (off_t)offset);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? -errno : -EIO;
        offset += (uint64_t)wrote;
        for (; n && (size_t)wrote >= part->iov_len; part++, n--)
            wrote -= (ssize_t)part->iov_len;
        if (n) {
            part->iov_base = (char *)part->iov_base + wrote;
            part->iov_len -= (size_t)wrote;
        }
    }
    return 0;
}

/* A write failed half way: take the half record back. Where that works and only room was missing, the journal is still whole. */
static int write_failed(struct gait_journal *j, uint64_t end, int error)
{
    bool full = error == -ENOSPC || error == -EDQUOT;

    if (ftruncate(j->fd, (off_t)end) < 0 || !full)
        return condemn(j, error);
    j->room = end;
    return error;
}

/* Append one record made of a head, up to two parts of payload and padding. parts[0] begins with room for the record's head. */
static int append(struct gait_journal *j, enum gait_record_type type, struct iovec *part, int n, size_t payload_bytes)
{
    static const uint8_t zeros[8];
    struct record_head head = {
        .number = atomic_load_explicit(&j->appended.records, memory_order_relaxed),
        .payload_bytes = (uint32_t)payload_bytes,
        .type = (uint16_t)type,
        .major = GAIT_JOURNAL_MAJOR,
        .minor = GAIT_JOURNAL_MINOR,
    };
    uint64_t end = atomic_load_explicit(&j->appended.bytes, memory_order_relaxed);
    size_t whole = record_bytes(&head), padding = record_padded(payload_bytes) - payload_bytes;
    int r;

    if (atomic_load_explicit(&j->condemned, memory_order_relaxed))
        return -EIO;
    if (payload_bytes > RECORD_PAYLOAD_MAX)
        return -EINVAL;
    r = take_room(j, end + whole + (type == GAIT_RECORD_FRAME ? j->reserve_bytes : 0));
    if (r < 0)
        return r == -ENOSPC || r == -EDQUOT ? r : condemn(j, r);

    head.payload_crc =
        gait_crc32c(0, (uint8_t *)part[0].iov_base + GAIT_RECORD_HEAD_BYTES, part[0].iov_len - GAIT_RECORD_HEAD_BYTES);
    for (int i = 1; i < n; i++)
        head.payload_crc = gait_crc32c(head.payload_crc, part[i].iov_base, part[i].iov_len);
    if (padding) {
        head.payload_crc = gait_crc32c(head.payload_crc, zeros, padding);
        part[n++] = (struct iovec){(void *)zeros, padding};
    }
    memcpy(head.uuid, j->uuid, GAIT_UUID_BYTES);
    record_head_write(part[0].iov_base, &head);
    r = write_all(j->fd, part, n, end);
    if (r < 0)
        return write_failed(j, end, r);

    if (end + whole > j->room)
        j->room = end + whole;
    atomic_store_explicit(&j->appended.bytes, end + whole, memory_order_release);
    if (type == GAIT_RECORD_FRAME)
        atomic_fetch_add_explicit(&j->appended.frames, 1, memory_order_release);
    atomic_store_explicit(&j->appended.records, head.number + 1, memory_order_release);
    return 0;
}

/* Before its frame, so that no frame is without. One that is left alone, on a full disk, does no harm. */
static int append_pads(struct gait_journal *j, uint64_t frame, const struct gait_frame_pads *pads)
{
    const struct gait_pads_record record = {.frame = frame, .pads = *pads};

    gait_pack_clear(&j->pack);
    gait_pads_pack(&j->pack, &record);
    return gait_journal_append(j, GAIT_RECORD_PADS, &j->pack);
}

int gait_journal_append_frame(struct gait_journal *j, const struct gait_slot *slot, size_t raw_bytes)
{
    uint8_t head[GAIT_RECORD_HEAD_BYTES + GAIT_FRAME_HEAD_BYTES];
    struct iovec part[3] = {{head, sizeof(head)}, {slot->raw, raw_bytes}};
    uint64_t frame = j->first_frame + atomic_load_explicit(&j->appended.frames, memory_order_relaxed);
    int r;

    if (raw_bytes > RECORD_PAYLOAD_MAX - GAIT_FRAME_HEAD_BYTES || slot->meta.pads.n > GAIT_PADS_MAX)
        return -EINVAL;
    r = slot->meta.pads.n ? append_pads(j, frame, &slot->meta.pads) : 0;
    if (r < 0)
        return r;
    frame_head_write(head + GAIT_RECORD_HEAD_BYTES, frame, slot, (uint32_t)raw_bytes);
    return append(j, GAIT_RECORD_FRAME, part, 2, GAIT_FRAME_HEAD_BYTES + raw_bytes);
}

int gait_journal_skip_frames(struct gait_journal *j, uint64_t frames)
{
    j->first_frame += frames;
    return 0;
}

int gait_journal_append(struct gait_journal *j, enum gait_record_type type, const struct gait_pack *pack)
{
    uint8_t head[GAIT_RECORD_HEAD_BYTES];
    struct iovec part[3] = {{head, sizeof(head)}, {pack->bytes, pack->used}};

    if (type == GAIT_RECORD_FRAME || type == GAIT_RECORD_DAMAGED)
        return -EINVAL;
    if (gait_pack_error(pack))
        return gait_pack_error(pack) == -ENOMEM ? -ENOMEM : -EINVAL;
    return append(j, type, part, pack->used ? 2 : 1, pack->used);
}

#define APPEND(word, type_number, type, to_pack)                                            \
    int gait_journal_append_##word(struct gait_journal *journal, const struct type *record) \
    {                                                                                       \
        gait_pack_clear(&journal->pack);                                                    \
        to_pack(&journal->pack, record);                                                    \
        return gait_journal_append(journal, type_number, &journal->pack);                   \
    }

APPEND(state, GAIT_RECORD_STATE, gait_trial_state, gait_trial_state_pack)
APPEND(footfall, GAIT_RECORD_FOOTFALL, gait_footfall, gait_footfall_pack)
APPEND(gap, GAIT_RECORD_GAP, gait_gap, gait_gap_pack)
APPEND(clock, GAIT_RECORD_CLOCK, gait_clock_record, gait_clock_pack)
APPEND(action, GAIT_RECORD_ACTION, gait_action, gait_action_pack)
APPEND(event, GAIT_RECORD_EVENT, gait_event, gait_event_pack)
APPEND(end, GAIT_RECORD_END, gait_end, gait_end_pack)

static int append_header(struct gait_journal *j, const struct gait_journal_header *header)
{
    gait_journal_header_pack(&j->pack, header);
    return gait_journal_append(j, GAIT_RECORD_HEADER, &j->pack);
}

static int check_header(const struct gait_journal_header *header)
{
    static const uint8_t none[GAIT_UUID_BYTES];

    return memcmp(header->uuid, none, GAIT_UUID_BYTES) == 0 ? -EINVAL : 0;
}

int gait_journal_create(const char *path, const struct gait_journal_header *header,
                        const struct gait_journal_options *options, struct gait_journal **ret_journal,
                        struct gait_error *err)
{
    _cleanup_(gait_journal_freep) struct gait_journal *j = NULL;
    int r = check_header(header);

    if (r < 0)
        return gait_error_set(err, r, "%s: the journal's UUID is not set", path);
    j = calloc(1, sizeof(*j));
    if (!j)
        return gait_error_set(err, -ENOMEM, "%s: no memory for a journal", path);
    j->fd = -1;
    j->path = strdup(path);
    j->first_frame = header->first_frame;
    j->step_bytes = options && options->step_bytes ? options->step_bytes : STEP_BYTES;
    j->reserve_bytes = options && options->reserve_bytes ? options->reserve_bytes : RESERVE_BYTES;
    memcpy(j->uuid, header->uuid, GAIT_UUID_BYTES);
    if (!j->path)
        return gait_error_set(err, -ENOMEM, "%s: no memory for a journal", path);

    j->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (j->fd < 0)
        return gait_error_set(err, -errno, "%s: cannot make the journal: %s", path, strerror(errno));
    (void)flock(j->fd,
                LOCK_EX | LOCK_NB); /* a sealer sees that it is being written; file systems without locks do without */
    r = append_header(j, header);
    if (r == 0)
        r = gait_journal_sync(j, NULL);
    if (r == 0)
        r = sync_folder(path);
    if (r < 0) {
        unlink(path); /* nothing half-written stays behind */
        return gait_error_set(err, r, "%s: cannot write the journal's header: %s", path, strerror(-r));
    }
    *ret_journal = gait_steal(&j);
    return 0;
}

/* The file was removed, or it or its folder was put elsewhere: what is written reaches nobody who looks under its path. */
static bool is_gone(const struct gait_journal *j)
{
    struct stat open_file, named;

    if (fstat(j->fd, &open_file) < 0)
        return false;
    if (open_file.st_nlink == 0)
        return true;
    if (stat(j->path, &named) < 0)
        return errno == ENOENT || errno == ENOTDIR;
    return named.st_dev == open_file.st_dev && named.st_ino != open_file.st_ino;
}

static void set_synced(struct gait_journal *j, const struct gait_journal_mark *mark)
{
    atomic_store_explicit(&j->synced.frames, mark->frames, memory_order_relaxed);
    atomic_store_explicit(&j->synced.bytes, mark->bytes, memory_order_relaxed);
    atomic_store_explicit(&j->synced.records, mark->records, memory_order_release);
}

int gait_journal_sync(struct gait_journal *j, struct gait_journal_mark *ret_synced)
{
    struct gait_journal_mark mark;

    if (atomic_load(&j->condemned))
        return -EIO;
    gait_journal_appended(j, &mark);
    if (fdatasync(j->fd) < 0)
        return condemn(j, -errno);
    if (is_gone(j))
        return condemn(j, -ENOENT);
    set_synced(j, &mark);
    if (ret_synced)
        *ret_synced = mark;
    return 0;
}

int gait_journal_take_back(struct gait_journal *j)
{
    bool gone = is_gone(j);
    struct gait_journal_mark safe;

    gait_journal_synced(j, &safe);
    if ((ftruncate(j->fd, (off_t)safe.bytes) < 0 || fsync(j->fd) < 0) && !gone)
        return -errno;
    j->room = safe.bytes;
    atomic_store(&j->appended.bytes, safe.bytes);
    atomic_store(&j->appended.frames, safe.frames);
    atomic_store(&j->appended.records, safe.records);
    gone |= is_gone(j);
    atomic_store(&j->condemned, gone ? -ENOENT : 0);
    return gone ? -ENOENT : 0;
}

/* A counter rises only after its bytes were written, so whatever is read here is covered by a sync that begins afterwards. */
void gait_journal_appended(const struct gait_journal *j, struct gait_journal_mark *ret_mark)
{
    ret_mark->records = atomic_load_explicit(&j->appended.records, memory_order_acquire);
    ret_mark->frames = atomic_load_explicit(&j->appended.frames, memory_order_acquire);
    ret_mark->bytes = atomic_load_explicit(&j->appended.bytes, memory_order_acquire);
}

void gait_journal_synced(const struct gait_journal *j, struct gait_journal_mark *ret_mark)
{
    ret_mark->records = atomic_load_explicit(&j->synced.records, memory_order_acquire);
    ret_mark->frames = atomic_load_explicit(&j->synced.frames, memory_order_acquire);
    ret_mark->bytes = atomic_load_explicit(&j->synced.bytes, memory_order_acquire);
}

int gait_journal_condemned(const struct gait_journal *j)
{
    return atomic_load(&j->condemned);
}

const char *gait_journal_path(const struct gait_journal *j)
{
    return j->path;
}

const uint8_t *gait_journal_uuid(const struct gait_journal *j)
{
    return j->uuid;
}

static int copy_to(const struct gait_journal *j, int fd, const char *path)
{
    uint64_t end = atomic_load_explicit(&j->appended.bytes, memory_order_acquire);
    off_t at = 0;

    while ((uint64_t)at < end) {
        ssize_t n = sendfile(fd, j->fd, &at, end - (uint64_t)at);

        if (n <= 0 && !(n < 0 && errno == EINTR))
            return n < 0 ? -errno : -EIO;
    }
    return fsync(fd) < 0 ? -errno : sync_folder(path);
}

int gait_journal_rescue(struct gait_journal *j, const char *path, struct gait_error *err)
{
    _cleanup_free_ char *name = strdup(path);
    _cleanup_close_ int fd = name ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640) : -1;
    struct gait_journal_mark all;
    int r, removed;

    if (fd < 0)
        return gait_error_set(err, name ? -errno : -ENOMEM, "%s: cannot be made: %s", path,
                              strerror(name ? errno : ENOMEM));
    (void)flock(fd, LOCK_EX | LOCK_NB);
    r = copy_to(j, fd, path);
    if (r < 0) {
        unlink(path);
        return gait_error_set(err, r, "%s: cannot be written: %s", path, strerror(-r));
    }
    removed = j->fd;
    j->fd = fd;
    fd = removed; /* closed here */
    free(j->path);
    j->path = gait_steal(&name);
    gait_journal_appended(j, &all);
    j->room = all.bytes;
    set_synced(j, &all);
    atomic_store(&j->condemned, 0);
    return 0;
}

int gait_journal_close(struct gait_journal *j)
{
    int r = gait_journal_condemned(j), fd = j->fd;

    if (r == 0 && ftruncate(j->fd, (off_t)j->appended.bytes) < 0)
        r = -errno;
    if (r == 0)
        r = gait_journal_sync(j, NULL);
    j->fd = -1;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    gait_journal_free(j);
    return r;
}

void gait_journal_free(struct gait_journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    gait_pack_done(&j->pack);
    free(j->path);
    free(j);
}
