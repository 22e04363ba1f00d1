/* build.js - an image built by hand: weights to drag, and what they make of it.
 * SPDX-License-Identifier: MIT */
import { el, lazily, section, words } from "./dom.js";
import { lossOf, orderOf, reconstruct, weightsOf } from "./fit.js";
import { barsOf } from "./bars.js";
import { paintPart, paintPhotograph, paintValues, pictureOf, toneOfSteps } from "./pictures.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Fit} Fit */

const FIRST = 12; // parts shown at once: those that bring most
const REACH = 1.5; // a weight goes so many times as far as the largest of all images
const DRAG = 160; // pixels of a drag on a part that go from one end to the other

/**
 * The ends of a weight's slider.
 * @param {Fit} fit
 * @param {number} k
 */
function endsOf(fit, k) {
    let most = 0;
    for (let at = k; at < fit.W.length; at += fit.r) most = Math.max(most, Math.abs(fit.W[at]));
    most = most > 0 ? REACH * most : 1;
    return { least: fit.signed ? -most : 0, most };
}

/** What is built: weights, their image, and how far it is from the real one. */
class Workpiece {
    /** @param {Page} page */
    constructor(page) {
        this.page = page;
        const p = page.run.data.p;
        this.x = new Float32Array(p);
        this.y = new Float32Array(p);
        this.rest = new Float32Array(p);
        this.w = new Float32Array(0);
        this.off = /** @type {Set<number>} */ (new Set());
        this.touched = false;
        this.fitted();
    }

    get fit() {
        const { run, state } = this.page;
        return run.methods.find((fit) => fit.name === state.now.method) || run.methods[0];
    }

    /** The weights that the method found for the chosen image. */
    fitted() {
        const { run, state } = this.page;
        if (run.images) run.images.prepared(state.now.face, this.x);
        this.w = Float32Array.from(weightsOf(this.fit, state.now.face));
        this.off.clear();
        this.touched = false;
        this.sum();
        if (run.images && run.images.unknown) this.x.set(this.y);
    }

    /** All parts added up anew, without the rounding of many small changes. */
    sum() {
        reconstruct(this.fit, this.w.map((weight, k) => (this.off.has(k) ? 0 : weight)), this.y);
    }

    /**
     * Another weight for a part; only its change is added.
     * @param {number} k
     * @param {number} weight
     */
    turn(k, weight) {
        const p = this.y.length, h = this.fit.H.subarray(k * p, (k + 1) * p);
        const change = this.off.has(k) ? 0 : weight - this.w[k];
        this.w[k] = weight;
        this.touched = true;
        for (let j = 0; j < p; j++) this.y[j] += change * h[j];
    }

    loss() {
        return lossOf(this.fit, this.x, this.y);
    }
}

/**
 * A part with its weight: the picture and the slider can both be dragged.
 * @param {Page} page
 * @param {Workpiece} work
 * @param {number} k
 * @param {() => void} changed the picture is to be drawn again
 * @param {() => void} released all is to be added up anew
 */
function knobOf({ run, state }, work, k, changed, released) {
    const what = run.data.is_table ? "component" : "part";
    const fit = work.fit;
    const canvas = el("canvas", { width: run.data.width, height: run.data.height, class: "pixels", "aria-hidden": "true", "data-canvas": "knob" });
    const paintTile = lazily(canvas, () => paintPart(run, canvas, work.fit, k, state.now.palette));
    if (fit.clusters) {
        const button = el("button", { type: "button", "aria-label": `${what} ${k + 1}`, onclick: () => {
            for (let other = 0; other < fit.r; other++) work.turn(other, other === k ? 1 : 0);
            released();
        } }, canvas);
        const show = () => button.setAttribute("aria-pressed", String(work.w[k] > 0));
        return { element: el("div", { class: "knob" }, el("div", { class: "in-line" }, `${what} ${k + 1}`), button), show, renew: paintTile };
    }
    let { least, most } = endsOf(fit, k);
    const slider = el("input", { type: "range", min: least, max: most, step: "any", "data-weight": k + 1, "aria-label": `weight of ${what} ${k + 1}` });
    const on = el("input", { type: "checkbox", "aria-label": `${what} ${k + 1} on` });
    const value = el("output");
    const element = el("div", { class: "knob" },
        el("div", { class: "in-line" }, el("label", null, on, `${k + 1}`), value), canvas, slider);
    const show = () => {
        slider.value = String(work.w[k]);
        slider.setAttribute("aria-valuetext", words(work.w[k], 3));
        value.textContent = words(work.w[k], 3);
        on.checked = !work.off.has(k);
        element.classList.toggle("off", work.off.has(k));
    };
    /** @param {number} weight */
    const turn = (weight) => {
        work.turn(k, Math.min(Math.max(weight, least), most));
        show();
        changed();
    };
    slider.addEventListener("input", () => turn(Number(slider.value)));
    slider.addEventListener("change", released);
    on.addEventListener("change", () => {
        if (on.checked) work.off.delete(k);
        else work.off.add(k);
        work.touched = true;
        released();
    });
    let from = 0, began = 0;
    canvas.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        canvas.setPointerCapture(event.pointerId);
        from = work.w[k];
        began = event.clientY;
        element.classList.add("dragged");
        event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
        if (canvas.hasPointerCapture(event.pointerId)) turn(from + ((began - event.clientY) / DRAG) * (most - least));
    });
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"]))
        canvas.addEventListener(end, () => {
            element.classList.remove("dragged");
            released();
        });
    /** The fit or the colours changed. */
    const renew = () => {
        ({ least, most } = endsOf(work.fit, k));
        slider.min = String(least);
        slider.max = String(most);
        show();
        paintTile();
    };
    return { element, show, renew };
}

/**
 * Build an image by hand.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function buildSection(page) {
    const { run, state } = page;
    const images = run.images;
    if (!images || !run.methods.length) return null;
    const is_table = run.data.is_table, thing = is_table ? "row" : "image";
    const work = new Workpiece(page);
    const bars = is_table ? barsOf(run, "The row, and what is built of it", { canvas: "built" }) : null;
    const built = pictureOf(run, "What the weights make", { canvas: "built" });
    const original = pictureOf(run, "The image as it was learned", { canvas: "original" });
    const residual = pictureOf(run, "What is missing, and what is too much", { canvas: "residual" });
    const loss = el("output"), fitted = el("span", { class: "soft" }), name = el("span");
    const method = el("select", { "aria-label": "Method" },
        run.methods.map((fit) => el("option", { value: fit.name }, fit.title)));
    const back = el("button", { type: "button" }, "as fitted"), empty = el("button", { type: "button" }, "all to zero");
    const all = el("button", { type: "button" });
    const knobs = el("div", { class: is_table ? "knobs table" : "knobs" });
    const hint = el("p");
    /** @type {ReturnType<typeof knobOf>[]} */
    let shown = [];
    let laid = /** @type {number[]} */ ([]), many = false, least = 0;

    const draw = () => {
        const { x, y, rest } = work, palette = state.now.palette;
        if (bars) bars.draw(x, y, rest.fill(0));
        else {
            for (let j = 0; j < x.length; j++) rest[j] = x[j] - y[j];
            paintValues(run, built, y, palette);
            paintValues(run, residual, rest, palette, toneOfSteps(run, true));
        }
        const now = work.loss(), more = now - least;
        loss.textContent = words(now, 4);
        fitted.textContent = Math.abs(more) < 1e-4 * least ? "as fitted" : `as fitted: ${words(least, 4)}${more < 0 ? "; you beat it" : ""}`;
    };
    let frame = 0;
    const changed = () => {
        if (!frame) frame = requestAnimationFrame(() => {
            frame = 0;
            draw();
        });
    };
    const released = () => {
        work.sum();
        for (const knob of shown) knob.show();
        draw();
    };
    const firstParts = () => orderOf(work.fit, weightsOf(work.fit, state.now.face)).slice(0, many ? work.fit.r : FIRST);
    /** @param {number[]} parts */
    const lay = (parts) => {
        const { fit } = work;
        laid = parts;
        shown = parts.map((k) => knobOf(page, work, k, changed, released));
        knobs.replaceChildren(...shown.map((knob) => knob.element));
        all.hidden = fit.r <= FIRST;
        all.textContent = many ? `only the ${FIRST} largest` : `all ${fit.r}`;
        empty.hidden = fit.clusters;
        hint.textContent = fit.clusters
            ? `${fit.title} has no weights to turn: it picks one whole. Pick another.`
            : `Drag a ${is_table ? "component" : "part"} up or down, or its slider; switch it off. ${images.unknown
                ? "Lines: what the fitted weights make."
                : `The fitted weights make the loss as small as ${fit.title} could: can you beat it?`}`;
        for (const knob of shown) knob.show();
    };
    const begin = () => {
        work.fitted();
        const { fit } = work;
        least = work.loss();
        name.textContent = `${fit.loss_name} of this ${thing}`;
        method.value = fit.name;
    };

    method.addEventListener("change", () => state.set({ method: method.value, part: -1 }));
    back.addEventListener("click", () => {
        work.fitted();
        released();
    });
    empty.addEventListener("click", () => {
        work.w.fill(0);
        work.touched = true;
        released();
    });
    all.addEventListener("click", () => {
        many = !many;
        lay(firstParts());
    });

    // from the weights of one image to those of another
    const other = el("select", { "aria-label": `Another ${thing}` }, images.names.map((text, i) => el("option", { value: i }, text)));
    const way = el("input", { type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": `From this ${thing} to the other` });
    const second = el("canvas", { width: run.data.width, height: run.data.height, class: "pixels", "aria-hidden": "true" });
    const second_box = is_table ? null : el("span", { class: "thumb" }, second);
    const morph = () => {
        const a = weightsOf(work.fit, state.now.face), b = weightsOf(work.fit, Number(other.value)), t = Number(way.value);
        for (let k = 0; k < work.w.length; k++) work.w[k] = (1 - t) * a[k] + t * b[k];
        work.touched = true;
        work.off.clear();
        released();
    };
    const meet = () => { if (second_box) paintPhotograph(run, second, Number(other.value), state.now.palette); };
    other.value = String((state.now.face + Math.ceil(images.count / 2)) % images.count);
    meet();
    way.addEventListener("input", morph);
    other.addEventListener("change", () => {
        meet();
        morph();
    });

    let of = "";
    state.watch(["face", "method", "palette", "fits"], (now) => {
        const key = `${now.face} ${now.method}`;
        if (key !== of) way.value = "0";
        if (key !== of || !work.touched) begin();
        else work.sum();
        const first = firstParts();
        if (key !== of || (!work.touched && String(first) !== String(laid))) lay(first);
        else for (const knob of shown) knob.renew();
        of = key;
        if (!is_table) paintValues(run, original, work.x, now.palette);
        draw();
    });

    const views = bars ? bars.element : el("div", { class: "views" },
        el("figure", { class: "large" }, el("figcaption", null, "built"), built),
        el("div", { class: "pair" },
            el("figure", null, el("figcaption", null, "as learned"), original),
            el("figure", null, el("figcaption", null, "what differs"), residual)));
    const made = section("build", `Build the ${thing} yourself`,
        hint,
        el("div", { class: "workshop" },
            el("div", null,
                el("div", { class: "in-line" }, method, back, empty, all),
                knobs,
                el("h3", null, `Turn it into another ${thing}`),
                el("div", { class: "in-line" }, "this one", way, second_box, other)),
            el("div", { class: "result" }, views, images.unknown ? null : el("p", { class: "loss" }, name, " ", loss, " ", fitted))));
    made.style.setProperty("--aspect", String(run.data.width / run.data.height));
    return made;
}
