#include "pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gait/cleanup.h>

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".svg", "image/svg+xml"}};
    const char *end = strrchr(name, '.');

    for (size_t i = 0; end && name[0] != '.' && i < sizeof types / sizeof *types; i++)
        if (strcmp(end, types[i][0]) == 0)
            return types[i][1];
    return NULL;
}

static int read_page(int folder, const char *name, struct page *page, struct gait_error *err)
{
    _cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat about;
    size_t done = 0;
    ssize_t n = 1;

    if (fd < 0 || fstat(fd, &about) < 0)
        return gait_error_set(err, -errno, "%s: %s", name, strerror(errno));
    if (!S_ISREG(about.st_mode) || about.st_size > PAGES_BYTES_MAX || strlen(name) > PAGES_NAME_MAX)
        return gait_error_set(err, -EFBIG, "%s: no file of at most %d bytes", name, PAGES_BYTES_MAX);
    page->bytes = malloc(PAGES_HEADROOM + (size_t)about.st_size + 1);
    if (!page->bytes)
        return -ENOMEM;
    page->bytes += PAGES_HEADROOM;
    while (done < (size_t)about.st_size && n > 0)
        if ((n = read(fd, page->bytes + done, (size_t)about.st_size - done)) > 0)
            done += (size_t)n;
    page->size = done;
    page->type = type_of(name);
    strcpy(page->name, name);
    return n < 0 ? gait_error_set(err, -errno, "%s: %s", name, strerror(errno)) : 0;
}

int pages_read(const char *folder, struct pages *ret_pages, struct gait_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int r = 0;

    memset(ret_pages, 0, sizeof *ret_pages);
    if (!dir)
        return gait_error_set(err, -errno, "%s: %s; name the page's folder with --page", folder, strerror(errno));
    while (r == 0 && (entry = readdir(dir))) {
        if (!type_of(entry->d_name))
            continue;
        if (ret_pages->count == PAGES_MAX)
            r = gait_error_set(err, -E2BIG, "%s: more than %d files", folder, PAGES_MAX);
        else
            r = read_page(dirfd(dir), entry->d_name, &ret_pages->page[ret_pages->count++], err);
    }
    closedir(dir);
    if (r == 0 && !(pages_find(ret_pages, "index.html") && pages_find(ret_pages, "login.html")))
        r = gait_error_set(err, -ENOENT, "%s: the page is not there; name its folder with --page", folder);
    if (r < 0)
        pages_done(ret_pages);
    return r;
}

void pages_done(struct pages *pages)
{
    for (size_t i = 0; i < pages->count; i++)
        if (pages->page[i].bytes)
            free(pages->page[i].bytes - PAGES_HEADROOM);
    pages->count = 0;
}

const struct page *pages_find(const struct pages *pages, const char *name)
{
    for (size_t i = 0; i < pages->count; i++)
        if (strcmp(pages->page[i].name, name) == 0)
            return &pages->page[i];
    return NULL;
}
