/* data.js - the run, out of the page: JSON, and arrays that stand beside it.
 * SPDX-License-Identifier: MIT */

/**
 * @typedef {object} Blob_ what the JSON says of an array
 * @property {"u8"|"i16"|"f32"} type
 * @property {number} length values
 * @property {number} row values of a picture's row
 * @property {number} pixels values of a picture
 * @property {number} filter 1: values are differences to their neighbours
 */

/**
 * @typedef {object} Fit
 * @property {string} name
 * @property {string} title
 * @property {string} motto
 * @property {string} long_title
 * @property {string} citation
 * @property {boolean} signed
 * @property {boolean} memberships
 * @property {boolean} clusters
 * @property {boolean} in_steps
 * @property {boolean} monotone
 * @property {"kl"|"half-squares"|"squares"} objective
 * @property {number} r
 * @property {number} loss
 * @property {string} loss_name
 * @property {number} penalty
 * @property {number} relative_error
 * @property {number} explained_variance
 * @property {number} iterations
 * @property {number} seconds
 * @property {string} stop
 * @property {string} note
 * @property {number} seed
 * @property {number} sparseness
 * @property {number} weights_sparseness
 * @property {number} localisation
 * @property {number} overlap
 * @property {number} cancellation
 * @property {Float32Array} H r x p
 * @property {Float32Array} W count x r, of the images of the page
 * @property {Float32Array|null} mean p
 * @property {number[]|null} share
 * @property {number[][]|null} exemplars places in X
 * @property {{iteration: number[], loss: number[], seconds: number[]}} history
 * @property {{iteration: number[], values: Uint8Array, scale: number[], height: number, width: number}|null} snapshots
 * @property {{labels: string[], counts: number[][]}|null} cross
 * @property {{adjusted_rand: number, normalized_mutual: number}|null} agreement
 */

/**
 * @typedef {object} Images
 * @property {number} count
 * @property {number[]|null} index
 * @property {string[]} names
 * @property {string[]|null} labels
 * @property {Uint8Array|null} untouched count x p
 * @property {(place: number, out: Float32Array) => Float32Array} prepared fills out with x of an image
 * @property {boolean} [unknown] the page does not hold x (rows of tables)
 */

/**
 * @typedef {object} Run
 * @property {string} version
 * @property {"comparison"|"stability"|"rank"|"cone"} kind
 * @property {{command: string, input: string, seed: number, fingerprint: string, interrupted: boolean, options: Record<string, string|number>}} run
 * @property {{n: number, p: number, height: number, width: number, channels: number, is_table: boolean, normalize: string, ink: string|null,
 *   clipped: number, low: number, high: number, remarks: string[], columns: string[]|null,
 *   refused: {path: string, reason: string}[], n_refused: number, n_skipped: number|null}} data
 * @property {"esl"|"gray"|"diverging"} palette
 * @property {number} example place in X
 * @property {Images|null} images
 * @property {Fit[]} methods
 * @property {{title: string, reason: string}[]} failures
 * @property {any} truth
 * @property {any[]} studies
 */

/**
 * base64 of zlib, undone.
 * @param {string} text
 * @returns {Promise<Uint8Array>}
 */
export async function inflate(text) {
    const words = text.trim(), quick = /** @type {any} */ (Uint8Array).fromBase64;
    /** @type {Uint8Array<ArrayBuffer>} */
    let packed;
    if (quick) packed = quick.call(Uint8Array, words);
    else {
        const binary = atob(words);
        packed = new Uint8Array(binary.length);
        for (let i = 0; i < packed.length; i++) packed[i] = binary.charCodeAt(i);
    }
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * What the values left, above and left above let expect: at an edge the one of left and above that
 * goes on, else what lies in their plane.
 * @param {Uint8Array|Int16Array} values
 * @param {number} at
 * @param {number} j the same in its picture
 * @param {number} row of a picture
 * @param {number} channels
 */
export function expected(values, at, j, row, channels) {
    const left = j % row >= channels ? values[at - channels] : 0;
    const above = j >= row ? values[at - row] : 0;
    const corner = j % row >= channels && j >= row ? values[at - row - channels] : 0;
    const low = Math.min(left, above), high = Math.max(left, above);
    return corner >= high ? low : corner <= low ? high : left + above - corner;
}

/**
 * Values in place of differences to what was expected.
 * @param {Uint8Array|Int16Array} values
 * @param {number} pixels of a picture
 * @param {number} row of a picture
 * @param {number} channels
 */
function unfilter(values, pixels, row, channels) {
    for (let first = 0; first < values.length; first += pixels)
        for (let j = 0; j < pixels; j++) values[first + j] += expected(values, first + j, j, row, channels);
}

/**
 * An array of the page, by name.
 * @param {any} json
 * @param {string|null} name
 * @returns {Promise<Uint8Array|Int16Array|Float32Array|null>}
 */
async function readBlob(json, name) {
    if (!name) return null;
    /** @type {Blob_} */
    const what = json.blobs[name];
    const script = document.getElementById(`blob-${name}`);
    if (!what || !script) throw new Error(`the array ${name} is missing`);
    const bytes = await inflate(script.textContent || "");
    script.remove(); // its text is no longer needed
    if (what.type === "f32") return new Float32Array(bytes.buffer, 0, what.length);
    /** @type {Uint8Array|Int16Array} */
    let values = bytes;
    if (what.type === "i16") {
        values = new Int16Array(what.length);
        for (let i = 0; i < what.length; i++) {
            const turns = bytes[i] | (bytes[what.length + i] << 8); // 0, -1, 1, -2, 2, ..
            values[i] = (turns >>> 1) ^ -(turns & 1);
        }
    }
    if (what.filter) unfilter(values, what.pixels, what.row, json.data.channels);
    return values;
}

/**
 * Whole numbers times the scale of their row or column.
 * @param {ArrayLike<number>} values rows x columns
 * @param {number[]} scale
 * @param {number} columns
 * @param {boolean} byRow one scale a row, else one a column
 */
function scaled(values, scale, columns, byRow) {
    const out = new Float32Array(values.length);
    for (let first = 0, row = 0; first < out.length; first += columns, row++)
        for (let j = 0; j < columns; j++) out[first + j] = values[first + j] * scale[byRow ? row : j];
    return out;
}

/**
 * How x of an image comes from what the page holds.
 * @param {any} json
 * @returns {Promise<Images|null>}
 */
async function readImages(json) {
    const images = json.images;
    if (!images) return null;
    const p = json.data.p;
    const untouched = /** @type {Uint8Array|null} */ (await readBlob(json, images.untouched));
    const stored = await readBlob(json, images.prepared);
    const gain = await readBlob(json, images.gain);
    const center = await readBlob(json, images.center);
    const offset = await readBlob(json, images.offset);
    return {
        count: images.count,
        index: images.index,
        names: images.names,
        labels: images.labels,
        untouched,
        unknown: !stored && !untouched,
        prepared(place, out) {
            if (stored) {
                for (let j = 0; j < p; j++) out[j] = images.prepared_scale * stored[place * p + j];
            } else if (untouched && gain && center && offset) {
                const a = gain[place], c = center[place], b = offset[place];
                for (let j = 0; j < p; j++) {
                    const x = a * (untouched[place * p + j] - c) + b;
                    out[j] = Math.min(Math.max(x, images.lower), images.upper);
                }
            }
            return out;
        },
    };
}

/**
 * The run that the page holds.
 * @returns {Promise<Run>}
 */
export async function readRun() {
    const script = document.getElementById("mien-data");
    const json = JSON.parse(script ? script.textContent || "" : "null");
    for (const fit of json.methods) {
        const basis = await readBlob(json, fit.basis);
        const weights = await readBlob(json, fit.weights);
        if (!basis || !weights) throw new Error(`${fit.title} has no basis or no weights`);
        fit.H = scaled(basis, fit.basis_scale, json.data.p, true);
        fit.W = scaled(weights, fit.weights_scale, fit.r, false);
        fit.mean = await readBlob(json, fit.mean);
        if (fit.snapshots) fit.snapshots.values = await readBlob(json, fit.snapshots.values);
    }
    json.images = await readImages(json);
    return json;
}
