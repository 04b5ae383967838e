// Plans again while inputs change. The server computes and writes everything; without this file the form does the same.
"use strict";
(() => {
  const PAUSE_MS = 120;
  const main = document.getElementById("main");
  const form = document.getElementById("inputs");
  if (!main || !form) return;
  let timer = 0;
  let request = new AbortController();

  // The address of the inputs as they are, without empty ones.
  const address = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value.trim() !== "") query.append(name, value);
    }
    const text = query.toString();
    return text === "" ? location.pathname : location.pathname + "?" + text;
  };

  // Puts the parts of another page in place of those here. Fields that people type in stay as they are.
  const show = (other, isPlan) => {
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = other.getElementById(part.id);
      if (!next || (part.id === "results" && !isPlan)) continue;
      const open = [...part.querySelectorAll("details[open][id]")].map((it) => it.id);
      part.className = next.className;
      part.replaceChildren(...next.childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    }
    for (const part of document.querySelectorAll("[data-class]")) {
      part.className = other.getElementById(part.id)?.className ?? part.className;
    }
    for (const field of form.elements) {
      const next = field.id && other.getElementById(field.id);
      if (!next) continue;
      if (field.type === "range") {
        if (field !== document.activeElement) field.value = next.getAttribute("value");
        field.setAttribute("aria-valuetext", next.getAttribute("aria-valuetext"));
      } else if (next.hasAttribute("aria-invalid")) {
        field.setAttribute("aria-invalid", next.getAttribute("aria-invalid"));
      } else {
        field.removeAttribute("aria-invalid");
      }
    }
    document.title = other.title;
  };

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    const url = address();
    main.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { signal, credentials: "same-origin" });
      const text = await answer.text();
      if (signal.aborted) return;
      const wait = Number(answer.headers.get("retry-after"));
      if (answer.status === 503 && wait > 0) {
        timer = setTimeout(load, wait * 1000);
        return;
      }
      const other = new DOMParser().parseFromString(text, "text/html");
      if (!other.getElementById("main")) return location.assign(url);
      show(other, answer.ok);
      history.replaceState(null, "", url);
      main.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name !== "AbortError") main.removeAttribute("aria-busy");
    }
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(load, PAUSE_MS);
  };

  for (const range of form.querySelectorAll("input[type=range]")) {
    const field = document.getElementById(range.dataset.for);
    const values = range.dataset.values.split("|");
    const words = range.dataset.words.split("|");
    range.hidden = false;
    range.addEventListener("input", () => {
      field.value = values[range.value];
      range.setAttribute("aria-valuetext", words[range.value]);
    });
  }
  form.addEventListener("input", later);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    request.abort();
  });
})();
