/* studies.js - results of stability, rank and transform beside the run.
 * SPDX-License-Identifier: MIT
 *
 * A study is the summary.json of its folder (src/report/studies.c), with pictures and arrays that
 * stand beside that. Sentences and verdicts come from there; what a rule asks for is told here by
 * its own thresholds. */
import { svgOf, tickWords, ticksOf } from "./chart.js";
import { inflate } from "./data.js";
import { canvasOf, el, scrollBox, section, sortedTable, words } from "./dom.js";
import { paint } from "./paint.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./dom.js").Child} Child */

/** @typedef {{shape: number[], signed: boolean, data: string}} Packed bytes: base64 of zlib; rows each of the whole range, 128 for 0 where signed */

/**
 * @typedef {object} Study
 * @property {"stability"|"rank"|"transform"|"cone"} kind
 * @property {string} title
 * @property {string} folder what its result is called
 * @property {any} summary of summary.json, without lists of files
 * @property {{name: string, alt: string, caption: string, width: number, height: number, source: string}[]} pictures
 * @property {Packed|null} [basis] of stability: r x height x width (x channels)
 * @property {Packed|null} [matrix] of stability: the consensus, 255 for always
 */

/* ---------------------------------------------------------------- pieces */

/**
 * The bytes of an array.
 * @param {Packed} packed
 */
async function unpack(packed) {
    const bytes = await inflate(packed.data);
    const count = packed.shape.reduce((a, b) => a * b, 1);
    if (bytes.length !== count) throw new Error("an array of a study is damaged");
    return bytes;
}

/** @param {number|null|undefined} share */
function percent(share) {
    return share === null || share === undefined ? "–" : `${Math.round(100 * share)} %`;
}

/**
 * Names and values side by side.
 * @param {[string, Child][]} facts
 */
function factsOf(facts) {
    return el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))));
}

/**
 * What a study is of, in a line.
 * @param {any} s its summary
 * @param {string[]} more
 */
function ofWhat(s, more) {
    const data = s.data || {};
    const size = data.height > 1 ? `images of ${data.width} × ${data.height}` : `observations of ${s.p} variables`;
    const values = data.normalize ? `values: ${data.normalize}${s.ink ? `, ${s.ink} ink` : ""}` : "";
    return el("p", { class: "soft" }, [`${words(s.N, 9)} ${size}`, ...more, values].filter(Boolean).join(" · "));
}

/**
 * Pictures that came along.
 * @param {Study} study
 */
function picturesOf(study) {
    return study.pictures.map(({ alt, caption, width, height, source }) => el("figure", { class: "came-along" },
        scrollBox(alt, el("img", { src: source, alt, width, height })), el("figcaption", null, caption)));
}

/** @param {any} s its summary @param {...string} more */
function provenance(s, ...more) {
    const fingerprint = s.training_fingerprint || (s.data || {}).fingerprint;
    return el("details", null, el("summary", null, "The run"),
        el("p", null, [...more, fingerprint ? `Fingerprint of the data: ${fingerprint}.` : "", s.version ? `mien ${s.version}.` : ""].filter(Boolean).join(" ")),
        el("p", null, el("code", null, s.command || "")));
}

/**
 * Axes of a chart of a study.
 * @param {object} frame
 * @param {number} frame.low
 * @param {number} frame.high
 * @param {number} frame.bottom
 * @param {number} frame.top
 * @param {boolean} [frame.log] of the upright axis
 * @param {string} frame.xLabel
 * @param {string} frame.yLabel
 * @param {string} frame.label for those who do not see it
 */
function axesOf({ low, high, bottom, top, log = false, xLabel, yLabel, label }) {
    const WIDTH = 520, HEIGHT = 270, LEFT = 62, RIGHT = 14, TOP = 26, BOTTOM = 42;
    const scale = (/** @type {number} */ v) => (log ? Math.log(v) : v);
    const across = (/** @type {number} */ v) => LEFT + ((v - low) / (high - low || 1)) * (WIDTH - LEFT - RIGHT);
    const up = (/** @type {number} */ v) =>
        HEIGHT - BOTTOM - ((scale(v) - scale(bottom)) / (scale(top) - scale(bottom) || 1)) * (HEIGHT - TOP - BOTTOM);
    const drawing = svgOf("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve study-chart", role: "img", "aria-label": label });
    for (const t of ticksOf(bottom, top, 5, log))
        drawing.append(svgOf("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: up(t), y2: up(t) }),
            svgOf("text", { class: "tick", x: LEFT - 7, y: up(t) + 4, "text-anchor": "end" }, tickWords(t)));
    for (const t of ticksOf(low, high, 8, false))
        drawing.append(svgOf("text", { class: "tick", x: across(t), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle" }, words(t)));
    drawing.append(svgOf("text", { class: "axis", x: 4, y: 14 }, yLabel),
        svgOf("text", { class: "axis", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, xLabel));
    return { drawing, across, up, floor: HEIGHT - BOTTOM, ceiling: TOP, left: LEFT, right: WIDTH - RIGHT };
}

/* ---------------------------------------------------------------- stability */

const verdictNames = ["stable", "drifts", "absent", "copy", "undefined"];

/**
 * How many components have which verdict: a bar, and the same in words.
 * @param {any} s
 */
function verdictBar(s) {
    const bar = svgOf("svg", { viewBox: "0 0 1000 26", preserveAspectRatio: "none", class: "verdict-bar", "aria-hidden": "true" });
    let at = 0;
    for (const name of verdictNames) {
        const width = (1000 * s.verdicts[name]) / s.r;
        if (!(width > 0)) continue;
        bar.append(svgOf("rect", { class: `fill-${name}`, x: at, y: 0, width: Math.max(width - 3, 1), height: 26 }));
        at += width;
    }
    return el("div", null, bar, el("ul", { class: "verdict-key" },
        verdictNames.filter((name) => s.verdicts[name] || verdictNames.indexOf(name) < 3).map((name) =>
            el("li", null, el("span", { class: `swatch back-${name}`, "aria-hidden": "true" }),
                `${s.words.verdicts[name]}: ${s.verdicts[name]}`))));
}

/** @param {any} s @param {any} c a component */
function verdictOf(s, c) {
    const word = s.words.verdicts[c.verdict] || c.verdict;
    return c.verdict === "copy" && c.same_as ? `${word} of ${c.same_as}` : word;
}

/** @param {any} c a component */
function uniqueOf(c) {
    return c.unique === "free" && c.turned_by ? `free: by ${c.turned_by} to ${Math.min(c.turned_to, 0.999999).toFixed(3)}` : c.unique;
}

/**
 * The twins of a component in the other runs, as dots on a line from 0 to 1.
 * @param {any} c a component
 */
function twinsOf(c) {
    const known = c.similarities.filter((/** @type {number|null} */ v) => v !== null);
    const across = (/** @type {number} */ v) => 14 + 452 * Math.min(Math.max(v, 0), 1);
    const drawing = svgOf("svg", { viewBox: "0 0 480 66", class: "curve twins", role: "img",
        "aria-label": `Similarity with its twins: ${known.map((/** @type {number} */ v) => v.toFixed(3)).join(", ")}` },
        svgOf("line", { class: "grid", x1: across(0), x2: across(1), y1: 34, y2: 34 }));
    for (const t of [0, 0.2, 0.4, 0.6, 0.8, 1])
        drawing.append(svgOf("text", { class: "tick", x: across(t), y: 60, "text-anchor": "middle" }, words(t)));
    if (c.needed !== null)
        drawing.append(svgOf("line", { class: "place", x1: across(c.needed), x2: across(c.needed), y1: 18, y2: 46 }),
            svgOf("text", { class: "value", x: across(c.needed), y: 12, "text-anchor": c.needed > 0.8 ? "end" : "middle" }, `needed ${c.needed.toFixed(3)}`));
    c.similarities.forEach((/** @type {number|null} */ v, /** @type {number} */ run) => {
        if (v === null) return;
        drawing.append(svgOf("circle", { class: c.needed !== null && v >= c.needed ? "found" : "lost", cx: across(v), cy: 34, r: 5.5 },
            svgOf("title", {}, `run ${run + 1}: ${v.toFixed(3)}`)));
    });
    return drawing;
}

/**
 * The components as tiles; the chosen one with its twins.
 * @param {Page} page
 * @param {Study} study
 */
function tilesOf(page, study) {
    const s = study.summary;
    const { basis } = study;
    const [, height = 1, width = 1, channels = 1] = basis ? basis.shape : [];
    /** @type {HTMLCanvasElement[]} */
    const canvases = [];
    const told = el("div", { class: "told", "aria-live": "polite" });
    /** @type {HTMLButtonElement[]} */
    const buttons = s.components.map((/** @type {any} */ c, /** @type {number} */ k) => {
        const picture = basis ? canvasOf(width, height, `component ${k + 1}`, { canvas: "study-basis", component: k + 1 }) : null;
        if (picture) canvases.push(picture);
        return el("button", { type: "button", class: `judged edge-${c.verdict}`, "data-component": k + 1, "aria-pressed": "false",
            onclick: () => choose(k), onkeydown: (/** @type {KeyboardEvent} */ e) => move(e, k) },
            picture, el("b", null, k + 1), " ", el("span", null, verdictOf(s, c)), " ",
            el("span", { class: "soft" }, c.median === null ? "–" : c.median.toFixed(2)));
    });
    /** @param {KeyboardEvent} event @param {number} k */
    function move(event, k) {
        const to = { ArrowRight: k + 1, ArrowLeft: k - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to === undefined || !buttons[to]) return;
        event.preventDefault();
        event.stopPropagation();
        buttons[to].focus();
        choose(to);
    }
    /** @param {number} k */
    function choose(k) {
        const c = s.components[k];
        buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === k)));
        told.replaceChildren(
            el("p", null, el("b", null, `Component ${k + 1}: ${verdictOf(s, c)}.`),
                c.found === null ? "" : ` Found by ${percent(c.found)} of the other runs; median similarity ${words(c.median, 3)}, worst ${words(c.worst, 3)}. `,
                c.neighbour === null ? "" : `The nearest other part of this run: ${words(c.neighbour, 3)}. `,
                c.unique === "not known" ? "Whether it can be turned into another is not known." : `Given W H: ${uniqueOf(c)}.`),
            c.similarities.some((/** @type {number|null} */ v) => v !== null) ? twinsOf(c) : "");
    }
    if (basis)
        unpack(basis).then((bytes) => page.state.watch(["palette"], ({ palette }) => {
            const size = height * width * channels;
            const values = basis.signed ? Int16Array.from(bytes, (v) => v - 128) : bytes;
            canvases.forEach((canvas, k) => paint(canvas, values.subarray(k * size, (k + 1) * size), {
                tone: basis.signed ? { kind: "signed", low: -127, high: 127 } : { kind: "unsigned", low: 0, high: 255 },
                palette, channels, dark: s.ink === "dark",
            }));
        })).catch(() => { /* without pictures the words still stand */ });
    if (buttons.length) choose(0);
    return [el("div", { class: height > 1 ? "judged-grid" : "judged-grid stripes" }, buttons), told];
}

/**
 * The objective of every run, the least first.
 * @param {any} s
 */
function lossesOf(s) {
    const runs = s.objectives.map((/** @type {number} */ y, /** @type {number} */ run) => ({ run, y }))
        .filter((/** @type {{y: number|null}} */ { y }) => y !== null)
        .sort((/** @type {{y: number}} */ a, /** @type {{y: number}} */ b) => a.y - b.y);
    if (!runs.length) return null;
    const low = runs[0].y, high = runs[runs.length - 1].y, margin = 0.08 * (high - low) || Math.abs(low) / 100 || 1;
    const { drawing, across, up } = axesOf({ low: 0, high: runs.length + 1, bottom: low - margin, top: high + margin,
        xLabel: "runs, the least loss first", yLabel: "loss", label: `The losses of ${runs.length} runs, from ${words(low, 6)} to ${words(high, 6)}` });
    runs.forEach((/** @type {{run: number, y: number}} */ { run, y }, /** @type {number} */ at) => {
        const worse = s.in_local_minimum[run];
        drawing.append(svgOf("circle", { class: worse ? "worse" : "dot", cx: across(at + 1), cy: up(y), r: 5.5 },
            svgOf("title", {}, `run ${run + 1}, seed ${s.seeds[run]}: ${words(y, 7)}${worse ? ", a local minimum" : ""}`)));
    });
    return el("figure", null, drawing, el("figcaption", null, s.words.losses,
        runs.some((/** @type {{run: number}} */ { run }) => s.in_local_minimum[run]) ? " Rings: local minima." : ""));
}

/** White over sky blue to navy, as in consensus.png. */
const shareStops = [[255, 255, 255], [100, 170, 220], [8, 40, 88]];

/**
 * Shares of 0 .. 255 on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} shares
 */
function paintShares(canvas, shares) {
    const context = canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(canvas.width, canvas.height);
    for (let i = 0; i < shares.length; i++) {
        const at = (2 * shares[i]) / 255, stop = at < 1 ? 0 : 1;
        for (let c = 0; c < 3; c++)
            image.data[4 * i + c] = shareStops[stop][c] + (at - stop) * (shareStops[stop + 1][c] - shareStops[stop][c]);
        image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
}

/**
 * How often two images go together.
 * @param {Study} study
 */
function consensusOf(study) {
    const s = study.summary, { matrix } = study;
    if (!matrix || matrix.shape.length !== 2) return null;
    const things = s.data && s.data.height === 1 ? "observations" : "images";
    const canvas = canvasOf(matrix.shape[1], matrix.shape[0],
        `Consensus matrix: how often two ${things} have the same dominant component, in the order of a tree`, { canvas: "consensus" });
    unpack(matrix).then((bytes) => paintShares(canvas, bytes)).catch(() => canvas.remove());
    return el("figure", { class: "consensus" }, canvas, el("figcaption", null,
        `How often two of ${words(s.consensus.images, 9)} ${things} share their dominant component: white never, navy always. In the order of the tree (average linkage). ` +
        "Sharp blocks: every run groups alike. Brunet et al., PNAS 101 (2004); dispersion: Kim & Park, Bioinformatics 23 (2007).",
        s.consensus.undefined ? ` Cophenetic correlation and dispersion are undefined: ${s.consensus.undefined}.` : ""));
}

/**
 * What is proven of W H, beside what the starts show.
 * @param {any} s
 * @param {(text: string) => HTMLElement} heading
 */
function certificateOf(s, heading) {
    if (!s.words.unique) return [];
    const u = s.unique;
    return [heading("Can the parts be turned into others?"),
        el("p", null, s.words.unique, s.words.models_differ
            ? " So parts differ between starts because the models W H differ, as their losses do, not because parts can be turned into each other." : ""),
        el("details", null, el("summary", null, "What proven, free and not known mean"),
            el("p", null, el("b", null, "Proven"), ": to first order no other factorisation of this W H near this one has another such part, or other weights of it, but for scale; " +
                "a statement about W H, not about the data, and one that excludes no second factorisation far away. Zeros hold the parts, and only exact zeros count. ",
                el("b", null, "Free"), ": another part added to it, or taken from it, gives another factorisation of the same W H. ",
                el("b", null, "Not known"), `: neither was shown${u.reason ? `: ${u.reason}` : ""}. Rank of the weights ${u.rank_weights}, of the parts ${u.rank_basis}, of ${s.r}.`))];
}

/** @param {any} s */
function rulesOf(s) {
    const t = s.thresholds;
    return el("details", null, el("summary", null, "How a verdict comes about"),
        el("p", null, "A component's similarity is the cosine with its twin, found by optimal assignment. A run finds it when that is at least " +
            `${t.found_cosine} and the twin at most half as far (1 − cosine) as the nearest other part of the best run. `,
            el("b", null, "Found again"), `: median at least ${t.stable_median}, found by at least ${percent(t.stable_found)} of the other runs. `,
            el("b", null, "Absent"), `: found by fewer than ${percent(t.absent_found)}. `, el("b", null, "Drifts"), ": in between. ",
            el("b", null, "Copy"), `: cosine above ${t.copy_cosine} with another component of the best run, also without the direction of the mean of all: one part, judged once.`));
}

/** @param {any} s */
function componentTable(s) {
    const order = s.order || s.components.map((/** @type {any} */ _, /** @type {number} */ k) => k + 1);
    return sortedTable("Similarity of each component with its twins in the other runs",
        ["component", "verdict", "unique", "median", "worst", "found by", "needed", "nearest other part"],
        order.map((/** @type {number} */ number) => {
            const c = s.components[number - 1];
            const fixed = (/** @type {number|null} */ v) => ({ value: v, shown: v === null ? "–" : v.toFixed(3) });
            return [{ value: number }, { value: verdictOf(s, c), words: true,
                shown: el("span", null, el("span", { class: `swatch back-${c.verdict}`, "aria-hidden": "true" }), verdictOf(s, c)) },
            { value: uniqueOf(c), words: true }, fixed(c.median), fixed(c.worst), { value: c.found, shown: percent(c.found) }, fixed(c.needed), fixed(c.neighbour)];
        }));
}

/**
 * @param {Page} page
 * @param {Study} study
 * @param {(text: string) => HTMLElement} heading
 */
function stabilityBody(page, study, heading) {
    const s = study.summary;
    const fit = (s.methods || {})[s.method] || {};
    const warnings = [s.words.interrupted, s.words.advice, s.words.local_minima].filter(Boolean);
    const judged = s.judged_runs >= s.thresholds.least_runs;
    return [
        ofWhat(s, [`${fit.title || s.method}, ${s.r} components`, s.words.runs]),
        el("p", { class: "finding" }, `${s.words.found}.`),
        judged ? verdictBar(s) : null,
        warnings.map((text) => el("p", { class: "warning" }, text)),
        el("p", { class: "note" }, "The run of least loss. The frame is the verdict; below each component its number, the verdict, and the median similarity of its twins. Choose one to see how near its twin came in every other run."),
        tilesOf(page, study),
        certificateOf(s, heading),
        heading("Did the runs end alike?"),
        el("div", { class: "beside" }, lossesOf(s), consensusOf(study)),
        factsOf([["runs", s.runs], ["judged", s.judged_runs], ["mean similarity", words(s.mean_similarity, 3)], ["cophenetic correlation", words(s.cophenetic, 4)],
            ["dispersion", words(s.dispersion, 3)], [fit.penalty ? "least loss, with penalty" : "least loss", words(s.least_objective, 6)], ["median loss", words(s.median_objective, 6)],
            ["largest loss", words(s.largest_objective, 6)]]),
        heading("Component by component"),
        componentTable(s), rulesOf(s),
        picturesOf(study),
        provenance(s, `Seeds ${s.seed} to ${s.seed + s.restarts - 1}.`),
    ];
}

/* ---------------------------------------------------------------- rank */

/** Losses of hidden entries, of fitted ones, and how alike several starts are, as in rank_curves.png. */
const rankCharts = [
    { title: "Loss of hidden entries, Kullback–Leibler", y: "loss of an entry", series: [["mean and standard error over masks", "held_out_kl"]], marks: ["held-out-kl", "held-out-kl-minimum"] },
    { title: "Loss of hidden entries, squared distance", y: "loss of an entry", series: [["mean and standard error over masks", "held_out_frobenius"]], marks: ["held-out-frobenius", "held-out-frobenius-minimum"] },
    { title: "Loss of hidden entries, negative binomial", y: "loss of an entry", series: [["mean and standard error over masks", "held_out_negative_binomial"]], marks: ["held-out-negative-binomial"] },
    { title: "Loss of fitted entries, Kullback–Leibler", y: "loss of an entry", series: [["this data", "fitted_kl"], ["pixels permuted over images", "permuted_kl"]], marks: ["permuted"] },
    { title: "How alike the answers from several starts are", y: "1: the same", series: [["a part and its twins", "stability"], ["cophenetic correlation of images", "cophenetic"]], marks: ["stability", "cophenetic"] },
];

/**
 * @param {any} s
 * @param {typeof rankCharts[number]} what
 */
function rankChart(s, what) {
    const points = s.points;
    const lines = what.series.map(([name, key]) => ({ name, key,
        at: points.filter((/** @type {any} */ p) => typeof p[key] === "number") })).filter(({ at }) => at.length);
    if (!lines.length) return null;
    const values = lines.flatMap(({ key, at }) => at.map((/** @type {any} */ p) => p[key]));
    const errors = lines.flatMap(({ key, at }) => at.map((/** @type {any} */ p) => Math.abs(p[`${key}_error`] || 0)));
    const low = Math.min(...values.map((v, i) => v - errors[i])), high = Math.max(...values.map((v, i) => v + errors[i]));
    const log = low > 0 && high > 8 * low, margin = 0.06 * (high - low) || 0.5;
    const { drawing, across, up, floor, ceiling } = axesOf({ low: 0, high: points[points.length - 1].r,
        bottom: log ? low * 0.93 : low - margin, top: log ? high * 1.07 : high + margin, log, xLabel: "components r", yLabel: what.y,
        label: `${what.title}: ${lines.map(({ name, key, at }) => `${name}, from ${words(at[0][key])} at r = ${at[0].r} to ${words(at[at.length - 1][key])} at r = ${at[at.length - 1].r}`).join("; ")}` });
    const chosen = s.criteria.filter((/** @type {any} */ c) => what.marks.includes(c.key) && c.choice);
    for (const c of chosen)
        drawing.append(svgOf("line", { class: "chosen-r", x1: across(c.choice), x2: across(c.choice), y1: ceiling, y2: floor },
            svgOf("title", {}, `${c.name}: ${c.choice}`)));
    const place = svgOf("line", { class: "place", y1: ceiling, y2: floor });
    drawing.append(place);
    lines.forEach(({ key, at }, i) => {
        const way = at.map((/** @type {any} */ p, /** @type {number} */ n) => `${n ? "L" : "M"}${across(p.r).toFixed(1)} ${up(p[key]).toFixed(1)}`).join("");
        drawing.append(svgOf("path", { class: `line line-${i}`, d: way }));
        for (const p of at) {
            const error = p[`${key}_error`];
            if (error > 0) drawing.append(svgOf("line", { class: `error line-${i}`, x1: across(p.r), x2: across(p.r), y1: up(p[key] + error), y2: up(Math.max(p[key] - error, log ? low : -Infinity)) }));
            drawing.append(svgOf("circle", { class: `point line-${i}`, cx: across(p.r), cy: up(p[key]), r: 3 }));
        }
    });
    const key = lines.length > 1 ? el("ul", { class: "line-key" }, lines.map(({ name }, i) => el("li", { class: `key-${i}` }, name))) : el("p", { class: "soft" }, lines[0].name);
    return {
        element: el("figure", null, el("figcaption", { class: "chart-title" }, what.title), drawing, key,
            chosen.map((/** @type {any} */ c) => el("p", { class: "soft" }, `${c.choice}${c.at_end_of_range ? " or more" : c.at_start_of_range ? " or fewer" : ""}: ${c.name}`))),
        mark: (/** @type {number} */ r) => { place.setAttribute("x1", String(across(r))); place.setAttribute("x2", String(across(r))); },
    };
}

/**
 * Which criterion says what: a row each over a common axis of r.
 * @param {any} s
 */
function votesOf(s) {
    const high = (s.options || {}).high || s.points[s.points.length - 1].r;
    const across = (/** @type {number} */ r) => 8 + (224 * Math.min(Math.max(r, 0), high)) / high;
    const band = s.recommended ? [s.recommended, s.recommended] : s.least ? [s.least, s.most] : null;
    return sortedTable("What each criterion says; those in bold decide", ["criterion", "says", "on the axis of r", "source"],
        s.criteria.map((/** @type {any} */ c) => {
            const track = svgOf("svg", { viewBox: "0 0 240 22", class: "track", "aria-hidden": "true" });
            if (band) track.append(svgOf("rect", { class: "band", x: across(band[0]) - 5, y: 0, width: across(band[1]) - across(band[0]) + 10, height: 22 }));
            track.append(svgOf("line", { class: "grid", x1: 8, x2: 232, y1: 11, y2: 11 }));
            if (c.choice) {
                const x = across(c.choice), way = c.at_end_of_range || c.choice > high ? 1 : c.at_start_of_range ? -1 : 0;
                track.append(way ? svgOf("path", { class: c.decides ? "decides" : "compares", d: `M${x - way * 4} 4L${x + way * 7} 11L${x - way * 4} 18Z` })
                    : svgOf("circle", { class: c.decides ? "decides" : "compares", cx: x, cy: 11, r: c.decides ? 6 : 4.5 }));
            }
            const says = c.choice ? `${c.choice}${c.at_end_of_range ? " or more" : c.at_start_of_range ? " or fewer" : ""}` : "–";
            return [{ value: c.name, words: true, shown: el("span", { class: c.decides ? null : "light" }, c.name) }, { value: c.choice, shown: says },
                { value: c.choice, shown: track }, { value: c.source, words: true, shown: [c.source, c.note ? el("span", { class: "soft block" }, c.note) : null] }];
        }));
}

/**
 * @param {Study} study
 * @param {(text: string) => HTMLElement} heading
 */
function rankBody(study, heading) {
    const s = study.summary;
    const charts = rankCharts.map((what) => rankChart(s, what)).filter((chart) => chart !== null);
    const rs = s.points.map((/** @type {any} */ p) => p.r);
    const first = Math.max(rs.findIndex((/** @type {number} */ r) => r >= (s.recommended || s.least || rs[0])), 0);
    const told = el("output", { class: "told" });
    const slider = el("input", { type: "range", min: 0, max: rs.length - 1, value: first, "aria-label": "r, to read the curves at",
        oninput: () => read(Number(slider.value)) });
    /** @param {number} at */
    function read(at) {
        const p = s.points[at];
        slider.setAttribute("aria-valuetext", `r = ${p.r}`);
        for (const chart of charts) chart.mark(p.r);
        told.replaceChildren(factsOf([["r", p.r], ["hidden entries, KL", words(p.held_out_kl)], ["hidden entries, squared", words(p.held_out_frobenius)],
            ["fitted, KL", words(p.fitted_kl)], ["alike from other starts", words(p.stability, 3)], ["cophenetic", words(p.cophenetic, 4)]]));
    }
    if (rs.length) read(first);
    const columns = Object.keys(s.points[0] || {});
    return [
        ofWhat(s, [(s.options || {}).high ? `r from ${s.options.low} to ${s.options.high}` : "", `${words(s.fits, 9)} fits`]),
        el("p", { class: "finding" }, s.sentence),
        factsOf([["recommended", s.recommended || "no single number"], ["least", s.least || "–"], ["most", s.most ? `${s.most}${s.may_lie_beyond ? " or more" : ""}` : "–"]]),
        el("p", { class: "note" }, s.noise ? s.noise.note : "", " ", s.rule || ""),
        votesOf(s),
        heading("The curves"),
        el("label", { class: "read-at" }, "Read the curves at r", slider), told,
        el("div", { class: "charts" }, charts.map((chart) => chart.element)),
        el("details", null, el("summary", null, "All numbers of the curves"),
            sortedTable("What was measured at each r; losses of an entry", columns.map((name) => name.replaceAll("_", " ")),
                s.points.map((/** @type {any} */ p) => columns.map((name) => ({ value: p[name], shown: words(p[name], 5) }))))),
        provenance(s, `Seed ${s.seed}.`),
    ];
}

/* ---------------------------------------------------------------- transform */

/**
 * How many of the new images have which error.
 * @param {any} s
 */
function errorsOf(s) {
    const { low, high, counts, infinite } = s.histogram;
    if (!(high > low)) return null;
    const most = Math.max(...counts, 1), bin = (high - low) / counts.length;
    const p95 = s.whole ? s.whole.held_out_p95 : null;
    const right = Math.max(high, s.fence || 0, p95 || 0) * 1.04;
    const { drawing, across, up, floor, ceiling } = axesOf({ low: 0, high: right, bottom: 0, top: most, xLabel: "relative error of an image", yLabel: "images",
        label: `Histogram of ${s.N - (infinite || 0)} errors from ${words(low)} to ${words(high)}` });
    counts.forEach((/** @type {number} */ count, /** @type {number} */ i) => {
        if (!count) return;
        const from = low + i * bin, far = s.fence && from >= s.fence;
        drawing.append(svgOf("rect", { class: far ? "error-bar far" : "error-bar", x: across(from) + 0.5, y: up(count), width: Math.max(across(from + bin) - across(from) - 1, 0.5), height: floor - up(count) },
            svgOf("title", {}, `${words(from, 3)} to ${words(from + bin, 3)}: ${count}`)));
    });
    for (const [value, name, y] of /** @type {[number|null, string, number][]} */ ([[p95, "95 % of the training's, unseen", ceiling - 2], [s.fence, "far out", ceiling + 12]]))
        if (value) drawing.append(svgOf("line", { class: "chosen-r", x1: across(value), x2: across(value), y1: ceiling, y2: floor }),
            svgOf("text", { class: "value", x: across(value) + (value > right / 2 ? -5 : 5), y, "text-anchor": value > right / 2 ? "end" : "start" }, name));
    return el("figure", null, drawing, el("figcaption", null, s.rule || "Without the errors of unseen training images there is no verdict on a new one.",
        infinite ? ` Not drawn: ${infinite} blank, with an infinite error.` : ""));
}

/**
 * @param {Study} study
 * @param {(text: string) => HTMLElement} heading
 */
function transformBody(study, heading) {
    const s = study.summary, known = typeof s.fence === "number";
    const errorOf = (/** @type {any} */ image) => image.relative_error ?? Infinity; // of a blank image, as JSON has it
    const sides = [["new", s.new], ["training", s.training]];
    const finding = s.whole ? s.whole.words : `${words(s.N, 9)} new images; no verdict on them, since the errors of unseen training images are not known.`;
    return [
        ofWhat(s, [`${s.method}, ${s.r} components`, `read from ${s.input}`]),
        el("p", { class: "finding" }, finding),
        s.note ? el("p", { class: "note" }, s.note) : null,
        el("div", { class: "beside" }, errorsOf(s), sortedTable("New images beside those that the model was learned from",
            ["images", "N", "mean loss", "relative error", "variance explained"],
            sides.map(([name, of]) => [{ value: name, words: true }, { value: of.N, shown: words(of.N, 9) }, { value: of.mean_loss, shown: words(of.mean_loss, 5) },
                { value: of.relative_error, shown: words(of.relative_error) }, { value: of.explained_variance, shown: of.explained_variance === null ? "–" : `${(100 * of.explained_variance).toFixed(1)} %` }]))),
        picturesOf(study),
        heading("The largest errors"),
        sortedTable(`${known ? `${s.outliers.length} of ${words(s.N, 9)} lie far out. ` : ""}The ${s.worst.length} largest errors; errors.csv has them all`,
            ["image", "name", "loss", "relative error", "verdict"],
            s.worst.map((/** @type {any} */ image) => [{ value: image.index }, { value: image.path, words: true }, { value: image.loss, shown: words(image.loss, 5) },
                { value: errorOf(image), shown: errorOf(image) < Infinity ? words(image.relative_error) : "∞" },
                { value: !known ? null : errorOf(image) > s.fence ? "far out" : "within", words: true,
                    shown: !known ? "–" : errorOf(image) > s.fence ? el("span", null, el("span", { class: "swatch back-absent", "aria-hidden": "true" }), "far out") : "within" }])),
        provenance(s, `The model: ${s.model}.`),
    ];
}

/* ---------------------------------------------------------------- the section */

/**
 * What a study tells; one that cannot be shown says so, and takes nothing else with it.
 * @param {Page} page
 * @param {Study} study
 * @param {number} level of the headings below its own
 */
function bodyOf(page, study, level) {
    const heading = (/** @type {string} */ text) => el(level === 3 ? "h3" : "h4", null, text);
    try {
        if (study.kind === "stability") return stabilityBody(page, study, heading);
        if (study.kind === "rank") return rankBody(study, heading);
        return transformBody(study, heading);
    } catch (error) {
        return [el("p", { class: "warning" }, `${study.folder} cannot be shown: ${/** @type {Error} */ (error).message}`)];
    }
}

/**
 * Results of stability, rank and transform beside the run.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function studiesSection(page) {
    /** @type {Study[]} */
    const studies = page.run.studies.filter((study) => study.kind !== "cone");
    if (!studies.length) return null;
    if (studies.length === 1) return section("studies", studies[0].title, bodyOf(page, studies[0], 3).flat());
    return section("studies", "More on the same data", studies.map((study) =>
        el("article", { class: "study" }, el("h3", null, study.title), bodyOf(page, study, 4).flat())));
}
