#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "gait/record.h"

int gait_uuid_new(uint8_t ret_uuid[GAIT_UUID_BYTES])
{
    uint8_t u[GAIT_UUID_BYTES];

    if (getrandom(u, sizeof(u), 0) != (ssize_t)sizeof(u))
        return errno ? -errno : -EIO;
    u[6] = (uint8_t)((u[6] & 0x0F) | 0x40);
    u[8] = (uint8_t)((u[8] & 0x3F) | 0x80);
    memcpy(ret_uuid, u, sizeof(u));
    return 0;
}

void gait_uuid_text(const uint8_t uuid[GAIT_UUID_BYTES], char ret_text[GAIT_UUID_TEXT + 1])
{
    static const char digit[] = "0123456789abcdef";
    char *p = ret_text;

    for (int i = 0; i < GAIT_UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = digit[uuid[i] >> 4];
        *p++ = digit[uuid[i] & 15];
    }
    *p = '\0';
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int gait_uuid_parse(const char *text, uint8_t ret_uuid[GAIT_UUID_BYTES])
{
    uint8_t u[GAIT_UUID_BYTES];

    if (!text || strnlen(text, GAIT_UUID_TEXT + 1) != GAIT_UUID_TEXT)
        return -EINVAL;
    for (int i = 0; i < GAIT_UUID_BYTES; i++) {
        int high, low;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return -EINVAL;
        high = hex(*text++);
        low = hex(*text++);
        if (high < 0 || low < 0)
            return -EINVAL;
        u[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(ret_uuid, u, sizeof(u));
    return 0;
}
