/* dom.js - elements, by their parts. Text is text, never markup.
 * SPDX-License-Identifier: MIT */

/** @typedef {Node|string|number|null|undefined|false} Child */

/**
 * An element with attributes, listeners (keys that begin with "on") and children. true sets an
 * attribute without a value; false, null and undefined leave it out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>|null} [attributes]
 * @param {...(Child|Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
        if (value === false || value === null || value === undefined) continue;
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else element.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children.flat())
        if (child !== null && child !== undefined && child !== false)
            element.append(child instanceof Node ? child : String(child));
    return element;
}

/**
 * A canvas of so many pixels, told to those who do not see it.
 * @param {number} width
 * @param {number} height
 * @param {string} label
 * @param {Record<string, string|number>} data written as data-...
 */
export function canvasOf(width, height, label, data) {
    const canvas = el("canvas", { width, height, role: "img", "aria-label": label, class: "pixels" });
    for (const [key, value] of Object.entries(data)) canvas.dataset[key] = String(value);
    return canvas;
}

/**
 * A section with a heading, and what stands in it.
 * @param {string} id
 * @param {string} heading
 * @param {...(Child|Child[])} children
 */
export function section(id, heading, ...children) {
    return el("section", { id, "aria-labelledby": `${id}-heading` },
        el("h2", { id: `${id}-heading` }, heading), ...children);
}

/**
 * A box that scrolls where its content is wider or, if tall, higher; keys reach it while it does.
 * @param {string} label
 * @param {...(Child|Child[])} children
 */
export function scrollBox(label, ...children) {
    const box = el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": label }, ...children);
    new ResizeObserver(() => {
        box.tabIndex = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight ? 0 : -1;
    }).observe(box);
    return box;
}

/** Rows of a table beyond which it scrolls, columns beyond which it is printed small. */
const LONG_TABLE = 25, WIDE_TABLE = 15;

/** @typedef {{value: number|string|null, shown?: Child, words?: boolean}} Cell value: what it is sorted by; null last */

/**
 * A table, sorted by a click on a column's head; the first cell of a row is its head.
 * @param {string} caption
 * @param {string[]} heads
 * @param {Cell[][]} rows
 */
export function sortedTable(caption, heads, rows) {
    const lines = rows.map((cells) => ({
        cells,
        row: el("tr", null, cells.map((cell, c) => el(c ? "td" : "th",
            { scope: c ? null : "row", class: cell.words ? "words" : null },
            cell.shown !== undefined ? cell.shown : cell.value === null ? "–" : cell.value))),
    }));
    const body = el("tbody", null, lines.map(({ row }) => row));
    const columns = heads.map((head, c) => el("th", { scope: "col", class: rows.length && rows[0][c].words ? "words" : null },
        el("button", { type: "button", class: "sort", onclick: () => sortBy(c) }, head)));
    /** @param {number} c */
    function sortBy(c) {
        const numbers = lines.some(({ cells }) => typeof cells[c].value === "number");
        const was = columns[c].getAttribute("aria-sort");
        const down = was ? was === "ascending" : numbers;
        columns.forEach((head) => head.removeAttribute("aria-sort"));
        columns[c].setAttribute("aria-sort", down ? "descending" : "ascending");
        lines.sort((left, right) => {
            const a = left.cells[c].value, b = right.cells[c].value;
            if (a === null || b === null) return Number(a === null) - Number(b === null);
            const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
            return down ? -order : order;
        });
        body.append(...lines.map(({ row }) => row));
    }
    const box = scrollBox(caption, el("table", { class: heads.length > WIDE_TABLE ? "sorted wide" : "sorted" },
        el("caption", null, caption), el("thead", null, el("tr", null, columns)), body));
    box.classList.toggle("tall", rows.length > LONG_TABLE);
    return box;
}

/**
 * A number as people read it: so many significant digits, no exponent where it can be helped.
 * @param {number} value
 * @param {number} [digits]
 */
export function words(value, digits = 4) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(digits - 1);
    const places = size >= 1 ? Math.max(digits - 1 - Math.floor(Math.log10(size)), 0) : digits;
    return value.toLocaleString("en", { maximumFractionDigits: Math.min(places, 6) });
}

/** @type {WeakMap<Element, {draw: () => void, seen: boolean}>} */
const lazy = new WeakMap();
/** Elements that are to be drawn when they come into view; @type {Set<Element>} */
const due = new Set();
/** @type {IntersectionObserver|undefined} */
let watcher;

/**
 * Draw an element when it comes into view, and again after every call of what is returned: at
 * once while it is in view, else when it comes there.
 * @param {Element} element
 * @param {() => void} draw
 */
export function lazily(element, draw) {
    const drawNow = (/** @type {Element} */ target) => {
        const one = lazy.get(target);
        if (due.delete(target) && one) one.draw();
    };
    if (!watcher) {
        watcher = new IntersectionObserver((entries) => {
            for (const { target, isIntersecting } of entries) {
                const one = lazy.get(target);
                if (one) one.seen = isIntersecting;
                if (isIntersecting) drawNow(target);
            }
        }, { rootMargin: "200px" });
        addEventListener("beforeprint", () => [...due].forEach(drawNow)); // paper has no view
    }
    const one = { draw, seen: false };
    lazy.set(element, one);
    due.add(element);
    watcher.observe(element);
    return () => {
        due.add(element);
        if (one.seen) drawNow(element);
    };
}

/**
 * Arrow keys, Home and End among elements of which one can be reached by Tab.
 * @param {HTMLElement} box
 * @param {() => HTMLElement[]} list those that can be chosen now
 * @param {(chosen: HTMLElement) => void} choose
 */
export function rove(box, list, choose) {
    box.addEventListener("keydown", (event) => {
        const all = list(), at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
        if (at < 0) return;
        const top = all[0].offsetTop;
        const across = Math.max(all.findIndex((one) => one.offsetTop !== top), 0) || all.length;
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - across, ArrowDown: at + across, Home: 0, End: all.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        if (!all[to]) return;
        all[to].focus();
        choose(all[to]);
    });
}

/**
 * The names of a table's columns; "column 3" where they have none.
 * @param {import("./data.js").Run} run
 */
export function columnNames(run) {
    return run.data.columns || Array.from({ length: run.data.p }, (_, j) => `column ${j + 1}`);
}

/** Whether the reader asked for less motion. */
export function isStill() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
