/* Begin and end of a mat's flow, for usb.c and usb_service.c. Device thread. */
#ifndef MAT_USB_SERVICE_H
#define MAT_USB_SERVICE_H

#include "transport/usb_internal.h"

int usb_make_ready(struct mat_usb *mat, struct gait_error *err); /* transfers */
int usb_begin(struct mat_usb *mat, struct gait_error *err);      /* submit, start steps */
int usb_end(struct mat_usb *mat);                                /* all home, transfers freed; -ETIMEDOUT */

#endif
