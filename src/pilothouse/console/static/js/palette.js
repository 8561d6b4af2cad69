"use strict";

// Ctrl K: one box for objects, pages and verbs. The server ranks and filters by right; a choice
// opens a page and never executes anything. Without this script the opener is a link to /search.
(() => {
  const box = document.getElementById("palette");
  if (!box) return;
  const input = box.querySelector("input");
  let at = 0;
  let shownFor = null;
  let goWhenShown = false;

  const links = () => [...box.querySelectorAll("li a")];

  const mark = (next) => {
    const all = links();
    at = Math.max(0, Math.min(all.length - 1, next));
    all.forEach((link, k) => link.toggleAttribute("data-at", k === at));
    all[at]?.scrollIntoView({ block: "nearest" });
  };

  // Who types and presses Enter at once means what was typed, not what was shown before it.
  const go = () => {
    goWhenShown = shownFor !== input.value;
    if (!goWhenShown && links()[at]) location.assign(links()[at].href);
  };

  const open = () => {
    if (!box.open) box.showModal();
    input.select();
    htmx.trigger(input, "opened");
  };

  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });

  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter") go();
    else return;
    event.preventDefault();
  });

  box.addEventListener("htmx:afterSwap", (event) => {
    shownFor = event.detail.requestConfig.parameters.q ?? "";
    mark(0);
    if (goWhenShown) go();
  });
  document.querySelector("[data-palette]")?.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
})();
