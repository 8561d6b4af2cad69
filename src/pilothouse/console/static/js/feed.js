"use strict";

// The live feed: one EventSource a browser. The tab that holds the lock listens and passes each
// message on; a hidden tab gives the lock away. When messages stop, every page says since when.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const words = live.querySelector("[data-live-words]");
  const channel = new BroadcastChannel("pilothouse-feed");
  const STALE_AFTER_MS = 6000;
  let heardAt = Date.now();
  let stale = false;
  let letGo = null;

  const say = (state, text) => {
    live.dataset.state = state;
    if (words.textContent !== text) words.textContent = text;
  };

  // The feed may run while nothing is written: then it is not live, and the server says since when.
  const tell = (standstill) => {
    if (standstill) say("still", standstill);
    else say("live", "Live");
    const writer = document.querySelector("[data-writer]");
    writer?.classList.toggle("dot-up", !standstill);
    writer?.classList.toggle("dot-down", Boolean(standstill));
  };

  const show = (message) => {
    heardAt = Date.now();
    stale = false;
    tell(message.standstill);
    for (const [name, text] of Object.entries(message.figures)) {
      for (const place of document.querySelectorAll(`[data-figure="${name}"]`)) {
        if (place.textContent !== text) place.textContent = text;
      }
    }
    announce(message.alert);
    for (const [name, digest] of Object.entries(message.panels)) refresh(name, digest);
  };

  // Alerts are read aloud, once each; figures never are.
  const announce = (alert) => {
    const place = document.querySelector("[data-alert-words]");
    if (!alert || !place || alert.number <= Number(place.dataset.alert)) return;
    place.dataset.alert = alert.number;
    place.textContent = alert.sentence;
  };

  // A panel is drawn by the server. It is fetched again only when what it shows has changed.
  const refresh = (name, digest) => {
    const panel = document.querySelector(`[data-panel="${name}"]`);
    if (!panel || panel.dataset.digest === digest || panel.contains(document.activeElement)) return;
    panel.dataset.digest = digest;
    htmx.trigger(panel, "feed");
  };

  const listen = () =>
    new Promise((resolve) => {
      const source = new EventSource(live.dataset.live);
      source.addEventListener("pulse", (event) => {
        const message = JSON.parse(event.data);
        channel.postMessage(message);
        show(message);
      });
      source.addEventListener("ended", () => source.close());
      letGo = () => {
        source.close();
        letGo = null;
        resolve();
      };
    });

  const ask = () => {
    if (document.hidden || letGo) return;
    if (!navigator.locks) {
      listen();
      return;
    }
    navigator.locks.request("pilothouse-feed", () => (document.hidden ? null : listen()));
  };

  channel.addEventListener("message", (event) => show(event.data));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) letGo?.();
    else ask();
  });
  addEventListener("pagehide", () => letGo?.());
  addEventListener("pageshow", ask);

  setInterval(() => {
    if (stale || Date.now() - heardAt < STALE_AFTER_MS) return;
    stale = true;
    say("stale", `stale since ${new Date(heardAt).toISOString().slice(11, 19)}`);
  }, 1000);
})();
