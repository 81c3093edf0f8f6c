#include "text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gait/footfall.h"

void out_json(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < 0x20)
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

void out_csv(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void out_number(FILE *out, double value, const char *none)
{
    if (isfinite(value))
        fprintf(out, "%.17g", value);
    else
        fputs(none, out);
}

void out_flags(FILE *out, uint32_t flags, const char *separator)
{
    const char *before = "";

    for (uint32_t bit = 1; bit; bit <<= 1) {
        const char *word = flags & bit ? gait_footfall_flag_name(bit) : NULL;

        if (word) {
            fprintf(out, "%s%s", before, word);
            before = separator;
        }
    }
}

int out_status(FILE *out)
{
    return !ferror(out) ? 0 : errno ? -errno : -EIO;
}
