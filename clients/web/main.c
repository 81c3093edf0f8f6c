/*
 * gaitweb: what a gait lab looks at in a browser. It serves a page and, over a WebSocket, what gaitd streams; with --operate the page may command.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gait/cleanup.h>
#include <gait/version.h>

#include "feed.h"
#include "web.h"

enum { KEY_OPERATE = 0x100, KEY_PAGE, KEY_CERT, KEY_KEY, KEY_HOST, KEY_REVIEW, TX_BYTES = 65536 };
enum { EXIT_USAGE = 2, EXIT_BAD_INPUT = 3 };

struct options {
    const char *place, *page, *cert, *key, *review, *host[WEB_HOSTS_MAX];
    size_t hosts;
    bool operate;
    char address[INET6_ADDRSTRLEN];
    uint16_t port;
};

static const struct argp_option options[] = {
    {"listen", 'l', "ADDRESS:PORT", 0, "where to listen (default 127.0.0.1:7480; port 0: any that is free)", 0},
    {"socket", 's', "PLACE", 0, "run folder or endpoint of the daemon (default: $GAIT_SOCKET, else found)", 0},
    {"operate", KEY_OPERATE, NULL, 0,
     "the page may command: open sessions, start and stop trials, tare (needs the group gaitd)", 0},
    {"review", KEY_REVIEW, "FILE", 0, "show this recording instead of a daemon (gait web FILE does it)", 0},
    {"cert", KEY_CERT, "FILE", 0, "certificate (PEM); needed to listen beyond this machine", 0},
    {"key", KEY_KEY, "FILE", 0, "its private key (PEM)", 0},
    {"host", KEY_HOST, "NAME", 0, "another name that browsers call this machine by; can be repeated", 0},
    {"page", KEY_PAGE, "FOLDER", 0, "the page's files (default: as installed)", 0},
    {0},
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* "127.0.0.1:7480", "[::1]:7480", "7480" */
static int read_listen(const char *text, struct options *o)
{
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t n = colon ? (size_t)(colon - text) : 0;
    struct in6_addr any;
    char *end;
    unsigned long number = strtoul(port, &end, 10);

    if (!*port || *end || port[0] == '-' || number > UINT16_MAX)
        return -EINVAL;
    if (n && text[0] == '[' && text[n - 1] == ']')
        text++, n -= 2;
    if (n >= sizeof o->address)
        return -EINVAL;
    if (n)
        snprintf(o->address, sizeof o->address, "%.*s", (int)n, text);
    o->port = (uint16_t)number;
    return inet_pton(AF_INET, o->address, &any) == 1 || inet_pton(AF_INET6, o->address, &any) == 1 ? 0 : -EINVAL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'l':
        if (read_listen(arg, o) < 0)
            argp_error(state, "--listen %s: give an address and a port, such as 127.0.0.1:7480", arg);
        return 0;
    case 's':
        o->place = arg;
        return 0;
    case KEY_OPERATE:
        o->operate = true;
        return 0;
    case KEY_REVIEW:
        o->review = arg;
        return 0;
    case KEY_PAGE:
        o->page = arg;
        return 0;
    case KEY_CERT:
        o->cert = arg;
        return 0;
    case KEY_KEY:
        o->key = arg;
        return 0;
    case KEY_HOST:
        if (o->hosts == WEB_HOSTS_MAX - 4)
            argp_error(state, "--host: at most %d", WEB_HOSTS_MAX - 4);
        o->host[o->hosts++] = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static int fail(int status, const char *what, const char *why)
{
    fprintf(stderr, "gaitweb: %s%s%s\n", what, why[0] ? ": " : "", why);
    return status;
}

/* Is the port ours to take? Says why not, better than a server that fails to start; a port of 0 is chosen here. */
static int try_port(struct options *o)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(o->port)};
    bool is_v6 = strchr(o->address, ':');
    struct sockaddr *at = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    _cleanup_close_ int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    inet_pton(at->sa_family, o->address, is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, at, size) < 0 ||
        listen(fd, 1) < 0)
        return -errno;
    if (getsockname(fd, at, &size) == 0)
        o->port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    return 0;
}

static void add_host(struct web *web, const char *name, uint16_t port)
{
    snprintf(web->host[web->hosts++], WEB_HOST_BYTES, strchr(name, ':') ? "[%s]:%u" : "%s:%u", name, port);
}

static void fill_hosts(struct web *web, const struct options *o)
{
    add_host(web, o->address, o->port);
    if (is_loopback(o->address))
        add_host(web, "localhost", o->port);
    for (size_t i = 0; i < o->hosts; i++)
        add_host(web, o->host[i], o->port);
}

static struct lws_context *serve(struct web *web, const struct options *o)
{
    static const struct lws_protocols protocols[] = {
        {.name = "http",
         .callback = http_callback,
         .per_session_data_size = sizeof(struct http_state),
         .rx_buffer_size = ORDER_BYTES_MAX},
        {.name = WEB_PROTOCOL,
         .callback = ws_callback,
         .per_session_data_size = sizeof(struct ws_state),
         .rx_buffer_size = ORDER_BYTES_MAX,
         .tx_packet_size = TX_BYTES},
        {0},
    };
    static const lws_retry_bo_t alive = {.secs_since_valid_ping = 20, .secs_since_valid_hangup = 60};
    struct lws_context_creation_info info = {
        .port = o->port,
        .iface = o->address,
        .protocols = protocols,
        .user = web,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &alive,
        .ssl_cert_filepath = o->cert,
        .ssl_private_key_filepath = o->key,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   (strchr(o->address, ':') ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6) |
                   (o->cert ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
    };

    return lws_create_context(&info);
}

static void wake(void *arg)
{
    struct lws_context **context = arg;

    if (*context)
        lws_cancel_service(*context);
}

static void say_where(const struct web *web, const struct options *o, const char *token)
{
    printf("gaitweb: open http%s://%s/?token=%s\n", o->cert ? "s" : "", web->host[0], token);
    if (o->operate)
        puts("gaitweb: whoever opens it may command the daemon (--operate)");
    fflush(stdout);
}

static int run(struct web *web, const struct options *o, const char *token)
{
    struct lws_context *context = serve(web, o);
    struct feed *feed = NULL;
    int r;

    if (!context)
        return fail(EXIT_FAILURE, "the server does not start", "the lines above say why");
    r = hub_new(wake, &context, &web->hub);
    if (r == 0 && o->operate)
        r = control_new(web->hub, o->place, web->reviews, &web->control);
    if (r == 0 && !o->review)
        r = feed_new(web->hub, o->place, &feed);
    if (r == 0)
        say_where(web, o, token);
    while (r == 0 && !stop)
        if (lws_service(context, 0) < 0)
            break;
    control_free(web->control);
    feed_free(feed);
    lws_context_destroy(gait_steal(&context));
    hub_free(web->hub);
    return r == 0 ? EXIT_SUCCESS : fail(EXIT_FAILURE, "the server does not start", strerror(-r));
}

static const char *page_folder(const struct options *o)
{
    if (o->page)
        return o->page;
    return access(GAIT_WEB_PAGE, R_OK) == 0 ? GAIT_WEB_PAGE : GAIT_WEB_PAGE_SOURCE;
}

/* The file is opened before anything is served: a mistake in it is one line. */
static int open_file(struct web *web, const struct options *o)
{
    struct gait_error err = {0};
    int r = reviews_new(&web->reviews);

    if (r < 0)
        return fail(EXIT_FAILURE, "the server does not start", strerror(-r));
    if (!o->review)
        return EXIT_SUCCESS;
    r = reviews_open(web->reviews, o->review, &err);
    if (r > 0) {
        web->review = r;
        r = reviews_wait(web->reviews, web->review, &err);
    }
    return r < 0 ? fail(r == -EBADMSG ? EXIT_BAD_INPUT : EXIT_FAILURE, err.text, "") : EXIT_SUCCESS;
}

static int start(struct web *web, struct options *o)
{
    struct gait_error err = {0};
    char token[TOKEN_TEXT + 1], where[INET6_ADDRSTRLEN + 16];
    int r;

    if (o->review && o->operate)
        return fail(EXIT_USAGE, "--review shows a file: there is nothing to operate", "");
    if (!o->cert != !o->key)
        return fail(EXIT_USAGE, "--cert and --key belong together", "");
    if (!o->cert && !is_loopback(o->address))
        return fail(EXIT_USAGE, o->address,
                    "beyond this machine the token would travel in the clear: give --cert and --key");
    if (o->cert && access(o->cert, R_OK) < 0)
        return fail(EXIT_FAILURE, o->cert, strerror(errno));
    if (o->key && access(o->key, R_OK) < 0)
        return fail(EXIT_FAILURE, o->key, strerror(errno));
    snprintf(where, sizeof where, "%s port %u", o->address, o->port);
    r = try_port(o);
    if (r < 0)
        return fail(EXIT_FAILURE, where,
                    r == -EADDRINUSE ? "taken by another program: choose another one with --listen" : strerror(-r));
    r = pages_read(page_folder(o), &web->pages, &err);
    if (r < 0)
        return fail(EXIT_FAILURE, err.text, "");
    r = token_new(&web->token, token);
    if (r < 0)
        return fail(EXIT_FAILURE, "no random numbers", strerror(-r));
    web->operate = o->operate;
    web->tls = o->cert != NULL;
    snprintf(web->cookie, sizeof web->cookie, "gaitweb-%u", o->port);
    fill_hosts(web, o);
    r = open_file(web, o);
    if (r == EXIT_SUCCESS)
        r = run(web, o, token);
    reviews_free(web->reviews);
    pages_done(&web->pages);
    return r;
}

static void log_line(int level, const char *line)
{
    (void)level;
    fprintf(stderr, "gaitweb: %s", line);
}

int main(int argc, char **argv)
{
    struct options o = {.address = "127.0.0.1", .port = 7480};
    struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Show what gaitd streams in a browser.\v"
               "Open the address that it prints: it carries the login token of this run. Without --operate nobody can "
               "change anything through it. Several browsers may look at once."};
    struct sigaction on_stop = {.sa_handler = on_signal};
    struct web web = {0};

    argp_err_exit_status = EXIT_USAGE;
    argp_program_version = "gaitweb " GAIT_VERSION_STRING;
    if (argp_parse(&argp, argc, argv, 0, NULL, &o) != 0) {
        fputs("gaitweb: no memory to start\n", stderr);
        return EXIT_FAILURE;
    }
    sigaction(SIGINT, &on_stop, NULL);
    sigaction(SIGTERM, &on_stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    lws_set_log_level(LLL_ERR, log_line);
    return start(&web, &o);
}
