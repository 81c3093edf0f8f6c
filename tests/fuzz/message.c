/*
 * A stream message from raw bytes, as a subscriber gets it: the input is one part (json/...), or topic, header and payload with line feeds between
 * the first two. What is taken holds together: the payload has the bytes that shape and type say. What is refused has one line.
 */
#include <gait/stream.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(const uint8_t *data, size_t size, const void *part[3], size_t length[3])
{
    const uint8_t *first = size ? memchr(data, '\n', size) : NULL;
    const uint8_t *second = first ? memchr(first + 1, '\n', size - (size_t)(first + 1 - data)) : NULL;

    part[0] = data;
    length[0] = first ? (size_t)(first - data) : size;
    if (!second)
        return 1;
    part[1] = first + 1;
    length[1] = (size_t)(second - first - 1);
    part[2] = second + 1;
    length[2] = size - (size_t)(second + 1 - data);
    return 3;
}

static void look_into(const struct gait_message *m)
{
    struct gait_footfall *footfall = NULL;
    struct gait_frame_numbers numbers;
    struct gait_frame_live live;
    struct gait_error err = {0};
    uint32_t trial;
    int r;

    if (gait_message_live(m, &numbers, &live) == 0)
        MUST(m->head.topic == GAIT_TOPIC_LIVE && live.feet <= GAIT_LIVE_FEET);
    r = gait_message_footfall(m, &trial, &footfall, &err);
    MUST(r == 0 || r == -EINVAL || r == -EBADMSG || r == -ENOMEM);
    if (r == 0)
        MUST(footfall && m->head.topic == GAIT_TOPIC_FOOTFALL);
    gait_footfall_free(footfall);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const void *part[3];
    size_t length[3], n = split(data, size, part, length), bytes = sizeof(float);
    struct gait_message *m = NULL;
    struct gait_error err = {0};
    int r = gait_message_decode(part, length, n, &m, &err);

    if (r < 0) {
        MUST(!m && (r == -EINVAL || r == -EBADMSG || r == -EPROTONOSUPPORT || r == -ENOMEM));
        return 0;
    }
    MUST(m && m->head.topic < GAIT_TOPIC_COUNT && strlen(m->head.mat) <= GAIT_ID_MAX &&
         m->n_shape <= GAIT_MESSAGE_DIMS_MAX);
    for (uint32_t i = 0; i < m->n_shape; i++)
        bytes *= m->shape[i];
    if (m->dtype[0])
        MUST(m->payload && m->payload_bytes == bytes);
    else
        MUST(m->payload_bytes == 0);
    look_into(m);
    gait_message_free(m);
    return 0;
}
