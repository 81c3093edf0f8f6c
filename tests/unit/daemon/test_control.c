/* Requests: what is read, what is refused, and that the same one is done once. The rest of the daemon is a counter here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

#include <gait/stream.h>

#include "control.h"
#include "session.h"
#include "text.h"

static void test_parse(void **state)
{
    static const struct {
        const char *text, *code;
    } rows[] = {
        {"", "bad-request"},
        {"[]", "bad-request"},
        {"{\"v\":\"1.0\"", "bad-request"},
        {"{\"v\":\"1.0\",\"client\":\"c\",\"id\":\"\",\"verb\":\"status\"}", "bad-request"},
        {"{\"v\":\"1.0\",\"client\":\"c\",\"id\":7,\"verb\":\"status\"}", "bad-request"},
        {"{\"v\":\"1.0\",\"client\":\"c\",\"id\":\"1\"}", "bad-request"},
        {"{\"v\":\"2.0\",\"client\":\"c\",\"id\":\"1\",\"verb\":\"status\"}", "version"},
        {"{\"client\":\"c\",\"id\":\"1\",\"verb\":\"status\"}", "version"},
        {"{\"v\":\"1.0\",\"client\":\"c\",\"id\":\"1\",\"verb\":\"status\",\"args\":[]}", "bad-request"},
        {"{\"v\":\"1.0\",\"client\":\"c\",\"client\":\"d\",\"id\":\"1\",\"verb\":\"status\"}", "bad-request"},
        {"{\"v\":\"1.0\",\"client\":\"c\",\"id\":\"1\",\"verb\":\"a verb that is far longer than any there is\"}",
         "bad-request"},
    };
    struct call call = {0};
    const char *code = NULL;
    char message[200];
    static const char good[] =
        "{\"v\":\"1.9\",\"client\":\"c\",\"id\":\"1\",\"verb\":\"mark\",\"args\":{\"text\":\"x\"},\"news\":1}";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(control_parse(rows[i].text, strlen(rows[i].text), &call, &code, message), -1);
        assert_string_equal(code, rows[i].code);
        assert_null(call.args);
    }
    assert_int_equal(control_parse(good, sizeof good - 1, &call, &code, message), 0);
    assert_string_equal(call.verb, "mark");
    json_decref(call.args);
}

static unsigned done;
static struct call *pending;

static void dispatch(void *user, struct call *call, bool query_only)
{
    (void)user;
    if (query_only) {
        call_error(call, "not-allowed", "here");
        return;
    }
    done++;
    if (strcmp(call->verb, "later") == 0)
        pending = call;
    else
        call_ok(call, json_pack("{s:i}", "done", done));
}

struct world {
    void *context, *router, *query, *dealer;
    struct control control;
};

static void say(struct world *w, const char *id, const char *verb)
{
    char text[200];

    snprintf(text, sizeof text, "{\"v\":\"1.0\",\"client\":\"c\",\"id\":\"%s\",\"verb\":\"%s\"}", id, verb);
    zmq_send(w->dealer, text, strlen(text), 0);
}

/* What the dealer hears next; the control is turned until it does. */
static json_t *hear(struct world *w)
{
    char text[4000];

    for (int i = 0; i < 2000; i++) {
        zmq_pollitem_t item[3] = {{.socket = w->dealer, .events = ZMQ_POLLIN},
                                  {.socket = w->router, .events = ZMQ_POLLIN},
                                  {.socket = w->query, .events = ZMQ_POLLIN}};

        zmq_poll(item, 3, 100);
        control_read(&w->control, dispatch, NULL);
        if (item[0].revents) {
            int n = zmq_recv(w->dealer, text, sizeof text, 0);

            return json_loadb(text, (size_t)n, 0, NULL);
        }
    }
    return NULL;
}

static void expect(struct world *w, const char *id, bool ok, json_int_t number)
{
    json_t *reply = hear(w);

    assert_non_null(reply);
    assert_string_equal(json_string_value(json_object_get(reply, "id")), id);
    assert_int_equal(json_is_true(json_object_get(reply, "ok")), ok);
    if (ok)
        assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "result"), "done")), number);
    json_decref(reply);
}

/* With an id that an operator has used: neither the reply that is kept nor the one to come. */
static void look_over_the_shoulder(struct world *w)
{
    void *asked = w->dealer;
    const int zero = 0;

    w->dealer = zmq_socket(w->context, ZMQ_DEALER);
    zmq_setsockopt(w->dealer, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_connect(w->dealer, "inproc://query"), 0);
    say(w, "1", "a");
    expect(w, "1", false, 0);
    say(w, "3", "later");
    expect(w, "3", false, 0);
    zmq_close(w->dealer);
    w->dealer = asked;
}

static void test_done_once(void **state)
{
    struct world w = {.context = zmq_ctx_new()};
    const int zero = 0;

    (void)state;
    w.router = w.control.control = zmq_socket(w.context, ZMQ_ROUTER);
    w.query = w.control.query = zmq_socket(w.context, ZMQ_ROUTER);
    w.dealer = zmq_socket(w.context, ZMQ_DEALER);
    zmq_setsockopt(w.dealer, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(w.router, "inproc://control"), 0);
    assert_int_equal(zmq_bind(w.query, "inproc://query"), 0);
    assert_int_equal(zmq_connect(w.dealer, "inproc://control"), 0);

    say(&w, "1", "a");
    expect(&w, "1", true, 1);
    say(&w, "1", "a"); /* the stored reply */
    expect(&w, "1", true, 1);
    say(&w, "1", "b"); /* the same id for something else */
    expect(&w, "1", false, 0);
    say(&w, "2", "b");
    expect(&w, "2", true, 2);
    say(&w, "3", "later");
    say(&w, "3", "later"); /* asked again while at work */
    say(&w, "4", "a");
    expect(&w, "4", true, 4);
    look_over_the_shoulder(&w);
    call_ok(pending, json_pack("{s:i}", "done", 33));
    expect(&w, "3", true, 33);
    for (int i = 0; i < 300; i++) { /* old replies are forgotten, not kept for ever */
        char id[16];

        snprintf(id, sizeof id, "n%d", i);
        say(&w, id, "a");
        expect(&w, id, true, 5 + i);
    }
    assert_true(w.control.n_calls <= CALLS_KEPT + 1);
    zmq_close(w.dealer);
    zmq_close(w.router);
    zmq_close(w.query);
    zmq_ctx_term(w.context);
    control_done(&w.control);
}

static void test_names(void **state)
{
    static const char *const good[] = {"S01", "P-2026-017", "x9", "a_1"};
    static const char *const bad[] = {
        "", "Anna", "Anna Schmidt 1", "1S", "S01/..", "S\xc3\xa4\x31", "S0123456789012345678901234567890123", "S.1"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(gait_subject_ok(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(gait_subject_ok(bad[i]));
}

static void test_text_whole(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\xa6\xb6", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\xa6\xb6"},
        {"cut \xc3", "cut "},
        {"cut \xe2\x82", "cut "},
        {"cut \xf0\x9f\xa6", "cut "},
        {"cut \xc3 within", "cut ? within"},
        {"caf\xe9.lst", "caf?.lst"},
        {"\xa9 \xff", "? ?"},
        {"\xc0\xaf \xe0\x80\xaf \xed\xa0\x80 \xf4\x90\x80\x80", "?? ? ? ?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        json_t *json;

        snprintf(text, sizeof text, "%s", rows[i][0]);
        assert_string_equal(text_whole(text), rows[i][1]);
        json = json_string(text);
        assert_non_null(json);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_done_once),
                                       cmocka_unit_test(test_names), cmocka_unit_test(test_text_whole)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
