/* emerge.js - Watch parts appear: the basis along the iterations.
 * SPDX-License-Identifier: MIT */
import { curveOf } from "./chart.js";
import { canvasOf, el, scrollBox, section, words } from "./dom.js";
import { foundName } from "./meaning.js";
import { paintValues } from "./pictures.js";
import { paintSheet, toneFit } from "./paint.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */

/** Parts whose way is shown as a strip. */
const STRIP = 6;
/** What plays holds a moment so long, in milliseconds. */
const BEAT = 800;

/**
 * Component k at a moment: values of any scale, for each is painted with its whole range.
 * @param {Fit} fit
 * @param {number} moment
 * @param {number} k
 */
function momentOf(fit, moment, k) {
    const shots = /** @type {NonNullable<Fit["snapshots"]>} */ (fit.snapshots);
    const size = shots.values.length / (shots.iteration.length * fit.r);
    const at = (moment * fit.r + k) * size;
    const stored = shots.values.subarray(at, at + size);
    return fit.signed ? Float32Array.from(stored, (v) => v - 128) : stored;
}

/**
 * The latest snapshot that a fit has at an iteration; beyond its end its last.
 * @param {Fit} fit
 * @param {number} iteration
 */
function momentAt(fit, iteration) {
    const list = fit.snapshots ? fit.snapshots.iteration : [];
    let at = 0;
    while (at + 1 < list.length && list[at + 1] <= iteration) at++;
    return at;
}

/**
 * The components that show best how they come: what is known to be found, then as emerge.png
 * chooses (src/report/story.c): each the sparsest of those that lie apart from the ones before, by
 * how much it brings.
 * @param {Run} run
 * @param {Fit} fit
 */
function stripParts(run, fit) {
    const p = run.data.p;
    const all = Array.from({ length: fit.r }, (_, k) => k);
    const basis = all.map((k) => fit.H.subarray(k * p, (k + 1) * p));
    const sums = basis.map((h) => h.reduce((sum, v) => sum + Math.abs(v), 0));
    const sizes = basis.map((h) => Math.sqrt(h.reduce((sum, v) => sum + v * v, 0)) || 1);
    const weights = all.map((k) => {
        let sum = 0;
        for (let i = k; i < fit.W.length; i += fit.r) sum += fit.W[i];
        return sum;
    });
    const worth = all.map((k) => {
        const sparse = (Math.sqrt(p) - sums[k] / sizes[k]) / (Math.sqrt(p) - 1);
        return sparse ** 4 * Math.sqrt(Math.abs(weights[k]) * sums[k]);
    });
    const chosen = all.filter((k) => foundName(run, fit, k)).slice(0, STRIP);
    const nearest = all.map(() => 0); // of a component: its cosine with the most alike of those chosen
    const add = (/** @type {number} */ other) => all.forEach((k) => {
        let sum = 0;
        for (let j = 0; j < p; j++) sum += basis[k][j] * basis[other][j];
        nearest[k] = Math.max(nearest[k], sum / (sizes[k] * sizes[other]));
    });
    const score = (/** @type {number} */ k) => worth[k] * (1 - nearest[k]);
    chosen.forEach(add);
    while (chosen.length < Math.min(STRIP, fit.r)) {
        const left = all.filter((k) => !chosen.includes(k));
        chosen.push(left.reduce((best, k) => (score(k) > score(best) ? k : best)));
        add(chosen[chosen.length - 1]);
    }
    return chosen.sort((a, b) => a - b);
}

/**
 * Whether a loss is the same all along.
 * @param {number[]} loss
 */
function isFlat(loss) {
    return Math.max(...loss) - Math.min(...loss) <= 1e-4 * Math.abs(loss[0]);
}

/**
 * Watch parts appear: the basis along the iterations.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function emergeSection(page) {
    const { run, state } = page;
    if (run.data.is_table || !run.methods.length) return null;
    const scrub = el("input", { id: "scrub", type: "range", min: 0, step: 1, "aria-label": "Iteration",
        oninput: () => { stop(); state.set({ moment: Number(scrub.value) }); } });
    const play = el("button", { type: "button", id: "emerge-play", onclick: () => (timer ? stop() : start()) });
    const clock = el("output", { class: "clock", for: "scrub" });
    const columns = el("div", { class: "learners" });
    const strip = el("div", { class: "screen" });
    const note = el("p", { class: "note" });
    const made = section("emerge", "Watch parts appear",
        el("div", { class: "screen" },
            el("p", { class: "lead" }),
            el("div", { class: "player" }, play, scrub, clock), columns, note),
        strip);
    const lead = /** @type {HTMLElement} */ (made.querySelector(".lead"));
    /** @type {Fit[]} */
    let learners = [];
    /** @type {Fit} */
    let leader;
    /** @type {((moment: number, iteration: number) => void)[]} */
    let draws = [];
    /** @type {ReturnType<typeof setInterval>|undefined} */
    let timer;

    function stop() {
        clearInterval(timer);
        timer = undefined;
        play.textContent = "play";
    }
    function start() {
        const count = momentsOf(leader);
        if (state.now.moment >= count - 1) state.set({ moment: 0 });
        timer = setInterval(() => {
            if (state.now.moment + 1 < count) state.set({ moment: state.now.moment + 1 });
            if (state.now.moment + 1 >= count) stop();
        }, BEAT);
        play.textContent = "stop";
    }
    /** @param {Fit} fit */
    function momentsOf(fit) {
        return fit.snapshots ? fit.snapshots.iteration.length : 0;
    }

    /** @param {Fit} fit */
    function learnerOf(fit) {
        const shots = /** @type {NonNullable<Fit["snapshots"]>} */ (fit.snapshots);
        const across = Math.ceil(Math.sqrt(fit.r)), down = Math.ceil(fit.r / across);
        const canvas = canvasOf(across * (shots.width + 1) + 1, down * (shots.height + 1) + 1, "", { canvas: "snapshot", method: fit.name });
        canvas.classList.add("sheet");
        const when = el("span", { class: "soft" });
        const { iteration, loss } = fit.history;
        const from = iteration.findIndex((i) => i >= 1);
        const curve = fit.monotone && loss.length - from > 2 && loss.every(Number.isFinite)
            ? curveOf({ x: iteration.slice(from), y: loss.slice(from), xLabel: "iteration",
                yLabel: fit.penalty > 0 ? "loss and penalty" : "loss",
                label: `Curve: ${fit.loss_name} of ${fit.title} along the iterations, logarithmic axes; arrow keys read it` })
            : null;
        draws.push((moment, reached) => {
            const at = moment === momentsOf(leader) - 1 ? shots.iteration.length - 1 : momentAt(fit, reached);
            const here = shots.iteration[at];
            const done = at === shots.iteration.length - 1;
            paintSheet(canvas, Array.from({ length: fit.r }, (_, k) => {
                const values = momentOf(fit, at, k);
                return { values, tone: toneFit(fit.signed, values) };
            }), { width: shots.width, height: shots.height, across, palette: state.now.palette,
                channels: run.data.channels, dark: run.data.ink === "dark" });
            canvas.setAttribute("aria-label", `All ${fit.r} components of ${fit.title} after ${here} iterations`);
            when.textContent = done ? `finished after ${here}` : `after ${here}`;
            if (curve) curve.mark(here);
        });
        return el("div", { class: "learner" },
            el("h3", null, fit.title, " ", when), canvas,
            curve ? curve.element
                : el("p", { class: "note" }, `No curve: the iterations of ${fit.title} seek something else than a smaller loss`
                    + `${isFlat(loss) ? `, which stays at ${words(fit.loss)}` : ""}.`));
    }

    /** @param {Fit} fit */
    function drawStrip(fit) {
        const shots = /** @type {NonNullable<Fit["snapshots"]>} */ (fit.snapshots);
        const heads = shots.iteration.map((i, m) => el("th", { scope: "col" },
            el("button", { type: "button", class: "sort", onclick: () => { stop(); state.set({ moment: m }); } }, i)));
        const parts = stripParts(run, fit);
        if (state.now.part >= 0 && state.now.part < fit.r && state.now.method === fit.name && !parts.includes(state.now.part))
            parts[parts.length - 1] = state.now.part;
        const rows = parts.map((k) => {
            const name = foundName(run, fit, k);
            return el("tr", null,
                el("th", { scope: "row" }, `part ${k + 1}`, name && el("small", null, name)),
                shots.iteration.map((i, m) => {
                    const canvas = canvasOf(shots.width, shots.height, `Part ${k + 1} after ${i} iterations`, {});
                    const values = momentOf(fit, m, k);
                    paintValues(run, canvas, values, state.now.palette, toneFit(fit.signed, values));
                    return el("td", null, canvas);
                }));
        });
        strip.replaceChildren(
            el("h3", null, `${rows.length} parts of ${fit.title} on their way`),
            scrollBox("Parts along the iterations", el("table", { class: "strip" },
                el("thead", null, el("tr", null, el("th", { scope: "col" }, "iteration"), heads)),
                el("tbody", null, rows))));
    }

    function rebuild() {
        stop();
        learners = run.methods.filter((fit) => momentsOf(fit) > 1);
        made.hidden = !learners.length;
        draws = [];
        if (made.hidden) return;
        leader = learners.reduce((best, fit) => (momentsOf(fit) > momentsOf(best) ? fit : best));
        scrub.max = String(momentsOf(leader) - 1);
        columns.replaceChildren(...learners.map(learnerOf));
        const others = run.methods.filter((fit) => !learners.includes(fit)).map((fit) => fit.title);
        note.textContent = others.length
            ? `${others.join(" and ")} ${others.length > 1 ? "are" : "is"} not here: computed at once, without steps to watch.` : "";
        const learner = learners.find((fit) => !fit.signed && !fit.clusters);
        lead.textContent = (!learner ? "" : `${run.run.options?.init === "random" ? `${learner.title} begins with noise: every component is a little of everything. ` : ""}`
            + `Iteration by iteration each component of ${learner.title} gives up what others explain better, until hardly more than one part is left. `)
            + "Move the slider, or press play.";
    }
    /** @param {{moment: number}} now */
    function redraw({ moment }) {
        if (made.hidden) return;
        const count = momentsOf(leader), at = Math.min(moment, count - 1);
        const shots = /** @type {NonNullable<Fit["snapshots"]>} */ (leader.snapshots);
        const reached = shots.iteration[at];
        scrub.value = String(at);
        scrub.setAttribute("aria-valuetext", `iteration ${reached}`);
        clock.textContent = `iteration ${reached}`;
        for (const draw of draws) draw(at, reached);
    }
    function redrawStrip() {
        const fit = learners.find((one) => !one.signed && !one.clusters);
        strip.hidden = !fit;
        if (fit) drawStrip(fit);
        markStrip();
    }
    function markStrip() {
        const at = Math.min(state.now.moment, momentsOf(leader) - 1);
        for (const row of strip.querySelectorAll("tr"))
            [...row.children].forEach((cell, c) => cell.classList.toggle("now", c === at + 1));
    }
    state.watch(["fits"], rebuild);
    state.watch(["fits", "palette", "moment"], redraw);
    state.watch(["fits", "palette", "part", "method"], () => { if (!made.hidden) redrawStrip(); });
    state.watch(["moment"], () => { if (!made.hidden) markStrip(); });
    return made;
}
