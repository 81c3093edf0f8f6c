#include "mats/chips.h"

#include <stddef.h>

static const struct {
    uint16_t vid, pid;
    const char *name;
} chips[] = {
    {0x0403, 0x6001, "FTDI FT232R"},      {0x0403, 0x6010, "FTDI FT2232"}, {0x0403, 0x6011, "FTDI FT4232"},
    {0x0403, 0x6014, "FTDI FT232H"},      {0x0403, 0x6015, "FTDI FT-X"},   {0x067b, 0x2303, "Prolific PL2303"},
    {0x067b, 0x23a3, "Prolific PL2303G"}, {0x10c4, 0xea60, "CP210x"},      {0x10c4, 0xea70, "CP2105"},
    {0x16c0, 0x0483, "Teensy serial"},    {0x1a86, 0x5523, "WCH CH341"},   {0x1a86, 0x55d3, "WCH CH343"},
    {0x1a86, 0x55d4, "WCH CH9102"},       {0x1a86, 0x7522, "WCH CH340K"},  {0x4348, 0x5523, "WCH CH340, older"},
    {0x1a86, 0x7523, "WCH CH340"},        {0x2341, 0x0043, "Arduino Uno"}, {0x2e8a, 0x0005, "Pico, MicroPython"},
    {0x2e8a, 0x000a, "Pico, C SDK"},
};

const char *mat_generic_chip(uint16_t vid, uint16_t pid)
{
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (chips[i].vid == vid && chips[i].pid == pid)
            return chips[i].name;
    return NULL;
}
