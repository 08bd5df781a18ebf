// On the sign-in pages of a demo: the code that holds now, and a press that enters it.
(() => {
  "use strict";
  const STEP = 30;
  const places = [...document.querySelectorAll("[data-codes]")];
  // The reader's clock may be wrong; codes go by the server's.
  const ahead = Number(document.documentElement.dataset.now) * 1000 - Date.now();

  const codeOf = (place) => {
    const step = Math.floor((Date.now() + ahead) / 1000 / STEP);
    return place.dataset.codes.split(" ")[step - Number(place.dataset.step)];
  };

  const show = () => {
    for (const place of places) {
      const code = codeOf(place);
      place.lastElementChild.textContent = code ? code.replace(/^(...)/, "$1 ") : "–";
    }
  };

  for (const button of document.querySelectorAll("[data-fill]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.fill);
      field.value = codeOf(places[0]) ?? "";
      field.form.requestSubmit();
    });
  }
  show();
  setInterval(show, 1000);
})();
