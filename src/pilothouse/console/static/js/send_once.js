"use strict";

// A move is sent once: its button is switched off while the server answers.
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    form.dataset.sent = "";
    addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  });
})();
