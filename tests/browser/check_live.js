/* check_live.js - mien.html: pictures given to it by a drop or a file input, its losses beside those of the command line.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { barriersOf, checkFile, checkOf, invalidOf, open, overlapsOf, sidewaysOf } from "./harness.js";
import { mien, outcome, photographs, root } from "./pages.js";

/** @typedef {import("playwright-core").Page} Page */

const live = join(root, "build/release/mien.html");
const methods = ["nmf", "kmeans", "pca", "ica"];
const LONG = 240000; // ms, for what hangs
let commands = 0;

/**
 * The losses of all methods, when the page has put its report together for a command with these words.
 * @param {Page} page
 * @param {string} words
 * @returns {Promise<Record<string, number>>}
 */
async function lossesOf(page, words) {
    await page.locator("#numbers pre", { hasText: words }).first().waitFor({ timeout: LONG });
    const lines = methods.map((name) => page.locator(`[data-learning="${name}"]`).getAttribute("data-loss"));
    return Object.fromEntries((await Promise.all(lines)).map((loss, m) => [methods[m], Number(loss)]));
}

/**
 * What the command line says when it is given the command that the page shows.
 * @param {Page} page
 * @param {string} folder
 * @returns {Promise<Record<string, number>>}
 */
async function commandLosses(page, folder) {
    const shown = await page.locator("#numbers pre").first().innerText();
    const [program, command, , ...words] = shown.trim().split(/\s+/);
    assert.equal(`${program} ${command}`, "mien compare", shown);
    const out = join(outcome, `live-command-${++commands}`); // checks run beside each other
    words[words.indexOf("OUT")] = out;
    await promisify(execFile)(mien, [command, folder, ...words, "--no-snapshots", "--force"], { maxBuffer: 1 << 26 });
    const summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8"));
    return Object.fromEntries(methods.map((name) => [name, summary.methods[name].loss]));
}

/**
 * That losses agree.
 * @param {Record<string, number>} page
 * @param {Record<string, number>} line
 * @param {string[]} which
 * @param {number} apart at most, relatively
 */
function assertNear(page, line, which, apart) {
    for (const name of methods)
        console.log(`mien.html: ${name}: loss ${page[name]}, on the command line ${line[name]} (${((page[name] / line[name] - 1) * 100).toExponential(1)} %)`);
    for (const name of which)
        assert.ok(Math.abs(page[name] / line[name] - 1) <= apart, `${name}: ${page[name]} and ${line[name]}`);
}

/**
 * Settings: NMF by the textbook's updates, so many iterations.
 * @param {Page} page
 * @param {number} iterations
 */
async function settle(page, iterations) {
    await page.locator("details.settings > summary").click();
    await page.locator("#live-solver").selectOption("mu");
    await page.locator("#live-iterations").fill(String(iterations));
}

/**
 * A real drop of a folder or of files.
 * @param {Page} page
 * @param {string[]} files
 */
async function drop(page, files) {
    const box = await page.locator("#drop").boundingBox();
    assert.ok(box);
    const debug = await page.context().newCDPSession(page);
    for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"]))
        await debug.send("Input.dispatchDragEvent", {
            type, x: box.x + box.width / 2, y: box.y + 20, data: { items: [], files, dragOperationsMask: 1 },
        });
}

/**
 * The pixels of a canvas of NMF's figure.
 * @param {Page} page
 * @param {string} what
 * @returns {Promise<number[]>}
 */
function pixelsOf(page, what) {
    return page.locator(`#figure [data-canvas="${what}"]`).first().evaluate((canvas) => {
        const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
        return Array.from(/** @type {HTMLCanvasElement} */ (canvas).getContext("2d")?.getImageData(0, 0, width, height).data || []);
    });
}

/**
 * The report that the page gives away: it opens by itself and shows the same to two levels of 255.
 * @param {Page} page
 */
async function checkReport(page) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#save-report").click()]);
    const saved = join(outcome, "live-report.html");
    await file.saveAs(saved);
    const { page: report, complaints } = await open(saved, { still: true });
    for (const what of ["untouched", "original", "reconstruction"]) {
        await page.locator(`#figure [data-canvas="${what}"]`).first().scrollIntoViewIfNeeded();
        await report.locator(`#figure [data-canvas="${what}"]`).first().scrollIntoViewIfNeeded();
        await report.waitForTimeout(200);
        const there = await pixelsOf(page, what), here = await pixelsOf(report, what);
        assert.equal(here.length, there.length, what);
        assert.ok(new Set(here).size > 2, `${what} is empty`);
        assert.ok(here.every((v, i) => Math.abs(v - there[i]) <= 2), `${what} of the saved report is another picture`);
    }
    assert.deepEqual(complaints, []);
    await report.context().close();
}

if (!existsSync(live)) {
    checkOf("mien.html", async () => {
        assert.ok(!existsSync(join(root, "build/release/live/mien.wasm")), `the module is there, but not ${live}`);
        console.error("NOT CHECKED: mien.html was not built (tools/packages.txt says what it takes)");
    });
} else {
    checkFile("mien.html: at most 700 kB, learns by itself from what it draws, without a request", live, "#drop", { still: true }, async ({ page }) => {
        const nbytes = statSync(live).size;
        console.log(`mien.html has ${nbytes} bytes`);
        assert.ok(nbytes <= 700e3, `${nbytes} bytes`);
        const losses = await lossesOf(page, "mien demo faces");
        for (const name of methods) assert.ok(losses[name] > 0, name);
        const found = [];
        for (const width of [390, 1280, 1920]) {
            await page.setViewportSize({ width, height: 800 });
            found.push(...(await sidewaysOf(page)).concat(await overlapsOf(page)).map((fault) => `${width} wide: ${fault}`));
        }
        found.push(...await barriersOf(page), ...await invalidOf(readFileSync(live, "utf8")));
        assert.deepEqual(found, []);
    });

    checkFile("mien.html: a folder that is dropped is learned as on the command line", live, "#drop", { still: true }, async ({ page }) => {
        const folder = join(root, "assets/faces");
        await settle(page, 50);
        await drop(page, [folder]);
        const losses = await lossesOf(page, "--solver mu");
        assertNear(losses, await commandLosses(page, folder), ["nmf", "pca"], 1e-5);
        await checkReport(page);
    });

    checkFile("mien.html: photographs that are chosen are learned as on the command line", live, "#drop", { still: true }, async ({ page }) => {
        const folder = join(outcome, "input-jpeg");
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        const faces = join(root, "assets/faces");
        const pixels = readdirSync(faces).slice(0, 40).map((name) => readFileSync(join(faces, name)).subarray(-48 * 48).toString("base64"));
        const written = await page.evaluate(async (all) => {
            const canvas = new OffscreenCanvas(48, 48), context = canvas.getContext("2d", { willReadFrequently: true });
            const jpegs = [];
            for (const text of all) {
                const grey = atob(text), image = new ImageData(48, 48);
                for (let j = 0; j < grey.length; j++) image.data.set([grey.charCodeAt(j), grey.charCodeAt(j), grey.charCodeAt(j), 255], 4 * j);
                context?.putImageData(image, 0, 0);
                const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
                jpegs.push(btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer()))));
            }
            return jpegs;
        }, pixels);
        const files = written.map((text, i) => {
            const file = join(folder, `photo${i}.jpg`);
            writeFileSync(file, Buffer.from(text, "base64"));
            return file;
        });
        await settle(page, 50);
        await page.locator("#live-files").setInputFiles(files);
        const losses = await lossesOf(page, "--solver mu");
        assertNear(losses, await commandLosses(page, folder), ["nmf", "pca"], 1e-2);
    });

    for (const [which, below, field] of [["CBCL", "cbcl/face", "#live-files"], ["ORL", "orl/orl_faces", "#live-folder"]]) {
        const folder = join(photographs, below);
        if (existsSync(folder))
            checkFile(`mien.html: ${which}, chosen, is learned as on the command line`, live, "#drop", { still: true }, async ({ page }) => {
                await settle(page, 20);
                await page.locator(field).setInputFiles(field === "#live-folder" ? folder
                    : readdirSync(folder).filter((name) => name.endsWith(".pgm")).map((name) => join(folder, name)));
                const losses = await lossesOf(page, "--solver mu");
                assertNear(losses, await commandLosses(page, folder), ["nmf", "pca"], 1e-5);
            });
        else
            checkOf(`mien.html: ${which}`, async () => console.error(`NOT CHECKED: ${below} is not in ${photographs}; MIEN_FACES names another folder`));
    }
}
