using System.Globalization;
using Heartwood.Lab.Charts;

namespace Heartwood.Lab.Reports.Sections;

/// <summary>How the result was made: enough to make it again.</summary>
internal static class Making
{
    /// <summary>The section.</summary>
    public static Markup Draw(RunResult result)
    {
        var m = result.Manifest;
        (string Name, Markup Value)[] facts = [
            ("Command", $"<code class=\"command\">{m.Command}</code>"), ("Seeds", $"{string.Join(", ", m.Seeds.Select(s => s.ToString(CultureInfo.InvariantCulture)))}"),
            ("Version", $"Heartwood {m.Version}"), ("Machine", $"{m.Machine}"), ("Backend", $"{m.Backend}, {Wording.Count(m.Threads, "thread")}"), ("Precision", $"{Tensors.Backends.Machine.Explain(m.Backend) ?? "float32"}"),
            ("Started", $"{m.Started}"), ("Took", $"{Wording.Time(result.Seconds)}"), ("Model", $"{Size(result.Model)}"), ("Weights, SHA-256", $"<code class=\"hash\">{m.ModelSha256}</code>")];
        return $"""
            <section class="making" id="making" aria-labelledby="making-h">
            <h2 id="making-h">How it was made</h2>
            <dl>{facts.Select<(string Name, Markup Value), Markup>(f => $"<div><dt>{f.Name}</dt><dd>{f.Value}</dd></div>")}</dl>
            {new Table("data", "data files, with rows and hashes", ["use", "source", "rows", "sha-256"], [.. m.Data.Select(d => (object?[])[d.Use, d.Source, d.Rows, d.Sha256])]).Html}
            {new Table("options", "every option", ["option", "value"], [.. m.Request.Select(r => (object?[])[r.Key, r.Value])]).Html}
            <p class="note">Intervals are 95&nbsp;% and over examples: Wilson's for accuracies. They say how well one model was measured,
            not how much another seed would differ; that is what the marks of several seeds show. Tables give shares as fractions from 0 to 1, in full precision when downloaded.</p>
            </section>

            """;
    }

    /// <summary>"bert, 4 layers of 8 heads, width 128, 573,186 weights".</summary>
    public static string Size(ModelFacts m)
    {
        bool even = m.HeadsPerLayer.Distinct().Count() <= 1;
        string heads = even ? Wording.Count(m.HeadsPerLayer.FirstOrDefault(), "head") : $"{m.HeadsPerLayer.Min()} to {m.HeadsPerLayer.Max()} heads";
        return $"{m.Family}, {Wording.Count(m.Layers, "layer")} of {heads}, width {Wording.Count(m.Width)}, {Wording.Count(m.Parameters)} weights; {(m.Labels.Count > 0 ? $"labels {Wording.List(m.Labels)}" : "a language model")}";
    }
}
