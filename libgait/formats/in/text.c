#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct formats_cursor formats_start(const struct formats_text *text)
{
    size_t bom = text->length >= 3 && memcmp(text->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    return (struct formats_cursor){.at = bom, .line_start = bom, .line = 1};
}

bool formats_line_next(const struct formats_text *text, struct formats_cursor *cursor, struct formats_line *ret_line)
{
    const char *start = text->bytes + cursor->at, *limit = text->bytes + text->length, *end = start;

    if (start >= limit)
        return false;
    while (end < limit && *end != '\n' && *end != '\f')
        end++;
    *ret_line = (struct formats_line){.start = start,
                                      .end = end,
                                      .column_1 = text->bytes + cursor->line_start,
                                      .number = cursor->line,
                                      .page_end = end < limit && *end == '\f'};
    if (end > start && end[-1] == '\r')
        ret_line->end--;
    cursor->at = (size_t)(end - text->bytes) + (end < limit);
    if (end < limit && *end == '\n') {
        cursor->line++;
        cursor->line_start = cursor->at;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool formats_token_next(const struct formats_line *line, const char **at, struct formats_token *ret_token)
{
    const char *p = *at ? *at : line->start;

    while (p < line->end && is_blank(*p))
        p++;
    ret_token->start = p;
    while (p < line->end && !is_blank(*p))
        p++;
    ret_token->end = p;
    *at = p;
    return ret_token->end > ret_token->start;
}

bool formats_field_next(const struct formats_line *line, const char **at, struct formats_token *ret_token)
{
    const char *start, *end;

    if (!*at)
        start = line->start;
    else if (*at < line->end)
        start = *at + 1; /* *at stands on the comma */
    else
        return false;
    end = start;
    while (end < line->end && *end != ',')
        end++;
    *at = end;
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    *ret_token = (struct formats_token){start, end};
    return true;
}

bool formats_blank(const struct formats_line *line)
{
    for (const char *p = line->start; p < line->end; p++)
        if (!is_blank(*p))
            return false;
    return true;
}

bool formats_is(struct formats_token token, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(token.end - token.start) == length && memcmp(token.start, word, length) == 0;
}

const char *formats_after(const struct formats_line *line, const char *word)
{
    size_t length = strlen(word);
    const char *p = line->start, *end = line->end, *found = NULL;

    while (p < end && (p = memmem(p, (size_t)(end - p), word, length)))
        found = p += length;
    return found;
}

bool formats_holds(const struct formats_text *text, size_t limit, const char *word)
{
    return memmem(text->bytes, text->length < limit ? text->length : limit, word, strlen(word)) != NULL;
}

static double power_of_ten(int exponent)
{
    double p = 1;

    while (exponent-- > 0)
        p *= 10;
    return p;
}

/* The exponent behind a number, when there is a whole one. */
static const char *read_exponent(const char *p, const char *end, int *exponent)
{
    const char *q = p + 1;
    int value = 0, sign = 1;

    if (p >= end || (*p != 'e' && *p != 'E'))
        return p;
    if (q < end && (*q == '-' || *q == '+'))
        sign = *q++ == '-' ? -1 : 1;
    if (q >= end || *q < '0' || *q > '9')
        return p;
    for (; q < end && *q >= '0' && *q <= '9'; q++)
        value = value < 1000 ? value * 10 + (*q - '0') : value;
    *exponent += sign * value;
    return q;
}

int formats_leading_number(const char *at, const char *end, double *ret_value, const char **ret_rest)
{
    uint64_t mantissa = 0;
    int digits = 0, read = 0, exponent = 0;
    bool point = false, negative = at < end && *at == '-';

    for (at += at < end && (*at == '-' || *at == '+'); at < end; at++) {
        if (*at >= '0' && *at <= '9') {
            mantissa = mantissa * 10 + (uint64_t)(*at - '0');
            digits += mantissa > 0;
            read++;
            exponent -= point;
            if (digits > 18)
                return -ERANGE;
        } else if (!point && (*at == '.' || *at == ',')) {
            point = true;
        } else {
            break;
        }
    }
    if (!read)
        return -EINVAL;
    at = read_exponent(at, end, &exponent);
    if (mantissa && (exponent + digits > 30 || exponent < -300))
        return -ERANGE;
    /* Both operands are exact for what vendors write (below 2^53 and 10^22): the quotient is the nearest double. */
    double value = exponent < 0 ? (double)mantissa / power_of_ten(-exponent)
                                : (double)mantissa * power_of_ten(mantissa ? exponent : 0);
    *ret_value = negative ? -value : value;
    *ret_rest = at;
    return 0;
}

int formats_number(struct formats_token token, double *ret_value)
{
    const char *rest;
    double value;
    int r = formats_leading_number(token.start, token.end, &value, &rest);

    if (r < 0)
        return r;
    if (rest != token.end)
        return -EINVAL;
    *ret_value = value;
    return 0;
}

int formats_count(struct formats_token token, uint32_t *ret_value)
{
    uint64_t value = 0;

    if (token.start >= token.end)
        return -EINVAL;
    for (const char *p = token.start; p < token.end; p++) {
        if (*p < '0' || *p > '9')
            return -EINVAL;
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > 1000000000u)
            return -ERANGE;
    }
    *ret_value = (uint32_t)value;
    return 0;
}

int formats_fail(const struct formats_text *text, const struct formats_line *line, const char *at,
                 struct gait_error *err, const char *format, ...)
{
    char what[GAIT_ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (!at)
        at = line->start;
    return gait_error_set(err, -EINVAL, "%s:%ju:%td: %s", text->name, (uintmax_t)line->number, at - line->column_1 + 1,
                          what);
}

const char *formats_quote(struct formats_token token, char quote[FORMATS_QUOTE_MAX + 4])
{
    size_t length = (size_t)(token.end - token.start), n = length < FORMATS_QUOTE_MAX ? length : FORMATS_QUOTE_MAX;

    for (size_t i = 0; i < n; i++)
        quote[i] = token.start[i] >= ' ' && token.start[i] <= '~' ? token.start[i] : '?';
    memcpy(quote + n, length > n ? "..." : "", length > n ? 4 : 1);
    return quote;
}
