// What a script adds to pages that work without one: shortcuts, live figures in the point panel, a countdown to the next
// code. One listener per kind of event on the document, so that what htmx swaps in needs no set-up.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const seen = (element) => element && element.getClientRects().length > 0;

  // The reader's clock may be wrong; codes go by the server's.
  const ahead = Number(root.dataset.now) * 1000 - Date.now();

  // ---- figures

  const group = (n) => (n < 0n ? "−" : "") + String(n < 0n ? -n : n).replace(/\B(?=(\d{3})+$)/g, ",");

  // Reads an amount exactly as the server does (`web::number::positive`); 0 where it would refuse it.
  const typedAmount = (typed) => {
    const narrow = (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0);
    const text = typed.replace(/[\uff01-\uff5e]/g, narrow).replace(/[^\S ]/g, " ")
      .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, "").trim().replace(/(P|p|포인트)$/, "").trimEnd();
    if (!/^[0-9]+$|^[0-9]{1,3}(,[0-9]{3})+$/.test(text)) return 0n;
    const amount = BigInt(text.replaceAll(",", ""));
    return amount < 2n ** 63n ? amount : 0n;
  };

  const showPoints = (form) => {
    const data = one("[data-points]", form)?.dataset;
    if (!data) return;
    const amount = typedAmount(form.elements.amount.value);
    const deducts = form.elements.direction.value === "deduct";
    const delta = deducts ? -amount : amount;
    const after = BigInt(data.points) + delta;
    const by = one("[data-by]", form);
    const button = one("[data-go-label]", form);
    button.dataset.plain ??= one("h2", form).textContent;
    one("[data-after]", form).textContent = amount === 0n || after < 0n ? "—" : `${group(after)} P`;
    by.textContent = amount === 0n ? "" : after < 0n ? data.below : `${deducts ? "" : "+"}${group(delta)} P`;
    by.dataset.tone = after < 0n ? "bad" : "ok";
    const label = amount === 0n ? button.dataset.plain : (deducts ? data.deduct : data.add).replace("{n}", group(amount));
    // What cannot be done is not offered; the reason is beside the balance.
    button.dataset.locked ??= String(button.disabled);
    button.disabled = button.dataset.locked === "true" || after < 0n;
    const isMuch = after >= 0n && Boolean(data.limit) && amount > BigInt(data.limit);
    button.textContent = isMuch && !form.elements.urgent?.checked ? data.ask.replace("{what}", label) : label;
    for (const note of all("[data-second]", form)) note.hidden = !isMuch;
    for (const note of all("[data-alone]", form)) note.hidden = isMuch;
  };

  const tick = () => {
    const left = 30 - (Math.floor((Date.now() + ahead) / 1000) % 30);
    for (const place of all("[data-next-code]")) place.textContent = place.dataset.nextCode.replace("{s}", left);
  };

  // ---- forms

  // While a form is on its way its main button says so; what it said before comes back with the answer.
  const labels = new WeakMap();

  const rest = (form) => {
    delete form.dataset.busy;
    for (const button of all("button[type=submit]", form)) {
      button.removeAttribute("aria-disabled");
      if (labels.has(button)) button.replaceChildren(...labels.get(button));
      labels.delete(button);
    }
    showPoints(form);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.method === "get") return;
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.busy = "true";
    const sending = one("#lost")?.dataset.sending;
    for (const button of all("button[type=submit]", form)) {
      button.setAttribute("aria-disabled", "true");
      if (!sending || button !== (event.submitter ?? one("button[type=submit]", form)) || !button.matches(".fill")) continue;
      labels.set(button, [...button.childNodes]);
      button.textContent = sending;
    }
  }, true);
  document.addEventListener("htmx:finally:request", (event) => {
    // Not where a part of a form asked for a preview.
    const form = event.detail?.ctx?.sourceElement;
    if (form?.matches?.("form")) rest(form);
  });
  // Back from the next page: the browser may show this one as it was left.
  window.addEventListener("pageshow", () => all("form[data-busy]").forEach(rest));

  // The button says what the choice comes to.
  const showChoice = (choice) => { one("[data-go-label]", choice.form).textContent = choice.dataset.label; };

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.form) return;
    field.removeAttribute("aria-invalid");
    if (field.dataset.label) showChoice(field);
    showPoints(field.form);
  });

  // ---- clicks

  const copyField = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    await navigator.clipboard.writeText(field.value);
    one("span", button).textContent = button.dataset.copied;
  };

  // Recovery codes, one in a line. The file is made here: what is in it goes nowhere else.
  const codes = () => all(".codes code").map((code) => `${code.textContent}\n`).join("");
  const copyCodes = async (button) => {
    await navigator.clipboard.writeText(codes());
    one("span", button).textContent = button.dataset.copied;
  };
  const saveCodes = (button) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([codes()], { type: "text/plain" }));
    link.download = button.dataset.saveCodes;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const copied = event.target.closest("[data-copy-codes]");
    if (copied) copyCodes(copied);
    const saved = event.target.closest("[data-save-codes]");
    if (saved) saveCodes(saved);
    if (event.target.closest("[data-keys]")) showKeys();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyField(copy);
    const link = event.target.closest("[data-expand]");
    const row = link && document.getElementById(link.dataset.expand);
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const open = link.getAttribute("aria-expanded") === "true";
    link.setAttribute("aria-expanded", String(!open));
    if (open) {
      row.replaceChildren();
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  // ---- keyboard

  const showKeys = () => {
    one("#me:popover-open")?.hidePopover();
    one("#keys")?.showModal();
  };

  const findSearch = () => {
    const box = all("[data-search]").find(seen);
    box?.focus();
    box?.select();
    if (!box) one(".find-s")?.click();
  };

  const moveRow = (step) => {
    const links = all("[data-rows] tbody tr").map((row) => one("a", row)).filter(seen);
    const at = links.findIndex((link) => link.closest("tr") === document.activeElement?.closest("tr"));
    const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  // The key by its letter, or by its place where an input method has made something else of it: with the Korean one on, J gives
  // "ㅓ" on a Mac and "Process" on Windows.
  const keyOf = (event) => {
    if (event.key.length === 1 && event.key <= "~" || event.key.length > 1 && event.key !== "Process") return event.key;
    if (event.code === "Slash") return event.shiftKey ? "?" : "/";
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
    return event.shiftKey ? letter?.toUpperCase() : letter;
  };

  // Escape closes the panel, unless something was typed into it: that is given up with a click on the cross, not by a slip.
  const closePanel = () => {
    const changed = (field) => field.type === "radio" || field.type === "checkbox" ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT" ? field.value !== (one("[selected]", field) ?? field.options[0])?.value
        : field.value !== field.defaultValue;
    if (all("#panel :is(input, textarea, select)").some(changed)) return false;
    const cross = one("#panel > .seal-h a.sq");
    cross?.click();
    return Boolean(cross);
  };

  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const key = keyOf(event);
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    const isElsewhere = typing && !event.target.closest("#panel");
    if (key === "Escape" && !isElsewhere && !one("dialog[open], :popover-open") && closePanel()) {
      event.preventDefault();
      return;
    }
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form");
      if (!form || form.method === "dialog") return;
      event.preventDefault();
      const button = one("button[type=submit]", form);
      if (!button?.disabled) form.requestSubmit(button ?? undefined);
      return;
    }
    if (!key || typing || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
    const gone = Date.now() - going < 1500;
    going = 0;
    const section = gone && one(`.nav [data-go="${CSS.escape(key)}"]`);
    // What a page offers under a key of its own, such as approving.
    const link = one(`[data-key="${CSS.escape(key)}"]`);
    if (section) section.click();
    else if (key === "/") findSearch();
    else if (key === "?") showKeys();
    else if (link) link.click();
    else if (key === "j") moveRow(1);
    else if (key === "k") moveRow(-1);
    else if (key === "g") going = Date.now();
    else return;
    event.preventDefault();
  });

  // A log is read from its end, and followed while nobody has scrolled away from it.
  const followLog = () => {
    const log = one("[data-end]");
    if (!log || log.dataset.end === "left") return;
    log.dataset.end = "following";
    log.scrollTop = log.scrollHeight;
  };
  document.addEventListener("scroll", (event) => {
    const log = event.target;
    if (!log.dataset?.end) return;
    log.dataset.end = log.scrollHeight - log.scrollTop - log.clientHeight < 40 ? "following" : "left";
  }, true);

  // ---- once, and again after every swap

  const settle = () => {
    followLog();
    for (const button of all("[data-print], [data-keys], [data-save-codes]")) button.hidden = false;
    // The clipboard is there over HTTPS and on this machine only; the field can be copied by hand.
    for (const button of all("[data-copy], [data-copy-codes]")) button.hidden = !navigator.clipboard;
    for (const link of all("[data-expand]:not([aria-expanded])")) link.setAttribute("aria-expanded", "false");
    for (const panel of all("form:has([data-points])")) showPoints(panel);
    for (const choice of all("[data-label]:checked")) showChoice(choice);
    tick();
  };
  // A person who opens a panel types into it next; after a change a screen reader says its receipt.
  const arrive = () => {
    const asked = new URLSearchParams(location.search);
    if (one("#panel [autofocus]") || !(asked.has("panel") || asked.has("sealed"))) return;
    const fields = asked.has("sealed") ? [] : all("#panel :is(input, textarea, select):not([type=hidden], :disabled)").filter(seen);
    const field = fields.find((field) => field.type !== "radio" || field.checked) ?? one("#panel-title");
    if (!field) return;
    if (field.id === "panel-title") field.tabIndex = -1;
    field.focus({ preventScroll: true });
  };

  settle();
  arrive();
  document.addEventListener("htmx:after:swap", (event) => {
    settle();
    // A preview swaps less than the page, while somebody is typing.
    if (event.detail?.ctx?.select !== "#main") return;
    arrive();
    if (!one("#panel [autofocus]")) one("#panel > .note")?.scrollIntoView({ block: "nearest" });
  });
  setInterval(tick, 1000);
})();
