namespace Heartwood.Lab.Discovery;

/// <summary>The finders that come with the program, each with its usual options.</summary>
public static class Finders
{
    /// <summary>The list, in the order in which help names them.</summary>
    public static IReadOnlyList<IFinder> Usual =>
    [
        new StructuredPruning(),
        new RandomScores(),
        new Magnitude(),
        new ActivationNorm(),
        new AblationScores(),
        new MaskGradient(),
        new Integrated(),
        new Shapley(),
        new Greedy(),
        new LayerSimilarity(),
    ];
}
