/* bars.js - a row of a table as bars: what it is, what is there so far, what a step adds.
 * SPDX-License-Identifier: MIT */
import { el } from "./dom.js";

/** @typedef {import("./data.js").Run} Run */

const NS = "http://www.w3.org/2000/svg";
const WIDE = 1000, TALL = 200;
const ROOM = 1.25; // above the row's largest value, for sums that are not there yet

/**
 * @param {string} name
 */
function path(name) {
    const made = document.createElementNS(NS, "path");
    made.setAttribute("class", name);
    return made;
}

/**
 * A picture of bars, one a column.
 * @param {Run} run
 * @param {string} label
 * @param {Record<string, string>} data
 */
export function barsOf(run, label, data) {
    const p = run.data.p;
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDE} ${TALL}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    for (const [key, value] of Object.entries(data)) svg.dataset[key] = value;
    const sum = path("bar-sum"), adds = path("bar-adds"), takes = path("bar-takes"), whole = path("bar-whole"), zero = path("bar-zero");
    svg.append(sum, adds, takes, whole, zero);
    const step = WIDE / p, inset = p <= 100 ? step * 0.12 : 0;
    return {
        element: el("div", null, svg),
        /**
         * @param {Float32Array} x the row
         * @param {Float32Array} now the sum so far, the last step's among it
         * @param {Float32Array} step_adds
         */
        draw(x, now, step_adds) {
            const top = x.reduce((a, b) => Math.max(a, b), 0) * ROOM, bottom = x.reduce((a, b) => Math.min(a, b), 0) * ROOM;
            const at = (/** @type {number} */ v) => ((top - Math.min(Math.max(v, bottom), top)) / (top - bottom || 1)) * (TALL - 4) + 2;
            const box = (/** @type {number} */ j, /** @type {number} */ a, /** @type {number} */ b) =>
                `M${(j * step + inset).toFixed(1)} ${at(a).toFixed(1)}V${at(b).toFixed(1)}H${((j + 1) * step - inset).toFixed(1)}V${at(a).toFixed(1)}z`;
            const out = ["", "", "", ""];
            for (let j = 0; j < p; j++) {
                const before = now[j] - step_adds[j];
                out[0] += box(j, 0, Math.abs(before) < Math.abs(now[j]) && before * now[j] >= 0 ? before : now[j]);
                out[step_adds[j] >= 0 ? 1 : 2] += box(j, before, now[j]);
                out[3] += `M${(j * step + inset / 2).toFixed(1)} ${at(x[j]).toFixed(1)}h${(step - inset).toFixed(1)}`;
            }
            [sum, adds, takes, whole].forEach((bars, i) => bars.setAttribute("d", out[i]));
            zero.setAttribute("d", `M0 ${at(0).toFixed(1)}H${WIDE}`);
        },
    };
}
