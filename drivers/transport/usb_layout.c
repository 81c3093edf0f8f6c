/*
 * From descriptors to endpoints. A device's descriptors are input from a stranger: libusb 1.0.26 hands on an interface whose endpoint array is NULL
 * although it counts endpoints, and altsetting arrays may be empty.
 */
#include <errno.h>

#include "transport/usb_internal.h"

enum { TYPE_MASK = 3 };

static uint8_t wanted_type(enum mat_transfer_kind kind)
{
    if (kind == MAT_TRANSFER_INTERRUPT)
        return LIBUSB_TRANSFER_TYPE_INTERRUPT;
    return kind == MAT_TRANSFER_ISOCHRONOUS ? LIBUSB_TRANSFER_TYPE_ISOCHRONOUS : LIBUSB_TRANSFER_TYPE_BULK;
}

static const struct libusb_interface_descriptor *find_setting(const struct libusb_config_descriptor *config,
                                                              uint8_t number, uint8_t alternate, bool *ret_others)
{
    const struct libusb_interface_descriptor *found = NULL;

    *ret_others = false;
    for (int i = 0; config->interface && i < config->bNumInterfaces; i++) {
        const struct libusb_interface *interface = &config->interface[i];

        for (int a = 0; interface->altsetting && a < interface->num_altsetting; a++) {
            const struct libusb_interface_descriptor *d = &interface->altsetting[a];

            if (d->bInterfaceNumber == number && d->bAlternateSetting == alternate)
                found = d;
            else if (d->bInterfaceNumber == number)
                *ret_others = true;
        }
    }
    return found;
}

/* CDC: the data interface is the one of class 10; the control interface the one of class 2. */
static void find_cdc(const struct libusb_config_descriptor *config, struct usb_layout *layout)
{
    for (int i = 0; config->interface && i < config->bNumInterfaces; i++) {
        const struct libusb_interface *interface = &config->interface[i];

        if (!interface->altsetting || interface->num_altsetting < 1)
            continue;
        if (interface->altsetting[0].bInterfaceClass == LIBUSB_CLASS_COMM)
            layout->control_interface = interface->altsetting[0].bInterfaceNumber;
        else if (interface->altsetting[0].bInterfaceClass == LIBUSB_CLASS_DATA)
            layout->interface_number = interface->altsetting[0].bInterfaceNumber;
    }
}

/* What one packet carries: high-bandwidth endpoints say 1 to 3 packets in bits 11 and 12. */
static uint16_t packet_bytes(const struct libusb_endpoint_descriptor *e)
{
    unsigned times = 1;

    if ((e->bmAttributes & TYPE_MASK) == LIBUSB_TRANSFER_TYPE_ISOCHRONOUS)
        times = 1 + ((e->wMaxPacketSize >> 11) & 3);
    return (uint16_t)((e->wMaxPacketSize & 0x7ff) * times);
}

static void take_in(const struct libusb_endpoint_descriptor *e, const struct mat_usb_layout *wish,
                    struct usb_layout *layout)
{
    uint8_t want = layout->endpoints < 2 ? wish->endpoint_in[layout->endpoints] : 0;

    if (layout->endpoints >= (wish->endpoints == 2 ? 2 : 1) || (want && want != e->bEndpointAddress) ||
        !packet_bytes(e))
        return;
    if (layout->endpoints == 0)
        layout->packet_bytes = packet_bytes(e);
    layout->in[layout->endpoints++] = e->bEndpointAddress;
}

static void take_endpoints(const struct libusb_interface_descriptor *d, const struct mat_usb_layout *wish,
                           struct usb_layout *layout)
{
    for (int i = 0; d->endpoint && i < d->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *e = &d->endpoint[i];
        uint8_t type = e->bmAttributes & TYPE_MASK;

        if (e->bEndpointAddress & LIBUSB_ENDPOINT_IN) {
            if (type == layout->transfer_type)
                take_in(e, wish, layout);
        } else if (type == LIBUSB_TRANSFER_TYPE_BULK && !layout->out &&
                   (!wish->endpoint_out || wish->endpoint_out == e->bEndpointAddress)) {
            layout->out = e->bEndpointAddress;
        }
    }
}

int usb_layout_read(const struct libusb_config_descriptor *config, const struct mat_usb_layout *wish,
                    struct usb_layout *ret_layout, struct gait_error *err)
{
    struct usb_layout layout = {.interface_number = wish->interface_number,
                                .control_interface = wish->interface_number,
                                .alternate = wish->alternate,
                                .transfer_type = wanted_type(wish->kind)};
    const struct libusb_interface_descriptor *d;

    if (wish->bridge == MAT_BRIDGE_CDC_ACM)
        find_cdc(config, &layout);
    d = find_setting(config, layout.interface_number, layout.alternate, &layout.set_alternate);
    if (!d)
        return gait_error_set(err, -EPROTO, "its descriptors have no interface %u with alternate setting %u",
                              layout.interface_number, layout.alternate);
    take_endpoints(d, wish, &layout);
    if (layout.endpoints < (wish->endpoints == 2 ? 2 : 1))
        return gait_error_set(err, -EPROTO,
                              "its descriptors show %u of the %u IN endpoints that the profile names on interface %u",
                              layout.endpoints, wish->endpoints == 2 ? 2 : 1, layout.interface_number);
    if (layout.packet_bytes > USB_PACKET_MAX)
        return gait_error_set(err, -EPROTO, "endpoint %02x claims packets of %u bytes", layout.in[0],
                              layout.packet_bytes);
    *ret_layout = layout;
    return 0;
}
