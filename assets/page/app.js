/* app.js - the page put together.
 * SPDX-License-Identifier: MIT */
import { readRun } from "./data.js";
import { el } from "./dom.js";
import { tellingStep, weightsOf } from "./fit.js";
import { State, readAddress, writeAddress } from "./state.js";
import { heroSection } from "./hero.js";
import { figureSection } from "./figure.js";
import { buildSection } from "./build.js";
import { emergeSection } from "./emerge.js";
import { meaningSection } from "./meaning.js";
import { tableSection } from "./table.js";
import { numbersSection } from "./numbers.js";
import { lessonOf } from "./lessons.js";
import { studiesSection } from "./studies.js";
import { coneSection } from "./cone.js";
import { enablePresent } from "./present.js";

/**
 * @typedef {object} Page what a section is made from
 * @property {import("./data.js").Run} run
 * @property {State} state
 */

/**
 * Where the page's example stands among its images.
 * @param {import("./data.js").Run} run
 */
function exampleOf(run) {
    const images = run.images;
    if (!images) return 0;
    const at = images.index ? images.index.indexOf(run.example) : run.example;
    return at >= 0 && at < images.count ? at : 0;
}

/**
 * The state as the page opens.
 * @param {import("./data.js").Run} run
 */
export function firstChoice(run) {
    const nmf = run.methods.find((fit) => fit.name === "nmf") || run.methods[0];
    const face = exampleOf(run);
    return {
        face,
        method: nmf ? nmf.name : "",
        part: -1,
        parts: nmf && run.images ? tellingStep(nmf, weightsOf(nmf, face), run.data) : 0,
        palette: run.palette,
        theme: /** @type {const} */ ("auto"),
        moment: nmf && nmf.snapshots ? nmf.snapshots.iteration.length - 1 : 0,
        present: false,
        fits: 0,
    };
}

/**
 * Whether an address may choose this.
 * @param {import("./data.js").Run} run
 * @param {import("./state.js").Key} key
 * @param {string|number} value
 */
function isAllowed(run, key, value) {
    const whole = Number.isInteger(value) && Number(value) >= 0;
    const r = Math.max(0, ...run.methods.map((fit) => fit.r));
    switch (key) {
        case "face": return whole && run.images !== null && Number(value) < run.images.count;
        case "method": return run.methods.some((fit) => fit.name === value);
        case "part": return whole && Number(value) < r;
        case "parts": return whole && Number(value) <= r;
        case "palette": return ["esl", "gray", "diverging"].includes(String(value));
        case "theme": return ["auto", "light", "dark"].includes(String(value));
        case "moment": return whole && run.methods.some(
            (fit) => fit.snapshots && Number(value) < fit.snapshots.iteration.length);
        default: return false;
    }
}

/**
 * The head: what the page is of, colours, light or dark, present.
 * @param {Page} page
 */
function headerOf({ state }) {
    const palette = el("select", { id: "palette", "aria-label": "Colours",
        onchange: (/** @type {Event} */ e) => state.set({ palette: /** @type {any} */ (/** @type {HTMLSelectElement} */ (e.target).value) }) },
        el("option", { value: "esl" }, "black and red"),
        el("option", { value: "diverging" }, "orange and blue"),
        el("option", { value: "gray" }, "grey"));
    const next = { auto: "dark", dark: "light", light: "auto" };
    const theme = el("button", { id: "theme", type: "button",
        onclick: () => state.set({ theme: /** @type {any} */ (next[state.now.theme]) }) });
    state.watch(["palette"], (now) => { palette.value = now.palette; });
    state.watch(["theme"], (now) => {
        document.documentElement.dataset.theme = now.theme;
        theme.textContent = { auto: "◐ auto", dark: "● dark", light: "○ light" }[now.theme];
        theme.setAttribute("aria-label", `${theme.textContent}: light or dark`);
    });
    const present = el("button", { id: "present", type: "button" }, "present");
    return el("header", null,
        el("p", { class: "brand" }, "mien"),
        el("div", { class: "controls" }, palette, theme, present));
}

/**
 * A section of the page at the end of <main>, with its lesson, unless there is nothing to show; one that cannot be made says so, and
 * takes nothing else with it.
 * @param {Page} page
 * @param {(page: Page) => HTMLElement|null} make
 */
function addSection(page, make) {
    const main = document.querySelector("main");
    try {
        const made = make(page);
        if (!made) return;
        const lesson = lessonOf(page, made.id);
        if (lesson) made.append(lesson);
        main?.append(made);
    } catch (error) {
        main?.append(el("p", { class: "warning" }, `A section of this page could not be made: ${/** @type {Error} */ (error).message}`));
    }
}

/**
 * The head and the first screen, in place of what <main> held.
 * @param {Page} page
 */
function buildFirst(page) {
    const main = /** @type {HTMLElement} */ (document.querySelector("main"));
    document.querySelector("body > header")?.remove();
    main.before(headerOf(page));
    main.replaceChildren();
    if (!page.run.methods.length) main.append(el("h1", { class: "spoken" }, document.title)); // the first screen has its own
    addSection(page, heroSection);
}

/** What follows the first screen. */
const REST = [figureSection, buildSection, emergeSection, meaningSection, tableSection, studiesSection, coneSection, numbersSection];

/**
 * All of the page.
 * @param {Page} page
 */
export function buildPage(page) {
    buildFirst(page);
    for (const make of REST) addSection(page, make);
    enablePresent(page);
}

/** When what stands now is on the screen; a page in the background is not drawn, and does not wait. */
function painted() {
    return new Promise((done) => {
        requestAnimationFrame(() => setTimeout(done));
        setTimeout(done, 200);
    });
}

/** The page of a run that stands in it. */
export async function openReport() {
    const run = await readRun();
    const first = firstChoice(run);
    const state = new State(first);
    const read = () => readAddress(location.hash, (key, value) => isAllowed(run, key, value));
    state.set(read());
    buildFirst({ run, state });
    for (const make of REST) { // large pictures: what stands can be used before the others do
        await painted();
        addSection({ run, state }, make);
    }
    enablePresent({ run, state });
    let due = 0; // browsers refuse an address that changes with every frame
    state.watch(["face", "method", "part", "parts", "palette", "theme", "moment"], () => {
        clearTimeout(due);
        due = setTimeout(() => history.replaceState(null, "", location.pathname + location.search + writeAddress(state)), 250);
    });
    addEventListener("hashchange", () => state.set({ ...first, ...read() }));
}

if (document.getElementById("mien-data"))
    openReport().catch((error) => {
        const main = document.querySelector("main");
        if (main) main.textContent = `This page could not be opened: ${error.message}`;
    });
