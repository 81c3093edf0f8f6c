#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gait/version.h>

#include "matsim.h"

static const char about[] =
    "A virtual pressure mat: the kernel takes it for a USB device, so that gaitd can be tried without a mat.\v"
    "As root, in one step:\n"
    "  modprobe vhci-hcd\n"
    "  matsim --attach\n"
    "\n"
    "Or as anybody, and root attaches it (from this machine or another):\n"
    "  matsim\n"
    "  modprobe vhci-hcd\n"
    "  usbip attach --remote 127.0.0.1 --busid 1-1\n"
    "  usbip port; usbip detach --port 0\n"
    "\n"
    "A second mat: matsim --serial B --port 3241, then usbip --tcp-port 3241 attach ...\n"
    "gaitd reads it with 'mats: [{id: VIRTUAL-1, source: {usb: true}}]'; the id is the serial.\n"
    "\n"
    "Faults: stall short overflow protocol babble bit-flip truncate gap silence unplug half same-serial hostile.\n"
    "FRAME counts from 0 when the mat is powered; xN: so many times. silence xN ends by 1 a cleared halt, 2 a reset, 3 "
    "a new "
    "start; gap skips N frames; hostile xN tells lie N (0 to 7) in the descriptors. While matsim runs, its standard "
    "input "
    "takes lines: a fault (stall, bit-flip@500x3), unplug, plug, status.\n"
    "\n"
    "Ending matsim unplugs the mat. The walker's keys stand in docs/WALKER.md, more in docs/MATSIM.md.";

static const struct argp_option rows[] = {
    {"walker", 'w', "TEXT", 0, "walk like this (default \"seed=1\": 360x64 cells of 5 mm at 100 Hz)", 0},
    {"recording", 'f', "FILE", 0, "play a vendor's recording or a trial's journal instead", 0},
    {"profile", 'P', "FILE", 0, "pose as the mat of this profile (config/mats/*.yaml), bridge chip included", 0},
    {"serial", 's', "TEXT", 0, "serial number (default VIRTUAL-1; \"\": none)", 0},
    {"rate", 'r', "HZ", 0, "frames a second (default: the source's; max: as fast as the host reads)", 0},
    {"parts", 'p', "N", 0, "send each frame in N parts", 0},
    {"once", 'o', NULL, 0, "be silent at the source's end instead of starting over", 0},
    {"fault", 'F', "KIND@FRAME[xN]", 0, "go wrong; may be given again", 0},
    {"seed", 'S', "N", 0, "which bits and bytes faults hit (default 1)", 0},
    {"listen", 'l', "ADDRESS", 0, "for usbip (default 127.0.0.1; whoever reaches it can take the mat)", 1},
    {"port", 't', "N", 0, "TCP port (default 3240; 0: any, it is printed)", 1},
    {"busid", 'b', "TEXT", 0, "name in usbip's list (default 1-1)", 1},
    {"functionfs", 'g', "FOLDER", 0, "be a USB gadget: describe the mat in this FunctionFS folder (docs/MATSIM.md)", 1},
    {"attach", 'a', NULL, 0, "do without usbip: plug into this machine's kernel (root)", 1},
    {0},
};

/* --- options --------------------------------------------------------------------------------------------------- */

static double number(const struct argp_state *state, const char *name, const char *text, double min, double max)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || !(v >= min && v <= max))
        argp_error(state, "--%s %s: a number from %g to %g is wanted", name, text, min, max);
    return v;
}

static double whole(const struct argp_state *state, const char *name, const char *text, double min, double max)
{
    double v = number(state, name, text, min, max);

    if (v != floor(v))
        argp_error(state, "--%s %s: a whole number is wanted", name, text);
    return v;
}

static void add_fault(const struct argp_state *state, struct options *o, const char *text)
{
    struct gait_error err = {0};

    if (o->faults == MATSIM_FAULTS_MAX)
        argp_error(state, "--fault: at most %d of them", MATSIM_FAULTS_MAX);
    else if (!strchr(text, '@'))
        argp_error(state, "--fault %s: write it like stall@500 or bit-flip@500x3", text);
    else if (mat_fault_parse(text, o->seed, &o->fault[o->faults], &err) < 0)
        argp_error(state, "%s", err.text);
    else
        o->faults++;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'w':
        o->walker = arg;
        return 0;
    case 'f':
        o->recording = arg;
        return 0;
    case 'P':
        o->profile = arg;
        return 0;
    case 's':
        if (strlen(arg) > 63)
            argp_error(state, "--serial: at most 63 characters");
        o->serial = arg;
        return 0;
    case 'r':
        o->rate_hz = strcmp(arg, "max") == 0 ? (double)INFINITY : number(state, "rate", arg, 0.001, 1e6);
        return 0;
    case 'p':
        o->parts = (uint8_t)whole(state, "parts", arg, 1, 63);
        return 0;
    case 'o':
        o->once = true;
        return 0;
    case 'F':
        add_fault(state, o, arg);
        return 0;
    case 'S':
        o->seed = (uint64_t)whole(state, "seed", arg, 0, 1e15);
        return 0;
    case 'l':
        o->listen = arg;
        return 0;
    case 't':
        o->port = (uint16_t)whole(state, "port", arg, 0, 65535);
        return 0;
    case 'b':
        if (!*arg || strlen(arg) >= sizeof o->busid)
            argp_error(state, "--busid: 1 to %zu characters", sizeof o->busid - 1);
        snprintf(o->busid, sizeof o->busid, "%s", arg);
        return 0;
    case 'a':
        o->attach = true;
        return 0;
    case 'g':
        o->functionfs = arg;
        return 0;
    case ARGP_KEY_END:
        if (o->attach && o->functionfs)
            argp_error(state, "--attach and --functionfs: give one of them");
        if (o->recording && o->walker)
            argp_error(state, "--walker and --recording: give one of them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void options_read(int argc, char **argv, struct options *ret_options)
{
    static const struct argp parser = {rows, parse, NULL, about, NULL, NULL, NULL};

    *ret_options =
        (struct options){.serial = "VIRTUAL-1", .seed = 1, .listen = "127.0.0.1", .port = USBIP_PORT, .busid = "1-1"};
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, ret_options) != 0) {
        fputs("matsim: no memory to read the options\n", stderr);
        exit(EXIT_FAILURE);
    }
}
