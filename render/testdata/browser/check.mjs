// Holds pages of case files in a headless Chromium, at three widths, light and dark, and
// printed: no message on the console, no request, nothing wider than the window, nothing
// that axe-core finds serious, the table sorted and filtered, and all of it read without
// script.
//
//   npm ci && node check.mjs [--shots FOLDER] PAGE...
//
// CHROMIUM names the browser; unset means /usr/bin/chromium. Exit status 1: a check failed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { chromium } from "playwright-core";

const args = process.argv.slice(2);
const shots = args[0] === "--shots" ? args.splice(0, 2)[1] : "";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let failures = 0;

function fail(page, what) {
  failures++;
  console.error(`${page}: ${what}`);
}

async function open(browser, file, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (m) => fail(file, `console: ${m.text()}`));
  page.on("pageerror", (e) => fail(file, `script: ${e}`));
  page.on("request", (r) => {
    if (r.url() !== "file://" + file && !r.url().startsWith("data:")) fail(file, `request: ${r.url()}`);
  });
  await page.goto("file://" + file);
  return page;
}

async function checkLook(browser, file, scheme, width) {
  const page = await open(browser, file, { colorScheme: scheme, viewport: { width, height: 900 } });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) fail(file, `${over} pixels wider than a window of ${width}`);
  if (shots) {
    await page.setViewportSize({ width, height: 4000 }); // the whole of a large page takes minutes
    await page.screenshot({ path: join(shots, `${basename(file, ".html")}-${scheme}-${width}.png`) });
  }
  // The policy forbids the checker to come in as an element; the debugger may run it.
  const debug = await page.context().newCDPSession(page);
  await debug.send("Runtime.evaluate", { expression: axe + ";0" });
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const v of violations) fail(file, `axe, ${scheme}, ${width}: ${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 200)}`);
  await page.context().close();
}

async function checkTable(browser, file) {
  const page = await open(browser, file, { viewport: { width: 1280, height: 900 } });
  const table = page.locator("table[data-sort]").first();
  if (await table.count()) {
    const first = () => table.locator("tbody tr:visible td").first().textContent();
    await page.keyboard.press("Tab"); // the skip link comes first
    if ((await page.evaluate(() => document.activeElement.className)) !== "skip") fail(file, "the skip link is not the first to be reached");
    const button = table.locator("th button").first();
    await button.focus();
    await page.keyboard.press("Enter");
    const low = await first();
    await page.keyboard.press("Enter");
    const rows = await table.locator("tbody tr").count();
    if (rows > 1 && low === (await first())) fail(file, "the table is not sorted by the keyboard");
    await page.locator("input[type=search]").first().fill(low);
    if (!(await first()).includes(low)) fail(file, "the table is not filtered");
    await page.emulateMedia({ media: "print" });
    if ((await table.locator("tbody tr:visible").count()) !== rows) fail(file, "printed, the filtered table is not whole");
    await page.emulateMedia({ media: null });
  }
  if (shots) await page.pdf({ path: join(shots, `${basename(file, ".html")}-print.pdf`), preferCSSPageSize: true });
  await page.context().close();
}

async function checkWithoutScript(browser, file) {
  const page = await open(browser, file, { javaScriptEnabled: false, viewport: { width: 800, height: 900 } });
  if (!(await page.locator("#glossary, #rest").first().isVisible())) fail(file, "without script the page is not whole");
  await page.context().close();
}

const profile = mkdtempSync(join(tmpdir(), "browser-check-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  env: { ...process.env, HOME: profile },
});
if (shots) mkdirSync(shots, { recursive: true });
for (const name of args) {
  const file = resolve(name);
  for (const scheme of ["light", "dark"]) for (const width of [360, 800, 1280]) await checkLook(browser, file, scheme, width);
  await checkTable(browser, file);
  await checkWithoutScript(browser, file);
}
await browser.close();
rmSync(profile, { recursive: true, force: true });
console.log(failures ? `${failures} checks failed` : `${args.length} pages: all well`);
process.exitCode = failures ? 1 : 0;
