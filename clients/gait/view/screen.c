#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum { DIRECT = 1 << 24, TEXT_MAX = 1024, ESCAPE_MS = 25 };

/* The page's colours of pressure (viridis): their lightness is monotone. */
static void viridis(double at, int rgb[3])
{
    static const int anchor[][3] = {{68, 1, 84},    {72, 40, 120},  {62, 74, 137},  {49, 104, 142}, {38, 130, 142},
                                    {31, 158, 137}, {53, 183, 121}, {109, 205, 89}, {180, 222, 44}, {253, 231, 37}};
    const int last = (int)(sizeof anchor / sizeof *anchor) - 2;
    double x = at * (last + 1);
    int k = x > last ? last : (int)x;

    for (int c = 0; c < 3; c++)
        rgb[c] = (int)(anchor[k][c] + (x - k) * (anchor[k + 1][c] - anchor[k][c]) + 0.5);
}

static int cube(int value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

/* The number of a colour: itself, or the nearest of the 6 x 6 x 6 that terminals with 256 agree on. */
static int number_of(int colours, const int rgb[3])
{
    return colours == DIRECT ? rgb[0] << 16 | rgb[1] << 8 | rgb[2]
                             : 16 + 36 * cube(rgb[0]) + 6 * cube(rgb[1]) + cube(rgb[2]);
}

/* Of the colours that terminals with 256 agree on: those nearest to it whose lightness rises. */
static const int of_256[] = {53, 54, 55, 24, 25, 30, 31, 36, 71, 77, 113, 149, 185, 220, 226};
static const int of_8[] = {COLOR_MAGENTA, COLOR_CYAN, COLOR_YELLOW, COLOR_WHITE};

/* Prints that nobody stands on are grey: they cannot be taken for what presses now. */
static void fill_levels(struct screen *screen)
{
    enum { OF_256 = sizeof of_256 / sizeof *of_256, OF_8 = sizeof of_8 / sizeof *of_8, GREYS = 235, GREY_STEPS = 15 };

    screen->levels = screen->colours == DIRECT ? SCREEN_LEVELS_MAX : screen->colours == 256 ? OF_256 : OF_8;
    screen->mat = screen->colours == DIRECT ? 0x505050 : screen->colours == 256 ? 239 : -1;
    for (int i = 0; i < screen->levels; i++) {
        double at = (double)i / (screen->levels - 1);
        int grey = 40 + (int)(150 * at), rgb[3], greys[3] = {grey, grey, grey};

        viridis(at, rgb);
        screen->level[i] = screen->colours == DIRECT ? number_of(DIRECT, rgb)
                           : screen->colours == 256  ? of_256[i]
                                                     : of_8[i];
        screen->past[i] = screen->colours == DIRECT ? number_of(DIRECT, greys)
                          : screen->colours == 256  ? GREYS + (int)(GREY_STEPS * at)
                                                    : COLOR_BLUE;
    }
}

static void fill_styles(struct screen *screen)
{
    static const int left[3] = {95, 175, 255}, right[3] = {255, 175, 95}, good[3] = {95, 215, 135},
                     bad[3] = {255, 95, 95}, red[3] = {175, 0, 0}, white[3] = {255, 255, 255},
                     soft[3] = {175, 175, 175};
    bool few = screen->colours < 256;
    int n = screen->colours;

    if (!n)
        return;
    screen->style[STYLE_SOFT] = few ? 0 : alloc_pair(number_of(n, soft), -1);
    screen->style[STYLE_LEFT] = alloc_pair(few ? COLOR_CYAN : number_of(n, left), -1);
    screen->style[STYLE_RIGHT] = alloc_pair(few ? COLOR_YELLOW : number_of(n, right), -1);
    screen->style[STYLE_GOOD] = alloc_pair(few ? COLOR_GREEN : number_of(n, good), -1);
    screen->style[STYLE_BAD] = alloc_pair(few ? COLOR_RED : number_of(n, bad), -1);
    screen->style[STYLE_BANNER] =
        few ? alloc_pair(COLOR_WHITE, COLOR_RED) : alloc_pair(number_of(n, white), number_of(n, red));
}

/* "xterm-256color" with COLORTERM=truecolor: the entry for direct colour, where the machine has it (Debian: ncurses-term). */
static SCREEN *open_terminal(bool *ret_direct)
{
    const char *kind = getenv("TERM"), *colours = getenv("COLORTERM");
    char direct[64];
    SCREEN *terminal = NULL;

    if (kind && colours && (strcmp(colours, "truecolor") == 0 || strcmp(colours, "24bit") == 0) &&
        !strstr(kind, "direct")) {
        snprintf(direct, sizeof direct, "%.*s-direct", (int)strcspn(kind, "-"), kind);
        terminal = newterm(direct, stdout, stdin);
        if (!terminal && strncmp(kind, "screen", 6) != 0)
            terminal = newterm("xterm-direct", stdout, stdin);
    }
    *ret_direct = terminal != NULL || (kind && strstr(kind, "direct"));
    return terminal ? terminal : newterm(NULL, stdout, stdin);
}

int screen_init(struct screen *screen, bool ascii, struct gait_error *err)
{
    const char *kind = getenv("TERM"), *no = getenv("NO_COLOR");
    bool direct;

    *screen = (struct screen){0};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return gait_error_set(err, -ENOTTY, "this needs a terminal; gait watch prints lines for a pipe or a file");
    setlocale(LC_CTYPE, "");
    screen->unicode = !ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen->terminal = open_terminal(&direct);
    if (!screen->terminal)
        return gait_error_set(err, -ENODEV,
                              "TERM is '%.60s', which this machine does not know: try TERM=xterm gait view",
                              kind ? kind : "");
    set_term(screen->terminal);
    cbreak();
    noecho();
    curs_set(0);
    nodelay(stdscr, true);
    keypad(stdscr, true);
    define_key("\033[1~", KEY_HOME); /* what terminals send that call themselves xterm and are not */
    define_key("\033[4~", KEY_END);
    set_escdelay(ESCAPE_MS);
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED, NULL);
    mouseinterval(0);
    if (has_colors() && !(no && no[0]) && start_color() == OK) {
        use_default_colors();
        screen->colours = direct && COLORS >= DIRECT ? DIRECT : COLORS >= 256 ? 256 : COLORS >= 8 ? 8 : 0;
    }
    fill_levels(screen);
    fill_styles(screen);
    getmaxyx(stdscr, screen->rows, screen->cols);
    return 0;
}

void screen_done(struct screen *screen)
{
    if (!screen->terminal)
        return;
    endwin();
    delscreen(screen->terminal);
    screen->terminal = NULL;
}

void screen_clear(struct screen *screen)
{
    getmaxyx(stdscr, screen->rows, screen->cols);
    erase();
}

void screen_show(void)
{
    refresh();
}

static attr_t attributes(const struct screen *screen, enum style style)
{
    switch (style) {
    case STYLE_BOLD:
    case STYLE_LEFT:
    case STYLE_RIGHT:
    case STYLE_BAD:
        return A_BOLD;
    case STYLE_HEAD:
        return A_REVERSE;
    case STYLE_BANNER:
        return screen->colours ? A_BOLD : A_BOLD | A_REVERSE;
    default:
        return A_NORMAL;
    }
}

/* What comes from a file or a daemon may hold anything: nothing but printable characters passes. */
static int printable(wchar_t c)
{
    return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) ? wcwidth(c) : -1;
}

int screen_text(const struct screen *screen, int y, int x, int end, enum style style, const char *text)
{
    wchar_t wide[TEXT_MAX], shown[TEXT_MAX];
    int pair = screen->style[style], n = 0, column = x;
    size_t length = mbstowcs(wide, text, TEXT_MAX - 1);

    if (length == (size_t)-1) /* not of this locale: byte by byte */
        for (length = 0; length < TEXT_MAX - 1 && text[length]; length++)
            wide[length] = (unsigned char)text[length] < 0x7f ? (wchar_t)text[length] : L'?';
    end = end < screen->cols ? end : screen->cols;
    if (y < 0 || y >= screen->rows || x < 0)
        return x;
    for (size_t i = 0; i < length; i++) {
        wchar_t c = printable(wide[i]) > 0 ? wide[i] : L'?';

        if (column + wcwidth(c) > end)
            break;
        column += wcwidth(c);
        shown[n++] = c;
    }
    shown[n] = 0;
    attr_set(attributes(screen, style), 0, &pair);
    mvaddnwstr(y, x, shown, n);
    attr_set(A_NORMAL, 0, NULL);
    return column;
}

int screen_printf(const struct screen *screen, int y, int x, int end, enum style style, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return screen_text(screen, y, x, end, style, text);
}

void screen_cell(const struct screen *screen, int y, int x, wchar_t character, int ink, int ground, bool bold)
{
    int pair = screen->colours && (ink >= 0 || ground >= 0) ? alloc_pair(ink, ground) : 0;
    wchar_t text[2] = {character, 0};
    cchar_t cell;

    if (y < 0 || x < 0 || y >= screen->rows || x >= screen->cols)
        return;
    if (pair < 0)
        pair = 0;
    setcchar(&cell, text, bold ? A_BOLD : A_NORMAL, 0, &pair);
    mvadd_wch(y, x, &cell);
}

int screen_key(struct screen *screen, int *ret_y, int *ret_x)
{
    static const int keys[][2] = {{KEY_LEFT, SCREEN_LEFT}, {KEY_RIGHT, SCREEN_RIGHT},   {KEY_UP, SCREEN_UP},
                                  {KEY_DOWN, SCREEN_DOWN}, {KEY_PPAGE, SCREEN_PAGE_UP}, {KEY_NPAGE, SCREEN_PAGE_DOWN},
                                  {KEY_HOME, SCREEN_HOME}, {KEY_END, SCREEN_END},       {KEY_RESIZE, SCREEN_RESIZED}};
    int key = getch();
    MEVENT event;

    if (key == KEY_MOUSE && getmouse(&event) == OK) {
        *ret_y = event.y;
        *ret_x = event.x;
        return SCREEN_MOUSE;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] == key)
            key = keys[i][1];
    if (key == SCREEN_RESIZED)
        getmaxyx(stdscr, screen->rows, screen->cols);
    return key == ERR ? -1 : key;
}
