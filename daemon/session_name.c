#include "session_name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { PART_MAX = 32 }; /* of a part's name, and of a field's text */

/* Fields of a session that may be parts are those that neither unblind nor tell of anybody's health: who measures, and the lab's own. */
static bool is_field(const char *part)
{
    return strcmp(part, "assessor") == 0 || (strncmp(part, "x_", 2) == 0 && part[2] &&
                                             strspn(part, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(part));
}

static bool is_part(const char *part)
{
    static const char *const own[] = {"subject", "date", "time", "protocol", "n"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(part, own[i]) == 0)
            return true;
    return is_field(part);
}

/* The next piece of a template: a part, or a stretch of plain text. Returns what is behind it; NULL: a brace without its other half, or a part that is too long. */
static const char *next_piece(const char *at, char ret[SESSION_NAME_MAX + 1], bool *ret_part)
{
    const char *end = *at == '{' ? strchr(at, '}') : at + strcspn(at, "{");

    *ret_part = *at == '{';
    if (!end || end - at > (*ret_part ? PART_MAX : SESSION_NAME_MAX))
        return NULL;
    snprintf(ret, SESSION_NAME_MAX + 1, "%.*s", (int)(end - at - *ret_part), at + *ret_part);
    return end + *ret_part;
}

const char *session_name_check(const char *name)
{
    char piece[SESSION_NAME_MAX + 1];
    bool part, subject = false;

    if (strchr(".-", *name)) /* and the end of the text */
        return "begins with '.' or '-', or is empty: begin with {subject}, a letter or a digit";
    for (const char *at = name; *at;) {
        at = next_piece(at, piece, &part);
        if (!at)
            return "has a '{' without its '}', or too long a part";
        if (!part && strspn(piece, LETTERS "._-") != strlen(piece))
            return "may hold letters, digits, '.', '_', '-' and parts in braces, and no path";
        if (part && !is_part(piece))
            return "knows the parts {subject}, {date}, {time}, {n}, {protocol}, {assessor} and fields of the lab's "
                   "own, "
                   "{x_site}";
        subject |= part && strcmp(piece, "subject") == 0;
    }
    return subject ? NULL : "has no {subject}: whose session it is must stand in its name";
}

int session_name_counts(const char *name)
{
    return strstr(name, "{n}") != NULL;
}

/* A protocol's name, or that of its file. */
static const char *protocol_of(const json_t *args, char ret[SESSION_NAME_MAX + 1])
{
    const json_t *arg = json_object_get(args, "protocol");
    const char *text = json_string_value(json_is_object(arg) ? json_object_get(arg, "name") : arg);
    const char *slash = text ? strrchr(text, '/') : NULL;

    snprintf(ret, SESSION_NAME_MAX + 1, "%s", text ? (slash ? slash + 1 : text) : "none");
    if (strlen(ret) > 5 && strcmp(ret + strlen(ret) - 5, ".yaml") == 0)
        ret[strlen(ret) - 5] = '\0';
    return ret;
}

static const char *field_of(const json_t *args, const char *part, char ret[SESSION_NAME_MAX + 1])
{
    const json_t *value = json_object_get(json_object_get(args, "fields"), part);

    if (json_is_integer(value))
        snprintf(ret, SESSION_NAME_MAX + 1, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(ret, SESSION_NAME_MAX + 1, "%s", json_is_string(value) ? json_string_value(value) : "");
    return ret;
}

static const char *value_of(const char *part, const json_t *args, uint64_t realtime_ns, unsigned n,
                            char ret[SESSION_NAME_MAX + 1])
{
    time_t t = (time_t)(realtime_ns / 1000000000u);
    struct tm tm;

    if (strcmp(part, "subject") == 0)
        snprintf(ret, SESSION_NAME_MAX + 1, "%s", json_string_value(json_object_get(args, "subject")));
    else if (strcmp(part, "protocol") == 0)
        protocol_of(args, ret);
    else if (strcmp(part, "n") == 0)
        snprintf(ret, SESSION_NAME_MAX + 1, "%u", n);
    else if (is_field(part))
        field_of(args, part, ret);
    else
        strftime(ret, SESSION_NAME_MAX + 1, strcmp(part, "date") == 0 ? "%Y%m%d" : "%H%M%S", gmtime_r(&t, &tm));
    return ret;
}

static int fill(const char *name, const json_t *args, uint64_t realtime_ns, unsigned n, char text[], size_t size,
                char ret_why[200])
{
    char piece[SESSION_NAME_MAX + 1], value[SESSION_NAME_MAX + 1];
    size_t used = 0;
    bool part;

    for (const char *at = name; at && *at;) {
        at = next_piece(at, piece, &part);
        if (part)
            value_of(piece, args, realtime_ns, n, value);
        if (part && is_field(piece) && !*value)
            snprintf(ret_why, 200, "recording.session_name wants {%s}: --set %s=...", piece, piece);
        else if (part && strspn(value, LETTERS "_-") != strlen(value))
            snprintf(ret_why, 200, "recording.session_name: {%s} is \"%.40s\": letters, digits, '_' and '-' only",
                     piece, value);
        else if (used + strlen(part ? value : piece) >= size)
            snprintf(ret_why, 200, "recording.session_name: \"%.60s...\" is longer than %zu letters", text, size - 1);
        else {
            used += (size_t)snprintf(text + used, size - used, "%s", part ? value : piece);
            continue;
        }
        return -EINVAL;
    }
    return 0;
}

int session_name_fill(const char *name, const json_t *args, uint64_t realtime_ns, unsigned n, char *ret, size_t size,
                      char ret_why[200])
{
    char text[SESSION_NAME_MAX + 1] = "";
    int r = fill(name, args, realtime_ns, n, text, size < sizeof text ? size : sizeof text, ret_why);

    if (r == 0)
        snprintf(ret, size, "%s", text);
    return r;
}
