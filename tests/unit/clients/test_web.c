/* The parts of gaitweb that need no network: logins, small pictures, and what a slow browser gets. */
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/hub.h"
#include "review/shrink.h"
#include "web/token.h"

static void test_login(void **state)
{
    struct token token;
    char text[TOKEN_TEXT + 1], first[TOKEN_TEXT + 1], other[TOKEN_TEXT + 1], longer[TOKEN_TEXT + 3];

    (void)state;
    assert_int_equal(token_new(&token, text), 0);
    assert_true(token_is(&token, text));
    snprintf(longer, sizeof longer, "%s0", text);
    assert_false(token_is(&token, longer));
    assert_false(token_is(&token, ""));
    assert_null(memmem(&token, sizeof token, text, TOKEN_TEXT)); /* only its hash */
    assert_int_equal(token_session_new(&token, 100, first), 0);
    assert_true(token_session_is(&token, first, 100));
    assert_false(token_session_is(&token, text, 100));
    assert_false(token_session_is(&token, first, 100 + TOKEN_LIFE_S));
    for (int i = 0; i < TOKEN_SESSIONS; i++)
        assert_int_equal(token_session_new(&token, 101 + i, other), 0);
    assert_false(token_session_is(&token, first, 200)); /* the oldest went */
    assert_true(token_session_is(&token, other, 200));
}

static void test_shrink(void **state)
{
    const float kPa[] = {0, 1.9f, 2, 100.26f, NAN, -5, 7000, 3};
    const unsigned char wanted[] = {2, 0, 0, 0, 2, 0, 0, 0, 20, 0, 0xeb, 3, 6, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 30, 0};
    float every_other[9];
    unsigned char bytes[64];

    (void)state;
    assert_int_equal(shrink_runs(kPa, 8, bytes), sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
    for (size_t i = 0; i < 9; i++)
        every_other[i] = i % 2 ? 0 : 50;
    assert_true(shrink_bound(9) <= sizeof bytes);
    assert_int_equal(shrink_runs(every_other, 9, bytes), shrink_bound(9)); /* the worst there is */
}

static void nobody(void *arg)
{
    (void)arg;
}

static void expect(struct hub *hub, struct hub_cursor *cursor, const char *text)
{
    struct hub_blob *blob = hub_next(hub, cursor);

    if (!text) {
        assert_null(blob);
        return;
    }
    assert_non_null(blob);
    assert_int_equal(blob->size, strlen(text));
    assert_memory_equal(blob->bytes, text, blob->size);
    hub_release(hub, blob);
}

/* The newest frame only, of the mat it looks at; every message of the log, in order; another's replies never. */
static void test_hub(void **state)
{
    struct hub *hub;
    struct hub_cursor one = {.client = 1, .mat = "a"}, two = {.client = 2, .mat = "b"};

    (void)state;
    assert_int_equal(hub_new(nobody, NULL, &hub), 0);
    expect(hub, &one, NULL);
    for (int i = 0; i < 1000; i++)
        hub_put(hub, HUB_FRAME, "a", hub_blob_text("frame %d", i));
    hub_put(hub, HUB_FRAME, "b", hub_blob_text("other"));
    hub_log(hub, 0, hub_blob_text("footfall 1"));
    hub_log(hub, 2, hub_blob_text("reply"));
    hub_log(hub, 0, hub_blob_text("footfall 2"));
    expect(hub, &one, "footfall 1");
    expect(hub, &one, "footfall 2");
    expect(hub, &one, "frame 999");
    expect(hub, &one, NULL);
    expect(hub, &two, "footfall 1");
    expect(hub, &two, "reply");
    expect(hub, &two, "footfall 2");
    expect(hub, &two, "other");
    hub_free(hub);
}

/* A status never undoes what came after it: taken at once, it goes before the log; a newer one goes behind. */
static void test_hub_status(void **state)
{
    struct hub *hub;
    struct hub_cursor one = {.client = 1, .mat = "a"}, other = {.client = 2};

    (void)state;
    assert_int_equal(hub_new(nobody, NULL, &hub), 0);
    hub_put(hub, HUB_FRAME, "a", hub_blob_text("frame"));
    hub_put(hub, HUB_STATUS, NULL, hub_blob_text("status before"));
    hub_log(hub, 2, hub_blob_text("reply to another"));
    hub_log(hub, 0, hub_blob_text("trial started"));
    expect(hub, &one, "status before");
    expect(hub, &one, "trial started");
    hub_put(hub, HUB_STATUS, NULL, hub_blob_text("status behind"));
    expect(hub, &one, "status behind");
    expect(hub, &one, "frame");
    expect(hub, &one, NULL);
    expect(hub, &other, "reply to another");
    expect(hub, &other, "trial started");
    expect(hub, &other, "status behind");
    expect(hub, &other, NULL);
    hub_free(hub);
}

/* A browser that does not read for long is told how much it missed, and the log stays as large as it may be. */
static void test_hub_slow(void **state)
{
    struct hub *hub;
    struct hub_cursor slow = {.client = 1}, late = {.client = 2};
    char text[64];

    (void)state;
    assert_int_equal(hub_new(nobody, NULL, &hub), 0);
    hub_log(hub, 0, hub_blob_text("0"));
    expect(hub, &slow, "0");
    for (int i = 1; i <= HUB_LOG_MESSAGES + 10; i++)
        hub_log(hub, 0, hub_blob_text("%d", i));
    expect(hub, &slow, "{\"kind\":\"missed\",\"count\":10}");
    expect(hub, &slow, "11");
    expect(hub, &late, "11"); /* who comes now missed nothing */
    for (int i = 0; i < 3; i++)
        hub_log(hub, 0, hub_blob_new(HUB_LOG_BYTES / 2 - 1, true)); /* bounded in bytes too: two of three stay */
    snprintf(text, sizeof text, "{\"kind\":\"missed\",\"count\":%d}", HUB_LOG_MESSAGES - 1 + 1);
    expect(hub, &slow, text);
    hub_free(hub);
}

enum { READERS = 10, STALL_FRAMES = 100 * 60, FRAME_BYTES = 4096, FRAMES_A_FOOTFALL = 8 };

/* What all that read have taken: each of them every message, once. */
static void drain(struct hub *hub, struct hub_cursor *reader, const char *footfall, const char *frame)
{
    for (int i = 0; i < READERS; i++) {
        if (footfall)
            expect(hub, &reader[i], footfall);
        expect(hub, &reader[i], frame);
        expect(hub, &reader[i], NULL);
    }
}

/* Frames and footfalls from number first on; the frames are all of one size. */
static void minute(struct hub *hub, struct hub_cursor *reader, int first)
{
    for (int i = first; i < first + STALL_FRAMES; i++) {
        bool step = i % FRAMES_A_FOOTFALL == 0;
        char footfall[64], frame[FRAME_BYTES + 1];

        snprintf(footfall, sizeof footfall, "footfall %010d", i);
        snprintf(frame, sizeof frame, "%0*d", FRAME_BYTES, i);
        if (step)
            hub_log(hub, 0, hub_blob_text("%s", footfall));
        hub_put(hub, HUB_FRAME, "a", hub_blob_text("%s", frame));
        drain(hub, reader, step ? footfall : NULL, frame);
    }
}

/*
 * A minute at 100 Hz beside a browser that takes nothing: ten others get every frame and every footfall, and no byte more is held than after a minute without
 * it. When it goes on it is told what it missed, gets the log, and one frame: the newest.
 */
static void test_hub_stalled(void **state)
{
    struct hub *hub;
    struct hub_cursor reader[READERS], stalled = {.client = READERS + 1, .mat = "a"};
    const int footfalls = STALL_FRAMES / FRAMES_A_FOOTFALL;
    char text[64], frame[FRAME_BYTES + 1];
    size_t without;

    (void)state;
    for (int i = 0; i < READERS; i++)
        reader[i] = (struct hub_cursor){.client = (uint64_t)i + 1, .mat = "a"};
    assert_int_equal(hub_new(nobody, NULL, &hub), 0);
    minute(hub, reader, 0);
    for (struct hub_blob *blob; (blob = hub_next(hub, &stalled));)
        hub_release(hub, blob); /* here it still reads */
    without = mallinfo2().uordblks;
    minute(hub, reader, STALL_FRAMES);
    assert_int_equal(mallinfo2().uordblks, without);
    snprintf(text, sizeof text, "{\"kind\":\"missed\",\"count\":%d}", footfalls - HUB_LOG_MESSAGES);
    expect(hub, &stalled, text);
    for (int i = footfalls - HUB_LOG_MESSAGES; i < footfalls; i++) {
        snprintf(text, sizeof text, "footfall %010d", STALL_FRAMES + i * FRAMES_A_FOOTFALL);
        expect(hub, &stalled, text);
    }
    snprintf(frame, sizeof frame, "%0*d", FRAME_BYTES, 2 * STALL_FRAMES - 1);
    expect(hub, &stalled, frame);
    expect(hub, &stalled, NULL);
    hub_free(hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_login),    cmocka_unit_test(test_shrink),
                                       cmocka_unit_test(test_hub),      cmocka_unit_test(test_hub_status),
                                       cmocka_unit_test(test_hub_slow), cmocka_unit_test(test_hub_stalled)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
