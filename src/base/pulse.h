/* pulse.h - a sign of life: counts what was finished, for whoever watches from outside.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PULSE_H
#define MIEN_PULSE_H

/* A task of a pool is finished, or bytes were written. Any thread. mien_pulse() in mien.h reads. */
void mien_beat(void);

/* Around a step that may take long and surely ends, as drawing does: until then there is life. */
void mien_hold_begin(void);
void mien_hold_end(void);

#endif
