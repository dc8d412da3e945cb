namespace Heartwood.App.Commands;

static class ReportVerb { public static Verb Create() => new("report", "Draws a run's report again.", "report runs/demo") { Run = (_, s) => s.Result(() => "{}", () => "ok") }; }
