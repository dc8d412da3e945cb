using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// Llama, Qwen2 and Mistral as graphs (<see cref="Llama"/> has the arithmetic): a language model with its cache, or a classifier. Cosines
/// and sines of all positions are tables, of the config's own frequencies.
/// </summary>
static class OnnxLlama
{
    const string Words = "model.embed_tokens.weight";

    /// <summary>What the list has of it.</summary>
    internal static OnnxFamily Described { get; } = new(["llama", "mistral", "qwen2"], Emit);

    static void Emit(OnnxLayers layers)
    {
        IModel model = layers.Model;
        LlamaConfig config = LlamaConfig.Read(layers.Config, model.Labels.Count);
        OnnxDecoder decoder = new(layers);
        OnnxTurns turns = new(layers, config.Frequencies, decoder.Positions);
        string x = layers.Rows(Words, decoder.Tokens);
        for (int i = 0; i < model.Layers.Count; i++)
        {
            LayerShape shape = model.Layers[i];
            string layer = shape.Name;
            x = shape.Heads == 0 ? layers.PlusConstant(x, shape.Attention.Bias)
                : layers.Plus(x, Linear(Attend(i, layers.Rms(x, $"{layer}.input_layernorm", config.Epsilon)), "self_attn.o_proj"));
            if (shape.Neurons == 0)
            {
                x = layers.PlusConstant(x, shape.Mlp.Bias);
                continue;
            }
            string normed = layers.Rms(x, $"{layer}.post_attention_layernorm", config.Epsilon);
            string gate = layers.Activate(Linear(normed, "mlp.gate_proj"), config.Activation);
            x = layers.Plus(x, Linear(layers.Times(gate, Linear(normed, "mlp.up_proj")), "mlp.down_proj"));

            string Linear(string of, string name) => layers.Linear(of, $"{layer}.{name}");

            string Attend(int at, string of)
            {
                int shared = shape.HeadsPerKeyValueHead.Count;
                return decoder.Mix(at,
                    turns.Turn(layers.Split(Linear(of, "self_attn.q_proj"), shape.Heads)),
                    turns.Turn(layers.Split(Linear(of, "self_attn.k_proj"), shared)),
                    layers.Split(Linear(of, "self_attn.v_proj"), shared), 1 / MathF.Sqrt(model.HeadWidth));
            }
        }
        decoder.Score(layers.Rms(decoder.Read(x), "model.norm", config.Epsilon), config.Tied ? Words : "lm_head.weight");
    }
}
