"use strict";

// Ctrl+Enter in an editor presses its form's first button.
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[data-run]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[value=run]"));
});
