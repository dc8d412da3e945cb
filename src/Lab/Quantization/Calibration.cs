using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>
/// Texts that a model is quantized on: the stream of all their tokens as it enters one layer after another, so that each layer's moments
/// are of what the layers before it, changed already, give it.
/// </summary>
/// <param name="batches">the texts</param>
sealed class Calibration(IReadOnlyList<Batch> batches)
{
    static readonly Point[] points = [Point.AttentionIn, Point.Heads, Point.MlpIn, Point.Neurons];

    float[][] streams = [];

    /// <summary>The longest text, in tokens.</summary>
    public int Positions => batches.Max(batch => batch.Positions.Max()) + 1;

    /// <summary>The stream that enters the first layer.</summary>
    public void Begin(IModel model) => streams = [.. batches.Select(batch =>
    {
        using Scope scope = Scope.Open();
        return model.Embed(batch, NoProbe.Instance).Values.ToArray();
    })];

    /// <summary>The moments of what a layer's matrices read.</summary>
    /// <param name="model">the model</param>
    /// <param name="layer">the layer that the stream enters</param>
    /// <param name="attention">hears what attention does too; null for nobody</param>
    /// <param name="stop">ends the work</param>
    public IReadOnlyDictionary<Point, Moments> Gather(IModel model, int layer, AttentionMoments? attention, CancellationToken stop)
    {
        Dictionary<Point, Moments> moments = [];
        for (int b = 0; b < batches.Count; b++)
        {
            stop.ThrowIfCancellationRequested();
            using Scope scope = Scope.Open();
            Tensor x = Stream(model, b);
            Recorder recorder = new(site => points.Contains(site.Point) || site.Point is Point.AttentionQuery or Point.AttentionKey);
            Pass(model, layer, x, b, recorder);
            foreach (Point point in points)
                if (recorder.Seen.GetValueOrDefault(new(layer, point)) is { } seen)
                {
                    if (!moments.TryGetValue(point, out Moments? own)) moments[point] = own = new(seen.AsTokens().Width);
                    own.Add(seen);
                }
            if (attention is null || !recorder.Seen.ContainsKey(new(layer, Point.AttentionIn))) continue;
            Tensor At(Point point) => recorder.Seen[new(layer, point)];
            attention.Add(batches[b], x, At(Point.AttentionIn), At(Point.AttentionQuery), At(Point.AttentionKey));
        }
        return moments;
    }

    /// <summary>Goes on to the stream that enters the next layer.</summary>
    public void Advance(IModel model, int layer)
    {
        for (int b = 0; b < batches.Count; b++)
        {
            using Scope scope = Scope.Open();
            streams[b] = Pass(model, layer, Stream(model, b), b, NoProbe.Instance).Values.ToArray();
        }
    }

    Tensor Stream(IModel model, int b) => Tensor.From(streams[b], batches[b].Tokens, model.Width);

    Tensor Pass(IModel model, int layer, Tensor x, int b, IProbe probe) => model.Finish(
        layer, x, model.Attend(layer, x, batches[b], Models.Tokens.All, probe), batches[b], Models.Tokens.All, probe);
}
