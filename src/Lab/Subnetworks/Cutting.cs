using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// Cutting: the model that a subnetwork is. What an absent part leaves behind is constant, so it is folded into a bias:
/// a head at the output projection (bias + projection · absence), an MLP block as its whole output. Then the part's
/// weights are dropped, or, in a model of full size, set to zero.
/// </summary>
public static class Cutting
{
    /// <summary>The smaller model: absent heads' rows and columns are gone, absent MLP blocks are a bias.</summary>
    /// <param name="model">the full model</param>
    /// <param name="kept">the parts that stay</param>
    /// <param name="absence">what the others leave behind</param>
    /// <exception cref="KeyNotFoundException">the model has no such part</exception>
    public static IModel Cut(IModel model, IEnumerable<Part> kept, Absence absence)
    {
        HashSet<Part> stay = Checked(model, kept);
        int headWidth = model.HeadWidth;
        Dictionary<string, Func<Tensor, Tensor?>> changes = Biases(model, stay, absence);
        JsonArray headsPerLayer = [], neuronsPerLayer = [];
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape shape = model.Layers[i];
            int layer = i;
            int[] heads = [.. Enumerable.Range(0, shape.Heads).Where(h => stay.Contains(Part.Head(layer, h)))];
            bool mlp = stay.Contains(Part.Mlp(layer));
            headsPerLayer.Add(heads.Length);
            neuronsPerLayer.Add(mlp ? shape.Neurons : 0);
            if (heads.Length < shape.Heads)
            {
                int[] rows = [.. heads.SelectMany(h => Enumerable.Range(h * headWidth, headWidth))];
                foreach (string name in shape.HeadRows) changes[name] = heads.Length == 0 ? _ => null : t => RowsOf(t, rows);
                changes[shape.HeadColumns] = heads.Length == 0 ? _ => null : t => ColumnsOf(t, rows);
            }
            if (!mlp) foreach (string name in shape.MlpInside) changes[name] = _ => null;
        }
        JsonObject config = (JsonObject)model.Config.DeepClone();
        config[OwnKeys.HeadsPerLayer] = headsPerLayer;
        config[OwnKeys.NeuronsPerLayer] = neuronsPerLayer;
        return model.With(config, Changed(model, changes));
    }

    /// <summary>A model of full size that computes the same: absent heads' columns of the output projection and absent MLPs' last matrix are zero, the biases hold what is left. Any software that runs the family runs it.</summary>
    /// <inheritdoc cref="Cut"/>
    public static IModel FullSize(IModel model, IEnumerable<Part> kept, Absence absence)
    {
        HashSet<Part> stay = Checked(model, kept);
        int headWidth = model.HeadWidth;
        Dictionary<string, Func<Tensor, Tensor?>> changes = Biases(model, stay, absence);
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape shape = model.Layers[i];
            int layer = i;
            int[] columns = [.. Enumerable.Range(0, shape.Heads).Where(h => !stay.Contains(Part.Head(layer, h))).SelectMany(h => Enumerable.Range(h * headWidth, headWidth))];
            if (columns.Length > 0) changes[shape.HeadColumns] = t => ZeroColumns(t, columns);
            if (shape.Neurons > 0 && !stay.Contains(Part.Mlp(layer))) changes[shape.MlpOutput] = t => Tensor.Lasting(t.Shape.Axes);
        }
        return model.With(model.Config, Changed(model, changes));
    }

    static HashSet<Part> Checked(IModel model, IEnumerable<Part> kept)
    {
        Universe universe = model.Universe();
        HashSet<Part> stay = [.. kept];
        foreach (Part part in stay) universe.PlaceOf(part);
        return stay;
    }

    // what absent parts leave behind, in the biases: summed in double
    static Dictionary<string, Func<Tensor, Tensor?>> Biases(IModel model, HashSet<Part> stay, Absence absence)
    {
        Dictionary<string, Func<Tensor, Tensor?>> changes = [];
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape shape = model.Layers[i];
            int layer = i;
            Part[] absent = [.. Enumerable.Range(0, shape.Heads).Select(h => Part.Head(layer, h)).Where(p => !stay.Contains(p))];
            if (absent.Length > 0) changes[shape.AttentionBias] = bias => Folded(bias, model.Weights.All[shape.HeadColumns], absent, absence, model.HeadWidth);
            if (shape.Neurons > 0 && !stay.Contains(Part.Mlp(layer))) changes[shape.MlpBias] = bias => Tensor.From(absence.Of(Part.Mlp(layer)), bias.Shape.Axes).KeepForever();
        }
        return changes;
    }

    static Tensor Folded(Tensor bias, Tensor projection, Part[] absent, Absence absence, int headWidth)
    {
        var (width, columns) = projection.AsWeight();
        float[] folded = new float[width];
        for (int o = 0; o < width; o++)
        {
            double sum = bias.Values[o];
            foreach (Part part in absent)
                for (int d = 0; d < headWidth; d++) sum += (double)projection.Values[o * columns + part.Index * headWidth + d] * absence.Of(part)[d];
            folded[o] = (float)sum;
        }
        return Tensor.From(folded, width).KeepForever();
    }

    static Weights Changed(IModel model, Dictionary<string, Func<Tensor, Tensor?>> changes) =>
        model.Weights.Map((name, tensor) => changes.TryGetValue(name, out var change) ? change(tensor) : tensor.Detach());

    static Tensor RowsOf(Tensor t, int[] rows)
    {
        using Scope scope = Scope.Open();
        return t.Shape.Rank == 1 ? t.Detach().As(t.Count, 1).Rows(rows).As(rows.Length).KeepForever() : t.Detach().Rows(rows).KeepForever();
    }

    static Tensor ColumnsOf(Tensor t, int[] columns)
    {
        var (height, width) = t.AsWeight();
        Tensor kept = Tensor.Lasting(height, columns.Length);
        Span<float> to = kept.Change();
        for (int r = 0; r < height; r++)
            for (int c = 0; c < columns.Length; c++) to[r * columns.Length + c] = t.Values[r * width + columns[c]];
        return kept;
    }

    static Tensor ZeroColumns(Tensor t, int[] columns)
    {
        var (height, width) = t.AsWeight();
        Tensor zeroed = t.KeepForever();
        Span<float> to = zeroed.Change();
        for (int r = 0; r < height; r++)
            foreach (int c in columns) to[r * width + c] = 0;
        return zeroed;
    }
}
