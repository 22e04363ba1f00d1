/* pack.js - a run as the page that holds it: what src/report writes, written by the page itself.
 * SPDX-License-Identifier: MIT */
import { expected } from "./data.js";

/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */

/**
 * base64 of zlib.
 * @param {Uint8Array} bytes
 */
async function deflate(bytes) {
    const stream = new Blob([/** @type {any} */ (bytes)]).stream()
        .pipeThrough(new CompressionStream("deflate"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    let text = "";
    for (let at = 0; at < packed.length; at += 0x8000)
        text += String.fromCharCode(...packed.subarray(at, at + 0x8000));
    return btoa(text);
}

/**
 * Differences to what is expected (unfilter in data.js).
 * @param {Uint8Array|Int16Array} values
 * @param {number} pixels
 * @param {number} row
 * @param {number} channels
 */
function filtered(values, pixels, row, channels) {
    const out = values.slice();
    for (let i = 0; i < values.length; i++) out[i] = values[i] - expected(values, i, i % pixels, row, channels);
    return out;
}

/** The arrays of a page in the making. */
class Blobs {
    /** @param {number} channels */
    constructor(channels) {
        this.channels = channels;
        /** @type {Record<string, object>} */
        this.told = {};
        /** @type {[string, string][]} */
        this.texts = [];
    }

    /**
     * @param {string} name
     * @param {Uint8Array|Int16Array|Float32Array|null} values
     * @param {number} [row] of pictures, which are filtered
     * @param {number} [pixels]
     * @returns {Promise<string|null>} the name
     */
    async add(name, values, row = 0, pixels = 0) {
        if (!values) return null;
        const small = values instanceof Float32Array || !row ? values : filtered(values, pixels, row, this.channels);
        let bytes = new Uint8Array(small.buffer, small.byteOffset, small.byteLength);
        if (small instanceof Int16Array) {
            const split = new Uint8Array(2 * small.length);
            for (let i = 0; i < small.length; i++) {
                const turns = (small[i] << 1) ^ (small[i] >> 15); // 0, -1, 1, -2, 2, .. as 0, 1, 2, 3, 4, ..
                split[i] = turns & 255;
                split[small.length + i] = (turns >> 8) & 255;
            }
            bytes = split;
        }
        const type = values instanceof Float32Array ? "f32" : values instanceof Int16Array ? "i16" : "u8";
        this.told[name] = { type, length: values.length, row, pixels, filter: row && type !== "f32" ? 1 : 0 };
        this.texts.push([name, await deflate(bytes)]);
        return name;
    }
}

/**
 * Rows or columns of numbers as whole numbers of 16 bits and a scale each.
 * @param {Float32Array} values
 * @param {number} count of scales
 * @param {(i: number) => number} group which scale a value has
 * @param {(k: number) => number} step smallest step that is worth keeping
 */
function whole(values, count, group, step) {
    const scale = new Array(count).fill(0);
    values.forEach((v, i) => { scale[group(i)] = Math.max(scale[group(i)], Math.abs(v)); });
    for (let k = 0; k < count; k++) scale[k] = Math.max(scale[k] / 32000, step(k)) || 1;
    return { scale, values: Int16Array.from(values, (v, i) => Math.round(v / scale[group(i)])) };
}

/**
 * The finest step of basis image k that can be seen: 1/2000 of the range at its largest weight.
 * @param {Fit} fit
 * @param {number} k
 * @param {number} range
 */
function stepOf(fit, k, range) {
    let largest = 0;
    for (let i = k; i < fit.W.length; i += fit.r) largest = Math.max(largest, Math.abs(fit.W[i]));
    return largest > 0 ? range / 2000 / largest : 0;
}

/**
 * @param {Blobs} blobs
 * @param {Fit} fit
 * @param {Run} run
 */
async function packFit(blobs, fit, run) {
    const { p, width, channels, low, high } = run.data;
    const basis = whole(fit.H, fit.r, (i) => Math.floor(i / p), (k) => stepOf(fit, k, high - low));
    const weights = whole(fit.W, fit.r, (i) => i % fit.r, () => 0);
    const snapshots = fit.snapshots;
    return {
        ...fit,
        H: undefined,
        W: undefined,
        basis: await blobs.add(`${fit.name}-basis`, basis.values, width * channels, p),
        basis_scale: basis.scale,
        weights: await blobs.add(`${fit.name}-weights`, weights.values),
        weights_scale: weights.scale,
        mean: await blobs.add(`${fit.name}-mean`, fit.mean),
        snapshots: snapshots && {
            ...snapshots,
            scale: Array.from(snapshots.scale),
            values: await blobs.add(`${fit.name}-snapshots`, snapshots.values, snapshots.width * channels,
                snapshots.width * snapshots.height * channels),
        },
    };
}

/** Text inside of an element: no name ends it. @param {string} text */
const safe = (text) => text.replace(/</g, "\\u003c");

/**
 * The page of a run, as a file of its own: this page's style and script with other data.
 * @param {Run} run
 * @param {{prepared: Uint8Array, scale: number}} images of all images of the run, x = scale * value
 * @returns {Promise<string>}
 */
export async function packReport(run, images) {
    const blobs = new Blobs(run.data.channels);
    const row = run.data.width * run.data.channels;
    const methods = [];
    for (const fit of run.methods) methods.push(await packFit(blobs, fit, run));
    const told = run.images;
    const data = {
        format: 1,
        ...run,
        images: told && {
            count: told.count, index: told.index, names: told.names, labels: told.labels,
            untouched: await blobs.add("untouched", told.untouched, row, run.data.p),
            prepared: await blobs.add("prepared", images.prepared, row, run.data.p),
            prepared_scale: images.scale, gain: null, center: null, offset: null, lower: 0, upper: 1,
        },
        methods,
        blobs: blobs.told,
    };
    const style = document.querySelector("style")?.textContent || "";
    const script = document.querySelector('script[type="module"]')?.textContent || "";
    const policy = (document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute("content") || "")
        .replace(" 'wasm-unsafe-eval'", "").replace(/;?\s*worker-src[^;]*/, "").replace(/;?\s*media-src[^;]*/, "");
    // the words of tags are put together here, since this text stands in a script itself
    const tag = (/** @type {string} */ name, /** @type {string} */ attributes, /** @type {string} */ text) =>
        `<${name}${attributes && " "}${attributes}>${text}</${name}>`;
    return [
        "<!DOCTYPE html>",
        '<html lang="en" data-theme="auto">',
        "<head>",
        '<meta charset="utf-8">',
        `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        tag("title", "", "mien: what each method learned"),
        tag("style", "", style),
        "</head>",
        "<body>",
        tag("main", "", ""),
        tag("footer", "", `Made by mien ${run.version}`),
        tag("script", 'type="application/json" id="mien-data"', safe(JSON.stringify(data))),
        ...blobs.texts.map(([name, text]) => tag("script", `type="text/plain" id="blob-${name}"`, text)),
        tag("script", 'type="module"', script),
        "</body>",
        "</html>",
        "",
    ].join("\n");
}
