#include "show.h"

#include <math.h>
#include <string.h>

#include "../client.h"
#include "curves.h"
#include "map.h"
#include "words.h"

enum { WIDE_COLS = 130, CURVE_COLS = 56, TABLE_COLS = 100, TARGET = 5, REST_ROWS = 12 };

static void title(const struct screen *s, const struct model *m)
{
    const json_t *mat = model_mat(m), *session = json_object_get(m->status, "session");
    const json_t *trial = json_object_get(mat, "trial");
    char line[WORDS_MAX];
    int x;

    snprintf(line, sizeof line, "%*s", s->cols < WORDS_MAX - 1 ? s->cols : WORDS_MAX - 1, "");
    screen_text(s, 0, 0, s->cols, STYLE_HEAD, line);
    if (m->review) {
        x = screen_printf(s, 0, 1, s->cols, STYLE_HEAD, "%s", client_text(m->trial, "file"));
        x = screen_printf(s, 0, x + 2, s->cols, STYLE_HEAD, "trial %.0f (%u of %u)", client_number(m->trial, "trial"),
                          m->trial_index + 1, m->trials);
        screen_printf(s, 0, x + 2, s->cols, STYLE_HEAD, "%s %s %s%s%s", client_text(m->trial, "session"),
                      client_text(m->trial, "condition"), client_text(m->trial, "timepoint"),
                      json_is_true(json_object_get(m->trial, "discarded")) ? "  DISCARDED" : "",
                      json_is_false(json_object_get(m->trial, "ended")) ? "  cut off" : "");
        return;
    }
    x = screen_printf(s, 0, 1, s->cols, STYLE_HEAD, "Mat %s", m->mat[0] ? m->mat : "-");
    if (json_is_object(session))
        x = screen_printf(s, 0, x + 3, s->cols, STYLE_HEAD, "Session %s", client_text(session, "session"));
    else if (m->status)
        x = screen_printf(s, 0, x + 3, s->cols, STYLE_HEAD, "No session");
    if (m->recording && json_is_object(trial))
        screen_printf(s, 0, x + 3, s->cols, STYLE_HEAD, "%s Recording trial %.0f, %.0f s  %s %s",
                      s->unicode ? "\xe2\x97\x8f" : "*", client_number(trial, "trial"), client_number(trial, "seconds"),
                      client_text(trial, "condition"), client_text(trial, "timepoint"));
    else
        screen_printf(s, 0, x + 3, s->cols, STYLE_HEAD, "%s", m->recording ? "Recording" : "Not recording");
}

/* A sentence over as many lines as it takes, at most two. Returns lines. */
static int banner(const struct screen *s, int y, const char *text)
{
    char line[WORDS_MAX], blank[WORDS_MAX];
    size_t cols = (size_t)(s->cols - 2 < WORDS_MAX ? s->cols - 2 : WORDS_MAX - 1), n = strlen(text), cut = n;
    int lines = 1;

    if (n > cols)
        for (cut = cols; cut > cols / 2 && text[cut] != ' ';)
            cut--;
    snprintf(blank, sizeof blank, "%*s", (int)cols + 2, "");
    snprintf(line, sizeof line, " %.*s", (int)cut, text);
    screen_text(s, y, 0, s->cols, STYLE_BANNER, blank);
    screen_text(s, y, 0, s->cols, STYLE_BANNER, line);
    if (cut < n) {
        screen_text(s, y + lines, 0, s->cols, STYLE_BANNER, blank);
        screen_text(s, y + lines++, 1, s->cols, STYLE_BANNER, text + cut + (text[cut] == ' '));
    }
    return lines;
}

static enum style side_style(const json_t *f)
{
    char side = *client_text(f, "side");

    return side == 'l' ? STYLE_LEFT : side == 'r' ? STYLE_RIGHT : STYLE_PLAIN;
}

/* What is wrong; else the last footfall in words. Returns lines. */
static int headline(const struct screen *s, const struct model *m)
{
    const json_t *last = m->footfalls ? m->footfall[m->footfalls - 1] : NULL;
    char text[WORDS_MAX];
    int x;

    words_trouble(m, text);
    if (text[0])
        return banner(s, 1, text);
    if (!last) {
        screen_text(s, 1, 1, s->cols, STYLE_SOFT,
                    m->review && m->reading ? "Reading the file ..." : "No footfall yet.");
        return 1;
    }
    x = screen_text(s, 1, 1, s->cols, side_style(last), words_side(last, "side"));
    words_footfall(last, text);
    screen_text(s, 1, x + 1, s->cols, json_is_true(json_object_get(last, "valid")) ? STYLE_GOOD : STYLE_BAD, text);
    return 1;
}

static const json_t *cell_of(const json_t *quality, const char *foot)
{
    const json_t *cell;
    size_t i;

    json_array_foreach(json_object_get(quality, "cells"), i,
                       cell) if (strcmp(client_text(cell, "foot"), foot) == 0 &&
                                 strcmp(client_text(cell, "timepoint"), client_text(quality, "timepoint")) == 0 &&
                                 strcmp(client_text(cell, "condition"), client_text(quality, "condition")) ==
                                     0) return cell;
    return NULL;
}

static bool is_discarded(const json_t *session, double number)
{
    const json_t *trial;
    size_t i;

    json_array_foreach(json_object_get(session, "trials"), i,
                       trial) if (client_number(trial, "trial") ==
                                  number) return json_is_true(json_object_get(trial, "discarded"));
    return false;
}

/* Valid footfalls of a foot where no protocol counts them: of the trials at hand. */
static unsigned count(const struct model *m, const char *side)
{
    const json_t *session = json_object_get(m->status, "session");
    unsigned n = 0;

    for (size_t i = 0; i < m->footfalls; i++)
        n += strcmp(client_text(m->footfall[i], "side"), side) == 0 &&
             json_is_true(json_object_get(m->footfall[i], "valid")) &&
             (m->review || strcmp(client_text(m->footfall[i], "mat"), m->mat) == 0) &&
             !is_discarded(session, client_number(m->footfall[i], "trial"));
    return n;
}

static int counts(const struct screen *s, const struct model *m, int y, int x)
{
    static const char *const feet[] = {"left", "right"};
    const json_t *quality = json_object_get(json_object_get(m->status, "session"), "quality");

    for (int i = 0; i < 2; i++) {
        const json_t *cell = cell_of(quality, feet[i]);
        double valid = cell ? client_number(cell, "valid") : count(m, feet[i]);
        double target = cell ? client_number(cell, "target") : TARGET;
        enum style style = i ? STYLE_RIGHT : STYLE_LEFT;

        x = screen_printf(s, y, x, s->cols, style, "%s %.0f", i ? "Right" : "Left", valid);
        if (m->review)
            x = screen_text(s, y, x, s->cols, STYLE_PLAIN, " valid   ");
        else
            x = screen_printf(s, y, x, s->cols, valid >= target ? STYLE_GOOD : STYLE_PLAIN, " of %.0f valid   ",
                              target);
    }
    return x;
}

static void feet(const struct screen *s, const struct model *m, int y)
{
    const json_t *foot;
    char force[24], peak[24], heel[24], mid[24], spread[24];
    size_t i;
    int x = screen_printf(s, y, 1, s->cols, STYLE_PLAIN, "Force %5s N  peak %4s kPa   ",
                          words_number(force, m->live, "force_N", 0), words_number(peak, m->live, "peak_kPa", 0));

    json_array_foreach(json_object_get(m->live, "feet"), i, foot)
    {
        x = screen_text(s, y, x, s->cols, side_style(foot), words_side(foot, "side"));
        words_number(heel, foot, "heel_force_N", 0);
        words_number(mid, foot, "mid_share_pct", 0);
        if (s->cols < TABLE_COLS) /* two feet fit */
            x = screen_printf(s, y, x, s->cols, STYLE_PLAIN, " heel %s N mid %s %%  ", heel, mid);
        else
            x = screen_printf(s, y, x, s->cols, STYLE_PLAIN, " heel %s N midfoot %s %% spread %s   ", heel, mid,
                              words_number(spread, foot, "mid_spread", 2));
    }
}

/* What the protocol wants now. */
static void next_trial(const struct screen *s, const struct model *m, int y, int x)
{
    const json_t *session = json_object_get(m->status, "session"), *next = json_object_get(session, "next");
    const json_t *treatment = json_object_get(session, "treatment"), *quality = json_object_get(session, "quality");
    char clock[24];

    if (json_is_object(treatment)) {
        bool runs = strcmp(client_text(treatment, "state"), "running") == 0;
        double seconds = client_number(treatment, runs ? "running_s" : "since_s");

        x = screen_printf(s, y, x, s->cols, STYLE_BOLD, "%s %s   ", runs ? "Treatment" : "Since treatment",
                          words_clock(clock, seconds));
    }
    if (json_is_object(next))
        x = screen_printf(s, y, x, s->cols, STYLE_BOLD, "Next: %s   ", client_text(next, "text"));
    if (*client_text(quality, "text"))
        screen_text(s, y, x, s->cols, STYLE_SOFT, client_text(quality, "text"));
}

/* What did not count of a foot, and why. */
static int not_counted(const struct screen *s, int y, int x, const char *of, const json_t *counts)
{
    const double partial = client_number(counts, "partial"), merged = client_number(counts, "merged");
    const struct {
        double n;
        const char *what;
    } of_it[] = {{partial, "partial"},
                 {merged, "merged"},
                 {client_number(counts, "invalid") - partial - merged, "not valid"},
                 {client_number(counts, "out_of_window"), "outside the window"}};
    bool first = true;

    for (size_t i = 0; counts && i < sizeof(of_it) / sizeof(of_it[0]); i++) {
        if (!(of_it[i].n > 0))
            continue;
        x = screen_printf(s, y, x, s->cols, STYLE_SOFT, "%s%s%.0f %s", first ? of : ", ", first ? ": " : "", of_it[i].n,
                          of_it[i].what);
        first = false;
    }
    return first ? x : screen_text(s, y, x, s->cols, STYLE_SOFT, "   ");
}

static void quality_of_steps(const struct screen *s, const struct model *m, int y)
{
    const json_t *quality = json_object_get(json_object_get(m->status, "session"), "quality"), *warning;
    double apart_s = client_number(quality, "balance_s");
    size_t i;
    int x = 1;

    json_array_foreach(json_object_get(quality, "warnings"), i, warning) x =
        screen_printf(s, y, x, s->cols, STYLE_BAD, "%s   ", json_string_value(warning));
    x = not_counted(s, y, x, "Left", cell_of(quality, "left"));
    x = not_counted(s, y, x, "Right", cell_of(quality, "right"));
    x = not_counted(s, y, x, "Neither foot for certain", json_object_get(quality, "no_side"));
    if (!isnan(apart_s) && json_is_true(json_object_get(quality, "balanced"))) /* else it was warned of */
        screen_printf(s, y, x, s->cols, STYLE_SOFT, "Left and right %.0f s apart", fabs(apart_s));
}

static void table_head(const struct screen *s, int y, int end)
{
    screen_text(s, y, 1, end, STYLE_SOFT,
                end < TABLE_COLS
                    ? "Trial No Side    Stance s Heel max   Heel Ns Off % Mid %  flags"
                    : "Trial No Side         Stance s Force N Heel max   Heel Ns Off % Mid % Peak kPa  flags");
}

static void table_row(const struct screen *s, const json_t *f, bool discarded, int y, int end)
{
    const json_t *x = json_object_get(f, "metrics");
    char t[7][24], flags[WORDS_MAX];
    double bw = client_number(x, "heel31_force_max_pctBW");
    bool valid = json_is_true(json_object_get(f, "valid")), few = end < TABLE_COLS;
    const char *side = words_side(f, "side");
    enum style style = valid ? STYLE_PLAIN : STYLE_SOFT;
    int at =
        screen_printf(s, y, 1, end, style, "%5.0f %2.0f ", client_number(f, "trial"), client_number(f, "footfall"));

    screen_text(s, y, at, end, side_style(f), few && *side == 'S' ? "?" : side);
    at = screen_printf(s, y, at + (few ? 6 : 13), end, style, "%*s ", few ? 10 : 8,
                       words_number(t[0], x, "stance_s", 3));
    if (!few)
        at = screen_printf(s, y, at, end, style, "%7s ", words_number(t[1], x, "force_max_N", 0));
    words_number(t[2], x, isnan(bw) ? "heel31_force_max_N" : "heel31_force_max_pctBW", isnan(bw) ? 0 : 1);
    at = screen_printf(s, y, at, end, style, "%6s %-3s %7s %5s %5s ", t[2], isnan(bw) ? "N" : "%BW",
                       words_number(t[3], x, "heel31_impulse_Ns", 1), words_number(t[4], x, "ho_pct", 0),
                       words_number(t[5], x, "mid_share_pct", 1));
    if (!few)
        at = screen_printf(s, y, at, end, style, "%8s ", words_number(t[6], x, "peak_kPa", 0));
    words_flags(f, flags);
    if (discarded)
        at = screen_text(s, y, at + 1, end, STYLE_BAD, "trial discarded ") - 1;
    if (!valid)
        at = screen_text(s, y, at + 1, end, STYLE_BAD, "no: ") - 1;
    screen_text(s, y, at + 1, end, valid ? STYLE_SOFT : STYLE_BAD, flags);
}

static void table(const struct screen *s, const struct model *m, int y, int rows, int end)
{
    if (rows < 2)
        return;
    table_head(s, y, end);
    for (size_t i = m->footfalls; i > 0 && rows > 1; i--) {
        if (!m->review && strcmp(client_text(m->footfall[i - 1], "mat"), m->mat) != 0)
            continue;
        table_row(s, m->footfall[i - 1],
                  is_discarded(json_object_get(m->status, "session"), client_number(m->footfall[i - 1], "trial")), ++y,
                  end);
        rows--;
    }
}

static void quality_line(const struct screen *s, const struct model *m, int y)
{
    const json_t *mat = model_mat(m), *output = json_object_get(m->status, "output"),
                 *trial = json_object_get(mat, "trial");
    const json_t *sealer = json_object_get(m->status, "sealer");
    double lost_mat = client_number(json_is_object(trial) ? trial : mat, "lost_device");
    double lost_us = client_number(json_is_object(trial) ? trial : mat, "lost_ring");
    double minutes = client_number(output, "minutes_left");
    bool known = m->status && !m->link[0], over = !m->recording && strcmp(client_text(mat, "state"), "recording") == 0;
    int x = 1;

    if (!m->status)
        return;
    if (!known)
        x = screen_text(s, y, x, s->cols, STYLE_BAD, "Last known:  ");
    x = screen_printf(s, y, x, s->cols, STYLE_PLAIN, "%s  %.0f Hz  ", over ? "ended" : client_text(mat, "state"),
                      client_number(mat, "rate_hz")); /* the status is up to a second older than a trial's end */
    x = screen_printf(s, y, x, s->cols, lost_mat > 0 ? STYLE_BAD : STYLE_PLAIN, "lost %.0f by mat  ", lost_mat);
    x = screen_printf(s, y, x, s->cols, lost_us > 0 ? STYLE_BAD : STYLE_PLAIN, "%.0f by PC  ", lost_us);
    x = screen_printf(s, y, x, s->cols, STYLE_PLAIN, "%.0f not shown  ", client_number(mat, "skipped"));
    if (!isnan(minutes))
        x = screen_printf(s, y, x, s->cols, minutes < 30 ? STYLE_BAD : STYLE_PLAIN,
                          minutes > 600 ? "disk %.0f h  " : "disk %.0f min  ", minutes > 600 ? minutes / 60 : minutes);
    if (*client_text(sealer, "text"))
        x = screen_text(s, y, x, s->cols, STYLE_BAD, "not sealed  ");
    if (m->missed)
        screen_printf(s, y, x, s->cols, STYLE_BAD, "%ju messages missed here", (uintmax_t)m->missed);
}

/* The time line of a file: where it stands, and where footfalls are. */
static void time_line(const struct screen *s, const struct model *m, int y)
{
    double seconds = m->t_s, part = m->frames > 1 ? (double)m->frame / (double)(m->frames - 1) : 0;
    int wide = s->cols - 2, knob = 1 + (int)(part * (wide - 1));

    for (int x = 1; x <= wide; x++)
        screen_cell(s, y, x, x == knob ? (s->unicode ? 0x2588 : L'#') : s->unicode ? 0x2500 : L'-', -1, -1, x == knob);
    screen_printf(s, y + 1, 1, s->cols, STYLE_PLAIN, "%s  frame %ju of %ju  %.3f s  speed %g%s",
                  m->playing ? "playing" : "stopped", (uintmax_t)m->frame + 1, (uintmax_t)m->frames, seconds, m->speed,
                  m->reading ? "  (still reading)" : "");
}

static void keys(const struct screen *s, const struct model *m)
{
    screen_text(s, s->rows - 1, 1, s->cols, STYLE_SOFT,
                m->review ? "q quit  Space play  arrows frame  PgUp/Dn s  f/b foot  n/p trial  +/-  ? keys"
                          : "q quit  Tab next mat  s scale  c clear prints  ? keys");
}

static void help_page(const struct screen *s, const struct model *m)
{
    static const char *const live[] = {"q       quit",
                                       "Tab     look at the next mat",
                                       "s       scale of pressure: automatic, 200, 400, 600, 1000 kPa",
                                       "c       forget the prints on the map",
                                       "?       these keys",
                                       NULL};
    static const char *const file[] = {"q             quit",
                                       "Space         play, stop",
                                       "left, right   a frame back, on; a click on the time line goes there",
                                       "PgUp, PgDn    a second back, on",
                                       "Home, End     first, last frame",
                                       "f, b          next footfall, the one before",
                                       "n, p          next trial, the one before",
                                       "+, -          faster, slower (1/16 to 8)",
                                       "s             scale of pressure: automatic, 200, 400, 600, 1000 kPa",
                                       "?             these keys",
                                       NULL};
    const char *const *line = m->review ? file : live;

    for (int y = 3; *line && y < s->rows - 1; y++, line++)
        screen_text(s, y, 4, s->cols, STYLE_PLAIN, *line);
    screen_text(s, s->rows - 1, 1, s->cols, STYLE_SOFT, "any key goes back");
}

static void too_small(const struct screen *s)
{
    screen_printf(s, 0, 0, s->cols, STYLE_BAD, "%d x %d is too small: at least %d x %d", s->cols, s->rows,
                  SHOW_LEAST_COLS, SHOW_LEAST_ROWS);
    screen_text(s, 1, 0, s->cols, STYLE_PLAIN, "q quits");
}

void show(struct screen *screen, const struct model *model, bool help, int *ret_line)
{
    int bottom, y, high, end, lines;

    screen_clear(screen);
    *ret_line = -1;
    if (screen->rows < SHOW_LEAST_ROWS || screen->cols < SHOW_LEAST_COLS) {
        too_small(screen);
        screen_show();
        return;
    }
    title(screen, model);
    if (help) {
        help_page(screen, model);
        screen_show();
        return;
    }
    lines = headline(screen, model);
    bottom = screen->rows - 2 - model->review;
    high = map_rows(screen, model, screen->cols, screen->rows - REST_ROWS - (lines - 1) - (screen->rows > 40 ? 12 : 0));
    y = 1 + lines;
    map_draw(screen, model, (struct map_box){y, 0, high, screen->cols});
    y += high;
    map_bar(screen, model, y, 1, screen->cols);
    feet(screen, model, y + 1);
    next_trial(screen, model, y + 2, counts(screen, model, y + 2, 1));
    quality_of_steps(screen, model, y + 3);
    y += 4;
    end = screen->cols;
    if (screen->cols >= WIDE_COLS && bottom - y > 12) {
        int half = (bottom - y) / 2;

        end = screen->cols - CURVE_COLS - 2;
        curves_draw(screen, model, (struct map_box){y, end + 2, half, CURVE_COLS}, "force_N", "Force, N");
        curves_draw(screen, model, (struct map_box){y + half, end + 2, half, CURVE_COLS}, "heel_force_N",
                    "Heel force, N");
    }
    table(screen, model, y, bottom - y, end);
    if (model->review) {
        time_line(screen, model, bottom);
        *ret_line = bottom;
    } else
        quality_line(screen, model, bottom);
    keys(screen, model);
    screen_show();
}
