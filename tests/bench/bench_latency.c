/*
 * From "frame complete" to "subscriber has it". `listen` hears a running gaitd; `pair` sends the same number of bytes at the same rate from a bare PUB socket in a process of its own.
 * Both read the sender's CLOCK_MONOTONIC out of the header's t_arrival_ns; messages are three parts, as docs/STREAM.md has them.
 *
 *   bench_latency listen ENDPOINT TOPIC MESSAGES
 *   bench_latency pair ENDPOINT PAYLOAD_BYTES RATE_HZ MESSAGES
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

#include "bench.h"

enum { HEADER_BYTES = 420, WARM = 50 };

static void die(const char *what)
{
    fprintf(stderr, "bench_latency: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static uint64_t arrival_of(const char *header, size_t length)
{
    char text[4096];
    const char *at;

    length = length < sizeof text - 1 ? length : sizeof text - 1;
    memcpy(text, header, length);
    text[length] = 0;
    at = strstr(text, "\"t_arrival_ns\":");
    return at ? strtoull(at + strlen("\"t_arrival_ns\":"), NULL, 10) : 0;
}

/* One message; its latency in us. */
static double hear(void *sub, size_t *ret_bytes)
{
    uint64_t sent = 0, now;
    int more = 1;
    size_t size = sizeof more;

    *ret_bytes = 0;
    for (int part = 0; more; part++) {
        zmq_msg_t m;

        zmq_msg_init(&m);
        if (zmq_msg_recv(&m, sub, 0) < 0)
            die("receive");
        if (part == 1)
            sent = arrival_of(zmq_msg_data(&m), zmq_msg_size(&m));
        *ret_bytes += zmq_msg_size(&m);
        zmq_msg_close(&m);
        if (zmq_getsockopt(sub, ZMQ_RCVMORE, &more, &size) < 0)
            die("more");
    }
    now = bench_now_ns();
    return (double)(now - sent) / 1e3;
}

static void listen_to(const char *endpoint, const char *topic, unsigned messages)
{
    void *context = zmq_ctx_new(), *sub = zmq_socket(context, ZMQ_SUB);
    double *us = calloc(messages, sizeof *us);
    int timeout_ms = 20000;
    size_t bytes = 0;

    prctl(PR_SET_TIMERSLACK, 1);
    zmq_setsockopt(sub, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms);
    zmq_setsockopt(sub, ZMQ_SUBSCRIBE, topic, strlen(topic));
    if (!us || zmq_connect(sub, endpoint) < 0)
        die(endpoint);
    for (unsigned i = 0; i < WARM; i++)
        hear(sub, &bytes);
    for (unsigned i = 0; i < messages; i++)
        us[i] = hear(sub, &bytes);
    double p50 = bench_quantile(us, messages, 0.5), p99 = bench_quantile(us, messages, 0.99);
    printf("{\"messages\": %u, \"bytes\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", messages, bytes, p50, p99);
    free(us);
    zmq_close(sub);
    zmq_ctx_term(context);
}

static void wait_until(uint64_t t_ns)
{
    struct timespec t = {.tv_sec = (time_t)(t_ns / 1000000000u), .tv_nsec = (long)(t_ns % 1000000000u)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Until it is killed. */
static void send_bare(const char *endpoint, size_t bytes, double rate_hz)
{
    void *context = zmq_ctx_new(), *pub = zmq_socket(context, ZMQ_PUB);
    static const char topic[] = "frame/bare/";
    uint64_t period_ns = (uint64_t)(1e9 / rate_hz), next = bench_now_ns();
    char *payload = calloc(1, bytes ? bytes : 1), header[HEADER_BYTES];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 1);
    if (!payload || zmq_bind(pub, endpoint) < 0)
        die(endpoint);
    for (;;) {
        next += period_ns;
        wait_until(next);
        memset(header, ' ', sizeof header);
        snprintf(header, sizeof header, "{\"t_arrival_ns\":%" PRIu64 ",", bench_now_ns());
        zmq_send(pub, topic, sizeof topic - 1, ZMQ_SNDMORE);
        zmq_send(pub, header, sizeof header, ZMQ_SNDMORE);
        zmq_send(pub, payload, bytes, 0);
    }
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "listen")) {
        listen_to(argv[2], argv[3], (unsigned)atoi(argv[4]));
        return 0;
    }
    if (argc != 6 || strcmp(argv[1], "pair") != 0)
        return 2;
    pid_t sender = fork();
    if (sender == 0)
        send_bare(argv[2], (size_t)atol(argv[3]), atof(argv[4]));
    listen_to(argv[2], "frame/", (unsigned)atoi(argv[5]));
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    return 0;
}
