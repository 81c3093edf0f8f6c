#include "client.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/cleanup.h>

static void say(const struct client *client, const char *code, const char *text)
{
    json_t *line;
    char *bytes;

    if (!client->json) {
        fprintf(stderr, "gait: %s\n", text);
        return;
    }
    line = json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", text);
    bytes = line ? json_dumps(line, JSON_COMPACT) : NULL;
    fprintf(stderr, "%s\n", bytes ? bytes : text);
    free(bytes);
    json_decref(line);
}

static const char *code_name(enum client_exit code)
{
    static const char *const names[] = {"ok", "failed", "usage", "bad-input", "no-daemon", "refused", "gaps"};

    return names[code];
}

int client_fail(const struct client *client, enum client_exit code, const char *format, ...)
{
    char text[2 * GAIT_ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    say(client, code_name(code), text);
    return (int)code;
}

/* The exit status that belongs to an errno of a library. */
static enum client_exit exit_of(int r)
{
    switch (r) {
    case -EACCES:
    case -EINVAL:
    case -EBADMSG:
    case -ENOTSUP:
    case -ENOENT:
    case -EISDIR:
    case -EFBIG:
    case -EPROTONOSUPPORT:
        return CLIENT_BAD_INPUT;
    default:
        return CLIENT_FAILED;
    }
}

int client_fail_error(const struct client *client, int r, const struct gait_error *err)
{
    const char *text = err && err->text[0] ? err->text : strerror(-r);

    return client_fail(client, exit_of(r), "%s%s", text, client_room_hint(text, CLIENT_FREE_ROOM));
}

const char *client_room_hint(const char *text, const char *hint)
{
    bool full = strstr(text, strerror(ENOSPC)) || strstr(text, strerror(EDQUOT));

    return full && !strstr(text, "free room there") ? hint : "";
}

int client_fail_daemon(const struct client *client, int r, const struct gait_error *err)
{
    bool away = r == -ECONNREFUSED || r == -EACCES || r == -ETIMEDOUT;

    return away ? client_fail(client, CLIENT_NO_DAEMON, "%s", err->text) : client_fail_error(client, r, err);
}

void client_note(const struct client *client, const char *format, ...)
{
    va_list args;

    if (client->json)
        return;
    va_start(args, format);
    fputs("gait: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* The exit status for an error that the daemon answered with (docs/CONTROL.md). */
static enum client_exit exit_of_reply(const char *code)
{
    if (strcmp(code, "bad-argument") == 0)
        return CLIENT_USAGE;
    return strcmp(code, "source") == 0 ? CLIENT_BAD_INPUT : CLIENT_REFUSED;
}

static int take_reply(const struct client *client, const json_t *reply, json_t **ret_result)
{
    const json_t *error = json_object_get(reply, "error");
    json_t *result;

    if (!json_is_true(json_object_get(reply, "ok"))) {
        say(client, client_text(error, "code"), client_text(error, "message"));
        return (int)exit_of_reply(client_text(error, "code"));
    }
    result = json_object_get(reply, "result");
    result = json_is_object(result) ? json_incref(result) : json_object();
    if (json_is_true(json_object_get(reply, "already")))
        json_object_set_new(result, "already", json_true());
    *ret_result = result;
    return CLIENT_OK;
}

/* Member that stands for a text that is none; its value says which. */
static const char not_utf8[] = "not UTF-8";

static const char *find_bad_text(const json_t *args)
{
    const char *bad = json_string_value(json_object_get(args, not_utf8)), *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)args, key, value) if (!bad && json_is_object(value)) bad =
        find_bad_text(value);
    return bad;
}

/* Who may only look reaches the query socket alone, which answers what is looked at. */
static int connect_for(const char *verb, const struct gait_endpoints *endpoints, struct gait_requester **ret_requester,
                       struct gait_error *err)
{
    int r = gait_requester_new(endpoints->control, ret_requester, err);

    if (r == -EACCES && (strcmp(verb, "status") == 0 || strcmp(verb, "snapshot") == 0 || strcmp(verb, "metrics") == 0))
        r = gait_requester_new(endpoints->query, ret_requester, err);
    return r;
}

int client_ask(const struct client *client, const char *verb, json_t *args, int timeout_ms, json_t **ret_result)
{
    struct gait_requester *requester = NULL;
    struct gait_endpoints endpoints;
    struct gait_error err = {0};
    json_t *reply = NULL;
    const char *bad = find_bad_text(args);
    int r;

    if (bad) {
        r = client_fail(client, CLIENT_USAGE, "%s: this text is not UTF-8: look at the terminal's locale", bad);
        json_decref(args);
        return r;
    }
    r = gait_endpoints_find(client->place, &endpoints, &err);
    if (r == 0)
        r = connect_for(verb, &endpoints, &requester, &err);
    if (r == 0)
        r = gait_request(requester, verb, args, timeout_ms, &reply, &err);
    if (r == -ETIMEDOUT && strcmp(verb, "session close") == 0)
        gait_error_set(
            &err, r,
            "no answer within %d s: the session is being closed still, or gaitd is not well (gait doctor): gait "
            "session list names its file when it is there",
            timeout_ms / 1000);
    r = r < 0 ? client_fail_daemon(client, r, &err) : take_reply(client, reply, ret_result);
    json_decref(reply);
    json_decref(args);
    gait_requester_free(requester);
    return r;
}

int client_ask_print(const struct client *client, const char *verb, json_t *args, int timeout_ms,
                     void (*print)(const struct client *client, const json_t *result))
{
    json_t *result = NULL;
    int r = client_ask(client, verb, args, timeout_ms, &result);

    if (r != CLIENT_OK)
        return r;
    if (client->json)
        client_print_json(result);
    else
        print(client, result);
    json_decref(result);
    return CLIENT_OK;
}

void client_print_json(const json_t *value)
{
    char *text = gait_json_text(value);

    if (text)
        puts(text);
    free(text);
}

const char *client_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

double client_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

void client_set_text(json_t *object, const char *key, const char *value)
{
    json_t *text = value ? json_string(value) : NULL;

    if (text)
        json_object_set_new(object, key, text);
    else if (value) /* not UTF-8: told when it would be sent */
        json_object_set_new(object, not_utf8, json_string(key));
}
