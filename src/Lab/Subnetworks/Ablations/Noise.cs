using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>
/// Ablated parts have the value that they have on the same row with noise on the embeddings of all its tokens: N(0, (scale · σ)²), σ the
/// standard deviation of the embeddings (as causal tracing corrupts a subject: Meng et al. 2022, ROME, section 2.1, with 3 σ). σ is taken
/// over what the embeddings give to every token of the vocabulary, each alone. The noise depends on the seed and the row's tokens alone,
/// whatever the batches.
/// </summary>
/// <param name="scale">how many standard deviations</param>
/// <param name="seed">the seed</param>
public sealed class Noise(double scale, ulong seed) : IAblation
{
    const double Usual = 3;
    const int TokensAtOnce = 4096;

    /// <summary>As the command line names it.</summary>
    public static AblationKind Kind { get; } = new(
        "noise",
        $"the value on the same row with noise on all its embeddings, scale={Usual} standard deviations of the embeddings, seed=N",
        NeedsData: false, spec =>
        {
            double scale = spec.Number("scale", Usual, 0.0, 1e6);
            ulong seed = spec.Number<ulong>("seed", 0, 0, ulong.MaxValue);
            return source => new Noise(scale, seed) { deviation = new(() => Deviation(source.Model)) };
        });

    Lazy<double>? deviation;

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            string scaled = scale == Usual ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $",scale={scale}");
            return $"{Kind.Name}{scaled}{(seed == 0 ? "" : $",seed={seed}")}";
        }
    }

    /// <inheritdoc/>
    public bool IsConstant => false;

    /// <inheritdoc/>
    public IReadOnlyDictionary<Site, Tensor> On(AblatedPass pass)
    {
        deviation ??= new(() => Deviation(pass.Model));
        return pass.Values(pass.Batch, new NoisyEmbeddings(this, pass.Batch));
    }

    /// <summary>The standard deviation of the embeddings of every token of a model's vocabulary, over all their values.</summary>
    public static double Deviation(IModel model)
    {
        double sum = 0, squares = 0;
        long count = 0;
        for (int start = 0; start < model.Vocabulary; start += TokensAtOnce)
        {
            using Scope scope = Scope.Open();
            int tokens = Math.Min(TokensAtOnce, model.Vocabulary - start);
            Tensor given = model.Embed(new([.. Enumerable.Range(start, tokens).Select(id => Sequence.Plain([id]))]), NoProbe.Instance);
            foreach (float value in given.Values) (sum, squares) = (sum + value, squares + (double)value * value);
            count += given.Count;
        }
        return Math.Sqrt(Math.Max(0, squares / count - sum / count * (sum / count)));
    }

    sealed class NoisyEmbeddings(Noise noise, Batch batch) : IProbe
    {
        public Tensor At(Site site, Tensor value)
        {
            if (site.Point != Point.Embeddings) return value;
            float size = (float)(noise.Scale * noise.deviation!.Value);
            int width = value.AsTokens().Width;
            float[] added = new float[value.Count];
            Sequence[] rows = batch.Sequences();
            for (int s = 0; s < rows.Length; s++)
            {
                Chance chance = new Chance(noise.Seed, "noise on embeddings").At(Resample.Key(rows[s]));
                int start = batch.Offsets[s] * width, end = batch.Offsets[s + 1] * width;
                for (int i = start; i < end; i++) added[i] = size * chance.Normal(i - start);
            }
            return value + Tensor.From(added, value.Shape.Axes);
        }
    }

    double Scale => scale;

    ulong Seed => seed;
}
