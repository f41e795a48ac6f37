// Maps by month: a slider and buttons that step through the months a figure carries. The server counted; here it is only put on the map.
(function () {
  "use strict";

  var PAUSE = 900;
  var still = window.matchMedia("(prefers-reduced-motion: reduce)");

  function stepsOf(graph) { return graph && graph.layout && graph.layout.meta && graph.layout.meta.steps; }

  /** The traces of one month: colours, hatching, names; everything else stays. */
  function dataOf(graph, steps, month) {
    var features = {};
    graph.data.forEach(function (trace) {
      if (["areas", "no-value", "land"].indexOf(trace.name) < 0 || !trace.geojson) { return; }
      trace.geojson.features.forEach(function (feature) { features[feature.id] = feature; });
    });
    graph._features = Object.assign(graph._features || {}, features);
    function chosen(fits) { return steps.keys.map(function (_key, i) { return i; }).filter(function (i) { return fits(month.state[i]); }); }
    var wanted = {
      "areas": chosen(function (state) { return state === "fair" || state === "unsure"; }),
      "unsure": chosen(function (state) { return state === "unsure"; }),
      "no-value": chosen(function (state) { return state !== "fair" && state !== "unsure"; })
    };
    return graph.data.map(function (trace) {
      var at = wanted[trace.name];
      if (at) {
        var keys = at.map(function (i) { return steps.keys[i]; });
        return Object.assign({}, trace, {
          locations: keys,
          geojson: { type: "FeatureCollection", features: keys.map(function (key) { return graph._features[key]; }) },
          z: at.map(function (i) { return trace.name === "areas" ? month.z[i] : 0; }),
          text: at.map(function (i) { return month.hover[i]; }),
          customdata: keys.map(function (key) { return month.href.replace("AREA", encodeURIComponent(key)); })
        });
      }
      if (trace.name !== "names") { return trace; }
      return Object.assign({}, trace, { text: trace.text.map(function (text, i) { return text.split("<br>")[0] + (month.said[i] ? "<br>" + month.said[i] : ""); }) });
    });
  }

  function show(graph, holder, at) {
    var steps = stepsOf(graph);
    if (!steps) { return; }
    var month = steps.months[at];
    graph._month = at;
    window.Plotly.react(graph, { data: dataOf(graph, steps, month), layout: graph.layout, config: graph._context });
    var slider = holder.querySelector("input");
    slider.value = at;
    slider.setAttribute("aria-valuetext", month.label);
    holder.querySelector("output").textContent = month.label;
    holder.querySelector("[data-by='-1']").disabled = at === 0;
    holder.querySelector("[data-by='1']").disabled = at === steps.months.length - 1;
  }

  /** The address says which month is shown, so that it can be passed on. */
  function write(graph, holder) {
    var query = new URLSearchParams(window.location.search);
    query.set("step", holder._chosen = stepsOf(graph).months[graph._month].key);
    window.history.replaceState(window.history.state, "", window.location.pathname + "?" + query + window.location.hash);
  }

  function stop(holder) {
    clearInterval(holder._playing);
    holder._playing = null;
    var button = holder.querySelector(".map-play");
    if (button) { button.textContent = "Play"; button.setAttribute("aria-pressed", "false"); }
  }

  function play(graph, holder) {
    var last = stepsOf(graph).months.length - 1;
    if (graph._month === last) { show(graph, holder, 0); }
    holder.querySelector(".map-play").textContent = "Pause";
    holder.querySelector(".map-play").setAttribute("aria-pressed", "true");
    holder._playing = setInterval(function () {
      if (!document.contains(holder) || document.hidden || !stepsOf(graph) || graph._month >= last) { stop(holder); write(graph, holder); return; }
      show(graph, holder, graph._month + 1);
    }, PAUSE);
  }

  function button(text, name) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm btn-outline-secondary " + name;
    made.textContent = text;
    return made;
  }

  /** Make or renew the controls of a map that carries months; hide those of one that does not. */
  function prepare(graph, holder) {
    var steps = stepsOf(graph);
    holder.hidden = !steps;
    if (!steps || graph._steps === steps) { if (!steps && holder.firstChild) { stop(holder); } return; }
    graph._steps = steps;
    graph._features = null;
    if (holder._playing) { stop(holder); }
    holder.textContent = "";
    var back = button("‹", "map-step"), on = button("›", "map-step"), run = button("Play", "map-play");
    back.dataset.by = "-1"; back.setAttribute("aria-label", "Month before");
    on.dataset.by = "1"; on.setAttribute("aria-label", "Month after");
    run.hidden = still.matches;
    var slider = document.createElement("input"), said = document.createElement("output");
    slider.type = "range"; slider.min = 0; slider.max = steps.months.length - 1; slider.step = 1;
    slider.setAttribute("aria-label", "Month");
    slider.className = "form-range";
    slider.addEventListener("input", function () { stop(holder); show(graph, holder, Number(slider.value)); write(graph, holder); });
    [back, on].forEach(function (one) {
      one.addEventListener("click", function () { stop(holder); show(graph, holder, graph._month + Number(one.dataset.by)); write(graph, holder); });
    });
    run.addEventListener("click", function () { if (holder._playing) { stop(holder); write(graph, holder); } else { play(graph, holder); } });
    [back, run, on, slider, said].forEach(function (part) { holder.appendChild(part); });
    // A filter draws the map anew: the month that was chosen stays, where there still is one.
    var kept = steps.months.findIndex(function (month) { return month.key === holder._chosen; });
    show(graph, holder, kept < 0 ? steps.at : kept);
    if (kept >= 0) { write(graph, holder); }
  }

  window.statroomMonths = function (graph) {
    var frame = graph.closest(".map-frame");
    var holder = frame && frame.querySelector(".map-months");
    if (holder) { prepare(graph, holder); }
  };
})();
