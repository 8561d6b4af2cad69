"use strict";

// The clock in the top bar. Without this script it shows when the page was drawn.
(() => {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const tick = () => {
    clock.textContent = `${new Date().toISOString().slice(11, 19)} UTC`;
  };
  tick();
  setInterval(tick, 1000);
})();
