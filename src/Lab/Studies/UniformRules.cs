using Heartwood.Lab.Discovery;
using Heartwood.Lab.Exports.Transformers;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Ablations;
using static System.FormattableString;

namespace Heartwood.Lab.Studies;

/// <summary>When <c>--uniform</c> leads to a model with an ordinary config, and what to do where it does not.</summary>
static class UniformRules
{
    /// <summary>The choice of parts that is uniform, checked before anything is searched.</summary>
    /// <exception cref="ArgumentException">no cut of such parts has an ordinary config, or a sparsity cannot be come near to</exception>
    internal static UniformChoice Choice(StudyRequest request, IModel model, Universe universe, IReadOnlyList<Method> methods)
    {
        if (universe.Places.Any(p => p.Site.Point == Point.Heads) && !OrdinaryConfig.TakesAnyHeads(model.Family))
            throw new ArgumentException($"--uniform with heads in play: heads of a {model.Family} are always as wide as the model's "
                + "width over their number, so that no config.json of the family says fewer of them. It loses neurons and layers only: "
                + "--parts neurons or --parts layers,neurons. Or leave out --uniform: the cut then comes with a modelling file where "
                + "there is one.");
        if (request.Tenants.Ablations.Parse(request.Ablation).Kind.Name != Zero.Kind.Name && model.WhyOnlyOurBiases is { } why)
            throw new ArgumentException($"--uniform with --ablation {request.Ablation}: means of ablated parts are folded into biases, and "
                + $"{why}. Search with --ablation zero, or leave out --uniform: the cut then comes with a modelling file "
                + "where there is one.");
        if (methods.FirstOrDefault(m => m.Options.GetValueOrDefault("choose") == "mask") is { } own)
            throw new ArgumentException($"--uniform with --method {own.Label},choose=mask: with --uniform scores choose the parts, and "
                + "choose=mask would have no effect. Leave one out.");
        UniformChoice choice = new(model, universe, count => OrdinaryConfig.AllowsHeads(model, count));
        if (request.Sparsities.FirstOrDefault(size => !size.IsSparsity) is { IsSparsity: false } counted)
            throw new ArgumentException($"--uniform with --target {counted}: equal numbers in every layer are counted in parts. Give "
                + "--sparsity; the run says what remains in weights and bytes.");
        foreach (double sparsity in request.Sparsities.Select(size => size.Value))
            if (choice.Possible is { } possible && FarFrom(possible, universe, sparsity) is { } near)
                throw new ArgumentException(Invariant($"--uniform with --sparsity {sparsity}: every layer keeps as many ")
                    + $"{universe.Kinds[0].Many} as any other, and the nearest that gives is {near}. Give one of these.");
        return choice;
    }

    // the sparsities next to one that is missed by so much that it would count as failed
    static string? FarFrom(IReadOnlyList<int> possible, Universe universe, double sparsity)
    {
        int kept = universe.KeptAt(sparsity);
        int[] near = [.. possible.OrderBy(count => Math.Abs(count - kept)).Take(2).OrderDescending()];
        if (near.Any(count => Math.Abs(count - kept) <= FailureRules.SizeTolerance * universe.Count)) return null;
        return string.Join(" or ", near.Where(count => count < universe.Count)
            .Select(count => Invariant($"{1 - (double)count / universe.Count:0.####}")));
    }
}
