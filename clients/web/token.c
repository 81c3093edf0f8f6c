#include "token.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static int random_text(char ret_text[TOKEN_TEXT + 1])
{
    uint8_t bytes[TOKEN_TEXT / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -EIO;
    for (size_t i = 0; i < sizeof bytes; i++) {
        ret_text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        ret_text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret_text[TOKEN_TEXT] = 0;
    return 0;
}

static bool same(const uint8_t a[GAIT_SHA256_BYTES], const uint8_t b[GAIT_SHA256_BYTES])
{
    uint8_t differs = 0;

    for (size_t i = 0; i < GAIT_SHA256_BYTES; i++)
        differs = (uint8_t)(differs | (a[i] ^ b[i]));
    return differs == 0;
}

int token_new(struct token *token, char ret_text[TOKEN_TEXT + 1])
{
    int r = random_text(ret_text);

    if (r < 0)
        return r;
    memset(token, 0, sizeof *token);
    gait_sha256(ret_text, TOKEN_TEXT, token->hash);
    return 0;
}

bool token_is(const struct token *token, const char *text)
{
    uint8_t hash[GAIT_SHA256_BYTES];

    gait_sha256(text, strnlen(text, TOKEN_TEXT + 1), hash);
    return same(hash, token->hash);
}

int token_session_new(struct token *token, double now_s, char ret_text[TOKEN_TEXT + 1])
{
    struct token_session *oldest = &token->session[0];
    int r = random_text(ret_text);

    if (r < 0)
        return r;
    for (size_t i = 1; i < TOKEN_SESSIONS; i++)
        if (token->session[i].until_s < oldest->until_s)
            oldest = &token->session[i];
    gait_sha256(ret_text, TOKEN_TEXT, oldest->hash);
    oldest->until_s = now_s + TOKEN_LIFE_S;
    return 0;
}

bool token_session_is(const struct token *token, const char *text, double now_s)
{
    uint8_t hash[GAIT_SHA256_BYTES];
    bool found = false;

    gait_sha256(text, strnlen(text, TOKEN_TEXT + 1), hash);
    for (size_t i = 0; i < TOKEN_SESSIONS; i++)
        found |= token->session[i].until_s > now_s && same(hash, token->session[i].hash);
    return found;
}
