using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>GPT-2 as a graph (<see cref="Gpt2"/> has the arithmetic): a language model with its cache, or a classifier.</summary>
static class OnnxGpt2
{
    const string Words = "transformer.wte.weight";

    /// <summary>What the list has of it.</summary>
    internal static OnnxFamily Described { get; } = new(["gpt2"], Emit);

    static void Emit(OnnxLayers layers)
    {
        IModel model = layers.Model;
        Gpt2Config config = Gpt2Config.Read(layers.Config, model.Labels.Count);
        OnnxDecoder decoder = new(layers);
        string x = layers.Plus(layers.Rows(Words, decoder.Tokens), layers.Rows("transformer.wpe.weight", decoder.Positions));
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape shape = model.Layers[i];
            string layer = shape.Name;
            x = shape.Heads == 0 ? layers.PlusConstant(x, shape.Attention.Bias)
                : layers.Plus(x, Matrix(Attend(i, layers.Norm(x, $"{layer}.ln_1", config.Epsilon)), "attn.c_proj"));
            x = shape.Neurons == 0 ? layers.PlusConstant(x, shape.Mlp.Bias)
                : layers.Plus(x, Matrix(
                    layers.Activate(Matrix(layers.Norm(x, $"{layer}.ln_2", config.Epsilon), "mlp.c_fc"), config.Activation),
                    "mlp.c_proj"));

            string Matrix(string of, string name) => layers.Linear(of, $"{layer}.{name}", inputFirst: true);

            string Attend(int at, string normed)
            {
                long span = (long)shape.Heads * model.HeadWidth;
                string[] made = layers.Graph.AddMany("Split",
                    [Matrix(normed, "attn.c_attn"), layers.Graph.Wholes(span, span, span)], 3, ("axis", 2L));
                string[] heads = [.. made.Select(of => layers.Split(of, shape.Heads))];
                return decoder.Mix(at, heads[0], heads[1], heads[2], config.QueryFactor(at) / MathF.Sqrt(model.HeadWidth));
            }
        }
        decoder.Score(layers.Norm(decoder.Read(x), "transformer.ln_f", config.Epsilon), config.Tied ? Words : "lm_head.weight");
    }
}
