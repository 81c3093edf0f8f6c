#include <gait/frame.h>

#include <string.h>

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool gait_subject_ok(const char *subject)
{
    bool digit = false;

    if (!subject || !letter(*subject) || strlen(subject) > GAIT_SUBJECT_MAX)
        return false;
    for (const char *c = subject; *c; c++) {
        if (!letter(*c) && !(*c >= '0' && *c <= '9') && *c != '-' && *c != '_')
            return false;
        digit |= *c >= '0' && *c <= '9';
    }
    return digit;
}
