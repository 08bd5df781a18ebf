// In a demo: the code that holds now, and a press that enters it.
(() => {
  "use strict";
  const STEP = 30;
  // The reader's clock may be wrong; codes go by the server's.
  const ahead = Number(document.documentElement.dataset.now) * 1000 - Date.now();

  const codeOf = (place) => {
    const step = Math.floor((Date.now() + ahead) / 1000 / STEP);
    return place.dataset.codes.split(" ")[step - Number(place.dataset.step)];
  };

  const show = () => {
    for (const place of document.querySelectorAll("[data-codes]")) {
      place.lastElementChild.textContent = codeOf(place)?.replace(/^(...)/, "$1 ") ?? "–";
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    const field = button && document.getElementById(button.dataset.fill);
    if (!field) return;
    field.value = codeOf(button.querySelector("[data-codes]")) ?? "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  document.addEventListener("htmx:after:swap", show);
  show();
  setInterval(show, 1000);
})();
