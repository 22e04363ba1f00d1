/* png.h - canvases as PNG, in memory and in a folder of results.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PNG_H
#define MIEN_PNG_H

#include "draw/canvas.h"
#include "mien_report.h"

/* Encode a canvas; one grey channel when every pixel is grey, three otherwise. The canvas is spent
 * and freed in any case: the rows are filtered where its pixels are. *out goes back through
 * mien_free. MIEN_ERR_NOMEM. */
mien_status mien_png_encode(mien_canvas *canvas, unsigned char **out, size_t *nbytes,
                            mien_error *err);

/* Write a canvas as folder/name and free it, in any case. */
mien_status mien_canvas_write(mien_outdir *dir, const char *folder, const char *name,
                              mien_canvas *canvas, mien_error *err);

#endif
