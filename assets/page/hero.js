/* hero.js - the first screen: an image that assembles itself, NMF above, PCA below, one slider.
 * SPDX-License-Identifier: MIT */
import { columnNames, el, isStill } from "./dom.js";
import { addParts, differenceOf, orderOf, reconstruct, weightsOf } from "./fit.js";
import { paintValues, pictureOf, toneOfSteps } from "./pictures.js";
import { barsOf } from "./bars.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */
/** @typedef {import("./paint.js").Palette} Palette */

/** What a step adds is drawn twice as strong: PCA's steps are pale, and both get the same. */
const GAIN = 2;

/**
 * The methods of the first screen: those whose components are steps, else the first two.
 * @param {Run} run
 */
function heroFits(run) {
    const steps = run.methods.filter((fit) => fit.in_steps);
    return (steps.length ? steps : run.methods).slice(0, 2);
}

/**
 * Where a sum begins, in words.
 * @param {Run} run
 * @param {Fit} fit
 * @param {Palette} palette
 */
function startOf(run, fit, palette) {
    const thing = run.data.is_table ? "row" : "image";
    if (fit.mean) return `the mean ${thing}`;
    if (run.data.is_table) return "nothing";
    const dark = run.data.ink === "dark";
    return (run.data.channels === 3 ? dark : palette !== "gray") ? "white paper" : "black";
}

/**
 * What one sees of a method, in one sentence.
 * @param {Run} run
 * @param {Fit} fit
 * @param {Palette} palette
 */
function sentenceOf(run, fit, palette) {
    const start = startOf(run, fit, palette);
    const colourless = run.data.channels === 3 || palette === "gray";
    const less = run.data.is_table ? "below zero" : colourless ? "darker than mid-grey" : palette === "esl" ? "red" : "blue";
    if (fit.clusters) return `Starts from ${start}; one step, and a whole is there: the centre of a cluster.`;
    return fit.signed
        ? `Starts from ${start}; every step gives in some places and takes away in others (${less}), nearly everywhere at once.`
        : `Starts from ${start}; every step lays one part on top, and nothing is ever taken away.`;
}

/**
 * The columns in which a step does most, by name.
 * @param {Run} run
 * @param {Float32Array} adds
 */
function namesOf(run, adds) {
    const order = Array.from(adds, (_, j) => j).sort((a, b) => Math.abs(adds[b]) - Math.abs(adds[a]));
    const names = columnNames(run);
    return order.slice(0, 3).filter((j) => adds[j] !== 0).map((j) => names[j]).join(", ");
}

/**
 * A picture under its caption.
 * @param {string} area
 * @param {HTMLElement|SVGElement} picture
 * @param {...import("./dom.js").Child} caption
 */
function captioned(area, picture, ...caption) {
    return el("figure", { class: area }, el("figcaption", null, ...caption), picture);
}

/**
 * A method's row: what is seen at step k, and how far a step has come.
 * @param {Page} page
 * @param {Fit} first the fit as the page opens
 */
function rowOf({ run, state }, first) {
    const { p, is_table } = run.data;
    const data = { method: first.name };
    const bars = is_table ? barsOf(run, `${first.title}: the row, the sum so far and what this step adds`, data) : null;
    const adds = pictureOf(run, `${first.title}: what this step adds`, { canvas: "adds", ...data });
    const sum = pictureOf(run, `${first.title}: sum so far`, { canvas: "sum", ...data });
    const sentence = el("p", null), step = el("span"), off = el("span");
    const unknown = run.images !== null && run.images.unknown;
    const aim = new Float32Array(p), before = new Float32Array(p), step_adds = new Float32Array(p), now = new Float32Array(p);
    let order = /** @type {number[]} */ ([]), ready = -1; // the step that `before` and `step_adds` are of
    return {
        parts: [
            el("div", { class: "says" }, el("p", { class: "title" }, first.title), sentence),
            bars ? captioned("row-bars", bars.element, step, " · ", off)
                : [captioned("adds", adds, step), captioned("sum", sum, off)],
        ],
        /**
         * The order of an image's parts, anew.
         * @param {Float32Array} x the image
         */
        choose(x) {
            const fit = this.fit(), w = weightsOf(fit, state.now.face);
            order = orderOf(fit, w);
            if (unknown) reconstruct(fit, w, aim);
            else aim.set(x);
            ready = -1;
        },
        fit: () => run.methods.find((fit) => fit.name === first.name) || first,
        /**
         * @param {number} k steps done
         * @param {number} t how much of the last one, 0 to 1
         */
        draw(k, t) {
            const fit = this.fit(), palette = state.now.palette, w = weightsOf(fit, state.now.face);
            const at = Math.min(k, fit.r);
            if (ready !== k) {
                const done = k > fit.r ? fit.r : Math.max(at - 1, 0);
                reconstruct(fit, w, before, order.slice(0, done));
                addParts(fit, w, step_adds.fill(0), order.slice(done, at));
                ready = k;
            }
            for (let j = 0; j < p; j++) now[j] = before[j] + t * step_adds[j];
            const some = k > 0 && k <= fit.r;
            const part = some ? order[at - 1] + 1 : 0;
            if (bars) bars.draw(aim, now, step_adds);
            else {
                paintValues(run, adds, step_adds, palette, toneOfSteps(run, fit.signed, GAIN));
                paintValues(run, sum, now, palette);
            }
            const start = startOf(run, fit, palette);
            sentence.textContent = sentenceOf(run, fit, palette);
            step.textContent = !some ? "nothing yet"
                : is_table ? `this step adds component ${part}: ${namesOf(run, step_adds)}` : `this step adds part ${part}`;
            const left = Math.round(100 * differenceOf(aim, now));
            off.textContent = k === 0 ? start : `sum so far, ${left} % ${unknown ? "to go" : "off"}`;
        },
    };
}

/**
 * What was learned from what.
 * @param {Run} run
 */
function headlineOf(run) {
    const { n, is_table } = run.data;
    const r = Math.max(...run.methods.map((fit) => fit.r));
    const what = is_table ? `component${r === 1 ? "" : "s"}` : `part${r === 1 ? "" : "s"}`;
    const of = is_table ? "rows" : "images";
    const name = run.run.input.split("/").filter(Boolean).pop() || run.run.input;
    return [`${r} ${what}, learned from ${n.toLocaleString("en")} ${of}`, name];
}

/**
 * A face that assembles itself: NMF above, PCA below, one slider.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function heroSection(page) {
    const { run, state } = page;
    const fits = heroFits(run);
    if (!fits.length || !run.images) return null;
    const images = run.images, most = Math.max(...fits.map((fit) => fit.r));
    const rows = fits.map((fit) => rowOf(page, fit));
    const x = new Float32Array(run.data.p);
    const learned = run.data.is_table ? null : pictureOf(run, "The image as it was learned", { canvas: "original" });
    const name = el("span", { class: "name" });
    const slider = el("input", { type: "range", id: "parts", min: 0, max: most, step: 1, "aria-label": "Parts put together" });
    const count = el("output", { for: "parts" });
    const play = el("button", { id: "play", type: "button" });
    const thing = run.data.is_table ? "component" : "part";

    /** @param {number} k @param {number} t */
    const draw = (k, t) => {
        for (const row of rows) row.draw(k, t);
        slider.value = String(k);
        count.textContent = `${k} of ${most}`;
        slider.setAttribute("aria-valuetext", `${k} of ${most} ${thing}${most === 1 ? "" : "s"}`);
    };

    // playing: step `at` has come as far as the time since it began; then back to where it rests
    let frame = 0, at = 0, began = 0, rest = -1;
    const length = (/** @type {number} */ k) => (k <= 12 ? 650 : Math.max(650 * 0.9 ** (k - 12), 90));
    const stop = () => {
        cancelAnimationFrame(frame);
        frame = 0;
        play.textContent = "▶ play";
    };
    const tick = (/** @type {number} */ time) => {
        const t = Math.min((time - began) / length(at), 1);
        if (t < 1) draw(at, t * t * (3 - 2 * t));
        else if (at < most) {
            state.set({ parts: at });
            at++;
            began = time;
        } else if (time - began > length(at) + 2000 || rest < 0) {
            stop();
            state.set({ parts: rest < 0 ? most : rest });
            return;
        } else state.set({ parts: most });
        frame = requestAnimationFrame(tick);
    };
    /** @param {number} to where to rest when all is done; -1: there */
    const start = (to) => {
        rest = to;
        at = state.now.parts >= most || to >= 0 ? 0 : state.now.parts;
        state.set({ parts: at });
        at++;
        began = performance.now();
        play.textContent = "❚❚ pause";
        frame = requestAnimationFrame(tick);
    };
    play.addEventListener("click", () => (frame ? stop() : start(-1)));
    slider.addEventListener("input", () => {
        stop();
        state.set({ parts: Number(slider.value) });
    });

    stop();
    state.watch(["face", "fits"], (now) => {
        images.prepared(now.face, x);
        for (const row of rows) row.choose(x);
        name.textContent = images.names[now.face];
        draw(Math.min(now.parts, most), 1);
    });
    state.watch(["face", "palette"], (now) => { if (learned) paintValues(run, learned, x, now.palette); });
    state.watch(["parts", "palette"], (now) => {
        if (frame && Math.abs(now.parts - at) > 1) stop(); // an address chose otherwise
        draw(Math.min(now.parts, most), 1);
    });

    const [headline, source] = headlineOf(run);
    const stage = el("div", { class: run.data.is_table ? "stage table" : "stage" },
        rows.map((row) => row.parts).flat(2),
        learned ? el("figure", { class: "learned" }, el("figcaption", null, "the image, as it was learned"), learned,
            el("p", { class: "note" }, name)) : null,
        el("p", { class: "note key" }, run.data.is_table
            ? `Lines: ${images.unknown ? "what all components make of the row" : "the row as it is"}. Grey: the sum so far. Blue: what this step adds; red: what it takes away.`
            : "What a step adds is drawn twice as strong as it is, for both."));
    stage.style.setProperty("--aspect", String(run.data.width / run.data.height));
    const made = el("section", { id: "hero", "aria-labelledby": "hero-heading" },
        el("h1", { id: "hero-heading" }, headline, " ", el("span", { class: "soft" }, source)),
        el("h2", null, run.data.is_table
            ? ["How they make one of them, ", name, ": the largest contribution first"]
            : "How they make one of them, the largest contribution first"),
        stage,
        el("div", { class: "transport" }, play, slider, count));
    const opened = state.now.parts === state.initial.parts && state.now.face === state.initial.face;
    if (opened && !isStill()) requestAnimationFrame(() => start(state.initial.parts));
    return made;
}
