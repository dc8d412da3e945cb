using System.Globalization;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Quantization;

/// <summary>How inputs are scaled before weights are rounded.</summary>
public enum ScalingKind
{
    /// <summary>not at all</summary>
    None,

    /// <summary>as SmoothQuant does</summary>
    SmoothQuant,

    /// <summary>as AWQ does</summary>
    Awq,
}

/// <summary>How a model is quantized: the options of the change <c>quantize</c>, and what <c>--scheme</c> takes.</summary>
public sealed record Scheme
{
    const string Row = "row";

    static readonly string[] grids = ["asymmetric", "symmetric", "minmax", "q8_0", "q4_0"];

    static readonly string[] roundings = ["gptq", "nearest", "boa", "learned"];

    static readonly string[] scalings = ["none", "smoothquant", "awq"];

    /// <summary>The words of the options, for help.</summary>
    public static string InWords =>
        $"bits=2 to 8, group=row or a number, rounding={string.Join('|', roundings)}, grid={string.Join('|', grids)}, "
            + $"scaling={string.Join('|', scalings)}, range=full|searched, order=columns|activity, refresh=layer|steps, embeddings=2 to 8 "
            + "or none, others=2 to 8, budget=a share of the bytes, tokens, damping";

    /// <summary>the grid of the layers' matrices</summary>
    public Grid Grid { get; init; } = new(GridKind.Asymmetric, 4, 32);

    /// <summary>the name of the rounding</summary>
    public string Rounding { get; init; } = "gptq";

    /// <summary>how inputs are scaled first</summary>
    public ScalingKind Scaling { get; init; }

    /// <summary>whether columns go by the size of their inputs</summary>
    public bool ByActivity { get; init; }

    /// <summary>whether moments are taken anew after each of the four steps of a layer, rather than once for the layer</summary>
    public bool BySteps { get; init; }

    /// <summary>bits of word embeddings and of the matrix that gives scores to words; 0 to leave them as they are</summary>
    public int Embeddings { get; init; } = 8;

    /// <summary>
    /// bits of the parts that do not stay: then nothing is cut, and the parts that stay have the bits of the grid; 0 where parts are
    /// treated alike
    /// </summary>
    public int Others { get; init; }

    /// <summary>
    /// the share of the full model's bytes that may be used: each matrix then has bits by what it costs to round it; 0 for the same bits
    /// everywhere
    /// </summary>
    public double Budget { get; init; }

    /// <summary>most tokens of the texts that moments are taken on</summary>
    public int Tokens { get; init; } = 8192;

    /// <summary>share of the mean diagonal that is added to moments</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>Reads the options.</summary>
    /// <exception cref="ArgumentException">one is unknown, out of range, or says nothing next to another</exception>
    public static Scheme Read(TenantSpec options)
    {
        Scheme usual = new();
        string bits = options.Text("bits", ""), group = options.Text("group", "");
        GridKind kind = Kind(options.Choice("grid", grids));
        Scheme scheme = usual with
        {
            Rounding = options.Choice("rounding", roundings),
            Scaling = Enum.Parse<ScalingKind>(options.Choice("scaling", scalings), ignoreCase: true),
            ByActivity = options.Choice("order", "columns", "activity") == "activity",
            BySteps = options.Choice("refresh", "layer", "steps") == "steps",
            Embeddings = Bits(options, "embeddings", options.Text("embeddings", "8"), "none"),
            Others = Bits(options, "others", options.Text("others", "none"), "none"),
            Budget = options.Number("budget", 0.0, 0, 1),
            Tokens = options.Number("tokens", usual.Tokens, 1, 1 << 24),
            Damping = options.Number("damping", usual.Damping, 0, 1),
        };
        bool searched = options.Choice("range", "full", "searched") == "searched";
        options.RefuseUnread();
        if (kind is GridKind.Q8_0 or GridKind.Q4_0)
        {
            if (bits != "" || group != "" || scheme.Others != 0 || scheme.Budget != 0)
                throw new ArgumentException($"{options.Name}: grid={options.Values["grid"]} says bits and groups itself. Leave out bits, "
                    + "group, others and budget.");
            return scheme with { Grid = new(kind, kind == GridKind.Q8_0 ? 8 : 4, 32) { Searched = searched } };
        }
        int size = group switch
        {
            "" => usual.Grid.Group,
            Row => 0,
            _ when int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is >= 8 and <= 4096 => n,
            _ => throw new ArgumentException($"{options.Name}: 'group' takes {Row} or a whole number from 8 to 4096, not '{group}'."),
        };
        if (scheme.Budget > 0 && bits != "")
            throw new ArgumentException($"{options.Name}: with a budget each matrix has bits of its own. Leave out bits.");
        if (scheme.Budget > 0 && scheme.Others > 0)
            throw new ArgumentException($"{options.Name}: bits go by the budget or by the subnetwork. Leave out budget or others.");
        int own = Bits(options, "bits", bits == "" ? "4" : bits, null);
        if (scheme.Others > own)
            throw new ArgumentException($"{options.Name}: others={scheme.Others} is more than bits={own}, those of the parts that stay.");
        return scheme with { Grid = new(kind, own, size) { Searched = searched } };
    }

    /// <summary>The same with every weight at its nearest value, without scaling: what the others are compared with.</summary>
    public Scheme AsNearest => this with { Rounding = "nearest", Scaling = ScalingKind.None, ByActivity = false, BySteps = false };

    /// <summary>Whether texts choose anything.</summary>
    public bool IsCalibrated => Rounding != "nearest" || Scaling != ScalingKind.None || Budget > 0;

    /// <summary>The grid of word embeddings; null where they stay as they are.</summary>
    public Grid? OfWords => Grid.Kind is GridKind.Q8_0 or GridKind.Q4_0 ? new(GridKind.Q8_0, 8, 32)
        : Embeddings == 0 ? null : Grid with { Bits = Embeddings };

    /// <summary>The rounding itself.</summary>
    internal IRounding MakeRounding() => Rounding switch
    {
        "nearest" => new NearestRounding(),
        "learned" => new LearnedRounding(new(Damping: Damping)),
        // in a file groups are neighbours, so that columns in another order have grids that are fitted before
        _ => new GptqRounding(Rounding, Rounding == "boa", new(Damping, ByActivity: ByActivity, Fixed: ByActivity)),
    };

    /// <summary>The scheme in a few words: "4 bits per 32, gptq".</summary>
    public string Words
    {
        get
        {
            string bits = Budget > 0 ? string.Create(CultureInfo.InvariantCulture, $"budget {Budget:0.###}")
                : Others > 0 ? $"{Grid.Bits} and {Others} bits" : $"{Grid.Bits} bits";
            string grid = Grid.Kind switch
            {
                GridKind.Q8_0 or GridKind.Q4_0 => $"{Grid.Kind}",
                _ => $"{bits} per {(Grid.Group == 0 ? Row : Grid.Group)}{(Grid.Kind == GridKind.Asymmetric ? "" : $" {Word(Grid.Kind)}")}",
            };
            string more = (Scaling == ScalingKind.None ? "" : $", {Scaling.ToString().ToLowerInvariant()}")
                + (Grid.Searched ? ", range searched" : "") + (ByActivity ? ", by activity" : "") + (BySteps ? ", by steps" : "")
                + (Grid.Kind is GridKind.Q8_0 or GridKind.Q4_0 || Embeddings == 8 ? ""
                    : $", embeddings {(Embeddings == 0 ? "kept" : $"{Embeddings} bits")}");
            return $"{grid}, {Rounding}{more}";
        }
    }

    static string Word(GridKind kind) => kind == GridKind.MinMax ? "minmax" : kind.ToString().ToLowerInvariant();

    static GridKind Kind(string word) => word switch
    {
        "asymmetric" => GridKind.Asymmetric,
        "symmetric" => GridKind.Symmetric,
        "minmax" => GridKind.MinMax,
        "q8_0" => GridKind.Q8_0,
        _ => GridKind.Q4_0,
    };

    static int Bits(TenantSpec options, string key, string text, string? none)
    {
        if (text == none) return 0;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 2 and <= 8) return bits;
        throw new ArgumentException(
            $"{options.Name}: '{key}' takes a whole number from 2 to 8{(none is null ? "" : $" or {none}")}, not '{text}'.");
    }
}
