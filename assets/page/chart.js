/* chart.js - a curve on axes, as SVG: ticks, a mark, values under the pointer.
 * SPDX-License-Identifier: MIT */
import { el, words } from "./dom.js";

/**
 * An element of SVG.
 * @param {string} tag
 * @param {Record<string, string|number|null|undefined>} attributes
 * @param {...(Node|string)} children
 */
export function svgOf(tag, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes))
        if (value !== null && value !== undefined) element.setAttribute(key, String(value));
    element.append(...children);
    return element;
}

/**
 * Round numbers from low to high, at most about `count`.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @param {boolean} log 1, 2, 5, 10 .. where they are three or more
 */
export function ticksOf(low, high, count, log) {
    const ticks = [];
    if (log && low > 0) {
        for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
            for (const step of [1, 2, 5]) ticks.push(step * 10 ** power);
        const inside = ticks.filter((t) => t >= low && t <= high);
        const tens = inside.filter((t) => Math.abs(Math.log10(t) % 1) < 1e-9);
        const every = Math.ceil(tens.length / count);
        if (inside.length >= 3)
            return inside.length > count && tens.length > 2 ? tens.filter((_, i) => i % every === 0) : inside;
        ticks.length = 0;
    }
    const rough = (high - low) / count || 1;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * ([1, 2, 5].find((s) => s * unit >= rough) || 10);
    for (let t = Math.ceil(low / step) * step; t <= high + step / 1e6; t += step) ticks.push(t);
    return ticks;
}

/**
 * A number at an axis: a power of ten where digits would not do.
 * @param {number} value
 */
export function tickWords(value) {
    const power = Math.log10(Math.abs(value));
    if (value === 0 || (power > -4 && power < 6)) return words(value);
    const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    const shown = [...String(Math.floor(power + 1e-9))].map((c) => (c === "-" ? "⁻" : digits[Number(c)])).join("");
    const factor = value / 10 ** Math.floor(power + 1e-9);
    return `${Math.abs(factor - 1) < 1e-6 ? "" : `${words(factor, 2)} · `}10${shown}`;
}

/**
 * @typedef {object} Curve
 * @property {HTMLElement} element
 * @property {(x: number) => void} mark where the reader is now
 */

/**
 * A curve on logarithmic axes. Pointer and arrow keys read its values.
 * @param {object} what
 * @param {number[]} what.x increasing, positive
 * @param {number[]} what.y
 * @param {string} what.xLabel
 * @param {string} what.yLabel
 * @param {string} what.label for those who do not see it
 * @returns {Curve}
 */
export function curveOf({ x, y, xLabel, yLabel, label }) {
    const WIDTH = 380, HEIGHT = 230, LEFT = 62, RIGHT = 12, TOP = 24, BOTTOM = 40;
    const low = Math.min(...y), high = Math.max(...y);
    const log = low > 0;
    const scale = (/** @type {number} */ v) => (log ? Math.log(v) : v);
    const margin = 0.06 * (scale(high) - scale(low)) || 0.5;
    const bottom = scale(low) - margin, top = scale(high) + margin;
    const first = Math.log(x[0]), last = Math.log(x[x.length - 1]);
    const across = (/** @type {number} */ v) => LEFT + ((Math.log(v) - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT);
    const up = (/** @type {number} */ v) => HEIGHT - BOTTOM - ((scale(v) - bottom) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
    const drawing = svgOf("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img", tabindex: 0, "aria-label": label });
    for (const t of log ? ticksOf(Math.exp(bottom), Math.exp(top), 6, true) : ticksOf(bottom, top, 6, false))
        drawing.append(svgOf("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: up(t), y2: up(t) }),
            svgOf("text", { class: "tick", x: LEFT - 7, y: up(t) + 4, "text-anchor": "end" }, tickWords(t)));
    for (const t of ticksOf(x[0], x[x.length - 1], 7, true))
        drawing.append(svgOf("line", { class: "grid", x1: across(t), x2: across(t), y1: TOP, y2: HEIGHT - BOTTOM }),
            svgOf("text", { class: "tick", x: across(t), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, tickWords(t)));
    const place = svgOf("line", { class: "place", y1: TOP, y2: HEIGHT - BOTTOM });
    const dot = svgOf("circle", { class: "dot", r: 4.5 });
    const read = svgOf("circle", { class: "read", r: 4.5, visibility: "hidden" });
    const value = svgOf("text", { class: "value", x: WIDTH - RIGHT, y: 14, "text-anchor": "end" });
    drawing.append(
        svgOf("path", { class: "graph", d: x.map((v, i) => `${i ? "L" : "M"}${across(v).toFixed(1)} ${up(y[i]).toFixed(1)}`).join("") }),
        place, dot, read, value,
        svgOf("text", { class: "axis", x: 4, y: 14 }, yLabel),
        svgOf("text", { class: "axis", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, `${xLabel} →`));
    const spoken = el("output", { class: "spoken" });
    let at = x.length - 1, marked = at;
    /** @param {number} v */
    const nearest = (v) => x.reduce((best, other, i) => (Math.abs(Math.log(other / v)) < Math.abs(Math.log(x[best] / v)) ? i : best), 0);
    /** @param {Element} circle @param {number} i */
    const put = (circle, i) => {
        circle.setAttribute("cx", String(across(x[i])));
        circle.setAttribute("cy", String(up(y[i])));
    };
    /** @param {number} i */
    const show = (i) => {
        at = i;
        put(read, i);
        read.setAttribute("visibility", i === marked ? "hidden" : "visible");
        value.textContent = `${xLabel} ${words(x[i])}: ${words(y[i], 6)}`;
    };
    drawing.addEventListener("pointermove", (event) => {
        const box = drawing.getBoundingClientRect();
        const px = ((/** @type {PointerEvent} */ (event).clientX - box.left) / box.width) * WIDTH;
        show(nearest(Math.exp(first + ((px - LEFT) / (WIDTH - LEFT - RIGHT)) * (last - first))));
    });
    drawing.addEventListener("pointerleave", () => show(marked));
    drawing.addEventListener("keydown", (event) => {
        const key = /** @type {KeyboardEvent} */ (event).key;
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: x.length - 1 }[key];
        if (to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        show(Math.min(Math.max(to, 0), x.length - 1));
        spoken.textContent = value.textContent;
    });
    const mark = (/** @type {number} */ v) => {
        marked = nearest(v);
        put(dot, marked);
        place.setAttribute("x1", String(across(x[marked])));
        place.setAttribute("x2", String(across(x[marked])));
        show(marked);
    };
    mark(x[x.length - 1]);
    return { element: el("div", { class: "chart" }, drawing, spoken), mark };
}
