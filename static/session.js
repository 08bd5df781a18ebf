// What a page does about the session it was made in: it warns before the end, says so when it is over, and shows nothing that a
// browser kept of it. What is true the server says (GET /session, which keeps no session alive); other tabs only say that there is
// something to ask.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const page = { of: root.dataset.session ?? "", by: root.dataset.person ?? "" };
  let idleAt = 0, endsAt = 0, warn = 0, timer, last = Date.now(), asking, isOver = false, channel, kept;

  // ---- tabs

  const open = () => {
    if (channel || !("BroadcastChannel" in window)) return;
    channel = new BroadcastChannel("ingam-session");
    channel.onmessage = ({ data }) => {
      if ("over" in root.dataset) {
        if (data) signIn();
      } else if (page.of && (data !== page.of || warning())) ask("told");
    };
  };
  // A name of the session, from which nothing follows.
  const tell = () => channel?.postMessage(page.of);

  // ---- warning

  const warning = () => one("#session-says > [data-kind]")?.dataset.kind;

  const say = (kind) => {
    const place = one("#session-says");
    if (!place || place.firstElementChild?.dataset.kind === kind) return;
    place.replaceChildren();
    if (kind) place.append(one(`#session-${kind}`).content.cloneNode(true));
  };

  const count = () => {
    const place = one("#session-says [data-left]");
    const left = Math.max(0, Math.ceil((Math.min(idleAt, endsAt) - Date.now()) / 1000));
    if (place) place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  };

  const plan = () => {
    clearTimeout(timer);
    const left = Math.min(idleAt, endsAt) - Date.now();
    const isNear = left <= warn;
    say(!isNear ? "" : endsAt <= idleAt ? "ends" : "idle");
    count();
    // Another tab may have been used meanwhile, so the server is asked before anything is said.
    const pause = isNear ? Math.min(left, 10_000) : left - warn;
    timer = setTimeout(() => ask("planned"), Math.max(1000, pause));
  };

  // ---- asking

  const read = (answer) => answer.ok ? answer.json() : undefined;

  const ask = (why) => {
    if (isOver) return;
    asking ??= fetch("/session", { cache: "no-store" }).then(read).catch(() => undefined).then((session) => {
      asking = undefined;
      last = Date.now();
      judge(session, why);
    });
  };

  const judge = (session, why) => {
    if (isOver) return;
    if (!session) {
      if ("asking" in root.dataset) say("unknown");
      clearTimeout(timer);
      timer = setTimeout(() => ask(why), 3000);
      return;
    }
    if (session.of !== page.of) {
      leave(session, why);
      return;
    }
    idleAt = Date.now() + session.idle * 1000;
    endsAt = Date.now() + session.ends * 1000;
    warn = session.warn * 1000;
    delete root.dataset.asking;
    plan();
  };

  let isStaying = false;
  const stay = async () => {
    if (isStaying) return;
    isStaying = true;
    const form = one("#session-stay");
    const body = new URLSearchParams(new FormData(form));
    const session = await fetch(form.action, { method: "POST", body }).then(read).catch(() => undefined);
    isStaying = false;
    if (session) judge(session, "planned");
    else ask("planned");
    tell();
  };

  // ---- the end

  const isChanged = (field) => field.type === "radio" || field.type === "checkbox" ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? field.value !== (one("[selected]", field) ?? field.options[0])?.value
      : field.value !== field.defaultValue;

  // The form into which something was typed: now, or before it came back with what is wrong with it.
  const typed = () => all("#main form[method=post]").find((form) => {
    const fields = [...form.elements].filter(({ name, type }) => name && name !== "code" && type !== "hidden" && type !== "submit");
    return fields.some(isChanged) || (one("[role=alert]", form) && fields.some(({ value }) => value.trim()));
  });

  // The server keeps what was typed, or shows it again where the same person is signed in. Codes stay here.
  const send = (form) => {
    for (const field of all("input.totp, input[type=password]", form)) field.value = "";
    HTMLFormElement.prototype.submit.call(form);
  };

  const go = () => {
    root.dataset.asking = "";
    one("#main")?.replaceChildren();
    location.replace(root.dataset.here || "/");
  };

  // Asked to with a click, or because another tab has signed in. What was typed goes along, unless another person has.
  const signIn = async (isAsked) => {
    const session = await fetch("/session", { cache: "no-store" }).then(read).catch(() => undefined);
    if (session?.of && (session.by !== page.by || !kept)) go();
    else if (kept && (isAsked || session?.of)) send(kept);
  };

  const leave = (session, why) => {
    isOver = true;
    clearTimeout(timer);
    say("");
    const form = typed();
    const isOwn = session.by === page.by;
    if (session.of) {
      if (form && isOwn) send(form);
      else go();
    } else if (one("#session-over") && (form || why === "planned")) {
      show(form);
    } else {
      go();
    }
  };

  // Nothing of the page is left but what was typed, which is not seen.
  const show = (form) => {
    const main = one("#main"), over = one("#session-over").content.cloneNode(true);
    kept = form;
    form?.remove();
    main.replaceChildren(over);
    if (form) {
      form.hidden = true;
      main.append(form);
    }
    for (const dialog of all("dialog[open]")) dialog.close();
    document.title = one("#session-title").textContent;
    root.dataset.over = "";
    delete root.dataset.asking;
    one("#session-title").focus();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-stay]")) stay();
    if (event.target.closest("[data-again]") && kept) {
      event.preventDefault();
      signIn(true);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (warning() === "idle" && event.isTrusted && !["Shift", "Control", "Alt", "Meta"].includes(event.key)) stay();
  }, true);

  // The page of a run is loaded again when the run ends, but not from under what is being typed.
  document.addEventListener("htmx:config:request", (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (sourceElement?.id === "live" && typed()) request.headers["ingam-typed"] = "yes";
  });

  // What a page asks by itself is told that the session is over, and changes nothing.
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail?.ctx?.response?.headers?.get("ingam-session") === "over") ask("planned");
  });

  // ---- pages that were kept

  const check = (why) => {
    if (!page.of || isOver) return;
    root.dataset.asking = "";
    ask(why);
  };
  window.addEventListener("pagehide", (event) => {
    channel?.close();
    channel = undefined;
    clearTimeout(timer);
    // It is kept without what is on it, so that nothing can be seen before the server was asked.
    if (event.persisted && page.of) root.dataset.asking = "";
  });
  window.addEventListener("pageshow", (event) => {
    open();
    if (event.persisted) check("restored");
  });
  document.addEventListener("htmx:before:history:restore", () => check("restored"));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !page.of || Date.now() - last < 30_000) return;
    if (Date.now() > Math.min(idleAt, endsAt)) check("woken");
    else ask("woken");
  });

  // ---- begin

  open();
  tell();
  if (page.of) {
    idleAt = Date.now() + Number(root.dataset.idle) * 1000;
    endsAt = Date.now() + Number(root.dataset.ends) * 1000;
    warn = Number(root.dataset.warn) * 1000;
    if (Math.min(idleAt, endsAt) - Date.now() > warn) plan();
    else ask("planned");
    setInterval(count, 1000);
  }
})();
