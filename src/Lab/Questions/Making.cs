using System.Globalization;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Questions;

/// <summary>What was studied, and how long it took.</summary>
/// <param name="Title">what was studied, for the page's headline</param>
/// <param name="Kind">what kind of run it is</param>
/// <param name="Model">the model's size; null of several runs, which may have several</param>
/// <param name="Seconds">how long the run took</param>
public sealed record MakingFacts(string Title, RunKind Kind, ModelFacts? Model, double Seconds);

/// <summary>The size of a model.</summary>
/// <param name="Family">for example "bert"</param>
/// <param name="Layers">number of layers</param>
/// <param name="HeadsPerLayer">heads of each layer</param>
/// <param name="Width">width of the residual stream</param>
/// <param name="Parameters">number of weights</param>
/// <param name="Labels">the labels' names</param>
public sealed record ModelFacts(string Family, int Layers, IReadOnlyList<int> HeadsPerLayer, int Width, long Parameters,
    IReadOnlyList<string> Labels);

/// <summary>How the result was made: asked last, drawn as the page's last section.</summary>
sealed class Making : IQuestion<MakingFacts>
{
    public string Name => "making";

    public int Version => 3;

    public MakingFacts? Ask(Subject subject)
    {
        IModel model = subject.Model;
        string title = subject.Settings.Title == "" ? subject.Loaded.Name : subject.Settings.Title;
        ModelFacts size = new(model.Family, model.Layers.Count, [.. model.Layers.Select(l => l.Heads)], model.Width, model.Weights
            .Count, model.Labels);
        return new(title, subject.Settings.Kind, subject.Settings.Kind == RunKind.Comparison ? null : size, subject.Folder.Seconds);
    }

    public IReadOnlyList<Figure> Draw(MakingFacts facts, Findings findings) => [];

    /// <summary>The page's section on how it was made: enough to make it again.</summary>
    internal static Markup Section(MakingFacts facts, Manifest m)
    {
        string seeds = string.Join(", ", m.Seeds.Select(s => s.ToString(CultureInfo.InvariantCulture)));
        (string Name, Markup Value)[] rows = [
            ("Command", $"<code class=\"command\">{m.Command}</code>"),
            ("Weights, SHA-256", $"<code class=\"hash\">{(m.ModelSha256 == "" ? "none before the run" : m.ModelSha256)}</code>"),
            .. seeds == "" ? ((string, Markup)[])[] : [("Seeds", $"{seeds}")],
            ("Version", $"Heartwood {m.Version}"),
            ("Machine", $"{m.Machine}"), ("Backend", $"{m.Backend}, {Wording.Count(m.Threads, "thread")}"),
            ("Precision", $"{Tensors.Backends.Machine.Explain(m.Backend) ?? "float32"}"), ("Started", $"{m.Started}"),
            ("Took", $"{Wording.Time(facts.Seconds)}"),
            .. facts.Model is { } model ? [("Model", $"{Size(model)}")] : ((string, Markup)[])[]];
        Table data = new("data", "data files, with rows and hashes", ["use", "source", "rows", "sha-256"],
            [.. m.Data.Select(d => (object?[])[d.Use, d.Source, d.Rows, d.Sha256])]);
        Table options = new("options", "every option", ["option", "value"], [.. m.Request.Select(r => (object?[])[r.Key, r.Value])]);
        return $"""
            <section class="making" id="making" aria-labelledby="making-h">
            <h2 id="making-h">How it was made</h2>
            <dl>{rows.Select<(string Name, Markup Value), Markup>(f => $"<div><dt>{f.Name}</dt><dd>{f.Value}</dd></div>")}</dl>
            {data.Html}
            {options.Html}
            <p class="note">Intervals are 95&nbsp;% and over examples: Wilson's for accuracies. They say how well one model was measured,
            not how much another seed would differ; that is what the marks of several seeds show. Tables give shares as fractions from 0 to
            1, in full precision when downloaded.</p>
            </section>

            """;
    }

    /// <summary>"bert, 4 layers of 8 heads, width 128, 573,186 weights".</summary>
    internal static string Size(ModelFacts m)
    {
        bool even = m.HeadsPerLayer.Distinct().Count() <= 1;
        string heads = even ? Wording.Count(m.HeadsPerLayer.FirstOrDefault(), "head")
            : $"{m.HeadsPerLayer.Min()} to {m.HeadsPerLayer.Max()} heads";
        string labels = m.Labels.Count > 0 ? $"labels {Wording.List(m.Labels)}" : "a language model";
        return $"{m.Family}, {Wording.Count(m.Layers, "layer")} of {heads}, width {Wording.Count(m.Width)}, {Wording.Count(m.Parameters)} "
            + $"weights; {labels}";
    }
}
