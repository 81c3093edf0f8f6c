/* The json/ variant: one part that any program can take. */
#include <gait/stream.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/base64.h"

/* topic, space, header without its last brace, ,"payload":"...", brace. */
int gait_stream_single(const char *topic, const char *header, const void *payload, size_t payload_bytes,
                       char **ret_part)
{
    static const char key[] = ",\"payload\":\"";
    size_t n_topic = topic ? strlen(topic) : 0, n_header = header ? strlen(header) : 0, n;
    char *part, *p;

    if (!n_topic || n_header < 3 || header[n_header - 1] != '}' || (payload_bytes && !payload) ||
        payload_bytes > (size_t)INT32_MAX / 2)
        return -EINVAL;
    n = n_topic + 1 + n_header + sizeof key + base64_length(payload_bytes) + 2;
    part = p = malloc(n + 1);
    if (!part)
        return -ENOMEM;
    p = mempcpy(p, topic, n_topic);
    *p++ = ' ';
    p = mempcpy(p, header, n_header);
    if (payload_bytes) {
        p = mempcpy(p - 1, key, sizeof key - 1);
        base64_encode(payload, payload_bytes, p);
        p += base64_length(payload_bytes);
        *p++ = '"';
        *p++ = '}';
    }
    *p = '\0';
    *ret_part = part;
    return (int)(p - part);
}
