/* check_build.js - a weight that is dragged changes its own contribution, and nothing else; how long that takes.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { check, pixelsOf } from "./harness.js";
import { rangeOf } from "./check_choice.js";
import { assertShows, orderOf, readModel, sumOf, weightsOf } from "./model.js";
import { photographs } from "./pages.js";

const built = '#build canvas[data-canvas="built"]';

/** @param {number} k @param {string} [more] */
const weight = (k, more = "") => `#build input[data-weight="${k + 1}"]${more}`;

for (const name of ["nmf", "pca", "ica"])
    check(`${name}: a changed weight changes exactly its contribution`, "faces", { still: true, hash: `#palette=gray&face=17&method=${name}` }, async ({ page, folder }) => {
        const range = await rangeOf(page), model = readModel(folder, name), w = weightsOf(model, 16);
        assertShows(await pixelsOf(page, built), sumOf(model, w), range, "as fitted");
        for (const [at, key] of /** @type {[number, string][]} */ ([[0, "Home"], [1, "PageDown"], [2, "End"]])) {
            const k = orderOf(model, w)[at], input = page.locator(weight(k));
            const before = Number(await input.inputValue());
            await input.focus();
            await page.keyboard.press(key);
            const after = Number(await input.inputValue());
            assert.notEqual(after, before, `${key} moves weight ${k + 1}`);
            w[k] *= after / before; // whatever the unit of the control
            assertShows(await pixelsOf(page, built), sumOf(model, w), range, `weight ${k + 1} changed by ${key}`);
        }
    });

check("a weight is dragged by the mouse", "faces", { still: true, hash: "#palette=gray&face=17" }, async ({ page, folder }) => {
    const range = await rangeOf(page), model = readModel(folder, "nmf"), w = weightsOf(model, 16);
    const k = orderOf(model, w)[0], input = page.locator(weight(k));
    const before = Number(await input.inputValue());
    await input.scrollIntoViewIfNeeded();
    const box = await input.boundingBox();
    assert.ok(box);
    const share = (before - Number(await input.getAttribute("min"))) / (Number(await input.getAttribute("max")) - Number(await input.getAttribute("min")));
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + share * box.width, y);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.1 * box.width, y, { steps: 5 });
    await page.mouse.up();
    const after = Number(await input.inputValue());
    assert.notEqual(after, before);
    w[k] *= after / before;
    assertShows(await pixelsOf(page, built), sumOf(model, w), range, "dragged");
});

/** Times are printed, never judged: machines differ. */
const large = existsSync(`${photographs}/orl/orl_faces`) ? "orl" : "faces";
check(`${large}: how soon the first drag is answered, and how long a frame takes`, large, { still: true, hash: "#face=17&method=nmf" }, async ({ page }) => {
    const times = await page.locator('#build input[data-weight]').first().evaluate(async (element) => {
        const input = /** @type {HTMLInputElement} */ (element);
        const min = Number(input.min), max = Number(input.max);
        const frame = () => new Promise((done) => { requestAnimationFrame(done); });
        /** @type {number[]} */
        const work = [], frames = [];
        let first = 0;
        for (let i = 0; i < 60; i++) {
            const began = performance.now();
            input.value = String(min + (max - min) * Math.random());
            input.dispatchEvent(new Event("input", { bubbles: true }));
            work.push(performance.now() - began);
            await frame();
            frames.push(performance.now() - began);
            first ||= performance.now();
        }
        const median = (/** @type {number[]} */ list) => list.sort((a, b) => a - b)[list.length >> 1];
        return { first, work: median(work), frame: median(frames) };
    });
    console.log(`${large}: first drag answered ${Math.round(times.first)} ms after opening; a drag's work ${times.work.toFixed(2)} ms, its frame ${times.frame.toFixed(1)} ms (medians of 60)`);
    assert.ok(times.frame > 0);
});
