#include "mats/yaml_scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 40 };

static unsigned folded(char c)
{
    return c == '-' || c == ' ' ? '_' : (unsigned)tolower((unsigned char)c);
}

unsigned yaml_distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t n = strlen(b);

    if (n > WORD_MAX || strlen(a) > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (; *a; a++) {
        unsigned diagonal = row[0]++;

        for (size_t j = 1; j <= n; j++) {
            unsigned best = diagonal + (folded(*a) != folded(b[j - 1]));

            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

int yaml_scalar_uint(const char *text, uint32_t *ret_value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (hex ? 2 : 0);
    uint64_t value = 0;

    if (!isxdigit((unsigned char)*digits) || (!hex && digits[0] == '0' && digits[1]))
        return -EINVAL; /* 010 is 8 to some and 10 to others */
    for (; *digits; digits++) {
        if (hex ? !isxdigit((unsigned char)*digits) : !isdigit((unsigned char)*digits))
            return -EINVAL;
        unsigned d = isdigit((unsigned char)*digits) ? (unsigned)(*digits - '0')
                                                     : (unsigned)(tolower((unsigned char)*digits) - 'a' + 10);
        value = value * (hex ? 16 : 10) + d;
        if (value > UINT32_MAX)
            return -ERANGE;
    }
    *ret_value = (uint32_t)value;
    return 0;
}

static int complain(char *text, size_t size, const struct yaml_key *key, const char *value, const char *must)
{
    snprintf(text, size, "%s is '%.40s': it must be %s", key->name, value, must);
    return -EINVAL;
}

static int out_of_range(char *text, size_t size, const struct yaml_key *key, const char *value, const char *what)
{
    snprintf(text, size, "%s is '%.40s': it must be %s%.10g to %.10g", key->name, value, what, key->least, key->most);
    return -EINVAL;
}

static int judge_whole(const char *value, const struct yaml_key *key, FILE *clean, char *text, size_t size)
{
    bool minus = key->kind == YAML_INT && value[0] == '-';
    uint32_t n;
    int r = yaml_scalar_uint(value + minus, &n);

    if (r == -EINVAL)
        return complain(text, size, key, value, "a whole number, decimal or 0x hexadecimal");
    double signed_value = minus ? -(double)n : (double)n;
    if (r < 0 || signed_value < key->least || signed_value > key->most)
        return out_of_range(text, size, key, value, "");
    if (clean)
        fprintf(clean, "%.0f", signed_value);
    return 0;
}

static int judge_real(const char *value, const struct yaml_key *key, FILE *clean, char *text, size_t size)
{
    char *end;
    double x = strtod(value, &end);

    if (end == value || *end || !isfinite(x) || strpbrk(value, "xXpP"))
        return complain(text, size, key, value, "a number, as in 5.08");
    if (x < key->least || x > key->most)
        return out_of_range(text, size, key, value, "");
    if (clean)
        fprintf(clean, "%.17g", x);
    return 0;
}

static int judge_bool(const char *value, const struct yaml_key *key, FILE *clean, char *text, size_t size)
{
    bool yes = !strcasecmp(value, "true") || !strcasecmp(value, "yes") || !strcasecmp(value, "on");
    bool no = !strcasecmp(value, "false") || !strcasecmp(value, "no") || !strcasecmp(value, "off");

    if (!yes && !no)
        return complain(text, size, key, value, "true or false");
    if (clean)
        fputs(yes ? "true" : "false", clean);
    return 0;
}

static void write_quoted(FILE *clean, const char *value)
{
    fputc('"', clean);
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\')
            fprintf(clean, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(clean, "\\x%02x", c);
        else
            fputc(c, clean);
    }
    fputc('"', clean);
}

static int judge_text(const char *value, size_t length, const struct yaml_key *key, FILE *clean, char *text,
                      size_t size)
{
    if (strlen(value) != length)
        return complain(text, size, key, value, "a text without a zero byte");
    if ((double)length < key->least || (double)length > key->most) {
        snprintf(text, size, "%s has %zu characters: it must be %.0f to %.0f", key->name, length, key->least,
                 key->most);
        return -EINVAL;
    }
    if (clean)
        write_quoted(clean, value);
    return 0;
}

int yaml_bytes(const char *text, uint8_t *ret_bytes, size_t capacity)
{
    size_t n = 0;

    while (text && *text) {
        unsigned byte;

        if (*text == ' ') {
            text++;
            continue;
        }
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || sscanf(text, "%2x", &byte) != 1)
            return -EINVAL;
        if (n == capacity)
            return -E2BIG;
        ret_bytes[n++] = (uint8_t)byte;
        text += 2;
    }
    return (int)n;
}

static int judge_bytes(const char *value, size_t length, const struct yaml_key *key, FILE *clean, char *text,
                       size_t size)
{
    uint8_t bytes[256];
    int n = strlen(value) == length ? yaml_bytes(value, bytes, sizeof bytes) : -EINVAL;

    if (n == -EINVAL)
        return complain(text, size, key, value, "bytes as pairs of hexadecimal digits, as in \"AA 55\"");
    if (n < 0 || n < key->least || n > key->most) {
        snprintf(text, size, "%s has %s%d bytes: it must be %.0f to %.0f", key->name, n < 0 ? "more than " : "",
                 n < 0 ? 256 : n, key->least, key->most);
        return -EINVAL;
    }
    if (clean)
        write_quoted(clean, value);
    return 0;
}

static int judge_word(const char *value, const struct yaml_key *key, FILE *clean, char *text, size_t size)
{
    const struct yaml_word *near = NULL;
    unsigned least = 3;
    size_t n;

    for (const struct yaml_word *w = key->words; w->word; w++) {
        unsigned d = yaml_distance(value, w->word);

        if (!strcmp(value, w->word)) {
            if (clean)
                write_quoted(clean, value);
            return 0;
        }
        if (d < least && 2 * d <= strlen(w->word)) {
            least = d;
            near = w;
        }
    }
    if (near) {
        snprintf(text, size, "%s is '%.40s': write %s", key->name, value, near->word);
        return -EINVAL;
    }
    n = (size_t)snprintf(text, size, "%s is '%.40s': it must be one of", key->name, value);
    for (const struct yaml_word *w = key->words; w->word && n < size; w++)
        n += (size_t)snprintf(text + n, size - n, "%s %s", w == key->words ? "" : ",", w->word);
    return -EINVAL;
}

int yaml_scalar_judge(const char *value, size_t length, const struct yaml_key *key, FILE *clean, char *text,
                      size_t size)
{
    switch (key->kind) {
    case YAML_UINT:
    case YAML_INT:
        return judge_whole(value, key, clean, text, size);
    case YAML_REAL:
        return judge_real(value, key, clean, text, size);
    case YAML_BOOL:
        return judge_bool(value, key, clean, text, size);
    case YAML_TEXT:
        return judge_text(value, length, key, clean, text, size);
    case YAML_BYTES:
        return judge_bytes(value, length, key, clean, text, size);
    case YAML_WORD:
        return judge_word(value, key, clean, text, size);
    case YAML_MAP:
    case YAML_LIST:
    case YAML_NUMBERS:
        break;
    }
    return -EINVAL;
}
