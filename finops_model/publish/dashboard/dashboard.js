// The dashboard's page: two tabs over one widget. All text goes in as text; a report only into a frame without scripts.
export default (() => {
  const h = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  };
  const fill = (node, ...children) => node.replaceChildren(...children.flat().filter((child) => child !== null));
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const monthName = (month) => `${MONTHS[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}`;
  const signed = (share) => `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.round(Math.abs(share) * 100)} %`;
  const READ = {
    signed: (value) => (Math.abs(value) < 1e-9 ? "as forecast" : signed(value)),
    share: (value) => (Math.abs(value) < 1e-9 ? "today's mix" : `${Math.round(value * 100)} %`),
    count: (value) => (value < 0.5 ? "as signed" : `${Math.round(value)} GPUs`),
  };
  const END = {
    signed: (value) => signed(value), share: (value) => `${Math.round(value * 100)} %`, count: (value) => `${Math.round(value)}`,
  };

  function reportsTab(model) {
    const month = h("select", { id: "finops-month", onchange: () => { units(); ask(); } });
    const unit = h("select", { id: "finops-unit", onchange: () => ask() });
    const status = h("span", { class: "pill" });
    const headline = h("p", { class: "lead", id: "finops-report-headline" });
    const frame = h("iframe", { sandbox: "", id: "finops-report", title: "Published report", referrerpolicy: "no-referrer" });
    const proof = h("p", { class: "fine", id: "finops-proof" });
    const all = () => (Array.isArray(model.get("reports")) ? model.get("reports") : []);
    const entry = () => all().find((one) => one.month === month.value && one.slug === unit.value);

    function months() {
      const kept = month.value;
      const known = [...new Set(all().map((one) => one.month))];
      fill(month, known.map((one) => h("option", { value: one }, monthName(one))));
      if (known.includes(kept)) month.value = kept;
      units();
    }
    function units() {
      const kept = unit.value;
      const known = all().filter((one) => one.month === month.value);
      fill(unit, known.map((one) => h("option", { value: one.slug }, one.unit === "Company" ? "Whole company" : one.unit)));
      if (known.some((one) => one.slug === kept)) unit.value = kept;
    }
    function ask() {
      const one = entry();
      if (one) { model.set("ask", { month: one.month, slug: one.slug, at: performance.now() }); model.save_changes(); }
    }
    function show() {
      const report = model.get("report") || {}, one = entry();
      const here = Boolean(report.html);
      frame.srcdoc = here ? report.html : "";
      frame.hidden = !here;
      headline.textContent = here && one ? one.headline : "";
      status.textContent = here && one ? one.status : "";
      status.className = `pill ${one ? one.status : ""}`;
      status.hidden = !here;
      proof.textContent = here ? `Shown as published, checked against the archive: sha256 ${report.sha256.slice(0, 16)}…` : "";
      frame.dataset.sha256 = here ? report.sha256 : "";
    }
    model.on("change:reports", months);
    model.on("change:report", show);
    months(); show();
    return h("section", { role: "tabpanel", id: "finops-tab-reports", "aria-labelledby": "finops-show-reports" },
      h("div", { class: "bar" },
        h("label", {}, h("span", {}, "Month"), month), h("label", {}, h("span", {}, "Unit"), unit), status),
      headline, frame, proof);
  }

  function slider(model, spec, moved) {
    const out = h("output", { for: `finops-${spec.name}` });
    const input = h("input", {
      type: "range", id: `finops-${spec.name}`, min: spec.low, max: spec.high, step: spec.step, value: 0,
      "aria-describedby": `finops-${spec.name}-help`,
    });
    const read = () => {
      out.textContent = READ[spec.form](Number(input.value));
      input.setAttribute("aria-valuetext", out.textContent);
      const share = (Number(input.value) - spec.low) / (spec.high - spec.low), rest = (0 - spec.low) / (spec.high - spec.low);
      input.style.setProperty("--from", `${100 * Math.min(share, rest)}%`);
      input.style.setProperty("--to", `${100 * Math.max(share, rest)}%`);
    };
    input.addEventListener("input", () => { read(); moved(); });
    read();
    return {
      name: spec.name, input,
      set: (value) => { if (Math.abs(Number(input.value) - value) > 1e-9) input.value = value; read(); },
      node: h("div", { class: "slider" },
        h("div", { class: "row" }, h("label", { for: `finops-${spec.name}` }, spec.label), out),
        input,
        h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, END[spec.form](spec.low)), h("span", {}, END[spec.form](spec.high))),
        h("p", { class: "fine", id: `finops-${spec.name}-help` }, spec.help)),
    };
  }

  function ranges(rows, chosen, choose) {
    const low = Math.min(0, ...rows.map((row) => row.low)), high = Math.max(0, ...rows.map((row) => row.high));
    const at = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
    return h("table", { class: "compare" },
      h("thead", {}, h("tr", {}, ["Against the published base", "Change on average", "", "80 % range", "Chance it is cheaper"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", { class: row.name === chosen ? "chosen" : "", "data-kind": row.kind },
        h("th", { scope: "row" }, h("label", {},
          h("input", { type: "radio", name: "finops-what-if", value: row.name, checked: row.name === chosen, onchange: () => choose(row.name) }), " ", row.name)),
        h("td", { class: `number ${row.mean >= 0 ? "dearer" : "cheaper"}` }, row.amount),
        h("td", { class: "track" }, h("div", { role: "img", "aria-label": `${row.amount}, 80 % range ${row.range}` },
          h("i", { class: "zero", style: `left:${at(0)}` }),
          h("i", { class: `span ${row.mean >= 0 ? "dearer" : "cheaper"}`, style: `left:${at(row.low)};right:calc(100% - ${at(row.high)})` }),
          h("i", { class: `dot ${row.mean >= 0 ? "dearer" : "cheaper"}`, style: `left:${at(row.mean)}` }))),
        h("td", { class: "number" }, row.range), h("td", { class: "number" }, row.cheaper)))));
  }

  function budgetParts(parts) {
    if (!parts || !parts.rows.length) return [];
    return [h("h2", {}, parts.title), h("table", { class: "parts", id: "finops-parts" },
      h("thead", {}, h("tr", {}, parts.head.map((text, i) => h("th", { scope: "col", class: i ? "number" : "" }, text)))),
      h("tbody", {}, parts.rows.map((row, i) => h("tr", { class: i === parts.rows.length - 1 ? "total" : "" },
        row.map((cell, j) => (j ? h("td", { class: "number" }, cell) : h("th", { scope: "row" }, cell)))))))];
  }

  function outlookTab(model) {
    const outlook = model.get("outlook");
    if (!outlook.ready) {
      return { node: h("section", { role: "tabpanel", id: "finops-tab-outlook" }, h("p", { class: "lead" }, outlook.problem || "No report has been published yet.")), shown: () => {} };
    }
    const label = h("span", { class: "pill", id: "finops-label", role: "status" });
    const headline = h("h1", { id: "finops-headline" }), sentences = h("p", { class: "sentences" });
    const cards = h("div", { class: "cards" });
    const title = h("h2", { id: "finops-chart-title" }), subtitle = h("p", { class: "fine subtitle" });
    const inner = h("div", { class: "inner", "aria-hidden": "true" }), plot = h("div", { class: "plot", role: "img" }, inner), compare = h("div"), sentence = h("p", { class: "fine", id: "finops-compared" });
    const parts = h("div", { class: "panel" });
    const reset = h("button", { type: "button", class: "reset", id: "finops-reset", onclick: () => send({}) }, "Reset to published");
    let chart = null, chosen = "", waiting = null;

    const send = (levers) => { model.set("levers", { ...levers, at: performance.now() }); model.save_changes(); };
    const sliders = outlook.sliders.map((spec) => slider(model, spec, () => {
      if (waiting) return;                                     // at most one message per frame
      waiting = requestAnimationFrame(() => { waiting = null; send(Object.fromEntries(sliders.map((one) => [one.name, Number(one.input.value)]))); });
    }));

    function compared(rows) {
      if (!rows.some((row) => row.name === chosen)) chosen = rows.length ? rows[rows.length - 1].name : "";
      const row = rows.find((one) => one.name === chosen);
      fill(compare, rows.length ? ranges(rows, chosen, (name) => { chosen = name; compared(rows); }) : []);
      sentence.textContent = row ? `${row.question} ${row.sentence}` : "The report compares no what-ifs.";
    }
    async function draw(view) {
      if (!chart) return;
      for (const [name, rows] of Object.entries(view.chart.data)) chart.data(name, rows);
      await chart.runAsync();
    }
    function show() {
      const view = model.get("view");
      label.textContent = view.label;
      label.className = `pill ${view.published ? "published" : "what-if"}`;
      headline.textContent = view.headline;
      sentences.textContent = view.sentences.join(" ");
      fill(cards, view.cards.map((card) => h("div", { class: "card" }, h("p", { class: "title" }, card.title), h("p", { class: "value" }, card.value),
        h("p", { class: "fine" }, card.note), !view.published && card.was && card.was !== card.value ? h("p", { class: "was" }, `published ${card.was}`) : null)));
      fill(parts, budgetParts(view.parts));
      parts.hidden = !parts.childElementCount;
      title.textContent = view.chart.title;
      subtitle.textContent = view.chart.subtitle;
      plot.setAttribute("aria-label", view.chart.alt);
      reset.disabled = view.published;
      if (!view.published && chosen !== "Your sliders" && !compare.dataset.kept) chosen = "Your sliders";
      compared(view.compare);
      if (!waiting) sliders.forEach((one) => { if (document.activeElement !== one.input || view.published) one.set(view.levers[one.name] ?? 0); });
      draw(view);
    }
    model.on("change:view", show);
    show();
    const node = h("section", { role: "tabpanel", id: "finops-tab-outlook", "aria-labelledby": "finops-show-outlook" },
      h("div", { class: "bar" }, label, reset), headline, sentences, cards,
      h("div", { class: "split" },
        h("div", { class: "panel chart" }, title, subtitle, plot),
        h("aside", { class: "panel controls", "aria-label": "What if" }, h("h2", {}, "What if …"), sliders.map((one) => one.node))),
      parts,
      h("div", { class: "panel" }, h("h2", {}, "The report's what-ifs, future by future"), compare, sentence));
    return {
      node,
      shown: async () => {                                      // a chart needs a visible width to be drawn
        if (chart || !window.finopsVega) return;
        const spec = { ...outlook.chart, datasets: model.get("view").chart.data };
        chart = (await window.finopsVega.embed(inner, spec, { actions: false, renderer: "svg", tooltip: false })).view;
        await draw(model.get("view"));
      },
    };
  }

  function render({ model, el }) {
    el.classList.add("finops");
    const problem = h("p", { class: "problem", role: "alert", id: "finops-problem" });
    const complain = () => { problem.textContent = model.get("problem"); problem.hidden = !model.get("problem"); };
    model.on("change:problem", complain);
    complain();
    const company = (model.get("outlook") || {}).company || "";
    const head = h("header", {}, h("div", {}, h("strong", {}, "AI budget"), company ? h("span", {}, company) : null));
    if (!model.get("reports").length) {
      el.append(head, h("main", {}, problem));
      return;
    }
    const outlook = outlookTab(model);
    const tabs = [["reports", "Reports", reportsTab(model)], ["outlook", "Outlook and what-if", outlook.node]];
    const buttons = tabs.map(([name, text]) => h("button", {
      type: "button", role: "tab", id: `finops-show-${name}`, "aria-controls": `finops-tab-${name}`, onclick: () => open(name) }, text));
    function open(name) {
      tabs.forEach(([own, , node], i) => {
        node.hidden = own !== name;
        buttons[i].setAttribute("aria-selected", String(own === name));
        buttons[i].tabIndex = own === name ? 0 : -1;
      });
      if (name === "outlook") outlook.shown();
    }
    const strip = h("nav", { role: "tablist", onkeydown: (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const next = buttons[(buttons.indexOf(document.activeElement) + 1) % buttons.length];
      next.focus(); next.click();
    } }, buttons);
    head.append(strip);
    el.append(head, h("main", {}, problem, tabs.map(([, , node]) => node)));
    open("reports");
    model.set("ask", { opened: performance.now() });           // a kernel kept warm may have an old list
    model.save_changes();
  }
  return { render };
})();
