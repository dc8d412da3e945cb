namespace Heartwood.Lab.Changes;

/// <summary>The changes that come with the program, each with its usual options.</summary>
public static class Changes
{
    /// <summary>The list, in the order in which help names them.</summary>
    public static IReadOnlyList<IChange> Usual =>
    [
        new CutChange(),
        new FullSizeChange(),
        new QuantizeChange(),
    ];
}
