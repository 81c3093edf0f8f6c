/*
 * The terminal: colours as many as it has, half blocks where it knows them, else letters; text that is cut where the line ends. The only file beside
 * map.c and curves.c that sees ncurses.
 */
#ifndef VIEW_SCREEN_H
#define VIEW_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include <gait/error.h>

enum { SCREEN_LEVELS_MAX = 48 };

enum style {
    STYLE_PLAIN,
    STYLE_SOFT,
    STYLE_BOLD,
    STYLE_LEFT,
    STYLE_RIGHT,
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_BANNER,
    STYLE_HEAD,
    STYLE_COUNT
};

struct screen {
    bool unicode;
    int colours;                  /* 0, 8, 256, 1 << 24 */
    int levels;                   /* of pressure */
    int level[SCREEN_LEVELS_MAX]; /* colour numbers, low to high */
    int past[SCREEN_LEVELS_MAX];  /* grey, of prints */
    int mat;                      /* of the dots where nothing presses */
    int style[STYLE_COUNT];       /* colour pairs */
    int rows, cols;
    void *terminal; /* SCREEN * of ncurses */
};

/**
 * Take the terminal. ascii: letters only. Gives it back in screen_done(), whatever happens.
 *
 * Returns  0; -ENOTTY; -ENODEV the terminal's kind is not known; err says what to do.
 */
int screen_init(struct screen *screen, bool ascii, struct gait_error *err);
void screen_done(struct screen *screen);

/** Begin a picture, and show it. */
void screen_clear(struct screen *screen);
void screen_show(void);

/** Text at a place, cut at the column `end` (exclusive). Returns the column behind it. */
int screen_text(const struct screen *screen, int y, int x, int end, enum style style, const char *text);

/** The same, printf-like. */
int screen_printf(const struct screen *screen, int y, int x, int end, enum style style, const char *format, ...)
    GAIT_PRINTF(6, 7);

/** One character with colours of its own; -1: the terminal's. */
void screen_cell(const struct screen *screen, int y, int x, wchar_t character, int ink, int ground, bool bold);

/** A key, or -1. What the mouse did is SCREEN_MOUSE, its place in *ret_y, *ret_x. */
int screen_key(struct screen *screen, int *ret_y, int *ret_x);

enum screen_key {
    SCREEN_LEFT = 0x1000,
    SCREEN_RIGHT,
    SCREEN_UP,
    SCREEN_DOWN,
    SCREEN_PAGE_UP,
    SCREEN_PAGE_DOWN,
    SCREEN_HOME,
    SCREEN_END,
    SCREEN_MOUSE,
    SCREEN_RESIZED,
};

#endif
