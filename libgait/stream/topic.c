#include <gait/stream.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *gait_topic_name(enum gait_topic topic)
{
    static const char *const name[GAIT_TOPIC_COUNT] = {
        [GAIT_TOPIC_FRAME] = "frame", [GAIT_TOPIC_FRAME2] = "frame2",     [GAIT_TOPIC_FRAME10] = "frame10",
        [GAIT_TOPIC_LIVE] = "live",   [GAIT_TOPIC_FOOTFALL] = "footfall", [GAIT_TOPIC_TRIAL] = "trial",
        [GAIT_TOPIC_EVENT] = "event", [GAIT_TOPIC_STATUS] = "status",
    };

    return (size_t)topic < GAIT_TOPIC_COUNT ? name[topic] : NULL;
}

int gait_topic_text(enum gait_topic topic, const char *mat, bool json, char ret_text[GAIT_TOPIC_TEXT_MAX])
{
    char text[GAIT_TOPIC_TEXT_MAX];
    const char *name = gait_topic_name(topic);
    const char *id = mat && topic != GAIT_TOPIC_STATUS ? mat : "";
    int n;

    if (!name)
        return -EINVAL;
    n = snprintf(text, sizeof text, "%s%s/%s%s", json ? "json/" : "", name, id, *id ? "/" : "");
    if (n < 0 || (size_t)n >= sizeof text)
        return -ENAMETOOLONG;
    memcpy(ret_text, text, (size_t)n + 1);
    return n;
}
