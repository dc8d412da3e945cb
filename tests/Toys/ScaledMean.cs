using System.Globalization;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Ablations;

namespace Heartwood.Tests.Toys;

/// <summary>Ablated parts contribute a share of their mean over all tokens of the data.</summary>
sealed class ScaledMean(Mean mean, double share) : IAblation
{
    public static AblationKind Kind { get; } = new("scaled-mean", "a share of its mean over the data (share=0.5)", NeedsData: true, spec =>
    {
        double share = spec.Number("share", 0.5, 0.0, 1);
        return source => new ScaledMean(new Mean(source, byPosition: false), share);
    });

    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Kind.Name},share={share}");

    public bool IsConstant => true;

    public bool IsKept => true;

    public void Prepare(CancellationToken stop) => mean.Prepare(stop);

    public float[] Constant(Place place) => [.. mean.Constant(place).Select(value => (float)(share * value))];

    public void Save(Stream stream) => mean.Save(stream);

    public void Restore(string path) => mean.Restore(path);
}
