#include "web.h"

#include <string.h>
#include <time.h>

struct web *web_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

double web_now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool is_ours(const struct web *web, const char *host)
{
    for (size_t i = 0; i < web->hosts; i++)
        if (strcasecmp(web->host[i], host) == 0)
            return true;
    return false;
}

bool web_host_fits(struct lws *wsi)
{
    char host[WEB_HOST_BYTES];

    return lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) > 0 && is_ours(web_of(wsi), host);
}

bool web_origin_fits(struct lws *wsi)
{
    const struct web *web = web_of(wsi);
    const char *scheme = web->tls ? "https://" : "http://";
    char origin[WEB_HOST_BYTES];

    return lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) > 0 &&
           strncmp(origin, scheme, strlen(scheme)) == 0 && is_ours(web, origin + strlen(scheme));
}

bool web_form_fits(struct lws *wsi)
{
    char origin[8];

    return web_origin_fits(wsi) ||
           (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) > 0 && strcmp(origin, "null") == 0);
}

bool web_logged_in(struct lws *wsi)
{
    const struct web *web = web_of(wsi);
    char cookie[TOKEN_TEXT + 2];
    size_t size = sizeof cookie;

    return lws_http_cookie_get(wsi, web->cookie, cookie, &size) == 0 &&
           token_session_is(&web->token, cookie, web_now_s());
}
