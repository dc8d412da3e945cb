namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// Rotary positions (Su et al. 2021, section 3.2.2) of whole heads: value i of a head and value i + half are turned by position · frequency
/// i. The tables are as long as the longest input.
/// </summary>
sealed class OnnxTurns
{
    readonly OnnxGraph graph;
    readonly OnnxLayers layers;
    readonly int half;
    readonly string cosines, sines;

    /// <param name="layers">what is written to</param>
    /// <param name="frequencies">angle per position of each pair, [headWidth / 2]</param>
    /// <param name="positions">the tokens' positions, [batch sequence]</param>
    internal OnnxTurns(OnnxLayers layers, double[] frequencies, string positions)
    {
        (this.layers, graph, half) = (layers, layers.Graph, frequencies.Length);
        int rows = layers.Model.MostPositions;
        float[] cosine = new float[rows * half], sine = new float[rows * half];
        for (int p = 0; p < rows; p++)
            for (int i = 0; i < half; i++)
                (cosine[p * half + i], sine[p * half + i]) = ((float)Math.Cos(p * frequencies[i]), (float)Math.Sin(p * frequencies[i]));
        cosines = Twice("rotary.cosines", cosine);
        sines = Twice("rotary.sines", sine);

        // [batch 1 sequence headWidth]: both halves of a head are turned by the same angles
        string Twice(string name, float[] values)
        {
            string own = graph.Add("Gather", [layers.Table(name, [rows, half], values), positions]);
            return graph.Add("Unsqueeze", [graph.Add("Concat", [own, own], ("axis", -1L)), graph.Wholes(1)]);
        }
    }

    /// <summary>Heads turned by their tokens' positions, [batch head sequence headWidth].</summary>
    internal string Turn(string heads)
    {
        string first = Part(0, half), second = Part(half, 2 * half);
        string crossed = graph.Add("Concat", [graph.Add("Neg", [second]), first], ("axis", -1L));
        return layers.Plus(layers.Times(heads, cosines), layers.Times(crossed, sines));

        string Part(int from, int to) => graph.Add("Slice", [heads, graph.Wholes(from), graph.Wholes(to), graph.Wholes(3)]);
    }
}
