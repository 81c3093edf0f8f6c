/* gait profile try: the frames that a profile finds in captured bytes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gait/cleanup.h>

#include "mats/framer.h"
#include "profile_tools.h"
#include "verb.h"

enum { KEY_BYTES = 0x100, KEY_CHUNK, KEY_CELLS, KEY_FRAME };
enum { CHUNK_DEFAULT = 16384, CHUNK_MAX = 4 << 20, PICTURE_COLS = 72, PICTURE_ROWS = 40 };
enum { CAPTURE_MAX = 64 << 20, CAPTURE_S = 60 }; /* a capture may be a device, and have no end */

struct
try {
    const char *profile, *bytes;
    uint32_t chunk;
    uint64_t frame; /* to draw; 0: the one with most in it */
    bool cells;
};

static const struct argp_option options[] = {
    {"bytes", KEY_BYTES, "CAPTURE", 0, "the captured bytes (- for standard input)", 0},
    {"chunk", KEY_CHUNK, "N", 0, "how many bytes are given at once (default 16384; with packet framing: one packet)",
     0},
    {"frame", KEY_FRAME, "N", 0, "draw this frame, from 1 (default: the one with most in it)", 0},
    {"cells", KEY_CELLS, NULL, 0, "with --json: a line for each frame, with its cells", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct try *try = state->input;

    switch (key) {
    case KEY_BYTES:
        try->bytes = arg;
        return 0;
    case KEY_CHUNK:
        try->chunk = (uint32_t)verb_number(state, "--chunk", arg, 1, CHUNK_MAX);
        return 0;
    case KEY_FRAME:
        try->frame = (uint64_t)verb_number(state, "--frame", arg, 1, 1e15);
        return 0;
    case KEY_CELLS:
        try->cells = true;
        return 0;
    case ARGP_KEY_ARG:
        if (try->profile)
            return ARGP_ERR_UNKNOWN;
        try->profile = arg;
        return 0;
    case ARGP_KEY_END:
        if (!try->profile || !try->bytes)
            argp_error(state, "FILE and --bytes CAPTURE are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct found {
    uint64_t bytes, frames, partial, gap, skipped[MAT_VERDICT_COUNT];
    uint64_t seq_first, seq_last;
    bool has_seq;
    double most; /* of the drawn frame */
    uint64_t drawn;
    double *picture; /* [rows*cols] */
};

struct attempt {
    const struct client *client;
    const struct try *try;
    struct mat_framer *framer;
    const struct gait_geometry *geometry;
    void *raw;
    struct found found;
};

static double cell_at(const struct attempt *a, size_t i)
{
    if (a->geometry->dtype == GAIT_U8)
        return ((const uint8_t *)a->raw)[i];
    return a->geometry->dtype == GAIT_I16 ? (double)((const int16_t *)a->raw)[i]
                                          : (double)((const uint16_t *)a->raw)[i];
}

static void keep_picture(struct attempt *a)
{
    size_t n = gait_geometry_cells(a->geometry);
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += cell_at(a, i);
    if (a->try->frame ? a->found.frames != a->try->frame : a->found.drawn && sum <= a->found.most)
        return;
    a->found.most = sum;
    a->found.drawn = a->found.frames;
    for (size_t i = 0; i < n; i++)
        a->found.picture[i] = cell_at(a, i);
}

static void print_cells(const struct attempt *a, const struct mat_decoded *d)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < gait_geometry_cells(a->geometry); i++)
        json_array_append_new(cells, json_integer((json_int_t)cell_at(a, i)));
    json_t *line =
        json_pack("{s:I,s:b,s:I,s:I,s:I,s:o}", "frame", (json_int_t)a->found.frames, "partial",
                  d->verdict == MAT_PARTIAL, "seq", d->has_seq ? (json_int_t)d->seq : -1, "tick_us",
                  d->has_tick ? (json_int_t)d->tick_us : -1, "gap", (json_int_t)d->gap_device, "cells", cells);

    client_print_json(line);
    json_decref(line);
}

static void take(struct attempt *a, const struct mat_decoded *d)
{
    struct found *f = &a->found;

    if (d->verdict != MAT_FRAME && d->verdict != MAT_PARTIAL) {
        f->skipped[d->verdict]++;
        return;
    }
    f->frames++;
    f->partial += d->verdict == MAT_PARTIAL;
    f->gap += d->gap_device;
    if (d->has_seq) {
        f->seq_first = f->has_seq ? f->seq_first : d->seq;
        f->seq_last = d->seq;
        f->has_seq = true;
    }
    keep_picture(a);
    if (a->try->cells && a->client->json)
        print_cells(a, d);
}

static void feed(struct attempt *a, const uint8_t *bytes, size_t n)
{
    struct mat_decoded d;
    size_t used = 0;

    a->found.bytes += n;
    do {
        mat_framer_decode(a->framer, bytes + used, n - used, a->raw, &d);
        used += d.used;
        if (d.verdict)
            take(a, &d);
    } while (d.verdict || used < n);
}

static int64_t now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* A file ends by itself. */
static int64_t last_s(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? INT64_MAX : now_s() + CAPTURE_S;
}

/* One chunk, whole unless the capture or the time for it ends. */
static ssize_t read_chunk(int fd, uint8_t *chunk, size_t size, int64_t until_s)
{
    struct pollfd in = {.fd = fd, .events = POLLIN};
    size_t n = 0;

    while (n < size && now_s() < until_s) {
        if (poll(&in, 1, 1000) <= 0)
            continue;
        ssize_t got = read(fd, chunk + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (!got)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

static int feed_file(struct attempt *a, size_t chunk_bytes)
{
    bool input = !strcmp(a->try->bytes, "-");
    _cleanup_close_ int own = input ? -1 : open(a->try->bytes, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ uint8_t *chunk = malloc(chunk_bytes);
    const int fd = input ? STDIN_FILENO : own;
    const int64_t until_s = last_s(fd);
    ssize_t n = 0;

    if (!input && own < 0)
        return client_fail(a->client, CLIENT_BAD_INPUT, "%s: %m", a->try->bytes);
    if (!chunk)
        return client_fail(a->client, CLIENT_FAILED, "no memory for %zu bytes", chunk_bytes);
    while (a->found.bytes < CAPTURE_MAX && (n = read_chunk(fd, chunk, chunk_bytes, until_s)) > 0)
        feed(a, chunk, (size_t)n);
    if (n < 0)
        return client_fail(a->client, CLIENT_BAD_INPUT, "%s: %s", a->try->bytes, strerror((int)-n));
    if (a->found.bytes >= CAPTURE_MAX)
        client_note(a->client, "%s: only its first %d MiB were looked at", a->try->bytes, CAPTURE_MAX >> 20);
    else if (now_s() >= until_s)
        client_note(a->client, "%s: only what came in the first %d s was looked at", a->try->bytes, CAPTURE_S);
    return CLIENT_OK;
}

/* Row 0 lies at y = 0, at the bottom, as one looks along the walkway. Several cells become one character: the highest. */
static void print_picture(const struct attempt *a)
{
    static const char shade[] = " .:-=+*#%@";
    const struct gait_geometry *g = a->geometry;
    uint32_t down = (g->rows + PICTURE_ROWS - 1) / PICTURE_ROWS, across = (g->cols + PICTURE_COLS - 1) / PICTURE_COLS;
    double top = 1;

    for (size_t i = 0; i < gait_geometry_cells(g); i++)
        top = a->found.picture[i] > top ? a->found.picture[i] : top;
    printf("frame %ju, '@' is %g counts, row 0 at the bottom:\n", (uintmax_t)a->found.drawn, top);
    for (uint32_t block = (g->rows + down - 1) / down; block-- > 0;) {
        putchar('|');
        for (uint32_t c = 0; c < g->cols; c += across) {
            double most = 0;

            for (uint32_t r = block * down; r < g->rows && r < (block + 1) * down; r++)
                for (uint32_t k = c; k < g->cols && k < c + across; k++)
                    most = a->found.picture[r * g->cols + k] > most ? a->found.picture[r * g->cols + k] : most;
            putchar(shade[(int)(most / top * 9)]);
        }
        puts("|");
    }
}

static const char *const reason[MAT_VERDICT_COUNT] = {
    [MAT_SKIP_LENGTH] = "wrong length",
    [MAT_SKIP_EARLY] = "bytes before a frame",
    [MAT_BAD_CHECKSUM] = "wrong checksum",
    [MAT_BAD_SANITY] = "impossible content",
};

static void print_json(const struct attempt *a)
{
    const struct found *f = &a->found;
    json_t *skipped = json_object(), *line;

    for (int v = 0; v < MAT_VERDICT_COUNT; v++)
        if (reason[v])
            json_object_set_new(skipped, reason[v], json_integer((json_int_t)f->skipped[v]));
    line = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "bytes", (json_int_t)f->bytes, "frames", (json_int_t)f->frames,
                     "partial", (json_int_t)f->partial, "lost", (json_int_t)f->gap, "rows",
                     (json_int_t)a->geometry->rows, "cols", (json_int_t)a->geometry->cols, "skipped", skipped);
    client_print_json(line);
    json_decref(line);
}

static void print_found(const struct attempt *a)
{
    const struct found *f = &a->found;

    printf("%ju bytes: %ju frames of %u x %u cells", (uintmax_t)f->bytes, (uintmax_t)f->frames, a->geometry->rows,
           a->geometry->cols);
    if (f->partial)
        printf(", %ju of them partial", (uintmax_t)f->partial);
    if (f->has_seq)
        printf(", numbers %ju to %ju, %ju lost by the mat", (uintmax_t)f->seq_first, (uintmax_t)f->seq_last,
               (uintmax_t)f->gap);
    putchar('\n');
    for (int v = 0; v < MAT_VERDICT_COUNT; v++)
        if (reason[v] && f->skipped[v])
            printf("skipped, %s: %ju times\n", reason[v], (uintmax_t)f->skipped[v]);
    if (f->drawn)
        print_picture(a);
}

static int attempt(const struct client *client, const struct try *try, const struct mat_profile *profile)
{
    struct attempt a = {.client = client, .try = try};
    size_t chunk = try->chunk ? try->chunk : CHUNK_DEFAULT;
    int r = mat_framer_new(profile, &a.framer);

    if (r < 0)
        return client_fail(client, CLIENT_FAILED, "%s: the framer cannot be made: %s", try->profile, strerror(-r));
    if (profile->framing.kind == MAT_FRAMING_PACKET && !try->chunk)
        chunk = profile->framing.length ? profile->framing.length : 64;
    a.geometry = mat_framer_geometry(a.framer);
    a.raw = calloc(1, gait_geometry_frame_bytes(a.geometry));
    a.found.picture = calloc(gait_geometry_cells(a.geometry), sizeof *a.found.picture);
    r = a.raw && a.found.picture ? feed_file(&a, chunk) : client_fail(client, CLIENT_FAILED, "no memory for a frame");
    if (r == CLIENT_OK) {
        client->json ? print_json(&a) : print_found(&a);
        if (!a.found.frames)
            r = client_fail(client, CLIENT_BAD_INPUT, "%s",
                            a.found.bytes ? "no frame of this profile is in these bytes"
                                          : "there are no bytes: was the mat sending when they were captured?");
        else if (a.found.gap || a.found.partial)
            r = CLIENT_GAPS;
    }
    free(a.found.picture);
    free(a.raw);
    mat_framer_free(a.framer);
    return r;
}

static int run(const struct client *client, const void *input)
{
    const struct try *try = input;
    struct mat_profile *profile = NULL;
    int r = profile_tools_read(client, try->profile, &profile);

    if (r != CLIENT_OK)
        return r;
    if (strcmp(profile->driver, "profile") != 0)
        r = client_fail(client, CLIENT_BAD_INPUT, "%s: driver %s is code: only profiles that say all are tried here",
                        try->profile, profile->driver);
    else
        r = attempt(client, try, profile);
    mat_profile_free(profile);
    return r;
}

const struct verb verb_profile_try = {
    .name = "profile try",
    .args = "FILE",
    .summary = "Show the frames a profile finds in captured bytes",
    .more =
        "Capture with, for instance:\n  stty -F /dev/ttyACM0 raw 3000000 && timeout 5 cat /dev/ttyACM0 > capture\n\n"
        "At most 64 MiB are looked at, or what comes in a minute, so that CAPTURE may be a device too.\n\n"
        "The exit status is 3 when there is no frame, 6 when frames are missing.",
    .options = options,
    .files = "file",
    .guarded = true,
    .size = sizeof(struct try),
    .parse = parse,
    .run = run,
};
