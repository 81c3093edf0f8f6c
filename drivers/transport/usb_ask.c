/* The id that a mat answers to its profile's command, for mats that have no serial number of their own. Device thread; the mat's frames may stand around the answer. */
#include <errno.h>
#include <string.h>

#include "transport/usb_internal.h"

enum { ASK_TIMES = 2, ASK_MS = 500, KEEP_BYTES = 256, WINDOW_BYTES = 4096, ID_RAW_MAX = 63, NS_PER_MS = 1000000 };

static bool printable(const uint8_t *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return n > 0 && n <= ID_RAW_MAX;
}

/* Where the id ends: before `after`, or with the line where nothing is said. NULL: not all is here yet. */
static const uint8_t *end_of_id(const struct mat_identity *says, const uint8_t *id, size_t left)
{
    if (says->after[0])
        return memmem(id, left, says->after, strlen(says->after));
    for (size_t i = 0; i < left; i++)
        if (id[i] < 0x20)
            return id + i;
    return NULL;
}

/* Frames may hold the text by chance: what has no readable id behind it is passed over. */
static bool find_id(const struct mat_identity *says, const uint8_t *bytes, size_t n, char ret_raw[ID_RAW_MAX + 1])
{
    size_t before = strlen(says->before);

    for (size_t at = 0; at + before < n; at++) {
        const uint8_t *id = bytes + at + before, *end;

        if (memcmp(bytes + at, says->before, before) != 0)
            continue;
        end = end_of_id(says, id, n - at - before);
        if (!end || !printable(id, (size_t)(end - id)))
            continue;
        memcpy(ret_raw, id, (size_t)(end - id));
        ret_raw[end - id] = 0;
        return true;
    }
    return false;
}

static int listen(struct mat_usb *m, char ret_raw[ID_RAW_MAX + 1])
{
    uint8_t bytes[WINDOW_BYTES + USB_READ_BYTES];
    uint64_t end_ns = usb_now(m) + (uint64_t)ASK_MS * NS_PER_MS;
    size_t have = 0;

    for (uint64_t now_ns = usb_now(m); now_ns < end_ns; now_ns = usb_now(m)) {
        int n = usb_read_in(m, bytes + have, (unsigned)((end_ns - now_ns) / NS_PER_MS) + 1);

        if (n < 0)
            return n;
        have += (size_t)n;
        if (find_id(&m->profile->identity, bytes, have, ret_raw))
            return 0;
        if (have >= WINDOW_BYTES) {
            memmove(bytes, bytes + have - KEEP_BYTES, KEEP_BYTES);
            have = KEEP_BYTES;
        }
    }
    return -ETIMEDOUT;
}

int usb_ask_id(struct mat_usb *m, char ret_id[GAIT_ID_MAX + 1])
{
    struct mat_step command = {
        .kind = MAT_STEP_WRITE, .length = m->profile->identity.command_length, .timeout_ms = ASK_MS};
    char raw[ID_RAW_MAX + 1];
    int r = -ETIMEDOUT;

    memcpy(command.bytes, m->profile->identity.command, sizeof command.bytes);
    for (unsigned i = 0; i < ASK_TIMES && r == -ETIMEDOUT; i++) {
        r = usb_write_out(m, &command);
        if (r >= 0)
            r = listen(m, raw);
    }
    return r < 0 ? r : gait_mat_id(raw, ret_id);
}
