using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Tasks.Worlds;

namespace Heartwood.Lab.Tasks;

/// <summary>Rows with where they came from: a data file as <see cref="DataSpec"/> names it, or a part of the made-up language.</summary>
/// <param name="Name">the specification that they were read by</param>
/// <param name="Rows">the rows</param>
/// <param name="Sha256">hash of the file, or of the generated rows</param>
/// <param name="RefuseChanged">fails if the file is no longer what was read</param>
public sealed record DataSource(string Name, IReadOnlyList<Row> Rows, string Sha256, Action RefuseChanged)
{
    /// <summary>What the rows ask.</summary>
    public IProblem Problem { get; init; } = Classification.Instance;

    /// <summary>See <see cref="Table.Notes"/>.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The labels of the whole file, renamed, whichever rows were asked for.</summary>
    public IReadOnlyList<string> Labels { get => field ?? [.. Rows.Select(r => r.Label).Where(l => l != "").Distinct()]; init; }

    /// <summary>How many rows of the file have a label, whichever were asked for; 0 where there is no file.</summary>
    public int LabelledRows { get; init; }

    /// <summary>The name of the set that it is, where it is measured on.</summary>
    public string SetName { get => field ?? SetNames.Usual(Name); init; }

    /// <summary>The word that names the file, to which keys can be added; null where there is no file.</summary>
    public string? Spec { get; init; }

    /// <summary>The name of the labels' column; "" where there is none.</summary>
    public string LabelColumn { get; init; } = "";

    /// <summary>See <see cref="Table.ReadOnce"/>.</summary>
    public bool ReadOnce { get; init; }

    /// <summary>Whether rows may have no label: "" then, and nothing that a model says of them is right or wrong.</summary>
    public bool MayLackLabels { get; init; }

    const string World = "world:";
    const ulong MostRows = 10_000_000;

    /// <summary>Where the forms of data are explained, to end an option's help.</summary>
    public const string MoreHelp = "How files are named: heartwood help data.";

    /// <summary>The made-up language's parts, for an option's help.</summary>
    public const string WorldShort = "world:training and the like";

    /// <summary>How the made-up language's parts are named on the command line.</summary>
    public const string WorldHelp = "world:training or world:in-domain (with ,rows=N,seed=N), "
        + "world:out-of-domain or world:unseen (with ,per-case=N,seed=N)";

    /// <summary>Reads one source.</summary>
    /// <param name="spec">FILE[,key=value…] or world:PART[,key=value…], where it is to have a name after NAME=</param>
    /// <exception cref="FormatException">the specification is not understood</exception>
    /// <exception cref="TableException">the file cannot be read, or anything is wrong with it</exception>
    public static DataSource Read(string spec) => Read(spec, RowReading.Usual);

    /// <summary>The same, read in another way.</summary>
    /// <param name="spec">see above</param>
    /// <param name="reading">what becomes of labels, and what a text file is</param>
    /// <inheritdoc cref="Read(string)"/>
    public static DataSource Read(string spec, RowReading reading)
    {
        (string? name, string data) = SetNames.Part(spec);
        DataSource read = ReadData(data, reading) with { MayLackLabels = reading.Labels != LabelUse.Needed };
        return name is null ? read : read with { SetName = name };
    }

    static DataSource ReadData(string spec, RowReading reading)
    {
        if (spec.StartsWith(World, StringComparison.Ordinal))
        {
            DataSource made = Generate(spec);
            return reading.Labels != LabelUse.Ignored ? made : made with { Rows = [.. made.Rows.Select(row => row with { Label = "" })] };
        }
        Table table = Table.Read(DataSpec.Parse(spec), null, reading);
        return new(spec, table.Rows, table.Sha256, table.RefuseChanged)
        {
            Problem = table.Problem,
            Notes = table.Notes,
            Labels = table.Labels,
            LabelledRows = table.LabelledRows,
            LabelColumn = table.LabelColumn,
            Spec = spec,
            ReadOnce = table.ReadOnce,
        };
    }

    /// <summary>What several sources ask together; labels where there is none.</summary>
    /// <exception cref="InvalidDataException">they ask for different things</exception>
    public static IProblem ProblemOf(IReadOnlyList<DataSource> sources)
    {
        if (sources.Count == 0) return Classification.Instance;
        if (sources.FirstOrDefault(s => s.Problem.GetType() != sources[0].Problem.GetType()) is { } other)
            throw new InvalidDataException($"{other.Name} is {other.Problem.Words.Name}, {sources[0].Name} is "
                + $"{sources[0].Problem.Words.Name}. Give data of one task for each use (--data, --in-domain, --out-of-domain, "
                + "--unseen); different uses may have different tasks."
                + (sources.All(s => s.Problem is Classification or Regression)
                    ? " What the numbers in a file are can be said: task=scores or task=labels after its name." : ""));
        return sources[0].Problem;
    }

    /// <summary>Reads several sources one after another as one.</summary>
    public static IReadOnlyList<DataSource> ReadAll(IEnumerable<string> specs) => [.. specs.Select(Read)];

    /// <summary>
    /// Parts data into what is learned on and what is measured on: at most <paramref name="most"/> rows,
    /// and at most a fifth, spread evenly over all.
    /// </summary>
    /// <returns>the sources without the rows that are held out, and these rows as sources of their own; of no rows, there is no such
    /// source</returns>
    public static (IReadOnlyList<DataSource> Left, IReadOnlyList<DataSource> HeldOut) HoldOut(IReadOnlyList<DataSource> sources, int most)
    {
        int total = sources.Sum(s => s.Rows.Count), count = Math.Min(most, total / 5), before = 0;
        HashSet<int> held = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * total / count))];
        List<DataSource> left = [], heldOut = [];
        foreach (DataSource source in sources)
        {
            ILookup<bool, Row> parted = source.Rows.Select((row, i) => (Row: row, Held: held.Contains(before + i)))
                .ToLookup(r => r.Held, r => r.Row);
            before += source.Rows.Count;
            left.Add(source with { Rows = [.. parted[false]] });
            if (!parted[true].Any()) continue;
            heldOut.Add(source with
            {
                Name = $"held out of {source.Name}",
                SetName = $"held out of {source.SetName}",
                Rows = [.. parted[true]],
            });
        }
        return (left, heldOut);
    }

    static DataSource Generate(string spec)
    {
        string[] words = spec[World.Length..].Split(',');
        string amount = words[0] is "training" or "in-domain" ? "rows" : "per-case";
        Dictionary<string, ulong> options = [];
        foreach (string word in words[1..])
        {
            if (word.Split('=') is not [var key, var value] || (key != amount && key != "seed")
                || !ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                || (key == amount && number is 0 or > MostRows) || !options.TryAdd(key, number))
                throw new FormatException($"'{word}' in '{spec}' is not understood. Write {WorldHelp}.");
        }
        ulong seed = options.GetValueOrDefault("seed", 1UL);
        int Amount(int standard) => (int)options.GetValueOrDefault(amount, (ulong)standard);
        HashSet<string> seen = [.. MadeUpLanguage.Cases.Where(c => c is { Entailed: false, Seen: true }).Select(c => c.Construction)];
        IReadOnlyList<Row> made = words[0] switch
        {
            "training" => MadeUpLanguage.Training(Amount(100_000), seed),
            "in-domain" => MadeUpLanguage.InDomain(Amount(2000), seed),
            "out-of-domain" => [.. MadeUpLanguage.OutOfDomain(Amount(60), seed).Where(r => seen.Contains(r.Group))],
            "unseen" => [.. MadeUpLanguage.OutOfDomain(Amount(60), seed).Where(r => !seen.Contains(r.Group))],
            var other => throw new FormatException($"The made-up language has no part '{other}'. Write {WorldHelp}."),
        };
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(made.Select(r => $"{r.Text}\t{r.Pair}\t{r.Label}\t{r.Case}\n")));
        return new(spec, made, Convert.ToHexStringLower(SHA256.HashData(text)), () => { });
    }
}
