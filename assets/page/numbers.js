/* numbers.js - Numbers: losses, part-ness, what was read, options, downloads, a block to cite.
 * SPDX-License-Identifier: MIT */
import { el, scrollBox, section, sortedTable, words } from "./dom.js";

/** @typedef {import("./app.js").Page} Page */
/** @typedef {import("./data.js").Run} Run */
/** @typedef {import("./data.js").Fit} Fit */
/** @typedef {import("./dom.js").Cell} Cell */

/** What a score is, and what it means: one line each. */
const scores = [
    { key: "sparseness", head: "sparseness of basis", means: "0 flat, 1 a single pixel (Hoyer 2004). Parts are sparse.",
        table: "0 all variables alike, 1 a single variable (Hoyer 2004). Parts are sparse." },
    { key: "localisation", head: "localisation of basis", means: "0 as wide as the picture, 1 a single pixel, below 0 along the rim. Parts are local.", table: "" },
    { key: "overlap", head: "overlap of basis", means: "Mean cosine between two absolute basis images, 0 when no pixel is shared. Parts overlap little.",
        table: "Mean cosine between two absolute components, 0 when no variable is shared. Parts overlap little." },
    { key: "weights_sparseness", head: "sparseness of weights", means: "0 every image uses all components alike, 1 a single one.",
        table: "0 every observation uses all components alike, 1 a single one." },
    { key: "cancellation", head: "cancellation", means: "The share of what components bring that they take away from each other, without the mean image. Parts cancel nothing.",
        table: "The share of what components bring that they take away from each other, without the mean. Parts cancel nothing." },
];

/** @param {number} value @param {number} places @returns {Cell} */
const cellOf = (value, places) => ({ value: Number.isFinite(value) ? value : null, shown: Number.isFinite(value) ? value.toFixed(places).replace("-", "−") : "–" });

/** @param {Run} run */
function lossTable(run) {
    return sortedTable("What each method minimised, and how near it came",
        ["method", "minimised", "loss", "relative error", "variance explained", "iterations", "seconds", "end"],
        run.methods.map((fit) => [
            { value: fit.title, words: true },
            { value: fit.loss_name + (fit.penalty > 0 ? ` and a penalty, which is ${words(fit.penalty)}` : ""), words: true },
            { value: fit.loss, shown: words(fit.loss, 7) },
            cellOf(fit.relative_error, 4),
            { value: fit.explained_variance, shown: `${(100 * fit.explained_variance).toFixed(1)} %` },
            { value: fit.iterations, shown: words(fit.iterations, 9) },
            { value: fit.seconds, shown: fit.seconds.toFixed(2) },
            { value: fit.stop, words: true },
        ]));
}

/** @param {Run} run */
function partTable(run) {
    const used = scores.filter((score) => !run.data.is_table || score.table);
    return [
        sortedTable("How much like parts the components are", ["method", ...used.map((score) => score.head)],
            run.methods.map((fit) => [{ value: fit.title, words: true },
                ...used.map((score) => cellOf(/** @type {any} */ (fit)[score.key], 3))])),
        el("dl", { class: "terms" }, used.flatMap((score) => [
            el("dt", null, score.head), el("dd", null, run.data.is_table ? score.table : score.means)])),
    ];
}

/**
 * Copies a text; where the browser lets no page copy, selects it.
 * @param {HTMLElement} element its text
 * @param {HTMLElement} button
 */
async function copyText(element, button) {
    const before = button.textContent;
    try {
        await navigator.clipboard.writeText(element.textContent || "");
        button.textContent = "copied";
    } catch {
        const selection = getSelection();
        if (selection) selection.selectAllChildren(element);
        button.textContent = "selected: copy with Ctrl+C";
    }
    setTimeout(() => { button.textContent = before; }, 2500);
}

/**
 * A text in a box, with a button that copies it.
 * @param {string} label
 * @param {string} text
 * @param {string} [id] of the button
 */
function copyBox(label, text, id) {
    const code = el("pre", { tabindex: 0, role: "region", "aria-label": label }, text);
    const button = el("button", { type: "button", id: id || null, onclick: () => copyText(code, button) }, "copy");
    return el("div", { class: "copy" }, el("div", { class: "copy-head" }, el("span", null, label), button), code);
}

/** @param {Run} run */
function dataWords(run) {
    const { n, p, height, width, channels, is_table: isTable, normalize, ink, clipped, n_refused: refused, n_skipped: skipped } = run.data;
    /** @type {[string, string|number][]} */
    const facts = [
        ["input", run.run.input],
        ["used", isTable ? `${n} observations of ${p} variables` : `${n} images of ${width} × ${height} pixels${channels === 3 ? ", in colour" : ""}`],
    ];
    if (!isTable && skipped !== null) facts.push(["refused", refused], ["other files skipped", skipped]);
    facts.push(["values", normalize + (ink ? `, ${ink} ink` : "")]);
    if (clipped > 0) facts.push(["clipped by that", `${(100 * clipped).toFixed(1)} % of values`]);
    if (run.images && run.images.count < n) facts.push(["on this page", `an even sample of ${run.images.count}`]);
    facts.push(["seed", run.run.seed], ["fingerprint of the data", run.run.fingerprint], ["mien", run.version]);
    return el("dl", { class: "facts" }, facts.map(([what, value]) => el("div", null, el("dt", null, what), el("dd", null, value))));
}

/** @param {Run} run */
function refusedList({ data }) {
    if (!data.n_refused) return null;
    const shown = data.refused || [];
    return el("details", null, el("summary", null, `${data.n_refused} refused, and why`),
        el("ul", null, shown.map((one) => el("li", null, el("code", null, one.path), `: ${one.reason}`)),
            data.n_refused > shown.length ? el("li", null, `and ${data.n_refused - shown.length} more, see summary.json`) : null));
}

/**
 * A value between commas, as RFC 4180 has it.
 * @param {unknown} value
 */
function csvOf(value) {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}

/** Numbers of a fit, as files have them. */
const columnsOfFit = /** @type {const} */ (["name", "r", "loss_name", "loss", "penalty", "relative_error", "explained_variance", "iterations",
    "seconds", "stop", "seed", "sparseness", "localisation", "overlap", "weights_sparseness", "cancellation", "note"]);

/**
 * Gives a file to the reader.
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function give(name, type, text) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = el("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** @param {Run} run */
function giveCsv(run) {
    const lines = run.methods.map((fit) => columnsOfFit.map((key) => csvOf(fit[key])).join(","));
    give("mien-numbers.csv", "text/csv", `${columnsOfFit.join(",")}\r\n${lines.join("\r\n")}\r\n`);
}

/** @param {Run} run */
function giveJson(run) {
    const methods = run.methods.map((fit) => ({
        ...Object.fromEntries(columnsOfFit.map((key) => [key, fit[key]])),
        share: fit.share, agreement: fit.agreement, cross: fit.cross, history: fit.history,
    }));
    const { version, kind, run: how, data, failures, truth } = run;
    give("mien-numbers.json", "application/json", `${JSON.stringify({ version, kind, run: how, data, methods, failures, truth }, null, 2)}\n`);
}

/** @param {string} version */
const bibtexOf = (version) => `@misc{mien,
  title = {mien: learns the parts of faces},
  note  = {Version ${version}}
}
@article{lee1999learning,
  author  = {Lee, Daniel D. and Seung, H. Sebastian},
  title   = {Learning the parts of objects by non-negative matrix factorization},
  journal = {Nature},
  volume  = {401},
  pages   = {788--791},
  year    = {1999},
  doi     = {10.1038/44565}
}
@book{hastie2009elements,
  author    = {Hastie, Trevor and Tibshirani, Robert and Friedman, Jerome},
  title     = {The Elements of Statistical Learning},
  edition   = {2},
  publisher = {Springer},
  year      = {2009},
  doi       = {10.1007/978-0-387-84858-7},
  note      = {Section 14.6}
}`;

/** @param {Run} run */
const plainOf = (run) => [
    `mien, version ${run.version} (seed ${run.run.seed}, data ${run.run.fingerprint}).`,
    "Lee, D. D. & Seung, H. S. (1999). Learning the parts of objects by non-negative matrix factorization. Nature 401, 788-791.",
    "Hastie, T., Tibshirani, R. & Friedman, J. (2009). The Elements of Statistical Learning, 2nd ed., section 14.6. Springer.",
    ...run.methods.map((fit) => `${fit.title}: ${fit.citation}.`),
].join("\n");

/**
 * Numbers: losses, part-ness, what was read, options, downloads, a block to cite.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function numbersSection({ run, state }) {
    if (run.kind === "cone") return null; // it tells its numbers itself, and may be of no file
    const losses = el("div", { class: "screen" }), parts = el("div", { class: "screen" });
    state.watch(["fits"], () => {
        losses.replaceChildren(...(run.methods.length ? [el("h3", null, "How near each method came"), lossTable(run),
            el("p", { class: "note" }, "Relative error: ‖X − X̂‖ / ‖X‖. Losses of different kinds cannot be compared with each other; "
                + "errors and variance can. No r components have a smaller squared error than PCA’s: that is what PCA is made for."),
            el("ul", { class: "note plain" }, run.methods.filter((fit) => fit.note).map((fit) => el("li", null, el("b", null, fit.title), `: ${fit.note}`)))] : []));
        parts.replaceChildren(...(run.methods.length ? [el("h3", null, "Parts or wholes?"), ...partTable(run)] : []));
    });
    const options = Object.entries(run.run.options || {});
    return section("numbers", "Numbers",
        run.run.interrupted ? el("p", { class: "warning" }, "The run was interrupted: what is here is whole, but iterations or methods are missing.") : null,
        run.failures.map((failure) => el("p", { class: "warning" }, el("b", null, failure.title), ` did not run: ${failure.reason}`)),
        losses, parts,
        el("div", { class: "screen" }, el("h3", null, "What was read, and how it was learned"),
            dataWords(run),
            run.data.remarks.length ? el("ul", { class: "note plain" }, run.data.remarks.map((remark) => el("li", null, remark))) : null,
            refusedList(run),
            run.run.command ? copyBox("The command that makes this page again", run.run.command, "copy-command") : null,
            options.length ? el("details", null, el("summary", null, `All ${options.length} options`),
                scrollBox("Options", el("table", null, el("tbody", null, options.map(([key, value]) =>
                    el("tr", null, el("th", { scope: "row" }, key), el("td", { class: "words" }, value))))))) : null,
            el("p", { class: "controls" },
                el("button", { type: "button", id: "download-csv", onclick: () => giveCsv(run) }, "numbers as CSV"),
                el("button", { type: "button", id: "download-json", onclick: () => giveJson(run) }, "numbers as JSON")),
            el("details", null, el("summary", null, "To cite"), copyBox("In words", plainOf(run)), copyBox("BibTeX", bibtexOf(run.version)))));
}
