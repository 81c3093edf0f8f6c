#include <stdio.h>

#include "verb.h"

static void print_devices(const struct client *client, const json_t *result)
{
    const json_t *devices = json_object_get(result, "devices"), *device;
    size_t i;

    (void)client;
    if (json_array_size(devices) == 0)
        puts("no mat: connect one, or name a source in gaitd.yaml");
    json_array_foreach(devices, i, device)
        printf("%-16s %-8s %-16s %-10s %s\n", client_text(device, "mat"), client_text(device, "source"),
               client_text(device, "profile"), client_text(device, "state"), client_text(device, "text"));
}

static int run(const struct client *client, const void *options)
{
    (void)options;
    return client_ask_print(client, "devices", NULL, CLIENT_ASK_MS, print_devices);
}

const struct verb verb_devices = {
    .name = "devices",
    .summary = "List the mats that the daemon knows, by their ids",
    .run = run,
};
