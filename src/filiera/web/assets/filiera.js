// What the pages compute in the browser: how charts write numbers, and times in the reader's own zone.
(function () {
  "use strict";
  var STALE_AFTER_HOURS = 26;
  var whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  var compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

  var charts = (window.dashMantineFunctions = window.dashMantineFunctions || {});

  charts.pieces = function (value) {
    return whole.format(value);
  };
  charts.short = function (value) {
    return compact.format(value);
  };
  charts.percent = function (value) {
    return value === null || value === undefined ? "–" : (value * 100).toFixed(2) + " %";
  };
  charts.wholePercent = function (value) {
    return Math.round(value * 100) + " %";
  };
  // A chart's axis has room for "3 Mar"; what is pointed at is told in full.
  charts.fullStep = function (label, payload) {
    return payload && payload.length ? payload[0].payload.told : label;
  };

  function ago(minutes) {
    if (minutes < 1) return "just now";
    if (minutes < 60) return minutes + " min ago";
    var hours = Math.round(minutes / 60);
    if (hours < 48) return hours + (hours === 1 ? " hour ago" : " hours ago");
    return Math.round(hours / 24) + " days ago";
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.filiera = {
    freshness: function (publication) {
      if (!publication) return ["", "freshness", ""];
      var at = new Date(publication.published_at);
      var day = new Date(publication.logical_date + "T00:00:00");
      var minutes = Math.max(0, Math.floor((Date.now() - at.getTime()) / 60000));
      var date = { day: "numeric", month: "short", year: "numeric" };
      var stale = minutes > STALE_AFTER_HOURS * 60;
      return [
        "Refreshed " + ago(minutes) + " · run of " + day.toLocaleDateString("en-GB", date),
        stale ? "freshness freshness-stale" : "freshness",
        "Refreshed " +
          at.toLocaleString("en-GB", Object.assign({ hour: "2-digit", minute: "2-digit" }, date)) +
          " by run " +
          publication.run_id,
      ];
    },
    title: function (path, titles) {
      document.title = (titles[path] ? titles[path] + " · " : "") + "filiera";
      return path;
    },
  };
})();
