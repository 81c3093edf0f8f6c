/* The files of the page, read into memory at the start: what is not in this list does not exist, so no path leads anywhere else. */
#ifndef GAIT_WEB_PAGES_H
#define GAIT_WEB_PAGES_H

#include <stddef.h>

#include <gait/error.h>

enum { PAGES_MAX = 48, PAGES_NAME_MAX = 48, PAGES_BYTES_MAX = 1 << 20, PAGES_HEADROOM = 32 };

struct page {
    char name[PAGES_NAME_MAX + 1];
    const char *type;
    size_t size;
    unsigned char *bytes; /* PAGES_HEADROOM writable bytes lie before it */
};

struct pages {
    size_t count;
    struct page page[PAGES_MAX];
};

/** Read all files of a folder whose names end in a known way. Returns 0; negative errno, err says which file. */
int pages_read(const char *folder, struct pages *ret_pages, struct gait_error *err);
void pages_done(struct pages *pages);

/** The page of that name, without the slash; NULL: there is none. */
const struct page *pages_find(const struct pages *pages, const char *name);

#endif
