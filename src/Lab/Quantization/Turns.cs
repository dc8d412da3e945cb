using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>
/// What a layer makes of a head's queries (or keys) between their matrix and attention, at each position: a matrix T_t [head width, head
/// width], which rotary positions or a scale are. It is asked of the model: unit vectors in the queries' stead.
/// </summary>
sealed class Turns
{
    readonly int width;
    readonly (int At, double Value)[][] rows;                    // [position · width + output]: what is not zero

    Turns(int width, (int, double)[][] rows) => (this.width, this.rows) = (width, rows);

    /// <summary>Those of queries and keys; null where what the layer does is not linear.</summary>
    public static (Turns? Queries, Turns? Keys) Asked(IModel model, int layer, int positions, int heads, int keyHeads, int width)
    {
        float[][] units = [.. Enumerable.Range(0, width).Select(i => Enumerable.Range(0, width).Select(j => i == j ? 1f : 0f).ToArray())];
        float[] any = [.. Enumerable.Range(0, width).Select(i => 1 + 0.5f * MathF.Sin(3 * i + 1))];
        Batch batch = new([Sequence.Plain(new int[positions])]);
        (float[] Query, float[] Key)[] seen = [.. units.Append(any).Select(Answer)];
        return (Read(seen.Select(s => s.Query)), Read(seen.Select(s => s.Key)));

        (float[], float[]) Answer(float[] vector)
        {
            using Scope scope = Scope.Open();
            Spread probe = new(layer, vector, heads, keyHeads);
            model.Attend(layer, Tensor.Zeros(positions, model.Width), batch, Models.Tokens.All, probe);
            return (probe.Query!, probe.Key!);
        }

        Turns? Read(IEnumerable<float[]> answers)
        {
            float[][] each = [.. answers];
            (int, double)[][] rows = new (int, double)[positions * width][];
            for (int at = 0; at < rows.Length; at++)
            {
                rows[at] = [.. Enumerable.Range(0, width).Where(i => each[i][at] != 0).Select(i => (i, (double)each[i][at]))];
                double added = rows[at].Sum(e => e.Item2 * any[e.Item1]);
                if (Math.Abs(added - each[width][at]) > 1e-3 * (1 + Math.Abs(added))) return null;
            }
            return new(width, rows);
        }
    }

    /// <summary>Adds T_tᵀ S T_t.</summary>
    public void AddTurnedBack(int position, double[] s, double[] into)
    {
        for (int a = 0; a < width; a++)
            foreach (var (i, left) in rows[position * width + a])
                for (int b = 0; b < width; b++)
                {
                    double own = left * s[a * width + b];
                    foreach (var (j, right) in rows[position * width + b]) into[i * width + j] += own * right;
                }
    }

    // the same vector in every head's stead, and what attention then reads of the first head
    sealed class Spread(int layer, float[] vector, int heads, int keyHeads) : IProbe
    {
        public float[]? Query { get; private set; }

        public float[]? Key { get; private set; }

        public Tensor At(Site site, Tensor value)
        {
            if (site.Layer != layer) return value;
            switch (site.Point)
            {
                case Point.Query: return Repeated(value.Shape[0], heads);
                case Point.Key: return Repeated(value.Shape[0], keyHeads);
                case Point.AttentionQuery: Query = First(value, heads); break;
                case Point.AttentionKey: Key = First(value, keyHeads); break;
            }
            return value;
        }

        Tensor Repeated(int tokens, int count)
        {
            float[] values = new float[tokens * count * vector.Length];
            for (int i = 0; i < tokens * count; i++) vector.CopyTo(values, i * vector.Length);
            return Tensor.From(values, tokens, count * vector.Length);
        }

        float[] First(Tensor value, int count)
        {
            int width = vector.Length, tokens = value.Shape[0];
            float[] first = new float[tokens * width];
            for (int t = 0; t < tokens; t++) value.Values.Slice(t * count * width, width).CopyTo(first.AsSpan(t * width));
            return first;
        }
    }
}
