#include "print.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int print_digits(const char *unit)
{
    static const struct {
        const char *unit;
        int digits;
    } table[] = {
        {"s", 3},     {"N", 1},      {"kPa", 0},    {"percent", 1},   {"1", 3},     {"mm", 1},
        {"cm2", 1},   {"degree", 1}, {"N s", 1},    {"kPa s", 1},     {"N s-1", 0}, {"s-1", 1},
        {"m s-1", 2}, {"min-1", 1},  {"mm s-1", 0}, {"percent s", 2},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].unit, unit) == 0)
            return table[i].digits;
    return 3;
}

double print_rounded(double value, int digits)
{
    return fabs(value) < 0.5 * pow(10, -digits) ? 0 : value;
}

const char *print_value(char text[PRINT_TEXT_MAX], double value, const char *unit)
{
    const char *shown = strcmp(unit, "percent") == 0 ? "%" : strcmp(unit, "1") == 0 ? "" : unit;
    int digits = print_digits(unit);

    if (isnan(value))
        snprintf(text, PRINT_TEXT_MAX, "-");
    else
        snprintf(text, PRINT_TEXT_MAX, "%.*f%s%s", digits, print_rounded(value, digits), *shown ? " " : "", shown);
    return text;
}

const char *print_colour(const struct client *client, enum print_colour colour)
{
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[2m", "\033[31m",
                                        "\033[32m", "\033[33m", "\033[34m"};

    return client->colour ? codes[colour] : "";
}

void print_progress(const char *format, ...)
{
    va_list args;

    if (!isatty(fileno(stderr)))
        return;
    fputs("\r\033[K", stderr);
    if (!format)
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    putc('\r', stderr);
}

void print_flags(FILE *out, uint32_t flags)
{
    const char *comma = "";

    for (uint32_t bit = 1; bit; bit <<= 1) {
        const char *word = flags & bit ? gait_footfall_flag_name(bit) : NULL;

        if (word) {
            fprintf(out, "%s%s", comma, word);
            comma = ", ";
        }
    }
}

static void print_metric(const struct gait_footfall *f, enum gait_metric metric, const char *name, int width)
{
    char text[PRINT_TEXT_MAX];

    printf("  %s %*s", name, width, print_value(text, f->value[metric], gait_metric_info(metric)->unit));
}

static void print_loads(const struct gait_footfall *f)
{
    print_metric(f, GAIT_METRIC_FORCE_MAX, "force", 8);
    print_metric(f, GAIT_METRIC_PEAK, "peak", 8);
    print_metric(f, GAIT_METRIC_HEEL31_FORCE_MAX, "heel", 8);
    print_metric(f, GAIT_METRIC_HEEL31_SHARE, "share", 6);
    print_metric(f, GAIT_METRIC_ARCH_INDEX, "arch index", 5);
}

void print_footfall(const struct client *client, const char *mat, const struct gait_footfall *f)
{
    static const char *const sides[] = {"  ?  ", "LEFT ", "RIGHT"};
    enum print_colour colour = f->side == GAIT_SIDE_LEFT    ? PRINT_BLUE
                               : f->side == GAIT_SIDE_RIGHT ? PRINT_GREEN
                                                            : PRINT_PLAIN;

    printf("%s%s#%-3u %s%s%s", mat, *mat ? "  " : "", f->id, print_colour(client, f->valid ? colour : PRINT_DIM),
           f->side <= GAIT_SIDE_RIGHT ? sides[f->side] : sides[0], print_colour(client, PRINT_PLAIN));
    print_metric(f, GAIT_METRIC_STANCE, "stance", 7);
    if (f->reason[GAIT_METRIC_HEEL31_FORCE_MAX] == GAIT_REASON_BLINDED)
        fputs("  all else blinded", stdout);
    else
        print_loads(f);
    if (!f->valid)
        printf("  %snot counted%s", print_colour(client, PRINT_YELLOW), print_colour(client, PRINT_PLAIN));
    if (f->flags) {
        fputs("  [", stdout);
        print_flags(stdout, f->flags);
        putchar(']');
    }
    putchar('\n');
}

void print_state(const json_t *mat)
{
    const char *state = client_text(mat, "state"), *text = client_text(mat, "text");

    if (strncmp(text, state, strlen(state)) == 0)
        fputs(text, stdout);
    else
        printf("%s%s%s", state, *text ? ": " : "", text);
}

void print_dead_cells(const json_t *result)
{
    double dead = client_number(result, "dead_cells"), unfilled = client_number(result, "unfilled_cells");

    printf("%.0f dead %s, ", dead, dead == 1 ? "cell" : "cells");
    if (unfilled > 0)
        printf("%.0f of them too close together to be filled: what steps on them is flagged", unfilled);
    else
        fputs("filled from the neighbours", stdout);
}
