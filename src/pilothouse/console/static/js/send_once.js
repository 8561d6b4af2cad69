"use strict";

// A move is sent once: its button is switched off while the server answers.
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    // A button that fetches a file leaves the page where it is, and may be pressed again.
    if (form.method !== "post" || event.submitter?.dataset.again !== undefined) return;
    form.dataset.sent = "";
    addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  });
})();
