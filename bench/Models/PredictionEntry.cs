using System.Globalization;
using System.Text.Json;
using Heartwood.Bench.Harness;

namespace Heartwood.Bench.Models;

/// <summary>What <c>heartwood inspect</c> says a search will take, beside what <c>heartwood find</c> takes.</summary>
static class PredictionEntry
{
    const int Rows = 128, Steps = 12, Seeds = 2;

    /// <summary>Time and memory of a short search in BERT-base. Its time is what the run itself notes: from where everything is read and checked to the last subnetwork.</summary>
    public static Entry Prediction { get; } = new("prediction", "inspect's prediction of a search's time and memory, over what the search takes", () =>
    {
        Dictionary<int, (JsonElement Predicted, double Seconds, double Bytes)> searches = [];
        return
        [
            Of("time", (p, seconds, _) => p.GetProperty("seconds").GetDouble() / seconds),
            Of("memory", (p, _, bytes) => p.GetProperty("bytes").GetDouble() / bytes),
        ];

        Case Of(string what, Func<JsonElement, double, double, double> share) => Case.Figured($"{what} of {Seeds} searches of {Steps} steps, BERT-base, 32 of {Rows} pairs of MNLI's lengths a step", threads =>
        {
            if (!searches.TryGetValue(threads, out var s)) searches[threads] = s = Search(threads);
            return new(share(s.Predicted, s.Seconds, s.Bytes), "of what it took", FormattableString.Invariant($"it took {s.Seconds:0.0} s and {s.Bytes / 1e9:0.00} GB at the most"));
        }) with
        { Target = new("0.70 to 1.30", r => r.Ours is >= 0.7 and <= 1.3) };
    });

    static (JsonElement, double, double) Search(int threads)
    {
        string folder = Directory.CreateTempSubdirectory("heartwood-bench").FullName, data = Path.Combine(folder, "pairs.tsv"), model = Synthetic.Folder("base");
        try
        {
            File.WriteAllLines(data, ["first\tsecond\tlabel", .. Pairs.Lengths(Rows).Select(Line)]);
            string source = $"{data},text=first,pair=second,label=label";
            string[] shared = ["--seeds", $"1-{Seeds}", "--method", $"structured-pruning,steps={Steps}", "--threads", threads.ToString(CultureInfo.InvariantCulture)];
            string said = Programs.Run("dotnet", [Programs.Heartwood, "inspect", model, "--data", source, .. shared, "--json"]).Output;
            string run = Path.Combine(folder, "run");
            long bytes = Programs.Watched("dotnet", [Programs.Heartwood, "find", "--model", model, "--data", source, "--in-domain", source, .. shared, "--out", run]);
            return (JsonDocument.Parse(said).RootElement.GetProperty("search").Clone(), double.Parse(File.ReadAllText(Path.Combine(run, "seconds")), CultureInfo.InvariantCulture), bytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // a pair of so many tokens, of them three special
    static string Line(int length, int row)
    {
        int words = length - 3, first = (words + 1) / 2;
        string Sentence(int count, int from) => string.Join(' ', Enumerable.Range(from, count).Select(w => $"word{(row * 131 + w) % 30_000}"));
        return $"{Sentence(first, 0)}\t{Sentence(Math.Max(1, words - first), first)}\t{new[] { "entailment", "neutral", "contradiction" }[row % 3]}";
    }
}
