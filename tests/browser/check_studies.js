/* check_studies.js - results that stand beside a comparison, and the cone whose points one can drag.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { barriersOf, check, checkOf, open, pixelsOf, sidewaysOf } from "./harness.js";
import { made, outcome } from "./pages.js";

/** @typedef {import("playwright-core").Page} Page */

/** @param {string} folder */
const summaryOf = (folder) => JSON.parse(readFileSync(join(folder, "summary.json"), "utf8"));

/** What the page says of the region of choice. @param {Page} page */
const said = (page) => page.locator("#cone .finding").first().innerText();

/**
 * Drag what stands at a place of an element, to another one.
 * @param {Page} page
 * @param {import("playwright-core").Locator} from its middle
 * @param {number} x
 * @param {number} y
 */
async function drag(page, from, x, y) {
    await from.scrollIntoViewIfNeeded();
    const box = await from.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 4 });
    await page.mouse.up();
}

check("the cone: the region follows points that are dragged, and vanishes on the axes", "cone", { still: true }, async ({ page, folder }) => {
    const s = summaryOf(folder);
    const [low, high] = s.cone_degrees;
    assert.ok((await said(page)).includes(`${low.toFixed(1)}°, the other in ${(90 - high).toFixed(1)}°`), "the room of the data");
    assert.ok((await said(page)).includes("not unique"));
    const points = page.locator("#cone svg.cone").first().locator(".cone-point");
    assert.equal(await points.count(), s.N);
    const angles = s.points.map((/** @type {number[]} */ [x, y]) => Math.atan2(y, x));
    const plot = await page.locator("#cone svg.cone").first().boundingBox();
    assert.ok(plot);
    // the lowest point to below the first axis, which holds it; then the room on that side is gone
    await drag(page, points.nth(angles.indexOf(Math.min(...angles))), plot.x + plot.width * 0.8, plot.y + plot.height * 0.99);
    assert.ok((await said(page)).includes("reach one axis"), await said(page));
    await page.getByRole("button", { name: "back to the data as they are" }).click();
    assert.ok((await said(page)).includes(`${low.toFixed(1)}°`), "back");
    await page.getByRole("button", { name: "bring the data to the axes" }).click();
    assert.ok((await said(page)).includes("the answer is unique"), await said(page));
    assert.equal(await page.locator("#cone .cone-region").first().getAttribute("d"), "", "nothing is shaded");
});

check("the cone: two vectors that leave points out say how many", "cone", { still: true }, async ({ page, folder }) => {
    const s = summaryOf(folder);
    const also = page.locator("#cone .finding + p").first();
    assert.ok((await also.innerText()).includes(`all ${s.N} points`));
    const input = page.getByRole("slider", { name: "basis vector A" });
    await input.focus();
    await page.keyboard.press("End");
    assert.ok(/\d+ of \d+ points lie outside/.test(await also.innerText()), await also.innerText());
});

check("the cone: keys choose a point and move it", "cone", { still: true }, async ({ page }) => {
    const drawing = page.locator("#cone svg.cone").first(), before = await said(page);
    await drawing.focus();
    await page.keyboard.press("Home");
    for (let i = 0; i < 40; i++) await page.keyboard.press("Shift+ArrowDown");
    assert.notEqual(await said(page), before);
    assert.ok((await said(page)).includes("reach one axis"), await said(page));
});

check("the triangle: with an image of each pixel alone the answer is unique", "cone", { still: true }, async ({ page }) => {
    const finding = page.locator("#cone .finding").last();
    assert.ok((await finding.innerText()).includes("not unique"));
    const shaded = async () => (await pixelsOf(page, '#cone canvas[data-canvas="simplex"]')).data.filter((/** @type {number} */ v, /** @type {number} */ i) => i % 4 === 3 && v > 0).length;
    const before = await shaded();
    await page.getByRole("button", { name: "an image of each pixel alone" }).click();
    assert.ok((await finding.innerText()).includes("Only the corners"), await finding.innerText());
    assert.ok(await shaded() < before / 20, "next to nothing is shaded");
});

check("studies: verdicts, curves and errors are those of the files", "studies", { still: true }, async ({ page, folder }) => {
    const stability = summaryOf(`${folder}-stability`), rank = summaryOf(`${folder}-rank`);
    const tiles = page.locator("#studies .judged");
    assert.equal(await tiles.count(), stability.r);
    for (const c of stability.components)
        assert.ok((await tiles.nth(c.component - 1).innerText()).includes(stability.words.verdicts[c.verdict]), `component ${c.component}`);
    await tiles.first().focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await tiles.nth(1).getAttribute("aria-pressed"), "true");
    assert.ok((await page.locator("#studies .told").first().innerText()).includes("Component 2"));
    const text = await page.locator("#studies").innerText();
    for (const words of [stability.words.found, stability.words.unique, stability.words.losses, rank.sentence, rank.rule])
        assert.ok(text.includes(words), words);
    const slider = page.getByRole("slider", { name: "r, to read the curves at" });
    await slider.focus();
    await page.keyboard.press("Home");
    assert.equal(await slider.getAttribute("aria-valuetext"), `r = ${rank.points[0].r}`);
});

for (const of of /** @type {const} */ (["stability", "rank"]))
    checkOf(`studies: ${of} on its own; a section that cannot be made leaves the others`, async () => {
        const file = join(`${await made("studies")}-${of}`, "report.html"), html = readFileSync(file, "utf8");
        const opened = await open(file, { still: true });
        assert.ok((await opened.page.locator("#studies .finding").first().innerText()).length > 0);
        assert.equal(await opened.page.locator("#numbers .facts").count(), 1, "what was read");
        assert.deepEqual([await opened.page.locator("main > .warning").count(), opened.complaints], [0, []]);
        await opened.page.context().close();

        const broken = join(outcome, `${of}-broken.html`), lists = '"remarks":[]';
        assert.ok(html.includes(lists));
        writeFileSync(broken, html.replace(lists, '"remarks":null'));
        const { page } = await open(broken, { still: true }, "main > .warning");
        assert.ok((await page.locator("main > .warning").innerText()).includes("could not be made"));
        assert.equal(await page.locator("#studies .finding").count(), 1, "what can be made stands");
        await page.context().close();
    });

for (const name of /** @type {("cone"|"studies")[]} */ (["cone", "studies"]))
    for (const reader of [{ width: 390 }, { width: 1280, dark: true }])
        check(`${name}: nothing sideways at ${reader.width}, no barrier`, name, { still: true, ...reader }, async ({ page }) => {
            assert.deepEqual(await sidewaysOf(page), []);
            assert.deepEqual(await barriersOf(page), []);
        });
