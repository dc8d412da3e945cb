using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Models;

/// <summary>The attention of one layer.</summary>
interface IAttention
{
    /// <summary>What its heads mix, side by side; without values where it has none.</summary>
    Tensor Mix(Tensor x, Batch batch, Tokens tokens, IProbe probe);

    /// <summary>What it adds to the stream, whose shape is said: of the mixes, or the constant that is left without heads.</summary>
    Tensor Project(Tensor mixes, Shape stream, IProbe probe);
}

/// <summary>The MLP of one layer.</summary>
interface IMlp
{
    /// <summary>What it adds to the stream [token width]: of its neurons, or the constant that is left without them.</summary>
    Tensor Forward(Tensor x, IProbe probe);
}

/// <summary>
/// A layer in which attention and MLP are added to the residual stream, which is normalized after each (Vaswani et al. 2017, section 3.1):
/// x = norm1(x + attention(x)), then norm2(x + mlp(x)).
/// </summary>
sealed class PostNormLayer(IAttention attention, LayerNorm norm1, IMlp mlp, LayerNorm norm2, int layer) : ILayer
{
    /// <inheritdoc/>
    public Tensor Attend(Tensor x, Batch batch, Tokens tokens, IProbe probe) => Scope.Within(() => attention.Mix(x, batch, tokens, probe));

    /// <inheritdoc/>
    public Tensor Finish(Tensor x, Tensor mixes, IProbe probe)
    {
        x = Scope.Within(() =>
        {
            Tensor attended = probe.At(new(layer, Point.AttentionOut), attention.Project(mixes, x.Shape, probe));
            return probe.At(new(layer, Point.Middle), norm1.Forward(x + attended));
        });
        return Scope.Replace(x, Scope.Within(() =>
        {
            Tensor added = probe.At(new(layer, Point.MlpOut), mlp.Forward(x, probe));
            return probe.At(new(layer, Point.LayerOut), norm2.Forward(x + added));
        }));
    }
}

/// <summary>
/// A layer in which attention and MLP each read the residual stream through a norm of their own, and add to the stream itself (Radford et
/// al. 2019, section 2.3): x = x + attention(x), then x + mlp(x).
/// </summary>
sealed class PreNormLayer(IAttention attention, IMlp mlp, int layer) : ILayer
{
    /// <inheritdoc/>
    public Tensor Attend(Tensor x, Batch batch, Tokens tokens, IProbe probe) => Scope.Within(() => attention.Mix(x, batch, tokens, probe));

    /// <inheritdoc/>
    public Tensor Finish(Tensor x, Tensor mixes, IProbe probe)
    {
        x = Scope.Within(() =>
            probe.At(new(layer, Point.Middle), x + probe.At(new(layer, Point.AttentionOut), attention.Project(mixes, x.Shape, probe))));
        return Scope.Replace(x, Scope.Within(() =>
            probe.At(new(layer, Point.LayerOut), x + probe.At(new(layer, Point.MlpOut), mlp.Forward(x, probe)))));
    }
}
