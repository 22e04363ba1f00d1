/* table.js - Of tables: heat-maps of basis and weights that sort by column.
 * SPDX-License-Identifier: MIT */
import { canvasOf, el, scrollBox, section, words } from "./dom.js";
import { colorOf, toneFit } from "./paint.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */

/** Columns named of each component. */
const NAMED = 6;
/** Rows that are printed without their names. */
const MANY = 80;

/**
 * Heat-maps of all methods beside each other, with the same rows: a column a component. Click a
 * head: rows are sorted by it.
 * @param {Page} page
 * @param {object} what
 * @param {string} what.label
 * @param {string} what.thing what a row is
 * @param {string[]} what.names of rows
 * @param {(fit: Fit, row: number, k: number) => number} what.at
 */
function heatMap({ run, state }, { label, thing, names, at }) {
    const count = names.length;
    const room = el("div"), reading = el("output", { class: "soft reading" });
    /** @type {{method: string, k: number, down: boolean}|null} */
    let by = null;

    function draw() {
        const order = names.map((_, row) => row);
        const key = by && run.methods.find((fit) => by && fit.name === by.method);
        if (by && key) {
            const { k, down } = by;
            order.sort((a, b) => (at(key, b, k) - at(key, a, k)) * (down ? 1 : -1));
        }
        const rowNames = el("ol", { class: "heat-names" }, order.map((row) => el("li", null, names[row])));
        const maps = run.methods.map((fit) => mapOf(fit, order));
        const heat = el("div", { class: count > MANY ? "heat many" : "heat" },
            el("div", { class: "heat-label" }, el("div", { class: "heat-head" }, thing), rowNames), maps);
        heat.style.setProperty("--heat-rows", String(count));
        heat.style.setProperty("--heat-columns", String(run.methods.reduce((sum, fit) => sum + fit.r, 0)));
        const box = scrollBox(label, heat);
        box.classList.add("tall");
        room.replaceChildren(box);
    }

    /** @param {Fit} fit @param {number[]} order */
    function mapOf(fit, order) {
        const values = Float32Array.from({ length: count * fit.r }, (_, i) => at(fit, order[Math.floor(i / fit.r)], i % fit.r));
        const tone = toneFit(fit.signed, values);
        const canvas = canvasOf(fit.r, count, `${label}, ${fit.title}: ${count} rows, ${fit.r} components; arrow keys read it`,
            { canvas: "heat", method: fit.name });
        canvas.tabIndex = 0;
        canvas.style.height = `calc(${count} * var(--heat-row))`;
        canvas.style.width = `calc(${fit.r} * var(--heat-column))`;
        const context = canvas.getContext("2d");
        if (context) {
            const image = context.createImageData(fit.r, count);
            values.forEach((value, i) => image.data.set([...colorOf(state.now.palette, tone, value), 255], 4 * i));
            context.putImageData(image, 0, 0);
        }
        const cursor = el("div", { class: "heat-cursor", hidden: true });
        let here = -1;
        /** @param {number} row @param {number} k */
        const read = (row, k) => {
            here = row * fit.r + k;
            reading.textContent = `${names[order[row]]}, component ${k + 1} of ${fit.title}: ${words(values[here])}`;
            cursor.hidden = false;
            cursor.style.top = `calc(${row} * var(--heat-row))`;
            cursor.style.left = `calc(${k} * var(--heat-column))`;
        };
        canvas.addEventListener("pointermove", (event) => {
            const box = canvas.getBoundingClientRect();
            const row = Math.floor(((event.clientY - box.top) / box.height) * count);
            const k = Math.floor(((event.clientX - box.left) / box.width) * fit.r);
            if (row >= 0 && row < count && k >= 0 && k < fit.r) read(row, k);
        });
        canvas.addEventListener("pointerleave", () => { cursor.hidden = true; });
        canvas.addEventListener("blur", () => { cursor.hidden = true; });
        canvas.addEventListener("focus", () => { if (canvas.matches(":focus-visible")) read(Math.max(Math.floor(here / fit.r), 0), Math.max(here % fit.r, 0)); });
        canvas.addEventListener("keydown", (event) => {
            const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
            if (!step) return;
            event.preventDefault();
            event.stopPropagation();
            read(Math.min(Math.max(Math.floor(here / fit.r) + step[0], 0), count - 1), Math.min(Math.max((here % fit.r) + step[1], 0), fit.r - 1));
        });
        const heads = Array.from({ length: fit.r }, (_, k) => {
            const sorted = by && by.method === fit.name && by.k === k;
            return el("button", { type: "button", class: "heat-sort", "aria-pressed": String(Boolean(sorted)),
                "aria-label": `Sort by component ${k + 1} of ${fit.title}`,
                onclick: () => {
                    by = !sorted ? { method: fit.name, k, down: true } : by && by.down ? { ...by, down: false } : null;
                    draw();
                    const again = room.querySelectorAll(`[data-heads="${CSS.escape(fit.name)}"] button`)[k];
                    if (again instanceof HTMLElement) again.focus();
                } }, k + 1, sorted && by ? (by.down ? "↓" : "↑") : "");
        });
        const headRow = el("div", { class: "heat-heads" }, heads);
        headRow.dataset.heads = fit.name;
        return el("div", { class: "heat-map" }, el("div", { class: "heat-title" }, fit.title), headRow,
            el("div", { class: "heat-cells" }, canvas, cursor));
    }
    state.watch(["fits", "palette"], draw);
    return el("div", { class: "screen" }, el("h3", null, label), room, reading);
}

/**
 * The columns in which a component is largest, by absolute value; zeros left out.
 * @param {Run} run
 * @param {Fit} fit
 * @param {number} k
 */
function largestColumns(run, fit, k) {
    const h = fit.H.subarray(k * run.data.p, (k + 1) * run.data.p);
    return Array.from(h, (_, j) => j).filter((j) => h[j] !== 0)
        .sort((a, b) => Math.abs(h[b]) - Math.abs(h[a])).slice(0, NAMED);
}

/** @param {Page} page */
function largestScreen({ run, state }) {
    const room = el("div", { class: "largest" });
    const columns = run.data.columns || [];
    state.watch(["fits"], () => room.replaceChildren(...run.methods.map((fit) => el("div", null,
        el("h4", null, fit.title),
        el("ol", { class: "largest-list" }, Array.from({ length: fit.r }, (_, k) => {
            const list = largestColumns(run, fit, k);
            return el("li", null, list.length ? list.map((j, at) => [at ? ", " : "", el("span", { class: "variable" }, columns[j],
                " ", el("small", { class: "soft" }, words(fit.H[k * run.data.p + j], 3)))]).flat() : "–");
        }))))));
    return el("div", { class: "screen" }, el("h3", null, "Where each component is largest"), room);
}

/**
 * Of tables: heat-maps of basis and weights that sort by column.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function tableSection(page) {
    const { run } = page;
    if (!run.data.is_table || !run.methods.length) return null;
    const p = run.data.p, columns = run.data.columns || Array.from({ length: p }, (_, j) => `variable ${j + 1}`);
    const images = run.images;
    const labels = images && images.labels;
    return section("table", "The table, taken apart",
        el("p", null, "A column for each component. Click its number to sort the rows by it: what is large together stands together, in all methods at once."),
        heatMap(page, { label: "Basis: what each component is made of", thing: "variable", names: columns, at: (fit, row, k) => fit.H[k * p + row] }),
        images ? heatMap(page, { label: "Weights: how much of each component everyone has", thing: "observation",
            names: images.names.map((name, i) => (labels ? `${name} · ${labels[i]}` : name)), at: (fit, row, k) => fit.W[row * fit.r + k] }) : null,
        run.data.columns ? largestScreen(page) : null);
}
