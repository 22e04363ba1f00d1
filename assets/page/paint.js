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
 * Whether there are colours on either side of zero.
 * @param {Palette} palette
 * @param {Tone} tone
 */
function isBothWays(palette, tone) {
    return tone.kind === "signed" || (tone.kind === "unsigned" && palette !== "gray" && tone.low === 0);
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
    if (isBothWays(palette, tone)) return Math.min(Math.max(value / tone.high, -1), 1);
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
    const turn = channels === 3 && dark && tone.kind !== "natural" ? 255 : 0;
    // positions are straight lines between their ends: scale and shift once, not for every pixel
    const first = positionOf(used, tone, -Infinity), last = positionOf(used, tone, Infinity);
    const from = isBothWays(used, tone) ? -tone.high : tone.low;
    const scale = last > first ? ((last - first) * LEVELS) / (tone.high - from) : 0;
    const shift = (first + 1) * LEVELS - scale * from + 0.5;
    const least = (first + 1) * LEVELS, most = (last + 1) * LEVELS;
    const none = (positionOf(used, tone, NaN) + 1) * LEVELS;
    for (let i = 0; i < count; i++) {
        for (let c = 0; c < channels; c++) {
            const value = values[channels * i + c];
            const where = Math.floor(value * scale + shift);
            const at = 3 * (where > most ? most : where >= least ? where : value < 0 || value >= 0 ? least : none);
            out[4 * i + c] = Math.abs(turn - table[at]);
            if (channels === 3) continue;
            out[4 * i + 1] = table[at + 1];
            out[4 * i + 2] = table[at + 2];
        }
        out[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
}

/**
 * Pictures side by side on a canvas, a grey line between them.
 * @param {HTMLCanvasElement} canvas
 * @param {{values: ArrayLike<number>, tone: Tone}[]} pictures
 * @param {object} how
 * @param {number} how.width of one
 * @param {number} how.height
 * @param {number} how.across pictures in a row
 * @param {Palette} how.palette
 * @param {number} [how.channels]
 * @param {boolean} [how.dark]
 */
export function paintSheet(canvas, pictures, { width, height, across, ...how }) {
    const context = canvas.getContext("2d");
    const one = document.createElement("canvas");
    one.width = width;
    one.height = height;
    if (!context) return;
    context.clearRect(0, 0, canvas.width, canvas.height);
    canvas.style.imageRendering = height < 32 ? "pixelated" : "auto"; // small ones are enlarged
    context.fillStyle = "#a8adb6";
    pictures.forEach(({ values, tone }, k) => {
        paint(one, values, { tone, ...how });
        const left = (k % across) * (width + 1), top = Math.floor(k / across) * (height + 1);
        context.fillRect(left, top, width + 2, height + 2);
        context.drawImage(one, left + 1, top + 1);
    });
}
