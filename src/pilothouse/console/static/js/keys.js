"use strict";

// Single keys: g h, g c, j k Enter x, [ ], a, w, /, ?. None of them does anything but move. They can be switched off in the list of keys.
(() => {
  const keyList = document.getElementById("key-list");
  const switchedOff = () => localStorage.getItem("single-keys") === "off";
  const DECIDE = "[data-verb=approve], [data-verb=acknowledge]";
  let going = false;
  let row = -1;

  const typing = (target) =>
    target.closest("input, select, textarea, dialog[open]") !== null || target.isContentEditable;

  const rows = () => [...document.querySelectorAll("tr[data-row]")];

  const moveTo = (next) => {
    const all = rows();
    if (!all.length) return;
    if (all[row]) delete all[row].dataset.at;
    row = Math.max(0, Math.min(all.length - 1, next));
    all[row].dataset.at = "";
    all[row].scrollIntoView({ block: "nearest" });
    const link = all[row].querySelector("a");
    if (link) link.focus({ preventScroll: true });
  };

  const open = (link) => {
    if (link) location.assign(link.href);
  };
  const goTo = (key) => open(document.querySelector(`[data-go="${CSS.escape(key)}"]`));
  const follow = (way) => open(document.querySelector(`[data-queue="${way}"]`));

  const search = () => {
    const field = document.querySelector("main input[type=search]");
    if (field) field.focus();
    else document.querySelector("[data-palette]")?.click();
  };

  const press = (key) => {
    if (going) {
      going = false;
      goTo(key);
    } else if (key === "g") going = true;
    else if (key === "j") moveTo(row + 1);
    else if (key === "k") moveTo(row - 1);
    else if (key === "x") rows()[row]?.toggleAttribute("data-marked");
    else if (key === "[") follow("previous");
    else if (key === "]") follow("next");
    else if (key === "a") (rows()[row] || document).querySelector(DECIDE)?.focus();
    else if (key === "w") open(document.querySelector("[data-lately]"));
    else if (key === "/") search();
    else if (key === "?") keyList.showModal();
    else return false;
    return true;
  };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target) || switchedOff()) return;
    if (press(event.key)) event.preventDefault();
  });

  const choice = document.querySelector("[data-single-keys]");
  if (choice) {
    choice.checked = !switchedOff();
    choice.addEventListener("change", () => {
      localStorage.setItem("single-keys", choice.checked ? "on" : "off");
    });
  }

  for (const opener of document.querySelectorAll("[data-opens]")) {
    opener.addEventListener("click", () => {
      document.getElementById(opener.dataset.opens).showModal();
    });
  }
})();
