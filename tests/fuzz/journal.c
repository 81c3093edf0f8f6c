/*
 * The journal reader from raw bytes: whatever it gives lies within the file and is told twice the same; what it refuses has one line. Containers
 * go through every unpacker, and the whole through gait_journal_source().
 */
#include <gait/journal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gait/cleanup.h>

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A checksum is worth nothing to a fuzzer: the payload goes through its unpacker whatever the record's own sums say. */
static void unpack(unsigned type, const void *bytes, size_t n)
{
    struct gait_journal_header header;
    struct gait_trial_state state;
    struct gait_footfall *footfall;
    struct gait_gap gap;
    struct gait_clock_record clock_record;
    struct gait_action action;
    struct gait_event event;
    struct gait_end end;

    if (type == GAIT_RECORD_HEADER && gait_journal_header_unpack(bytes, n, &header) == 0)
        gait_journal_header_done(&header);
    if (type == GAIT_RECORD_STATE && gait_trial_state_unpack(bytes, n, &state) == 0) {
        MUST(gait_geometry_check(&state.geometry) == 0);
        gait_trial_state_done(&state);
    }
    if (type == GAIT_RECORD_FOOTFALL && gait_footfall_unpack(bytes, n, &footfall) == 0)
        gait_footfall_free(footfall);
    if (type == GAIT_RECORD_GAP)
        (void)gait_gap_unpack(bytes, n, &gap);
    if (type == GAIT_RECORD_CLOCK)
        (void)gait_clock_unpack(bytes, n, &clock_record);
    if (type == GAIT_RECORD_ACTION)
        (void)gait_action_unpack(bytes, n, &action);
    if (type == GAIT_RECORD_EVENT)
        (void)gait_event_unpack(bytes, n, &event);
    if (type == GAIT_RECORD_END)
        (void)gait_end_unpack(bytes, n, &end);
}

static uint64_t read_all(struct gait_journal_reader *reader, size_t size)
{
    struct gait_journal_record record;
    struct gait_journal_frame frame;
    struct gait_error err = {0};
    uint64_t n = 0, end = 0;
    int r;

    for (; (r = gait_journal_next(reader, &record, &err)) == 1; n++) {
        MUST(record.offset >= end && record.offset + record.bytes <= size);
        end = record.offset + record.bytes;
        MUST((record.type == GAIT_RECORD_DAMAGED) == !record.payload);
        if (record.payload) {
            unpack(record.type, record.payload, record.payload_bytes);
            (void)gait_journal_frame(&record, &frame);
        }
    }
    MUST(r == 0);
    return n;
}

/* Every place that looks like a record of the golden journal's kind, without asking its checksums. */
static void unpack_anyway(const uint8_t *data, size_t size)
{
    static const uint8_t magic[8] = {0x8B, 'G', 'A', 'I', 'T', 'R', '\r', '\n'};

    for (size_t at = 0; at + GAIT_RECORD_HEAD_BYTES <= size; at += 8) {
        uint32_t n;
        uint16_t type;
        void *copy;

        if (memcmp(data + at, magic, sizeof(magic)) != 0)
            continue;
        memcpy(&n, data + at + 32, sizeof(n));
        memcpy(&type, data + at + 36, sizeof(type));
        if (n > size - at - GAIT_RECORD_HEAD_BYTES)
            continue;
        copy = malloc(n ? n : 1); /* exact, so that a read beyond is seen */
        MUST(copy);
        memcpy(copy, data + at + GAIT_RECORD_HEAD_BYTES, n);
        unpack(type, copy, n);
        free(copy);
    }
}

static void play(const char *path)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};
    struct gait_frame_meta meta;
    void *raw;

    if (gait_journal_source(path, &source, &err) < 0) {
        MUST(!source && err.text[0] && !strchr(err.text, '\n'));
        return;
    }
    raw = malloc(gait_geometry_frame_bytes(&gait_source_info(source)->geometry));
    MUST(raw);
    while (gait_source_next(source, raw, &meta, &err) == 1)
        ;
    free(raw);
    gait_source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gait_journal_reader *reader = NULL;
    struct gait_error err = {0};
    _cleanup_close_ int fd = memfd_create("journal", MFD_CLOEXEC);
    char path[64];
    uint64_t n;

    unpack_anyway(data, size);
    MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (gait_journal_open(path, &reader, &err) < 0) {
        MUST(!reader && err.text[0] && !strchr(err.text, '\n'));
        return 0;
    }
    n = read_all(reader, size);
    MUST(gait_journal_rewind(reader, &err) == 0);
    MUST(read_all(reader, size) == n);
    gait_journal_reader_free(reader);
    play(path);
    return 0;
}
