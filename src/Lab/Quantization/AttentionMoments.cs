using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>
/// What attention makes of the errors of queries, keys and values, head by head (aespa, equations 8 to 13; BoA, table 1): of queries the
/// moment of the keys that they meet, R = Σ_t T_tᵀ (Σ_s k_s k_sᵀ) T_t over the tokens s that token t sees, where T_t is how queries are
/// turned at t; of keys the same of queries; of values the moment of inputs as attention mixes them, H = Σ_t z_t z_tᵀ with z_t = Σ_s a_ts
/// x_s, and R = Woᵀ Wo. How queries are turned, which tokens they see and what attention mixes is asked of the model itself by a probe, so
/// that no family is known here.
/// </summary>
sealed class AttentionMoments
{
    readonly IModel model;
    readonly int layer, width, heads;
    readonly IReadOnlyList<int> groups;
    readonly Turns? queryTurns, keyTurns;
    readonly Dictionary<(Projection, int), double[]> outputs = [];
    readonly Moments[] mixed;

    /// <param name="model">the model</param>
    /// <param name="layer">the layer</param>
    /// <param name="positions">how many positions the longest sequence has</param>
    public AttentionMoments(IModel model, int layer, int positions)
    {
        (this.model, this.layer) = (model, layer);
        LayerBlock block = model.Layers[layer].Attention;
        (width, heads) = (block.ItemWidth, block.Count);
        groups = block.Groups.Count > 0 ? block.Groups : [.. Enumerable.Repeat(1, heads)];
        (queryTurns, keyTurns) = Turns.Asked(model, layer, positions, heads, groups.Count, width);
        mixed = [.. groups.Select(_ => new Moments(model.Width))];
    }

    /// <summary>Whether queries and keys are turned linearly; where they are normalized head by head, they have no such moment.</summary>
    public bool Turned => queryTurns is not null;

    /// <summary>The moment of the rows of one head; null where there is none.</summary>
    public double[]? Outputs(Projection what, int head) => outputs.GetValueOrDefault((what, head));

    /// <summary>The moment of the inputs of a key and value head's values.</summary>
    public double[] Inputs(int head) => mixed[head].Squares;

    /// <summary>Adds a batch.</summary>
    /// <param name="batch">where sequences start</param>
    /// <param name="stream">what enters the layer, [token width]</param>
    /// <param name="read">what queries, keys and values are made of, [token width]</param>
    /// <param name="queries">as attention reads them, [token heads·headWidth]</param>
    /// <param name="keys">the same, of the key and value heads</param>
    public void Add(Batch batch, Tensor stream, Tensor read, Tensor queries, Tensor keys)
    {
        if (queryTurns is not null) AddScores(batch, queries.Values.ToArray(), keys.Values.ToArray());
        AddMixed(batch, stream, read);
    }

    /// <summary>Makes the moments of values' rows of the matrix that reads heads.</summary>
    /// <param name="reader">[out in], its inputs the heads side by side</param>
    public void AddReader(float[] reader)
    {
        int columns = heads * width, rows = reader.Length / columns;
        for (int g = 0, head = 0; g < groups.Count; g++)
        {
            double[] sum = new double[width * width];
            for (int end = head + groups[g]; head < end; head++)
                for (int r = 0; r < rows; r++)
                    AddSquare(sum, reader.AsSpan(r * columns + head * width, width));
            outputs[(Projection.Value, g)] = sum;
        }
    }

    void AddScores(Batch batch, float[] queries, float[] keys)
    {
        int window = model.Layers[layer].Window ?? int.MaxValue;
        double[][] ofQueries = new double[heads][], ofKeys = new double[heads][];
        Parallelism.For(heads, head =>
        {
            int group = GroupOf(head);
            (double[] forQuery, double[] forKey) = (new double[width * width], new double[width * width]);
            for (int s = 0; s < batch.Count; s++)
            {
                int start = batch.Offsets[s], length = batch.Offsets[s + 1] - start;
                // of queries, over the keys that they see; of keys, over the queries that see them
                Walk(keys, groups.Count, group, start, length, forward: true, queryTurns!, forQuery, window);
                Walk(queries, heads, head, start, length, forward: false, keyTurns!, forKey, window);
            }
            (ofQueries[head], ofKeys[head]) = (forQuery, forKey);
        });
        for (int head = 0; head < heads; head++)
        {
            AddTo(outputs, (Projection.Query, head), ofQueries[head]);
            AddTo(outputs, (Projection.Key, GroupOf(head)), ofKeys[head]);
        }
    }

    // sums over what each token meets, turned back by its own turn
    void Walk(float[] met, int ofAll, int which, int start, int length, bool forward, Turns turns, double[] into, int window)
    {
        double[] seen = new double[width * width];
        Span<float> At(int t) => met.AsSpan(((start + t) * ofAll + which) * width, width);
        if (!model.Causal)
            for (int t = 0; t < length; t++) AddSquare(seen, At(t));
        for (int i = 0; i < length; i++)
        {
            int t = forward ? i : length - 1 - i;
            if (model.Causal)
            {
                AddSquare(seen, At(t));
                int left = forward ? t - window : t + window;
                if (window < length && left >= 0 && left < length) AddSquare(seen, At(left), -1);
            }
            turns.AddTurnedBack(t, seen, into);
        }
    }

    void AddMixed(Batch batch, Tensor stream, Tensor read)
    {
        var (tokens, inputs) = read.AsTokens();
        int ownWidth = groups.Count * width;
        float[] all = read.Values.ToArray();
        float[][] each = [.. Enumerable.Range(0, heads).Select(_ => new float[tokens * inputs])];
        for (int start = 0; start < inputs; start += width)
        {
            using Scope scope = Scope.Open();
            int count = Math.Min(width, inputs - start);
            float[] values = new float[tokens * ownWidth];
            for (int t = 0; t < tokens; t++)
                for (int g = 0; g < groups.Count; g++)
                    all.AsSpan(t * inputs + start, count).CopyTo(values.AsSpan(t * ownWidth + g * width));
            Tensor pieces = Tensor.From(values, tokens, ownWidth);
            ReadOnlySpan<float> mixes = model.Attend(layer, stream, batch, Models.Tokens.All,
                new ProbeAt(new(layer, Point.Value), _ => pieces)).Values;
            for (int t = 0; t < tokens; t++)
                for (int head = 0; head < heads; head++)
                    mixes.Slice((t * heads + head) * width, count).CopyTo(each[head].AsSpan(t * inputs + start));
        }
        for (int head = 0; head < heads; head++)
        {
            using Scope scope = Scope.Open();
            mixed[GroupOf(head)].Add(Tensor.From(each[head], tokens, inputs));
        }
    }

    int GroupOf(int head)
    {
        int group = 0;
        for (int end = groups[0]; end <= head; end += groups[group]) group++;
        return group;
    }

    static void AddTo(Dictionary<(Projection, int), double[]> all, (Projection, int) key, double[] more)
    {
        if (!all.TryGetValue(key, out double[]? sum)) all[key] = sum = new double[more.Length];
        for (int i = 0; i < sum.Length; i++) sum[i] += more[i];
    }

    static void AddSquare(double[] into, ReadOnlySpan<float> x, double times = 1)
    {
        int n = x.Length;
        for (int i = 0; i < n; i++)
        {
            double own = times * x[i];
            for (int j = 0; j < n; j++) into[i * n + j] += own * x[j];
        }
    }
}
