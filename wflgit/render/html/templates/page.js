"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const items = all("[data-item]");
  const groups = all("[data-group]");
  const filter = document.getElementById("filter");
  const text = document.getElementById("text");
  const rule = document.getElementById("rule");
  const shown = document.getElementById("shown");
  const help = document.getElementById("help");
  const single = document.getElementById("single");
  const kinds = all('input[name="kind"]');
  const said = new Map(items.map((item) => [item, item.textContent.toLowerCase().replace(/\s+/g, " ")]));
  const inside = (item) => item.closest("[data-group]")?.querySelector("h2")?.textContent.toLowerCase() ?? "";
  const visible = () => items.filter((item) => item.getClientRects().length);

  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(kinds.filter((box) => box.checked).map((box) => box.value));
    const isFiltered = words.length > 0 || Boolean(rule?.value) || wanted.size < kinds.length;
    let count = 0;
    for (const item of items) {
      const content = `${said.get(item)} ${inside(item)}`;
      const fits = words.every((word) => content.includes(word))
        && (!rule?.value || item.dataset.rule === rule.value)
        && (!kinds.length || wanted.has(item.dataset.kind));
      item.hidden = !fits;
      count += fits ? 1 : 0;
    }
    for (const group of groups) {
      group.hidden = isFiltered && !group.querySelector("[data-item]:not([hidden])");
    }
    shown.value = isFiltered ? `${count} of ${items.length}` : `${items.length} in all`;
  };

  const clear = () => {
    text.value = "";
    if (rule) rule.value = "";
    for (const box of kinds) box.checked = true;
    apply();
  };

  const step = (by) => {
    const there = visible();
    if (!there.length) return;
    const here = there.indexOf(document.activeElement?.closest("[data-item]"));
    const next = here < 0 ? (by > 0 ? 0 : there.length - 1) : Math.min(Math.max(here + by, 0), there.length - 1);
    there[next].focus({ preventScroll: true });
    there[next].scrollIntoView({ block: "center" });
  };

  const details = () => all("main details");
  const toggle = () => {
    const isOpen = details().every((one) => one.open);
    for (const one of details()) one.open = !isOpen;
    label();
  };
  const label = () => {
    document.getElementById("open").textContent = details().every((one) => one.open) ? "Close all" : "Open all";
  };
  const ask = () => help.showModal();

  const keys = {
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    "/": () => text.focus(), o: toggle, "?": ask,
  };
  const isWriting = (target) => target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (help.open || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      clear();
      if (isWriting(event.target)) event.target.blur();
      return;
    }
    if (isWriting(event.target) || !single.checked || !Object.hasOwn(keys, event.key)) return;
    if (event.key.startsWith("Arrow") && event.target.closest(".scroll")) return;
    event.preventDefault();
    keys[event.key]();
  });
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", apply);
  document.getElementById("open").addEventListener("click", toggle);
  document.getElementById("keys").addEventListener("click", ask);
  document.addEventListener("toggle", label, true);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = details().filter((one) => !one.open);
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  for (const drawn of all(".graph .scroll")) drawn.scrollLeft = (drawn.scrollWidth - drawn.clientWidth) / 2;
  filter.hidden = !items.length && !details().length;
  label();
  apply();
})();
