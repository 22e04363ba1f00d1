/* png.h - canvases as PNG, in memory and on disk.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PNG_H
#define MIEN_PNG_H

#include "draw/canvas.h"
#include "mien_report.h"

/* Encode a canvas; one grey channel when every pixel is grey, three otherwise. *out goes back
 * through mien_free. MIEN_ERR_NOMEM. */
mien_status mien_png_encode(const mien_canvas *canvas, unsigned char **out, size_t *nbytes,
                            mien_error *err);

/* Encode and write a file. MIEN_ERR_IO with path and reason when opening, any write or closing
 * fails; what was written until then stays behind. */
mien_status mien_png_write(const mien_canvas *canvas, const char *path, mien_error *err);

/* Write a canvas as folder/name and free it, in any case. */
mien_status mien_canvas_write(mien_outdir *dir, const char *folder, const char *name,
                              mien_canvas *canvas, mien_error *err);

#endif
