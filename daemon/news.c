#include "news.h"

#include "memory.h"

struct news *news_new(enum news_kind kind, unsigned mat)
{
    struct news *news = memory_new(1, sizeof *news);

    news->kind = kind;
    news->mat = mat;
    return news;
}
