/* meaning.js - What the components are: exemplars, memberships, labels, what is known.
 * SPDX-License-Identifier: MIT */
import { canvasOf, el, section, sortedTable, words } from "./dom.js";
import { sharesOf, weightsOf } from "./fit.js";
import { paintSheet, toneFit, toneRange } from "./paint.js";
import { paintPart, paintPhotograph, pictureOf, placeOf } from "./pictures.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */
/** @typedef {{component: number, auc: number, less: boolean}} Hit component from 1 */
/** @typedef {{name: string, count: number, luck: number, methods: Record<string, Hit>}} Group */

/** From here on a component is what was drawn (src/report/truth_report.h). */
const FOUND = 0.95;
/** Cards that stand open, exemplars on one, and exemplars of the part in hand. */
const CARDS = 12, ON_CARD = 5, IN_HAND = 8;
/** Components listed of a membership, and labels of a table at most. */
const LISTED = 10, LABELS = 200;

/**
 * Whether a group's best component is this group, and no other more.
 * @param {Group[]} groups
 * @param {number} g
 * @param {string} method
 */
function isFound(groups, g, method) {
    const hit = groups[g].methods[method];
    if (!hit || !(hit.auc >= FOUND) || hit.less) return false;
    return !groups.some((group, other) => {
        const rival = group.methods[method];
        return other !== g && rival && rival.component === hit.component
            && (rival.auc > hit.auc || (rival.auc === hit.auc && other < g));
    });
}

/**
 * What component k is known to be, where the truth is known; else null.
 * @param {Run} run
 * @param {Fit} fit
 * @param {number} k
 * @returns {string|null}
 */
export function foundName(run, fit, k) {
    const truth = run.truth;
    if (!truth) return null;
    if (truth.groups) {
        const g = truth.groups.findIndex((/** @type {Group} */ group, /** @type {number} */ at) =>
            group.methods[fit.name] && group.methods[fit.name].component === k + 1 && isFound(truth.groups, at, fit.name));
        return g < 0 ? null : truth.groups[g].name;
    }
    const own = truth.methods[fit.name];
    const part = own ? own.components.indexOf(k + 1) : -1;
    if (part < 0 || own.cosines[part] < FOUND) return null;
    return part < truth.limbs ? `limb ${part + 1}` : "torso";
}

/**
 * Buttons of which one is pressed.
 * @param {string} label
 * @param {Fit[]} fits
 * @param {(fit: Fit) => void} choose
 */
function methodTabs(label, fits, choose) {
    const buttons = fits.map((fit) => el("button", { type: "button", onclick: () => choose(fit) }, fit.title));
    return {
        element: fits.length > 1 ? el("div", { class: "tabs", role: "group", "aria-label": label }, buttons) : null,
        press: (/** @type {Fit} */ now) => buttons.forEach((button, f) =>
            button.setAttribute("aria-pressed", String(fits[f].name === now.name))),
    };
}

/* ---------------------------------------------------------------- did it find the parts? */

/**
 * @param {Page} page
 * @param {Group} group
 */
function groupRow({ run, state }, group) {
    const fits = run.methods.filter((fit) => group.methods[fit.name]);
    return [
        { value: group.name, words: true },
        { value: group.count },
        ...fits.map((fit) => {
            const hit = group.methods[fit.name];
            const tile = pictureOf(run, `${fit.title}, component ${hit.component}`, {});
            state.watch(["palette"], ({ palette }) => paintPart(run, tile, fit, hit.component - 1, palette));
            return {
                value: hit.auc, words: true,
                shown: el("span", { class: "hit" }, tile,
                    el(hit.auc >= FOUND ? "b" : "span", null, hit.auc.toFixed(2)),
                    el("small", null, `${hit.less ? "−" : ""}${hit.component}`)),
            };
        }),
        { value: group.luck, shown: group.luck.toFixed(2) },
    ];
}

/** @param {Page} page */
function groupsOf(page) {
    const { run } = page;
    /** @type {Group[]} */
    const groups = run.truth.groups;
    const fits = run.methods.filter((fit) => groups.some((group) => group.methods[fit.name]));
    const heads = ["what was drawn", "images", ...fits.map((fit) => fit.title), "luck"];
    const good = groups.filter((group) => Object.values(group.methods).some((hit) => hit.auc >= FOUND));
    const rest = groups.filter((group) => !good.includes(group));
    const caption = "Best component of each method: its picture, AUC and number";
    return [
        good.length ? sortedTable(caption, heads, good.map((group) => groupRow(page, group))) : null,
        rest.length ? el("details", { class: "more no-stage" },
            el("summary", null, `${rest.length} more that no component tells so well`),
            sortedTable(`${caption} (the rest)`, heads, rest.map((group) => groupRow(page, group)))) : null,
        el("p", { class: "note no-stage" }, "AUC: how often an image that has the thing has a larger weight of this component than one that "
            + "has it not; 1 always, 0.5 by chance. PCA and ICA have both signs: max(AUC, 1 − AUC), with a minus where less of the "
            + "component tells. The best of many flatters small groups: “luck” is what the best of as many components that know "
            + "nothing stays below, 19 times of 20. What is light is no ink, and no part."),
    ];
}

/** @param {Run} run */
function limbsOf({ truth, methods }) {
    const fits = methods.filter((fit) => truth.methods[fit.name]);
    return [
        sortedTable("The true parts among the components",
            ["method", "limbs found", "least cosine of a limb", "mean cosine of limbs", "cosine of the torso"],
            fits.map((fit) => {
                const own = truth.methods[fit.name];
                return [
                    { value: fit.title, words: true },
                    { value: own.limbs_found, shown: `${own.limbs_found} of ${truth.limbs}` },
                    ...[own.least_cosine, own.mean_cosine, own.torso_cosine].map((v) => ({ value: v, shown: v.toFixed(2) })),
                ];
            })),
        el("p", { class: "note" }, `Found: a cosine of at least ${FOUND} with the limb. Components are paired with the true parts so that `
            + "the cosines are greatest, the absolute ones for PCA and ICA."),
    ];
}

/** @param {Page} page */
function truthScreen(page) {
    if (!page.run.truth) return null;
    return el("div", { class: "screen" }, el("h3", null, "Did it find the parts?"),
        el("p", { class: "lead" }, page.run.truth.sentence),
        page.run.truth.groups ? groupsOf(page) : limbsOf(page.run));
}

/* ---------------------------------------------------------------- each component, and who uses it */

/** @param {Page} page */
function galleryScreen({ run, state }) {
    const fits = run.methods.filter((fit) => fit.exemplars && run.images);
    if (!fits.length) return null;
    const { width, height, channels, low, high, is_table: isTable } = run.data;
    const x = new Float32Array(run.data.p);
    const tabs = methodTabs("Method", fits, (fit) => state.set({ method: fit.name, part: -1 }));
    const heading = el("h3"), words_ = el("p");
    const hand = el("div", { class: "in-hand" });
    const cards = el("div", { class: "cards" });
    let all = false;
    const more = el("button", { type: "button", onclick: () => { all = !all; fill(); } });

    const fitNow = () => fits.find((fit) => fit.name === state.now.method) || fits[0];
    /** @param {Fit} fit @param {number} k */
    const usersOf = (fit, k) => (fit.exemplars ? fit.exemplars[k] : []).map((row) => placeOf(run, row)).filter((at) => at >= 0);
    /** @param {Fit} fit */
    const orderNow = (fit) => {
        const list = Array.from({ length: fit.r }, (_, k) => k);
        return [...list.filter((k) => foundName(run, fit, k)), ...list.filter((k) => !foundName(run, fit, k))];
    };
    /** @param {Fit} fit */
    const partNow = (fit) => (state.now.part >= 0 && state.now.part < fit.r && fit.name === state.now.method ? state.now.part : orderNow(fit)[0]);
    /** @param {Fit} fit @param {number} k */
    const titleOf = (fit, k) => [el("b", null, fit.clusters ? `centroid ${k + 1}` : `part ${k + 1}`), " ", foundName(run, fit, k) || "",
        el("span", { class: "soft" }, fit.share ? ` ${(100 * fit.share[k]).toFixed(1)} %` : "")];

    /** @param {Fit} fit @param {number} k */
    function cardOf(fit, k) {
        const users = usersOf(fit, k).slice(0, ON_CARD);
        const card = el("button", { type: "button", class: "card", "aria-pressed": "false",
            onclick: () => state.set({ method: fit.name, part: k }) }, el("span", { class: "card-title" }, titleOf(fit, k)));
        card.dataset.card = String(k);
        if (isTable) {
            card.append(el("span", { class: "soft" }, users.map((at) => (run.images ? run.images.names[at] : "")).join(", ") || "–"));
            return card;
        }
        const h = fit.H.subarray(k * x.length, (k + 1) * x.length);
        const canvas = canvasOf((1 + ON_CARD) * (width + 1) + 1, height + 2, `Component ${k + 1}, and images that use it most`, {});
        canvas.classList.add("sheet");
        const pictures = [{ values: h, tone: toneFit(fit.signed, h) },
            ...users.map((at) => ({ values: run.images ? run.images.prepared(at, x).slice() : x, tone: toneRange(low, high) }))];
        paintSheet(canvas, pictures, { width, height, across: 1 + ON_CARD, palette: state.now.palette, channels, dark: run.data.ink === "dark" });
        card.append(canvas);
        return card;
    }
    function fill() {
        const fit = fitNow();
        const order = orderNow(fit);
        const thing = fit.clusters ? "centroid" : "part";
        tabs.press(fit);
        heading.textContent = `Each ${thing}, and who ${fit.clusters ? "belongs to it" : "uses it most"}`;
        words_.textContent = isTable ? "" : `On each card first the ${thing}, then the images ${fit.clusters ? "nearest to it" : "with the largest weight of it"}, as they were learned.`;
        cards.replaceChildren(...(all ? order : order.slice(0, CARDS)).map((k) => cardOf(fit, k)));
        more.hidden = fit.r <= CARDS;
        more.textContent = all ? `only ${CARDS}` : `all ${fit.r}`;
        press();
    }
    function press() {
        const fit = fitNow(), k = partNow(fit);
        for (const card of cards.children)
            card.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (card).dataset.card === String(k)));
        if (isTable) return;
        const tile = pictureOf(run, `Component ${k + 1} of ${fit.title}`, {});
        paintPart(run, tile, fit, k, state.now.palette);
        const users = usersOf(fit, k).slice(0, IN_HAND).map((at) => {
            const name = run.images ? run.images.names[at] : "";
            const picture = pictureOf(run, name, {});
            paintPhotograph(run, picture, at, state.now.palette);
            return el("button", { type: "button", class: "user", title: name, "aria-label": `Choose ${name}`,
                onclick: () => state.set({ face: at }) }, picture);
        });
        hand.replaceChildren(
            el("figure", null, tile, el("figcaption", null, titleOf(fit, k))),
            el("div", { class: "users" }, users));
    }
    state.watch(["fits", "palette"], fill);
    state.watch(["method"], () => fill());
    state.watch(["part"], press);
    return el("div", { class: "screen" }, heading, tabs.element, words_, hand, cards, more);
}

/* ---------------------------------------------------------------- what one image is made of */

/** @param {Page} page */
function memberScreen({ run, state }) {
    const images = run.images;
    const fits = run.methods.filter((fit) => fit.memberships);
    if (!images || !fits.length) return null;
    const picture = run.data.is_table ? null : pictureOf(run, "", {});
    const name = el("figcaption");
    const step = (/** @type {number} */ by) => state.set({ face: (state.now.face + by + images.count) % images.count });
    const lists = el("div", { class: "memberships" });
    const heading = el("h3");

    /** @param {Fit} fit */
    function listOf(fit) {
        const shares = sharesOf(fit, weightsOf(fit, state.now.face)) || [];
        const order = shares.map((_, k) => k).filter((k) => shares[k] > 0).sort((a, b) => shares[b] - shares[a]);
        const shown = order.slice(0, LISTED), rest = order.slice(LISTED);
        const largest = shown.length ? shares[shown[0]] : 1; // the rest has no bar: it would dwarf all others
        const unused = fit.r - order.length;
        const row = (/** @type {Node|null} */ tile, /** @type {string} */ what, /** @type {number} */ share, /** @type {boolean} */ isRest) => {
            const bar = isRest ? null : el("span", { class: "bar" });
            if (bar) bar.style.width = `${(100 * share) / largest}%`;
            return el("li", null, el("span", { class: "bar-tile" }, tile), el("span", { class: "bar-name" }, what),
                el("span", { class: "bar-room" }, bar), el("span", { class: "bar-share" }, `${(100 * share).toFixed(1)} %`));
        };
        const others = rest.reduce((sum, k) => sum + shares[k], 0);
        return el("div", { class: "membership" },
            el("h4", null, fit.title, el("span", { class: "soft" }, fit.clusters ? " picks one" : ` mixes ${order.length} of ${fit.r}`)),
            el("ol", { class: "bars" },
                shown.map((k) => {
                    const tile = run.data.is_table ? null : pictureOf(run, `Component ${k + 1}`, {});
                    if (tile) paintPart(run, tile, fit, k, state.now.palette);
                    return row(tile, `${k + 1} ${foundName(run, fit, k) || ""}`, shares[k], false);
                }),
                rest.length ? row(null, `${rest.length} more`, others, true) : null),
            !fit.clusters && unused ? el("p", { class: "note" }, `${unused} not used at all.`) : null);
    }
    state.watch(["face", "fits", "palette"], ({ face, palette }) => {
        const label = images.labels ? images.labels[face] : null;
        heading.textContent = run.data.is_table ? `What ${images.names[face]} is made of` : "What one image is made of";
        if (picture) {
            paintPhotograph(run, picture, face, palette);
            picture.setAttribute("aria-label", images.names[face]);
        }
        name.replaceChildren(images.names[face], label ? el("span", { class: "soft" }, ` · ${label}`) : "");
        lists.replaceChildren(...fits.map(listOf));
    });
    return el("div", { class: "screen" }, heading,
        el("p", null, "The share of a component: what it brings to the sum, its weight times its ink, of all that components bring. ",
            run.methods.some((fit) => !fit.memberships)
                ? `${run.methods.filter((fit) => !fit.memberships).map((fit) => fit.title).join(" and ")} have no shares: `
                    + "their weights may be negative, and less than nothing of a component is no share." : ""),
        el("div", { class: "member" },
            el("div", null, el("figure", null, picture, name),
                el("div", { class: "controls" },
                    el("button", { type: "button", "aria-label": "Previous", onclick: () => step(-1) }, "‹"),
                    el("button", { type: "button", "aria-label": "Next", onclick: () => step(1) }, "›"))),
            lists));
}

/* ---------------------------------------------------------------- labels */

/** @param {Fit} fit */
function crossTable(fit) {
    const cross = fit.cross;
    if (!cross || !cross.labels.length || cross.labels.length > LABELS) return null;
    const none = cross.counts.some((row) => row[fit.r] > 0);
    const count = none ? fit.r + 1 : fit.r;
    return sortedTable(`${fit.title}: labels by dominant component`,
        ["label", ...Array.from({ length: count }, (_, k) => (k < fit.r ? String(k + 1) : "none"))],
        cross.labels.map((label, l) => {
            const row = cross.counts[l].slice(0, count);
            const most = Math.max(1, ...row.slice(0, fit.r));
            return [{ value: label, words: true },
                ...row.map((n) => ({ value: n, shown: el(n === most ? "b" : "span", { class: n ? null : "nought" }, n) }))];
        }));
}

/** @param {Page} page */
function labelScreen({ run, state }) {
    const fits = run.methods.filter((fit) => fit.agreement);
    if (!fits.length) return null;
    const crossed = fits.filter((fit) => fit.cross);
    const room = el("div");
    const now = () => crossed.find((fit) => fit.name === state.now.method) || crossed[0];
    const tabs = methodTabs("Method of the table", crossed, (fit) => state.set({ method: fit.name }));
    state.watch(["method"], () => {
        if (!crossed.length) return;
        tabs.press(now());
        const table = crossTable(now());
        room.replaceChildren(...(table ? [table] : []));
    });
    return el("div", { class: "screen" }, el("h3", null, "Do components find the labels?"),
        sortedTable("Dominant components against labels", ["method", "adjusted Rand index", "normalised mutual information"],
            fits.map((fit) => [{ value: fit.title, words: true }, ...(fit.agreement ? [fit.agreement.adjusted_rand, fit.agreement.normalized_mutual] : [])
                .map((v) => ({ value: v, shown: words(v, 3) }))])),
        el("p", { class: "note" }, "Each image is given to the component with its largest share. 1: every component is one label. The Rand index "
            + "(Hubert & Arabie 1985) asks of pairs whether they are together in both; it is 0 for what chance gives. Mutual information says how "
            + "much the component tells of the label, over the mean of both entropies; it grows with the number of components."),
        tabs.element, room);
}

/**
 * What the components are: exemplars, memberships, labels, what is known.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function meaningSection(page) {
    const screens = [truthScreen(page), galleryScreen(page), memberScreen(page), labelScreen(page)];
    if (!screens.some(Boolean)) return null;
    return section("meaning", "What the components are", ...screens);
}
