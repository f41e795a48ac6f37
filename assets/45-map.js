// Maps: names where they fit, hatching, zooming by button, and what part of the city is in view. No data is handled here.
(function () {
  "use strict";

  var MAPS = ".chart.map .js-plotly-plot";
  var MOST_ZOOM = 64;

  /** What plotly knows about a map that is drawn; null before. */
  function subplotOf(graph) {
    var geo = graph && graph._fullLayout && graph._fullLayout.geo;
    return geo && geo._subplot && geo._subplot.projection ? geo._subplot : null;
  }

  function scaleOf(graph) { return graph._fullLayout.geo.projection.scale || 1; }

  // Patterns live in the page, so that the style sheet can fill areas of a map with them in light and dark.
  function addHatching() {
    if (document.getElementById("hatch-none")) { return; }
    var holder = document.createElement("div");
    holder.setAttribute("aria-hidden", "true");
    holder.className = "hatching";
    holder.innerHTML =
      '<svg width="0" height="0" focusable="false"><defs>' +
      '<pattern id="hatch-none" class="hatch-none" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
      '<rect width="7" height="7"></rect><line x1="0" y1="0" x2="0" y2="7"></line></pattern>' +
      '<pattern id="hatch-unsure" class="hatch-unsure" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">' +
      '<line class="dark" x1="0" y1="0" x2="0" y2="7"></line><line class="light" x1="2" y1="0" x2="2" y2="7"></line></pattern></defs></svg>';
    document.body.appendChild(holder);
  }

  /** Show the names that fit into their areas at this zoom; the table has all of them. */
  function fitNames(graph) {
    var subplot = subplotOf(graph);
    var trace = (graph.data || []).filter(function (one) { return one.name === "names"; })[0];
    if (!subplot || !trace || !trace.meta) { return; }
    var groups = graph.querySelectorAll(".scatterlayer > g");
    var texts = groups.length ? groups[groups.length - 1].querySelectorAll("text") : [];
    texts.forEach(function (text, i) {
      var room = trace.meta.room[i];
      if (!room) { return; }
      if (text._size === undefined || text._said !== trace.text[i]) {
        text.style.display = "";
        var box = text.getBBox();
        text._size = [box.width, box.height];
        text._said = trace.text[i];
      }
      var lon = trace.lon[i], lat = trace.lat[i];
      var west = subplot.projection([lon - room[0] / 2, lat]), east = subplot.projection([lon + room[0] / 2, lat]);
      var low = subplot.projection([lon, lat - room[1] / 2]), high = subplot.projection([lon, lat + room[1] / 2]);
      var fits = west && east && low && high && east[0] - west[0] > text._size[0] + 4 && low[1] - high[1] > text._size[1];
      text.style.display = fits ? "" : "none";
    });
  }

  function zoomTo(graph, scale, lon, lat) {
    window.Plotly.relayout(graph, { "geo.projection.scale": scale, "geo.center.lon": lon, "geo.center.lat": lat });
  }

  // plotly's own `uirevision` forgets the zoom of this kind of map, so it is put into every figure before it is drawn again.
  function keepZoom() {
    var react = window.Plotly.react;
    if (react.keepsZoom) { return; }
    window.Plotly.react = function (graph, figure) {
      var geo = graph && graph._zoom && figure && figure.layout && figure.layout.geo;
      if (geo) {
        geo = Object.assign({}, geo, { projection: Object.assign({}, geo.projection, { scale: graph._zoom.scale }), center: graph._zoom.center });
        figure = Object.assign({}, figure, { layout: Object.assign({}, figure.layout, { geo: geo }) });
      }
      return react.apply(this, [graph, figure].concat(Array.prototype.slice.call(arguments, 2)));
    };
    window.Plotly.react.keepsZoom = true;
  }

  function rememberZoom(graph) {
    var geo = graph._fullLayout.geo;
    graph._zoom = { scale: scaleOf(graph), center: { lon: geo.center.lon, lat: geo.center.lat } };
  }

  function zoomBy(graph, factor) {
    if (!subplotOf(graph)) { return; }
    var center = graph._fullLayout.geo.center, start = graph.layout.meta.start;
    var scale = factor ? Math.min(MOST_ZOOM, Math.max(1, scaleOf(graph) * factor)) : 1;
    zoomTo(graph, scale, scale === 1 ? start[1] : center.lon, scale === 1 ? start[2] : center.lat);
  }

  function attach(graph) {
    if (graph._isMap || !graph.on) { return; }
    graph._isMap = true;
    keepZoom();
    graph.on("plotly_afterplot", function () { fitNames(graph); });
    graph.on("plotly_relayout", function () { rememberZoom(graph); fitNames(graph); });
    graph.on("plotly_relayouting", function () { fitNames(graph); });
    graph.on("plotly_click", function (clicked) {
      var point = clicked.points[0];
      if (!point || !point.data || point.data.name !== "cells" || (point.customdata && point.customdata[0])) { return; }
      var ring = point.data.geojson.features[point.pointNumber].geometry.coordinates[0];
      zoomTo(graph, Math.min(MOST_ZOOM, scaleOf(graph) * 2), (ring[0][0] + ring[2][0]) / 2, (ring[0][1] + ring[2][1]) / 2);
    });
    fitNames(graph);
  }

  /** Look for maps until plotly has drawn them. */
  function prepareAll(tries) {
    addHatching();
    var waiting = false;
    document.querySelectorAll(MAPS).forEach(function (graph) {
      if (subplotOf(graph)) { attach(graph); window.statroomMonths(graph); } else { waiting = true; }
    });
    if ((waiting || !document.querySelector(MAPS)) && tries > 0) { setTimeout(function () { prepareAll(tries - 1); }, 100); }
  }

  document.addEventListener("click", function (event) {
    var button = event.target instanceof Element ? event.target.closest(".map-button") : null;
    var graph = button && button.closest(".chart").querySelector(".js-plotly-plot");
    if (graph) { zoomBy(graph, Number(button.dataset.zoom)); }
  });

  // Letting go after moving the map is not a click on what lies under the pointer.
  var pressed = null;
  window.addEventListener("pointerdown", function (event) { pressed = [event.clientX, event.clientY]; }, { capture: true, passive: true });
  window.addEventListener("click", function (event) {
    var far = pressed && Math.abs(event.clientX - pressed[0]) + Math.abs(event.clientY - pressed[1]) > 6;
    if (far && event.target instanceof Element && event.target.closest(MAPS)) { event.stopPropagation(); }
  }, { capture: true });

  // The page must scroll past a map: only a wheel with Ctrl (which is also how a pinch on a touchpad comes) zooms it.
  window.addEventListener("wheel", function (event) {
    if (!event.ctrlKey && !event.metaKey && event.target instanceof Element && event.target.closest(MAPS)) { event.stopPropagation(); }
  }, { capture: true, passive: true });

  // One finger scrolls the page as long as the whole city is in view, and moves the map after that.
  window.addEventListener("touchstart", function (event) {
    var graph = event.target instanceof Element ? event.target.closest(MAPS) : null;
    if (graph && event.touches.length === 1 && subplotOf(graph) && scaleOf(graph) <= 1) { event.stopPropagation(); }
  }, { capture: true, passive: true });

  function inView(graph) {
    var subplot = subplotOf(graph);
    if (!subplot || !subplot.bounds) { return null; }
    var high = subplot.projection.invert(subplot.bounds[0]), low = subplot.projection.invert(subplot.bounds[1]);
    if (!high || !low) { return null; }
    return [high[0], low[1], low[0], high[1]].map(function (degrees) { return Math.round(degrees * 1e5) / 1e5; });
  }

  function differs(one, other) {
    var size = Math.max(one[2] - one[0], 1e-6);
    return one.some(function (degrees, i) { return Math.abs(degrees - other[i]) > size * 0.02; });
  }

  var asked = 0;

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    map: {
      prepare: function (figure) {
        if (figure && figure.layout && figure.layout.geo) { setTimeout(function () { prepareAll(50); }, 0); }
        return window.dash_clientside.no_update;
      },

      /** West, south, east, north of what a reader looks at, when it is not what the cells were counted for. */
      view: function (_moved, figure, id) {
        var drawn = figure && figure.layout && figure.layout.meta && figure.layout.meta.view;
        if (!drawn) { return window.dash_clientside.no_update; }
        asked += 1;
        var mine = asked;
        return new Promise(function (answer) {
          setTimeout(function () {
            var holder = document.getElementById(JSON.stringify(id, Object.keys(id).sort()));
            var now = mine === asked && holder ? inView(holder.querySelector(".js-plotly-plot")) : null;
            answer(now && differs(now, drawn) ? now : window.dash_clientside.no_update);
          }, 250);
        });
      }
    }
  });
})();
