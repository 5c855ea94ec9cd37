// Reads texts from stdin as a JSON array, and writes what is made of each to stdout.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, what] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { JSDOM } = require("jsdom");
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;

async function mermaid(texts) {
  const parser = (await import(pathToFileURL(require.resolve("mermaid")).href)).default;
  const said = [];
  for (const text of texts) {
    try {
      said.push((await parser.parse(text)).diagramType);
    } catch (error) {
      said.push(String(error));
    }
  }
  return said;
}

async function markdown(texts) {
  const { marked } = await import(pathToFileURL(require.resolve("marked")).href);
  return texts.map((text) => {
    const { document } = new JSDOM(marked.parse(text, { gfm: true })).window;
    const tags = [...document.body.querySelectorAll("*")].map((element) => element.tagName.toLowerCase());
    const links = [...document.querySelectorAll("a")].map((element) => element.getAttribute("href"));
    const cells = [...document.querySelectorAll("tr")].map((row) => row.children.length);
    const open = [...document.querySelectorAll("details")].map((element) => element.querySelector("details") !== null);
    const mermaid = [...document.querySelectorAll("code.language-mermaid")].map((element) => element.textContent);
    document.querySelectorAll("code").forEach((element) => element.replaceWith(" "));
    return { tags, links, cells, nested: open.some(Boolean), mermaid, text: document.body.textContent };
  });
}

const texts = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await { mermaid, markdown }[what](texts)));
