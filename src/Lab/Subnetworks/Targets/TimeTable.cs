using System.Text.Json;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks.Targets;

/// <summary>
/// How long a pass of a model takes on one machine with fewer heads and neurons: a layer's time is taken to be what it takes with none,
/// and of each of the two something once and something for each. A file, so that the same table and seed give the same bits.
/// </summary>
/// <param name="Family">the model's family</param>
/// <param name="Width">width of its residual stream</param>
/// <param name="HeadWidth">width of its heads</param>
/// <param name="Layers">its layers</param>
/// <param name="Heads">heads of its middle layer, which was run</param>
/// <param name="Neurons">neurons of that layer</param>
/// <param name="Machine">where it was measured: system, backend, threads</param>
/// <param name="TokensPerExample">mean length of the examples that were run, in tokens</param>
/// <param name="Thousands">tokens of the pass that was run, in thousands</param>
/// <param name="Outside">seconds of that pass before and after the layers</param>
/// <param name="Inner">seconds of a layer that computes every token</param>
/// <param name="Last">seconds of the last layer, which computes no more than the tokens that are read</param>
public sealed record TimeTable(
    string Family, int Width, int HeadWidth, int Layers, int Heads, int Neurons, string Machine, double TokensPerExample,
    double Thousands, double Outside, LayerTime Inner, LayerTime Last)
{
    /// <summary>The name of its file in a run.</summary>
    public const string FileName = "time-table.json";

    /// <summary>Reads a table that is to serve a model.</summary>
    /// <exception cref="InvalidDataException">it is no table, or one of another model's shape</exception>
    public static TimeTable Read(string path, IModel model)
    {
        TimeTable? table = null;
        string next = $"A run of heartwood find --target time=SHARE without --time-table measures one and keeps it as RUN/{FileName}.";
        try
        {
            table = JsonSerializer.Deserialize<TimeTable>(File.ReadAllBytes(path), JsonWriting.Published);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is no table of times: {e.Message} {next}");
        }
        if (table is null) throw new InvalidDataException($"{path} is no table of times: it is empty. {next}");
        IEnumerable<double> seconds = [table.Outside, .. table.Inner.All, .. table.Last.All];
        if (seconds.Any(s => !double.IsFinite(s) || s < 0) || table.Thousands is not (> 0 and < double.PositiveInfinity))
            throw new InvalidDataException($"{path}: a table of times has seconds of at least 0, and one of them is not. {next}");
        LayerShape middle = model.Layers[model.Layers.Count / 2];
        (string, object, object)[] same =
        [
            ("family", table.Family, model.Family), ("width", table.Width, model.Width), ("head width", table.HeadWidth, model.HeadWidth),
            ("layers", table.Layers, model.Layers.Count), ("heads", table.Heads, middle.Heads), ("neurons", table.Neurons, middle.Neurons),
        ];
        foreach (var (what, has, wants) in same)
            if (!has.Equals(wants))
                throw new InvalidDataException($"{path} is the table of another model: its {what} {has}, the model's {wants}. {next}");
        return table;
    }

    /// <summary>The table as its file has it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonWriting.Published);

    /// <summary>Seconds per 1,000 tokens of a pass of a cut model.</summary>
    public double SecondsPer1000Tokens(CutSize size)
    {
        double layers = size.Layers.SkipLast(1).Sum(layer => Inner.Seconds(layer.Heads, layer.Neurons));
        if (size.Layers.Count > 0) layers += Last.Seconds(size.Layers[^1].Heads, size.Layers[^1].Neurons);
        return (Outside + layers) / Thousands;
    }
}

/// <summary>Seconds of a layer in a pass.</summary>
/// <param name="None">with neither heads nor neurons</param>
/// <param name="AnyHead">added where there is a head at all</param>
/// <param name="EachHead">added by each head</param>
/// <param name="AnyNeuron">added where there is a neuron at all</param>
/// <param name="EachNeuron">added by each neuron</param>
public sealed record LayerTime(double None, double AnyHead, double EachHead, double AnyNeuron, double EachNeuron)
{
    /// <summary>A layer's time from that with all, half and none of its heads and neurons.</summary>
    internal static LayerTime Fitted(double none, (int Count, double Half, double All) heads, (int Count, double Half, double All) neurons)
    {
        var (anyHead, eachHead) = Line(heads.Count, heads.Half - none, heads.All - none);
        var (anyNeuron, eachNeuron) = Line(neurons.Count, neurons.Half - none, neurons.All - none);
        return new(none, anyHead, eachHead, anyNeuron, eachNeuron);
    }

    // the line through half and all, which neither falls nor begins below 0
    static (double Any, double Each) Line(int count, double half, double all)
    {
        if (count == 0) return (0, 0);
        double most = Math.Max(0, all), each = count / 2 == 0 ? most / count : Math.Max(0, all - half) / (count - count / 2);
        each = Math.Min(each, most / count);
        return (most - count * each, each);
    }

    /// <summary>Seconds with so many heads and neurons.</summary>
    public double Seconds(int heads, int neurons) =>
        None + (heads > 0 ? AnyHead + heads * EachHead : 0) + (neurons > 0 ? AnyNeuron + neurons * EachNeuron : 0);

    internal IEnumerable<double> All => [None, AnyHead, EachHead, AnyNeuron, EachNeuron];
}
