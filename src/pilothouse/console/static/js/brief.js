"use strict";

// Copy brief: the text is shown, and copied where the browser allows it. Where it does not, the text
// is selected, so that the usual keys copy it. Without this script it is there to be selected.
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-copies]");
    if (!opener || opener.parentElement.open) return;
    const text = opener.parentElement.querySelector("[data-brief]");
    const said = opener.parentElement.querySelector("[data-copied]");
    const select = () => {
      said.textContent = "The browser does not allow copying. The text is selected: copy it.";
      text.focus();
      text.select();
    };
    setTimeout(() => {
      if (!navigator.clipboard) {
        select();
        return;
      }
      navigator.clipboard.writeText(text.value).then(() => {
        said.textContent = "Copied.";
      }, select);
    });
  });
})();
