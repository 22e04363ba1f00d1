/* harness.js - mien's pages in a browser, as a reader opens them: from disk, without a network.
 * SPDX-License-Identifier: MIT */
import { chromium } from "playwright-core";
import axe from "axe-core";
import { HtmlValidate } from "html-validate";
import { accessSync, constants, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { made, outcome } from "./pages.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */

/**
 * @typedef {object} Reader who opens a page, and how
 * @property {number} [width] of the window, 1280
 * @property {number} [height] 800
 * @property {boolean} [dark] what the system prefers
 * @property {boolean} [still] prefers less motion
 * @property {boolean} [touch]
 * @property {string} [hash] of the address, with #
 */

/**
 * @typedef {object} Opened
 * @property {Page} page
 * @property {string} folder what mien wrote beside the page
 * @property {string[]} complaints errors, warnings, dialogs and requests so far; a check with one fails
 */

/**
 * The browser: the first of its names that is on the PATH.
 * @returns {string}
 */
function browserPath() {
    const names = ["chromium", "chromium-browser", "google-chrome"];
    for (const name of names)
        for (const folder of (process.env.PATH || "").split(delimiter))
            try {
                accessSync(join(folder, name), constants.X_OK);
                return join(folder, name);
            } catch {
                continue;
            }
    throw new Error(`no browser: none of ${names.join(", ")} is on the PATH (Debian's package chromium)`);
}

/** @type {Promise<import("playwright-core").Browser>|null} */
let browser = null;

/** One browser for all; what it would fetch for itself is switched off. */
function launched() {
    browser ??= chromium.launch({
        executablePath: browserPath(),
        args: ["--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-quic", "--no-first-run", "--force-color-profile=srgb"],
    });
    return browser;
}

/** To be called when all is done. */
export async function closeBrowser() {
    if (browser) await (await browser).close();
    browser = null;
}

/** What is there when a report has put itself together: the presenter comes last. */
const REPORT = ".presenter";

/**
 * Waits until a page has put itself together.
 * @param {Page} page
 * @param {string} [sign]
 */
export async function whole(page, sign = REPORT) {
    await page.waitForSelector(sign, { state: "attached" });
}

/**
 * A file in a window of its own, the network off. Whatever the page says to the console, asks in a
 * dialog or requests beyond its own file is a complaint.
 * @param {string} file
 * @param {Reader} [reader]
 * @param {string} [sign]
 * @returns {Promise<{page: Page, complaints: string[]}>}
 */
export async function open(file, { width = 1280, height = 800, dark = false, still = false, touch = false, hash = "" } = {}, sign = REPORT) {
    const context = await (await launched()).newContext({
        viewport: { width, height },
        colorScheme: dark ? "dark" : "light",
        reducedMotion: still ? "reduce" : "no-preference",
        hasTouch: touch,
        acceptDownloads: true,
    });
    context.setDefaultTimeout(60000); // for what hangs; machines may be slow
    await context.setOffline(true);
    const own = pathToFileURL(file).href;
    /** @type {string[]} */
    const complaints = [];
    context.on("request", (request) => {
        const url = request.url();
        if (url.split("#")[0] !== own && !/^(data|blob):/.test(url)) complaints.push(`request: ${url}`);
    });
    context.on("console", (message) => {
        if (["error", "warning"].includes(message.type()))
            complaints.push(`console ${message.type()}: ${message.text()}`);
    });
    context.on("weberror", (error) => complaints.push(`error: ${error.error().stack}`));
    context.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        dialog.dismiss().catch(() => {});
    });
    const page = await context.newPage();
    page.on("crash", () => complaints.push("the page crashed"));
    await page.goto(own + hash);
    await whole(page, sign).catch(async (error) => {
        await context.close();
        throw new Error(`the page was not put together: ${error.message}\n${complaints.join("\n")}`);
    });
    return { page, complaints };
}

/** @type {{name: string, run: () => Promise<void>}[]} */
const checks = [];

/**
 * A check of whatever `run` looks at.
 * @param {string} name
 * @param {() => Promise<void>} run
 */
export function checkOf(name, run) {
    checks.push({ name, run });
}

/**
 * A check of a file. Fails, with a screenshot beside, when `look` throws or the page complains.
 * @param {string} name
 * @param {string} file
 * @param {string} sign selector of what is there when the page has put itself together
 * @param {Reader} reader
 * @param {(opened: {page: Page, complaints: string[]}) => Promise<void>} look
 */
export function checkFile(name, file, sign, reader, look) {
    checkOf(name, () => lookAt(name, file, sign, reader, look));
}

/**
 * A check of a page that mien made.
 * @param {string} name
 * @param {import("./pages.js").Name} which
 * @param {Reader} reader
 * @param {(opened: Opened) => Promise<void>} look
 */
export function check(name, which, reader, look) {
    checkOf(name, async () => {
        const folder = await made(which);
        await lookAt(name, join(folder, "report.html"), REPORT, reader, (opened) => look({ ...opened, folder }));
    });
}

/**
 * @param {string} name
 * @param {string} file
 * @param {string} sign
 * @param {Reader} reader
 * @param {(opened: {page: Page, complaints: string[]}) => Promise<void>} look
 */
async function lookAt(name, file, sign, reader, look) {
    const opened = await open(file, reader, sign);
    try {
        await look(opened);
        if (opened.complaints.length) throw new Error(`the page complains:\n${opened.complaints.join("\n")}`);
    } catch (error) {
        mkdirSync(join(outcome, "failed"), { recursive: true });
        const picture = join(outcome, "failed", `${name.replace(/[^a-z0-9]+/gi, "-")}.png`);
        await opened.page.screenshot({ path: picture }).catch(() => {});
        console.error([`screenshot: ${picture}`, ...opened.complaints].join("\n"));
        throw error;
    } finally {
        await opened.page.context().close();
    }
}

/** Run what was checked in, two side by side. */
export function runChecks() {
    describe("mien's pages", { concurrency: 2 }, () => {
        for (const { name, run } of checks) it(name, { timeout: 300000 }, run);
        after(closeBrowser);
    });
}

/**
 * That the address comes to say this: it follows what is chosen, a moment later.
 * @param {Page} page
 * @param {string} choice as "face=17"
 */
export async function addressSays(page, choice) {
    await page.waitForFunction((wanted) => location.hash.slice(1).split("&").includes(wanted), choice);
}

/**
 * The pixels of a canvas: red, green, blue, opacity each.
 * @param {Page} page
 * @param {string} selector of one canvas
 */
export async function pixelsOf(page, selector) {
    return page.locator(selector).first().evaluate((element) => {
        const { width, height } = /** @type {HTMLCanvasElement} */ (element);
        // a copy is read: the page's own canvas stays where it is fast
        const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
        copy?.drawImage(/** @type {HTMLCanvasElement} */ (element), 0, 0);
        return { width, height, data: Array.from(copy ? copy.getImageData(0, 0, width, height).data : []) };
    });
}

/**
 * What stands out of the window sideways; a box that scrolls by itself may.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export function sidewaysOf(page) {
    return page.evaluate(() => {
        const root = document.documentElement;
        const found = [];
        if (root.scrollWidth > root.clientWidth)
            found.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
        for (const element of document.querySelectorAll("body *")) {
            const box = element.getBoundingClientRect();
            if (!box.width || !box.height || (box.right <= root.clientWidth + 1 && box.left >= -1)) continue;
            let around = element.parentElement;
            while (around && getComputedStyle(around).overflowX === "visible") around = around.parentElement;
            if (!around || around === document.body || around === root)
                found.push(`${element.tagName}.${element.className}#${element.id}: ${box.left} to ${box.right}`);
        }
        return found.slice(0, 10);
    });
}

/**
 * Pairs of texts, controls and pictures of which one covers the other.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export function overlapsOf(page) {
    return page.evaluate(() => {
        /** @type {{element: Element, name: string, box: DOMRect, bar: Element|null}[]} */
        const things = [];
        /** The bar around an element that stays while the page scrolls below it. @param {Element|null} element */
        const barOf = (element) => {
            while (element && !["sticky", "fixed"].includes(getComputedStyle(element).position)) element = element.parentElement;
            return element;
        };
        /** @param {Element} element what of it is seen: cut by the boxes around it
         *  @param {DOMRect} box */
        const seen = (element, box) => {
            let { left, top, right, bottom } = box;
            for (let around = element.parentElement; around; around = around.parentElement) {
                if (getComputedStyle(around).overflow === "visible") continue;
                const frame = around.getBoundingClientRect();
                left = Math.max(left, frame.left);
                right = Math.min(right, frame.right);
                top = Math.max(top, frame.top);
                bottom = Math.min(bottom, frame.bottom);
            }
            return new DOMRect(left, top, right - left, bottom - top);
        };
        /** @param {Element} element
         *  @param {string} name
         *  @param {DOMRect} box */
        const add = (element, name, box) => {
            const visible = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
            const cut = seen(element, box);
            if (visible && cut.width > 2 && cut.height > 2) things.push({ element, name, box: cut, bar: barOf(element) });
        };
        for (const element of document.querySelectorAll("canvas, img, input, button, select, textarea"))
            add(element, `${element.tagName} ${element.id || element.getAttribute("aria-label") || ""}`,
                element.getBoundingClientRect());
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const parent = node.parentElement;
            if (!parent || !node.textContent?.trim() || parent.closest("script, style, button, select, option, textarea, svg"))
                continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            for (const box of range.getClientRects()) add(parent, `"${node.textContent.trim().slice(0, 40)}"`, box);
        }
        things.sort((a, b) => a.box.top - b.box.top);
        const found = [];
        for (let i = 0; i < things.length; i++)
            for (let j = i + 1; j < things.length && things[j].box.top < things[i].box.bottom; j++) {
                const a = things[i], b = things[j];
                const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
                const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
                // lines of a paragraph may touch: letters do not fill their boxes
                const nested = !a.name.startsWith('"') && !b.name.startsWith('"') &&
                    (a.element.contains(b.element) || b.element.contains(a.element));
                if (wide > 2 && high > Math.min(a.box.height, b.box.height) / 4 && !nested && a.bar === b.bar)
                    found.push(`${a.name} and ${b.name}: ${Math.round(wide)} x ${Math.round(high)} at ` +
                        `${Math.round(Math.max(a.box.left, b.box.left))}, ${Math.round(b.box.top + scrollY)}`);
            }
        return found.slice(0, 10);
    });
}

/** Settings of html-validate: its recommendation, but for what is no fault. */
const validator = new HtmlValidate({
    root: true,
    extends: ["html-validate:recommended"],
    rules: {
        "long-title": "off", // the title names the folder
        "no-inline-style": "off", // set by the script; the policy refuses what the file would bring
        "no-trailing-whitespace": "off",
        "attribute-boolean-style": "off", // as browsers write a page that they have read
        "void-style": "off",
        "doctype-style": "off",
        "prefer-native-element": "off", // a box that scrolls is a region, yet no section; a list of pictures no select
    },
});

/**
 * What is no valid HTML.
 * @param {string} html
 * @returns {Promise<string[]>}
 */
export async function invalidOf(html) {
    const report = await validator.validateString(html);
    return report.results.flatMap((result) =>
        result.messages.map((m) => `${m.ruleId}: ${m.message} (${m.selector || `line ${m.line}`})`));
}

/**
 * What axe-core finds.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function barriersOf(page) {
    await page.evaluate(axe.source); // by the debugger: the page's policy lets no script in
    const violations = await page.evaluate(async () => {
        const results = await /** @type {any} */ (window).axe.run(document, { resultTypes: ["violations"] });
        return results.violations;
    });
    return violations.flatMap((/** @type {import("axe-core").Result} */ v) =>
        v.nodes.map((node) => `${v.id} (${v.impact}): ${node.target}: ${node.failureSummary?.split("\n").slice(1).join(";").trim()}`));
}

/**
 * Print a page on A4.
 * @param {Page} page
 * @param {string} path of the PDF
 * @returns {Promise<number>} its pages
 */
export async function print(page, path) {
    const bytes = await page.pdf({ path, format: "A4", printBackground: true, preferCSSPageSize: true });
    return (bytes.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g) || []).length;
}
