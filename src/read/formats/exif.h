/* exif.h - which way up a photograph was taken.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_EXIF_H
#define MIEN_EXIF_H

#include "read/formats/formats.h"

/* Orientation as EXIF data tells it, the content of a JPEG's APP1 segment or of a PNG's eXIf chunk,
 * with or without "Exif" before it, whatever type of number it has: 1 to 8, or 0 when it tells none
 * that makes sense, whatever is wrong with it. 1 is as stored; 2 and 4 mirrored left to right and
 * top to bottom; 3 half a turn; 5 with rows and columns exchanged; 6 to be turned a quarter
 * clockwise, 8 counter-clockwise; 7 exchanged along the other diagonal (Exif 2.3, section 4.6.4;
 * TIFF 6.0). */
unsigned mien_exif_orientation(const unsigned char *data, size_t nbytes);

/* The same of XMP: tiff:Orientation, as an attribute or an element. */
unsigned mien_xmp_orientation(const unsigned char *data, size_t nbytes);

/* Whether width and height change places. */
bool mien_exif_is_sideways(unsigned orientation);

/* Bring a picture upright; takes its pixels over. Nothing happens for 0 and 1. MIEN_ERR_NOMEM, and
 * the picture is as before. */
mien_status mien_exif_turn(unsigned orientation, mien_picture *picture);

#endif
