/* lessons.js - a question, its answer, formula and source, folded below a section.
 * SPDX-License-Identifier: MIT */
import { el, scrollBox, words } from "./dom.js";
import { foundName } from "./meaning.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Run} Run */
/** @typedef {{question: string, answer: import("./dom.js").Child[], source: string}} Lesson */

/**
 * A formula out of plain text: single letters are italic, _{..} goes below, ^{..} above.
 * @param {string} text
 */
function formulaOf(text) {
    const pieces = text.match(/[_^]\{[^}]*\}|[A-Za-zμψ]+|[^A-Za-zμψ_^]+/gu) || [];
    /** @param {string} word */
    const letters = (word) => (/^[A-Za-zμ]$/.test(word) ? el("i", null, word) : word);
    return el("p", { class: "formula" }, pieces.map((piece) => {
        if (!/^[_^]\{/.test(piece)) return letters(piece);
        const inside = piece.slice(2, -1).match(/[A-Za-z]+|[^A-Za-z]+/g) || [];
        return el(piece[0] === "_" ? "sub" : "sup", null, inside.map((word) => (word.length > 2 ? word : [...word].map(letters))).flat());
    }));
}

/** @param {...import("./dom.js").Child} children */
const say = (...children) => el("p", null, ...children);

/* ---------------------------------------------------------------- the letters of four texts */

function lettersTable() {
    const rows = [
        ["data", "X, N × p; an image a row", "V, n × m; an image a column", "X, n_samples × n_features", "X, N × p; an image a row"],
        ["basis", "H, r × p", "W, n × r; an image a column", "H = components_", "H, the basis, r × p"],
        ["weights", "W, N × r", "H, r × m; the encodings", "W = fit_transform(X)", "W, the weights, N × r"],
        ["the model", "X ≈ W H", "V ≈ W H", "X ≈ W H", "X ≈ 1 μ′ + W H"],
        ["how many images", "N", "m", "n_samples", "N"],
        ["how many pixels", "p", "n", "n_features", "p"],
        ["how many parts", "r", "r", "n_components", "r"],
    ];
    const heads = ["", "ESL 14.6", "Lee & Seung 1999", "scikit-learn", "mien"];
    return scrollBox("The letters of four texts", el("table", { class: "letters" },
        el("caption", null, "The same thing in four texts"),
        el("thead", null, el("tr", null, heads.map((head) => (head ? el("th", { scope: "col", class: "words" }, head) : el("td"))))),
        el("tbody", null, rows.map(([head, ...cells]) => el("tr", null, el("th", { scope: "row" }, head),
            cells.map((cell) => el("td", { class: "words" }, cell)))))));
}

/* ---------------------------------------------------------------- the lessons */

/**
 * @param {Run} run
 * @returns {Lesson}
 */
function heroLesson({ data }) {
    return {
        question: `Why does NMF begin with ${data.is_table ? "nothing" : "white paper"}, and PCA with the mean?`,
        answer: [
            say("NMF may only add. The sum of nothing is blank, and what a step puts there no later step takes away again. So a part "
                + "can only be something that is really there."),
            say("PCA measures from the mean, so its sum begins there. Its steps add and take away; a single one is "
                + `${data.is_table ? "a contrast, this more and that less" : "like the ghost of an image"}, and only many together cancel to the right sum.`),
            formulaOf("x_{i}  ≈  μ + w_{i1} h_{1} + w_{i2} h_{2} + … + w_{ir} h_{r}"),
            say("The sum is the same for both. NMF: μ = 0, no w and no h below zero. PCA: μ the mean, the h at right angles and of length 1. "
                + "The order in which steps come here is that of this image, by how much each brings."),
        ],
        source: "ESL 14.6 and 14.5.1; Lee & Seung 1999, Fig. 1.",
    };
}

/**
 * @param {Run} run
 * @returns {Lesson}
 */
function figureLesson(run) {
    /** @type {any[]} */
    const groups = (run.truth && run.truth.groups) || [];
    const learner = run.methods.find((fit) => !fit.signed && !fit.clusters);
    const known = learner && groups.find((group) => group.name.includes("moustache") && group.methods[learner.name]
        && foundName(run, learner, group.methods[learner.name].component - 1) === group.name);
    const hit = learner && known && known.methods[learner.name];
    const [thing, things] = run.data.is_table ? ["observation", "observations"] : ["image", "images"];
    return {
        question: known ? "Which part will the moustache use?" : `Which part will take what only some ${things} have?`,
        answer: [
            say(hit ? `Part ${hit.component}. Take any image with a ${known.name} and any without: the first has the larger weight of it in `
                + `${Math.round(100 * hit.auc)} of 100 such pairs. ` : "One that has hardly anything else. ",
            `What is not in every ${thing} cannot sit in a part that every ${thing} uses, for nothing could take it away again: it needs a part of `
                + "its own. PCA can take away, so it spreads the same thing over many components that cancel each other elsewhere. VQ has no "
                + "parts at all: it must find one whole that is near."),
            say("All methods write the same sum; they differ in what is allowed. NMF: W, H ≥ 0. VQ: one weight is 1, all others 0. PCA: the "
                + "rows of H at right angles. ICA: the same space as PCA’s, with axes as independent as they can be."),
            formulaOf("X  ≈  1 μ′ + W H"),
            say("Books do not agree on the letters. Where Lee & Seung write W for the basis, ESL, scikit-learn and mien write H, and the "
                + "other way round, because Lee & Seung put images into columns:"),
            lettersTable(),
        ],
        source: "ESL 14.6, Fig. 14.33; Lee & Seung, Nature 401 (1999) 788.",
    };
}

/**
 * @param {Run} run
 * @returns {Lesson}
 */
function buildLesson(run) {
    const squares = run.methods.some((fit) => fit.name === "nmf" && fit.objective !== "kl");
    return {
        question: "What exactly does a dragged weight make worse?",
        answer: [
            say(`The sum is linear: a weight that grows by 1 adds its basis ${run.data.is_table ? "row" : "image"} once, wherever you begin. The loss is not: near the fitted `
                + "weights of NMF and PCA it is almost flat, farther out it climbs ever faster. That is what “fitted” means. (VQ may only "
                + "take 1 and 0; freed from that, a drag can even help.)"),
            squares ? say("This NMF minimises half the sum of squares of what is left over.")
                : say(`NMF takes ${run.data.is_table ? "every number of the table" : "the ink of a pixel"} as a Poisson count of mean (WH). The log-likelihood of the data is then`),
            squares ? null : formulaOf("Σ_{ij}  [ x_{ij} log(W H)_{ij} − (W H)_{ij} − log x_{ij}! ]"),
            squares ? null : say("The last term drops out because it has neither W nor H in it: it is the same number for every model. Not because it is small, and x "
                + "need not be whole. Put x log x − x in its place, which is as constant, turn the sign, and it is the generalised KL "
                + "divergence, 0 for a perfect copy and never below:"),
            squares ? null : formulaOf("D(X ‖ W H)  =  Σ_{ij}  [ x_{ij} log( x_{ij} / (W H)_{ij} ) − x_{ij} + (W H)_{ij} ]"),
            say("VQ, PCA and ICA are judged by squares. So their losses and this one are different things, and are not to be compared; relative errors can be."),
        ],
        source: squares ? "Lee & Seung, NIPS 2000." : "ESL (14.73); Lee & Seung 1999.",
    };
}

/**
 * @param {Run} run
 * @returns {Lesson}
 */
function emergeLesson(run) {
    const solver = run.run.options && run.run.options.solver;
    return {
        question: "Does the loss ever go up? And is the end the best there is?",
        answer: [
            say("The classic way for NMF’s KL divergence multiplies every number by a ratio of sums. No number can become negative, and the loss never goes up:"),
            formulaOf("w_{ik}  ←  w_{ik}  ·  Σ_{j} h_{kj} x_{ij} / (W H)_{ij}  /  Σ_{j} h_{kj}"),
            formulaOf("h_{kj}  ←  h_{kj}  ·  Σ_{i} w_{ik} x_{ij} / (W H)_{ij}  /  Σ_{i} w_{ik}"),
            say("A loss that never rises and has a floor comes to rest. That says less than it seems: not that W and H come to rest, and not "
                + "that the place is a good one. That limits are stationary points is proven under conditions only, such as updates that "
                + "keep every number away from zero, for a zero times anything stays zero. And a stationary point need not be the minimum: another "
                + "start may end lower, or with other parts."),
            solver === "fast" ? say("This run used mien’s default, fast: some of these updates to begin with, then steps along one number at a time, extrapolated. It minimises the same loss, in fewer iterations.") : null,
            say("k-means never goes up either, and stops after finitely many iterations, where no image would change its centroid. That, too, depends on the start. PCA "
                + "needs no start: its answer is known to be the best."),
        ],
        source: "ESL (14.74); Lee & Seung, NIPS 2000, theorems 1 and 2; Lin, IEEE Trans. Neural Networks 18 (2007) 1589, on convergence.",
    };
}

/** @returns {Lesson} */
function meaningLesson() {
    return {
        question: "Are these the parts, or only some parts?",
        answer: [
            say("In general NMF has more than one answer. Any invertible A for which neither W A nor A", el("sup", null, "−1"),
                " H has a negative number gives other weights and another basis, with the same sum and the same loss:"),
            formulaOf("W H  =  (W A) (A^{−1} H)"),
            say("An A that only reorders or rescales is always there, and harmless: mien brings every part to a largest value of 1 and orders "
                + "parts by their share. Others are there unless the data pin the parts down. Donoho and Stodden proved when they do: "
                + "if every position of every part has a pixel that nothing else uses, and all combinations of positions occur, then the factorization is "
                + "unique but for order and scale."),
            say("The swimmer was made for this. Its limbs obey. Its torso is in every image, so shares of it may stand with the limbs, and often do, as a pale ghost. "
                + "For your own data, mien stability starts many times and tells which parts come back."),
        ],
        source: "Donoho & Stodden, NIPS 2003; ESL 14.6, Fig. 14.34.",
    };
}

/** @returns {Lesson} */
function tableLesson() {
    return {
        question: "May weights of two components be compared?",
        answer: [
            say("Down a column: yes. Across: not as they are. A weight and its component share one scale, which is nobody’s but the author’s choice:"),
            formulaOf("w h  =  (2 w) (h / 2)"),
            say("mien brings every NMF component to a largest value of 1, so a weight is in the units of the table: what the component adds "
                + "to the variable in which it is largest. To ask what an observation is made of, take shares, which are weight times the sum of the component: "
                + "no choice of scale changes them."),
            say("A variable with large numbers weighs more in every loss. Bring columns to one scale first, if that is not meant (--scale-columns)."),
        ],
        source: "ESL 14.6.",
    };
}

/**
 * @param {Run} run
 * @returns {Lesson}
 */
function numbersLesson(run) {
    const { n, p } = run.data, r = Math.max(1, ...run.methods.map((fit) => fit.r));
    const model = (n + p) * r, data = n * p, bound = data / (n + p);
    const images = run.data.is_table ? "observations" : "images", pixels = run.data.is_table ? "variables" : "pixels";
    return {
        question: "How many parts may there be?",
        answer: [
            say("Books give r ≤ max(N, p). That is formal: already r = min(N, p) parts give X back without an error, as single "
                + `${pixels}, or as the ${images} themselves, and teach nothing. The useful bound is Lee and Seung’s:`),
            formulaOf("(N + p) r  <  N p"),
            say(`Then W and H hold fewer numbers than X, so something must be shared. Here N = ${words(n, 9)} ${images} and p = ${words(p, 9)} ${pixels}, so r < ${words(bound)}. `
                + `With r = ${r} the model holds ${words(model, 12)} numbers in place of ${words(data, 12)}`
                + (model < data ? `, ${words(data / model, 2)} times fewer.` : ": more than the data, so it need share nothing.")),
            say("No bound says which r is right. More parts can only come nearer; mien rank asks how well numbers that were held back are told, and whether parts come back."),
        ],
        source: "ESL 14.6; Lee & Seung 1999.",
    };
}

/** @returns {Lesson} */
function studiesLesson() {
    return {
        question: "Would another start find the same?",
        answer: [
            say("A loss with many valleys, and a start at random: two runs may end in two of them. Parts that come back from many starts are "
                + "a finding; parts that come once are a chance. To match them, components of two runs are paired so that they are as alike as can be."),
            say("That they come back is evidence, and no proof: all starts could miss a better valley, or a second answer of the same loss. "
                + "A proof needs conditions on the data, such as Donoho and Stodden’s."),
        ],
        source: "Donoho & Stodden, NIPS 2003; ESL 14.6.",
    };
}

/** @returns {Lesson} */
function coneLesson() {
    return {
        question: "When is there only one cone?",
        answer: [
            say("With two parts, NMF looks for two arrows such that every point lies between them, and the arrows stay between the axes. "
                + "Any pair in the gap between points and axes will do, and gives every point back exactly."),
            say("The gap closes when a point lies on each axis: then both arrows are forced, and the answer is unique. A point on an axis is an image that "
                + "uses one part alone, or a pixel that belongs to one part alone."),
        ],
        source: "Donoho & Stodden, NIPS 2003; ESL 14.6, Fig. 14.34.",
    };
}

/**
 * The lesson of a section; null where there is none.
 * @param {Page} page
 * @param {string} section its id
 * @returns {HTMLElement|null}
 */
export function lessonOf({ run }, section) {
    /** @type {Record<string, (run: Run) => Lesson>} */
    const lessons = {
        hero: heroLesson, figure: figureLesson, build: buildLesson, emerge: emergeLesson, meaning: meaningLesson,
        table: tableLesson, numbers: numbersLesson, studies: studiesLesson, cone: coneLesson,
    };
    const make = Object.hasOwn(lessons, section) ? lessons[section] : null;
    if (!make) return null;
    const { question, answer, source } = make(run);
    return el("details", { class: "lesson" }, el("summary", null, question),
        el("div", { class: "lesson-body" }, answer, el("p", { class: "source" }, source)));
}
