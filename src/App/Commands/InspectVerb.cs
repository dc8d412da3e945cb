using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;

namespace Heartwood.App.Commands;

/// <summary><c>heartwood inspect MODEL</c>: what a model folder holds, and what a search of it would take.</summary>
static class InspectVerb
{
    static readonly Argument<string?> model =
        new("MODEL") { Description = "The model's folder; without it the embedded one.", Arity = ArgumentArity.ZeroOrOne };
    static readonly Option<string[]> data = RunSupport.Several("--data",
        "Data that masks would be learned on; the estimate takes the length of its examples: "
            + $"FILE[,key=value…], several in a row, or {DataSource.WorldShort}. {DataSource.MoreHelp}", "DATA");
    static readonly Option<int> length =
        SharedOptions.Number("--length", "Length of an example in tokens, for the estimate; --data measures it.", 64, 1);

    /// <summary>The verb.</summary>
    public static Verb Create() => new("inspect",
        "Shows a model folder's family, parts, weights, how many are whose, and head (or that it is a body without one), what a sparsity "
        + "of 0.1 to 0.9 means in weights, bytes and time, and the time and memory that a search of its subnetworks would take here.",
        "inspect models/mnli --data mnli/train.tsv", "inspect models/mnli --parts heads,neurons")
    {
        Arguments = { model },
        Options =
        {
            data, length, StudyOptions.Parts, StudyOptions.Seeds, StudyOptions.Methods, StudyOptions.MaxLength, StudyOptions.Precision,
        },
        Computes = true,
        Run = (parsed, session) =>
        {
            StudyOptions.CheckSeeds(parsed, session.World.Say);
            RefuseIdle(parsed);
            RunSupport.UseThreads(parsed);
            StudyRequest request = StudyOptions.With(parsed, new(NamedData.Listed(parsed.GetValue(data))) { Tenants = session.Tenants });
            Inspection seen = Inspection.Inspect(parsed.GetValue(model), request, parsed.GetValue(length));
            if (seen.Search is null)
                RunSupport.RefuseIdle(parsed, $"of {seen.Name}, in which nothing is searched: it has {seen.Head}", StudyOptions.Seeds,
                    StudyOptions.Methods, length);
            session.Result(() => JsonSerializer.Serialize(seen, JsonWriting.Published), () => $"""
                {seen.Name}: {seen.Family}, {seen.Parameters:N0} weights, SHA-256 {seen.Sha256[..16]}…
                {SizesOf(seen)}
                {HeadOf(seen)}
                {LayersOf(seen)}
                {seen.Heads} heads and {seen.Mlps} MLPs: {seen.Heads + seen.Mlps} parts
                {KindsOf(seen)}
                {ForecastOf(seen)}{SmallestOf(seen)}
                {SearchOf(seen)}
                bf16: {Bf16Here()}
                backends: {string.Join(", ", seen.Backends)}; in use: {seen.BackendInUse}{NotesOf(seen)}
                """);
        },
    };

    static void RefuseIdle(ParseResult parsed)
    {
        if (parsed.GetValue(data)!.Length > 0) RunSupport.RefuseIdle(parsed, "with --data, which is measured", length);
        else RunSupport.RefuseIdle(parsed, "without --data: an example has --length tokens", StudyOptions.MaxLength);
    }

    static string SizesOf(Inspection seen) =>
        $"{seen.Layers.Count} layers, width {seen.Width}, heads of {seen.HeadWidth}; "
        + $"{seen.Vocabulary:N0} word pieces{seen.Spare}, at most {seen.MostPositions} tokens";

    static string LayersOf(Inspection seen) => string.Join("\n", seen.Layers.Select((layer, i) =>
    {
        string shared = layer.KeyValueHeads < layer.Heads ? $" over {layer.KeyValueHeads} key and value heads" : "";
        string neurons = layer.Neurons > 0 ? $"L{i}.MLP of {layer.Neurons:N0} neurons" : "no MLP";
        string heads = layer.Heads > 0 ? $"heads L{i}.H0 to L{i}.H{layer.Heads - 1}" : "no heads";
        return $"  L{i}: {heads}{shared}, {neurons}";
    }));

    static string KindsOf(Inspection seen)
    {
        IEnumerable<string> each = seen.Kinds.Select(kind => $"{kind.Counted} {kind.Weights:N0}");
        return $"weights: {string.Join(", ", each)}, outside of all layers {seen.OutsideLayers:N0}";
    }

    // a row for each sparsity: of the parts in play, then the share of the weights that is left where one kind alone is in play
    static string ForecastOf(Inspection seen)
    {
        SizeForecast inPlay = seen.Sizes[0];
        SizeForecast[] alone = [.. seen.Sizes.Skip(1)];
        bool timed = inPlay.SecondsPer1000Tokens is not null;
        List<string[]> rows =
        [
            ["sparsity", "parts", "weights", "least to most", "file", .. timed ? (string[])["1,000 tokens"] : [],
                .. alone.Select(kind => $"only {kind.Kinds[0]}")],
            ["none", $"{inPlay.Parts:N0}", "100 %", "", Words.Bytes(seen.Bytes), .. Time(inPlay.SecondsPer1000Tokens),
                .. alone.Select(_ => "100 %")],
            .. inPlay.Sizes.Select(size => (string[])[string.Create(CultureInfo.InvariantCulture, $"{size.Sparsity:0.0}"),
                $"{size.Parts:N0}", Share(size.Weights), $"{Share(size.Fewest)[..^2]} to {Share(size.Most)}", Words.Bytes(size.Bytes),
                .. Time(size.SecondsPer1000Tokens),
                .. alone.Select(kind => kind.Sizes.FirstOrDefault(s => s.Sparsity == size.Sparsity) is { } at ? Share(at.Weights) : "-")]),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        string table = string.Join("\n", rows.Select(row => "  " + string.Join("  ", row.Select((cell, i) => cell.PadLeft(widths[i])))));
        string kinds = string.Join(" and ", inPlay.Kinds);
        string each = inPlay.Kinds.Count > 1 ? "as many of each kind ablated" : "any of them ablated";
        return $"What is left at a sparsity of {kinds}, {each} (least to most: the heaviest, the lightest), of all weights:\n{table}";

        string Share(long weights) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * weights / seen.Parameters:0.0} %");

        static string[] Time(double? seconds) =>
            seconds is { } known ? [string.Create(CultureInfo.InvariantCulture, $"{1000 * known:0.00} ms")] : [];
    }

    static string SmallestOf(Inspection seen) => seen.Smallest.Count == 0 ? ""
        : $"\nThe smallest that --target reaches with these parts: {string.Join(", ", seen.Smallest.Select(Rounded))}";

    // upwards, so that what is said can be asked for
    static string Rounded(Target smallest) => (smallest with { Value = Math.Ceiling(smallest.Value * 1000) / 1000 }).ToString();

    static string Bf16Here() => Tensors.Backends.Machine.WhyBf16IsSlow is { } why
        ? $"not faster than float32 here: {why}"
        : "by the processor's dot product, faster than float32 (--precision bf16)";

    static string NotesOf(Inspection seen) => string.Concat(seen.Notes.Select(note => $"\n{note}"));

    static string HeadOf(Inspection seen) => seen.Search is null ? $"a body: {seen.Head}"
        : seen.Labels.Count == 1 ? "gives one number, a score (heartwood evaluate)"
        : seen.Labels.Count > 0 ? $"labels: {string.Join(", ", seen.Labels)}"
        : !seen.Causal ? "an encoder that guesses masked words (heartwood evaluate)"
        : "a language model: it tells which token comes next (heartwood generate)";

    static string SearchOf(Inspection seen) => seen.Search is { } search
        ? $"A search of its subnetworks ({string.Join("; ", seen.Searches)}, of {seen.TokensPerExample:0} tokens): "
            + $"about {Words.Duration(search.Seconds)}, {Words.Bytes(search.Bytes)} of memory on this machine"
        : $"It can be fine-tuned on your labels, and searched then: heartwood train --from {seen.Name} --data FILE --out RUN";
}
