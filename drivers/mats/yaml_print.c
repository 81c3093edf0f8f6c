/* A table of keys as documentation. */
#include <string.h>

#include "mats/yaml_keys.h"

static void print_kind(FILE *out, const struct yaml_key *k)
{
    switch (k->kind) {
    case YAML_UINT:
    case YAML_INT:
    case YAML_REAL:
        fprintf(out, "number, %.10g to %.10g", k->least, k->most);
        return;
    case YAML_BOOL:
        fputs("true or false", out);
        return;
    case YAML_TEXT:
        fprintf(out, "text, to %.0f characters", k->most);
        return;
    case YAML_BYTES:
        fprintf(out, "bytes, to %.0f", k->most);
        return;
    case YAML_WORD:
        for (const struct yaml_word *w = k->words; w->word; w++)
            fprintf(out, "%s`%s`", w == k->words ? "" : ", ", w->word);
        return;
    case YAML_MAP:
        fputs(k->one_of ? "keys, exactly one of them" : "keys", out);
        return;
    case YAML_LIST:
        fprintf(out, "list, %.0f to %.0f%s", k->least, k->most, k->one_of ? ", each exactly one of" : "");
        return;
    case YAML_NUMBERS:
        fputs("list of numbers", out);
        return;
    }
}

static void print_rows(FILE *out, const struct yaml_key *keys, const char *above)
{
    for (const struct yaml_key *k = keys; k->name; k++) {
        char path[96];

        snprintf(path, sizeof path, "%s%s%s", above, above[0] ? "." : "", k->name);
        fprintf(out, "| `%s` | ", path);
        print_kind(out, k);
        fprintf(out, " | %s | %s |\n", k->needed ? "needed" : k->otherwise ? k->otherwise : "", k->about);
        if (k->keys) {
            if (k->kind == YAML_LIST)
                strncat(path, "[]", sizeof path - strlen(path) - 1);
            print_rows(out, k->keys, path);
        }
    }
}

void yaml_print_markdown(FILE *out, const struct yaml_key *keys)
{
    fputs("| key | what it may be | when not written | what it says |\n|---|---|---|---|\n", out);
    print_rows(out, keys, "");
}
