// Answers that do not come: the network is away, the server is, or a proxy answers in its place. The page keeps what is on it, says
// so, and finds out what became of a change. The sentences are in the page, in <template id="lost">.
(() => {
  "use strict";
  const one = (selector, from = document) => from.querySelector(selector);
  const words = one("#lost");
  if (!words) return;

  // Every answer of the console carries this; those of a proxy do not.
  const OWN = "ingam-request";
  // An answer that is a page about what went wrong, instead of what was asked for.
  const PROBLEM = "ingam-problem";
  const PATIENCE = 8000;
  const POLL_TIMEOUT = "10s";

  const sourceOf = (event) => event.detail?.ctx?.sourceElement ?? event.target;
  const isPoll = (source) => Boolean(source?.getAttribute?.("hx-trigger")?.startsWith("every"));

  // ---- notes

  const note = (kind) => one(`[data-lost="${kind}"]`, words.content).cloneNode(true);

  // A form has at most one, below its head; elsewhere it is at the top of the page.
  const show = (source, made) => {
    const form = source.closest("form");
    const place = form ?? one("#main");
    forget(source);
    const head = form && one(":scope > header", form);
    if (head) head.after(made);
    else place.prepend(made);
    made.scrollIntoView({ block: "nearest" });
    return made;
  };
  const forget = (source) => {
    const place = source.closest?.("form") ?? one("#main");
    for (const old of place?.querySelectorAll(":scope > [data-lost]") ?? []) old.remove();
  };

  // ---- what became of it

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  const ask = async (key) => {
    const answer = await fetch(`/outcomes/${encodeURIComponent(key)}`, {
      headers: { "HX-Request": "true" },
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!answer.ok || !answer.headers.get(OWN)) throw new Error("the console did not answer");
    return one("#outcome", new DOMParser().parseFromString(await answer.text(), "text/html"));
  };

  // Asks until the console answers, as long as the note is on the page: soon at first, then twice a minute.
  const findOut = async (form, made) => {
    const place = one("[data-outcome]", made);
    const key = form.elements.key?.value;
    if (!place || !key) return;
    for (let wait = 2000; made.isConnected; wait = Math.min(wait * 2, 30_000)) {
      await sleep(wait);
      try {
        const found = await ask(key);
        if (!made.isConnected) return;
        place.replaceChildren(...found.childNodes);
        if (!found.dataset.seq) return;
        // What happened takes the place of what was feared.
        made.dataset.tone = "ok";
        one("use", made).setAttribute("href", words.dataset.ok);
        one(".note-t", made).replaceChildren(one("b", place));
        for (const line of made.querySelectorAll(".note-b > p:not([data-outcome])")) line.remove();
        const link = one("[data-receipt]", words.content).cloneNode(true);
        const page = new URL(one(".seal-h a.sq", form)?.href ?? location.href, location.href);
        page.searchParams.set("sealed", found.dataset.seq);
        link.href = page.href;
        place.append(" ", link);
        return;
      } catch {
        // It is asked again.
      }
    }
  };

  const tell = (source, kind) => {
    if (isPoll(source)) {
      if (!one("#main > [data-lost=stale]")) one("#main")?.prepend(note("stale"));
      return;
    }
    const isForm = source.matches("form");
    const made = show(source, note(isForm ? kind : "part"));
    if (isForm) findOut(source, made);
  };

  // The console answered with a page about what went wrong: its sentences, and what was typed stays.
  const quote = async (source, answer) => {
    const made = note("problem");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    one(".note-t", made).textContent = one("h1", page)?.textContent ?? String(answer.status);
    const said = [...page.querySelectorAll("#main [data-problem] > p, #main [data-problem] > ol > li")].map((line) => line.textContent);
    one(".note-b", made).append(...said.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    const id = Object.assign(document.createElement("code"), { className: "id", textContent: answer.headers.get(OWN) });
    one(".note-b", made).append(id);
    show(source, made);
  };

  // ---- requests

  let slow = 0;
  document.addEventListener("htmx:config:request", (event) => {
    if (isPoll(sourceOf(event))) event.detail.ctx.request.timeout = POLL_TIMEOUT;
  });
  document.addEventListener("htmx:before:request", (event) => {
    const source = sourceOf(event);
    if (!source?.matches?.("form")) return;
    forget(source);
    clearTimeout(slow);
    slow = setTimeout(() => show(source, note("slow")), PATIENCE);
  });
  document.addEventListener("htmx:before:response", (event) => {
    const source = sourceOf(event);
    const answer = event.detail.ctx.response;
    if (!answer.headers.get(OWN)) {
      event.preventDefault();
      tell(source, "server");
    } else if (answer.headers.get(PROBLEM)) {
      event.preventDefault();
      if (isPoll(source)) tell(source, "stale");
      else quote(source, answer.raw);
    } else if (isPoll(source)) {
      one("#main > [data-lost=stale]")?.remove();
    }
  });
  document.addEventListener("htmx:error", (event) => {
    const source = sourceOf(event);
    if (event.detail?.ctx && !event.detail.ctx.response) tell(source, navigator.onLine ? "server" : "offline");
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const source = sourceOf(event);
    if (!source?.matches?.("form")) return;
    clearTimeout(slow);
    one(":scope > [data-lost=slow]", source)?.remove();
  });
})();
