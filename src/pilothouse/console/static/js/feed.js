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

  // What a person unfolded stays unfolded when its panel is drawn again.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const panel = event.detail.target;
    if (!panel.dataset?.panel) return;
    const open = [...panel.querySelectorAll("details[id][open]")].map((one) => one.id);
    const tops = [...panel.querySelectorAll(".scroll")].map((one) => one.scrollTop);
    const restore = (settled) => {
      if (settled.target.id !== panel.id) return;
      document.removeEventListener("htmx:afterSettle", restore);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      settled.target.querySelectorAll(".scroll").forEach((one, k) => {
        one.scrollTop = tops[k] ?? 0;
      });
    };
    document.addEventListener("htmx:afterSettle", restore);
  });

  // A feed that is refused or cut off is asked for again after a wait that doubles and is spread by
  // a quarter, so that browsers do not come back all at one moment. A session that has ended is not.
  const FIRST_WAIT_MS = 2000;
  const LONGEST_WAIT_MS = 60000;
  let waitMs = FIRST_WAIT_MS;
  let ended = false;

  const nextWait = () => {
    const spread = waitMs * (0.75 + Math.random() / 2);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    return spread;
  };

  // An EventSource does not say why it failed; a part of a page does.
  const askWhetherSignedIn = () =>
    fetch("/replay/banner", { headers: { "HX-Request": "true" } })
      .then((answer) => {
        if (answer.status === 401) document.dispatchEvent(new CustomEvent("pilothouse:signed-out"));
      })
      .catch(() => {});

  const listen = () =>
    new Promise((resolve) => {
      let source = null;
      let timer = null;
      const open = () => {
        timer = null;
        source = new EventSource(live.dataset.live);
        source.addEventListener("pulse", (event) => {
          waitMs = FIRST_WAIT_MS;
          const message = JSON.parse(event.data);
          channel.postMessage(message);
          show(message);
        });
        source.addEventListener("ended", () => {
          ended = true;
          letGo?.();
          document.dispatchEvent(new CustomEvent("pilothouse:signed-out"));
        });
        source.addEventListener("error", () => {
          // The browser's own next try would come at once for everybody: this one waits.
          source.close();
          if (timer !== null || !letGo) return;
          timer = setTimeout(open, nextWait());
          if (waitMs > 2 * FIRST_WAIT_MS) askWhetherSignedIn();
        });
      };
      letGo = () => {
        source?.close();
        clearTimeout(timer);
        letGo = null;
        resolve();
      };
      open();
    });

  const ask = () => {
    if (document.hidden || letGo || ended) return;
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
  document.addEventListener("pilothouse:signed-out", () => {
    ended = true;
    letGo?.();
  });
  document.addEventListener("pilothouse:signed-in", () => {
    ended = false;
    ask();
  });

  setInterval(() => {
    if (stale || Date.now() - heardAt < STALE_AFTER_MS) return;
    stale = true;
    say("stale", `stale since ${new Date(heardAt).toISOString().slice(11, 19)}`);
  }, 1000);
})();
