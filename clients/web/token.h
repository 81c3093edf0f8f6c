/*
 * Who may look: one login token a run, told once to the person who started it, and a session for each browser that showed it. Of both only hashes are
 * kept, so that a core or a memory disclosure gives nobody a login.
 */
#ifndef GAIT_WEB_TOKEN_H
#define GAIT_WEB_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gait/sha256.h>

enum {
    TOKEN_TEXT = 32,      /* hex digits: 128 bits */
    TOKEN_SESSIONS = 64,  /* the oldest one goes when another browser comes */
    TOKEN_LIFE_S = 43200, /* a working day */
};

struct token_session {
    uint8_t hash[GAIT_SHA256_BYTES];
    double until_s; /* of the caller's clock; 0: free */
};

struct token {
    uint8_t hash[GAIT_SHA256_BYTES];
    struct token_session session[TOKEN_SESSIONS];
};

/** Make the login token of this run. Returns 0; negative errno when there are no random numbers. */
int token_new(struct token *token, char ret_text[TOKEN_TEXT + 1]);

/** Is this the login token? In constant time. */
bool token_is(const struct token *token, const char *text);

/** A session for a browser that showed the token: ret_text is its cookie. Returns 0; negative errno. */
int token_session_new(struct token *token, double now_s, char ret_text[TOKEN_TEXT + 1]);

/** Is this the cookie of a living session? */
bool token_session_is(const struct token *token, const char *text, double now_s);

#endif
