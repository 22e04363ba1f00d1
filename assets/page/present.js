/* present.js - full screen, a section at a time, by arrow keys.
 * SPDX-License-Identifier: MIT */
import { el } from "./dom.js";

/** @typedef {import("./app.js").Page} Page */

/** Widths that a screen is laid out in, in CSS pixels, before it is enlarged to 16:9. */
const LAYOUTS = [640, 760, 900, 1040, 1200, 1400];
/** Screens that would have to be smaller than this scroll instead. */
const SMALLEST = 0.7;

/**
 * Make the page's button and keys present.
 * @param {Page} page
 */
export function enablePresent({ state }) {
    const root = document.documentElement;
    const button = document.getElementById("present");
    const main = document.querySelector("main");
    if (!button || !main) return;
    const place = el("span", { class: "stage-place", "aria-live": "polite" });
    const bar = el("nav", { class: "presenter", "aria-label": "Presentation", hidden: true },
        el("button", { type: "button", "aria-label": "Previous screen", onclick: () => go(-1) }, "‹"), place,
        el("button", { type: "button", "aria-label": "Next screen", onclick: () => go(1) }, "›"),
        el("button", { type: "button", onclick: () => state.set({ present: false }) }, "end"));
    document.body.append(bar);
    /** @type {{section: HTMLElement, part: Element|null}[]} */
    let screens = [];
    let at = 0;

    /**
     * Sections, one by one; those of several screens screen by screen.
     * @returns {{section: HTMLElement, part: Element|null}[]}
     */
    function listScreens() {
        /** @type {{section: HTMLElement, part: Element|null}[]} */
        const list = [];
        for (const child of main ? main.children : []) {
            if (!(child instanceof HTMLElement) || child.tagName !== "SECTION" || child.hidden) continue;
            const parts = [...child.querySelectorAll(":scope > .screen:not([hidden])")].filter((part) => part.childElementCount);
            if (!parts.length) list.push({ section: child, part: null });
            for (const part of parts) list.push({ section: child, part });
        }
        return list;
    }
    /** As large as it can be with all of it to be seen. */
    function fit() {
        if (!state.now.present || !screens.length) return;
        const { section } = screens[at];
        const stage = { width: Math.min(innerWidth, (innerHeight * 16) / 9), height: Math.min(innerHeight, (innerWidth * 9) / 16) };
        let best = { width: LAYOUTS[0], zoom: 0 }; // a box that scrolls sideways is worse than small type
        section.style.zoom = "1";
        for (const width of LAYOUTS) {
            section.style.width = `${width}px`;
            const cut = Math.max(1, ...[...section.querySelectorAll(".scroll")].filter((box) => box.clientWidth)
                .map((box) => box.scrollWidth / box.clientWidth));
            const zoom = Math.min(stage.width / Math.max(width, section.scrollWidth), stage.height / section.scrollHeight) / cut ** 2;
            if (zoom > best.zoom) best = { width, zoom };
        }
        const zoom = Math.max(best.zoom, SMALLEST);
        section.style.width = `${Math.min(best.width, stage.width / zoom)}px`;
        section.style.zoom = String(zoom);
    }
    function show() {
        main?.querySelectorAll(".on-stage, .off-stage").forEach((one) => one.classList.remove("on-stage", "off-stage"));
        const { section, part } = screens[at];
        section.classList.add("on-stage");
        if (part) section.querySelectorAll(":scope > .screen").forEach((one) => one.classList.add(one === part ? "on-stage" : "off-stage"));
        place.textContent = `${at + 1} / ${screens.length}`;
        scrollTo(0, 0);
        fit();
    }
    /** @param {number} by */
    function go(by) {
        clear();
        at = Math.min(Math.max(at + by, 0), screens.length - 1);
        show();
    }
    function clear() {
        const { section } = screens[at];
        section.style.removeProperty("width");
        section.style.removeProperty("zoom");
    }
    /** Where the reader is: the section whose top is nearest above the middle. */
    function here() {
        const above = screens.filter(({ section, part }) => (part || section).getBoundingClientRect().top < innerHeight / 2);
        return Math.max(above.length - 1, 0);
    }
    button.addEventListener("click", () => state.set({ present: true }));
    state.watch(["present"], ({ present }) => {
        if (!present) {
            if (screens.length) {
                const { section, part } = screens[at];
                clear();
                main.querySelectorAll(".on-stage, .off-stage").forEach((one) => one.classList.remove("on-stage", "off-stage"));
                root.classList.remove("presenting");
                bar.hidden = true;
                if (document.fullscreenElement) document.exitFullscreen();
                screens = [];
                (part || section).scrollIntoView();
                button.focus();
            }
            return;
        }
        screens = listScreens();
        if (!screens.length) return;
        at = here();
        root.classList.add("presenting");
        bar.hidden = false;
        if (root.requestFullscreen) root.requestFullscreen().catch(() => undefined);
        show();
    });
    document.addEventListener("fullscreenchange", () => {
        if (!document.fullscreenElement) state.set({ present: false });
    });
    addEventListener("resize", fit);
    document.addEventListener("toggle", fit, true);
    document.addEventListener("keydown", (event) => {
        if (!state.now.present || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
        const busy = event.target instanceof Element && event.target.closest("input, select, textarea");
        if (event.key === "Escape") state.set({ present: false });
        else if (event.key === "PageDown" || (!busy && event.key === "ArrowRight")) go(1);
        else if (event.key === "PageUp" || (!busy && event.key === "ArrowLeft")) go(-1);
        else return;
        event.preventDefault();
    });
}
