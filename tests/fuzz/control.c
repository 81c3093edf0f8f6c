/*
 * A control request from raw bytes: it is taken with names within bounds and an object of arguments, or refused with a code and one line. Then the
 * helpers that verbs read arguments with: each gives a value within its range or answers with an error.
 */
#include "control.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const keys[] = {"mat", "text", "frames", "trial", "why", "subject", "mass_kg", "speed", "source"};
enum { KEYS = sizeof keys / sizeof *keys };

/* A verb's reading of its arguments, all kinds of them for each key. */
static void read_arguments(struct call *call)
{
    static const char *const known[] = {"mat", "text", "frames", NULL};

    for (size_t i = 0; i < KEYS; i++) {
        const char *text = "";
        double real = 1;
        uint64_t count = 100;

        if (arg_text(call, keys[i], false, 32, &text))
            MUST(strlen(text) <= 32);
        free(call->reply);
        call->reply = NULL;
        if (!call->args)
            return; /* answered: an error ends the call */
        if (arg_real(call, keys[i], 0.5, 2e3, &real))
            MUST(real >= 0.5 && real <= 2e3);
        free(call->reply);
        call->reply = NULL;
        if (!call->args)
            return;
        if (arg_count(call, keys[i], false, 100, 2000, &count))
            MUST(count >= 100 && count <= 2000);
        free(call->reply);
        call->reply = NULL;
        if (!call->args)
            return;
    }
    (void)arg_known(call, known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call = {0};
    const char *code = NULL;
    char message[200] = "";
    int r = control_parse((const char *)data, size, &call, &code, message);

    if (r < 0) {
        MUST(!call.args && code && *code && *message && strlen(message) < sizeof message);
        MUST(strlen(call.client) <= CALL_NAME_MAX && strlen(call.id) <= CALL_NAME_MAX);
        return 0;
    }
    MUST(size <= REQUEST_BYTES_MAX && json_is_object(call.args));
    MUST(*call.client && *call.id && *call.verb && strlen(call.verb) < sizeof call.verb);
    read_arguments(&call);
    json_decref(call.args);
    free(call.reply);
    return 0;
}
