using Heartwood.Tensors;

namespace Heartwood.Tests.Tensors;

/// <summary>A small transformer layer of ops with a masked head, for properties that must hold of everything together.</summary>
static class Network
{
    const int Tokens = 130, Heads = 3, HeadWidth = 11, Width = Heads * HeadWidth, Neurons = 70, Labels = 3;

    static Tensor Drawn(string name, params ReadOnlySpan<int> axes) => Tensor.Normal(new Chance(5, name), 0.3f, axes);

    /// <summary>The loss, and its gradients by the mask and by every weight, one after another; also how often it has been run on this thread.</summary>
    internal static float[] Run()
    {
        using Scope pass = Scope.Open();
        Tensor mask = Tensor.Filled(0.7f, new(Heads, 1)).Track(), ablation = Drawn("ablation", Heads, HeadWidth), table = Drawn("table", 40, Width).Track();
        Tensor[] weights = [Drawn("q", Width, Width), Drawn("k", Width, Width), Drawn("v", Width, Width), Drawn("up", Neurons, Width), Drawn("up bias", Neurons),
            Drawn("down", Width, Neurons), Drawn("gain", Width) + 1, Drawn("shift", Width), Drawn("head", Labels, Width)];
        foreach (Tensor weight in weights) weight.Track();
        Tensor x = table.Rows([.. Enumerable.Range(0, Tokens).Select(i => i * i % 40)]);
        Tensor context = x.Linear(weights[0]).Attention(x.Linear(weights[1]), x.Linear(weights[2]), [0, 1, 8, 8, 64, Tokens], Heads).As(Tokens, Heads, HeadWidth);
        x = (x + (mask * context + (1 - mask) * ablation).As(Tokens, Width)).LayerNorm(weights[6], weights[7], 1e-5f);
        x += x.Linear(weights[3], weights[4], Activation.GeluErf).Linear(weights[5]);
        Tensor loss = x.Rows([0, 1, 8, 64]).Linear(weights[8]).CrossEntropy([0, 1, 2, 0]) + x.Sigmoid().Mean();
        Tensor[] slopes = loss.Gradients([mask, table, .. weights]);
        return [loss.Item, .. slopes.SelectMany(s => s.Values.ToArray())];
    }
}
