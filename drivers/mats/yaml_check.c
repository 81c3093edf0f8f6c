/* Walks a YAML document against a table; lists every mistake where it stands and writes the clean text. */
#include "mats/yaml_keys.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gait/cleanup.h>
#include <yaml.h>

#include "mats/yaml_scalar.h"

struct walk {
    struct yaml_check *check;
    yaml_document_t document;
    FILE *clean;
    bool no_memory;
};

static unsigned line_of(const yaml_node_t *node)
{
    return (unsigned)node->start_mark.line + 1;
}

static unsigned column_of(const yaml_node_t *node)
{
    return (unsigned)node->start_mark.column + 1;
}

static struct yaml_place *place_of(const struct yaml_check *check, const char *path)
{
    for (size_t i = 0; i < check->places; i++)
        if (!strcmp(check->place[i].path, path))
            return &check->place[i];
    return NULL;
}

static void note_place(struct walk *w, const char *path, const yaml_node_t *node)
{
    struct yaml_check *c = w->check;

    if (c->places == c->room) {
        size_t room = c->room ? 2 * c->room : 64;
        struct yaml_place *more = reallocarray(c->place, room, sizeof *more);

        if (!more) {
            w->no_memory = true;
            return;
        }
        c->place = more;
        c->room = room;
    }
    struct yaml_place *p = &c->place[c->places++];
    *p = (struct yaml_place){.line = line_of(node), .column = column_of(node)};
    snprintf(p->path, sizeof p->path, "%s", path);
}

/* How many bytes follow the first of a UTF-8 letter. */
static unsigned following(unsigned char first)
{
    return first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
}

/* What came out of the file and was cut to length: no control characters, no halves of letters. */
static void tidy(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        unsigned more = following(*c), got = 0;

        while (got < more && (c[got + 1] & 0xc0) == 0x80)
            got++;
        if (*c < 0x20 || *c == 0x7f || (*c >= 0x80 && (!more || got < more)))
            *c = '?';
        else
            c += more;
    }
}

GAIT_PRINTF(5, 0)
static void add(struct yaml_check *c, unsigned line, unsigned column, const char *path, const char *format, va_list ap)
{
    struct yaml_place *place = place_of(c, path);

    if (place)
        place->bad = true;
    if (c->count < c->capacity) {
        struct mat_profile_fault *f = &c->faults[c->count];

        *f = (struct mat_profile_fault){.line = line, .column = column};
        snprintf(f->path, sizeof f->path, "%s", path);
        vsnprintf(f->text, sizeof f->text, format, ap);
        tidy(f->text);
        tidy(f->path);
    }
    c->count++;
}

void yaml_fault_at(struct yaml_check *c, unsigned line, unsigned column, const char *path, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    add(c, line, column, path, format, ap);
    va_end(ap);
}

void yaml_fault(struct yaml_check *c, const char *path, const char *format, ...)
{
    struct yaml_place *place = place_of(c, path);
    char above[96];
    va_list ap;

    snprintf(above, sizeof above, "%s", path);
    while (!place && above[0]) {
        char *dot = strrchr(above, '.');

        *(dot ? dot : above) = '\0';
        place = above[0] ? place_of(c, above) : NULL;
    }
    va_start(ap, format);
    add(c, place ? place->line : 1, place ? place->column : 1, path, format, ap);
    va_end(ap);
}

bool yaml_written(const struct yaml_check *c, const char *path)
{
    return place_of(c, path) && yaml_good(c, path);
}

bool yaml_good(const struct yaml_check *c, const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < c->places; i++)
        if (c->place[i].bad && !strncmp(c->place[i].path, path, n) &&
            (!c->place[i].path[n] || strchr(".[", c->place[i].path[n])))
            return false;
    return true;
}

static bool walk_map(struct walk *w, const yaml_node_t *node, const struct yaml_key *keys, bool one_of,
                     const char *path);

static void list_keys(const struct yaml_key *keys, char *ret, size_t size)
{
    size_t n = 0;

    ret[0] = '\0';
    for (; keys->name && n < size; keys++)
        n += (size_t)snprintf(ret + n, size - n, "%s%s", n ? ", " : "", keys->name);
}

/* Returns which key was meant, as a bit: it is not said to be missing as well. */
static uint64_t unknown_key(struct walk *w, const yaml_node_t *node, const char *key, const struct yaml_key *keys,
                            const char *path)
{
    const struct yaml_key *best = NULL;
    unsigned least = 3;
    char all[192];

    for (const struct yaml_key *k = keys; k->name; k++) {
        unsigned d = yaml_distance(key, k->name);

        if (d < least && 2 * d <= strlen(k->name)) { /* half of it right, or it is no guess */
            least = d;
            best = k;
        }
    }
    if (best) {
        yaml_fault_at(w->check, line_of(node), column_of(node), path, "unknown key '%.40s': write %s", key, best->name);
        return UINT64_C(1) << (best - keys);
    }
    list_keys(keys, all, sizeof all);
    yaml_fault_at(w->check, line_of(node), column_of(node), path, "unknown key '%.40s': there are %s", key, all);
    return 0;
}

static bool walk_numbers(struct walk *w, const yaml_node_t *node, const struct yaml_key *key, const char *path)
{
    bool ok = true;

    fputc('[', w->clean);
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        const yaml_node_t *n = yaml_document_get_node(&w->document, *i);
        uint32_t value = 0;

        if (n->type != YAML_SCALAR_NODE || yaml_scalar_uint((const char *)n->data.scalar.value, &value) < 0) {
            yaml_fault_at(w->check, line_of(n), column_of(n), path, "entry %zd is no whole number",
                          i - node->data.sequence.items.start);
            ok = false;
        }
        fprintf(w->clean, "%u,", value);
    }
    fputc(']', w->clean);
    (void)key;
    return ok;
}

static bool walk_list(struct walk *w, const yaml_node_t *node, const struct yaml_key *key, const char *path)
{
    bool ok = true;
    unsigned index = 0;

    fputc('[', w->clean);
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++, index++) {
        const yaml_node_t *n = yaml_document_get_node(&w->document, *i);
        char below[96];

        snprintf(below, sizeof below, "%s[%u]", path, index);
        note_place(w, below, n);
        if (n->type != YAML_MAPPING_NODE) {
            yaml_fault_at(w->check, line_of(n), column_of(n), below, "must be keys with values, as in { key: value }");
            fputs("{},", w->clean);
            ok = false;
            continue;
        }
        ok &= walk_map(w, n, key->keys, key->one_of, below);
        fputc(',', w->clean);
    }
    fputc(']', w->clean);
    return ok;
}

static const char *kind_text(const struct yaml_key *key)
{
    static const char *const text[] = {"",
                                       "a whole number",
                                       "a whole number",
                                       "a number",
                                       "true or false",
                                       "a text",
                                       "bytes as pairs of hexadecimal digits, as in \"AA 55\"",
                                       "a word",
                                       "keys with values, indented below it",
                                       "a list",
                                       "a list of whole numbers"};
    return text[key->kind];
}

static bool right_node(const yaml_node_t *node, enum yaml_kind kind)
{
    if (kind == YAML_MAP)
        return node->type == YAML_MAPPING_NODE;
    if (kind == YAML_LIST || kind == YAML_NUMBERS)
        return node->type == YAML_SEQUENCE_NODE;
    return node->type == YAML_SCALAR_NODE;
}

static bool count_ok(struct walk *w, const yaml_node_t *node, const struct yaml_key *key, const char *path)
{
    double n = (double)(node->data.sequence.items.top - node->data.sequence.items.start);

    if (n >= key->least && n <= key->most)
        return true;
    yaml_fault_at(w->check, line_of(node), column_of(node), path, "%s has %.0f entries: it must be %.0f to %.0f",
                  key->name, n, key->least, key->most);
    return false;
}

/* The value of a known key: judged, and written clean when it is right. */
static void walk_value(struct walk *w, const yaml_node_t *node, const struct yaml_key *key, const char *path)
{
    char text[256];

    if (!right_node(node, key->kind)) {
        yaml_fault_at(w->check, line_of(node), column_of(node), path, "%s must be %s", key->name, kind_text(key));
        return;
    }
    bool sequence = key->kind == YAML_LIST || key->kind == YAML_NUMBERS;
    if (sequence && !count_ok(w, node, key, path))
        return;
    if (key->kind < YAML_MAP && yaml_scalar_judge((const char *)node->data.scalar.value, node->data.scalar.length, key,
                                                  NULL, text, sizeof text) < 0) {
        yaml_fault_at(w->check, line_of(node), column_of(node), path, "%s", text);
        return;
    }
    fprintf(w->clean, "%s: ", key->name);
    if (key->kind == YAML_MAP)
        walk_map(w, node, key->keys, key->one_of, path);
    else if (key->kind == YAML_LIST)
        walk_list(w, node, key, path);
    else if (key->kind == YAML_NUMBERS)
        walk_numbers(w, node, key, path);
    else
        yaml_scalar_judge((const char *)node->data.scalar.value, node->data.scalar.length, key, w->clean, text,
                          sizeof text);
    fputs(", ", w->clean);
}

static void missing_keys(struct walk *w, const yaml_node_t *node, const struct yaml_key *keys, uint64_t seen,
                         const char *path)
{
    for (unsigned i = 0; keys[i].name; i++) {
        if (seen & UINT64_C(1) << i)
            continue;
        if (keys[i].needed)
            yaml_fault_at(w->check, line_of(node), column_of(node), path, "%s is missing: %s", keys[i].name,
                          keys[i].about);
        else if (keys[i].otherwise)
            fprintf(w->clean, "%s: %s, ", keys[i].name, keys[i].otherwise);
    }
}

/* Of variants exactly one is written. */
static void judge_variants(struct walk *w, const yaml_node_t *node, const struct yaml_key *keys, uint64_t seen,
                           const char *path)
{
    char all[128];
    unsigned n = (unsigned)__builtin_popcountll(seen);

    if (n == 1)
        return;
    list_keys(keys, all, sizeof all);
    if (!n) {
        yaml_fault_at(w->check, line_of(node), column_of(node), path, "one of these is needed: %s", all);
        return;
    }
    char two[128] = "";
    for (unsigned i = 0, k = 0; keys[i].name; i++)
        if (seen & UINT64_C(1) << i)
            snprintf(two + strlen(two), sizeof two - strlen(two), "%s%s", k++ ? " and " : "", keys[i].name);
    yaml_fault_at(w->check, line_of(node), column_of(node), path, "%s exclude each other: keep one", two);
}

static bool walk_map(struct walk *w, const yaml_node_t *node, const struct yaml_key *keys, bool one_of,
                     const char *path)
{
    size_t before = w->check->count;
    uint64_t seen = 0, meant = 0;

    fputc('{', w->clean);
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *name = yaml_document_get_node(&w->document, p->key);
        const yaml_node_t *value = yaml_document_get_node(&w->document, p->value);
        unsigned i = 0;

        if (name->type != YAML_SCALAR_NODE) {
            yaml_fault_at(w->check, line_of(name), column_of(name), path, "a key must be a word");
            continue;
        }
        const char *text = (const char *)name->data.scalar.value;
        while (keys[i].name && strcmp(keys[i].name, text) != 0)
            i++;
        if (!keys[i].name) {
            meant |= unknown_key(w, name, text, keys, path);
            continue;
        }
        char below[96];
        snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "." : "", text);
        if (seen & UINT64_C(1) << i) {
            yaml_fault_at(w->check, line_of(name), column_of(name), below, "%s is written twice", text);
            continue;
        }
        seen |= UINT64_C(1) << i;
        note_place(w, below, value);
        walk_value(w, value, &keys[i], below);
    }
    if (one_of)
        judge_variants(w, node, keys, seen | meant, path);
    else
        missing_keys(w, node, keys, seen | meant, path);
    fputc('}', w->clean);
    return w->check->count == before;
}

/* libyaml's own words for what is no YAML at all. */
static void syntax_fault(struct yaml_check *check, const yaml_parser_t *parser)
{
    yaml_fault_at(check, (unsigned)parser->problem_mark.line + 1, (unsigned)parser->problem_mark.column + 1, "",
                  "this is no YAML: %s%s%s", parser->context ? parser->context : "", parser->context ? ", " : "",
                  parser->problem ? parser->problem : "it cannot be read");
}

static int walk_document(struct walk *w, yaml_parser_t *parser, const struct yaml_key *keys)
{
    const yaml_node_t *root;

    if (!yaml_parser_load(parser, &w->document)) {
        if (parser->error == YAML_MEMORY_ERROR)
            return -ENOMEM;
        syntax_fault(w->check, parser);
        return 0;
    }
    root = yaml_document_get_root_node(&w->document);
    if (!root || root->type != YAML_MAPPING_NODE)
        yaml_fault_at(w->check, 1, 1, "", "the file must have keys with values: there are none");
    else
        walk_map(w, root, keys, false, "");
    yaml_document_delete(&w->document);
    if (!w->check->count && yaml_parser_load(parser, &w->document)) {
        root = yaml_document_get_root_node(&w->document);
        if (root)
            yaml_fault_at(w->check, line_of(root), column_of(root), "", "a second document begins here: one is read");
        yaml_document_delete(&w->document);
    }
    return w->no_memory ? -ENOMEM : 0;
}

int yaml_check_text(const char *text, size_t length, const struct yaml_key *keys, struct yaml_check *check)
{
    struct walk w = {.check = check};
    yaml_parser_t parser;
    int r;

    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    w.clean = open_memstream(&check->clean, &check->clean_length);
    if (!w.clean) {
        yaml_parser_delete(&parser);
        return -ENOMEM;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    r = walk_document(&w, &parser, keys);
    yaml_parser_delete(&parser);
    if (fclose(w.clean) != 0 && r == 0)
        r = -ENOMEM;
    return r;
}

static int by_place(const void *a, const void *b)
{
    const struct mat_profile_fault *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

void yaml_check_sort(struct yaml_check *check)
{
    size_t n = check->count < check->capacity ? check->count : check->capacity;

    if (n)
        qsort(check->faults, n, sizeof *check->faults, by_place);
}

void yaml_check_done(struct yaml_check *check)
{
    free(check->place);
    free(check->clean);
    check->place = NULL;
    check->clean = NULL;
    check->places = check->room = check->clean_length = 0;
}
