/* The WebSocket of a browser: in go messages of the hub, out come its orders. */
#include "web.h"

#include <stdio.h>
#include <string.h>

#include <gait/version.h>

_Static_assert((int)HUB_HEADROOM >= (int)LWS_PRE, "the header must fit before a message");

/* Before the handshake. */
static int may_come(struct lws *wsi)
{
    const struct web *web = web_of(wsi);
    const char *why = NULL;

    if (!web_host_fits(wsi))
        why = "foreign Host";
    else if (!web_origin_fits(wsi))
        why = "foreign Origin";
    else if (!web_logged_in(wsi))
        why = "not logged in";
    else if (web->browsers >= WEB_BROWSERS_MAX)
        why = "too many browsers";
    if (why)
        fprintf(stderr, "gaitweb: a connection was refused: %s\n", why);
    return why ? -1 : 0;
}

static void come(struct lws *wsi, struct ws_state *state)
{
    struct web *web = web_of(wsi);

    memset(state, 0, sizeof *state);
    state->open = true;
    state->cursor.client = ++web->clients;
    web->browsers++;
    lws_callback_on_writable(wsi);
}

static void leave(struct lws *wsi, struct ws_state *state)
{
    if (state->open)
        web_of(wsi)->browsers--;
    state->open = false;
}

static int send_blob(struct lws *wsi, const struct hub_blob *blob)
{
    return lws_write(wsi, blob->bytes, blob->size, blob->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) < (int)blob->size
               ? -1
               : 0;
}

/* One message each time the socket takes one: what a slow browser has not taken is replaced by what is newer. */
static int send_next(struct lws *wsi, struct ws_state *state)
{
    const struct web *web = web_of(wsi);
    struct hub_blob *blob;
    int r;

    if (!state->hello)
        blob = hub_blob_text("{\"kind\":\"hello\",\"version\":\"%s\",\"operate\":%s,\"review\":%d}",
                             GAIT_VERSION_STRING, web->operate ? "true" : "false", web->review);
    else
        blob = hub_next(web->hub, &state->cursor);
    if (!blob)
        return 0;
    state->hello = true;
    r = send_blob(wsi, blob);
    hub_release(web->hub, blob);
    lws_callback_on_writable(wsi);
    return r;
}

static void obey(struct web *web, struct ws_state *state)
{
    struct order order;
    const char *why;
    uint64_t client = state->cursor.client;

    if (order_read(state->message, state->size, &order, &why) < 0)
        control_refuse(web->hub, client, order.id, "bad-request", why);
    else if (order.kind == ORDER_WATCH) {
        memcpy(state->cursor.mat, order.mat, sizeof order.mat);
        state->cursor.seen[HUB_LIVE] = state->cursor.seen[HUB_FRAME] = 0;
    } else if (!web->control)
        control_refuse(web->hub, client, order.id, "not-allowed",
                       "this gaitweb only looks: start it with --operate to command");
    else if (control_ask(web->control, client, &order) < 0)
        control_refuse(web->hub, client, order.id, "busy", "too many requests are waiting: try again");
    order_done(&order);
}

static int receive(struct lws *wsi, struct ws_state *state, const void *in, size_t n)
{
    if (lws_frame_is_binary(wsi) || state->size + n > sizeof state->message) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return -1;
    }
    memcpy(state->message + state->size, in, n);
    state->size += n;
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
        return 0;
    obey(web_of(wsi), state);
    state->size = 0;
    lws_callback_on_writable(wsi);
    return 0;
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return may_come(wsi);
    case LWS_CALLBACK_ESTABLISHED:
        come(wsi, user);
        return 0;
    case LWS_CALLBACK_CLOSED:
        leave(wsi, user);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return send_next(wsi, user);
    case LWS_CALLBACK_RECEIVE:
        return receive(wsi, user, in, len);
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: /* the hub has something new */
        lws_callback_on_writable_all_protocol(lws_get_context(wsi), lws_get_protocol(wsi));
        return 0;
    default:
        return 0;
    }
}
