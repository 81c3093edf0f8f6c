#include "virtual/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtual/model_internal.h"

enum {
    REQUEST_IDENTIFY = 1,
    REQUEST_START = 2,
    REQUEST_STOP = 3,
    IDENTITY_BYTES = 40,
};

static const struct model_pose open_pose = {0x1209, 0x0001, 0xff, "gaitd", "open mat"};

/* --- making -------------------------------------------------------------------------------------- */

static void choose_pose(struct mat_model *m)
{
    const struct mat_profile *p = m->profile;
    const struct model_pose *chip = p ? model_bridge_pose(p->usb.bridge) : &open_pose;

    m->pose = chip ? *chip : (struct model_pose){.device_class = 0xff, .manufacturer = "virtual", .product = "mat"};
    m->packet_bytes = MODEL_PACKET_BYTES;
    m->endpoint_in = p && p->usb.bridge == MAT_BRIDGE_PL2303 ? 0x83 : MODEL_ENDPOINT_IN;
    m->endpoint_out = 0x02;
    if (!p)
        return;
    if (p->usb.bridge)
        m->packet_bytes = 64; /* full-speed chips */
    if (p->usb.endpoint_in[0])
        m->endpoint_in = p->usb.endpoint_in[0];
    if (p->usb.endpoint_out)
        m->endpoint_out = p->usb.endpoint_out;
    if (p->matches) {
        m->pose.vid = p->match[0].vid;
        m->pose.pid = p->match[0].pid;
        if (p->match[0].product[0])
            m->pose.product = p->match[0].product;
        if (p->match[0].manufacturer[0])
            m->pose.manufacturer = p->match[0].manufacturer;
    }
}

static int check(const struct mat_model_config *config, struct gait_error *err)
{
    const struct gait_geometry *g = &gait_source_info(config->source)->geometry;
    unsigned parts = config->parts ? config->parts : 1;

    if (gait_geometry_check(g) < 0)
        return gait_error_set(err, -EINVAL, "the virtual mat's source has an impossible geometry");
    if (config->rate_hz < 0 || isnan(config->rate_hz))
        return gait_error_set(err, -EINVAL, "a virtual mat's rate cannot be %g Hz", config->rate_hz);
    if (parts > 63 || (size_t)g->rows * g->cols % parts)
        return gait_error_set(err, -EINVAL, "%u x %u cells cannot come in %u equal parts", g->rows, g->cols, parts);
    return 0;
}

static int fill(struct mat_model *m, const struct mat_model_config *config, struct gait_error *err)
{
    double rate_hz = config->rate_hz > 0 ? config->rate_hz : m->info->geometry.rate_hz;
    size_t cells = (size_t)m->info->geometry.rows * m->info->geometry.cols;
    int r = 0;

    m->profile = config->profile;
    m->loop = config->loop;
    m->parts = config->parts && !m->profile ? config->parts : 1;
    m->period_ns = isfinite(rate_hz) ? 1e9 / rate_hz : 0;
    m->kPa_per_count = m->info->geometry.dtype == GAIT_F32 ? 0.02 : m->info->calibration.kPa_per_count;
    snprintf(m->serial, sizeof m->serial, "%s", config->serial);
    snprintf(m->answer, sizeof m->answer, "%s", config->answer);
    model_crc_table(m);
    if (m->profile)
        r = model_wire_profile(m, err);
    else
        model_wire_open(m);
    if (r < 0)
        return r;
    m->raw = malloc(cells * 4);
    m->count = malloc(cells * 2);
    m->out = malloc(m->wire.bytes_max);
    if (!m->raw || !m->count || !m->out)
        return gait_error_set(err, -ENOMEM, "no memory for a virtual mat of %zu cells", cells);
    choose_pose(m);
    model_describe(m);
    m->streaming = m->profile && !m->profile->start.count; /* free-running */
    return 0;
}

int mat_model_new(const struct mat_model_config *config, struct mat_model **ret_model, struct gait_error *err)
{
    int r = check(config, err);
    struct mat_model *m = r < 0 ? NULL : calloc(1, sizeof *m);

    if (!m) {
        gait_source_free(config->source);
        return r < 0 ? r : gait_error_set(err, -ENOMEM, "no memory for a virtual mat");
    }
    m->source = config->source;
    m->info = gait_source_info(m->source);
    r = fill(m, config, err);
    if (r < 0) {
        mat_model_free(m);
        return r;
    }
    *ret_model = m;
    return 0;
}

void mat_model_free(struct mat_model *m)
{
    if (!m)
        return;
    gait_source_free(m->source);
    free(m->out);
    free(m->count);
    free(m->raw);
    free(m);
}

struct mat_model_line mat_model_line(const struct mat_model *m)
{
    return m->line;
}

uint64_t mat_model_frames(const struct mat_model *m)
{
    return m->frames;
}

/* --- control ------------------------------------------------------------------------------------- */

static void put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static int reply(const uint8_t *bytes, size_t n, uint8_t *data, size_t capacity)
{
    if (n > capacity)
        n = capacity;
    memcpy(data, bytes, n);
    return (int)n;
}

static int identify(const struct mat_model *m, uint8_t *data, size_t capacity)
{
    const struct gait_geometry *g = &m->info->geometry;
    uint8_t id[IDENTITY_BYTES] = {'G', 'M', 'A', 'T', 1};
    float scale = (float)m->kPa_per_count;
    double saturation = m->info->calibration.saturation_count;
    uint32_t bits;

    memcpy(&bits, &scale, sizeof bits);
    id[5] = (uint8_t)m->parts;
    put(id + 8, g->rows, 2);
    put(id + 10, g->cols, 2);
    put(id + 12, (uint64_t)llrint(g->pitch_x_mm * 1000), 4);
    put(id + 16, (uint64_t)llrint(g->pitch_y_mm * 1000), 4);
    put(id + 20, (uint64_t)llrint(g->rate_hz * 1000), 4);
    put(id + 24, g->dtype == GAIT_U8 ? 255 : 65535, 2);
    put(id + 26, isfinite(saturation) && saturation > 0 && saturation <= 65535 ? (uint64_t)saturation : 0, 2);
    put(id + 28, bits, 4);
    put(id + 32, 0x00010000, 4);
    return reply(id, sizeof id, data, capacity);
}

static void begin(struct mat_model *m)
{
    m->streaming = true;
    m->clock_set = false;
    m->silence = m->silence == 3 ? 0 : m->silence;
}

/* What was half sent stays in the pipe. */
static void stop(struct mat_model *m)
{
    m->streaming = false;
    model_fault_stop(m);
}

static void clear_halt(struct mat_model *m)
{
    m->halted = false;
    m->silence = m->silence == 1 ? 0 : m->silence;
}

/* What every device answers. -ENOSYS: not one of these. */
static int standard_request(struct mat_model *m, const uint8_t s[8], uint8_t *data, size_t capacity)
{
    static const uint8_t zeros[2];
    uint8_t one;
    size_t n;

    switch (s[0] << 8 | s[1]) {
    case 0x8006: /* GET_DESCRIPTOR */
        if (s[3] == 1)
            return reply(mat_model_device_descriptor(m, &n), MODEL_DEVICE_BYTES, data, capacity);
        if (s[3] == 2)
            return reply(m->config, m->config_bytes, data, capacity);
        return s[3] == 3 ? model_string(m, s[2], data, capacity) : -EPIPE;
    case 0x0009: /* SET_CONFIGURATION */
        m->configuration = s[2];
        clear_halt(m);
        return 0;
    case 0x010b: /* SET_INTERFACE */
        m->alternate = s[2];
        clear_halt(m);
        return 0;
    case 0x0201: /* CLEAR_FEATURE(ENDPOINT_HALT) */
        clear_halt(m);
        return 0;
    case 0x8008:
        return reply(&m->configuration, 1, data, capacity);
    case 0x810a:
        return reply(&m->alternate, 1, data, capacity);
    case 0x8000:
    case 0x8100:
        return reply(zeros, 2, data, capacity);
    case 0x8200:
        one = m->halted && s[4] == m->endpoint_in;
        return reply((const uint8_t[]){one, 0}, 2, data, capacity);
    }
    return -ENOSYS;
}

static int open_request(struct mat_model *m, const uint8_t s[8], uint8_t *data, size_t capacity)
{
    if (s[0] == 0xc0 && s[1] == REQUEST_IDENTIFY)
        return identify(m, data, capacity);
    if (s[0] == 0x40 && s[1] == REQUEST_START) {
        begin(m);
        return 0;
    }
    if (s[0] == 0x40 && s[1] == REQUEST_STOP) {
        stop(m);
        return 0;
    }
    return -EPIPE;
}

/* A profile's device: control steps of its own start and stop begin and end the stream. */
static bool is_step(const struct mat_steps *steps, const uint8_t s[8])
{
    for (unsigned i = 0; i < steps->count; i++)
        if (steps->step[i].kind == MAT_STEP_CONTROL && steps->step[i].request_type == s[0] &&
            steps->step[i].request == s[1])
            return true;
    return false;
}

static int profile_request(struct mat_model *m, const uint8_t s[8], uint8_t *data, size_t capacity)
{
    bool starts = is_step(&m->profile->start, s), stops = is_step(&m->profile->stop, s);

    if (starts) {
        begin(m);
        return s[6] | s[7] << 8;
    }
    if (stops) {
        stop(m);
        return s[6] | s[7] << 8;
    }
    m->asked += is_step(&m->profile->poll, s);
    if (is_step(&m->profile->init, s) || is_step(&m->profile->poll, s) || is_step(&m->profile->keep_alive, s))
        return s[6] | s[7] << 8;
    return m->profile->usb.bridge ? model_bridge_control(m, s, data, capacity) : -EPIPE;
}

int mat_model_control(struct mat_model *m, const uint8_t setup[8], uint8_t *data, size_t capacity)
{
    int r = standard_request(m, setup, data, capacity);

    if (r != -ENOSYS)
        return r;
    return m->profile ? profile_request(m, setup, data, capacity) : open_request(m, setup, data, capacity);
}

/* A polled mat owes one frame for each asking. */
static bool owes(const struct mat_model *m)
{
    return !m->profile || !m->profile->poll_each_frame || m->asked > 0;
}

static bool contains(const uint8_t *bytes, size_t len, const struct mat_steps *steps)
{
    for (unsigned i = 0; i < steps->count; i++)
        if (steps->step[i].kind == MAT_STEP_WRITE && memmem(bytes, len, steps->step[i].bytes, steps->step[i].length))
            return true;
    return false;
}

static void answer_id(struct mat_model *m, const uint8_t *bytes, size_t len)
{
    const struct mat_identity *id = &m->profile->identity;

    if (id->kind != MAT_IDENTITY_COMMAND || !m->answer[0] || !memmem(bytes, len, id->command, id->command_length))
        return;
    m->said_used =
        (size_t)snprintf(m->said, sizeof m->said, "mcu %s%s%s-- Versions:1\r\n", id->before, m->answer, id->after);
    m->said_sent = 0;
}

int mat_model_out(struct mat_model *m, uint8_t endpoint, const uint8_t *bytes, size_t len)
{
    if (m->unplugged)
        return -ENODEV;
    if (endpoint != m->endpoint_out)
        return -EPIPE;
    if (m->profile)
        answer_id(m, bytes, len);
    if (m->profile && contains(bytes, len, &m->profile->start))
        begin(m);
    else if (m->profile && contains(bytes, len, &m->profile->stop))
        stop(m);
    else if (m->profile && contains(bytes, len, &m->profile->poll))
        m->asked++;
    return (int)len;
}

void mat_model_reset(struct mat_model *m)
{
    m->halted = false;
    m->silence = m->silence == 1 || m->silence == 2 ? 0 : m->silence;
    m->configuration = 0;
    m->streaming = m->profile && !m->profile->start.count;
}

/* --- data ---------------------------------------------------------------------------------------- */

/* When the next frame is due. A late host finds frames waiting, none is lost here. */
static uint64_t due_ns(struct mat_model *m, uint64_t now_ns)
{
    if (!m->clock_set) {
        m->clock_set = true;
        m->first_due_ns = now_ns;
        m->first_frame = m->frames;
    }
    return m->first_due_ns + (uint64_t)llrint((double)(m->frames - m->first_frame) * m->period_ns);
}

/* Makes the next frame when it is due: 1 there are bytes, 0 not yet, negative what the host sees. */
int model_make(struct mat_model *m, uint64_t now_ns, uint64_t *ret_due_ns)
{
    int r;

    if (m->unplugged)
        return -ENODEV;
    if (m->halted)
        return -EPIPE;
    *ret_due_ns = UINT64_MAX;
    if (m->silence || !model_bridge_ready(m) || (!m->streaming && m->out_sent == m->out_used))
        return 0;
    if (m->out_sent < m->out_used)
        return 1;
    if (m->ended || !owes(m))
        return 0;
    *ret_due_ns = due_ns(m, now_ns);
    if (now_ns < *ret_due_ns)
        return 0;
    r = model_next_frame(m);
    m->ended = r <= 0;
    m->asked -= m->asked > 0;
    return r < 0 ? -EPROTO : r == 0 ? 0 : model_make(m, now_ns, ret_due_ns);
}

static size_t part_rest(const struct mat_model *m)
{
    for (unsigned k = 0; k < m->parts_made; k++)
        if (m->part_end[k] > m->out_sent)
            return m->part_end[k] - m->out_sent;
    return 0;
}

/* An answer waits for the end of the frame that is under way. Not through the FTDI's status bytes: no mat does that. */
static bool says(const struct mat_model *m)
{
    return m->said_sent < m->said_used && (m->out_sent == 0 || m->out_sent == m->out_used) && model_bridge_ready(m) &&
           !m->silence;
}

int mat_model_in(struct mat_model *m, uint8_t endpoint, uint8_t *bytes, size_t capacity, uint64_t now_ns,
                 uint64_t *ret_due_ns)
{
    if (m->profile && m->profile->usb.endpoints == 2)
        return model_halves_in(m, endpoint, bytes, capacity, now_ns, ret_due_ns);
    int r = endpoint == m->endpoint_in ? model_make(m, now_ns, ret_due_ns) : -EPIPE;
    bool ftdi = m->profile && m->profile->usb.bridge == MAT_BRIDGE_FTDI;
    size_t n, used;

    if (r >= 0 && says(m)) {
        n = m->said_used - m->said_sent < capacity ? m->said_used - m->said_sent : capacity;
        memcpy(bytes, m->said + m->said_sent, n);
        m->said_sent += n;
        return (int)n;
    }
    if (r <= 0)
        return r;
    if (m->pending_error) {
        r = m->pending_error;
        m->pending_error = 0;
        m->out_sent = m->out_used;
        return r;
    }
    n = used = part_rest(m);
    if (ftdi) {
        n = model_ftdi_frame(m, m->out + m->out_sent, n, &used, bytes, capacity);
    } else {
        n = used = n < capacity ? n : capacity;
        memcpy(bytes, m->out + m->out_sent, n);
    }
    m->out_sent += used;
    return (int)n;
}
