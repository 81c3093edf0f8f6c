/* Logging in, and the files of the page. */
#include "web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 2048, CHUNK = 16384 };

static int add(struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                       (int)strlen(value), p, end);
}

static int add_security(struct lws *wsi, unsigned char **p, unsigned char *end)
{
    static const char *const headers[][2] = {
        {"content-security-policy:",
         "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"},
        {"x-content-type-options:", "nosniff"},
        {"x-frame-options:", "DENY"},
        {"referrer-policy:", "no-referrer"},
        {"cross-origin-opener-policy:", "same-origin"},
        {"cross-origin-resource-policy:", "same-origin"},
        {"permissions-policy:", "camera=(), microphone=(), geolocation=()"},
        {"cache-control:", "no-store"},
    };

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (add(wsi, headers[i][0], headers[i][1], p, end))
            return 1;
    return 0;
}

static void let_go(struct http_state *state)
{
    free(state->owned);
    state->owned = NULL;
}

static int finish(struct lws *wsi)
{
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* What an answer is made of. A redirection has a place and a cookie and no body. */
struct reply {
    unsigned status;
    const char *type, *cookie, *name;
    const unsigned char *bytes;
    size_t size;
};

/* Header and then, as the socket takes it, the body, which stays where it is. */
static int send_reply(struct lws *wsi, struct http_state *state, const struct reply *reply)
{
    unsigned char head[LWS_PRE + HEAD_BYTES], *start = head + LWS_PRE, *p = start, *end = head + sizeof head - 1;
    char saved[96];

    if (lws_add_http_common_headers(wsi, reply->status, reply->type, reply->size, &p, end) ||
        add_security(wsi, &p, end))
        return -1;
    if (reply->cookie && (add(wsi, "location:", "/", &p, end) || add(wsi, "set-cookie:", reply->cookie, &p, end)))
        return -1;
    snprintf(saved, sizeof saved, "attachment; filename=\"%.60s\"", reply->name ? reply->name : "");
    if (reply->name && add(wsi, "content-disposition:", saved, &p, end))
        return -1;
    if (lws_finalize_write_http_header(wsi, start, &p, end))
        return -1;
    state->body = reply->bytes;
    state->left = reply->size;
    if (!reply->size)
        return finish(wsi);
    lws_callback_on_writable(wsi);
    return 0;
}

static int answer(struct lws *wsi, struct http_state *state, unsigned status, const struct page *page,
                  const char *cookie)
{
    struct reply reply = {.status = status, .type = "text/plain", .cookie = cookie};

    if (page) {
        reply.type = page->type;
        reply.bytes = page->bytes;
        reply.size = page->size;
    }
    return send_reply(wsi, state, &reply);
}

/* Frames, footfalls, the comparison and the report of a file that is looked at. */
static int answer_review(struct lws *wsi, struct http_state *state, const char *path)
{
    struct reviews_body body;
    int r = reviews_answer(web_of(wsi)->reviews, path, &body);

    if (r < 0)
        return answer(wsi, state, r == -ENOENT ? HTTP_STATUS_NOT_FOUND : HTTP_STATUS_INTERNAL_SERVER_ERROR, NULL, NULL);
    state->owned = body.bytes - REVIEWS_HEADROOM;
    return send_reply(wsi, state, &(struct reply){HTTP_STATUS_OK, body.type, NULL, body.name, body.bytes, body.size});
}

static int send_body(struct lws *wsi, struct http_state *state)
{
    size_t n = state->left < CHUNK ? state->left : CHUNK;
    unsigned char buffer[LWS_PRE + CHUNK];

    if (!n)
        return 0;
    memcpy(buffer + LWS_PRE, state->body, n);
    if (lws_write(wsi, buffer + LWS_PRE, n, n == state->left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != (int)n)
        return -1;
    state->body += n;
    state->left -= n;
    if (!state->left) {
        let_go(state);
        return finish(wsi);
    }
    lws_callback_on_writable(wsi);
    return 0;
}

static int page_answer(struct lws *wsi, struct http_state *state, unsigned status, const char *name)
{
    return answer(wsi, state, status, pages_find(&web_of(wsi)->pages, name), NULL);
}

/* The token was shown: right, and the browser goes on with a cookie; wrong, and it is told so. */
static int log_in(struct lws *wsi, struct http_state *state, const char *text)
{
    struct web *web = web_of(wsi);
    char value[TOKEN_TEXT + 1], cookie[160];

    if (!token_is(&web->token, text)) {
        fprintf(stderr, "gaitweb: a wrong token was shown\n");
        return page_answer(wsi, state, HTTP_STATUS_FORBIDDEN, "refused.html");
    }
    if (token_session_new(&web->token, web_now_s(), value) < 0)
        return -1;
    snprintf(cookie, sizeof cookie, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", web->cookie, value,
             (int)TOKEN_LIFE_S, web->tls ? "; Secure" : "");
    return answer(wsi, state, HTTP_STATUS_SEE_OTHER, NULL, cookie);
}

/* What may be seen before logging in. */
static bool is_public(const char *name)
{
    return strcmp(name, "login.html") == 0 || strcmp(name, "login.css") == 0 || strcmp(name, "icon.svg") == 0;
}

static int get(struct lws *wsi, struct http_state *state, const char *path)
{
    const char *name = path[0] == '/' && path[1] ? path + 1 : "index.html", *token;
    char argument[64];

    token = lws_get_urlarg_by_name(wsi, "token=", argument, sizeof argument);
    if (token && strcmp(name, "index.html") == 0)
        return log_in(wsi, state, token);
    if (!is_public(name) && !web_logged_in(wsi))
        return page_answer(wsi, state, HTTP_STATUS_UNAUTHORIZED, "login.html");
    if (strncmp(name, "review/", 7) == 0)
        return answer_review(wsi, state, name + 7);
    if (!pages_find(&web_of(wsi)->pages, name))
        return answer(wsi, state, HTTP_STATUS_NOT_FOUND, NULL, NULL);
    return page_answer(wsi, state, HTTP_STATUS_OK, name);
}

static int request(struct lws *wsi, struct http_state *state, const char *path)
{
    char *uri;
    int length, method = lws_http_get_uri_and_method(wsi, &uri, &length);

    let_go(state);
    memset(state, 0, sizeof *state);
    if (!web_host_fits(wsi))
        return answer(wsi, state, HTTP_STATUS_FORBIDDEN, NULL, NULL);
    if (method == LWSHUMETH_GET)
        return get(wsi, state, path);
    if (method != LWSHUMETH_POST || strcmp(path, "/login") != 0)
        return answer(wsi, state, HTTP_STATUS_METHOD_NOT_ALLOWED, NULL, NULL);
    if (!web_form_fits(wsi))
        return answer(wsi, state, HTTP_STATUS_FORBIDDEN, NULL, NULL);
    state->login = true;
    return 0;
}

static int form_part(struct http_state *state, const char *in, size_t n)
{
    if (!state->login || state->form_size + n >= sizeof state->form)
        return -1; /* nobody's login: hang up */
    memcpy(state->form + state->form_size, in, n);
    state->form_size += n;
    return 0;
}

static int form_end(struct lws *wsi, struct http_state *state)
{
    if (!state->login)
        return -1;
    state->login = false;
    state->form[state->form_size] = 0;
    return log_in(wsi, state, strncmp(state->form, "token=", 6) == 0 ? state->form + 6 : "");
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return request(wsi, user, in);
    case LWS_CALLBACK_HTTP_BODY:
        return form_part(user, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return form_end(wsi, user);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return send_body(wsi, user);
    case LWS_CALLBACK_CLOSED_HTTP:
        if (user)
            let_go(user);
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket that does not name our protocol */
    default:
        return 0;
    }
}
