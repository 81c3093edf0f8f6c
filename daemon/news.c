#include "news.h"

#include <stdlib.h>

struct news *news_new(enum news_kind kind, unsigned mat)
{
    struct news *news = calloc(1, sizeof *news);

    if (!news)
        abort();
    news->kind = kind;
    news->mat = mat;
    return news;
}
