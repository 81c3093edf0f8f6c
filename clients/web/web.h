/* What the parts of gaitweb share; one object, of the network thread. */
#ifndef GAIT_WEB_WEB_H
#define GAIT_WEB_WEB_H

#include <stdbool.h>
#include <stdint.h>

#include <libwebsockets.h>

#include "control.h"
#include "hub.h"
#include "pages.h"
#include "reviews.h"
#include "token.h"

enum { WEB_HOSTS_MAX = 12, WEB_HOST_BYTES = 128, WEB_BROWSERS_MAX = 64 };

#define WEB_PROTOCOL "gait-web-1"

struct web {
    bool operate, tls;
    char cookie[32];                          /* its name: cookies do not tell ports apart */
    char host[WEB_HOSTS_MAX][WEB_HOST_BYTES]; /* NAME:PORT that this server answers to */
    size_t hosts, browsers;
    uint64_t clients; /* browsers that ever came: their numbers */
    struct pages pages;
    struct token token;
    struct hub *hub;
    struct control *control; /* NULL: looks only */
    struct reviews *reviews;
    int review; /* number of the file that is shown instead of a daemon; 0: a daemon is */
};

/** The web object of a connection. */
struct web *web_of(struct lws *wsi);

/** Seconds of CLOCK_MONOTONIC. */
double web_now_s(void);

/** Does the request name one of our hosts? Against pages of other sites whose names were made to point here. */
bool web_host_fits(struct lws *wsi);

/** Was the WebSocket asked for by our own page? Browsers always say. */
bool web_origin_fits(struct lws *wsi);

/** The same for a form, of which a browser says "null" because our pages name no referrer; the token that is in the form proves the rest. */
bool web_form_fits(struct lws *wsi);

/** Does the request carry the cookie of a living session? */
bool web_logged_in(struct lws *wsi);

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* Per connection. */
struct http_state {
    const unsigned char *body; /* what is left to be sent */
    unsigned char *owned;      /* freed when it has been: the block that body lies in */
    size_t left;
    bool login; /* a form is coming */
    size_t form_size;
    char form[128];
};

struct ws_state {
    bool open, hello;
    struct hub_cursor cursor;
    size_t size; /* of the message that is coming in, in parts */
    char message[ORDER_BYTES_MAX];
};

#endif
