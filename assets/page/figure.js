/* figure.js - the figure, alive: any image; a method's parts, weights and reconstruction of it.
 * SPDX-License-Identifier: MIT */
import { el, lazily, rove, section, words } from "./dom.js";
import { orderOf, reconstruct, sharesOf, weightsOf } from "./fit.js";
import { paint } from "./paint.js";
import { columnsOf, paintPart, paintPhotograph, paintValues, pictureOf, placeOf } from "./pictures.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Images} Images */
/** @typedef {import("./data.js").Fit} Fit */

/**
 * A canvas that stands in a button, which has the words.
 * @param {Page} page
 * @param {string} kind
 */
function silentPicture({ run }, kind) {
    return el("canvas", { width: run.data.width, height: run.data.height, class: "pixels", "aria-hidden": "true", "data-canvas": kind });
}

/**
 * A small image that chooses itself; drawn when it comes into view. A row of a table is its name.
 * @param {Page} page
 * @param {Images} images
 * @param {number} place
 */
export function thumbnailOf(page, images, place) {
    const name = images.names[place];
    const button = el("button", { type: "button", class: "thumb", title: name, "aria-label": name, "data-face": place + 1 });
    if (page.run.data.is_table) {
        button.textContent = name;
        return button;
    }
    lazily(button, () => {
        if (button.firstChild) return;
        const canvas = silentPicture(page, "thumbnail");
        paintPhotograph(page.run, canvas, place, "esl");
        button.append(canvas);
    });
    return button;
}

/**
 * All images, to choose one: by eye, by name, by arrow keys, by chance.
 * @param {Page} page
 * @param {Images} images
 */
function chooserOf(page, images) {
    const { run, state } = page;
    const thing = run.data.is_table ? "row" : "image";
    const thumbs = Array.from({ length: images.count }, (_, i) => thumbnailOf(page, images, i));
    const box = el("div", { class: "thumbs", role: "listbox", "aria-label": `All ${thing}s` }, thumbs);
    const search = el("input", { id: "face-search", type: "search", placeholder: "search by name", "aria-label": `Search ${thing}s by name` });
    const found = el("output", { for: "face-search", class: "soft" });
    const random = el("button", { id: "face-random", type: "button" }, "random");
    const shown = () => thumbs.filter((thumb) => !thumb.hidden);
    const choose = (/** @type {HTMLElement} */ thumb) => state.set({ face: Number(thumb.dataset.face) - 1 });
    for (const thumb of thumbs) {
        thumb.setAttribute("role", "option");
        thumb.setAttribute("aria-selected", "false");
        thumb.tabIndex = -1;
    }
    box.addEventListener("click", (event) => {
        const thumb = event.target instanceof Element ? event.target.closest("button") : null;
        if (thumb) choose(thumb);
    });
    rove(box, shown, choose);
    const filter = () => {
        const text = search.value.trim().toLowerCase();
        for (const [i, thumb] of thumbs.entries()) {
            const label = images.labels ? images.labels[i] : "";
            thumb.hidden = !`${images.names[i]} ${label}`.toLowerCase().includes(text);
        }
        found.textContent = text ? `${shown().length} of ${images.count}` : `${images.count.toLocaleString("en")} ${thing}s`;
    };
    search.addEventListener("input", filter);
    search.addEventListener("keydown", (event) => {
        const first = shown()[0];
        if (event.key !== "Enter" || !first) return;
        choose(first);
        search.value = ""; // it is found: all of them again, from which arrow keys go on
        filter();
        scroll();
    });
    random.addEventListener("click", () => {
        const among = shown();
        if (among.length) choose(among[Math.floor(Math.random() * among.length)]);
    });
    filter();
    let chosen = thumbs[state.now.face];
    const scroll = lazily(box, () => {
        const top = chosen.offsetTop;
        if (top < box.scrollTop || top + chosen.offsetHeight > box.scrollTop + box.clientHeight)
            box.scrollTop = top - box.clientHeight / 3;
    });
    state.watch(["face"], (now) => {
        chosen.setAttribute("aria-selected", "false");
        chosen.tabIndex = -1;
        chosen = thumbs[now.face];
        chosen.setAttribute("aria-selected", "true");
        chosen.tabIndex = 0;
        scroll();
    });
    return el("div", { class: "chooser" }, el("div", { class: "in-line" }, search, random, found), box);
}

/**
 * The chosen image: untouched, and as it was learned.
 * @param {Page} page
 * @param {Images} images
 */
function chosenOf({ run, state }, images) {
    const untouched = images.untouched ? pictureOf(run, "The image, untouched", { canvas: "untouched" }) : null;
    const learned = pictureOf(run, "The image as it was learned", { canvas: "original" });
    const name = el("strong"), label = el("span", { class: "soft" });
    const x = new Float32Array(run.data.p);
    state.watch(["face", "palette"], (now) => {
        name.textContent = images.names[now.face];
        label.textContent = images.labels ? images.labels[now.face] : "";
        if (untouched) paintPhotograph(run, untouched, now.face, now.palette);
        paintValues(run, learned, images.prepared(now.face, x), now.palette);
    });
    return el("div", { class: "chosen" },
        el("p", null, name, " ", label),
        el("div", { class: "pair" },
            untouched ? el("figure", null, el("figcaption", null, "untouched"), untouched) : null,
            images.unknown ? null : el("figure", null, el("figcaption", null, "as learned"), learned)));
}

/**
 * What is known of a part in the chosen image.
 * @param {Page} page
 * @param {() => Fit} fitNow
 */
function aboutOf(page, fitNow) {
    const { run, state } = page;
    const picture = silentPicture(page, "part");
    const title = el("h4"), facts = el("dl"), most = el("div", { class: "exemplars" });
    const what = run.data.is_table ? "component" : "part";
    let of = -1;
    /** @param {number} k */
    const show = (k) => {
        const fit = fitNow(), shares = sharesOf(fit, weightsOf(fit, state.now.face));
        const percent = (/** @type {number} */ share) => `${words(100 * share, 3)} %`;
        /** @type {[string, string][]} */
        const rows = [["weight", words(weightsOf(fit, state.now.face)[k])]];
        if (shares) rows.push(["share here", percent(shares[k])]);
        if (fit.share) rows.push(["mean share", percent(fit.share[k])]);
        paintPart(run, picture, fit, k, state.now.palette);
        title.textContent = `${what} ${k + 1}`;
        facts.replaceChildren(...rows.map(([key, value]) => el("div", null, el("dt", null, key), el("dd", null, value))));
        if (of === k) return;
        of = k;
        const places = fit.exemplars ? fit.exemplars[k].map((row) => placeOf(run, row)).filter((place) => place >= 0) : [];
        const images = run.images;
        most.replaceChildren(...(images && places.length ? [el("p", { class: "note" }, "most of it in"),
            ...places.slice(0, 8).map((place) => {
                const thumb = thumbnailOf(page, images, place);
                thumb.addEventListener("click", () => state.set({ face: place }));
                return thumb;
            })] : []));
    };
    return { element: el("div", { class: "about" }, el("div", { class: "head" }, picture, el("div", null, title, facts)), most), show };
}

/**
 * A method: its parts, their weights in the chosen image, what they make together.
 * @param {Page} page
 * @param {Fit} first the fit as the page opens
 */
function methodRow(page, first) {
    const { run, state } = page;
    const fitNow = () => run.methods.find((fit) => fit.name === first.name) || first;
    const { r, name, title } = first, columns = columnsOf(run, r), rows = Math.ceil(r / columns);
    const what = run.data.is_table ? "component" : "part";
    const about = aboutOf(page, fitNow);
    const redraw = /** @type {(() => void)[]} */ ([]);
    const tiles = Array.from({ length: r }, (_, k) => {
        const canvas = silentPicture(page, "basis");
        canvas.dataset.method = name;
        redraw.push(lazily(canvas, () => paintPart(run, canvas, fitNow(), k, state.now.palette)));
        return el("button", { type: "button", class: "basis-tile", "data-part": k + 1, "data-method": name, tabindex: k ? -1 : 0,
            "aria-label": `${title} ${what} ${k + 1}` }, canvas);
    });
    const montage = el("div", { class: "montage", role: "group", "aria-label": `${title}: all ${what}s; arrow keys move` }, tiles);
    const weights = el("canvas", { width: columns, height: rows, class: "pixels", role: "img", "data-canvas": "weights", "data-method": name,
        "aria-label": `${title}: the weights, each in its ${what}'s place` });
    const mark = el("div", { class: "mark" });
    const grid = el("div", { class: "weights" }, weights, mark);
    const made = pictureOf(run, `${title}: reconstruction`, { canvas: "reconstruction", method: name });
    const scale = el("p", { class: "note" });
    const out = new Float32Array(run.data.p);
    for (const box of [montage, grid]) {
        box.style.setProperty("--columns", String(columns));
        box.style.setProperty("--rows", String(rows));
    }

    let inHand = 0;
    /** @param {number} k */
    const show = (k) => {
        tiles[inHand].classList.remove("picked");
        tiles[inHand].tabIndex = -1;
        inHand = k;
        tiles[k].classList.add("picked");
        tiles[k].tabIndex = 0;
        mark.style.setProperty("--column", String(k % columns));
        mark.style.setProperty("--row", String(Math.floor(k / columns)));
        about.show(k);
    };
    /** The part in hand, else the one that brings most. */
    const rest = () => {
        const { part, method, face } = state.now;
        show(part >= 0 && part < r && (method === name || part === inHand) ? part : orderOf(fitNow(), weightsOf(fitNow(), face))[0]);
    };
    /** @param {Event} event */
    const partUnder = (event) => {
        const tile = event.target instanceof Element ? event.target.closest("[data-part]") : null;
        if (tile instanceof HTMLElement) return Number(tile.dataset.part) - 1;
        if (!(event instanceof MouseEvent) || event.currentTarget !== grid) return -1;
        const box = grid.getBoundingClientRect();
        const x = Math.floor(((event.clientX - box.left) / box.width) * columns), y = Math.floor(((event.clientY - box.top) / box.height) * rows);
        const k = y * columns + x;
        return x >= 0 && x < columns && k >= 0 && k < r ? k : -1;
    };
    for (const box of [montage, grid]) {
        box.addEventListener("pointermove", (event) => {
            const k = partUnder(event);
            if (k >= 0 && k !== inHand) show(k);
        });
        box.addEventListener("click", (event) => {
            const k = partUnder(event);
            if (k >= 0) state.set({ part: k, method: name });
        });
        box.addEventListener("focusin", (event) => { if (partUnder(event) >= 0) show(partUnder(event)); });
    }
    rove(montage, () => tiles, (tile) => show(Number(tile.dataset.part) - 1));

    const draw = () => {
        const fit = fitNow(), w = weightsOf(fit, state.now.face), palette = state.now.palette;
        const largest = w.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        const cells = new Float32Array(columns * rows).fill(0);
        cells.set(w);
        paint(weights, cells, { tone: { kind: fit.signed ? "signed" : "unsigned", low: fit.signed ? -largest : 0, high: largest }, palette });
        const left = columns * rows - r, context = weights.getContext("2d");
        if (left && context) context.clearRect(columns - left, rows - 1, left, 1);
        scale.textContent = `largest ${words(w.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0), 3)}`;
        paintValues(run, made, reconstruct(fit, w, out), palette);
    };
    state.watch(["face", "palette", "fits"], draw);
    state.watch(["palette", "fits"], () => {
        for (const again of redraw) again();
        about.show(inHand);
    });
    state.watch(["face", "part"], rest);
    return el("article", { class: "method" },
        el("h3", null, title, " ", el("span", { class: "soft" }, first.motto)),
        el("div", { class: run.data.is_table ? "works table" : "works" },
            el("figure", { class: "of-basis" }, el("figcaption", null, `${r} ${what}${r === 1 ? "" : "s"}`), montage),
            el("figure", { class: "of-weights" }, el("figcaption", null, "× weights"), grid, scale),
            el("figure", { class: "of-made" }, el("figcaption", null, first.mean ? "= reconstruction, with the mean" : "= reconstruction"), made),
            about.element));
}

/**
 * The figure, alive: any image, any part.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function figureSection(page) {
    const { run } = page;
    if (!run.images || !run.methods.length) return null;
    const made = section("figure", run.data.is_table ? "Take a row apart" : "Take an image apart",
        el("p", null, run.data.is_table
            ? "Choose a row. Its reconstruction is every component times its weight, added up; component k keeps its place everywhere."
            : "Choose an image. Its reconstruction is every part times its weight, added up; part k keeps its place everywhere. Point at a part to see what it does here."),
        el("div", { class: run.data.is_table ? "choice table" : "choice" }, chosenOf(page, run.images), chooserOf(page, run.images)),
        run.methods.map((fit) => methodRow(page, fit)));
    made.style.setProperty("--aspect", String(run.data.width / run.data.height));
    return made;
}
