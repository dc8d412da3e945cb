namespace Heartwood.Lab.Questions;

/// <summary>The questions of Heartwood.</summary>
public static class Questions
{
    /// <summary>
    /// The usual questions, in the order of the page. A study asks those that are usual; <c>paper</c> asks all; <c>--ask NAME</c> asks
    /// one more.
    /// </summary>
    public static IReadOnlyList<IQuestion> Usual { get; } =
    [
        new Steps(),
        new TrainingCurve(), new Curve(), new Accuracy(), new ComparedFinders(), new TaskFigures(), new Losses(), new Generalization(),
        new Cases(), new Groups(), new Frequencies(), new Shift(), new Overlaps(), new CoreAblated(), new Attention(), new Needs(),
        new AddBack(), new Emergence(), new Sizes(),
        new Joined(), new SingleParts(), new Cuts(), new Targets(), new Healing(), new Quantizations(), new Making(),
    ];
}
