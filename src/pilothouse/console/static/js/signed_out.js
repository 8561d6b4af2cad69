"use strict";

// A session ends while a page is open: nothing typed is lost. Signing in opens over the page, in a
// window of its own; until then nothing is asked for in the background. Forms get the new token.
(() => {
  const dialog = document.querySelector("[data-signed-out]");
  if (!dialog || !window.htmx) return;
  const words = dialog.querySelector("[data-signed-out-words]");
  const first = words.textContent;
  let out = false;

  const leave = () => {
    if (out) return;
    out = true;
    words.textContent = first;
    document.dispatchEvent(new CustomEvent("pilothouse:signed-out"));
    if (!dialog.open) dialog.showModal();
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (out) event.preventDefault();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr?.status === 401) leave();
  });
  document.addEventListener("pilothouse:signed-out", leave);

  // The page is asked for once more for the token of the new session; what stands here stays.
  const goOn = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shell = page.querySelector("[hx-headers]");
    if (!answer.ok || new URL(answer.url).pathname.startsWith("/sign-in/") || !shell) {
      words.textContent = "You are not signed in yet.";
      return;
    }
    const headers = shell.getAttribute("hx-headers");
    document.querySelector("[hx-headers]").setAttribute("hx-headers", headers);
    const token = JSON.parse(headers)["X-CSRFToken"];
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
      field.value = token;
    }
    out = false;
    dialog.close();
    document.dispatchEvent(new CustomEvent("pilothouse:signed-in"));
  };

  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.querySelector("[data-signed-out-continue]").addEventListener("click", () => {
    goOn().catch(() => {
      words.textContent = "The console does not answer. Try again.";
    });
  });
})();
