"use strict";

// The clock in the top bar, and how long ago things began. Without this script they show what held
// when the page was drawn.
(() => {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;

  const elapsed = (seconds) => {
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    if (hours >= 24) return `${Math.floor(hours / 24).toLocaleString("en")} d ${two(hours % 24)} h`;
    if (hours) return `${hours} h ${two(minutes % 60)} min`;
    return minutes ? `${minutes} min ${two(seconds % 60)} s` : `${seconds} s`;
  };

  const tick = () => {
    clock.textContent = `${new Date().toISOString().slice(11, 19)} UTC`;
    for (const place of document.querySelectorAll("[data-since]")) {
      const seconds = Math.floor((Date.now() - Number(place.dataset.since) / 1000) / 1000);
      const text = elapsed(Math.max(0, seconds));
      if (place.textContent !== text) place.textContent = text;
    }
  };
  tick();
  setInterval(tick, 1000);
})();
