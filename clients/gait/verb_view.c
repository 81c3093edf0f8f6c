#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verb.h"
#include "view/live.h"
#include "view/review.h"
#include "view/screen.h"
#include "view/show.h"

enum { KEY_ASCII = 0x100, TICK_MS = 100, PICTURES_PER_S = 30 };

struct view {
    const char *mat, *file;
    bool ascii;
};

static const struct argp_option options[] = {
    {"mat", 'm', "ID", 0, "look at this mat (default: the first; Tab changes)", 0},
    {"ascii", KEY_ASCII, NULL, 0, "letters only, for terminals without block characters", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct view *view = state->input;

    switch (key) {
    case 'm':
        view->mat = arg;
        return 0;
    case KEY_ASCII:
        view->ascii = true;
        return 0;
    case ARGP_KEY_ARG:
        if (view->file)
            argp_error(state, "one FILE at a time: '%s' is too much", arg);
        view->file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* All of a run. Where the frames come from: live or review, the other one is NULL. */
struct run {
    struct screen screen;
    struct model model;
    struct live *live;
    struct review *review;
    bool help, quit;
    int line; /* row of the time line */
    double drawn_s, ticked_s;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void speed(struct model *model, double factor)
{
    double speed = model->speed * factor;

    if (speed >= 1.0 / 16 && speed <= 8)
        model->speed = speed;
}

static void seek(struct run *run, int64_t frames)
{
    run->model.playing = false;
    review_seek(run->review, &run->model, (int64_t)run->model.frame + frames);
}

static void review_key(struct run *run, int key, int y, int x)
{
    struct model *m = &run->model;
    double rate_hz = client_number(m->trial, "rate_hz");
    int64_t second = rate_hz >= 1 && rate_hz < 1e5 ? (int64_t)rate_hz : 1;

    switch (key) {
    case ' ':
        m->playing = !m->playing;
        m->due = 0;
        if (m->playing && m->frame + 1 >= m->frames)
            review_seek(run->review, m, 0);
        break;
    case SCREEN_LEFT:
        seek(run, -1);
        break;
    case SCREEN_RIGHT:
        seek(run, 1);
        break;
    case SCREEN_PAGE_UP:
        seek(run, -second);
        break;
    case SCREEN_PAGE_DOWN:
        seek(run, second);
        break;
    case SCREEN_HOME:
        seek(run, -(int64_t)m->frame);
        break;
    case SCREEN_END:
        seek(run, (int64_t)m->frames);
        break;
    case 'f':
    case 'b':
        m->playing = false;
        review_next_footfall(run->review, m, key == 'b');
        break;
    case 'n':
        review_trial(run->review, m, m->trial_index + 1);
        break;
    case 'p':
        if (m->trial_index > 0)
            review_trial(run->review, m, m->trial_index - 1);
        break;
    case '+':
        speed(m, 2);
        break;
    case '-':
        speed(m, 0.5);
        break;
    case SCREEN_MOUSE:
        if (y == run->line && run->screen.cols > 3)
            review_seek(run->review, m, (int64_t)m->frames * (x - 1) / (run->screen.cols - 2));
        break;
    default:
        break;
    }
}

static void press(struct run *run, int key, int y, int x)
{
    run->model.changed = true;
    if (key == SCREEN_RESIZED)
        return; /* it is drawn anew, and that is all */
    if (key == 'q' || key == 'Q' || key == 3) {
        run->quit = true;
    } else if (run->help || key == '?' || key == 'h') {
        run->help = !run->help;
    } else if (key == 's') {
        model_scale(&run->model);
    } else if (run->review) {
        review_key(run, key, y, x);
    } else if (key == '\t') {
        live_next_mat(run->live, &run->model);
    } else if (key == 'c') {
        model_clear(&run->model);
    }
}

/* The newest picture only: whatever came while the one before was drawn is passed over. */
static void draw(struct run *run)
{
    double now = now_s();

    if (!run->model.changed || now - run->drawn_s < 1.0 / PICTURES_PER_S)
        return;
    run->model.changed = false;
    run->drawn_s = now;
    show(&run->screen, &run->model, run->help, &run->line);
}

static void take(struct run *run)
{
    double now = now_s();

    if (run->live)
        live_take(run->live, &run->model);
    else
        review_tick(run->review, &run->model, now - run->ticked_s);
    run->ticked_s = now;
}

static void loop(struct run *run)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    int key, y = 0, x = 0;

    run->ticked_s = now_s();
    while (!stop && !run->quit) {
        fds[1].fd = run->live ? live_fd(run->live) : -1;
        poll(fds, 2, run->model.changed || run->model.playing ? 1000 / PICTURES_PER_S : TICK_MS);
        if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
            break; /* the terminal is gone */
        while (!run->quit && (key = screen_key(&run->screen, &y, &x)) >= 0)
            press(run, key, y, x);
        take(run);
        draw(run);
    }
}

/* Opens what is to be looked at before the terminal is taken: a mistake is one line. */
static int open_what(const struct client *client, const struct view *view, struct run *run)
{
    struct gait_error err = {0};
    char text[REVIEW_TEXT_MAX];
    int r;

    if (!view->file) {
        r = live_new(client->place, view->mat, &run->live, &err);
        return r < 0 ? client_fail_daemon(client, r, &err) : CLIENT_OK;
    }
    r = review_new(view->file, NULL, NULL, &run->review, &err);
    if (r < 0)
        return client_fail_error(client, r, &err);
    if (review_wait(run->review, text) == REVIEW_FAILED && review_trials(run->review) == 0)
        return client_fail(client, CLIENT_BAD_INPUT, "%s", text);
    run->model.review = true;
    run->model.speed = 1;
    run->model.playing = true;
    return CLIENT_OK;
}

static void obey_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int run_view(const struct client *client, const void *input)
{
    const struct view *view = input;
    struct run run = {.line = -1};
    struct gait_error err = {0};
    int r;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return client_fail(client, CLIENT_USAGE,
                           "gait view needs a terminal; gait watch prints lines for a pipe or a file");
    obey_signals();
    r = open_what(client, view, &run);
    if (r == CLIENT_OK && screen_init(&run.screen, view->ascii, &err) < 0)
        r = client_fail(client, CLIENT_FAILED, "%s", err.text);
    if (r == CLIENT_OK) {
        run.model.changed = true;
        if (run.review)
            review_trial(run.review, &run.model, 0);
        loop(&run);
        screen_done(&run.screen);
    }
    model_done(&run.model);
    live_free(run.live);
    review_free(run.review);
    return r;
}

const struct verb verb_view = {
    .name = "view",
    .args = "[FILE]",
    .summary = "Look at the lab, or at a recording, in the terminal",
    .more = "Without FILE: what the daemon streams, live. With FILE (a trial's journal, a trial or session file, a "
            "vendor's "
            "recording): play it, step through it, no daemon needed. ? shows the keys.\n\nTrue colour needs "
            "COLORTERM=truecolor and the terminal's -direct entry (Debian: ncurses-term); else 256 or 8 colours, or "
            "letters.\n\n"
            "Examples:\n  gait view\n  ssh -t lab gait view --mat mat-1\n  gait view trial-001.h5",
    .options = options,
    .files = "file",
    .size = sizeof(struct view),
    .parse = parse,
    .run = run_view,
};
