/* The console's own script: commands as JSON with an idempotency key, refreshing, charts, live events, signing in. */
"use strict";

(() => {
  const body = document.body;
  const problems = JSON.parse(body.dataset.problems);

  // -- saying what came of it ------------------------------------------------------------------------------------------

  const said = document.getElementById("said");

  function say(text, tone) {
    const line = document.createElement("div");
    line.className = `saying tone-${tone}`;
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "quiet";
    close.textContent = "×";
    close.setAttribute("aria-label", "×");
    close.addEventListener("click", () => line.remove());
    line.append(words, close);
    said.append(line);
    setTimeout(() => line.remove(), tone === "bad" ? 15000 : 6000);
  }

  function answerOf(xhr) {
    try {
      return JSON.parse(xhr.responseText);
    } catch {
      return {};
    }
  }

  function refusalOf(answer) {
    const lines = (answer.results || []).filter((line) => !["executed", "already-applied", "pending"].includes(line.status));
    const problem = lines[0] || answer;
    const known = problems[problem.code];
    const detail = problem.detail || problem.message || "";
    // details are in English; in another language the known words for the code come first
    if (known && detail && body.dataset.language !== "en") return `${known} (${detail})`;
    return detail || known || problem.code || "";
  }

  function failed(answer, status) {
    if (status >= 400) return true;
    return (answer.results || []).some((line) => !["executed", "already-applied", "pending"].includes(line.status));
  }

  // -- commands --------------------------------------------------------------------------------------------------------

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return "console-" + Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  /* "reasons.0.code" = "x" becomes {reasons: [{code: "x"}]}; a field left empty is left out. */
  function nested(parameters) {
    const whole = {};
    for (const [name, value] of parameters) {
      if (value === "") continue;
      const path = name.split(".");
      let place = whole;
      path.forEach((part, n) => {
        if (n === path.length - 1) place[part] = value;
        else place = place[part] ??= /^\d+$/.test(path[n + 1]) ? [] : {};
      });
    }
    return whole;
  }

  htmx.defineExtension("json-command", {
    onEvent(name, event) {
      if (name !== "htmx:configRequest") return;
      const form = event.detail.elt;
      const bearer = form.querySelector("[data-bearer]");
      // the key stays until an answer is known, so that pressing again repeats the same request
      form.dataset.key ||= newKey();
      event.detail.headers["Idempotency-Key"] = form.dataset.key;
      if (bearer) event.detail.headers["Authorization"] = `Bearer ${bearer.value.trim()}`;
      else event.detail.headers["Content-Type"] = "application/json";
    },
    encodeParameters(_xhr, parameters, form) {
      return form.querySelector("[data-bearer]") ? "" : JSON.stringify(nested(parameters));
    },
  });

  body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-Requested-With"] = "loanstream-console";
  });

  /* A question may name fields of its form, {so}: asked is what stands in them now. */
  body.addEventListener("htmx:confirm", (event) => {
    const { question, elt, issueRequest } = event.detail;
    if (!question) return;
    event.preventDefault();
    if (confirm(question.replace(/\{(\w+)\}/g, (_, name) => elt.elements[name].value))) issueRequest(true);
  });

  body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    if (requestConfig.verb === "get") return;
    if (xhr.status > 0 && xhr.status < 500) delete elt.dataset.key;
    const answer = answerOf(xhr);
    const place = elt.querySelector(".answer");
    if (!xhr.status || failed(answer, xhr.status)) {
      const text = xhr.status ? refusalOf(answer) || body.dataset.failed : body.dataset.lost;
      if (place) place.textContent = text;
      else say(text, "bad");
      return;
    }
    if (elt.dataset.then) {
      location.assign(elt.dataset.then);
      return;
    }
    say(xhr.status === 202 ? body.dataset.pending : elt.dataset.said || body.dataset.done, "good");
    const live = elt.closest("[data-live]");
    // the read models follow within moments: look soon, and once more
    if ("reload" in elt.dataset) setTimeout(() => location.reload(), 1200);
    else if (live) [250, 1200].forEach((pause) => setTimeout(() => refresh(live, true), pause));
  });

  // -- refreshing ------------------------------------------------------------------------------------------------------

  function refresh(live, forced) {
    if (forced) live.dataset.forced = "";
    htmx.trigger(live, "refresh");
  }

  function edited(live) {
    const at = document.activeElement;
    if (live.contains(at) && at.matches("input, select, textarea")) return true;
    return [...live.querySelectorAll("input:not([type=hidden])")].some((input) => input.value !== input.defaultValue);
  }

  body.addEventListener("htmx:beforeRequest", (event) => {
    const live = event.detail.elt;
    if (!live.matches("[data-live]")) return;
    const forced = "forced" in live.dataset;
    delete live.dataset.forced;
    if (!forced && (document.hidden || edited(live))) event.preventDefault();
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelectorAll("[data-live]").forEach((live) => refresh(live, false));
  });

  const stale = document.getElementById("stale");

  /* A refreshed part keeps open what was open, scrolled what was scrolled. */
  let kept = null;

  body.addEventListener("htmx:beforeSwap", (event) => {
    const live = event.detail.target;
    if (!live.matches("[data-live]")) return;
    kept = {
      open: [...live.querySelectorAll("details[open][id]")].map((details) => details.id),
      scrolled: [...live.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]),
    };
  });

  body.addEventListener("htmx:afterSwap", (event) => {
    const live = event.detail.target;
    stale.hidden = true;
    if (live.matches("[data-live]") && kept) {
      kept.open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
      live.querySelectorAll(".scroll").forEach((box, n) => {
        if (kept.scrolled[n]) [box.scrollLeft, box.scrollTop] = kept.scrolled[n];
      });
    }
    drawAll();
  });

  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    body.addEventListener(name, (event) => {
      if (event.detail.requestConfig?.verb === "get") stale.hidden = false;
    });
  }

  // -- charts ----------------------------------------------------------------------------------------------------------

  const tones = ["good", "warn", "bad", "calm", "dark"];

  function theme() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const found = { ink: colour("ink"), muted: colour("muted"), line: colour("line"), accent: colour("accent"), surface: colour("surface") };
    for (const tone of tones) found[tone] = colour(`tone-${tone}`);
    found.font = style.fontFamily;
    return found;
  }

  /* A pattern for each tone: a chart must be readable without its colours. */
  const decals = {
    good: { symbol: "none" },
    warn: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4, color: "rgba(255,255,255,.55)" },
    bad: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: -Math.PI / 4, color: "rgba(255,255,255,.55)" },
    calm: { symbol: "circle", dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0], symbolSize: 0.7, color: "rgba(255,255,255,.5)" },
    dark: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1, 3], color: "rgba(255,255,255,.35)" },
  };

  function item(shape, look) {
    return { value: Number(shape.value), name: shape.label, text: shape.text, itemStyle: { color: look[shape.tone], decal: decals[shape.tone] } };
  }

  const tooltip = (look) => ({
    renderMode: "richText",
    confine: true,
    backgroundColor: look.surface,
    borderColor: look.line,
    textStyle: { color: look.ink, fontFamily: look.font, fontSize: 12 },
  });

  const drawings = {
    donut(rows, look) {
      const shown = rows.filter((row) => Number(row.value) > 0);
      return {
        tooltip: { ...tooltip(look), formatter: (at) => `${at.name}  ${at.data.text}  (${at.percent} %)` },
        series: [{
          type: "pie",
          radius: ["48%", "72%"],
          minShowLabelAngle: 0,
          avoidLabelOverlap: true,
          itemStyle: { borderColor: look.surface, borderWidth: 2 },
          label: { color: look.ink, fontFamily: look.font, formatter: (at) => `${at.name}\n${at.data.text}`, lineHeight: 17 },
          labelLine: { lineStyle: { color: look.muted }, length: 10, length2: 8 },
          data: shown.map((row) => item(row, look)),
        }],
      };
    },

    bars(rows, look) {
      return {
        grid: { left: 4, right: 16, top: 4, bottom: 4, containLabel: true },
        tooltip: { ...tooltip(look), formatter: (at) => `${at.name}  ${at.data.text}` },
        xAxis: { type: "value", show: false, max: (range) => range.max * 1.7 || 1 },
        yAxis: {
          type: "category",
          inverse: true,
          data: rows.map((row) => row.label),
          axisLine: { lineStyle: { color: look.line } },
          axisTick: { show: false },
          axisLabel: { color: look.ink, fontFamily: look.font, fontSize: 12 },
        },
        series: [{
          type: "bar",
          barMaxWidth: 18,
          barMinHeight: 0,
          label: { show: true, position: "right", color: look.ink, fontFamily: look.font, formatter: (at) => at.data.text },
          data: rows.map((row) => item(row, look)),
        }],
      };
    },

    balance(lines, look, place) {
      const points = (line) => line.map((at) => ({ value: [at.day, Number(at.value)], text: at.text }));
      const { planned, actual, today } = place.dataset;
      const mark = lines.today
        ? { silent: true, symbol: "none", lineStyle: { color: look.muted, type: "dotted" }, label: { formatter: today, color: look.muted, fontFamily: look.font }, data: [{ xAxis: lines.today }] }
        : undefined;
      return {
        grid: { left: 8, right: 20, top: 40, bottom: 8, containLabel: true },
        legend: {
          top: 0,
          left: 0,
          itemWidth: 24,
          textStyle: { color: look.ink, fontFamily: look.font },
          data: [
            { name: planned, icon: "path://M0,4L6,4L6,6L0,6ZM9,4L15,4L15,6L9,6ZM18,4L24,4L24,6L18,6Z" },
            { name: actual, icon: "path://M0,4L24,4L24,6L0,6Z" },
          ],
        },
        tooltip: {
          ...tooltip(look),
          trigger: "axis",
          formatter: (at) => [at[0].data.value[0], ...at.map((one) => `${one.seriesName}  ${one.data.text}`)].join("\n"),
        },
        xAxis: { type: "time", axisLine: { lineStyle: { color: look.line } }, axisLabel: { color: look.muted, fontFamily: look.font, hideOverlap: true } },
        yAxis: { type: "value", min: 0, splitLine: { lineStyle: { color: look.line } }, axisLabel: { color: look.muted, fontFamily: look.font } },
        series: [
          { name: planned, type: "line", step: "end", symbol: "none", lineStyle: { color: look.muted, width: 2, type: "dashed" }, itemStyle: { color: look.muted }, data: points(lines.planned) },
          { name: actual, type: "line", step: "end", symbol: "circle", symbolSize: 5, showAllSymbol: true, lineStyle: { color: look.accent, width: 2.5 }, itemStyle: { color: look.accent }, areaStyle: { color: look.accent, opacity: 0.12 }, data: points(lines.actual), markLine: mark },
        ],
      };
    },
  };

  function draw(place) {
    const source = place.dataset.charts ? place : document.querySelector("[data-charts]");
    if (!source || !window.echarts) return;
    const lines = JSON.parse(source.dataset.charts)[place.dataset.series];
    const empty = Array.isArray(lines) && !lines.some((row) => Number(row.value) > 0);
    place.classList.toggle("chart-empty", empty);
    const locale = body.dataset.language === "zh" ? "ZH" : "EN";
    const chart = echarts.getInstanceByDom(place) || echarts.init(place, null, { renderer: "svg", locale });
    const option = empty ? {} : drawings[place.dataset.chart](lines, theme(), place);
    chart.setOption({ animationDuration: 300, aria: { enabled: true }, textStyle: { fontFamily: theme().font }, ...option }, { notMerge: empty });
  }

  function drawAll() {
    document.querySelectorAll("[data-chart]").forEach(draw);
  }

  drawAll();
  addEventListener("resize", () => {
    document.querySelectorAll("[data-chart]").forEach((place) => window.echarts?.getInstanceByDom(place)?.resize());
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

  // -- live events -----------------------------------------------------------------------------------------------------

  const MOST_ROWS = 300;

  function liveEvents(list) {
    const state = document.getElementById("stream-state");
    const form = document.getElementById("stream-filters");
    const pause = document.getElementById("stream-pause");
    const query = () => new URLSearchParams(new FormData(form)).toString();
    let source = null;
    let paused = false;
    /* What was asked for is wrong: only another question helps, and that is another page. */
    let refused = false;

    function show(text, tone) {
      state.textContent = text;
      state.dataset.tone = tone;
    }

    /* Newest first, each once: what comes live and what is read at the start overlap. */
    function add(html, fresh) {
      const holder = document.createElement("ol");
      holder.innerHTML = html;
      const rows = [...holder.children].filter((row) => !row.id || !document.getElementById(row.id));
      if (!rows.length) return;
      document.getElementById("stream-empty")?.remove();
      for (const row of rows.reverse()) {
        if (fresh) row.classList.add("fresh");
        list.insertBefore(row, fresh ? list.firstChild : following(row));
      }
      while (list.children.length > MOST_ROWS) list.lastChild.remove();
    }

    function following(row) {
      const at = row.dataset.time + row.dataset.place;
      return [...list.children].find((other) => other.dataset.time && other.dataset.time + other.dataset.place < at) || null;
    }

    async function readNewest() {
      const answer = await fetch(`/fragments/events?${query()}`, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer?.status === 401) location.reload();
      if (answer?.ok) add(await answer.text(), false);
    }

    function open() {
      if (source || paused || refused || document.hidden) return;
      show(state.dataset.connecting, "calm");
      source = new EventSource(`/events/feed?${query()}`);
      source.addEventListener("ready", () => {
        show(state.dataset.liveText, "good");
        readNewest();
        // once more for what was in the log but not yet in the index
        setTimeout(readNewest, 1500);
      });
      source.addEventListener("rows", (event) => add(event.data, true));
      source.addEventListener("refused", (event) => {
        refused = true;
        source.close();
        show(event.data, "bad");
      });
      source.addEventListener("error", () => {
        show(state.dataset.lost, "bad");
        if (source?.readyState === EventSource.CLOSED) {
          source = null;
          setTimeout(() => {
            readNewest();
            open();
          }, 5000);
        }
      });
    }

    function close() {
      if (refused) return;
      source?.close();
      source = null;
      show(state.dataset.paused, "calm");
    }

    pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      if (paused) close();
      else open();
    });
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    addEventListener("pagehide", close);
    form.addEventListener("change", (event) => {
      if (event.target.matches("[type=checkbox]")) form.requestSubmit();
    });
    open();
  }

  const stream = document.getElementById("stream");
  if (stream) liveEvents(stream);

  // -- anchors in a timeline -------------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#event-"]');
    if (!link) return;
    const target = document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    target.querySelector("details").open = true;
  });

  // -- signing in ------------------------------------------------------------------------------------------------------

  /* Who comes from another site brings no session along, though there may be one. */
  const signIn = document.querySelector("[data-sign-in]");
  if (signIn) {
    signIn.querySelectorAll("[data-user]").forEach((button) =>
      button.addEventListener("click", () => {
        signIn.querySelector("[name=user]").value = button.dataset.user;
        signIn.querySelector("[name=password]").focus();
      }),
    );
    fetch("/api/auth/me", { headers: { "X-Requested-With": "loanstream-console" } })
      .then((answer) => answer.ok && location.replace(signIn.dataset.signIn))
      .catch(() => {});
  }
})();
