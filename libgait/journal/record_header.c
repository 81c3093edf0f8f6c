#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gait/cleanup.h"
#include "gait/record.h"
#include "journal/record_fields.h"

#define FREE_FIELD "field." /* item name of a free field: "field.KEY" */

static const struct record_field fields[] = {
    FIELD_U8S(gait_journal_header, uuid, GAIT_UUID_BYTES),
    FIELD_U8S(gait_journal_header, continues, GAIT_UUID_BYTES),
    FIELD_U64(gait_journal_header, first_frame),
    FIELD_U32(gait_journal_header, trial),
    FIELD_U32(gait_journal_header, run),
    FIELD_TEXT(gait_journal_header, session),
    FIELD_TEXT(gait_journal_header, mat),
    FIELD_TEXT(gait_journal_header, subject),
    FIELD_TEXT(gait_journal_header, condition),
    FIELD_TEXT(gait_journal_header, timepoint),
    FIELD_TEXT(gait_journal_header, software),
    FIELD_U64(gait_journal_header, start_realtime_ns),
};

static bool key_ok(const char *key)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t n = key ? strnlen(key, GAIT_ID_MAX + 1) : 0;

    return n > 0 && n <= GAIT_ID_MAX && strspn(key, letters) == n;
}

static struct gait_header_field *find_field(const struct gait_journal_header *header, const char *key)
{
    for (uint32_t i = 0; i < header->n_fields; i++) {
        if (strcmp(header->fields[i].key, key) == 0)
            return &header->fields[i];
    }
    return NULL;
}

const char *gait_journal_header_get(const struct gait_journal_header *header, const char *key)
{
    const struct gait_header_field *f = find_field(header, key);

    return f ? f->value : NULL;
}

/* Takes the value over when it succeeds. */
static int add_field(struct gait_journal_header *header, const char *key, char *value)
{
    _cleanup_free_ char *own_key = NULL;
    struct gait_header_field *grown;

    if (header->n_fields >= GAIT_HEADER_FIELDS_MAX)
        return -E2BIG;
    own_key = strdup(key);
    grown = reallocarray(header->fields, header->n_fields + 1, sizeof(*grown));
    if (grown)
        header->fields = grown;
    if (!grown || !own_key)
        return -ENOMEM;
    grown[header->n_fields++] = (struct gait_header_field){gait_steal(&own_key), value};
    return 0;
}

int gait_journal_header_set(struct gait_journal_header *header, const char *key, const char *value)
{
    _cleanup_free_ char *own = NULL;
    struct gait_header_field *there;
    int r;

    if (!key_ok(key) || !value)
        return -EINVAL;
    own = strdup(value);
    if (!own)
        return -ENOMEM;
    there = find_field(header, key);
    if (there) {
        free(there->value);
        there->value = gait_steal(&own);
        return 0;
    }
    r = add_field(header, key, own);
    if (r < 0)
        return r;
    own = NULL;
    return 0;
}

void gait_journal_header_done(struct gait_journal_header *header)
{
    if (!header)
        return;
    for (uint32_t i = 0; i < header->n_fields; i++) {
        free(header->fields[i].key);
        free(header->fields[i].value);
    }
    free(header->fields);
    *header = (struct gait_journal_header){0};
}

int gait_journal_header_pack(struct gait_pack *pack, const struct gait_journal_header *header)
{
    record_fields_pack(pack, fields, FIELDS_COUNT(fields), header);
    for (uint32_t i = 0; i < header->n_fields; i++) {
        char name[sizeof(FREE_FIELD) + GAIT_ID_MAX] = FREE_FIELD;

        strcat(name, header->fields[i].key);
        gait_pack_text(pack, name, header->fields[i].value);
    }
    return gait_pack_error(pack);
}

/* An item "field.KEY" into the header; other items are none of ours. */
static int take_free_field(struct gait_journal_header *header, const struct gait_pack_item *item)
{
    size_t prefix = strlen(FREE_FIELD);
    _cleanup_free_ char *key = NULL, *value = NULL;

    if (item->dtype != GAIT_PACK_UTF8 || item->name_bytes <= prefix || memcmp(item->name, FREE_FIELD, prefix) != 0)
        return 0;
    key = strndup(item->name + prefix, item->name_bytes - prefix);
    value = strndup((const char *)item->data, item->count);
    if (!key || !value)
        return -ENOMEM;
    return key_ok(key) ? gait_journal_header_set(header, key, value) : -EBADMSG;
}

int gait_journal_header_unpack(const void *bytes, size_t n, struct gait_journal_header *ret_header)
{
    struct gait_journal_header header = {0};
    struct gait_pack_item item;
    size_t offset = 0;
    int r = record_fields_unpack(bytes, n, fields, FIELDS_COUNT(fields), &header);

    while (r == 0) {
        r = gait_pack_next(bytes, n, &offset, &item);
        if (r <= 0)
            break;
        r = take_free_field(&header, &item);
    }
    if (r < 0) {
        gait_journal_header_done(&header);
        return r == -ENOMEM ? r : -EBADMSG;
    }
    *ret_header = header;
    return 0;
}
