/* paint.js - values to colours: the mapping that every picture of mien has (src/draw/palette.c).
 * SPDX-License-Identifier: MIT */

/** @typedef {"esl"|"gray"|"diverging"} Palette */
/** @typedef {{kind: "natural"|"unsigned"|"signed", low: number, high: number}} Tone */

/** Colours between stops are mixed in sRGB. */
const stops = {
    esl: [
        [-1, 170, 0, 0],
        [-0.7, 225, 40, 10],
        [-0.35, 255, 145, 105],
        [0, 255, 255, 255],
        [1, 0, 0, 0],
    ],
    diverging: [
        [-1, 18, 66, 130],
        [-0.5, 126, 180, 224],
        [0, 255, 255, 255],
        [0.5, 246, 160, 84],
        [1, 128, 48, 0],
    ],
    gray: [
        [-1, 0, 0, 0],
        [1, 255, 255, 255],
    ],
};

const LEVELS = 1024; // of a table on either side of zero

/** @type {Map<string, Uint8ClampedArray>} */
const tables = new Map();

/**
 * Colours from -1 to 1 in 2 LEVELS + 1 steps, three bytes each.
 * @param {Palette} palette
 */
function tableOf(palette) {
    const known = tables.get(palette);
    if (known) return known;
    const list = stops[palette];
    const table = new Uint8ClampedArray(3 * (2 * LEVELS + 1));
    for (let i = 0; i <= 2 * LEVELS; i++) {
        const at = i / LEVELS - 1;
        let s = 1;
        while (s + 1 < list.length && at > list[s][0]) s++;
        const a = list[s - 1], b = list[s];
        const t = Math.min(Math.max((at - a[0]) / (b[0] - a[0]), 0), 1);
        for (let c = 0; c < 3; c++) table[3 * i + c] = Math.round(a[1 + c] + t * (b[1 + c] - a[1 + c]));
    }
    tables.set(palette, table);
    return table;
}

/**
 * The tone for images from low to high.
 * @param {number} low
 * @param {number} high
 * @returns {Tone}
 */
export function toneRange(low, high) {
    if (low >= 0) return { kind: "unsigned", low, high };
    const reach = Math.max(-low, high);
    return { kind: "signed", low: -reach, high: reach };
}

/**
 * The tone that uses the whole range for some values.
 * @param {boolean} signed
 * @param {ArrayLike<number>} values
 * @returns {Tone}
 */
export function toneFit(signed, values) {
    let min = 0, max = 0;
    for (let i = 0; i < values.length; i++) {
        if (values[i] < min) min = values[i];
        if (values[i] > max) max = values[i];
    }
    const reach = Math.max(-min, max);
    return signed ? { kind: "signed", low: -reach, high: reach } : { kind: "unsigned", low: 0, high: max };
}

/**
 * Where a value stands in its palette, -1 to 1.
 * @param {Palette} palette
 * @param {Tone} tone
 * @param {number} value
 */
function positionOf(palette, tone, value) {
    if (!(tone.high > tone.low) || Number.isNaN(value))
        return tone.kind !== "signed" && (tone.kind === "natural" || palette === "gray") ? -1 : 0;
    const both = tone.kind === "unsigned" && palette !== "gray" && tone.low === 0;
    if (tone.kind === "signed" || both) return Math.min(Math.max(value / tone.high, -1), 1);
    const at = Math.min(Math.max((value - tone.low) / (tone.high - tone.low), 0), 1);
    return tone.kind === "natural" || palette === "gray" ? 2 * at - 1 : at;
}

/**
 * Colour of one value: [red, green, blue].
 * @param {Palette} palette
 * @param {Tone} tone
 * @param {number} value
 */
export function colorOf(palette, tone, value) {
    const table = tableOf(tone.kind === "natural" ? "gray" : palette);
    const at = 3 * Math.round((positionOf(palette, tone, value) + 1) * LEVELS);
    return [table[at], table[at + 1], table[at + 2]];
}

/**
 * Paint values on a canvas that has as many pixels as they.
 * @param {HTMLCanvasElement} canvas width x height
 * @param {ArrayLike<number>} values height x width x channels
 * @param {object} how
 * @param {Tone} how.tone
 * @param {Palette} how.palette
 * @param {number} [how.channels] 3: red, green, blue; palettes have no say
 * @param {boolean} [how.dark] colours are darkness, taken from white
 */
export function paint(canvas, values, { tone, palette, channels = 1, dark = false }) {
    const context = canvas.getContext("2d");
    if (!context) return;
    const count = canvas.width * canvas.height;
    const image = context.createImageData(canvas.width, canvas.height);
    const out = image.data;
    const used = channels === 3 || tone.kind === "natural" ? "gray" : palette;
    const table = tableOf(used);
    const turn = channels === 3 && dark && tone.kind !== "natural";
    for (let i = 0; i < count; i++) {
        for (let c = 0; c < 3; c++) {
            const value = channels === 3 ? values[3 * i + c] : values[i];
            const at = 3 * Math.round((positionOf(used, tone, value) + 1) * LEVELS);
            const color = table[at + (channels === 3 ? 0 : c)];
            out[4 * i + c] = turn ? 255 - color : color;
        }
        out[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
}
