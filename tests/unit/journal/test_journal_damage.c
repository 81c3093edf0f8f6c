#include "assert_close.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gait/crc32c.h"
#include "trial_fixture.h"

enum { FRAMES = 9, RECORDS_MAX = 32 };

/* A whole journal in memory, with the place of each record; damaged copies of it go through the reader. */
struct journal {
    char folder[64], path[96];
    uint8_t *bytes;
    size_t n;
    size_t records, at[RECORDS_MAX], size[RECORDS_MAX];
    uint32_t crc[RECORDS_MAX]; /* of each whole record */
};

/* What reading a damaged copy gave. */
struct outcome {
    int opened;
    size_t good;
    bool seen[RECORDS_MAX];
    size_t damaged;
    uint64_t damaged_at, damaged_bytes, damaged_missing; /* of the last bad stretch */
    struct gait_journal_stats stats;
};

static int setup(void **state)
{
    struct journal *j = calloc(1, sizeof(*j));
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    FILE *file;

    fixture_folder(j->folder);
    snprintf(j->path, sizeof(j->path), "%s/t.gaitj", j->folder);
    fixture_journal(j->path, FRAMES);
    file = fopen(j->path, "r");
    j->bytes = malloc(1 << 20);
    j->n = fread(j->bytes, 1, 1 << 20, file);
    fclose(file);
    assert_int_equal(gait_journal_open(j->path, &r, NULL), 0);
    while (gait_journal_next(r, &record, NULL) > 0) {
        j->at[j->records] = record.offset;
        j->size[j->records] = record.bytes;
        j->crc[j->records] = gait_crc32c(0, j->bytes + record.offset, record.bytes);
        j->records++;
    }
    gait_journal_reader_free(r);
    *state = j;
    return 0;
}

static int teardown(void **state)
{
    struct journal *j = *state;

    fixture_remove(j->folder);
    free(j->bytes);
    free(j);
    return 0;
}

static void write_file(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Read the file, which holds `bytes`; every record that is given must be one of the original's, whole, in rising order. */
static struct outcome read_file(const struct journal *j, const uint8_t *bytes)
{
    struct gait_journal_reader *r;
    struct gait_journal_record record;
    struct outcome o = {0};
    uint64_t next = 0;

    o.opened = gait_journal_open(j->path, &r, NULL);
    if (o.opened < 0)
        return o;
    while (gait_journal_next(r, &record, NULL) > 0) {
        if (record.type == GAIT_RECORD_DAMAGED) {
            o.damaged++;
            o.damaged_at = record.offset;
            o.damaged_bytes = record.bytes;
            o.damaged_missing = record.missing;
            assert_true(record.number >= next);
            continue;
        }
        assert_true(record.number >= next && record.number < j->records);
        assert_int_equal(gait_crc32c(0, bytes + record.offset, record.bytes), j->crc[record.number]);
        next = record.number + 1;
        o.seen[record.number] = true;
        o.good++;
    }
    gait_journal_stats(r, &o.stats);
    assert_int_equal(o.stats.records, o.good);
    gait_journal_reader_free(r);
    return o;
}

static struct outcome read_copy(const struct journal *j, const uint8_t *bytes, size_t n)
{
    write_file(j->path, bytes, n);
    return read_file(j, bytes);
}

/* Bytes from `from` to the last one below n that is not zero. */
static size_t not_zero(const uint8_t *bytes, size_t from, size_t n)
{
    while (n > from && bytes[n - 1] == 0)
        n--;
    return n - from;
}

#ifdef __SANITIZE_ADDRESS__ /* opening a journal is forty times slower then */
enum { CUT_STEP = 29 };
#else
enum { CUT_STEP = 1 };
#endif

/* Cut at EVERY byte: all whole records before the cut come back, the rest is counted as torn to the byte. */
static void torn_at_every_byte(void **state)
{
    const struct journal *j = *state;

    for (size_t less = 0; less <= j->n; less += CUT_STEP) {
        const size_t n = j->n - less;
        struct outcome o;
        size_t whole = 0;

        assert_int_equal(truncate(j->path, (off_t)n), 0);
        o = read_file(j, j->bytes);
        while (whole < j->records && j->at[whole] + j->size[whole] <= n)
            whole++;
        if (whole == 0) {
            assert_int_equal(o.opened, n ? -EBADMSG : -ENODATA);
            continue;
        }
        assert_int_equal(o.good, whole);
        assert_int_equal(o.damaged, 0);
        assert_int_equal(o.stats.good_bytes, j->at[whole - 1] + j->size[whole - 1]);
        assert_int_equal(o.stats.torn_bytes, not_zero(j->bytes, o.stats.good_bytes, n));
        assert_true(o.stats.ended == (whole == j->records));
    }
}

/* The same with room taken ahead behind the cut: what lies wholly before it comes back, and nothing false behind it. */
static void torn_before_zeros(void **state)
{
    const struct journal *j = *state;
    size_t n = j->n + 8192;
    uint8_t *copy = malloc(n);

    for (size_t cut = j->at[1]; cut <= j->n; cut += CUT_STEP > 13 ? CUT_STEP : 13) {
        struct outcome o;

        memcpy(copy, j->bytes, cut);
        memset(copy + cut, 0, n - cut);
        o = read_copy(j, copy, n);
        assert_int_equal(o.damaged, 0);
        for (size_t i = 0; i < j->records; i++)
            assert_int_equal(o.seen[i], gait_crc32c(0, copy + j->at[i], j->size[i]) == j->crc[i]);
    }
    free(copy);
}

/* A page of zeros (a hole that a power cut leaves) anywhere: what lies wholly outside comes back; the hole is told with its place. */
static void holes(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(j->n);

    for (size_t at = 0; at < j->n; at += 512) {
        size_t end = at + 512 < j->n ? at + 512 : j->n, lost = 0, first = SIZE_MAX;
        struct outcome o;

        memcpy(copy, j->bytes, j->n);
        memset(copy + at, 0, end - at);
        o = read_copy(j, copy, j->n);
        for (size_t i = 0; i < j->records; i++) {
            bool hit = gait_crc32c(0, copy + j->at[i], j->size[i]) != j->crc[i];

            assert_int_equal(o.seen[i], !hit);
            lost += hit;
            if (hit && first == SIZE_MAX)
                first = i;
        }
        if (lost && first + lost < j->records) {
            assert_int_equal(o.damaged, 1);
            assert_int_equal(o.damaged_missing, lost);
            assert_int_equal(o.damaged_at, j->at[first]);
            assert_int_equal(o.damaged_bytes, j->at[first + lost] - j->at[first]);
            assert_int_equal(o.stats.missing_records, lost);
        }
    }
    free(copy);
}

/* One bit flipped, at every byte: exactly the record it stands in is lost, and never given with wrong bytes. */
static void flipped_bits(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(j->n);

    memcpy(copy, j->bytes, j->n);
    for (size_t at = 0; at<j->n; at += CUT_STEP> 11 ? CUT_STEP : at < 4096 ? 1 : 11) {
        struct outcome o;

        copy[at] ^= (uint8_t)(1u << (at % 8));
        o = read_copy(j, copy, j->n);
        copy[at] ^= (uint8_t)(1u << (at % 8));
        assert_int_equal(o.good, j->records - 1);
        for (size_t i = 0; i < j->records; i++) {
            bool hit = at >= j->at[i] && at < j->at[i] + j->size[i], told = hit && i + 1 < j->records;

            assert_int_equal(o.seen[i], !hit);
            if (told) /* the kind of a record whose head is good; the type is at byte 36 of it */
                assert_int_equal(o.stats.missing_of[j->bytes[j->at[i] + 36]], at - j->at[i] >= GAIT_RECORD_HEAD_BYTES);
        }
    }
    free(copy);
}

/* Records in another order, twice, or taken out. */
static size_t put(const struct journal *j, uint8_t *to, size_t n, size_t record)
{
    memcpy(to + n, j->bytes + j->at[record], j->size[record]);
    return n + j->size[record];
}

static void duplicated_records(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(2 * j->n);
    struct outcome o;
    size_t n = 0;

    for (size_t i = 0; i < j->records; i++) {
        n = put(j, copy, n, i);
        n = put(j, copy, n, i);
    }
    o = read_copy(j, copy, n);
    assert_int_equal(o.good, j->records);
    assert_int_equal(o.stats.duplicate_records, j->records);
    assert_int_equal(o.damaged, 0);
    free(copy);
}

static void reordered_records(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(j->n);
    struct outcome o;
    size_t n = 0;

    for (size_t i = 0; i < j->records; i++)
        n = put(j, copy, n, i == 5 ? 6 : i == 6 ? 5 : i);
    o = read_copy(j, copy, n);
    assert_int_equal(o.good, j->records - 1);
    assert_false(o.seen[5]);
    assert_int_equal(o.stats.duplicate_records, 1);
    assert_int_equal(o.damaged, 1);
    assert_int_equal(o.damaged_missing, 1);
    free(copy);
}

static void removed_records(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(j->n);
    struct outcome o;
    size_t n = 0;

    for (size_t i = 0; i < j->records; i++) {
        if (i < 5 || i > 7)
            n = put(j, copy, n, i);
    }
    o = read_copy(j, copy, n);
    assert_int_equal(o.good, j->records - 3);
    assert_int_equal(o.damaged_missing, 3);
    assert_int_equal(o.damaged_bytes, 0);
    free(copy);
}

/* A stretch of another journal (an old file's blocks): whole, with right CRCs, and still not believed. */
static void foreign_records(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(j->n);
    struct outcome o;
    uint32_t crc;

    memcpy(copy, j->bytes, j->n);
    copy[j->at[6] + 8] ^= 0xFF; /* its UUID, with the CRC made right again */
    crc = gait_crc32c(0, copy + j->at[6], 44);
    memcpy(copy + j->at[6] + 44, &crc, 4);
    o = read_copy(j, copy, j->n);
    assert_false(o.seen[6]);
    assert_int_equal(o.good, j->records - 1);
    free(copy);
}

static void newer_major_version_is_refused(void **state)
{
    const struct journal *j = *state;
    struct gait_journal_reader *r;
    struct gait_error err;
    uint8_t *copy = malloc(j->n);

    memcpy(copy, j->bytes, j->n);
    for (size_t i = 0; i < j->records; i++) {
        uint32_t crc;

        copy[j->at[i] + 38] = 2;
        crc = gait_crc32c(0, copy + j->at[i], 44);
        memcpy(copy + j->at[i] + 44, &crc, 4);
    }
    write_file(j->path, copy, j->n);
    assert_int_equal(gait_journal_open(j->path, &r, &err), -ENOTSUP);
    assert_non_null(strstr(err.text, "2.0"));
    free(copy);
}

/* Frames lost in a hole are counted into the next frame of a replay. */
static void hole_becomes_a_gap_in_the_replay(void **state)
{
    const struct journal *j = *state;
    struct gait_frame_source *s;
    struct gait_frame_meta meta;
    uint16_t raw[FIXTURE_ROWS * FIXTURE_COLS];
    uint8_t *copy = malloc(j->n);
    uint64_t frames = 0, lost = 0;

    memcpy(copy, j->bytes, j->n);
    memset(copy + j->at[4], 0, j->size[4] + j->size[5]); /* frames 1 and 2 */
    write_file(j->path, copy, j->n);
    free(copy);
    assert_int_equal(gait_journal_source(j->path, &s, NULL), 0);
    while (gait_source_next(s, raw, &meta, NULL) > 0) {
        if (frames == 1)
            assert_int_equal(meta.gap_ring, 2);
        lost += meta.gap_ring;
        frames++;
    }
    assert_int_equal(frames, FRAMES - 2);
    assert_int_equal(lost, 2 + 1); /* and the one that frame 5 carries itself */
    gait_source_free(s);
}

/* Bytes of chance, and chance put into a good journal: no crash, no hang, nothing false. */
static void chance(void **state)
{
    const struct journal *j = *state;
    uint8_t *copy = malloc(j->n);
    uint64_t seed = 88172645463325252u;

    for (int turn = 0; turn < (CUT_STEP > 1 ? 100 : 400); turn++) {
        memcpy(copy, j->bytes, j->n);
        for (int i = 0; i < 1 + turn % 40; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            copy[seed % j->n] = (uint8_t)(seed >> 32);
        }
        read_copy(j, copy, j->n);
    }
    for (size_t i = 0; i < j->n; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        copy[i] = (uint8_t)seed;
    }
    assert_int_equal(read_copy(j, copy, j->n).opened, -EBADMSG);
    free(copy);
}

#define DAMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DAMAGE_TEST(torn_at_every_byte),
        DAMAGE_TEST(torn_before_zeros),
        DAMAGE_TEST(holes),
        DAMAGE_TEST(flipped_bits),
        DAMAGE_TEST(duplicated_records),
        DAMAGE_TEST(reordered_records),
        DAMAGE_TEST(removed_records),
        DAMAGE_TEST(foreign_records),
        DAMAGE_TEST(newer_major_version_is_refused),
        DAMAGE_TEST(hole_becomes_a_gap_in_the_replay),
        DAMAGE_TEST(chance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
