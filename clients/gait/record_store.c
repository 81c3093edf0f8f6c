#include "record_store.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <gait/cleanup.h>
#include <gait/trial_state.h>
#include <gait/version.h>

int record_store_open(struct record_store *store, const char *folder, struct gait_error *err)
{
    char path[RECORD_PATH_MAX];
    int fd;

    store->folder = folder;
    if (mkdir(folder, 0750) < 0)
        return gait_error_set(err, -errno, "%s: %s", folder,
                              errno == EEXIST ? "is there already; it is never written over" : strerror(errno));
    snprintf(path, sizeof path, "%s/messages.jsonl", folder);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640); /* a journal's mode */
    if (fd < 0)
        return gait_error_set(err, -errno, "%s: %s", path, strerror(errno));
    store->messages = fdopen(fd, "w");
    if (!store->messages) {
        int r = -errno;

        close(fd);
        return gait_error_set(err, r, "%s: %s", path, strerror(-r));
    }
    return 0;
}

int record_store_mat(struct record_store *store, const char *mat, double pitch_x_mm, double pitch_y_mm, double rate_hz)
{
    struct record_mat *m = &store->mat[store->n_mats];

    if (store->n_mats == RECORD_MATS_MAX)
        return -ENOSPC;
    snprintf(m->mat, sizeof m->mat, "%s", mat);
    m->pitch_x_mm = pitch_x_mm;
    m->pitch_y_mm = pitch_y_mm;
    m->rate_hz = rate_hz;
    store->n_mats++;
    return 0;
}

static struct record_mat *find(struct record_store *store, const char *mat)
{
    for (size_t i = 0; i < store->n_mats; i++)
        if (strcmp(store->mat[i].mat, mat) == 0)
            return &store->mat[i];
    return NULL;
}

static int failed(const struct record_mat *m, int r, struct gait_error *err)
{
    return r < 0 ? gait_error_set(err, r, "%s: %s", m->path, strerror(-r)) : 0;
}

/* --- a mat's journal ---------------------------------------------------------------------------------------------- */

static int end_journal(struct record_mat *m, const char *why, struct gait_error *err)
{
    struct gait_end end = {
        .frames = m->in_journal, .gap_device = m->journal_device, .gap_ring = m->journal_ring, .t_ns = m->last_t_ns};
    struct gait_journal *journal = m->journal;
    int r;

    if (!journal)
        return 0;
    m->journal = NULL;
    snprintf(end.why, sizeof end.why, "%s", why);
    r = gait_journal_append_end(journal, &end);
    r = r < 0 ? (gait_journal_free(journal), r) : gait_journal_close(journal);
    free(m->geometry.cell);
    m->geometry = (struct gait_geometry){0};
    return failed(m, r, err);
}

/* What the mat looks like: cells of the first frame that have no number have no sensel. */
static int read_geometry(struct record_mat *m, const struct gait_message *message)
{
    const float *kPa = message->payload;
    size_t cells = message->payload_bytes / sizeof *kPa;

    m->geometry = (struct gait_geometry){.rows = message->shape[0],
                                         .cols = message->shape[1],
                                         .pitch_x_mm = m->pitch_x_mm,
                                         .pitch_y_mm = m->pitch_y_mm,
                                         .rate_hz = m->rate_hz,
                                         .dtype = GAIT_F32,
                                         .cell = calloc(cells, 1)};
    if (!m->geometry.cell)
        return -ENOMEM;
    for (size_t i = 0; i < cells; i++)
        if (isnan(kPa[i]))
            m->geometry.cell[i] = GAIT_CELL_MISSING;
    return gait_geometry_check(&m->geometry);
}

static int make_header(const struct record_mat *m, struct gait_journal_header *header)
{
    struct timespec now;
    int r = gait_uuid_new(header->uuid);

    clock_gettime(CLOCK_REALTIME, &now);
    header->trial = m->files;
    header->start_realtime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    snprintf(header->mat, sizeof header->mat, "%s", m->mat);
    snprintf(header->software, sizeof header->software, "gait %s", gait_version());
    return r < 0 ? r : gait_journal_header_set(header, "recorded_from", "stream");
}

static int begin_journal(struct record_store *store, struct record_mat *m, const struct gait_message *message,
                         struct gait_error *err)
{
    _cleanup_(gait_journal_header_done) struct gait_journal_header header = {0};
    _cleanup_(gait_trial_state_done) struct gait_trial_state state = {0};
    struct gait_calibration identity;
    char suffix[16] = "";
    int r = read_geometry(m, message);

    m->files++;
    if (m->files > 1)
        snprintf(suffix, sizeof suffix, ".%u", m->files);
    snprintf(m->path, sizeof m->path, "%s/%s%s.gaitj", store->folder, m->mat, suffix);
    gait_calibration_identity(&identity);
    r = r < 0 ? r : gait_trial_state_init(&state, &m->geometry, &identity);
    r = r < 0 ? r : make_header(m, &header);
    if (r < 0)
        return failed(m, r, err);
    r = gait_journal_create(m->path, &header, NULL, &m->journal, err);
    m->next = m->restarted ? 0 : message->head.frame; /* a daemon that is found again began at 0 */
    m->restarted = false;
    m->in_journal = m->journal_device = m->journal_ring = 0;
    if (r < 0)
        return r;
    r = gait_journal_append_state(m->journal, &state);
    if (r < 0) { /* of a journal without it nothing can be made */
        gait_journal_free(gait_steal(&m->journal));
        unlink(m->path);
        m->files--;
    }
    return failed(m, r, err);
}

/* --- a frame ---------------------------------------------------------------------------------------------------------- */

static uint64_t integer(const struct gait_message *message, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(message->header, key));
}

static uint32_t flags_of(const struct gait_message *message)
{
    const json_t *word;
    uint32_t flags = 0;
    size_t i;

    json_array_foreach(json_object_get(message->header, "flags"), i, word) for (uint32_t bit = 0; bit < 32; bit++)
    {
        const char *name = gait_frame_flag_name(1u << bit);

        if (name && json_is_string(word) && strcmp(name, json_string_value(word)) == 0)
            flags |= 1u << bit;
    }
    return flags;
}

/* Frames between the last one kept and this one: the daemon passed over some of them, the rest was lost on the way here. */
static uint64_t count_missing(struct record_mat *m, const struct gait_message *message)
{
    uint64_t missing = message->head.frame > m->next ? message->head.frame - m->next : 0;
    uint64_t skipped = message->head.skipped < missing ? message->head.skipped : missing;

    m->skipped += skipped;
    m->lost += missing - skipped;
    return missing;
}

static int note_missing(struct record_mat *m, const struct gait_message *message, uint64_t missing)
{
    struct gait_event event = {.t_ns = message->head.t_ns, .frame = m->in_journal, .code = "stream_gap"};

    snprintf(event.text, sizeof event.text,
             "%ju frames before this one did not come over the stream (counted as gap_ring); the mat's own recording "
             "may have them",
             (uintmax_t)missing);
    return gait_journal_append_event(m->journal, &event);
}

/* Lost before this frame and since the last one kept. What messages that never came would have said of it is in the daemon's sums. */
static uint64_t since(const struct record_mat *m, uint64_t sum, uint64_t before, uint64_t told)
{
    return m->in_journal && sum >= before && sum - before > told ? sum - before : told;
}

static int append_frame(struct record_mat *m, const struct gait_message *message, uint64_t missing)
{
    uint64_t device = since(m, message->head.lost_device, m->all_device, message->head.gap_device);
    uint64_t ring = since(m, message->head.lost_ring, m->all_ring, message->head.gap_ring);
    struct gait_slot slot = {.raw = (void *)(uintptr_t)message->payload};
    int r;
    struct gait_frame_numbers nothing = {.peak_cell = UINT32_MAX, .mean_kPa = NAN, .cop_x_mm = NAN, .cop_y_mm = NAN};

    slot.numbers = nothing;
    slot.meta = (struct gait_frame_meta){.index = m->in_journal,
                                         .seq = integer(message, "mat_seq"),
                                         .t_arrival_ns = integer(message, "t_arrival_ns"),
                                         .t_mat_ns = integer(message, "t_mat_ns"),
                                         .t_ns = message->head.t_ns,
                                         .gap_device = (uint32_t)device,
                                         .gap_ring = (uint32_t)(ring + missing),
                                         .connection = (uint32_t)integer(message, "connection"),
                                         .flags = flags_of(message)};
    r = gait_journal_append_frame(m->journal, &slot, message->payload_bytes);
    m->next = message->head.frame + 1;
    m->last_t_ns = message->head.t_ns;
    m->lost_device += device;
    m->lost_ring += ring;
    m->all_device = message->head.lost_device;
    m->all_ring = message->head.lost_ring;
    m->journal_device += slot.meta.gap_device;
    m->journal_ring += slot.meta.gap_ring;
    if (r < 0)
        return r;
    m->in_journal++;
    m->frames++;
    return 0;
}

/* What came and could not be written: the journal says so itself, in the room that is kept back for that. */
static void tell_unwritten(struct record_mat *m, const struct gait_message *message, uint64_t device, uint64_t ring,
                           int why)
{
    struct gait_gap gap = {.frame = m->in_journal, .device = device, .ring = ring + 1, .t_ns = message->head.t_ns};

    m->unwritten++;
    m->journal_ring++;
    snprintf(gap.why, sizeof gap.why, "%s", strerror(-why));
    (void)gait_journal_append_gap(m->journal, &gap);
}

static bool other_matrix(const struct record_mat *m, const struct gait_message *message)
{
    return m->geometry.rows != message->shape[0] || m->geometry.cols != message->shape[1];
}

static int take_frame(struct record_store *store, const struct gait_message *message, struct gait_error *err)
{
    struct record_mat *m = find(store, message->head.mat);
    uint64_t missing, device, ring;
    int r = 0;

    if (!m || message->n_shape != 2 || strcmp(message->dtype, "<f4") != 0)
        return gait_error_set(err, -EBADMSG, "a frame of '%s', which the snapshot does not know", message->head.mat);
    if (m->journal && (m->restarted || message->head.frame < m->next || other_matrix(m, message)))
        r = end_journal(m, m->restarted ? "daemon restarted" : "another matrix", err);
    if (r == 0 && !m->journal)
        r = begin_journal(store, m, message, err);
    if (r < 0)
        return r;
    missing = count_missing(m, message);
    if (missing)
        r = note_missing(m, message, missing);
    /* before a journal's first frame there is nothing that a gap could be in: it stands as an event and in the sum */
    device = m->journal_device;
    ring = m->journal_ring;
    r = r < 0 ? r : append_frame(m, message, m->in_journal ? missing : 0);
    if (r < 0)
        tell_unwritten(m, message, m->journal_device - device, m->journal_ring - ring, r);
    return failed(m, r, err);
}

/* --- everything else ------------------------------------------------------------------------------------------------------ */

static int take_other(struct record_store *store, const struct gait_message *message, struct gait_error *err)
{
    _cleanup_free_ char *header = gait_json_text(message->header), *line = NULL;
    char topic[GAIT_TOPIC_TEXT_MAX];
    int r = header ? gait_topic_text(message->head.topic, message->head.mat, true, topic) : -ENOMEM;

    r = r < 0 ? r : gait_stream_single(topic, header, message->payload, message->payload_bytes, &line);
    if (r < 0)
        return gait_error_set(err, r, "a message of %s: %s", message->head.mat, strerror(-r));
    store->n_messages++;
    store->lost_messages += message->lost;
    if (fprintf(store->messages, "%.*s\n", r, line) < 0)
        return gait_error_set(err, -errno, "%s/messages.jsonl: %s", store->folder, strerror(errno));
    return 0;
}

int record_store_take(struct record_store *store, const struct gait_message *message, struct gait_error *err)
{
    if (message->restarted) { /* told once, on whatever topic speaks first */
        store->restarts++;
        for (size_t i = 0; i < store->n_mats; i++)
            store->mat[i].restarted = true;
    }
    if (message->head.topic == GAIT_TOPIC_FRAME)
        return take_frame(store, message, err);
    return take_other(store, message, err);
}

int record_store_sync(struct record_store *store, struct gait_error *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < store->n_mats; i++)
        if (store->mat[i].journal)
            r = failed(&store->mat[i], gait_journal_sync(store->mat[i].journal, NULL), err);
    if (r == 0 && (fflush(store->messages) != 0 || fdatasync(fileno(store->messages)) < 0))
        r = gait_error_set(err, -errno, "%s/messages.jsonl: %s", store->folder, strerror(errno));
    return r;
}

/* On a full disk the last line is not whole: who reads lines must not stumble over it. */
static void cut_half_line(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char byte = 0;

    while (end > 0 && pread(fd, &byte, 1, end - 1) == 1 && byte != '\n')
        end--;
    (void)ftruncate(fd, end);
}

static int close_messages(struct record_store *store, struct gait_error *err)
{
    int r = fflush(store->messages) != 0 || ferror(store->messages) || fsync(fileno(store->messages)) < 0 ? -errno : 0;
    int fd = r < 0 ? fcntl(fileno(store->messages), F_DUPFD_CLOEXEC, 3) : -1;

    if (fclose(store->messages) != 0 && r == 0)
        r = -errno;
    store->messages = NULL;
    if (fd >= 0) {
        cut_half_line(fd);
        close(fd);
    }
    return r < 0 ? gait_error_set(err, r, "%s/messages.jsonl: %s", store->folder, strerror(-r)) : 0;
}

int record_store_close(struct record_store *store, const char *why, struct gait_error *err)
{
    int first = 0, r;

    for (size_t i = 0; i < store->n_mats; i++) {
        r = end_journal(&store->mat[i], why, err);
        first = first < 0 ? first : r;
    }
    r = store->messages ? close_messages(store, first < 0 ? NULL : err) : 0;
    return first < 0 ? first : r;
}
