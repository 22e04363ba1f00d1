/* pictures.js - what a run holds, on canvases: images, parts, thumbnails.
 * SPDX-License-Identifier: MIT */
import { canvasOf } from "./dom.js";
import { paint, toneFit, toneRange } from "./paint.js";

/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */
/** @typedef {import("./paint.js").Palette} Palette */
/** @typedef {import("./paint.js").Tone} Tone */

/**
 * An empty canvas for a picture of the run: one pixel a value.
 * @param {Run} run
 * @param {string} label
 * @param {Record<string, string|number>} data
 */
export function pictureOf(run, label, data) {
    return canvasOf(run.data.width, run.data.height, label, data);
}

/**
 * Values of p pixels on a canvas, by the palette and the ink of the run.
 * @param {Run} run
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {Palette} palette
 * @param {Tone} [tone] else that of images
 */
export function paintValues(run, canvas, values, palette, tone) {
    const { low, high, channels, ink } = run.data;
    paint(canvas, values, { tone: tone || toneRange(low, high), palette, channels, dark: ink === "dark" });
}

/**
 * The tone of what is added to images: the whole range of theirs, in either direction where a
 * method takes away.
 * @param {Run} run
 * @param {boolean} signed
 * @param {number} [gain] so many times as strong
 * @returns {Tone}
 */
export function toneOfSteps(run, signed, gain = 1) {
    const span = (run.data.high - run.data.low) / gain;
    return signed ? { kind: "signed", low: -span, high: span } : { kind: "unsigned", low: 0, high: span };
}

/**
 * Basis image k on a canvas, with the whole range of its palette.
 * @param {Run} run
 * @param {HTMLCanvasElement} canvas
 * @param {Fit} fit
 * @param {number} k
 * @param {Palette} palette
 */
export function paintPart(run, canvas, fit, k, palette) {
    const h = fit.H.subarray(k * run.data.p, (k + 1) * run.data.p);
    paintValues(run, canvas, h, palette, toneFit(fit.signed, h));
}

/** @type {Float32Array} */
let scratch = new Float32Array(0);

/**
 * An image of the page as it is known to people: the untouched one, or the prepared one where the
 * page has no other.
 * @param {Run} run
 * @param {HTMLCanvasElement} canvas
 * @param {number} place
 * @param {Palette} palette
 */
export function paintPhotograph(run, canvas, place, palette) {
    const p = run.data.p;
    if (!run.images) return;
    if (run.images.untouched) {
        const stored = run.images.untouched.subarray(place * p, (place + 1) * p);
        paintValues(run, canvas, stored, "gray", { kind: "natural", low: 0, high: 255 });
        return;
    }
    if (scratch.length !== p) scratch = new Float32Array(p);
    paintValues(run, canvas, run.images.prepared(place, scratch), palette);
}

/**
 * Where an image of X stands among those of the page; -1: it is none of the sample.
 * @param {Run} run
 * @param {number} row of X
 */
export function placeOf(run, row) {
    if (!run.images) return -1;
    if (run.images.index) return run.images.index.indexOf(row);
    return row < run.images.count ? row : -1;
}

/**
 * Columns of a grid of r pictures: near a square, full rows where that costs little.
 * @param {Run} run
 * @param {number} r
 */
export function columnsOf(run, r) {
    const ideal = Math.min(Math.sqrt((r * run.data.height) / run.data.width), r);
    if (ideal < 1 || run.data.is_table) return 1;
    const near = [Math.round(ideal), Math.floor(ideal), Math.ceil(ideal)];
    return near.find((columns) => r % columns === 0) || Math.ceil(ideal);
}
